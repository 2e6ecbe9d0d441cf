/**
 * What is left of a multi-Region family when KMS has deleted one of its keys. All of them share one key material: what the deleted one
 * encrypted any other decrypts, and from its primary a replica can be created again (multi-region-keys-overview).
 */
import { familyOf } from './gathering.ts';
import { type Incident, keyOfIncident } from './incident.ts';
import type { FamilyMember, KeyRead } from './key.ts';

export type LivingMember = FamilyMember & { readonly read: Extract<FamilyMember['read'], { readonly kind: 'read' }> };

/** `none`: it had no family, or every other member is gone as well. `unknown`: nobody could read what the others are. */
export type Survival =
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'alive'; readonly member: LivingMember };

/** Who of its family still held the material of a deleted key when they were last read; the primary before any replica. */
export function survivalOf(incident: Incident): Survival {
  const key = keyOfIncident(incident);
  if (key === undefined || familyOf(key) === undefined) return { kind: 'none' };
  const { read, relatives } = incident;
  if (relatives === undefined) return { kind: 'unknown' };
  const goneAt = read?.kind === 'gone' ? read.readAt : 0;
  const living = relatives
    .filter(isLiving)
    .filter(
      ({ read: { readAt, deletionDate } }) => readAt >= goneAt || deletionDate === undefined || deletionDate > goneAt,
    );
  const member = living.find(({ role }) => role === 'PRIMARY') ?? living.at(0);
  if (member !== undefined) return { kind: 'alive', member };
  return relatives.every(({ read: { kind } }) => kind === 'gone') ? { kind: 'none' } : { kind: 'unknown' };
}

const isLiving = (member: FamilyMember): member is LivingMember => member.read.kind === 'read';

/** The others as a read of one member shows them; a read that did not look at them, or found no key, tells nothing new. */
export function relativesAfter(read: KeyRead): Pick<Incident, 'relatives'> {
  if (read.kind === 'gone' && read.family !== undefined) return { relatives: read.family };
  if (read.kind !== 'read') return {};
  const { multiRegion, family } = read.snapshot;
  if (multiRegion?.role === 'PRIMARY' && multiRegion.replicas.length === 0) return { relatives: [] };
  return family === undefined ? {} : { relatives: family };
}
