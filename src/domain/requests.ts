/** The approvals in an incident's record: asking, deciding, running out, and being overtaken by the key. */
import type { Action } from './action.ts';
import {
  type Approval,
  type ApprovalEvent,
  type ApprovalVerdict,
  changesBetween,
  decideOn,
  fingerprintOf,
} from './approval.ts';
import type { Effect } from './effect.ts';
import type { Duration, Instant, Person } from './ids.ts';
import { type EntryBody, type Incident, isOpen, waitingApproval } from './incident.ts';
import type { KeyRead } from './key.ts';
import { noted, touched } from './record.ts';

/** Ended requests kept in the record; the audit trail has all of them. */
const MOST_APPROVALS = 20;
/** One read that differs may be stale (KMS is eventually consistent); the second one, this much later, is believed. */
export const DOUBT: Duration = 3_000;

type What = Extract<EntryBody, { kind: 'approval' }>['what'];

export function withRequest(incident: Incident, approval: Approval, now: Instant): Incident {
  const approvals = [...incident.approvals, { ...approval, round: incident.round }].slice(-MOST_APPROVALS);
  const what: What = approval.breakGlass ? 'breakGlass' : 'requested';
  return touched(
    noted({ ...incident, approvals }, now, { kind: 'approval', approval: approval.id, what, by: approval.by }),
  );
}

/** The record after something happened to one of its approvals; the verdict where that changes nothing. */
export function reviewed(
  incident: Incident,
  approval: Approval,
  event: ApprovalEvent,
  now: Instant,
): { readonly incident: Incident; readonly approval: Approval } | Exclude<ApprovalVerdict, { kind: 'changed' }> {
  const verdict = decideOn(approval, event, now);
  if (verdict.kind !== 'changed') return verdict;
  const next = verdict.approval;
  const approvals = incident.approvals.map((one) => (one.id === next.id ? next : one));
  const what: What = next.status.kind === 'waiting' ? 'agreed' : next.status.kind;
  const by = whoDecided(next, event);
  const entry = { kind: 'approval', approval: next.id, what, ...(by === undefined ? {} : { by }) } as const;
  return { incident: touched(noted({ ...incident, approvals }, now, entry)), approval: next };
}

function whoDecided(approval: Approval, event: ApprovalEvent): Person | undefined {
  // What ran out before somebody pressed was ended by nobody.
  if (approval.status.kind === 'expired') return undefined;
  switch (event.kind) {
    case 'agree':
      return event.agreement.by;
    case 'reject':
    case 'supersede':
      return event.by;
    case 'time':
    case 'key':
    case 'gone':
      return undefined;
  }
}

/**
 * Ends what time or the key has overtaken. `before`: the record before this read, whose own read must differ as well: a
 * single one may be stale.
 */
export function overtaken(
  before: Incident | undefined,
  incident: Incident,
  read: KeyRead | undefined,
  now: Instant,
): Incident {
  const waiting = waitingApproval(incident);
  if (waiting === undefined) return incident;
  const outcome = reviewed(incident, waiting, eventOf(waiting, before?.read, read), now);
  return 'incident' in outcome ? outcome.incident : incident;
}

function eventOf(waiting: Approval, earlier: KeyRead | undefined, read: KeyRead | undefined): ApprovalEvent {
  if (read?.kind === 'gone') return { kind: 'gone' };
  if (read?.kind === 'read' && differs(waiting, earlier, read))
    return { kind: 'key', fingerprint: fingerprintOf(read.snapshot, undefined) };
  return { kind: 'time' };
}

function differs(approval: Approval, earlier: KeyRead | undefined, read: Extract<KeyRead, { kind: 'read' }>): boolean {
  if (earlier?.kind !== 'read' || read.snapshot.readAt - earlier.snapshot.readAt < DOUBT) return false;
  return [earlier, read].every(
    ({ snapshot }) => changesBetween(approval.fingerprint, fingerprintOf(snapshot, undefined)).length > 0,
  );
}

/** A waiting request whose key reads otherwise wants a second look soon. */
export function inDoubt(incident: Incident): boolean {
  const waiting = waitingApproval(incident);
  if (waiting === undefined || incident.read?.kind !== 'read') return false;
  return changesBetween(waiting.fingerprint, fingerprintOf(incident.read.snapshot, undefined)).length > 0;
}

/** Somebody replaced the key policy: what was asked for on the old one is void, whatever the event came late for. */
export function policyReplaced(incident: Incident, at: Instant, now: Instant): Incident {
  const waiting = waitingApproval(incident);
  if (waiting === undefined || waiting.fingerprint.policy === undefined || at < waiting.askedAt) return incident;
  const outcome = reviewed(
    incident,
    waiting,
    { kind: 'key', fingerprint: { ...waiting.fingerprint, policy: 'replaced' } },
    now,
  );
  return 'incident' in outcome ? outcome.incident : incident;
}

/** Everybody's Home is drawn again for each request that changed between two records. */
export function approvalEffects(before: Incident | undefined, after: Incident): readonly Effect[] {
  const old = new Map((before?.approvals ?? []).map((approval) => [approval.id, approval.message.revision]));
  return after.approvals
    .filter((approval) => old.get(approval.id) !== approval.message.revision)
    .map((approval) => ({ kind: 'approvers', incident: after.id, approval: approval.id }));
}

/** The action a granted approval becomes. */
export const actionOf = (approval: Approval, id: Action['id']): Action => ({
  id,
  kind: approval.kind,
  by: { via: 'slack', person: approval.by },
  askedAt: approval.askedAt,
  reason: approval.reason,
  ...(approval.ticket === undefined ? {} : { ticket: approval.ticket }),
  ...(approval.windowDays === undefined ? {} : { windowDays: approval.windowDays }),
  approval: approval.id,
  calls: [],
});

/** When a waiting request runs out. */
export const expiryDue = (incident: Incident): Instant | undefined =>
  isOpen(incident) ? waitingApproval(incident)?.expiresAt : undefined;
