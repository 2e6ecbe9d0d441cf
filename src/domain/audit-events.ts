/**
 * What the audit trail must hold about an action and its approval, derived from the record: so that an entry that could not
 * be written can be written later, and none is written that the record does not have. Ids tell which stand there already.
 */
import type { Action, Asker, CallRecord, Ending } from './action.ts';
import { type Approval, fingerprintLine } from './approval.ts';
import type { AuditActor, AuditEvent } from './audit.ts';
import type { Plan } from './decommission.ts';
import { failureText } from './failure-text.ts';
import { type KeyRef, type Person, personKey } from './ids.ts';
import { approvalOf, type Incident, keyOfIncident } from './incident.ts';

export const actorOf = (person: Person): AuditActor => ({ via: 'slack', ...person });
const askerOf = (by: Asker): AuditActor => (by.via === 'slack' ? actorOf(by.person) : by);
const KEYWARDEN: AuditActor = { via: 'keywarden' };

type Common = Pick<AuditEvent, 'key' | 'incident' | 'approval' | 'what'>;

/** A request, everybody's say, and how it ended. */
export function eventsOfApproval(incident: Incident, approval: Approval): readonly AuditEvent[] {
  const key = keyOfIncident(incident);
  const common: Common = {
    incident: incident.id,
    approval: approval.id,
    what: approval.kind,
    ...(key === undefined ? {} : { key: key.arn }),
  };
  return [requestedEvent(common, approval, key), ...agreedEvents(common, approval), ...endedEvents(common, approval)];
}

/** The first entry of a request: written before the request itself, where something is to be destroyed. */
export function requestedEvent(common: Common, approval: Approval, key: KeyRef | undefined): AuditEvent {
  return {
    ...common,
    id: `${approval.id}.requested`,
    kind: 'requested',
    at: approval.askedAt,
    actor: actorOf(approval.by),
    reason: approval.reason,
    ...(approval.why === undefined ? {} : { message: approval.why }),
    ...(approval.ticket === undefined ? {} : { ticket: approval.ticket }),
    ...(approval.windowDays === undefined ? {} : { windowDays: approval.windowDays }),
    ...(key === undefined ? {} : { fingerprint: fingerprintLine(key, approval.fingerprint) }),
    steppedUp: approval.steppedUp,
    ...(approval.breakGlass ? { breakGlass: true } : {}),
  };
}

const agreedEvents = (common: Common, approval: Approval): readonly AuditEvent[] =>
  approval.agreements.map(({ by, at, comment, steppedUp }) => ({
    ...common,
    id: `${approval.id}.approved.${by.user}`,
    kind: 'approved',
    at,
    actor: actorOf(by),
    ...(comment === undefined ? {} : { comment }),
    steppedUp,
  }));

function endedEvents(common: Common, approval: Approval): readonly AuditEvent[] {
  const { status } = approval;
  switch (status.kind) {
    case 'waiting':
    case 'granted':
      return [];
    case 'rejected':
    case 'withdrawn': {
      const { kind, at, comment } = status;
      const actor = actorOf(status.kind === 'rejected' ? status.by : approval.by);
      return [
        { ...common, id: `${approval.id}.${kind}`, kind, at, actor, ...(comment === undefined ? {} : { comment }) },
      ];
    }
    case 'superseded': {
      const { at, by } = status;
      const message = 'superseded by break-glass';
      return [{ ...common, id: `${approval.id}.superseded`, kind: 'voided', at, actor: actorOf(by), message }];
    }
    case 'expired':
      return [{ ...common, id: `${approval.id}.expired`, kind: 'expired', at: status.at, actor: KEYWARDEN }];
    case 'voided': {
      const message = status.changes.length === 0 ? 'gone' : status.changes.map(({ part }) => part).join(', ');
      return [{ ...common, id: `${approval.id}.voided`, kind: 'voided', at: status.at, actor: KEYWARDEN, message }];
    }
  }
}

/** An action with everything before it: its approval, its calls (intent, then outcome), its end. */
export function eventsOfAction(incident: Incident, action: Action): readonly AuditEvent[] {
  const key = keyOfIncident(incident);
  const approval = approvalOf(incident, action.approval);
  const common = {
    incident: incident.id,
    action: action.id,
    what: action.kind,
    ...(action.approval === undefined ? {} : { approval: action.approval }),
    ...(key === undefined ? {} : { key: key.arn }),
    ...(approval?.breakGlass === true ? { breakGlass: true } : {}),
  };
  const actor = askerOf(action.by);
  const asked: AuditEvent = {
    ...common,
    id: `${action.id}.asked`,
    kind: 'asked',
    at: action.askedAt,
    actor,
    ...(action.reason === undefined ? {} : { reason: action.reason }),
    ...(action.ticket === undefined ? {} : { ticket: action.ticket }),
    ...(action.windowDays === undefined ? {} : { windowDays: action.windowDays }),
    ...(approval === undefined ? {} : { approvers: approval.agreements.map(({ by }) => personKey(by)) }),
    ...(approval === undefined || key === undefined ? {} : { fingerprint: fingerprintLine(key, approval.fingerprint) }),
  };
  const calls = action.calls.flatMap((call, index) => eventsOfCall(common, action, actor, call, index));
  const before = approval === undefined ? [] : eventsOfApproval(incident, approval);
  return [...before, asked, ...calls, ...endOf(common, action, actor)];
}

