/** A multi-Region family as it stands: every member with its own state and deadline, whoever has read it last. */
import { familyOf } from './gathering.ts';
import type { Instant, KeyRef } from './ids.ts';
import { type Incident, isOpen, keyOfIncident } from './incident.ts';
import { type FamilyMember, isPending, type KeyRead, type KeySnapshot, type KeyState } from './key.ts';

const DAY = 86_400_000;

export interface FamilyLine {
  readonly key: KeyRef;
  readonly role?: 'PRIMARY' | 'REPLICA';
  readonly state: KeyState | 'gone' | 'unreadable' | 'unwatched' | 'unread';
  readonly deletionDate?: Instant;
  /** Of a primary that waits for its replicas: when its own window would end, at the earliest. */
  readonly estimate?: Instant;
  readonly readAt?: Instant;
  /** Its own record, where there is one. */
  readonly incident?: Incident;
}

/** Every member anybody knows of, by deadline; then what has none; what nobody watches stands last. */
export function familyLines(members: readonly Incident[]): readonly FamilyLine[] {
  const lines = new Map<string, FamilyLine>();
  const put = (line: FamilyLine): void => {
    const known = lines.get(line.key.arn);
    const newer = known === undefined || tellsMore(line, known);
    const incident = line.incident ?? known?.incident;
    const base = newer ? line : known;
    // Only a primary's own read holds it: a later one by another member takes nothing of it away.
    const estimate = base.estimate ?? (known?.state === line.state ? (line.estimate ?? known.estimate) : undefined);
    lines.set(line.key.arn, {
      ...base,
      ...(estimate === undefined ? {} : { estimate }),
      ...(incident === undefined ? {} : { incident }),
    });
  };
  for (const incident of members) {
    const key = keyOfIncident(incident);
    if (key === undefined) continue;
    put(ownLine(key, incident));
    if (incident.read?.kind === 'read') for (const line of linesOf(incident.read.snapshot)) put(line);
  }
  return [...lines.values()].sort((a, b) => orderOf(a) - orderOf(b) || a.key.region.localeCompare(b.key.region));
}

/** That nobody watches a Region says more than that its key could not be read; else the newer read does. */
function tellsMore(line: FamilyLine, known: FamilyLine): boolean {
  const isUnseen = ({ state }: FamilyLine): boolean => state === 'unreadable' || state === 'unread';
  if (isUnseen(line) && known.state === 'unwatched') return false;
  if (isUnseen(known) && line.state === 'unwatched') return true;
  return known.state === 'unread' || (line.readAt ?? 0) > (known.readAt ?? 0);
}

function ownLine(key: KeyRef, incident: Incident): FamilyLine {
  const { read } = incident;
  if (read?.kind !== 'read')
    return { key, state: read?.kind ?? 'unread', incident, ...(read === undefined ? {} : { readAt: read.readAt }) };
  const { snapshot } = read;
  const role = snapshot.multiRegion?.role;
  return { key, incident, ...(role === undefined ? {} : { role }), ...lineOfSnapshot(snapshot) };
}

function lineOfSnapshot(snapshot: KeySnapshot): Pick<FamilyLine, 'state' | 'deletionDate' | 'estimate' | 'readAt'> {
  const estimate = estimateOf(snapshot);
  return {
    state: snapshot.state,
    readAt: snapshot.readAt,
    ...(snapshot.deletionDate === undefined ? {} : { deletionDate: snapshot.deletionDate }),
    ...(estimate === undefined ? {} : { estimate }),
  };
}

/** Its own window begins when the last replica is deleted (ScheduleKeyDeletion, API reference). */
export const estimateOf = ({ replicasGoneAt, pendingWindowInDays }: KeySnapshot): Instant | undefined =>
  replicasGoneAt === undefined || pendingWindowInDays === undefined
    ? undefined
    : replicasGoneAt + pendingWindowInDays * DAY;

