/** GetKeyLastUsage: the last successful use of a key, as far as AWS tracks it. */
import { GetKeyLastUsageCommand, type GetKeyLastUsageResponse } from '@aws-sdk/client-kms';
import type { KeyRef } from '../../domain/ids.ts';
import { known, type LastUse, type Learned, unknown } from '../../domain/key.ts';
import { paced, type Reader, type Turn } from './paced.ts';
import { instantOf } from './schema.ts';

/** Rejects like `paced`. */
export async function readLastUse(reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<LastUse>> {
  const command = new GetKeyLastUsageCommand({ KeyId: key.arn });
  return verdictOf(
    key,
    await paced(reader, key, 'GetKeyLastUsage', turn, (client, abortSignal) => client.send(command, { abortSignal })),
  );
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
  const since = new Date(tracked).toISOString().slice(0, 10);
  return unknown(`last used before AWS began to track uses (${since}), or never`);
}
