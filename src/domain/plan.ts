/**
 * The saga of an action, as a pure function: from the record of calls and a fresh read to the next step. It is asked anew
 * after every call, poll and crash, and so resumes at any point without remembering where it was.
 *
 * At most one effective mutation: an intent without an outcome (a crash) first becomes one by reading. `CancelKeyDeletion`,
 * `EnableKey` and `DisableKey` may then be sent once more; what destroys goes to a person as unknown.
 *
 * Above 300 lines: six sagas that share one way of calling, waiting and giving up.
 */
import type { Action, AmberReason, CallRecord, Ending, FailureReason } from './action.ts';
import type { Hold } from './containment.ts';
import { failureText } from './failure-text.ts';
import type { Duration, Instant } from './ids.ts';
import type { Prior } from './incident.ts';
import { answerOf, isPending, type KeyRead, type KeySnapshot, kindOf, type Mutation } from './key.ts';
import { isDestructive } from './policy.ts';

export type NextStep =
  | { readonly kind: 'call'; readonly operation: Mutation; readonly materialId?: string }
  /** Read again after `after` ms: KMS is eventually consistent, or asked for patience. */
  | { readonly kind: 'poll'; readonly after: Duration }
  /** The state before the danger is not known yet: ask CloudTrail once, then plan again. */
  | { readonly kind: 'learnPrior' }
  | { readonly kind: 'end'; readonly ending: Ending };

/** How long a read may lag behind a successful call: "usually under a few seconds, sometimes several minutes". */
const CONSISTENCY: Duration = 60_000;
/** How long to read before an intent without outcome counts as not done. */
export const OPEN_INTENT_READS: Duration = 10_000;
/** Calls of one operation that may have been sent (also those whose answer was lost). */
const MOST_SENT = 2;
/** Calls that never had an effect: throttled, or not sent. */
const MOST_TRIES = 8;

/** However KMS answers, an action ends: a key that keeps changing or settling goes back to a person. */
const PATIENCE: Duration = 1_800_000;

const end = (ending: Ending): NextStep => ({ kind: 'end', ending });
const fail = (why: FailureReason): NextStep => end({ kind: 'failed', why });

interface Situation {
  readonly action: Action;
  readonly read: KeyRead;
  readonly prior: Prior;
  /** Somebody keeps the key off on purpose: it is not switched on by a rescue. */
  readonly hold?: Hold | undefined;
  readonly now: Instant;
  /** Whether CloudTrail was already asked for the state before. */
  readonly priorAsked: boolean;
}

/** The next step of an action; never asks for a call that the key-state table refuses. */
export function nextStep(situation: Situation): NextStep {
  const step = patientStep(situation);
  // Once something that destroys was sent, whatever fails afterwards does not say that it was not done.
  if (step.kind !== 'end' || step.ending.kind !== 'failed' || !mayBeDestroyed(situation.action)) return step;
  const { why } = step.ending;
  return end({ kind: 'unknownOutcome', message: 'message' in why ? why.message : 'the key is gone' });
}

const mayBeDestroyed = (action: Action): boolean =>
  isDestructive(action.kind) && action.calls.some((made) => !isHarmless(made));

function patientStep(situation: Situation): NextStep {
  const { read, action, now } = situation;
  const step = stepOf(situation);
  const since = action.calls[0]?.intendedAt ?? action.askedAt;
  // A first call is never too late: the bot may have been down since the click.
  if (step.kind === 'end' || (step.kind === 'call' && !action.calls.some((made) => made.operation === step.operation)))
    return step;
  if (now - since < PATIENCE) return step;
  if (read.kind === 'read' && action.kind === 'rescue' && succeeded(action, 'CancelKeyDeletion'))
    return amber(read.snapshot, 'notRestored');
  const state = read.kind === 'read' ? read.snapshot.state : read.kind;
  return fail({ kind: 'gaveUp', message: `After half an hour the key still is ${state}.` });
}

