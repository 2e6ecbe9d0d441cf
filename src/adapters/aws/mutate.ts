/** One mutation: take the action's session, send once, and say what became of it. The caller has waited for its slot. */
import {
  CancelKeyDeletionCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import type { CallOutcome } from '../../domain/action.ts';
import { isGenuine, type Right } from '../../domain/approval.ts';
import type { KeyRef } from '../../domain/ids.ts';
import type { MutationRequest } from '../../ports.ts';
import type { ActionClient } from './action-clients.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify, type Failure } from './failures.ts';
import { kmsLane, type Lanes } from './lanes.ts';
import type { AwsOptions } from './options.ts';
import { strangerOf } from './read.ts';

/** KMS's own default: the longest window leaves the most time for a rescue. */
const LONGEST_WINDOW_DAYS = 30;

interface Answer {
  readonly KeyId?: string | undefined;
  readonly $metadata: { readonly requestId?: string | undefined };
}

/**
 * Sends the call of the proof, and nothing else, at most once; a throttle pauses the lane for all processes. What no proof
 * was minted for is not sent, and nothing is asked of AWS. Never rejects.
 */
export async function mutateKey(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  { proof, signal }: MutationRequest,
): Promise<CallOutcome> {
  // First of all: before this, nothing in it is to be believed, and no session may be had for it.
  if (!isGenuine(proof))
    return { kind: 'notSent', message: 'nothing proves that this call is allowed; it was not sent' };
  const { right } = proof;
  const stranger = strangerOf(options, right.key);
  if (stranger !== undefined) return { kind: 'notSent', message: stranger };
  const ready = await sessionOf(clients, right);
  if (ready.kind !== 'ready') return ready;
  const { attribution } = ready;
  if (signal?.aborted === true) return { kind: 'notSent', message: 'stopped before it was sent', attribution };
  // STS may have taken its time: what was proven is no longer so.
  if (right.until !== undefined && options.clock.now() >= right.until)
    return { kind: 'notSent', message: 'too late: what allowed it had to be looked at again', attribution };
  return { ...(await sent(options, clients, lanes, right, ready.client, signal)), attribution };
}

type Ready = ActionClient & { readonly kind: 'ready' };

/** Everything before the call leaves; whatever fails here changed nothing. */
async function sessionOf(clients: Clients, right: Right): Promise<Ready | CallOutcome> {
  try {
    return { kind: 'ready', ...(await clients.actions.of(right)) };
  } catch (error) {
    const failure = classify(error, 'sts:AssumeRole');
    return failure.kind === 'denied' ? failure : { kind: 'notSent', message: failure.message };
  }
}

async function sent(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  right: Right,
  client: KMSClient,
  signal: AbortSignal | undefined,
): Promise<CallOutcome> {
  const { key, operation } = right;
  const lane = kmsLane(key, operation);
  let answer: Answer;
  try {
    answer = await bounded(options.timeouts.request, signal, (abortSignal) => send(client, right, abortSignal));
  } catch (error) {
    const failure = classify(error, `kms:${operation}`);
    if (failure.kind === 'credentials') clients.actions.forget(right);
    if (failure.kind !== 'throttled') return outcomeOf(failure);
    const retryAfter = await lanes.backOff(lane, failure.retryAfter);
    return { ...failure, retryAfter };
  }
  lanes.ease(lane);
  const { requestId } = answer.$metadata;
  const named = requestId === undefined ? {} : { requestId };
  if (answer.KeyId === undefined || answer.KeyId === key.arn) return { kind: 'succeeded', ...named };
  return { kind: 'ambiguous', message: `KMS answered about ${answer.KeyId} when ${key.arn} was meant`, ...named };
}

async function send(client: KMSClient, right: Right, abortSignal: AbortSignal): Promise<Answer> {
  const KeyId: string = right.key.arn;
  switch (right.operation) {
    case 'CancelKeyDeletion':
      return client.send(new CancelKeyDeletionCommand({ KeyId }), { abortSignal });
    case 'EnableKey':
      return client.send(new EnableKeyCommand({ KeyId }), { abortSignal });
    case 'DisableKey':
      return client.send(new DisableKeyCommand({ KeyId }), { abortSignal });
    case 'DeleteImportedKeyMaterial': {
      const KeyMaterialId = right.materialId;
      return checkedId(
        right.key,
        await client.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }), { abortSignal }),
      );
    }
    case 'ScheduleKeyDeletion': {
      const PendingWindowInDays = right.windowDays ?? LONGEST_WINDOW_DAYS;
      return client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }), { abortSignal });
    }
  }
}

/** DeleteImportedKeyMaterial may answer with the bare key id that was meant; the ARN form says the same. */
const checkedId = (key: KeyRef, answer: Answer): Answer =>
  answer.KeyId === key.keyId ? { ...answer, KeyId: key.arn } : answer;

function outcomeOf(failure: Exclude<Failure, { kind: 'throttled' }>): CallOutcome {
  switch (failure.kind) {
    case 'denied':
    case 'refused':
      return failure;
    case 'credentials':
    case 'notSent':
      return { kind: 'notSent', message: failure.message };
    case 'ambiguous': {
      const { kind, message, requestId } = failure;
      return requestId === undefined ? { kind, message } : { kind, message, requestId };
    }
  }
}
