/**
 * Every way in which a call to AWS can fail, told apart where it happens. What matters most is whether a mutation may
 * have been done: only an error that AWS itself named, or one from before the request left, says "nothing changed".
 * Error names: the KMS API reference and the "common errors" page.
 */
import type { Duration } from '../../domain/ids.ts';

export type Failure =
  /** `operation` is what was not allowed: `kms:EnableKey`, or `sts:AssumeRole`. */
  | { readonly kind: 'denied'; readonly operation: string; readonly message: string; readonly requestId?: string }
  | {
      readonly kind: 'throttled';
      readonly message: string;
      readonly retryAfter?: Duration;
      readonly requestId?: string;
    }
  | { readonly kind: 'refused'; readonly error: string; readonly message: string; readonly requestId?: string }
  /** AWS turned our signature or session away before looking at the request. */
  | { readonly kind: 'credentials'; readonly message: string }
  | { readonly kind: 'notSent'; readonly message: string }
  /** `status`: the HTTP status when anything at all answered. */
  | { readonly kind: 'ambiguous'; readonly message: string; readonly status?: number; readonly requestId?: string };

/** No credentials to sign with: thrown by the providers of `sessions.ts`, before anything was sent. */
export class CredentialsUnavailable extends Error {
  /** STS, or our own configuration, said no; the message names the role. */
  readonly denied: boolean;
  constructor(message: string, denied: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'CredentialsUnavailable';
    this.denied = denied;
  }
}

/** An answer of AWS that cannot be what was asked for; the message says why. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

const DENIED = new Set(['AccessDeniedException', 'AccessDenied', 'AuthorizationErrorException', 'AuthorizationError']);
const THROTTLED = new Set([
  'ThrottlingException',
  'ThrottledException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
]);
const BAD_CREDENTIALS = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
/** Node's codes for "no connection was ever made"; ECONNRESET and EPIPE are not among them. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** The SDK gives its connection timeout no code of its own, only these words (node-http-handler, set-connection-timeout). */
const CONNECTION_TIMEOUT = /did not establish a connection/;
const NO_ANSWER = new Set(['AbortError', 'TimeoutError']);
const LONGEST_MESSAGE = 1000;

/** Classifies whatever a call to `operation` (`kms:EnableKey`) threw. Never throws. */
export function classify(error: unknown, operation: string): Failure {
  if (error instanceof CredentialsUnavailable) return withoutCredentials(error);
  if (error instanceof UnusableAnswer) return { kind: 'ambiguous', message: error.message };
  const seen = look(error);
  if (seen.codes.length > 0 && seen.codes.every((code) => NEVER_CONNECTED.has(code))) {
    return { kind: 'notSent', message: `${serviceOf(operation)} could not be reached (${seen.codes[0]})` };
  }
  if (CONNECTION_TIMEOUT.test(seen.message)) {
    return { kind: 'notSent', message: `${serviceOf(operation)} could not be reached (connection timeout)` };
  }
  return seen.named ? answered(seen, operation) : unanswered(seen, operation);
}

function withoutCredentials(error: CredentialsUnavailable): Failure {
  const message = cut(error.message);
  return error.denied ? { kind: 'denied', operation: 'sts:AssumeRole', message } : { kind: 'notSent', message };
}

/** An error that the service itself named. */
function answered(seen: Seen, operation: string): Failure {
  const { name, message, request } = seen;
  if (THROTTLED.has(name) || seen.status === 429) {
    const retryAfter = seen.retryAfter === undefined ? {} : { retryAfter: seen.retryAfter };
    return { kind: 'throttled', message, ...retryAfter, ...request };
  }
  if (DENIED.has(name)) return { kind: 'denied', operation, message, ...request };
  if (BAD_CREDENTIALS.has(name)) {
    return {
      kind: 'credentials',
      message: `${serviceOf(operation)} does not accept our credentials (${name}: ${message})`,
    };
  }
  // KMSInternalException, DependencyTimeoutException, KeyUnavailableException: AWS asks for a retry and promises nothing.
  if (seen.status === undefined || seen.status >= 500) {
    return { kind: 'ambiguous', message: `${name}: ${message}`, ...status(seen), ...request };
  }
  return { kind: 'refused', error: name, message, ...request };
}

/** No error of the service: silence, a broken connection, or a body that is not the service's (a proxy's HTML page). */
function unanswered(seen: Seen, operation: string): Failure {
  const service = serviceOf(operation);
  if (seen.status === 429) return { kind: 'throttled', message: `${service} answered HTTP 429`, ...seen.request };
  const message =
    seen.status === undefined
      ? NO_ANSWER.has(seen.name)
        ? `${service} did not answer in time`
        : `${service} gave no answer (${seen.codes[0] ?? seen.name})`
      : `${service} answered HTTP ${seen.status} with a body that is not its own`;
  return { kind: 'ambiguous', message, ...status(seen), ...seen.request };
}

interface Seen {
  readonly name: string;
  readonly message: string;
  readonly codes: readonly string[];
  readonly named: boolean;
  readonly status: number | undefined;
  readonly retryAfter: Duration | undefined;
  readonly request: { readonly requestId?: string };
}

function look(error: unknown): Seen {
  const fields = recordOf(error);
  const metadata = recordOf(fields.$metadata);
  const response = recordOf(fields.$response);
  const status = numberOf(metadata.httpStatusCode) ?? numberOf(response.statusCode);
  const headers = recordOf(response.headers);
  const requestId = textOf(metadata.requestId) ?? textOf(headers['x-amzn-requestid']);
  const seconds = Number(textOf(headers['retry-after']) ?? Number.NaN);
  const name = textOf(fields.name) ?? 'Error';
  return {
    name,
    message: cut(textOf(fields.message) ?? ''),
    codes: codesOf(fields),
    // The SDK calls an error without a type "Unknown"; `$fault` marks errors that it read out of an answer.
    named: fields.$fault !== undefined && status !== undefined && name !== 'Unknown' && name !== 'Error',
    status,
    retryAfter: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    request: requestId === undefined ? {} : { requestId },
  };
}

/** A host with several addresses fails with an AggregateError of one error each. */
function codesOf(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const parts = Array.isArray(fields.errors) ? fields.errors.map((part) => textOf(recordOf(part).code)) : [];
  return [textOf(fields.code), ...parts].filter((code) => code !== undefined);
}

const SERVICES: Readonly<Record<string, string>> = { kms: 'KMS', cloudtrail: 'CloudTrail', sts: 'STS', sns: 'SNS' };
const serviceOf = (operation: string): string => SERVICES[operation.split(':')[0] ?? ''] ?? 'AWS';
const status = (seen: Seen): { readonly status?: number } => (seen.status === undefined ? {} : { status: seen.status });
const cut = (text: string): string => (text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text);
const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
