/**
 * The audit trail follows the record: what an incident owes it is written at each step, and again later where it could not be.
 * What destroys waits for its trace; what saves goes on without, and the trace follows.
 */
import { actorOf, eventsOfAction, eventsOfApproval } from '../domain/audit-events.ts';
import type { ActionId, ApprovalId, EffectId, IncidentId, KeyRef, Person } from '../domain/ids.ts';
import { type Incident, keyOfIncident } from '../domain/incident.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { amend } from './commit.ts';
import type { House } from './house.ts';

/** Writes what the trail lacks about an action or an approval. False: it could not, and will be tried again. */
export async function writeAudit(
  house: House,
  incident: Incident,
  about: { readonly action?: ActionId; readonly approval?: ApprovalId },
): Promise<boolean> {
  const action = incident.actions.find(({ id }) => id === about.action);
  const approval = incident.approvals.find(({ id }) => id === about.approval);
  const events = [
    ...(approval === undefined ? [] : eventsOfApproval(incident, approval)),
    ...(action === undefined ? [] : eventsOfAction(incident, action)),
  ];
  try {
    await house.audit.append(events);
    return true;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    house.log.error({ incident: incident.id, error }, 'the audit trail cannot be written');
    house.counters.count('audit_unwritable', {});
    await oweAudit(house, incident.id);
    return false;
  }
}

async function oweAudit(house: House, id: IncidentId): Promise<void> {
  try {
    await amend(house, id, (incident) => incident, { add: [{ kind: 'audit', incident: id }] });
  } catch (error) {
    house.log.error({ incident: id, error }, 'what the audit trail lacks could not be noted');
  }
}

/** Writes everything an incident's record has and the trail lacks; rejects while the trail cannot be written. */
export async function settleAudit(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  if (incident !== undefined) {
    const requests = incident.approvals.flatMap((approval) => eventsOfApproval(incident, approval));
    await house.audit.append([...requests, ...incident.actions.flatMap((action) => eventsOfAction(incident, action))]);
  }
  await house.incidents.forget(errand.effect);
}

export interface Refused {
  readonly person: Person;
  readonly what: string;
  readonly why: string;
  /** Tells one refusal from another: the same press delivered twice is one entry. */
  readonly nonce: string;
  readonly incident?: Incident | undefined;
  readonly key?: KeyRef | undefined;
  readonly approval?: ApprovalId | undefined;
}

/** Somebody was told no: best effort, a refusal needs no trace to stand. */
export async function auditRefusal(house: House, refused: Refused): Promise<void> {
  const { person, what, why, nonce, incident, approval } = refused;
  const key = refused.key ?? (incident === undefined ? undefined : keyOfIncident(incident));
  house.counters.count('refusals', { what: what.slice(0, 40) });
  try {
    await house.audit.append([
      {
        id: `refused.${house.hash(`${what} ${nonce}`).slice(0, 32)}`,
        kind: 'refused',
        at: house.clock.now(),
        actor: actorOf(person),
        what,
        message: why,
        ...(incident === undefined ? {} : { incident: incident.id }),
        ...(key === undefined ? {} : { key: key.arn }),
        ...(approval === undefined ? {} : { approval }),
      },
    ]);
  } catch (error) {
    house.log.warn({ reason: what, error }, 'a refusal could not be written to the audit trail');
  }
}
