/** GetKeyLastUsage: the last successful use of a key, as far as AWS tracks it. */
import { GetKeyLastUsageCommand, type GetKeyLastUsageResponse } from '@aws-sdk/client-kms';
import type { Duration, KeyRef } from '../../domain/ids.ts';
import { known, type LastUse, type Learned, unknown } from '../../domain/key.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify } from './failures.ts';
import { kmsLane, type Lanes } from './lanes.ts';
import type { AwsOptions } from './options.ts';
import { instantOf } from './schema.ts';

/** How long a card's details may wait for a slot (KMS grants 5 per second), ms. */
const LONGEST_WAIT: Duration = 3000;

/** Asks in its lane, or not at all when the lane is long. Rejects with the SDK's error, or with `StoreUnavailable`. */
export async function readLastUse(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  key: KeyRef,
): Promise<Learned<LastUse>> {
  const lane = kmsLane(key, 'GetKeyLastUsage');
  if (!(await lanes.slotWithin(lane, LONGEST_WAIT))) return unknown('not asked yet: too many keys at once');
  const client = clients.kmsForReading(key);
  const command = new GetKeyLastUsageCommand({ KeyId: key.arn });
  try {
    const answer = await bounded(options.timeouts.request, undefined, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    lanes.ease(lane);
    return verdictOf(key, answer);
  } catch (error) {
    const failure = classify(error, 'kms:GetKeyLastUsage');
    if (failure.kind === 'throttled') await lanes.backOff(lane, failure.retryAfter);
    throw error;
  }
}

/** AWS's verdict: an empty answer proves "never" only for a key that was tracked from its first day. */
function verdictOf(key: KeyRef, answer: GetKeyLastUsageResponse): Learned<LastUse> {
  if (answer.KeyId !== undefined && answer.KeyId !== key.keyId && answer.KeyId !== key.arn) {
    return unknown(`KMS answered about ${answer.KeyId}`);
  }
  const at = instantOf(answer.KeyLastUsage?.Timestamp);
  if (at !== undefined) {
    const eventId = answer.KeyLastUsage?.CloudTrailEventId;
    const operation = answer.KeyLastUsage?.Operation ?? 'an operation KMS did not name';
    return known({ kind: 'used', usage: { operation, at, ...(eventId === undefined ? {} : { eventId }) } });
  }
  const created = instantOf(answer.KeyCreationDate);
  const tracked = instantOf(answer.TrackingStartDate);
  if (created === undefined || tracked === undefined) {
    return unknown('KMS answered without a use and without its dates');
  }
  if (created >= tracked) return known({ kind: 'neverSeen' });
  return unknown('no use recorded, but the key is older than the tracking of uses');
}
