/** Looking at a key: a read with a time limit, its family, and what the sweep remembers of it. */
import type { Opening } from '../domain/decide.ts';
import type { Duration, KeyRef } from '../domain/ids.ts';
import type { Prior } from '../domain/incident.ts';
import type { KeyRead, KeySnapshot, StateSince } from '../domain/key.ts';
import type { KeyMemory } from '../ports.ts';
import { incidentIdOf } from './commit.ts';
import type { House } from './house.ts';

/** One read; a primary that waits for its replicas also learns when the last of them goes. Never rejects. */
export async function look(house: House, key: KeyRef, signal?: AbortSignal): Promise<KeyRead> {
  const read = await house.keys.read(key, signal);
  if (read.kind !== 'read' || read.snapshot.state !== 'PendingReplicaDeletion') return read;
  const replicas = read.snapshot.multiRegion?.replicas ?? [];
  const reads = await Promise.all(replicas.map((replica) => house.keys.read(replica, signal)));
  const replicasGoneAt = lastReplicaGone(reads);
  return replicasGoneAt === undefined ? read : { kind: 'read', snapshot: { ...read.snapshot, replicasGoneAt } };
}

/** Known only when every replica was read and is pending, or gone already. */
function lastReplicaGone(reads: readonly KeyRead[]): number | undefined {
  let latest: number | undefined;
  for (const read of reads) {
    if (read.kind === 'gone') continue;
    if (read.kind === 'unreadable' || read.snapshot.deletionDate === undefined) return undefined;
    latest = Math.max(latest ?? 0, read.snapshot.deletionDate);
  }
  return latest;
}

/** A read that gives up waiting: the card says "reading the key…" and the next look comes soon. */
export async function lookWithin(house: House, key: KeyRef, limit: Duration): Promise<KeyRead | undefined> {
  const patience = new AbortController();
  const timeout = house.clock.sleep(limit, patience.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([look(house, key), timeout]);
  } finally {
    patience.abort();
  }
}

/** What the sweep remembers as the state before the danger. */
export function priorOf(memory: KeyMemory | undefined): Prior {
  return memory?.calm === undefined
    ? { kind: 'unknown', why: 'the key was never read before the danger' }
    : { kind: 'known', state: memory.calm.state, from: 'sweep', at: memory.calm.at };
}

export const openingOfKey = (house: House, key: KeyRef, memory: KeyMemory | undefined, adopt = false): Opening => {
  const subject = { kind: 'key', key } as const;
  return {
    id: incidentIdOf(house, subject),
    subject,
    prior: priorOf(memory),
    adopt,
    ...(memory === undefined ? {} : { aliases: memory.aliases }),
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
