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
import type { KeyRef } from '../../domain/ids.ts';
import type { MutationRequest } from '../../ports.ts';
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

/** Sends the call at most once; a throttle pauses the lane for all processes. Never rejects. */
export async function mutateKey(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  request: MutationRequest,
): Promise<CallOutcome> {
  const { key, operation, signal } = request;
  const stranger = strangerOf(options, key);
  if (stranger !== undefined) return { kind: 'notSent', message: stranger };
  const ready = await sessionOf(clients, request);
  if (ready.kind !== 'ready') return ready;
  const lane = kmsLane(key, operation);
  let answer: Answer;
  try {
    answer = await bounded(options.timeouts.request, signal, (abortSignal) => send(ready.client, request, abortSignal));
  } catch (error) {
    const failure = classify(error, `kms:${operation}`);
    if (failure.kind === 'credentials') clients.forgetAction(request);
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

type Ready = { readonly kind: 'ready'; readonly client: KMSClient };

/** Everything before the call leaves; whatever fails here changed nothing. */
async function sessionOf(clients: Clients, request: MutationRequest): Promise<Ready | CallOutcome> {
  try {
    const client = await clients.kmsForAction(request);
    if (request.signal?.aborted === true) return { kind: 'notSent', message: 'stopped before it was sent' };
    return { kind: 'ready', client };
  } catch (error) {
    const failure = classify(error, 'sts:AssumeRole');
    return failure.kind === 'denied' ? failure : { kind: 'notSent', message: failure.message };
  }
}

async function send(client: KMSClient, request: MutationRequest, abortSignal: AbortSignal): Promise<Answer> {
  const KeyId: string = request.key.arn;
  switch (request.operation) {
    case 'CancelKeyDeletion':
      return client.send(new CancelKeyDeletionCommand({ KeyId }), { abortSignal });
    case 'EnableKey':
      return client.send(new EnableKeyCommand({ KeyId }), { abortSignal });
    case 'DisableKey':
      return client.send(new DisableKeyCommand({ KeyId }), { abortSignal });
    case 'DeleteImportedKeyMaterial': {
      const KeyMaterialId = request.materialId;
      return checkedId(
        request.key,
        await client.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }), { abortSignal }),
      );
    }
    case 'ScheduleKeyDeletion': {
      const PendingWindowInDays = request.windowDays ?? LONGEST_WINDOW_DAYS;
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