/** What a read of one member says of the others. */
function linesOf(snapshot: KeySnapshot): readonly FamilyLine[] {
  const named = (snapshot.family ?? []).map(({ key, role, read }): FamilyLine => ({ key, role, ...lineOfRead(read) }));
  const { multiRegion } = snapshot;
  if (multiRegion === undefined) return named;
  const unread: FamilyLine[] = [
    { key: multiRegion.primary, role: 'PRIMARY', state: 'unread' },
    ...multiRegion.replicas.map((key): FamilyLine => ({ key, role: 'REPLICA', state: 'unread' })),
  ];
  return [...named, ...unread];
}

function lineOfRead(read: FamilyMember['read']): Pick<FamilyLine, 'state' | 'deletionDate' | 'readAt'> {
  switch (read.kind) {
    case 'read':
      return {
        state: read.state,
        readAt: read.readAt,
        ...(read.deletionDate === undefined ? {} : { deletionDate: read.deletionDate }),
      };
    case 'unwatched':
      return { state: 'unwatched' };
    case 'gone':
    case 'unreadable':
      return { state: read.kind, readAt: read.readAt };
  }
}

const LAST = Number.MAX_SAFE_INTEGER;
function orderOf({ deletionDate, estimate, state }: FamilyLine): number {
  if (state === 'unwatched') return LAST;
  if (state === 'gone') return LAST - 1;
  return deletionDate ?? estimate ?? LAST - 2;
}

/** Not green while a member is pending, or not known. */
export type FamilyStanding = 'endangered' | 'unknown' | 'calm';
export function familyStanding(lines: readonly FamilyLine[]): FamilyStanding {
  if (lines.some(({ state, incident }) => isPendingState(state) || (incident !== undefined && isOpen(incident))))
    return 'endangered';
  return lines.some(({ state }) => state === 'unwatched' || state === 'unreadable' || state === 'unread')
    ? 'unknown'
    : 'calm';
}

export const isPendingState = (state: FamilyLine['state']): boolean =>
  state === 'PendingDeletion' || state === 'PendingReplicaDeletion';

/** The other members' keys, as one member's read names them. */
export function relativesOf(
  snapshot: KeySnapshot,
): readonly { readonly key: KeyRef; readonly role: 'PRIMARY' | 'REPLICA' }[] {
  const { multiRegion, key } = snapshot;
  if (multiRegion === undefined || familyOf(key) === undefined) return [];
  const all = [
    { key: multiRegion.primary, role: 'PRIMARY' as const },
    ...multiRegion.replicas.map((replica) => ({ key: replica, role: 'REPLICA' as const })),
  ];
  return all.filter((one) => one.key.arn !== key.arn);
}

/** What a read says of one member, as the others remember it. */
export function memberOf(
  relative: { readonly key: KeyRef; readonly role: 'PRIMARY' | 'REPLICA' },
  read: KeyRead,
): FamilyMember {
  switch (read.kind) {
    case 'gone':
      return { ...relative, read: { kind: 'gone', readAt: read.readAt } };
    case 'unreadable':
      return { ...relative, read: { kind: 'unreadable', readAt: read.readAt } };
    case 'read': {
      const { state, readAt, deletionDate } = read.snapshot;
      return {
        ...relative,
        read: { kind: 'read', state, readAt, ...(deletionDate === undefined ? {} : { deletionDate }) },
      };
    }
  }
}

/** When the last replica goes: known only when every one was read and is pending, or gone already. */
export function lastReplicaGone(members: readonly FamilyMember[]): Instant | undefined {
  let latest: Instant | undefined;
  for (const { role, read } of members) {
    if (role === 'PRIMARY' || read.kind === 'gone') continue;
    if (read.kind !== 'read' || read.deletionDate === undefined || !isPending(read.state)) return undefined;
    latest = Math.max(latest ?? 0, read.deletionDate);
  }
  return latest;
}