function eventsOfCall(
  common: Omit<AuditEvent, 'id' | 'kind' | 'at' | 'actor'>,
  action: Action,
  actor: AuditActor,
  call: CallRecord,
  index: number,
): readonly AuditEvent[] {
  const shared = {
    ...common,
    actor,
    operation: call.operation,
    ...(call.materialId === undefined ? {} : { materialId: call.materialId }),
    ...(action.windowDays === undefined ? {} : { windowDays: action.windowDays }),
  };
  const intent: AuditEvent = { ...shared, id: `${action.id}.${index}.intent`, kind: 'intent', at: call.intendedAt };
  const { outcome } = call;
  if (outcome === undefined) return [intent];
  const { attribution } = outcome;
  const done: AuditEvent = {
    ...shared,
    id: `${action.id}.${index}.outcome`,
    kind: 'outcome',
    at: outcome.at,
    outcome: outcome.kind,
    ...('message' in outcome ? { message: outcome.message } : {}),
    ...(outcome.requestId === undefined ? {} : { requestId: outcome.requestId }),
    ...(attribution === undefined || attribution.kind === 'bot' ? {} : { session: attribution.session }),
    ...(attribution?.kind === 'person' ? { sourceIdentity: attribution.sourceIdentity } : {}),
  };
  return [intent, done];
}

function endingText(ending: Ending): string {
  switch (ending.kind) {
    case 'verified':
      return ending.state;
    case 'amber':
      return ending.message === undefined ? ending.why : `${ending.why}: ${ending.message}`;
    case 'failed':
      return failureText(ending.why);
    case 'unknownOutcome':
      return ending.message;
  }
}

function endOf(
  common: Omit<AuditEvent, 'id' | 'kind' | 'at' | 'actor'>,
  action: Action,
  actor: AuditActor,
): readonly AuditEvent[] {
  const { ending } = action;
  if (ending === undefined) return [];
  const message = endingText(ending);
  return [{ ...common, id: `${action.id}.ended`, kind: 'ended', at: ending.at, actor, outcome: ending.kind, message }];
}

/** Who silenced a countdown until when, and what became of planned decommissions: as the entries from `from` on have it. */
export function eventsOfTimeline(incident: Incident, from: number): readonly AuditEvent[] {
  const key = keyOfIncident(incident);
  const common = { incident: incident.id, ...(key === undefined ? {} : { key: key.arn }) };
  return incident.timeline.flatMap(({ seq, at, body }): readonly AuditEvent[] => {
    if (seq < from) return [];
    const id = `${incident.id}.${seq}`;
    if (body.kind === 'plan') return [planEvent({ ...common, what: 'planDecommission' }, id, at, body.plan, key)];
    if (body.kind === 'held') {
      const { by, reason } = body.hold;
      return [{ ...common, id: `${id}.held`, kind: 'held', at, actor: actorOf(by), reason }];
    }
    if (body.kind === 'released')
      return [
        {
          ...common,
          id: `${id}.released`,
          kind: 'released',
          at,
          actor: askerOf(body.by),
          person: personKey(body.hold.by),
        },
      ];
    if (body.kind === 'said') {
      const { by, wasMe } = body.answer;
      return [
        { ...common, id: `${id}.said`, kind: 'said', at, actor: actorOf(by), outcome: wasMe ? 'wasMe' : 'notMe' },
      ];
    }
    if (body.kind === 'accepted')
      return [{ ...common, id: `${id}.accepted`, kind: 'accepted', at, actor: actorOf(body.by), message: body.what }];
    if (body.kind === 'lookedInto')
      return [{ ...common, id: `${id}.closed`, kind: 'closed', at, actor: actorOf(body.by), reason: body.reason }];
    if (body.kind !== 'attended') return [];
    const { kind, by, until } = body.attention;
    const message = `until ${new Date(until).toISOString()}`;
    return [{ ...common, id: `${id}.${kind}`, kind, at, actor: actorOf(by), message }];
  });
}

function planEvent(common: Common, id: string, at: number, plan: Plan, key: KeyRef | undefined): AuditEvent {
  const { ticket, status } = plan;
  switch (status.kind) {
    case 'proposed': {
      const fingerprint = key === undefined ? {} : { fingerprint: fingerprintLine(key, plan.fingerprint) };
      return {
        ...common,
        id: `${id}.requested`,
        kind: 'requested',
        at,
        actor: actorOf(plan.by),
        ticket,
        ...fingerprint,
      };
    }
    case 'agreed':
      return { ...common, id: `${id}.approved`, kind: 'approved', at, actor: actorOf(status.by), ticket };
    case 'declined':
      return { ...common, id: `${id}.rejected`, kind: 'rejected', at, actor: actorOf(status.by), ticket };
    case 'void':
      return { ...common, id: `${id}.voided`, kind: 'voided', at, actor: KEYWARDEN, ticket, message: status.why };
  }
}
