/** All keys and all aliases of a place, for the sweep. */
import { ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { type KeyRef, type Place, parseKeyArn } from '../../domain/ids.ts';
import { PlaceUnreadable, StoreUnavailable } from '../../domain/lost.ts';
import type { Clients } from './clients.ts';
import { classify } from './failures.ts';
import type { AwsOptions } from './options.ts';
import { paced, type Reader, type Turn } from './paced.ts';
import { listOf, pagesOf } from './paging.ts';
import { unreadableOf } from './read.ts';

/** KMS's largest pages. */
const KEYS_PER_PAGE = 1000;
const ALIASES_PER_PAGE = 100;
const IN_TURN: Turn = { readFor: 'itself' };

/** Pages of keys. Rejects with `PlaceUnreadable`; a key of another place in the list makes the whole list foreign. */
export async function* listKeys(reader: Reader, place: Place): AsyncGenerator<readonly KeyRef[], void, undefined> {
  const ask = (Marker: string | undefined) =>
    paced(reader, place, 'ListKeys', IN_TURN, (client, abortSignal) =>
      client.send(new ListKeysCommand({ Limit: KEYS_PER_PAGE, Marker }), { abortSignal }),
    );
  try {
    for await (const page of pagesOf(ask)) {
      yield listOf(page.Keys, 'keys').map((entry) => ownKey(reader.options, place, entry.KeyArn));
    }
  } catch (error) {
    throw unreadable(reader.clients, place, 'kms:ListKeys', error);
  }
}

/** Key id → its alias names, sorted. Rejects with `PlaceUnreadable`. */
export async function listPlaceAliases(reader: Reader, place: Place): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  const ask = (Marker: string | undefined) =>
    paced(reader, place, 'ListAliases', IN_TURN, (client, abortSignal) =>
      client.send(new ListAliasesCommand({ Limit: ALIASES_PER_PAGE, Marker }), { abortSignal }),
    );
  try {
    for await (const page of pagesOf(ask)) {
      for (const { AliasName, TargetKeyId } of listOf(page.Aliases, 'aliases')) {
        // Aliases of AWS managed keys that were never used have no target yet.
        if (AliasName === undefined || TargetKeyId === undefined) continue;
        found.set(TargetKeyId, [...(found.get(TargetKeyId) ?? []), AliasName].sort());
      }
    }
  } catch (error) {
    throw unreadable(reader.clients, place, 'kms:ListAliases', error);
  }
  return found;
}

function unreadable(clients: Clients, place: Place, operation: string, error: unknown): Error {
  if (error instanceof PlaceUnreadable || error instanceof StoreUnavailable) return error;
  const failure = classify(error, operation);
  if (failure.kind === 'credentials') clients.forgetReading(place);
  const why = unreadableOf(failure);
  const kind = why.kind === 'throttled' ? 'unreachable' : why.kind;
  return new PlaceUnreadable(place, why.kind === 'denied' ? why.operation : operation, kind, why.message, error);
}

function ownKey(options: AwsOptions, place: Place, arn: string | undefined): KeyRef {
  const key = parseKeyArn(arn ?? '');
  if (key?.account === place.account && key.region === place.region && key.partition === options.partition) return key;
  throw new PlaceUnreadable(place, 'kms:ListKeys', 'foreign', `KMS listed a key of another place: ${arn ?? 'no ARN'}`);
}
