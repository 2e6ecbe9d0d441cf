import { createHash, randomUUID } from 'node:crypto';
import type { CallerIdentity, CloudTrailRecord } from '../../world.ts';
import type { KmsError } from './errors.ts';
import type { Key } from './key.ts';
import { principalArn } from './policy.ts';

/** CloudTrail records and EventBridge events, member for member as in `fixtures/cloudtrail-*.json`. */

type Body = Readonly<Record<string, unknown>>;

/** Members CloudTrail never shows: secrets, and blobs too large or too telling. */
const hidden = new Set([
  'Plaintext',
  'CiphertextBlob',
  'Message',
  'Signature',
  'Mac',
  'ImportToken',
  'EncryptedKeyMaterial',
  'PublicKey',
  'GrantToken',
  'GrantTokens',
]);
/** Maps whose names are the caller's own and keep their spelling. */
const maps = new Set([
  'EncryptionContext',
  'SourceEncryptionContext',
  'DestinationEncryptionContext',
  'EncryptionContextSubset',
  'EncryptionContextEquals',
]);
const displayDate = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'medium' });

/** A wire body as CloudTrail shows it: names begin in lower case, instants are display strings; nothing is null. */
export function shown(body: Body): Body | null {
  const entries = Object.entries(body).flatMap(([name, value]) => {
    if (hidden.has(name) || value === undefined || value === null) return [];
    return [[name.charAt(0).toLowerCase() + name.slice(1), shownValue(name, value)] as const];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function shownValue(name: string, value: unknown): unknown {
  if (maps.has(name)) return value;
  if (Array.isArray(value)) return value.map((entry) => shownValue(name, entry));
  // Node's ICU puts a narrow no-break space before AM and PM; CloudTrail writes a plain one.
  if (typeof value === 'number' && /(Date|ValidTo)$/.test(name))
    return displayDate.format(value * 1000).replaceAll('\u202f', ' ');
  if (typeof value === 'object' && value !== null) return shown(value as Body) ?? {};
  return value;
}

/** An instant as CloudTrail and EventBridge write it, to the second. */
export function eventTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** `userIdentity` of a caller; `invokedBy` marks a call an AWS service made for them. */
export function userIdentity(caller: CallerIdentity, now: number, invokedBy?: string): Body {
  const { account, arn, accessKeyId } = caller;
  const service = invokedBy === undefined ? {} : { invokedBy };
  if (arn.includes(':assumed-role/')) {
    const role = principalArn(caller);
    const roleId = identifier('AROA', role);
    return {
      type: 'AssumedRole',
      principalId: `${roleId}:${caller.sessionName ?? arn.split('/').at(-1)}`,
      arn,
      accountId: account,
      accessKeyId,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: roleId,
          arn: role,
          accountId: account,
          userName: role.split('/').at(-1),
        },
        attributes: { creationDate: eventTime(now), mfaAuthenticated: 'false' },
        ...(caller.sourceIdentity === undefined ? {} : { sourceIdentity: caller.sourceIdentity }),
      },
      ...service,
    };
  }
  if (arn.endsWith(':root'))
    return { type: 'Root', principalId: account, arn, accountId: account, accessKeyId, ...service };
  const userName = arn.split('/').at(-1);
  return {
    type: 'IAMUser',
    principalId: identifier('AIDA', arn),
    arn,
    accountId: account,
    accessKeyId,
    userName,
    ...service,
  };
}

/** A unique id of IAM for an ARN, always the same one. */
function identifier(prefix: string, arn: string): string {
  const digest = createHash('sha256').update(arn).digest('hex').toUpperCase();
  return `${prefix}${digest.slice(0, 17)}`;
}

/** One call, as CloudTrail tells of it. */
export interface CallRecord {
  readonly operation: string;
  readonly readOnly: boolean;
  readonly identity: Body;
  readonly account: string;
  readonly region: string;
  readonly at: number;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly eventId: string;
  readonly parameters: Body | null;
  readonly response: Body | null;
  readonly error: KmsError | undefined;
  readonly keys: readonly Key[];
  readonly byService: boolean;
}

/** The record of a call, successful or not. */
export function callRecord(call: CallRecord): CloudTrailRecord {
  const { error } = call;
  const cluster = call.keys.find(({ cloudHsmClusterId }) => cloudHsmClusterId !== undefined);
  return {
    eventVersion: '1.11',
    userIdentity: call.identity,
    eventTime: eventTime(call.at),
    eventSource: 'kms.amazonaws.com',
    eventName: call.operation,
    awsRegion: call.region,
    sourceIPAddress: call.sourceIPAddress,
    userAgent: call.userAgent,
    ...(error === undefined ? {} : { errorCode: trailCode(error.code) }),
    ...(error?.spoken === true ? { errorMessage: error.message } : {}),
    requestParameters: call.parameters,
    responseElements: call.response,
    ...(cluster === undefined
      ? {}
      : { additionalEventData: { customKeyStoreId: cluster.customKeyStoreId, clusterId: cluster.cloudHsmClusterId } }),
    requestID: call.requestId,
    eventID: call.eventId,
    readOnly: call.readOnly,
    ...(call.keys.length === 0 ? {} : { resources: call.keys.map(resource) }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: call.account,
    eventCategory: 'Management',
    ...(call.byService
      ? {}
      : {
          tlsDetails: {
            tlsVersion: 'TLSv1.3',
            cipherSuite: 'TLS_AES_256_GCM_SHA384',
            clientProvidedHostHeader: `kms.${call.region}.amazonaws.com`,
          },
        }),
  };
}

/** CloudTrail writes AccessDenied where the API answers AccessDeniedException (`…-access-denied.json`). */
function trailCode(code: string): string {
  return code === 'AccessDeniedException' ? 'AccessDenied' : code;
}

function resource(key: Key): Body {
  return { accountId: key.account, type: 'AWS::KMS::Key', ARN: key.arn };
}

/** What KMS does of itself: `DeleteKey`, `DeleteExpiredKeyMaterial`, `RotateKey`. */
export function serviceRecord(
  eventName: string,
  key: Key,
  at: number,
  detail: { readonly responseElements?: Body; readonly serviceEventDetails?: Body },
): CloudTrailRecord {
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: key.account, invokedBy: 'AWS Internal' },
    eventTime: eventTime(at),
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: key.region,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: detail.responseElements ?? null,
    ...(detail.serviceEventDetails === undefined ? {} : { serviceEventDetails: detail.serviceEventDetails }),
    eventID: randomUUID(),
    readOnly: false,
    resources: [resource(key)],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: key.account,
    eventCategory: 'Management',
  };
}

/** An event KMS sends to EventBridge itself, without a trail. */
export interface NativeEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: 'aws.kms';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Body;
}

/** The envelope around a native event of a key. */
export function nativeEvent(detailType: string, key: Key, at: number, detail: Body): NativeEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.kms',
    account: key.account,
    time: eventTime(at),
    region: key.region,
    resources: [key.arn],
    detail: { 'key-id': key.id, ...detail },
  };
}
