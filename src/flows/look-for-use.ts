/** After a rescue: has anybody used the key again? A few looks, and the closed card says what they found. */
import type { KeyRef } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { type Recovery, restoredSince } from '../domain/recovery.ts';
import { usesAmong } from '../domain/use.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { historyOf } from './look-back.ts';

/** KMS knows the last use, CloudTrail the first one: KMS is asked first, because it costs the least. */
export async function lookForUse(house: House, incident: Incident, key: KeyRef, signal?: AbortSignal): Promise<void> {
  const since = restoredSince(incident);
  if (since === undefined) return;
  const recovery = { ...(await seenSince(house, key, since, signal)), lookedAt: house.clock.now() };
  await change(house, incident.id, { kind: 'learnt', knowledge: { recovery }, round: incident.round });
}

async function seenSince(
  house: House,
  key: KeyRef,
  since: number,
  signal: AbortSignal | undefined,
): Promise<Omit<Recovery, 'lookedAt'>> {
  const last = await house.keys.lastUse(key);
  if (last.kind === 'known' && last.value.kind === 'used' && last.value.usage.at >= since) {
    const { operation, at } = last.value.usage;
    return { use: { operation, at, by: 'kms' } };
  }
  const history = await historyOf(house, key, since, signal);
  const first = history.kind === 'found' ? usesAmong(history.deeds).find(({ at }) => at >= since) : undefined;
  if (first !== undefined) return { use: { ...first, by: 'cloudtrail' } };
  const problem = last.kind === 'unknown' && history.kind === 'failed' ? last.why : undefined;
  return problem === undefined ? {} : { problem };
}
