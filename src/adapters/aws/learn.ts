/** Something about a key that is good to know: learnt, or not, with the reason in a sentence. */
import type { KeyRef } from '../../domain/ids.ts';
import { type Learned, NOT_ASKED, NOT_OFFERED, unknown } from '../../domain/key.ts';
import { StoreUnavailable } from '../../domain/lost.ts';
import { classify, type Failure } from './failures.ts';
import { NotAsked, type Reader } from './paced.ts';
import { strangerOf } from './read.ts';

/** What AWS, emulators and older endpoints answer to an operation they do not know. */
const UNKNOWN_OPERATION = new Set([
  'UnknownOperationException',
  'UnknownOperation',
  'InvalidAction',
  'NotImplemented',
  'NotImplementedException',
]);
const UNKNOWN_STATUS = new Set([404, 405, 501]);

/** What `read` finds with KMS's `operation`; whatever it rejects with becomes the reason. Never rejects. */
export async function learn<T>(
  { options, clients }: Reader,
  key: KeyRef,
  operation: string,
  read: () => Promise<Learned<T>>,
): Promise<Learned<T>> {
  const stranger = strangerOf(options, key);
  if (stranger !== undefined) return unknown(stranger);
  try {
    return await read();
  } catch (error) {
    if (error instanceof NotAsked) return unknown(`${NOT_ASKED}: ${error.message}`);
    if (error instanceof StoreUnavailable) return unknown(`${NOT_ASKED}: the memory that paces our reads is away`);
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
      return UNKNOWN_OPERATION.has(failure.error)
        ? `${NOT_OFFERED} ${operation}`
        : `KMS refused ${operation} (${failure.error}: ${failure.message})`;
    case 'throttled':
      return 'KMS asked for patience; it was not asked again';
    case 'ambiguous':
      return failure.status !== undefined && UNKNOWN_STATUS.has(failure.status)
        ? `${NOT_OFFERED} ${operation}`
        : failure.message;
    case 'credentials':
    case 'notSent':
      return failure.message;
  }
}
