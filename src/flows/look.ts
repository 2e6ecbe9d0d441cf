/** Looking at a key: a read with a time limit, its family, and what the sweep remembers of it. */

import { lastReplicaGone, memberOf, relativesOf } from '../domain/family.ts';
import { familyOf, familyText } from '../domain/gathering.ts';
import type { Opening } from '../domain/happening.ts';
import type { Duration, KeyRef } from '../domain/ids.ts';
import type { Prior } from '../domain/incident.ts';
import type { FamilyMember, KeyRead, KeySnapshot, StateSince } from '../domain/key.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { endangers } from '../domain/opening.ts';
import type { KeyMemory } from '../ports.ts';
import { gatheringIdOf, incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { within } from './within.ts';

type Relative = Pick<FamilyMember, 'key' | 'role'>;

/**
 * One read; of a multi-Region key in danger also one of each member of its family that anybody watches, so that a primary that waits
 * for its replicas learns when the last of them goes; and of a deleted one's family, of which one may still be rescued. Never rejects.
 */
export async function look(house: House, key: KeyRef, signal?: AbortSignal): Promise<KeyRead> {
  const read = await house.keys.read(key, signal);
  if (read.kind === 'gone') return withSurvivors(house, read, signal);
  if (read.kind !== 'read' || !endangers(read.snapshot)) return read;
  const relatives = relativesOf(read.snapshot);
  if (relatives.length === 0) return read;
  const family = await lookAtAll(house, relatives, signal);
  const replicasGoneAt = read.snapshot.state === 'PendingReplicaDeletion' ? lastReplicaGone(family) : undefined;
  return {
    kind: 'read',
    snapshot: { ...read.snapshot, family, ...(replicasGoneAt === undefined ? {} : { replicasGoneAt }) },
  };
}

const lookAtAll = (
  house: House,
  relatives: readonly Relative[],
  signal: AbortSignal | undefined,
): Promise<readonly FamilyMember[]> =>
  Promise.all(
    relatives.map(
      async ({ key, role }): Promise<FamilyMember> =>
        house.keys.covers(key)
          ? memberOf({ key, role }, await house.keys.read(key, signal))
          : { key, role, read: { kind: 'unwatched' } },
    ),
  );

/** A key that is gone names no family any more: its record does, and whether one of them lives is what everybody asks next. */
async function withSurvivors(
  house: House,
  read: Extract<KeyRead, { readonly kind: 'gone' }>,
  signal: AbortSignal | undefined,
): Promise<KeyRead> {
  if (familyOf(read.key) === undefined) return read;
  try {
    const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key: read.key }));
    const { relatives = [] } = incident ?? {};
    return relatives.length === 0 ? read : { ...read, family: await lookAtAll(house, relatives, signal) };
  } catch (error) {
    // What was known of them before still stands in the record.
    if (error instanceof StoreUnavailable) return read;
    throw error;
  }
}

/** A read that gives up waiting: the card says "reading the key…" and the next look comes soon. */
export const lookWithin = (house: House, key: KeyRef, limit: Duration): Promise<KeyRead | undefined> =>
  within(house, limit, look(house, key));

/** What the sweep remembers as the state before the danger. */
export function priorOf(memory: KeyMemory | undefined): Prior {
  return memory?.calm === undefined
    ? { kind: 'unknown', why: 'the key was never read before the danger' }
    : { kind: 'known', state: memory.calm.state, from: 'sweep', at: memory.calm.at };
}

export const openingOfKey = (house: House, key: KeyRef, memory: KeyMemory | undefined, adopt = false): Opening => {
  const subject = { kind: 'key', key } as const;
  const family = familyOf(key);
  return {
    id: incidentIdOf(house, subject),
    subject,
    prior: priorOf(memory),
    adopt,
    ...(memory === undefined ? {} : { aliases: memory.aliases }),
    ...(family === undefined ? {} : { family: gatheringIdOf(house, familyText(family)) }),
  };
};

/** The memory after a read: `calm` follows only while the key is in nobody's danger. */
export function remembered(
  before: KeyMemory | undefined,
  snapshot: KeySnapshot,
  aliases: readonly string[],
  endangered: boolean,
): KeyMemory {
  const calmNow = !endangered && (snapshot.state === 'Enabled' || snapshot.state === 'Disabled');
  const calm = calmNow
    ? ({ state: snapshot.state as 'Enabled' | 'Disabled', at: snapshot.readAt } as const)
    : before?.calm;
  // With its material gone KMS does not name the date any more.
  const validTo = snapshot.validTo ?? (snapshot.state === 'PendingImport' ? before?.validTo : undefined);
  return {
    state: snapshot.state,
    readAt: snapshot.readAt,
    aliases,
    origin: snapshot.origin,
    manager: snapshot.manager,
    ...(calm === undefined ? {} : { calm }),
    ...(snapshot.deletionDate === undefined ? {} : { deletionDate: snapshot.deletionDate }),
    stateSince: stateSinceOf(before, snapshot),
    ...(validTo === undefined ? {} : { validTo }),
    ...(snapshot.multiRegion === undefined ? {} : { multiRegion: snapshot.multiRegion.role }),
  };
}

/** A key that could never be read before (`readAt` 0) is seen for the first time. */
function stateSinceOf(before: KeyMemory | undefined, { state, readAt }: KeySnapshot): StateSince {
  if (before === undefined || before.readAt === 0) return { at: readAt, exact: false };
  if (before.state !== state) return { at: readAt, exact: true };
  return before.stateSince ?? { at: before.readAt, exact: false };
}
