/** What is good to know of a key beside its state; every part is learnt, or not, on its own. */
import { ListAliasesCommand, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import type { KeyRef } from '../../domain/ids.ts';
import { type KeyDetails, known, type Learned, unknown } from '../../domain/key.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify, type Failure } from './failures.ts';
import type { Lanes } from './lanes.ts';
import { readLastUse } from './last-use.ts';
import type { AwsOptions } from './options.ts';
import { listOf, pagesOf } from './paging.ts';
import { strangerOf } from './read.ts';

type Tags = Readonly<Record<string, string>>;

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
  const names: string[] = [];
  const ask = (Marker: string | undefined) =>
    bounded(options.timeouts.request, undefined, (abortSignal) =>
      clients.kmsForReading(key).send(new ListAliasesCommand({ KeyId: key.arn, Marker }), { abortSignal }),
    );
  for await (const page of pagesOf(ask)) {
    for (const { AliasName, TargetKeyId } of listOf(page.Aliases, 'aliases')) {
      if (AliasName !== undefined && TargetKeyId === key.keyId) names.push(AliasName);
    }
  }
  return known(names.sort());
}

async function readTags(options: AwsOptions, clients: Clients, key: KeyRef): Promise<Learned<Tags>> {
  const tags: [string, string][] = [];
  const ask = (Marker: string | undefined) =>
    bounded(options.timeouts.request, undefined, (abortSignal) =>
      clients.kmsForReading(key).send(new ListResourceTagsCommand({ KeyId: key.arn, Marker }), { abortSignal }),
    );
  for await (const page of pagesOf(ask)) {
    for (const { TagKey, TagValue } of listOf(page.Tags, 'tags')) {
      if (TagKey !== undefined) tags.push([TagKey, TagValue ?? '']);
    }
  }
  return known(Object.fromEntries(tags));
}
