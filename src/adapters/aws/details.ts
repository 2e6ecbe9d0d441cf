/** What is good to know of a key beside its state; every part is learnt, or not, on its own. */
import { ListAliasesCommand, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import type { Duration, KeyRef } from '../../domain/ids.ts';
import { type KeyDetails, known, type LastUse, type Learned } from '../../domain/key.ts';
import type { ReadFor } from '../../ports.ts';
import { readLastUse } from './last-use.ts';
import { learn } from './learn.ts';
import { paced, type Reader, type Turn } from './paced.ts';
import { listOf, pagesOf } from './paging.ts';

type Tags = Readonly<Record<string, string>>;

/** How long a card's details may wait for a slot, ms. */
const LONGEST_WAIT: Duration = 3_000;
export const turnOf = (readFor: ReadFor): Turn => ({ readFor, patience: LONGEST_WAIT });

/** Aliases, tags and last use at once. Never rejects. */
export async function keyDetails(reader: Reader, key: KeyRef, turn: Turn): Promise<KeyDetails> {
  const [aliases, tags, lastUse] = await Promise.all([
    keyAliases(reader, key, turn),
    keyTags(reader, key, turn),
    keyLastUse(reader, key, turn),
  ]);
  return { aliases, tags, lastUse };
}

/** The key's own aliases, sorted. Never rejects. */
export const keyAliases = (reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<readonly string[]>> =>
  learn(reader, key, 'ListAliases', () => readAliases(reader, key, turn));

/** The tags alone. Never rejects. */
export const keyTags = (reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<Tags>> =>
  learn(reader, key, 'ListResourceTags', () => readTags(reader, key, turn));

/** The last successful use alone. Never rejects. */
export const keyLastUse = (reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<LastUse>> =>
  learn(reader, key, 'GetKeyLastUsage', () => readLastUse(reader, key, turn));

async function readAliases(reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<readonly string[]>> {
  const names: string[] = [];
  const ask = (Marker: string | undefined) =>
    paced(reader, key, 'ListAliases', turn, (client, abortSignal) =>
      client.send(new ListAliasesCommand({ KeyId: key.arn, Marker }), { abortSignal }),
    );
  for await (const page of pagesOf(ask)) {
    for (const { AliasName, TargetKeyId } of listOf(page.Aliases, 'aliases')) {
      if (AliasName !== undefined && TargetKeyId === key.keyId) names.push(AliasName);
    }
  }
  return known(names.sort());
}

async function readTags(reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<Tags>> {
  const tags: [string, string][] = [];
  const ask = (Marker: string | undefined) =>
    paced(reader, key, 'ListResourceTags', turn, (client, abortSignal) =>
      client.send(new ListResourceTagsCommand({ KeyId: key.arn, Marker }), { abortSignal }),
    );
  for await (const page of pagesOf(ask)) {
    for (const { TagKey, TagValue } of listOf(page.Tags, 'tags')) {
      if (TagKey !== undefined) tags.push([TagKey, TagValue ?? '']);
    }
  }
  return known(Object.fromEntries(tags));
}
