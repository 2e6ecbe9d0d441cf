import { randomUUID } from 'node:crypto';
import type { CallerIdentity } from '../../world.ts';
import { Call, type KmsWorld } from './call.ts';
import type { EncryptionContext } from './cipher.ts';
import { KmsError } from './errors.ts';
import { errorBody, type Response } from './perform.ts';
import { passTime } from './time.ts';
import { callRecord, shown, userIdentity } from './trail.ts';

/** An AWS service using a key for somebody: S3 reading an object, EC2 attaching a volume. */
export interface ServiceUse {
  readonly operation: 'Encrypt' | 'Decrypt' | 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext';
  readonly keyArn: string;
  /** Names the victim: `aws:s3:arn`, `aws:ebs:id`, `aws:rds:db-id`. */
  readonly encryptionContext: EncryptionContext;
  /** Whose request the service serves. */
  readonly identity: CallerIdentity;
  /** `AWS Internal` unless said otherwise. */
  readonly invokedBy?: string;
}

/**
 * Uses a key as a service does. The service keeps the ciphertext, so none is asked for here: only whether the key's
 * state lets it be used, and the record, which names the key in `resources` and in the error text but has no `keyId`
 * (`fixtures/cloudtrail-Decrypt-failed-pending-deletion-service-initiated-no-keyId.json`).
 */
export function useAsService(world: KmsWorld, use: ServiceUse): Response {
  passTime(world);
  const invokedBy = use.invokedBy ?? 'AWS Internal';
  const requestId = randomUUID();
  const region = use.keyArn.split(':')[3] ?? '';
  const call = new Call(world, use.operation, { identity: use.identity, region, requestId });
  let error: KmsError | undefined;
  try {
    const key = call.resolve(use.keyArn, { aliases: false, crossAccount: true });
    call.check(key);
    call.used(key);
    call.settle();
  } catch (thrown) {
    if (!(thrown instanceof KmsError)) throw thrown;
    error = thrown;
  }
  world.record(
    callRecord({
      operation: use.operation,
      readOnly: true,
      identity: userIdentity(use.identity, call.now, invokedBy),
      account: call.account,
      region,
      at: call.now,
      sourceIPAddress: invokedBy,
      userAgent: invokedBy,
      requestId,
      eventId: call.eventId,
      parameters: shown({ EncryptionAlgorithm: 'SYMMETRIC_DEFAULT', EncryptionContext: use.encryptionContext }),
      response: null,
      error,
      keys: call.keys,
      byService: true,
    }),
  );
  return error === undefined
    ? { status: 200, body: { KeyId: use.keyArn }, requestId }
    : { status: error.status, body: errorBody(error), requestId };
}
