/**
 * Carrying an action out: read → plan → (slot → intent → call → outcome) → read …, until the plan says how it ended.
 * Every step begins from the record, so the loop may die anywhere and be run again, also by two runners at once: only the
 * runner whose intent stands in the record may send.
 */
import { type Action, type CallOutcome, type Ending, type FailureReason, openCallOf } from '../domain/action.ts';
import type { Proof } from '../domain/approval.ts';
import type { ActionId, Duration, EffectId, IncidentId, Instant, KeyRef } from '../domain/ids.ts';
import { type Incident, keyOfIncident, type Prior } from '../domain/incident.ts';
import { isPending, type KeyRead, type KeySnapshot } from '../domain/key.ts';
import { endOfRefused, type NextStep, nextStep, OPEN_INTENT_READS } from '../domain/plan.ts';
import { isDestructive } from '../domain/policy.ts';
import { heldAgainstLastGood, restores } from './as-before.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { A_SECOND } from './judgement.ts';
import { keepOpening } from './know.ts';
import { priorBefore } from './learn.ts';
import { look } from './look.ts';
import { proveNow } from './prove-now.ts';
import { writeAudit } from './record-audit.ts';
import { within } from './within.ts';

export interface Errand {
  readonly incident: IncidentId;
  readonly action: ActionId;
  readonly effect: EffectId;
  /** Names this run among all runs of all processes. */
  readonly runner: string;
  readonly signal: AbortSignal;
}
interface Planned {
  readonly action: Action;
  readonly key: KeyRef;
  readonly read: KeyRead;
  readonly step: Extract<NextStep, { kind: 'call' }>;
}
/** `unsureSince`: when Slack first could not say; a wait in KMS's lane is no silence of Slack. */
type Run = Errand & { unsureSince?: Instant };

/** How long Slack may be unable to say who somebody is before the action is given up. */
const ROLE_PATIENCE: Duration = 60_000;
const ASK_AGAIN: Duration = 5_000;
const UNTRACED = 'the audit trail cannot be written, and nothing is destroyed without it';
const LATE = 'too much time went by between the proof and its call; it was not sent';

export async function carryOut(house: House, errand: Errand): Promise<void> {
  let priorAsked = false;
  const run: Run = { ...errand };
  let opening: Promise<void> | undefined;
  for (;;) {
    errand.signal.throwIfAborted();
    const incident = await house.incidents.load(errand.incident);
    const action = incident?.actions.find((one) => one.id === errand.action);
    const key = incident === undefined ? undefined : keyOfIncident(incident);
    if (incident === undefined || action === undefined || key === undefined || action.ending !== undefined)
      return done(house, errand, incident);
    if (openCallOf(action) !== undefined) {
      await settleOpenIntent(house, errand, incident, action, key);
      continue;
    }
    const read = await look(house, key, errand.signal);
    // Beside the calls, which change nothing of it: a rescue waits for nothing.
    if (read.kind === 'read' && restores(action)) opening ??= opened(house, incident, read.snapshot);
    const { prior, hold } = incident;
    const step = nextStep({ action, read, prior, hold, now: house.clock.now(), priorAsked });
    switch (step.kind) {
      case 'poll':
        await house.clock.sleep(step.after, errand.signal);
        break;
      case 'learnPrior':
        priorAsked = true;
        await learnPrior(house, errand, incident, key);
        break;
      case 'call':
        await callOnce(house, run, { action, key, read, step });
        break;
      case 'end':
        await opening;
        await end(
          house,
          errand,
          action,
          await heldAgainstLastGood(house, incident, { action, key, read, ending: step.ending }, errand.signal),
          read,
        );
        break;
    }
  }
}

async function opened(house: House, incident: Incident, snapshot: KeySnapshot): Promise<void> {
  try {
    await keepOpening(house, incident, snapshot);
  } catch (error) {
    house.log.warn({ incident: incident.id, error }, 'the shape of a key was not kept before a rescue');
  }
}

/** It has ended, or nobody knows it. The trace comes first: whoever dies before it is written is run again for it. */
async function done(house: House, errand: Errand, incident: Incident | undefined): Promise<void> {
  const trace = incident === undefined ? 'written' : await writeAudit(house, incident, { action: errand.action });
  if (trace !== 'lost') await house.incidents.forget(errand.effect);
}

async function callOnce(house: House, errand: Run, { action, key, read, step }: Planned): Promise<void> {
  // The slot first: neither a proof nor an intent may grow old while it waits for its turn.
  await house.keys.slot(step.operation, key, action.errand === undefined ? 'one' : 'many', errand.signal);
  const proven = await proveNow(house, { incident: errand.incident, action, key, step, read, signal: errand.signal });
  // Slack has answered: the next silence is a new one.
  if (proven.kind !== 'unsure') delete errand.unsureSince;
  switch (proven.kind) {
    case 'planAgain':
      return;
    case 'refused':
      return refuse(house, errand, { action, read }, proven.why);
    case 'unsure':
      // A silent Slack is asked again for a while; the plan then begins afresh.
      errand.unsureSince ??= house.clock.now();
      if (!proven.passing || house.clock.now() - errand.unsureSince > ROLE_PATIENCE)
        return refuse(house, errand, { action, read }, { kind: 'noLongerAllowed', message: proven.message });
      return house.clock.sleep(ASK_AGAIN, errand.signal);
    case 'proven':
      return send(house, errand, { action, key, read, step }, proven.proof);
  }
}

