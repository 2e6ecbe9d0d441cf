/** What was observed, as evidence: facts with the call behind them, dangers, and the timeline. */
import type { Action, ActionKind, Asker } from './action.ts';
import type { Attention } from './attention.ts';
import type { Hold } from './containment.ts';
import type { Plan, PlanStatus, PlanVoid } from './decommission.ts';
import type { Call, Fact, FactBody, FactSource } from './fact.ts';
import { callOf } from './fact.ts';
import type { ActionId, Duration, IncidentId, Instant, KeyArn, Person } from './ids.ts';
import type { Danger, DangerKind, Entry, EntryBody, Incident, RefusedUses } from './incident.ts';
import type { Answer } from './investigation.ts';
import { known, type Learned, unknown } from './key.ts';
import { type Moment, momentOf } from './moment.ts';

export interface FactEvidence {
  /** The source's own id of the message. */
  readonly id: string;
  readonly kind: FactBody['kind'];
  readonly source: FactSource;
  /** When it happened, as the source tells; when it reached us. */
  readonly at: Moment;
  readonly seenAt: Moment;
  /** Who called what, from where, with event and request id, as CloudTrail tells it. */
  readonly call: Learned<Call>;
  /** Everything else the source said, by its own names. The key is the subject's. */
  readonly told: Readonly<Record<string, unknown>>;
}

export interface DangerEvidence {
  readonly kind: DangerKind;
  readonly firstAt: Moment;
  readonly lastAt: Moment;
  readonly count: number;
  /** The newest fact of this kind. */
  readonly fact: Learned<FactEvidence>;
}

/** `count` 0: none was reported, which is no proof that nobody tried. */
export interface RefusedUsesEvidence {
  readonly count: number;
  readonly lastAt: Learned<Moment>;
  /** The most frequent callers. */
  readonly by: RefusedUses['by'];
}

export type TimelineEntry = { readonly seq: number; readonly at: Moment } & (
  | { readonly kind: 'fact'; readonly fact: FactEvidence; readonly echoOf?: ActionId }
  | {
      readonly kind: 'rescheduled';
      readonly from: Moment;
      readonly to: Moment;
      readonly of?: 'ownWindow' | 'replicas';
    }
  | { readonly kind: 'linked'; readonly key: KeyArn; readonly incident: IncidentId }
  | { readonly kind: 'attended'; readonly attention: Pick<Attention, 'kind' | 'by'> & { readonly until: Moment } }
  | { readonly kind: 'held'; readonly hold: Pick<Hold, 'by' | 'reason'> }
  | { readonly kind: 'released'; readonly by: Asker; readonly hold: Pick<Hold, 'by' | 'reason'> }
  | { readonly kind: 'said'; readonly answer: Pick<Answer, 'by' | 'wasMe'> }
  | { readonly kind: 'plan'; readonly plan: Pick<Plan, 'ticket' | 'by'> & { readonly status: PlanStanding } }
  | { readonly kind: 'overdue'; readonly deletionDate: Moment }
  | Exclude<
      EntryBody,
      {
        readonly kind:
          | 'fact'
          | 'rescheduled'
          | 'linked'
          | 'attended'
          | 'plan'
          | 'overdue'
          | 'held'
          | 'released'
          | 'said';
      }
    >
);

/** The entry has the moment. */
export type PlanStanding =
  | { readonly kind: 'proposed' }
  | { readonly kind: 'agreed' | 'declined'; readonly by: Person }
  | { readonly kind: 'void'; readonly why: PlanVoid };

export interface ReminderEvidence {
  readonly at: Moment;
  /** Milliseconds before the deletion that it was due, and by which it was late. */
  readonly before: Duration;
  readonly late?: Duration;
}

export function factEvidence(fact: Fact): FactEvidence {
  const { id, source, at, seenAt, body } = fact;
  const call = callOf(body);
  return {
    id,
    kind: body.kind,
    source,
    at: momentOf(at),
    seenAt: momentOf(seenAt),
    call: call === undefined ? unknown('the source names no call') : known(call),
    told: toldBy(body),
  };
}

function toldBy(body: FactBody): Readonly<Record<string, unknown>> {
  if (body.kind === 'alarm') {
    const { keys, changedAt, ...rest } = body.alarm;
    return { ...rest, changedAt: momentOf(changedAt), keys: keys.map(({ arn }) => arn) };
  }
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !['kind', 'key', 'call'].includes(name) && value !== undefined),
  );
}

