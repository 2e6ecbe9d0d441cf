/**
 * A fact is one normalised observation: what, which key, who, when, from which source. Adapters make facts; the rules
 * read nothing else of the outside. Times of a fact are for display and ordering only: deadlines come from DescribeKey.
 */
import type { AccountId, Instant, KeyRef, Place, Region } from './ids.ts';

export type FactSource = 'sns' | 'eventbridge' | 'cloudtrail' | 'sweep' | 'command';

/** Who acted, as CloudTrail's `userIdentity` tells it; every field may be missing there. */
export interface Actor {
  /** `AssumedRole`, `IAMUser`, `Root`, `AWSService`, … */
  readonly type: string;
  readonly arn?: string;
  readonly account?: AccountId;
  /** ARN of the role behind an assumed-role session. */
  readonly issuerArn?: string;
  /** Last part of an assumed-role ARN. */
  readonly sessionName?: string;
  readonly sourceIdentity?: string;
  readonly accessKeyId?: string;
  readonly mfa?: boolean;
  /** AWS service that called on somebody's behalf (`s3.amazonaws.com`, `AWS Internal`). */
  readonly invokedBy?: string;
  readonly sourceAddress?: string;
  readonly userAgent?: string;
}

/** What CloudTrail writes where a service of AWS calls: no address, and no name. */
export const INTERNAL = 'AWS Internal';

/** KMS itself, at the end of a window or an expiry: nobody behind it. */
export const isItself = ({ invokedBy, arn }: Actor): boolean => invokedBy === INTERNAL && arn === undefined;

/** The call behind a fact that came from CloudTrail. */
export interface Call {
  readonly operation: string;
  readonly actor: Actor;
  /** CloudTrail's `requestID`; service events have none. */
  readonly requestId?: string;
  /** CloudTrail's `eventID`. */
  readonly eventId: string;
}

/** Why KMS refused to use a key. */
export type Refusal = 'pendingDeletion' | 'disabled' | 'pendingImport' | 'unavailable';

export type FactBody =
  /** It began Enabled: keys that wait for their first import are none of these. */
  | { readonly kind: 'keyCreated'; readonly key: KeyRef; readonly call: Call }
  | {
      readonly kind: 'deletionScheduled';
      readonly key: KeyRef;
      readonly call: Call;
      readonly windowDays?: number;
      readonly displayDate?: string;
    }
  | { readonly kind: 'deletionCancelled'; readonly key: KeyRef; readonly call: Call }
  | { readonly kind: 'keyDisabled'; readonly key: KeyRef; readonly call: Call }
  | { readonly kind: 'keyEnabled'; readonly key: KeyRef; readonly call: Call }
  | { readonly kind: 'materialDeleted'; readonly key: KeyRef; readonly call: Call; readonly materialId?: string }
  | { readonly kind: 'materialImported'; readonly key: KeyRef; readonly call: Call; readonly materialId?: string }
  | { readonly kind: 'materialExpired'; readonly key: KeyRef; readonly materialId?: string; readonly call?: Call }
  | { readonly kind: 'materialExpiring'; readonly key: KeyRef; readonly alarm?: AlarmName }
  | {
      readonly kind: 'policyChanged';
      readonly key: KeyRef;
      readonly call: Call;
      readonly bypassedLockoutCheck: boolean;
      /** What was put, in events that reach us at once: whoever locks us out may leave us nothing to read. Not kept in records. */
      readonly policy?: string;
    }
  | { readonly kind: 'grantCreated'; readonly key: KeyRef; readonly call: Call; readonly grantee?: string }
  | {
      readonly kind: 'useRefused';
      readonly key: KeyRef;
      readonly call?: Call;
      readonly refusal: Refusal;
      /** What the caller was after; names the victim (`aws:s3:arn`, `aws:ebs:id`). Values come from outside. */
      readonly encryptionContext?: Readonly<Record<string, string>>;
      /** Resource named by the source itself (an EBS volume). */
      readonly resource?: string;
    }
  /** A dangerous or rescuing call that AWS refused: somebody tried. */
  | { readonly kind: 'attemptRefused'; readonly key: KeyRef; readonly call: Call; readonly error: string }
  | { readonly kind: 'keyDeleted'; readonly key: KeyRef; readonly call?: Call }
  | { readonly kind: 'keyNonCompliant'; readonly key: KeyRef; readonly rule: string }
  | { readonly kind: 'keyStoreDisconnected'; readonly place: Place; readonly keyStoreId?: string; readonly call: Call }
  /** Somebody stopped a trail from recording KMS calls: the alarms are blind from here on. */
  | { readonly kind: 'trailBlinded'; readonly place: Place; readonly call: Call; readonly trail?: string }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'unsubscribed'; readonly topicArn: string }
  /** `/kms watch`: a person asked for eyes on a key. */
  | { readonly kind: 'watchRequested'; readonly key: KeyRef; readonly by: string; readonly reason: string };

