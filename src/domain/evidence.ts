/**
 * Evidence: everything known and done about one subject, as one plain record for somebody who was not there. It is taken
 * from the incident and the audit trail and adds nothing: what is not known says why. Moments are text, except in the
 * audit entries, which stand as they are kept: their hashes are about those very bytes.
 */
import type { AuditEntry, AuditEvent, AuditHead } from './audit.ts';
import { type ActionEvidence, type ApprovalEvidence, actionEvidence, approvalEvidence } from './evidence-deeds.ts';
import { type IntruderEvidence, intruderEvidence } from './evidence-intruder.ts';
import {
  type LastUseEvidence,
  lastUseEvidence,
  type PriorEvidence,
  priorEvidence,
  type ReadEvidence,
  readEvidence,
} from './evidence-key.ts';
import { type CallerEvidence, callersOf, type PersonEvidence, peopleOf } from './evidence-people.ts';
import { type KeptShapes, type ShapesEvidence, shapesEvidence } from './evidence-shape.ts';
import {
  type DangerEvidence,
  dangerEvidence,
  type RefusedUsesEvidence,
  type ReminderEvidence,
  refusedUsesEvidence,
  remindersOf,
  type TimelineEntry,
  timelineEvidence,
} from './evidence-story.ts';
import type { ActionId, ApprovalId, Duration, IncidentId, Instant, KeyArn, Place } from './ids.ts';
import { type Incident, keyOfIncident, type Outcome, type Search } from './incident.ts';
import { countdownDateOf, known, type Learned, unknown } from './key.ts';
import { type Moment, momentOf } from './moment.ts';

/** Rises when a field changes its meaning or goes away. */
export const EVIDENCE_FORMAT = 1;

/** Audit entries carried along, the newest; the trail itself has all of them. */
const MOST_AUDIT_ENTRIES = 2_000;

export interface Evidence {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly writtenAt: Moment;
  readonly incident: {
    readonly id: IncidentId;
    /** How often this subject was in danger; what is about one round only is about this one. */
    readonly round: number;
    readonly openedAt: Moment;
    readonly status:
      | { readonly kind: 'open' }
      | { readonly kind: 'closed'; readonly at: Moment; readonly outcome: Outcome };
    /** Milliseconds, until it was closed, or until this was written. */
    readonly openFor: Duration;
    /** What is wrong with a place that cannot be read. */
    readonly problem?: string;
  };
  readonly subject: SubjectEvidence;
  /** The last read, whatever came of it. */
  readonly read: Learned<ReadEvidence>;
  readonly aliases: Learned<readonly string[]>;
  readonly tags: Learned<Readonly<Record<string, string>>>;
  readonly lastUse: Learned<LastUseEvidence>;
  /** The state before the danger. */
  readonly prior: Learned<PriorEvidence>;
  readonly countdown: Learned<{ readonly deletionDate: Moment; readonly since: Moment; readonly endTold: boolean }>;
  /** The search for the key behind an alarm. */
  readonly search?: SearchEvidence;
  /** What the key was like; absent for what is no key. */
  readonly shapes?: ShapesEvidence;
  readonly dangers: readonly DangerEvidence[];
  /** What else the person behind it did; absent: nobody was searched for. */
  readonly intruder?: IntruderEvidence;
  readonly refusedUses: RefusedUsesEvidence;
  readonly people: readonly PersonEvidence[];
  readonly callers: readonly CallerEvidence[];
  readonly approvals: readonly ApprovalEvidence[];
  readonly actions: readonly ActionEvidence[];
  readonly reminders: readonly ReminderEvidence[];
  readonly timeline: readonly TimelineEntry[];
  readonly audit: {
    readonly entries: readonly AuditEntry[];
    /** Why the trail could not be read to its end; what had been read by then stands here. */
    readonly problem?: string;
    readonly head: Learned<AuditHead>;
  };
  readonly leftOut: LeftOut;
}

/** What there was and does not stand here. */
export interface LeftOut {
  /** Timeline entries the record has let go of, the oldest ones. */
  readonly timeline: number;
  /** Audit entries, the oldest ones. */
  readonly audit: number;
  /** Named by timeline or trail, and no longer in the record. */
  readonly actions: readonly ActionId[];
  readonly approvals: readonly ApprovalId[];
}

export type SubjectEvidence =
  | {
      readonly kind: 'key';
      readonly arn: KeyArn;
      readonly keyId: string;
      readonly account: string;
      readonly region: string;
    }
  | {
      readonly kind: 'alarm';
      readonly arn: string;
      readonly name: string;
      readonly account: string;
      readonly region: string;
    }
  | { readonly kind: 'place'; readonly account: string; readonly region: string }
  | { readonly kind: 'topic'; readonly arn: string };

export interface SearchEvidence {
  readonly state: Search['state'];
  readonly attempts: number;
  readonly from: Moment;
  readonly until: Moment;
  readonly candidates: readonly KeyArn[];
  readonly problem?: string;
}

export interface EvidenceTrail {
  /** Those about the incident (`isAbout`), any order. */
  readonly entries: readonly AuditEntry[];
  /** Read after the entries; absent: not known. */
  readonly head?: AuditHead;
  /** The trail could not be read to its end: why. */
  readonly trailProblem?: string;
  readonly shapes?: KeptShapes;
  readonly now: Instant;
}

