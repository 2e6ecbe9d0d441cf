import { randomUUID } from 'node:crypto';
import type { CallerIdentity } from '../../world.ts';
import { type Answer, Call, type KmsWorld, type Operation } from './call.ts';
import { KmsError } from './errors.ts';
import { Fields } from './fields.ts';
import { operations } from './operations.ts';
import { passTime } from './time.ts';
import { callRecord, shown, userIdentity } from './trail.ts';

/** A call to KMS, whoever brings it. */
export interface Request {
  readonly operation: string;
  readonly body: Answer;
  readonly identity: CallerIdentity;
  readonly region: string;
  readonly requestId: string;
  readonly userAgent: string;
  readonly sourceIPAddress: string;
}

/** What KMS answers: HTTP status and JSON body. */
export interface Response {
  readonly status: number;
  readonly body: Answer;
  readonly requestId: string;
}

/** The body of an error. */
export function errorBody(error: KmsError): Answer {
  return error.spoken ? { __type: error.code, message: error.message } : { __type: error.code };
}

/** Does one call and leaves its CloudTrail record, whether it succeeds or fails. */
export async function perform(world: KmsWorld, request: Request): Promise<Response> {
  passTime(world);
  const operation = operations.get(request.operation);
  // An operation KMS does not know reaches no handler and so leaves no record.
  if (operation === undefined) return failure(new KmsError('UnknownOperationException'), request.requestId);
  const call = new Call(world, request.operation, request);
  try {
    const answer = await run(call, operation, new Fields(request.body));
    call.settle();
    leaveRecord(call, operation, request, answer, undefined);
    return { status: 200, body: answer, requestId: request.requestId };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    leaveRecord(call, operation, request, undefined, error);
    return failure(error, request.requestId);
  }
}

/** Answers an error of KMS itself without doing the work, and records it. */
export function refuse(world: KmsWorld, request: Request, error: KmsError): Response {
  const operation = operations.get(request.operation);
  if (operation !== undefined)
    leaveRecord(new Call(world, request.operation, request), operation, request, undefined, error);
  return failure(error, request.requestId);
}

function failure(error: KmsError, requestId: string): Response {
  return { status: error.status, body: errorBody(error), requestId };
}

async function run(call: Call, operation: Operation, fields: Fields): Promise<Answer> {
  if (operation.target === 'account') return operation.prepare(fields)(call);
  const keyId = fields.text('KeyId', 2048);
  const work = operation.prepare(fields);
  const conditions = operation.conditions?.(fields) ?? {};
  const key = call.resolve(keyId, {
    aliases: operation.target === 'keyOrAlias',
    crossAccount: operation.crossAccount ?? false,
  });
  call.permit(key, conditions);
  call.check(key);
  return work(call, key);
}

function leaveRecord(
  call: Call,
  operation: Operation,
  request: Request,
  answer: Answer | undefined,
  error: KmsError | undefined,
): void {
  const told = {
    operation: call.operation,
    readOnly: operation.readOnly,
    identity: userIdentity(call.identity, call.now),
    region: call.region,
    at: call.now,
    sourceIPAddress: request.sourceIPAddress,
    userAgent: request.userAgent,
    requestId: call.requestId,
    parameters: call.refused ? null : shown({ ...operation.defaults, ...request.body }),
    response: answer === undefined || operation.readOnly ? null : shownResponse(call, operation, answer),
    error,
    keys: call.keys,
    byService: false,
  };
  call.world.record(callRecord({ ...told, account: call.account, eventId: call.eventId }));
  // The owner of a key another account used sees the same call, but never one that was refused to the stranger.
  const owners = new Set(call.keys.map(({ account }) => account));
  owners.delete(call.account);
  if (!call.refused)
    for (const account of owners)
      call.world.record({
        ...callRecord({ ...told, account, eventId: randomUUID() }),
        sharedEventID: call.eventId,
      });
}

/** Since December 2022 records of changes name the key even where the API answers nothing. */
function shownResponse(call: Call, operation: Operation, answer: Answer): Answer | null {
  if (operation.responseHidden === true) return null;
  const [key] = call.keys;
  return shown(Object.keys(answer).length === 0 && key !== undefined ? { KeyId: key.arn } : answer);
}