/** The action of ours that leaves such a danger behind. */
const OURS: Partial<Readonly<Record<Danger['kind'], ActionKind>>> = {
  deletionScheduled: 'scheduleDeletion',
  materialDeleted: 'deleteMaterial',
};

function whyNoFact({ kind }: Danger, actions: readonly Action[]): string {
  if (kind === 'action') return 'somebody asked Keywarden for it: see People';
  const own = actions.some((action) => action.kind === OURS[kind] && action.ending?.kind === 'verified');
  return own
    ? 'Keywarden did it, for who asked and who agreed: see Approvals and Actions'
    : 'no event about it has arrived; it was seen by reading KMS';
}

/** `actions`: of the incident; what we did ourselves has no event beside them. */
export const dangerEvidence = (danger: Danger, actions: readonly Action[]): DangerEvidence => ({
  kind: danger.kind,
  firstAt: momentOf(danger.firstAt),
  lastAt: momentOf(danger.lastAt),
  count: danger.count,
  fact: danger.fact === undefined ? unknown(whyNoFact(danger, actions)) : known(factEvidence(danger.fact)),
});

export const refusedUsesEvidence = (refused: RefusedUses | undefined): RefusedUsesEvidence =>
  refused === undefined
    ? { count: 0, lastAt: unknown('none was reported'), by: [] }
    : { count: refused.count, lastAt: known(momentOf(refused.lastAt)), by: refused.by };

/** By the moment things happened; facts may have been learnt later than what follows them. */
export const timelineEvidence = (incident: Incident): readonly TimelineEntry[] =>
  incident.timeline.toSorted((one, other) => byTime(one.at, other.at) || one.seq - other.seq).map(entryEvidence);

const byTime = (one: Instant, other: Instant): number => (one < other ? -1 : one > other ? 1 : 0);

function entryEvidence({ seq, at, body }: Entry): TimelineEntry {
  const head = { seq, at: momentOf(at) };
  switch (body.kind) {
    case 'fact':
      return { ...head, ...body, fact: factEvidence(body.fact) };
    case 'rescheduled':
      return { ...head, ...body, from: momentOf(body.from), to: momentOf(body.to) };
    case 'linked':
      return { ...head, ...body, key: body.key.arn };
    case 'attended': {
      const { kind, by, until } = body.attention;
      return { ...head, kind: 'attended', attention: { kind, by, until: momentOf(until) } };
    }
    case 'plan': {
      const { ticket, by, status } = body.plan;
      return { ...head, kind: 'plan', plan: { ticket, by, status: standingOf(status) } };
    }
    case 'held': {
      const { by, reason } = body.hold;
      return { ...head, kind: 'held', hold: { by, reason } };
    }
    case 'released': {
      const { by, reason } = body.hold;
      return { ...head, kind: 'released', by: body.by, hold: { by, reason } };
    }
    case 'said': {
      const { by, wasMe } = body.answer;
      return { ...head, kind: 'said', answer: { by, wasMe } };
    }
    case 'overdue':
      return { ...head, kind: 'overdue', deletionDate: momentOf(body.deletionDate) };
    case 'state':
    case 'asked':
    case 'called':
    case 'ended':
    case 'approval':
    case 'reminded':
    case 'askedAgain':
    case 'accepted':
    case 'lookedInto':
    case 'repaired':
    case 'candidates':
    case 'rebuilt':
    case 'reopened':
    case 'closed':
    case 'delivery':
    case 'investigated':
      return { ...head, ...body };
  }
}

function standingOf(status: PlanStatus): PlanStanding {
  switch (status.kind) {
    case 'proposed':
      return { kind: 'proposed' };
    case 'agreed':
    case 'declined':
      return { kind: status.kind, by: status.by };
    case 'void':
      return { kind: 'void', why: status.why };
  }
}

export const remindersOf = (incident: Incident): readonly ReminderEvidence[] =>
  incident.timeline.flatMap(({ at, body }) =>
    body.kind === 'reminded'
      ? [{ at: momentOf(at), before: body.milestone, ...(body.late === undefined ? {} : { late: body.late }) }]
      : [],
  );
