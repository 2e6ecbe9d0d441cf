/**
 * Carrying an action out: read → plan → (slot → intent → call → outcome) → read …, until the plan says how it ended.
 * Every step begins from the record, so the loop may die anywhere and be run again, also by two runners at once: only the
 * runner whose intent stands in the record may send.
 */
import { type Action, type CallOutcome, isDestructive, openCallOf } from '../domain/action.ts';
import type { ActionId, Duration, EffectId, IncidentId, KeyRef } from '../domain/ids.ts';
import { type Incident, keyOfIncident, type Prior } from '../domain/incident.ts';
import type { KeyRead } from '../domain/key.ts';
import { type NextStep, nextStep, OPEN_INTENT_READS } from '../domain/plan.ts';
import { toleranceOf } from '../domain/policy.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { priorBefore } from './learn.ts';
import { look } from './look.ts';

export interface Errand {
  readonly incident: IncidentId;
  readonly action: ActionId;
  readonly effect: EffectId;
  /** Names this run among all runs of all processes. */
  readonly runner: string;
  readonly signal: AbortSignal;
}

/** How long Slack may be unable to say who somebody is before the action is given up. */
const ROLE_PATIENCE: Duration = 60_000;

export async function carryOut(house: House, errand: Errand): Promise<void> {
  let priorAsked = false;
  for (;;) {
    errand.signal.throwIfAborted();
    const incident = await house.incidents.load(errand.incident);
    const action = incident?.actions.find((one) => one.id === errand.action);
    const key = incident === undefined ? undefined : keyOfIncident(incident);
    if (incident === undefined || action === undefined || key === undefined || action.ending !== undefined)
      return done(house, errand);
    if (openCallOf(action) !== undefined) {
      await settleOpenIntent(house, errand, incident, action, key);
      continue;
    }
    const read = await look(house, key, errand.signal);
    const step = nextStep({ action, read, prior: incident.prior, now: house.clock.now(), priorAsked });
    switch (step.kind) {
      case 'poll':
        await house.clock.sleep(step.after, errand.signal);
        break;
      case 'learnPrior':
        priorAsked = true;
        await learnPrior(house, errand, incident, key);
        break;
      case 'call':
        await callOnce(house, errand, action, key, step);
        break;
      case 'end':
        await change(
          house,
          errand.incident,
          { kind: 'ended', action: errand.action, ending: step.ending, read },
          { remove: [errand.effect] },
        );
        house.counters.count('actions', { kind: action.kind, ending: step.ending.kind });
        return;
    }
  }
}

/** Somebody else ended it, or nobody knows it: the effect has nothing left to do. */
async function done(house: House, errand: Errand): Promise<void> {
  await house.incidents.forget(errand.effect);
}

async function callOnce(
  house: House,
  errand: Errand,
  action: Action,
  key: KeyRef,
  step: Extract<NextStep, { kind: 'call' }>,
): Promise<void> {
  const refusal = await notAllowed(house, errand, action);
  if (refusal !== undefined) {
    await change(
      house,
      errand.incident,
      {
        kind: 'ended',
        action: action.id,
        ending: { kind: 'failed', why: { kind: 'noLongerAllowed', message: refusal } },
      },
      { remove: [errand.effect] },
    );
    return;
  }
  // The slot first: an intent must not grow old while it waits for its turn.
  await house.keys.slot(step.operation, key, errand.signal);
  // The wait may have been long: what destroys is planned again on the key as it is now.
  if (isDestructive(action.kind) && !(await stillPlanned(house, errand, action, key, step))) return;
  const material = step.materialId === undefined ? {} : { materialId: step.materialId };
  const intended = await change(house, errand.incident, (incident) => {
    const current = incident?.actions.find((one) => one.id === action.id);
    // Another runner was quicker: its intent, or its outcome, changes the plan.
    if (current === undefined || current.ending !== undefined || current.calls.length !== action.calls.length)
      return undefined;
    return {
      kind: 'intended',
      action: action.id,
      call: { operation: step.operation, intendedAt: house.clock.now(), runner: errand.runner, ...material },
    };
  });
  if (intended.kind !== 'saved') return;
  const started = house.clock.now();
  const outcome: CallOutcome = await house.keys.mutate({
    operation: step.operation,
    key,
    action: action.id,
    ...material,
  });
  house.log.info(
    {
      incident: errand.incident,
      action: action.id,
      key: key.arn,
      operation: step.operation,
      reason: outcome.kind,
      ms: house.clock.now() - started,
    },
    'KMS answered',
  );
  await change(house, errand.incident, { kind: 'answered', action: action.id, runner: errand.runner, outcome });
}

async function stillPlanned(
  house: House,
  errand: Errand,
  action: Action,
  key: KeyRef,
  step: Extract<NextStep, { kind: 'call' }>,
): Promise<boolean> {
  const [incident, read] = await Promise.all([house.incidents.load(errand.incident), look(house, key, errand.signal)]);
  const current = incident?.actions.find((one) => one.id === action.id);
  if (incident === undefined || current === undefined) return false;
  const again = nextStep({ action: current, read, prior: incident.prior, now: house.clock.now(), priorAsked: true });
  return again.kind === 'call' && again.operation === step.operation && again.materialId === step.materialId;
}

/** Why the asker may not (any more); roles are read again right before each call. `undefined`: may. */
async function notAllowed(house: House, errand: Errand, action: Action): Promise<string | undefined> {
  if (action.by.via === 'terminal') return undefined;
  const since = house.clock.now();
  for (;;) {
    const membership = await house.people.check(action.by.person, 'responder', toleranceOf(action.kind));
    switch (membership.kind) {
      case 'may':
        return undefined;
      case 'mayNot':
        return membership.why;
      case 'unknown':
        if (house.clock.now() - since > ROLE_PATIENCE) return membership.message;
        await house.clock.sleep(5_000, errand.signal);
    }
  }
}

/** An intent without an outcome: read until the state shows it, for ten seconds; then it counts as not known. */
async function settleOpenIntent(
  house: House,
  errand: Errand,
  incident: Incident,
  action: Action,
  key: KeyRef,
): Promise<void> {
  const open = openCallOf(action);
  if (open === undefined) return;
  const read = await look(house, key, errand.signal);
  const reached = hasReached(open.operation, read);
  const patience = open.intendedAt + OPEN_INTENT_READS - house.clock.now();
  if (!reached && patience > 0) return house.clock.sleep(Math.min(1_000, patience), errand.signal);
  await change(house, incident.id, {
    kind: 'answered',
    action: action.id,
    runner: open.runner,
    outcome: reached ? { kind: 'confirmedByRead' } : { kind: 'ambiguous', message: 'the answer of KMS was lost' },
  });
}

function hasReached(operation: string, read: KeyRead): boolean {
  if (read.kind !== 'read') return false;
  const { state } = read.snapshot;
  switch (operation) {
    case 'CancelKeyDeletion':
      return state !== 'PendingDeletion' && state !== 'PendingReplicaDeletion';
    case 'EnableKey':
      return state === 'Enabled';
    case 'DisableKey':
      return state === 'Disabled';
    case 'DeleteImportedKeyMaterial':
      return state === 'PendingImport';
    default:
      return false;
  }
}

async function learnPrior(house: House, errand: Errand, incident: Incident, key: KeyRef): Promise<void> {
  const prior: Prior | undefined = await priorBefore(house, incident, key, errand.signal);
  if (prior !== undefined) await change(house, incident.id, { kind: 'prior', prior });
}
