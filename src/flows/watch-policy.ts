/**
 * Whoever means to delete a key closes its policy first: that alone must be heard, on a key that nothing else endangers. A key that
 * we never could rescue is no news: `/kms guard` and `/kms status` tell of it, an incident at first sight would only drown others.
 */
import { isTakenAway } from '../domain/cancelling.ts';
import type { Fact } from '../domain/fact.ts';
import type { Duration, KeyRef } from '../domain/ids.ts';
import { isOpen } from '../domain/incident.ts';
import { type KeyRead, type KeySnapshot, unknown } from '../domain/key.ts';
import type { KeyShape } from '../domain/shape.ts';
import { cancellingNow, type PolicySeen, policyKnowledge } from './can-we-cancel.ts';
import { change, incidentIdOf } from './commit.ts';
import { changeAndGather } from './gather.ts';
import type { House } from './house.ts';
import { look, openingOfKey } from './look.ts';

/** The fact stays in the inbox meanwhile. */
const PATIENCE: Duration = 20_000;

/** So long a read may still show the policy of before (KMS guide, "Eventual consistency": usually seconds, sometimes minutes). */
const MAY_LAG: Duration = 60_000;

/**
 * Somebody has replaced a policy. Safe to repeat. An open incident learns of it as of everything else; the event itself says what
 * was put, where whoever put it has left us nothing to read. `behind`: what was put would take our rescue away, and KMS does not
 * show that yet: to be looked at again in a moment.
 */
export async function policyChanged(house: House, key: KeyRef, fact: Fact): Promise<'judged' | 'behind'> {
  const read = await look(house, key);
  if (read.kind === 'gone' || (read.kind === 'read' && read.snapshot.manager === 'AWS')) return 'judged';
  const [policy, good, incident] = await Promise.all([
    house.keys.policyText(key, PATIENCE),
    house.shapes.good(key),
    house.incidents.load(incidentIdOf(house, { kind: 'key', key })),
  ]);
  const snapshot = read.kind === 'read' ? { snapshot: read.snapshot } : {};
  if (incident === undefined || !isOpen(incident)) {
    const seen = { key, good, fact, ...snapshot };
    const isNoted = await judge(house, read, { ...seen, policy });
    if (isNoted || policy.kind === 'unknown' || house.clock.now() - fact.at > MAY_LAG) return 'judged';
    const put = await cancellingNow(house, { ...seen, policy: unknown('KMS does not show it yet') });
    return isTakenAway(put) ? 'behind' : 'judged';
  }
  // What can be read is judged with all the rest.
  if (policy.kind === 'known') return 'judged';
  const knowledge = await policyKnowledge(house, { incident, key, policy, good, fact, ...snapshot });
  await change(house, incident.id, { kind: 'learnt', knowledge, round: incident.round });
  return 'judged';
}

/**
 * A survey has read a policy that may be another than the last good one. True: it takes our rescue away, and an incident is open
 * about it; that is no good shape to go back to.
 */
export async function policySeen(
  house: House,
  snapshot: KeySnapshot,
  shape: KeyShape,
  before: KeyShape | undefined,
): Promise<boolean> {
  // First sight, or the same as before.
  if (before?.policy.kind !== 'known' || shape.policy.kind !== 'known') return false;
  if (before.policy.value === shape.policy.value) return false;
  const { key } = snapshot;
  return judge(house, { kind: 'read', snapshot }, { key, snapshot, policy: shape.policy, good: before });
}

async function judge(house: House, read: KeyRead, seen: PolicySeen): Promise<boolean> {
  const { key, fact } = seen;
  const cancelling = await cancellingNow(house, seen);
  if (!isTakenAway(cancelling)) return false;
  const opening = openingOfKey(house, key, await house.index.get(key));
  const blocked = {
    kind: 'rescueBlocked',
    cancelling,
    opening,
    read,
    ...(fact === undefined ? {} : { fact }),
  } as const;
  await changeAndGather(house, opening.id, blocked);
  return true;
}