export interface AlarmName {
  readonly arn: string;
  readonly name: string;
}

/** A CloudWatch alarm's state change, from SNS or EventBridge. */
export interface Alarm extends AlarmName {
  readonly account: AccountId;
  readonly region: Region;
  readonly partition: string;
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
  /** `StateChangeTime`: orders alarms, which may arrive out of order (also on FIFO topics). */
  readonly changedAt: Instant;
  readonly reason: string;
  readonly description?: string;
  /** Keys named by the alarm itself: an ARN in its texts, or a `KeyId` dimension. */
  readonly keys: readonly KeyRef[];
  /** Length of the evaluated window before `changedAt`, ms. */
  readonly lookback: number;
  /** Whether the alarm speaks of KMS: namespace, metric or words. Alarms that do not are set aside. */
  readonly aboutKms: boolean;
}

export interface Fact {
  /** Stable per source message: SNS `MessageId`, EventBridge `id`, CloudTrail `eventID`; the dedupe key. */
  readonly id: string;
  readonly source: FactSource;
  /** When it happened, as the source tells. */
  readonly at: Instant;
  /** When it reached us. */
  readonly seenAt: Instant;
  readonly body: FactBody;
}

/** Understood, but nothing to act on. The reason is a fixed phrase, shown in metrics and logs. */
export type SetAside =
  | 'not a KMS alarm'
  | 'not an alarm: plain text'
  | 'not an alarm: unknown JSON'
  | 'a successful use'
  | 'a read-only call'
  | 'a rotation'
  | 'compliant'
  | 'no key named'
  | 'another service'
  | 'a call without consequence for a key';

export type Normalised =
  | { readonly kind: 'fact'; readonly fact: Fact }
  | { readonly kind: 'setAside'; readonly reason: SetAside }
  | { readonly kind: 'malformed'; readonly problem: string };

/** As records keep it: without what may be 32 KB long. */
export function kept(fact: Fact): Fact {
  if (fact.body.kind !== 'policyChanged' || fact.body.policy === undefined) return fact;
  const { policy: _policy, ...body } = fact.body;
  return { ...fact, body };
}

/** The key a fact is about, or `undefined` when it names none (alarms that must first be resolved; places). */
export function keyOf(body: FactBody): KeyRef | undefined {
  switch (body.kind) {
    case 'alarm':
    case 'keyStoreDisconnected':
    case 'trailBlinded':
    case 'unsubscribed':
      return undefined;
    default:
      return body.key;
  }
}

/** The CloudTrail call behind a fact, when there is one. */
export function callOf(body: FactBody): Call | undefined {
  switch (body.kind) {
    case 'alarm':
    case 'unsubscribed':
    case 'watchRequested':
    case 'keyNonCompliant':
    case 'materialExpiring':
      return undefined;
    default:
      return body.call;
  }
}
