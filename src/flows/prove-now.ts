/**
 * The moment before a call: the key as it is now, everybody's role as Slack says now, and the record as it stands now.
 * Nothing of it is kept: a proof that is not used at once is minted anew.
 */
import type { Action } from '../domain/action.ts';
import { type Claim, type Proven, prove } from '../domain/approval.ts';
import type { Duration, IncidentId, KeyRef } from '../domain/ids.ts';
import { approvalOf, type Incident } from '../domain/incident.ts';
import type { KeyRead } from '../domain/key.ts';
import { type NextStep, nextStep } from '../domain/plan.ts';
import type { House } from './house.ts';
import { circumstancesOf, scopeOf } from './judgement.ts';
import { look } from './look.ts';

/** A read that differs from what was agreed on may be stale: it counts when a second one says the same. */
const LOOK_AGAIN: Duration = 3_000;
/** Slack and KMS answer sooner or not at all; what a process saw before it was frozen counts no more. */
const LOOK_WITHIN: Duration = 20_000;

interface Moment {
  readonly incident: IncidentId;
  readonly action: Action;
  readonly key: KeyRef;
  readonly step: Extract<NextStep, { kind: 'call' }>;
  /** The read the plan was made on. */
  readonly read: KeyRead;
  readonly signal: AbortSignal;
}

export async function proveNow(house: House, moment: Moment): Promise<Proven | { readonly kind: 'planAgain' }> {
  const first = await attempt(house, moment);
  if (first.kind !== 'refused' || first.why.kind !== 'approvalVoid') return first;
  await house.clock.sleep(LOOK_AGAIN, moment.signal);
  return attempt(house, moment);
}

async function attempt(house: House, moment: Moment): Promise<Proven | { readonly kind: 'planAgain' }> {
  const { action, step } = moment;
  const incident = await house.incidents.load(moment.incident);
  const current = incident?.actions.find((one) => one.id === action.id);
  if (incident === undefined || current === undefined) return { kind: 'planAgain' };
  const since = house.clock.now();
  const claim = await claimOf(house, moment, incident, current);
  const proven = prove(claim);
  // Only what would be sent must be fresh: that an approval has run out is no less true.
  if (proven.kind === 'proven' && claim.now - since > LOOK_WITHIN) return { kind: 'planAgain' };
  const { prior, hold } = incident;
  if (proven.kind !== 'proven' || (action.approval === undefined && hold === undefined)) return proven;
  // The wait for the slot may have been long: what others agreed to is planned once more on the key as it is now, and so is
  // what somebody has put on hold meanwhile.
  const again = nextStep({ action: current, read: claim.read, prior, hold, now: house.clock.now(), priorAsked: true });
  const same = again.kind === 'call' && again.operation === step.operation && again.materialId === step.materialId;
  return same ? proven : { kind: 'planAgain' };
}

async function claimOf(house: House, moment: Moment, incident: Incident, action: Action): Promise<Claim> {
  const { key, step, signal } = moment;
  const approval = approvalOf(incident, action.approval);
  const freshness = approval === undefined ? 'cached' : 'live';
  const person = action.by.via === 'slack' ? action.by.person : undefined;
  const [read, policy, asker, approvers, circumstances] = await Promise.all([
    approval === undefined ? moment.read : look(house, key, signal),
    approval?.fingerprint.policy === undefined ? undefined : house.keys.policy(key, signal),
    person === undefined ? ('terminal' as const) : house.people.standing(person, freshness),
    Promise.all((approval?.agreements ?? []).map(({ by }) => house.people.standing(by, 'live'))),
    circumstancesOf(house, {
      act: action.kind,
      person: person ?? { enterprise: '', team: '', user: '' },
      key,
      incident,
      wish: { id: action.id, at: action.askedAt },
    }),
  ]);
  const standings = asker === 'terminal' ? approvers : [asker, ...approvers];
  return {
    action,
    operation: step.operation,
    key,
    ...(step.materialId === undefined ? {} : { materialId: step.materialId }),
    approval,
    read,
    ...(policy === undefined ? {} : { policy }),
    scope: await scopeOf(house, standings, key, incident, freshness),
    asker,
    approvers,
    circumstances,
    now: house.clock.now(),
  };
}
