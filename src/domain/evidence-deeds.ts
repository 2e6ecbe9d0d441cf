/** What people asked for and what became of it, as evidence: actions with every call, and approvals. */
import type { Action, ActionKind, Asker, Attribution, CallRecord, Ending, FailureReason } from './action.ts';
import { type Agreement, type Approval, type ApprovalStatus, type Change, fingerprintLine } from './approval.ts';
import type { ActionId, ApprovalId, KeyRef, Person } from './ids.ts';
import { type KeyState, known, type Learned, type Mutation, unknown } from './key.ts';
import { type Moment, momentOf } from './moment.ts';
import type { ApprovalWhy } from './policy.ts';

/** `Omit` of each member of a union. */
type Without<Union, Names extends string> = Union extends unknown ? Omit<Union, Names> : never;

export type OutcomeEvidence = Without<NonNullable<CallRecord['outcome']>, 'at' | 'requestId' | 'attribution'> & {
  readonly at: Moment;
  readonly requestId: Learned<string>;
  /** Whom CloudTrail shows behind the call: session and source identity. */
  readonly attribution: Learned<Attribution>;
};

/** One call: written down before it was sent, and again when its answer came. */
export interface CallEvidence {
  readonly operation: Mutation;
  readonly materialId?: string;
  readonly intendedAt: Moment;
  readonly outcome: Learned<OutcomeEvidence>;
}

export interface ChangeEvidence {
  readonly part: Change['part'];
  readonly was?: string;
  readonly is?: string;
}

export type FailureEvidence =
  | Exclude<FailureReason, { readonly kind: 'approvalExpired' | 'approvalVoid' }>
  | { readonly kind: 'approvalExpired'; readonly at: Moment }
  | { readonly kind: 'approvalVoid'; readonly changes: readonly ChangeEvidence[] };

export type EndingEvidence = { readonly at: Moment } & (
  | Exclude<Ending, { readonly kind: 'failed' }>
  | { readonly kind: 'failed'; readonly why: FailureEvidence }
);

export interface ActionEvidence {
  readonly id: ActionId;
  readonly kind: ActionKind;
  readonly round: number;
  readonly by: Asker;
  readonly askedAt: Moment;
  readonly reason?: string;
  readonly ticket?: string;
  readonly windowDays?: number;
  readonly approval?: ApprovalId;
  readonly calls: readonly CallEvidence[];
  readonly ending: Learned<EndingEvidence>;
}

export interface FingerprintEvidence {
  /** As the audit trail spells it. */
  readonly line: Learned<string>;
  readonly state: KeyState;
  readonly deletionDate?: Moment;
  readonly materialId?: string;
  readonly validTo?: Moment;
  /** Digest of the key policy. */
  readonly policy: Learned<string>;
}

export type StatusEvidence =
  | { readonly kind: 'waiting' }
  | (Without<Exclude<ApprovalStatus, { readonly kind: 'waiting' | 'voided' }>, 'at'> & { readonly at: Moment })
  | { readonly kind: 'voided'; readonly at: Moment; readonly changes: readonly ChangeEvidence[] };

export interface ApprovalEvidence {
  readonly id: ApprovalId;
  readonly kind: ActionKind;
  readonly round: number;
  readonly by: Person;
  readonly askedAt: Moment;
  readonly expiresAt: Moment;
  /** Absent: an admin broke the glass. */
  readonly why?: ApprovalWhy;
  readonly reason: string;
  readonly ticket?: string;
  readonly windowDays?: number;
  readonly fingerprint: FingerprintEvidence;
  readonly quorum: number;
  /** Who asked gave a one-time code. */
  readonly steppedUp: boolean;
  /** An admin alone, without a second person. */
  readonly breakGlass: boolean;
  readonly agreements: readonly (Omit<Agreement, 'at'> & { readonly at: Moment })[];
  readonly status: StatusEvidence;
}

export function actionEvidence(action: Action): ActionEvidence {
  const { id, kind, round = 1, by, askedAt, reason, ticket, windowDays, approval, ending } = action;
  return {
    id,
    kind,
    round,
    by,
    askedAt: momentOf(askedAt),
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(windowDays === undefined ? {} : { windowDays }),
    ...(approval === undefined ? {} : { approval }),
    calls: action.calls.map((call) => callEvidence(call, ending !== undefined)),
    ending: ending === undefined ? unknown('it has not ended yet') : known(endingEvidence(ending)),
  };
}

