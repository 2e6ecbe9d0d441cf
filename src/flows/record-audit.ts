/**
 * The audit trail follows the record: what an incident owes it is written at each step, and again later where it could not be.
 * What destroys waits for its trace; what saves goes on without, and the trace follows.
 */
import { actorOf, eventsOfAction, eventsOfApproval } from '../domain/audit-events.ts';
import {
  type ActionId,
  type ApprovalId,
  type Duration,
  type EffectId,
  type IncidentId,
  type KeyRef,
  type Person,
  personKey,
} from '../domain/ids.ts';
import { type Incident, keyOfIncident } from '../domain/incident.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { amend } from './commit.ts';
import type { House } from './house.ts';

/** What became of a trace. `owed`: it will be written later; `lost`: that could not be noted either, so keep what led here. */
export type Trace = 'written' | 'owed' | 'lost';

/** Writes what the trail lacks about an action or an approval. */
export async function writeAudit(
  house: House,
  incident: Incident,
  about: { readonly action?: ActionId; readonly approval?: ApprovalId },
): Promise<Trace> {
  const action = incident.actions.find(({ id }) => id === about.action);
  const approval = incident.approvals.find(({ id }) => id === about.approval);
  const events = [
    ...(approval === undefined ? [] : eventsOfApproval(incident, approval)),
    ...(action === undefined ? [] : eventsOfAction(incident, action)),
  ];
  try {
    await house.audit.append(events);
    return 'written';
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    house.log.error({ incident: incident.id, error }, 'the audit trail cannot be written');
    house.counters.count('audit_unwritable', {});
    return oweAudit(house, incident.id);
  }
}

async function oweAudit(house: House, id: IncidentId): Promise<Trace> {
  try {
    await amend(house, id, (incident) => incident, { add: [{ kind: 'audit', incident: id }] });
    return 'owed';
  } catch (error) {
    house.log.error({ incident: id, error }, 'what the audit trail lacks could not be noted');
    return 'lost';
  }
}

/**
 * Writes everything an incident's record has and the trail lacks; rejects while the trail cannot be written. What became owed
 * meanwhile stays owed: it is called again until nothing is.
 */
export async function settleAudit(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const pending = await house.incidents.effect(errand.effect);
  if (pending?.effect.kind === 'audit' && pending.effect.events !== undefined) {
    await house.audit.append(pending.effect.events);
    return house.incidents.forget(errand.effect);
  }
  const incident = await house.incidents.load(errand.incident);
  if (incident === undefined) return house.incidents.forget(errand.effect);
  const requests = incident.approvals.flatMap((approval) => eventsOfApproval(incident, approval));
  await house.audit.append([...requests, ...incident.actions.flatMap((action) => eventsOfAction(incident, action))]);
  // One name for all that is owed: it is done with only while the record is as it was read.
  const asRead = (now: Incident): Incident | undefined => (now.version === incident.version ? now : undefined);
  await amend(house, errand.incident, asRead, { remove: [errand.effect] });
}

export interface Refused {
  readonly person: Person;
  readonly what: string;
  readonly why: string;
  /** Tells one wrong code from the next; anything else is one entry a minute, however often somebody presses. */
  readonly nonce?: string;
  readonly incident?: Incident | undefined;
  readonly key?: KeyRef | undefined;
  readonly approval?: ApprovalId | undefined;
}

const MINUTE: Duration = 60_000;
/** People type anything after a command. */
const MOST_WHAT = 60;

/** Somebody was told no: best effort, a refusal needs no trace to stand. */
export async function auditRefusal(house: House, refused: Refused): Promise<void> {
  const { person, why, incident, approval } = refused;
  const what = refused.what.slice(0, MOST_WHAT);
  const at = house.clock.now();
  const key = refused.key ?? (incident === undefined ? undefined : keyOfIncident(incident));
  const once = refused.nonce ?? Math.floor(at / MINUTE);
  const which = JSON.stringify([
    personKey(person),
    what,
    why,
    key?.arn ?? '',
    incident?.id ?? '',
    approval ?? '',
    once,
  ]);
  house.counters.count('refusals', { why });
  try {
    await house.audit.append([
      {
        id: `refused.${house.hash(which).slice(0, 32)}`,
        kind: 'refused',
        at,
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