/** Whether an audit entry belongs to an incident's evidence. That a former trail was set aside belongs to all: entries may stand there. */
export const isAbout = (incident: Incident, event: AuditEvent): boolean =>
  event.kind === 'setAside' ||
  event.incident === incident.id ||
  (event.key !== undefined && event.key === keyOfIncident(incident)?.arn);

/** Everything as it stands at this moment. */
export function evidenceOf(incident: Incident, trail: EvidenceTrail): Evidence {
  const { head, trailProblem, now } = trail;
  const entries = trail.entries.toSorted((one, other) => one.seq - other.seq).slice(-MOST_AUDIT_ENTRIES);
  const key = keyOfIncident(incident);
  const { phase, openedAt, details, search, problem } = incident;
  const intruder = intruderEvidence(incident);
  const end = phase.kind === 'closed' ? phase.at : now;
  return {
    format: EVIDENCE_FORMAT,
    writtenAt: momentOf(now),
    incident: {
      id: incident.id,
      round: incident.round,
      openedAt: momentOf(openedAt),
      status: phase.kind === 'open' ? phase : { ...phase, at: momentOf(phase.at) },
      openFor: Math.max(0, end - openedAt),
      ...(problem === undefined ? {} : { problem }),
    },
    subject: subjectEvidence(incident),
    read:
      incident.read === undefined
        ? unknown(key === undefined ? 'the subject is no key' : 'it has not been read yet')
        : known(readEvidence(incident.read)),
    aliases: details?.aliases ?? NOT_LOOKED_UP,
    tags: details?.tags ?? NOT_LOOKED_UP,
    lastUse: details === undefined ? NOT_LOOKED_UP : lastUseEvidence(details.lastUse),
    prior: priorEvidence(incident.prior),
    countdown: countdownEvidence(incident),
    ...(search === undefined ? {} : { search: searchEvidence(search) }),
    ...(trail.shapes === undefined || key === undefined
      ? {}
      : { shapes: shapesEvidence(trail.shapes, incident.knowledge?.comparison) }),
    dangers: incident.dangers.map((danger) => dangerEvidence(danger, incident.actions)),
    ...(intruder === undefined ? {} : { intruder }),
    refusedUses: refusedUsesEvidence(incident.refused),
    people: peopleOf(incident, entries),
    callers: callersOf(incident),
    approvals: incident.approvals.map((approval) => approvalEvidence(approval, key)),
    actions: incident.actions.map(actionEvidence),
    reminders: remindersOf(incident),
    timeline: timelineEvidence(incident),
    audit: {
      entries,
      ...(trailProblem === undefined ? {} : { problem: trailProblem }),
      head: head === undefined ? unknown('the trail is empty, or could not be read') : known(head),
    },
    leftOut: {
      timeline: Math.max(0, incident.nextSeq - 1 - incident.timeline.length),
      audit: trail.entries.length - entries.length,
      actions: strangers(incident.actions, [
        ...incident.timeline.map(({ body }) => ('action' in body ? body.action : undefined)),
        ...entries.map(({ action }) => action),
      ]),
      approvals: strangers(incident.approvals, [
        ...incident.timeline.map(({ body }) => ('approval' in body ? body.approval : undefined)),
        ...entries.map(({ approval }) => approval),
      ]),
    },
  };
}

const NOT_LOOKED_UP = unknown('it was not looked up');

function subjectEvidence({ subject }: Incident): SubjectEvidence {
  const at = ({ account, region }: Place) => ({ account, region });
  switch (subject.kind) {
    case 'key':
      return { kind: 'key', arn: subject.key.arn, keyId: subject.key.keyId, ...at(subject.key) };
    case 'alarm':
      return { kind: 'alarm', arn: subject.alarmArn, name: subject.name, ...at(subject.place) };
    case 'place':
      return { kind: 'place', ...at(subject.place) };
    case 'topic':
      return { kind: 'topic', arn: subject.topicArn };
  }
}

function countdownEvidence({ countdown, read }: Incident): Evidence['countdown'] {
  if (countdown === undefined)
    return unknown(
      read?.kind === 'read' && countdownDateOf(read.snapshot) === undefined
        ? 'the last read shows no deletion date'
        : 'no countdown runs',
    );
  const { deletionDate, since, endTold } = countdown;
  return known({ deletionDate: momentOf(deletionDate), since: momentOf(since), endTold });
}

const searchEvidence = ({ state, attempts, from, until, candidates, problem }: Search): SearchEvidence => ({
  state,
  attempts,
  from: momentOf(from),
  until: momentOf(until),
  candidates: candidates.map(({ arn }) => arn),
  ...(problem === undefined ? {} : { problem }),
});

/** Ids that are named and that the record no longer has. */
function strangers<Id extends string>(
  kept: readonly { readonly id: Id }[],
  named: readonly (Id | undefined)[],
): readonly Id[] {
  const ids = new Set(kept.map(({ id }) => id));
  return [...new Set(named)].filter((id): id is Id => id !== undefined && !ids.has(id));
}
