/** Reading one key: DescribeKey, and what every answer but a good one means. */
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import type { KeyRef } from '../../domain/ids.ts';
import type { KeyRead, Unreadable } from '../../domain/key.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify, type Failure } from './failures.ts';
import { type AwsOptions, accountOf } from './options.ts';
import { parseMetadata } from './schema.ts';

/** Reads a key; `signal` gives up early. Never rejects: what could not be learnt is `unreadable`, with its reason. */
export async function readKey(
  options: AwsOptions,
  clients: Clients,
  key: KeyRef,
  signal?: AbortSignal,
): Promise<KeyRead> {
  const { clock } = options;
  const unreadable = (why: Unreadable): KeyRead => ({ kind: 'unreadable', key, readAt: clock.now(), why });
  const stranger = strangerOf(options, key);
  if (stranger !== undefined) return unreadable({ kind: 'foreign', message: stranger });
  try {
    const client = clients.kmsForReading(key);
    const command = new DescribeKeyCommand({ KeyId: key.arn });
    const answer = await bounded(options.timeouts.request, signal, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    // `readAt` is when the answer was here: a later moment than the state, never an earlier one.
    const parsed = parseMetadata(key, answer.KeyMetadata, clock.now());
    return parsed.kind === 'parsed' ? { kind: 'read', snapshot: parsed.snapshot } : unreadable(parsed.why);
  } catch (error) {
    const failure = classify(error, 'kms:DescribeKey');
    if (failure.kind === 'credentials') clients.forgetReading(key);
    if (failure.kind === 'refused' && failure.error === 'NotFoundException') {
      return { kind: 'gone', key, readAt: clock.now() };
    }
    return unreadable(unreadableOf(failure));
  }
}

/** Why a place or a key cannot be read, in the domain's words. */
export function unreadableOf(failure: Failure): Unreadable {
  switch (failure.kind) {
    case 'denied':
      return { kind: 'denied', operation: failure.operation, message: failure.message };
    case 'refused':
      return { kind: 'unreachable', message: `${failure.error}: ${failure.message}` };
    case 'throttled':
      return { kind: 'throttled', message: failure.message };
    case 'credentials':
    case 'notSent':
    case 'ambiguous':
      return { kind: 'unreachable', message: failure.message };
  }
}

/** A sentence when the key does not belong to what is configured, and must not be asked for. */
export function strangerOf(options: AwsOptions, key: KeyRef): string | undefined {
  if (key.partition !== options.partition) {
    return `${key.arn} is in partition ${key.partition}; this bot serves ${options.partition}`;
  }
  if (accountOf(options, key) !== undefined) return undefined;
  return `account ${key.account} in ${key.region} is not configured`;
}
