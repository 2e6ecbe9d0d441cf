/** All keys and all aliases of a place, for the sweep. */
import { ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { type KeyRef, type Place, parseKeyArn } from '../../domain/ids.ts';
import { PlaceUnreadable } from '../../domain/lost.ts';
import type { Clients } from './clients.ts';
import { classify } from './failures.ts';
import type { AwsOptions } from './options.ts';
import { deadline, unreadableOf } from './read.ts';

/** KMS's largest pages. */
const KEYS_PER_PAGE = 1000;
const ALIASES_PER_PAGE = 100;

/** Pages of keys. Rejects with `PlaceUnreadable`; a key of another place in the list makes the whole list foreign. */
export async function* listKeys(
  options: AwsOptions,
  clients: Clients,
  place: Place,
): AsyncGenerator<readonly KeyRef[], void, undefined> {
  let Marker: string | undefined;
  do {
    const asked = Marker;
    const answer = await attempt(clients, place, 'kms:ListKeys', () =>
      clients.kmsForReading(place).send(new ListKeysCommand({ Limit: KEYS_PER_PAGE, Marker: asked }), {
        abortSignal: deadline(options.timeouts.request),
      }),
    );
    yield (answer.Keys ?? []).map((entry) => ownKey(options, place, entry.KeyArn));
    Marker = nextOf(place, 'kms:ListKeys', answer, asked);
  } while (Marker !== undefined);
}

/** Key id → its alias names, sorted. Rejects with `PlaceUnreadable`. */
export async function listPlaceAliases(
  options: AwsOptions,
  clients: Clients,
  place: Place,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  let Marker: string | undefined;
  do {
    const asked = Marker;
    const answer = await attempt(clients, place, 'kms:ListAliases', () =>
      clients.kmsForReading(place).send(new ListAliasesCommand({ Limit: ALIASES_PER_PAGE, Marker: asked }), {
        abortSignal: deadline(options.timeouts.request),
      }),
    );
    for (const { AliasName, TargetKeyId } of answer.Aliases ?? []) {
      // Aliases of AWS managed keys that were never used have no target yet.
      if (AliasName === undefined || TargetKeyId === undefined) continue;
      const names = found.get(TargetKeyId) ?? [];
      names.push(AliasName);
      found.set(TargetKeyId, names);
    }
    Marker = nextOf(place, 'kms:ListAliases', answer, asked);
  } while (Marker !== undefined);
  for (const names of found.values()) names.sort();
  return found;
}

async function attempt<T>(clients: Clients, place: Place, operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const failure = classify(error, operation);
    if (failure.kind === 'credentials') clients.forgetReading(place);
    const why = unreadableOf(failure);
    const named = why.kind === 'denied' ? why.operation : operation;
    throw new PlaceUnreadable(place, named, why.kind, why.message, error);
  }
}

function ownKey(options: AwsOptions, place: Place, arn: string | undefined): KeyRef {
  const key = parseKeyArn(arn ?? '');
  if (key?.account === place.account && key.region === place.region && key.partition === options.partition) return key;
  throw new PlaceUnreadable(place, 'kms:ListKeys', 'foreign', `KMS listed a key of another place: ${arn ?? 'no ARN'}`);
}

/** A truncated page must lead on; the same marker again, or none, would end the list early or never. */
function nextOf(
  place: Place,
  operation: string,
  answer: { readonly Truncated?: boolean | undefined; readonly NextMarker?: string | undefined },
  asked: string | undefined,
): string | undefined {
  if (answer.Truncated !== true) return undefined;
  if (answer.NextMarker !== undefined && answer.NextMarker !== asked) return answer.NextMarker;
  throw new PlaceUnreadable(place, operation, 'unreachable', 'KMS said there is more, and not where');
}