/** The intent, its trace, the call, its outcome, its trace. Only the runner whose intent stands in the record may send. */
async function send(house: House, errand: Errand, { action, read, step }: Planned, proof: Proof): Promise<void> {
  const material = step.materialId === undefined ? {} : { materialId: step.materialId };
  const intended = await change(house, errand.incident, (incident) =>
    isAsPlanned(incident, action) && !isHeldSince(incident, action, step)
      ? {
          kind: 'intended',
          action: action.id,
          call: { operation: step.operation, intendedAt: house.clock.now(), runner: errand.runner, ...material },
        }
      : undefined,
  );
  if (intended.kind !== 'saved') return;
  const trace = writeAudit(house, intended.incident, { action: action.id });
  // What saves does not wait for the trail: its trace is written meanwhile, and what became of that is looked at after the call.
  trace.catch(() => undefined);
  const isUntraced = isDestructive(action.kind) && (await trace) !== 'written';
  const started = house.clock.now();
  const refusal = isUntraced ? UNTRACED : started >= untilOf(proof) ? LATE : undefined;
  const outcome: CallOutcome =
    refusal === undefined ? await house.keys.mutate({ proof }) : { kind: 'notSent', message: refusal };
  house.log.info(
    {
      incident: errand.incident,
      action: action.id,
      key: proof.right.key.arn,
      operation: step.operation,
      reason: outcome.kind,
      ms: house.clock.now() - started,
    },
    'KMS answered',
  );
  const answered = await change(house, errand.incident, {
    kind: 'answered',
    action: action.id,
    runner: errand.runner,
    outcome,
  });
  // One after the other: what was meant comes before what became of it.
  if (!isDestructive(action.kind)) await within(house, A_SECOND, trace);
  if (answered.kind !== 'saved') return;
  const sent = answered.incident.actions.find((one) => one.id === action.id);
  if (refusal === UNTRACED && sent !== undefined)
    return refuse(house, errand, { action: sent, read }, { kind: 'auditUnwritable', message: UNTRACED });
  const after = writeAudit(house, answered.incident, { action: action.id });
  if (isDestructive(action.kind)) await after;
  else await within(house, A_SECOND, after);
}

const untilOf = ({ right }: Proof): Instant => right.until ?? Number.POSITIVE_INFINITY;

/** Another runner that was quicker, with an intent, an outcome or an end, changes the plan. */
function isAsPlanned(incident: Incident | undefined, planned: Action): boolean {
  const current = incident?.actions.find((one) => one.id === planned.id);
  return current !== undefined && current.ending === undefined && current.calls.length === planned.calls.length;
}

/** Somebody has put the key on hold since the step was proven, and was told that no rescue switches it on: planned once more. */
const isHeldSince = (incident: Incident | undefined, { kind }: Action, { operation }: Planned['step']): boolean =>
  kind === 'rescue' && operation === 'EnableKey' && incident?.hold !== undefined;

const refuse = (
  house: House,
  errand: Errand,
  { action, read }: Pick<Planned, 'action' | 'read'>,
  why: FailureReason,
): Promise<void> => end(house, errand, action, endOfRefused(action, read, why));

/** Ends what is still as it was planned on: never "nothing was done" beside another runner's call. */
async function end(house: House, errand: Errand, action: Action, ending: Ending, read?: KeyRead): Promise<void> {
  const outcome = await change(house, errand.incident, (incident) =>
    isAsPlanned(incident, action)
      ? { kind: 'ended', action: action.id, ending, ...(read === undefined ? {} : { read }) }
      : undefined,
  );
  if (outcome.kind !== 'saved') return;
  house.counters.count('actions', { kind: action.kind, ending: ending.kind });
  house.keys.discard(action.id);
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
  const settled = await change(house, incident.id, {
    kind: 'answered',
    action: action.id,
    runner: open.runner,
    outcome: reached ? { kind: 'confirmedByRead' } : { kind: 'ambiguous', message: 'the answer of KMS was lost' },
  });
  if (settled.kind === 'saved') await writeAudit(house, settled.incident, { action: action.id });
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
    case 'ScheduleKeyDeletion':
      return isPending(state);
    default:
      return false;
  }
}

async function learnPrior(house: House, errand: Errand, incident: Incident, key: KeyRef): Promise<void> {
  const prior: Prior | undefined = await priorBefore(house, incident, key, errand.signal);
  if (prior !== undefined) await change(house, incident.id, { kind: 'prior', prior, round: incident.round });
}
