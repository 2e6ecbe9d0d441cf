/** EventBridge events into facts: the envelope, and which detail-type of which service means what. */
import { z } from 'zod';
import { type FactBody, type FactSource, keyOf, type Normalised, type SetAside } from '../../domain/fact.ts';
import { type AccountId, type Instant, type KeyRef, keyArnsIn, keyRefOf, parseKeyArn } from '../../domain/ids.ts';
import { readAlarmEvent } from './alarm-event.ts';
import { factFromRecord } from './cloudtrail.ts';
import { partitionOf } from './cloudtrail-record.ts';
import { textField } from './json.ts';
import { refusalIn } from './refusal.ts';
import {
  accountSchema,
  instantSchema,
  messageIdSchema,
  normalised,
  present,
  problemOf,
  regionSchema,
} from './schema.ts';

const envelopeSchema = z.object({
  id: messageIdSchema,
  'detail-type': z.string(),
  source: z.string(),
  account: accountSchema,
  time: instantSchema,
  region: regionSchema,
  resources: z.array(z.string()).default([]),
  detail: z.record(z.string(), z.unknown()),
});
export type EventEnvelope = z.output<typeof envelopeSchema>;

export type EventRead =
  | { readonly kind: 'event'; readonly event: EventEnvelope }
  | { readonly kind: 'malformed'; readonly problem: string };

/** Checks the envelope, so that its account can be judged before anything inside is looked at. */
export function readEvent(value: unknown): EventRead {
  const parsed = envelopeSchema.safeParse(value);
  return parsed.success
    ? { kind: 'event', event: parsed.data }
    : { kind: 'malformed', problem: problemOf('event', parsed.error) };
}

/**
 * Normalises an event. Only AWS services may put events whose source begins with `aws.` on a bus, so a known
 * detail-type counts only from the service it belongs to.
 */
export function factFromEvent(event: EventEnvelope, source: FactSource, seenAt: Instant): Normalised {
  const known = (type: string, ...services: readonly string[]): boolean =>
    event['detail-type'] === type && services.includes(event.source);
  const fact = (body: FactBody | SetAside, at: Instant = event.time): Normalised =>
    normalised(body, { id: `eb:${event.id}`, source, at, seenAt });

  if (
    known('AWS API Call via CloudTrail', 'aws.kms', 'aws.cloudtrail') ||
    known('AWS Service Event via CloudTrail', 'aws.kms', 'aws.cloudtrail')
  ) {
    return factFromRecord(event.detail, source, seenAt);
  }
  if (known('CloudWatch Alarm State Change', 'aws.cloudwatch')) {
    const alarm = readAlarmEvent(event);
    return alarm.kind === 'read' ? fact(alarm.body, alarm.at) : alarm;
  }
  if (known('KMS CMK Deletion', 'aws.kms')) return fact(aboutKey(event, (key) => ({ kind: 'keyDeleted', key })));
  if (known('KMS CMK Rotation', 'aws.kms')) return fact('a rotation');
  if (known('KMS Imported Key Material Expiration', 'aws.kms')) {
    const materialId = textField(event.detail, 'key-material-id');
    return fact(aboutKey(event, (key) => present({ kind: 'materialExpired' as const, key, materialId })));
  }
  if (known('Config Rules Compliance Change', 'aws.config')) return fact(complianceBody(event));
  if (known('EBS Volume Notification', 'aws.ec2')) return fact(volumeBody(event));
  return fact('another service');
}

/** The account a fact speaks of: of its key, its alarm or its place. */
export function accountOf(body: FactBody): AccountId | undefined {
  if (body.kind === 'alarm') return body.alarm.account;
  if (body.kind === 'keyStoreDisconnected' || body.kind === 'trailBlinded') return body.place.account;
  return keyOf(body)?.account;
}

function aboutKey(event: EventEnvelope, body: (key: KeyRef) => FactBody): FactBody | SetAside {
  const key = event.resources.map(parseKeyArn).find((found) => found !== undefined) ?? bareKey(event, 'key-id');
  return key ? body(key) : 'no key named';
}

function bareKey(event: EventEnvelope, name: string): KeyRef | undefined {
  const id = textField(event.detail, name);
  return id ? (parseKeyArn(id) ?? keyRefOf(partitionOf(event.region), event, id)) : undefined;
}

const complianceSchema = z.object({ complianceType: z.string() });

// The event's shape is not in AWS's documentation as a whole; what is missing here makes the event say nothing.
function complianceBody(event: EventEnvelope): FactBody | SetAside {
  const rule = textField(event.detail, 'configRuleName') ?? '';
  const aboutKeys = textField(event.detail, 'resourceType') === 'AWS::KMS::Key';
  if (!aboutKeys && !/kms|cmk/i.test(rule)) return 'another service';
  const result = complianceSchema.safeParse(event.detail.newEvaluationResult);
  if (!result.success || result.data.complianceType !== 'NON_COMPLIANT') return 'compliant';
  // A KMS rule about another kind of resource (`ebs-…-kms`) carries that resource's id, which only looks like a key's.
  const key = aboutKeys ? bareKey(event, 'resourceId') : parseKeyArn(textField(event.detail, 'resourceId') ?? '');
  return key ? { kind: 'keyNonCompliant', key, rule } : 'no key named';
}

function volumeBody(event: EventEnvelope): FactBody | SetAside {
  if (textField(event.detail, 'result') !== 'failed') return 'a successful use';
  const cause = textField(event.detail, 'cause') ?? '';
  const key = keyArnsIn(cause)[0] ?? event.resources.map(parseKeyArn).find((found) => found !== undefined);
  if (!key) return 'no key named';
  const refusal = refusalIn(cause);
  if (!refusal) return 'a call without consequence for a key';
  const resource = event.resources.find((arn) => arn.includes(':volume/'));
  return present({ kind: 'useRefused' as const, key, refusal, resource });
}
