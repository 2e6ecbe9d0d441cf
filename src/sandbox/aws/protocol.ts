import { Refusal } from './refusal.ts';

/** A record of request parameters or of an answer; the query protocol knows texts only. */
export type Members = Readonly<Record<string, unknown>>;

/** What a client sent: the operation by name and its parameters. */
export interface Asked {
  readonly operation: string;
  readonly parameters: Members;
}

/** A request as far as a protocol looks at it. */
export interface Incoming {
  readonly url: URL;
  readonly target: string;
  readonly body: string;
}

/** Refusals every service knows, each under its own code. */
export interface CommonRefusals {
  readonly unsigned: Refusal;
  readonly unknownKey: Refusal;
  readonly expired: Refusal;
  readonly wrongScope: (service: string) => Refusal;
  readonly unknownOperation: (operation: string) => Refusal;
  readonly throttled: Refusal;
  readonly internal: (message?: string) => Refusal;
  readonly denied: (message: string) => Refusal;
}

/** How a service's requests, answers and errors look on the wire. */
export interface Protocol {
  readonly contentType: string;
  readonly refusals: CommonRefusals;
  /** Throws a `Refusal` where the body is not of this protocol. */
  read(incoming: Incoming): Asked;
  answer(operation: string, members: Members, requestId: string): string;
  refuse(refusal: Refusal, requestId: string): string;
}

const invalidToken = 'The security token included in the request is invalid.';
const expiredToken = 'The security token included in the request is expired';
const unknownFailure = 'The request processing has failed because of an unknown error, exception or failure.';

/** Codes in which the query services differ. */
export interface QueryCodes {
  readonly namespace: string;
  readonly denied: string;
  readonly throttled: Refusal;
  readonly internal: string;
}

/** AWS's query protocol: a form in, XML out (STS, SNS). */
export function queryProtocol(codes: QueryCodes): Protocol {
  const { namespace } = codes;
  return {
    contentType: 'text/xml',
    refusals: {
      unsigned: new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token', 403),
      unknownKey: new Refusal('InvalidClientTokenId', invalidToken, 403),
      expired: new Refusal('ExpiredToken', expiredToken, 403),
      wrongScope: (service) =>
        new Refusal('SignatureDoesNotMatch', `Credential should be scoped to correct service: '${service}'.`, 403),
      unknownOperation: (operation) => new Refusal('InvalidAction', `Could not find operation ${operation}`),
      throttled: codes.throttled,
      internal: (message = unknownFailure) => new Refusal(codes.internal, message, 500),
      denied: (message) => new Refusal(codes.denied, message, 403),
    },
    read: ({ url, body }) => {
      const { Action: operation = '', ...parameters } = Object.fromEntries([
        ...url.searchParams,
        ...new URLSearchParams(body),
      ]);
      return { operation, parameters };
    },
    answer: (operation, members, requestId) =>
      `<${operation}Response xmlns="${namespace}"><${operation}Result>${xml(members)}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`,
    refuse: ({ code, message, status }, requestId) => {
      const error = xml({ Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message });
      return `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    },
  };
}

/** AWS JSON 1.1 (CloudTrail). `prefixes`: what may stand before the operation in `X-Amz-Target`. */
export function jsonProtocol(prefixes: readonly string[]): Protocol {
  return {
    contentType: 'application/x-amz-json-1.1',
    refusals: {
      unsigned: new Refusal('MissingAuthenticationTokenException', 'Missing Authentication Token'),
      unknownKey: new Refusal('UnrecognizedClientException', invalidToken),
      expired: new Refusal('ExpiredTokenException', expiredToken),
      wrongScope: (service) =>
        new Refusal('InvalidSignatureException', `Credential should be scoped to correct service: '${service}'.`),
      unknownOperation: () => new Refusal('UnknownOperationException', ''),
      throttled: new Refusal('ThrottlingException', 'Rate exceeded'),
      internal: (message = unknownFailure) => new Refusal('InternalFailure', message, 500),
      denied: (message) => new Refusal('AccessDeniedException', message),
    },
    read: ({ target, body }) => {
      const prefix = prefixes.find((candidate) => target.startsWith(candidate));
      if (prefix === undefined) throw new Refusal('UnknownOperationException', '');
      return { operation: target.slice(prefix.length), parameters: parseObject(body) };
    },
    answer: (_operation, members) => JSON.stringify(members),
    refuse: ({ code, message }) => JSON.stringify(message === '' ? { __type: code } : { __type: code, message }),
  };
}

function parseObject(text: string): Members {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text === '' ? '{}' : text);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Refusal('SerializationException', '');
  }
  return parsed as Members;
}

function xml(members: Members): string {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const inner = typeof value === 'object' && value !== null ? xml(value as Members) : escaped(String(value));
      return `<${name}>${inner}</${name}>`;
    })
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
