/** What is good to know of a key beside its state; every part is learnt, or not, on its own. */
import {
  GetKeyLastUsageCommand,
  type GetKeyLastUsageResponse,
  ListAliasesCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import type { Duration, KeyRef } from '../../domain/ids.ts';
import { type KeyDetails, known, type LastUse, type Learned, unknown } from '../../domain/key.ts';
import type { Clients } from './clients.ts';
import { classify, type Failure } from './failures.ts';
import { kmsLane, type Lanes } from './lanes.ts';
import type { AwsOptions } from './options.ts';
import { deadline, strangerOf } from './read.ts';
import { instantOf } from './schema.ts';

/** How long a card's details may wait for a slot of GetKeyLastUsage (5 rps only), ms. */
const LONGEST_WAIT: Duration = 3000;
/** A key may have 50 aliases and 50 tags; more pages than this are a server that does not end. */
const MOST_PAGES = 20;
/** What AWS, emulators and older endpoints answer to an operation they do not know. */
const NOT_OFFERED = new Set([
  'UnknownOperationException',
  'UnknownOperation',
  'InvalidAction',
  'NotImplemented',
  'NotImplementedException',
]);
const NOT_OFFERED_STATUS = new Set([404, 405, 501]);

/** Aliases, tags and last use at once. Never rejects. */
export async function keyDetails(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  key: KeyRef,
): Promise<KeyDetails> {
  const [aliases, tags, lastUse] = await Promise.all([
    keyAliases(options, clients, key),
    learn(options, clients, key, 'ListResourceTags', () => readTags(options, clients, key)),
    learn(options, clients, key, 'GetKeyLastUsage', () => readLastUse(options, clients, lanes, key)),
  ]);
  return { aliases, tags, lastUse };
}

/** The key's own aliases, sorted. Never rejects. */
export const keyAliases = (options: AwsOptions, clients: Clients, key: KeyRef): Promise<Learned<readonly string[]>> =>
  learn(options, clients, key, 'ListAliases', () => readAliases(options, clients, key));

async function learn<T>(
  options: AwsOptions,
  clients: Clients,
  key: KeyRef,
  operation: string,
  read: () => Promise<Learned<T>>,
): Promise<Learned<T>> {
  const stranger = strangerOf(options, key);
  if (stranger !== undefined) return unknown(stranger);
  try {
    return await read();
  } catch (error) {
    const failure = classify(error, `kms:${operation}`);
    if (failure.kind === 'credentials') clients.forgetReading(key);
    return unknown(whyOf(failure, operation));
  }
}

function whyOf(failure: Failure, operation: string): string {
  switch (failure.kind) {
    case 'denied':
      return failure.operation === 'sts:AssumeRole'
        ? failure.message
        : `permission ${failure.operation} is missing: ${failure.message}`;
    case 'refused':
      return NOT_OFFERED.has(failure.error)
        ? `this KMS does not offer ${operation}`
        : `KMS refused ${operation} (${failure.error}: ${failure.message})`;
    case 'throttled':
      return 'KMS asked for patience; it was not asked again';
    case 'ambiguous':
      return failure.status !== undefined && NOT_OFFERED_STATUS.has(failure.status)
        ? `this KMS does not offer ${operation}`
        : failure.message;
    case 'credentials':
    case 'notSent':
      return failure.message;
  }
}

async function readAliases(options: AwsOptions, clients: Clients, key: KeyRef): Promise<Learned<readonly string[]>> {
  const client = clients.kmsForReading(key);
  const abortSignal = deadline(options.timeouts.request);
  const names: string[] = [];
  let Marker: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await client.send(new ListAliasesCommand({ KeyId: key.arn, Marker }), { abortSignal });
    for (const alias of answer.Aliases ?? []) {
      if (alias.AliasName !== undefined && alias.TargetKeyId === key.keyId) names.push(alias.AliasName);
    }
    Marker = answer.NextMarker;
    if (answer.Truncated !== true || Marker === undefined) return known(names.sort());
  }
  return unknown('KMS listed aliases without end');
}

async function readTags(
  options: AwsOptions,
  clients: Clients,
  key: KeyRef,
): Promise<Learned<Readonly<Record<string, string>>>> {
  const client = clients.kmsForReading(key);
  const abortSignal = deadline(options.timeouts.request);
  const tags: [string, string][] = [];
  let Marker: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await client.send(new ListResourceTagsCommand({ KeyId: key.arn, Marker }), { abortSignal });
    for (const { TagKey, TagValue } of answer.Tags ?? []) {
      if (TagKey !== undefined) tags.push([TagKey, TagValue ?? '']);
    }
    Marker = answer.NextMarker;
    if (answer.Truncated !== true || Marker === undefined) return known(Object.fromEntries(tags));
  }
  return unknown('KMS listed tags without end');
}

async function readLastUse(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  key: KeyRef,
): Promise<Learned<LastUse>> {
  const lane = kmsLane(key, 'GetKeyLastUsage');
  if (!(await lanes.slotWithin(lane, LONGEST_WAIT))) return unknown('not asked yet: too many keys at once');
  const client = clients.kmsForReading(key);
  try {
    const command = new GetKeyLastUsageCommand({ KeyId: key.arn });
    return lastUseOf(await client.send(command, { abortSignal: deadline(options.timeouts.request) }));
  } catch (error) {
    const failure = classify(error, 'kms:GetKeyLastUsage');
    if (failure.kind === 'throttled') await lanes.backOff(lane, failure.retryAfter);
    throw error;
  }
}

/** AWS's verdict: an empty answer proves "never" only for a key that was tracked from its first day. */
function lastUseOf(answer: GetKeyLastUsageResponse): Learned<LastUse> {
  const at = instantOf(answer.KeyLastUsage?.Timestamp);
  if (at !== undefined) {
    const eventId = answer.KeyLastUsage?.CloudTrailEventId;
    const operation = answer.KeyLastUsage?.Operation ?? 'an operation KMS did not name';
    return known({ kind: 'used', usage: { operation, at, ...(eventId === undefined ? {} : { eventId }) } });
  }
  const created = instantOf(answer.KeyCreationDate);
  const tracked = instantOf(answer.TrackingStartDate);
  if (created === undefined || tracked === undefined)
    return unknown('KMS answered without a use and without its dates');
  if (created >= tracked) return known({ kind: 'neverSeen' });
  return unknown('no use recorded, but the key is older than the tracking of uses');
}