function stepOf(situation: Situation): NextStep {
  const { read, action } = situation;
  switch (read.kind) {
    case 'gone':
      return fail({ kind: 'keyGone' });
    case 'unreadable':
      return withoutReading(situation, read.why.message);
    case 'read':
      break;
  }
  const { snapshot } = read;
  if (kindOf(snapshot) === 'awsManaged') {
    return fail({ kind: 'wrongState', state: snapshot.state, message: 'AWS manages this key: it can be viewed only.' });
  }
  switch (action.kind) {
    case 'rescue':
      return rescue(situation, snapshot);
    case 'cancelDeletion':
      return cancelDeletion(situation, snapshot);
    case 'enable':
      return reach(situation, snapshot, 'EnableKey', 'Enabled');
    case 'disable':
      return reach(situation, snapshot, 'DisableKey', 'Disabled');
    case 'deleteMaterial':
      return destroy(situation, snapshot, 'DeleteImportedKeyMaterial');
    case 'scheduleDeletion':
      return destroy(situation, snapshot, 'ScheduleKeyDeletion');
  }
}

function rescue(situation: Situation, snapshot: KeySnapshot): NextStep {
  const { action, prior, hold, priorAsked } = situation;
  switch (snapshot.state) {
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return call(situation, snapshot, 'CancelKeyDeletion');
    case 'Enabled':
      return verified(action, snapshot);
    case 'Disabled':
      if (hold !== undefined) return isOffBefore(prior) ? verified(action, snapshot) : onHold(snapshot, hold);
      if (prior.kind === 'unknown') {
        return priorAsked ? amber(snapshot, 'priorStateUnknown') : { kind: 'learnPrior' };
      }
      return prior.state === 'Disabled' ? verified(action, snapshot) : restore(situation, snapshot);
    case 'PendingImport':
      return amber(snapshot, 'materialMissing');
    case 'Unavailable':
      // Accepted while the store is disconnected; shows once it is connected again (key-state table, note 12).
      if (hold === undefined && prior.kind === 'known' && prior.state === 'Enabled' && !succeeded(action, 'EnableKey'))
        return restore(situation, snapshot);
      return amber(snapshot, 'storeDisconnected');
    case 'Creating':
    case 'Updating':
      return { kind: 'poll', after: 1_000 };
  }
}

const isOffBefore = (prior: Prior): boolean => prior.kind === 'known' && prior.state === 'Disabled';

/** Safe, and off: by whose will, for whoever reads no card. */
const onHold = ({ state }: KeySnapshot, { by, reason }: Hold): NextStep =>
  end({ kind: 'amber', state, why: 'held', message: `${by.user}: ${reason}` });

/** The second half of a rescue: what fails here leaves a key that is safe, but not as it was. */
function restore(situation: Situation, snapshot: KeySnapshot): NextStep {
  const step = call(situation, snapshot, 'EnableKey');
  if (step.kind !== 'end' || step.ending.kind !== 'failed') return step;
  return amber(
    snapshot,
    step.ending.why.kind === 'denied' || step.ending.why.kind === 'noRole' ? 'enableDenied' : 'enableFailed',
  );
}

function cancelDeletion(situation: Situation, snapshot: KeySnapshot): NextStep {
  const { action, prior } = situation;
  if (action.calls.length === 0 && !isPending(snapshot.state)) return wrongState('CancelKeyDeletion', snapshot);
  switch (snapshot.state) {
    case 'Disabled':
      return prior.kind === 'known' && prior.state === 'Disabled'
        ? verified(action, snapshot)
        : amber(snapshot, 'stillDisabled');
    case 'Enabled':
      return verified(action, snapshot);
    case 'PendingImport':
      return amber(snapshot, 'materialMissing');
    case 'Unavailable':
      return amber(snapshot, 'storeDisconnected');
    case 'Creating':
    case 'Updating':
      return { kind: 'poll', after: 1_000 };
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return call(situation, snapshot, 'CancelKeyDeletion');
  }
}

