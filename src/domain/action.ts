/**
 * An action is a KMS mutation somebody asked for. Its record is the intent and outcome trail: every call is written down
 * before it is sent and again when it came back, so that whoever finds the record knows what may have happened.
 */
import type { Change } from './approval.ts';
import type { ActionId, ApprovalId, Instant, Person } from './ids.ts';
import type { KeyState, Mutation } from './key.ts';
import type { ApprovalWhy, DeniedWhy } from './policy.ts';

/** What the buttons and commands can ask for. */
export const ACTION_KINDS = [
  'rescue',
  'cancelDeletion',
  'enable',
  'disable',
  'deleteMaterial',
  'scheduleDeletion',
] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Whom CloudTrail will show behind a call. */
export type Attribution =
  /** The session is named after person and action, and carries both as its source identity. */
  | { readonly kind: 'person'; readonly session: string; readonly sourceIdentity: string }
  /**
   * The session is named after person and action; a source identity could not be set. `trustPolicy`: the role does not
   * allow `sts:SetSourceIdentity`; `chained`: our own session carries one already, which no later session can change.
   */
  | {
      readonly kind: 'session';
      readonly session: string;
      readonly why: 'trustPolicy' | 'chained';
      readonly carried?: string;
    }
  /** No role is configured: CloudTrail shows the bot itself. */
  | { readonly kind: 'bot' };

/** How KMS (or the road to it) answered one call, and whom CloudTrail will show behind it once a session was there. */
export type CallOutcome = CallAnswer & { readonly attribution?: Attribution };

type CallAnswer =
  | { readonly kind: 'succeeded'; readonly requestId?: string }
  /** KMS refused for good; nothing changed. */
  | { readonly kind: 'refused'; readonly error: string; readonly message: string; readonly requestId?: string }
  /** A permission is missing: which action, and whose say (`key policy`, `role`, `session`). */
  | { readonly kind: 'denied'; readonly operation: string; readonly message: string; readonly requestId?: string }
  /** KMS asked for patience; nothing changed. `retryAfter` ms when told. */
  | { readonly kind: 'throttled'; readonly message: string; readonly retryAfter?: number; readonly requestId?: string }
  /** Never left us (connection refused, credentials missing): nothing changed. */
  | { readonly kind: 'notSent'; readonly message: string; readonly requestId?: never }
  /** Sent, and no trustworthy answer: it may or may not have been done. */
  | { readonly kind: 'ambiguous'; readonly message: string; readonly requestId?: string };

export interface CallRecord {
  readonly operation: Mutation;
  readonly materialId?: string;
  readonly intendedAt: Instant;
  /** Fences off a second runner of the same job: only the runner that wrote the intent may send. */
  readonly runner: string;
  readonly outcome?: (
    | CallOutcome
    | { readonly kind: 'confirmedByRead'; readonly requestId?: string; readonly attribution?: Attribution }
  ) & {
    readonly at: Instant;
  };
}

/** How an action ended. Green is only `verified`. */
export type Ending =
  /** The key was read in the wanted state. `confirmedByRead`: at least one call's answer was lost. */
  | { readonly kind: 'verified'; readonly state: KeyState; readonly confirmedByRead: boolean }
  /** Something is missing; the key is safer than before, but not as it was. */
  /** `message`: what stood in the way, where somebody was refused. */
  | { readonly kind: 'amber'; readonly state: KeyState; readonly why: AmberReason; readonly message?: string }
  /** Nothing (more) was done; the key did not move by us. */
  | { readonly kind: 'failed'; readonly why: FailureReason }
  /** A destroying call was sent and nobody knows what became of it: a person must look. */
  | { readonly kind: 'unknownOutcome'; readonly message: string };

export type AmberReason =
  | 'stillDisabled'
  | 'priorStateUnknown'
  | 'materialMissing'
  | 'storeDisconnected'
  | 'enableDenied'
  | 'enableFailed'
  /** Somebody keeps the key off on purpose: the deletion is cancelled, and that is all. */
  | 'held'
  /** Whoever asked may not enable it, or others must agree first. */
  | 'enableNotAllowed'
  | 'notRestored'
  | 'notVerified'
  /** In its state again; policy, grants or aliases are not as they were, or could not be compared. */
  | 'notAsBefore'
  | 'familyStillPending';

export type FailureReason =
  | { readonly kind: 'denied'; readonly operation: string; readonly message: string }
  | { readonly kind: 'refused'; readonly error: string; readonly message: string }
  | { readonly kind: 'keyGone' }
  | { readonly kind: 'wrongState'; readonly state: KeyState; readonly message: string }
  | { readonly kind: 'noLongerAllowed'; readonly message: string }
  /** Somebody who asked or agreed may not (any more). `who`: a Slack user id. */
  | { readonly kind: 'notPermitted'; readonly who: string; readonly why: DeniedWhy }
  | { readonly kind: 'needsApproval'; readonly why: ApprovalWhy }
  | { readonly kind: 'approvalExpired'; readonly at: Instant }
  /** The key is no longer the one that was agreed on. */
  | { readonly kind: 'approvalVoid'; readonly changes: readonly Change[] }
  /** What destroys needs its trace first. */
  | { readonly kind: 'auditUnwritable'; readonly message: string }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'noRole'; readonly message: string }
  | { readonly kind: 'gaveUp'; readonly message: string };

/** Where the wish came from: a Slack person, or the operator's terminal. */
export type Asker =
  | { readonly via: 'slack'; readonly person: Person }
  | { readonly via: 'terminal'; readonly user: string };

export interface Action {
  readonly id: ActionId;
  readonly kind: ActionKind;
  readonly by: Asker;
  readonly askedAt: Instant;
  /** The incident's round it was asked in. */
  readonly round?: number;
  readonly reason?: string;
  readonly ticket?: string;
  /** ScheduleKeyDeletion: the waiting period, 7 to 30 days; always sent. */
  readonly windowDays?: number;
  /** The approval it was granted by; absent: it needs none. */
  readonly approval?: ApprovalId;
  /** One of many that were asked for at once: it lets the others' single clicks go first. */
  readonly errand?: string;
  readonly calls: readonly CallRecord[];
  readonly ending?: Ending & { readonly at: Instant };
}

/** The AWS request ids under which this action touched KMS: what echoes carry. */
export function requestIdsOf(action: Action): readonly string[] {
  return action.calls.map((call) => call.outcome?.requestId).filter((id) => id !== undefined);
}

/** A call that was intended and has no outcome yet: after a crash, or still under way. */
export const openCallOf = (action: Action): CallRecord | undefined =>
  action.calls.find((call) => call.outcome === undefined);
