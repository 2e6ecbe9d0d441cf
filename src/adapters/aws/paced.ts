/** Reads at our pace: each waits for a slot of its operation's lane first, or is not asked when the line is too long. */
import type { KMSClient } from '@aws-sdk/client-kms';
import type { Duration, Place } from '../../domain/ids.ts';
import type { ReadFor } from '../../ports.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify } from './failures.ts';
import { type Lanes, type ReadOperation, readLane } from './lanes.ts';
import type { AwsOptions } from './options.ts';

export interface Reader {
  readonly options: AwsOptions;
  readonly clients: Clients;
  readonly lanes: Lanes;
}

export interface Turn {
  readonly readFor: ReadFor;
  /** How long to wait for a slot, ms; absent: as long as it takes. */
  readonly patience?: Duration;
  readonly signal?: AbortSignal | undefined;
}

/** The line was longer than the patience: nothing was asked. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked';
}

/** One request. Rejects with `NotAsked`, `StoreUnavailable`, the signal's reason, or the SDK's error. */
export async function paced<T>(
  { options, clients, lanes }: Reader,
  place: Place,
  operation: ReadOperation,
  { readFor, patience, signal }: Turn,
  send: (client: KMSClient, abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lane = readLane(place, operation, readFor);
  if (patience === undefined) await lanes.slot(lane, signal);
  else if (!(await lanes.slotWithin(lane, patience, signal))) throw new NotAsked(`too many keys at once`);
  try {
    const answer = await bounded(options.timeouts.request, signal, (abortSignal) =>
      send(clients.kmsForReading(place), abortSignal),
    );
    lanes.ease(lane);
    return answer;
  } catch (error) {
    const failure = classify(error, `kms:${operation}`);
    if (failure.kind === 'throttled') await lanes.backOff(lane, failure.retryAfter);
    throw error;
  }
}