function reach(
  situation: Situation,
  snapshot: KeySnapshot,
  operation: 'EnableKey' | 'DisableKey',
  wanted: 'Enabled' | 'Disabled',
): NextStep {
  if (snapshot.state === wanted) return verified(situation.action, snapshot);
  if (snapshot.state === 'Unavailable' && succeeded(situation.action, operation))
    return amber(snapshot, 'storeDisconnected');
  return call(situation, snapshot, operation);
}

/** What destroys is sent once; any call that may have been done ends the asking: from there on only reading. */
function destroy(
  situation: Situation,
  snapshot: KeySnapshot,
  operation: 'DeleteImportedKeyMaterial' | 'ScheduleKeyDeletion',
): NextStep {
  const { action } = situation;
  const sent = action.calls.filter((made) => !isHarmless(made)).at(-1);
  if (sent === undefined) return call(situation, snapshot, operation);
  // Material may be deleted of a key that is pending already: only its own state proves that.
  const proves = operation === 'ScheduleKeyDeletion' ? isPending(snapshot.state) : snapshot.state === 'PendingImport';
  switch (sent.outcome?.kind) {
    case 'succeeded':
      if (proves || isPending(snapshot.state)) return verified(action, snapshot);
      return pollOrEnd(sent, situation.now, { kind: 'amber', state: snapshot.state, why: 'notVerified' });
    case 'confirmedByRead':
      return verified(action, snapshot);
    case 'ambiguous':
      if (proves) return verified(action, snapshot);
      return pollOrEnd(
        sent,
        situation.now,
        { kind: 'unknownOutcome', message: sent.outcome.message },
        OPEN_INTENT_READS,
      );
    case 'refused':
    case 'denied':
    case 'throttled':
    case 'notSent':
    case undefined:
      return { kind: 'poll', after: 500 };
  }
}

/** A call, unless one already succeeded (then wait for the read to follow), was refused, or was tried often enough. */
function call(situation: Situation, snapshot: KeySnapshot, operation: Mutation): NextStep {
  const { action, now } = situation;
  const answer = answerOf(operation, snapshot);
  if (answer.kind === 'fails') return wrongState(operation, snapshot);
  if (answer.kind === 'transient') return { kind: 'poll', after: 1_000 };
  const last = lastCall(action, operation);
  if (last !== undefined) {
    const step = afterCall(action, last, operation, now);
    if (step !== undefined) return step;
  }
  if (operation !== 'DeleteImportedKeyMaterial') return { kind: 'call', operation };
  const materialId = snapshot.currentMaterialId;
  // Without an id KMS deletes the current material, whichever that is by then: always say which (symmetric keys).
  if (kindOf(snapshot) === 'importedSymmetric' && materialId === undefined) {
    return fail({ kind: 'unreadable', message: 'KMS did not say which key material is current; nothing was deleted.' });
  }
  return { kind: 'call', operation, ...(kindOf(snapshot) === 'importedSymmetric' && materialId ? { materialId } : {}) };
}

/** What the last call of an operation leaves to do; `undefined`: send (once more). */
function afterCall(action: Action, last: CallRecord, operation: Mutation, now: Instant): NextStep | undefined {
  const { outcome } = last;
  if (outcome === undefined) return { kind: 'poll', after: 500 };
  switch (outcome.kind) {
    case 'succeeded':
    case 'confirmedByRead':
      return pollOrEnd(last, now, {
        kind: 'failed',
        why: { kind: 'gaveUp', message: 'KMS accepted the call, but the key does not show it yet.' },
      });
    case 'denied':
      return fail({ kind: 'denied', operation: outcome.operation, message: outcome.message });
    case 'refused':
      // The read says the call is possible, KMS says it is not: one of them is stale. Read on, then believe KMS.
      return pollOrEnd(
        last,
        now,
        { kind: 'failed', why: { kind: 'refused', error: outcome.error, message: outcome.message } },
        5_000,
      );
    case 'throttled':
    case 'notSent': {
      const tries = action.calls.filter((made) => made.operation === operation).length;
      if (tries >= MOST_TRIES) return fail({ kind: 'gaveUp', message: outcome.message });
      const pause = Math.min(10_000, 250 * 2 ** tries);
      return now - outcome.at < pause ? { kind: 'poll', after: pause - (now - outcome.at) } : undefined;
    }
    case 'ambiguous': {
      // From the intent on: whoever settled a dead runner's call has read as long already.
      if (now - last.intendedAt < OPEN_INTENT_READS) return { kind: 'poll', after: 1_000 };
      const sent = action.calls.filter((made) => made.operation === operation && !isHarmless(made)).length;
      return sent >= MOST_SENT ? fail({ kind: 'gaveUp', message: outcome.message }) : undefined;
    }
  }
}

