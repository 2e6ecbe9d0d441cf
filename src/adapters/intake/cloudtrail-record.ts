/** The shape of a CloudTrail record: strict where we act on it, open where AWS varies (parameters, answers, details). */
import { z } from 'zod';
import type { Actor, Call } from '../../domain/fact.ts';
import { isAccountId, type KeyRef, keyArnsIn, keyRefOf, parseKeyArn } from '../../domain/ids.ts';
import { textField } from './json.ts';
import { accountSchema, instantSchema, messageIdSchema, present, regionSchema } from './schema.ts';

const text = z.string().nullish();

const identitySchema = z.object({
  type: text,
  arn: text,
  accountId: text,
  accessKeyId: text,
  invokedBy: text,
  sessionContext: z
    .object({
      sourceIdentity: text,
      sessionIssuer: z.object({ arn: text }).nullish(),
      attributes: z.object({ mfaAuthenticated: z.union([z.string(), z.boolean()]).nullish() }).nullish(),
    })
    .nullish(),
});

export const recordSchema = z.object({
  eventID: messageIdSchema,
  eventName: z.string().min(1).max(128),
  eventSource: z.string().min(1).max(128),
  eventTime: instantSchema,
  awsRegion: regionSchema,
  recipientAccountId: accountSchema.optional(),
  requestID: text,
  errorCode: text,
  errorMessage: text,
  readOnly: z.unknown().optional(),
  sourceIPAddress: text,
  userAgent: text,
  userIdentity: identitySchema.nullish(),
  requestParameters: z.unknown().optional(),
  responseElements: z.unknown().optional(),
  serviceEventDetails: z.unknown().optional(),
  resources: z.array(z.object({ ARN: text })).nullish(),
});
export type TrailRecord = z.output<typeof recordSchema>;

/** Who called; a service event has neither type nor ARN. */
export function actorOf(record: TrailRecord): Actor {
  const identity = record.userIdentity ?? {};
  const session = identity.sessionContext;
  const mfa = session?.attributes?.mfaAuthenticated;
  const arn = identity.arn ?? undefined;
  return present({
    type: identity.type ?? (identity.invokedBy ? 'AWSService' : 'Unknown'),
    arn,
    account: identity.accountId && isAccountId(identity.accountId) ? identity.accountId : undefined,
    issuerArn: session?.sessionIssuer?.arn ?? undefined,
    sessionName: arn?.includes(':assumed-role/') ? arn.split('/').at(-1) : undefined,
    sourceIdentity: session?.sourceIdentity ?? undefined,
    accessKeyId: identity.accessKeyId ?? undefined,
    mfa: mfa === null || mfa === undefined ? undefined : String(mfa) === 'true',
    invokedBy: identity.invokedBy ?? undefined,
    sourceAddress: record.sourceIPAddress ?? undefined,
    userAgent: record.userAgent ?? undefined,
  });
}

/** The call itself, for display and for recognising our own. */
export function callFrom(record: TrailRecord): Call {
  return present({
    operation: record.eventName,
    actor: actorOf(record),
    requestId: record.requestID ?? undefined,
    eventId: record.eventID,
  });
}

/**
 * The key a record is about. KMS fills `resources` since December 2022, failures and older records only parts of it;
 * an alias in `keyId` names no key by itself, so the ARNs go first.
 */
export function keyFrom(record: TrailRecord): KeyRef | undefined {
  for (const arn of [
    ...(record.resources ?? []).map((resource) => resource.ARN),
    textField(record.responseElements, 'keyId'),
    textField(record.requestParameters, 'keyId'),
  ]) {
    const key = arn ? parseKeyArn(arn) : undefined;
    if (key) return key;
  }
  return bareKey(record) ?? keyArnsIn(record.errorMessage ?? '')[0];
}

/** The key of a refused use: the refusal names it. ReEncrypt lists two keys, of which only one was refused. */
export function refusedKeyFrom(record: TrailRecord): KeyRef | undefined {
  return keyArnsIn(record.errorMessage ?? '')[0] ?? keyFrom(record);
}

// Key ids are UUIDs, or `mrk-` and 32 hex digits; whatever else a failed call carried as `keyId` is not a key.
const KEY_ID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function bareKey(record: TrailRecord): KeyRef | undefined {
  const account = record.recipientAccountId ?? actorOf(record).account;
  const id = [record.requestParameters, record.responseElements, record.serviceEventDetails]
    .map((part) => textField(part, 'keyId'))
    .find((candidate) => candidate !== undefined && KEY_ID.test(candidate));
  if (!account || !id) return undefined;
  return keyRefOf(partitionOf(record.awsRegion), { account, region: record.awsRegion }, id);
}

/** The partition a Region belongs to, where no ARN tells. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}
