/** What becomes of an action: its calls, their outcomes, its end and what it leaves behind. */
import type { Action } from './action.ts';
import { heedingAnswers } from './blocked.ts';
import { conclude } from './conclude.ts';
import { released } from './containment.ts';
import type { Context, Happening } from './happening.ts';
import type { ActionId, Instant } from './ids.ts';
import { approvalOf, type Incident, type Prior } from './incident.ts';
import type { KeyRead } from './key.ts';
import { isDone } from './reading.ts';
import { isHeld, noted, touched, withDanger } from './record.ts';
import { decided, nothing, type Verdict } from './verdict.ts';

/** Changes one action of the record; one it does not have is not ours. */
export function onAction(incident: Incident, id: ActionId, change: (action: Action) => Action): Verdict {
  if (!incident.actions.some((action) => action.id === id)) return nothing('not ours to say');
  return decided(
    touched({ ...incident, actions: incident.actions.map((action) => (action.id === id ? change(action) : action)) }),
  );
}

/** Only the runner that wrote the intent may write its outcome; a late one is discarded. */
export function onAnswered(
  incident: Incident,
  happening: Extract<Happening, { kind: 'answered' }>,
  context: Context,
): Verdict {
  const action = incident.actions.find((one) => one.id === happening.action);
  const index = action?.calls.findIndex((call) => call.outcome === undefined && call.runner === happening.runner) ?? -1;
  if (action === undefined || index < 0) return nothing('not ours to say');
  const outcome = { ...happening.outcome, at: context.now };
  const verdict = onAction(incident, happening.action, (one) => ({
    ...one,
    calls: one.calls.map((call, at) => (at === index ? { ...call, outcome } : call)),
  }));
  if (verdict.kind !== 'decided') return verdict;
  return decided(
    noted(heedingAnswers(verdict.decision.incident), context.now, { kind: 'called', action: action.id, call: index }),
  );
}

/** An action is over once. What it leaves behind (a hold, a danger) is decided with the key as it was read after it. */
export function onEnded(
  incident: Incident,
  happening: Extract<Happening, { kind: 'ended' }>,
  context: Context,
): Verdict {
  const action = incident.actions.find((one) => one.id === happening.action);
  if (action === undefined || action.ending !== undefined) return nothing('not ours to say');
  const verdict = onAction(incident, happening.action, (one) => ({
    ...one,
    ending: { ...happening.ending, at: context.now },
  }));
  if (verdict.kind !== 'decided') return verdict;
  const next = noted(verdict.decision.incident, context.now, { kind: 'ended', action: action.id });
  return conclude(
    isDone(happening.ending) ? withConsequence(next, action, happening.read, context.now) : next,
    happening.read,
    context,
    false,
    happening.action,
  );
}

/** What an action of ours leaves behind. */
function withConsequence(incident: Incident, action: Action, read: KeyRead | undefined, now: Instant): Incident {
  switch (action.kind) {
    case 'disable':
      // Held on purpose from here on: nobody enables it alone.
      return { ...incident, prior: { kind: 'known', state: 'Disabled', from: 'read', at: now } };
    case 'deleteMaterial':
      return withDanger(incident, 'materialDeleted', now);
    case 'scheduleDeletion':
      return withDanger(incident, 'deletionScheduled', now);
    case 'enable':
      // On again, on purpose: a rescue later in this round brings it back to this.
      if (!isEnabled(read)) return incident;
      return agreedUnderHold(incident, action)
        ? released(enabledAnew(incident, now), action.by, now)
        : enabledAnew(incident, now);
    case 'rescue':
      // The state before a danger stays what it was; only a hold is over.
      return isEnabled(read) && isHeld(incident.prior) ? { ...incident, prior: enabledSince(now) } : incident;
    case 'cancelDeletion':
      return incident;
  }
}

/** Whoever agreed to it knew of the hold, which is over as well; a hold that came later is not. */
function agreedUnderHold(incident: Incident, action: Action): boolean {
  const status = approvalOf(incident, action.approval)?.status;
  return incident.hold !== undefined && status?.kind === 'granted' && incident.hold.at <= status.at;
}

const isEnabled = (read: KeyRead | undefined): boolean => read?.kind === 'read' && read.snapshot.state === 'Enabled';

const wasEnabled = (prior: Prior): boolean => prior.kind === 'known' && prior.state === 'Enabled';

const enabledAnew = (incident: Incident, now: Instant): Incident =>
  wasEnabled(incident.prior) ? incident : { ...incident, prior: enabledSince(now) };

const enabledSince = (now: Instant): Prior => ({ kind: 'known', state: 'Enabled', from: 'read', at: now });