/** Rescue is tried blind when the key cannot be read: cancelling what is not pending changes nothing. Never green. */
function withoutReading(situation: Situation, message: string): NextStep {
  const { action, now } = situation;
  const last = action.calls.at(-1);
  if (action.kind !== 'rescue' && action.kind !== 'cancelDeletion') {
    if (last === undefined || now - (last.outcome?.at ?? now) > CONSISTENCY)
      return fail({ kind: 'unreadable', message });
    return { kind: 'poll', after: 2_000 };
  }
  if (last === undefined) return { kind: 'call', operation: 'CancelKeyDeletion' };
  const step = afterCall(action, last, last.operation, now) ?? { kind: 'call', operation: last.operation };
  if (step.kind !== 'end') return step;
  return end({
    kind: 'failed',
    why:
      step.ending.kind === 'failed' && step.ending.why.kind !== 'gaveUp'
        ? step.ending.why
        : { kind: 'unreadable', message },
  });
}

const lastCall = (action: Action, operation: Mutation): CallRecord | undefined =>
  action.calls.filter((made) => made.operation === operation).at(-1);

const succeeded = (action: Action, operation: Mutation): boolean =>
  action.calls.some(
    (made) =>
      made.operation === operation && (made.outcome?.kind === 'succeeded' || made.outcome?.kind === 'confirmedByRead'),
  );

/** A call that surely changed nothing. */
const isHarmless = (made: CallRecord): boolean => {
  switch (made.outcome?.kind) {
    case 'throttled':
    case 'notSent':
    case 'denied':
    case 'refused':
      return true;
    case 'succeeded':
    case 'confirmedByRead':
    case 'ambiguous':
    case undefined:
      return false;
  }
};

function pollOrEnd(last: CallRecord, now: Instant, ending: Ending, patience: Duration = CONSISTENCY): NextStep {
  const since = now - (last.outcome?.at ?? now);
  if (since >= patience) return end(ending);
  return { kind: 'poll', after: since < 2_000 ? 150 : since < 10_000 ? 1_000 : 3_000 };
}

const verified = (action: Action, snapshot: KeySnapshot): NextStep =>
  end({
    kind: 'verified',
    state: snapshot.state,
    confirmedByRead: action.calls.some(
      (made) => made.outcome?.kind === 'confirmedByRead' || made.outcome?.kind === 'ambiguous',
    ),
  });

/** The end of an action that may not go on: a key whose deletion it has cancelled is safe, but not as it was. */
export const endOfRefused = (action: Action, read: KeyRead, why: FailureReason): Ending =>
  action.kind === 'rescue' && read.kind === 'read' && succeeded(action, 'CancelKeyDeletion')
    ? { kind: 'amber', state: read.snapshot.state, why: 'enableNotAllowed', message: failureText(why) }
    : { kind: 'failed', why };

const amber = (snapshot: KeySnapshot, why: AmberReason): NextStep => end({ kind: 'amber', state: snapshot.state, why });

function wrongState(operation: Mutation, snapshot: KeySnapshot): NextStep {
  const answer = answerOf(operation, snapshot);
  const message = answer.kind === 'fails' ? `${answer.error}: the key ${answer.message}` : '';
  return fail({ kind: 'wrongState', state: snapshot.state, message });
}
