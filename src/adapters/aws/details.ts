/** What is good to know of a key beside its state; every part is learnt, or not, on its own. */
import { ListAliasesCommand, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import type { KeyRef } from '../../domain/ids.ts';
import { type KeyDetails, known, type LastUse, type Learned } from '../../domain/key.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import type { Lanes } from './lanes.ts';
import { readLastUse } from './last-use.ts';
import { learn } from './learn.ts';
import type { AwsOptions } from './options.ts';
import { listOf, pagesOf } from './paging.ts';

type Tags = Readonly<Record<string, string>>;

/** Aliases, tags and last use at once. Never rejects. */
export async function keyDetails(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  key: KeyRef,
): Promise<KeyDetails> {
  const [aliases, tags, lastUse] = await Promise.all([
    keyAliases(options, clients, key),
    keyTags(options, clients, key),
    keyLastUse(options, clients, lanes, key),
  ]);
  return { aliases, tags, lastUse };
}

/** The key's own aliases, sorted. Never rejects. */
export const keyAliases = (options: AwsOptions, clients: Clients, key: KeyRef): Promise<Learned<readonly string[]>> =>
  learn(options, clients, key, 'ListAliases', () => readAliases(options, clients, key));

/** The tags alone. Never rejects. */
export const keyTags = (options: AwsOptions, clients: Clients, key: KeyRef): Promise<Learned<Tags>> =>
  learn(options, clients, key, 'ListResourceTags', () => readTags(options, clients, key));

/** The last successful use alone. Never rejects. */
export const keyLastUse = (
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  key: KeyRef,
): Promise<Learned<LastUse>> =>
  learn(options, clients, key, 'GetKeyLastUsage', () => readLastUse(options, clients, lanes, key));

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
