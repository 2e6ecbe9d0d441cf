/**
 * The audit trail: who did what to which key, why, and with whose consent. Every entry carries the hash of the one before,
 * so that whatever is edited, removed, inserted or reordered later breaks the chain at that place.
 */
import type { ActionId, ApprovalId, IncidentId, Instant, KeyArn } from './ids.ts';

export const AUDIT_KINDS = [
  /** An approval was asked for; who agreed, refused or took it back; how else it ended. */
  'requested',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  /** An action was asked for that needs nobody else, or was agreed to. */
  'asked',
  /** A call to KMS: written before it is sent, and after its answer. */
  'intent',
  'outcome',
  /** How an action ended. */
  'ended',
  /** Somebody said they know, and silenced the mentions for a while. */
  'acknowledged',
  'snoozed',
  /** A key was put on hold, and released. */
  'held',
  'released',
  /** Whoever acts in AWS under the name behind a danger said whether it was them: `outcome` `wasMe` or `notMe`. */
  'said',
  /** A key that is not as it was is as it should be, somebody said: what it is like now is last good. */
  'accepted',
  /** An incident was looked into and closed by somebody: `reason`. */
  'closed',
  /** Somebody was told no. */
  'refused',
  /** Step-up codes: enrolled, removed, locked after failures, unlocked. */
  'enrolled',
  'unenrolled',
  'locked',
  'unlocked',
  /** The first entry of a trail: the one before could not be verified and was set aside. */
  'setAside',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

export type AuditActor =
  | { readonly via: 'slack'; readonly enterprise: string; readonly team: string; readonly user: string }
  | { readonly via: 'terminal'; readonly user: string }
  | { readonly via: 'keywarden' };

/** A trail that was set aside, and is kept. */
export interface FormerTrail {
  /** The name it is kept under. */
  readonly name: string;
  /** How many things stood in it, entries or not. */
  readonly entries: number;
  /** The last entry before the first one at fault; absent: there is none. */
  readonly lastGood?: AuditHead;
}

/** What is to be written. Texts people typed stand as they were typed; codes, tokens and key material never stand here. */
export interface AuditEvent {
  /** The same event twice is one entry. */
  readonly id: string;
  readonly kind: AuditKind;
  /** When it happened, ms since the epoch. */
  readonly at: Instant;
  readonly actor: AuditActor;
  readonly key?: KeyArn;
  readonly incident?: IncidentId;
  readonly approval?: ApprovalId;
  readonly action?: ActionId;
  /** Whom it is about, where that is not who acted: `enterprise/team/user`. */
  readonly person?: string;
  /** What was wanted: `scheduleDeletion`, `approve`, … */
  readonly what?: string;
  /** The KMS operation of a call. */
  readonly operation?: string;
  readonly windowDays?: number;
  readonly materialId?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly comment?: string;
  /** `enterprise/team/user` of everybody who agreed. */
  readonly approvers?: readonly string[];
  /** The live key it was decided on, as one line. */
  readonly fingerprint?: string;
  /** How it went: `succeeded`, `denied`, `verified`, … */
  readonly outcome?: string;
  /** Why, in words, where it did not go as wanted. */
  readonly message?: string;
  /** AWS's request id of the call. */
  readonly requestId?: string;
  /** Name of the AWS session, and the source identity it carries. */
  readonly session?: string;
  readonly sourceIdentity?: string;
  /** A one-time code was given and was right. */
  readonly steppedUp?: boolean;
  /** An admin alone, without a second person. */
  readonly breakGlass?: boolean;
  /** What stood before this trail; `message` says what was wrong with it. */
  readonly former?: FormerTrail;
}

/** An entry as it is kept. `seq` begins at 1; `prev` of the first entry is 64 zeros; hashes are sha256, hex. */
export interface AuditEntry extends AuditEvent {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
}

export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}