function callEvidence({ operation, materialId, intendedAt, outcome }: CallRecord, over: boolean): CallEvidence {
  return {
    operation,
    ...(materialId === undefined ? {} : { materialId }),
    intendedAt: momentOf(intendedAt),
    outcome:
      outcome === undefined
        ? unknown(over ? 'its answer was never written down' : 'it may still be under way: no answer is written down')
        : known(outcomeEvidence(outcome)),
  };
}

function outcomeEvidence(outcome: NonNullable<CallRecord['outcome']>): OutcomeEvidence {
  const { at, requestId, attribution, ...answer } = outcome;
  return {
    ...answer,
    at: momentOf(at),
    requestId: requestId === undefined ? unknown(whyNoRequestId(outcome.kind)) : known(requestId),
    attribution: attribution === undefined ? unknown('no session of it was written down') : known(attribution),
  };
}

function whyNoRequestId(kind: NonNullable<CallRecord['outcome']>['kind']): string {
  switch (kind) {
    case 'notSent':
      return 'the call never left';
    case 'ambiguous':
    case 'confirmedByRead':
      return 'the answer was lost';
    case 'succeeded':
    case 'refused':
    case 'denied':
    case 'throttled':
      return 'the answer named none';
  }
}

function endingEvidence(ending: NonNullable<Action['ending']>): EndingEvidence {
  const at = momentOf(ending.at);
  return ending.kind === 'failed' ? { kind: 'failed', at, why: failureEvidence(ending.why) } : { ...ending, at };
}

function failureEvidence(why: FailureReason): FailureEvidence {
  if (why.kind === 'approvalExpired') return { kind: 'approvalExpired', at: momentOf(why.at) };
  if (why.kind === 'approvalVoid') return { kind: 'approvalVoid', changes: why.changes.map(changeEvidence) };
  return why;
}

const changeEvidence = ({ part, was, is }: Change): ChangeEvidence => ({
  part,
  ...(was === undefined ? {} : { was: partOf(was) }),
  ...(is === undefined ? {} : { is: partOf(is) }),
});

/** The numbers among the parts of a fingerprint are moments. */
const partOf = (value: string | number): string => (typeof value === 'number' ? momentOf(value) : value);

export function approvalEvidence(approval: Approval, key: KeyRef | undefined): ApprovalEvidence {
  const { id, kind, round, by, why, reason, ticket, windowDays, quorum, steppedUp, breakGlass } = approval;
  return {
    id,
    kind,
    round,
    by,
    askedAt: momentOf(approval.askedAt),
    expiresAt: momentOf(approval.expiresAt),
    ...(why === undefined ? {} : { why }),
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    ...(windowDays === undefined ? {} : { windowDays }),
    fingerprint: fingerprintEvidence(approval.fingerprint, key),
    quorum,
    steppedUp,
    breakGlass,
    agreements: approval.agreements.map((agreement) => ({ ...agreement, at: momentOf(agreement.at) })),
    status: statusEvidence(approval.status),
  };
}

function fingerprintEvidence(fingerprint: Approval['fingerprint'], key: KeyRef | undefined): FingerprintEvidence {
  const { state, deletionDate, materialId, validTo, policy } = fingerprint;
  return {
    line: key === undefined ? unknown('the subject is no key') : known(fingerprintLine(key, fingerprint)),
    state,
    ...(deletionDate === undefined ? {} : { deletionDate: momentOf(deletionDate) }),
    ...(materialId === undefined ? {} : { materialId }),
    ...(validTo === undefined ? {} : { validTo: momentOf(validTo) }),
    policy: policy === undefined ? unknown('the request is not bound to the key policy') : known(policy),
  };
}

function statusEvidence(status: ApprovalStatus): StatusEvidence {
  switch (status.kind) {
    case 'waiting':
      return status;
    case 'voided':
      return { kind: 'voided', at: momentOf(status.at), changes: status.changes.map(changeEvidence) };
    case 'granted':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'superseded':
      return { ...status, at: momentOf(status.at) };
  }
}
