/** An error KMS answers with: its `__type`, its message and the HTTP status. */
export class KmsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Whether KMS sends a message at all; for several exceptions it sends the type only. */
  readonly spoken: boolean;

  constructor(code: string, message?: string, status = 400) {
    super(message ?? code);
    this.code = code;
    this.status = status;
    this.spoken = message !== undefined;
  }
}

/** A constraint on a request member, in the words the AWS request validator uses. */
export function invalid(member: string, value: unknown, constraint: string): KmsError {
  const shown = value === undefined || value === null ? 'null' : `'${String(value)}'`;
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return new KmsError(
    'ValidationException',
    `1 validation error detected: Value ${shown} at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}

/** A refused call that no identity or key policy allows, or that one denies; `why` ends the sentence. */
export function accessDenied(principal: string, action: string, resource: string, why: string): KmsError {
  return new KmsError(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
  );
}

/** A key whose origin does not take the operation (`fixtures/kms-error-bodies.json`). */
export function wrongOrigin(arn: string, origin: string): KmsError {
  return new KmsError(
    'UnsupportedOperationException',
    `${arn} origin is ${origin} which is not valid for this operation.`,
  );
}

/** An operation or parameter this kind of key does not take. */
export function unsupported(message: string): KmsError {
  return new KmsError('UnsupportedOperationException', message);
}

/** A state that does not take the operation. */
export function invalidState(message: string): KmsError {
  return new KmsError('KMSInvalidStateException', message);
}
