/** What people want done: actions, requests that others must agree to, and the record behind a form. */
import type { Action } from './action.ts';
import { type Approval, isWaiting } from './approval.ts';
import { conclude, openFor, takingOver } from './conclude.ts';
import type { Effect } from './effect.ts';
import type {
  AskedHappening,
  ConsideredHappening,
  Context,
  RequestedHappening,
  ReviewedHappening,
} from './happening.ts';
import type { Instant } from './ids.ts';
import { approvalOf, type Incident, isOpen, runningAction, waitingApproval } from './incident.ts';
import { type Decision, withRead } from './reading.ts';
import { newIncident, noted, touched, withDanger } from './record.ts';
import { reviewed, withRequest } from './requests.ts';
import { decided, nothing, type Verdict } from './verdict.ts';

/** Somebody who may asked for an action: it starts, one at a time. */
export function onAsked(incident: Incident | undefined, happening: AskedHappening, context: Context): Verdict {
  const { action, read } = happening;
  if (incident?.actions.some((one) => one.id === action.id)) return nothing('known already');
  if (incident !== undefined && runningAction(incident) !== undefined) return nothing('already running');
  const open = openFor(incident, happening.opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const fresh = open.fresh ? withDanger(open.incident, 'action', context.now) : open.incident;
  const started = withAction(fresh, action, action.askedAt);
  const next = read === undefined ? started.incident : withRead(started.incident, read, context.rules);
  const learn: Effect[] = open.fresh ? [{ kind: 'learn', incident: next.id }] : [];
  return decided(next, [...started.effects, ...learn]);
}

const MOST_ACTIONS = 30;

function withAction(incident: Incident, action: Action, at: Instant): Decision {
  const actions = [...incident.actions, { ...action, round: incident.round }].slice(-MOST_ACTIONS);
  const next = touched(noted({ ...incident, actions }, at, { kind: 'asked', action: action.id }));
  const many = action.errand === undefined ? {} : ({ many: true } as const);
  return { incident: next, effects: [{ kind: 'carryOut', incident: next.id, action: action.id, ...many }] };
}

/** One request at a time, and none beside an action under way: what is agreed to must still be about this key. */
export function onRequested(incident: Incident | undefined, happening: RequestedHappening, context: Context): Verdict {
  const { approval, action, read } = happening;
  if (incident?.approvals.some((one) => one.id === approval.id)) return nothing('known already');
  if (incident !== undefined && runningAction(incident) !== undefined) return nothing('already running');
  const before = superseded(incident, approval, context.now);
  if (before !== undefined && isOpen(before) && waitingApproval(before) !== undefined)
    return nothing('already waiting');
  const open = openFor(before, happening.opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const fresh = open.fresh ? withDanger(open.incident, 'action', context.now) : open.incident;
  const next = withRequest(withRead(fresh, read, context.rules), approval, context.now);
  const learn: Effect[] = open.fresh ? [{ kind: 'learn', incident: next.id }] : [];
  if (action === undefined) return decided(next, learn);
  const started = withAction(next, action, context.now);
  return decided(started.incident, [...started.effects, ...learn]);
}

/** Nobody holds an admin up in an emergency by asking for something else first. */
function superseded(incident: Incident | undefined, approval: Approval, now: Instant): Incident | undefined {
  const waiting = incident === undefined ? undefined : waitingApproval(incident);
  if (incident === undefined || waiting === undefined || !approval.breakGlass) return incident;
  const outcome = reviewed(incident, waiting, { kind: 'supersede', by: approval.by }, now);
  return 'incident' in outcome ? outcome.incident : incident;
}

/** Agreed, declined, lapsed or void; the last agreement starts the action. */
export function onReviewed(incident: Incident, happening: ReviewedHappening, context: Context): Verdict {
  const approval = approvalOf(incident, happening.approval);
  if (approval === undefined) return nothing('not ours to say');
  // Agreeing would start a second action: the key is about to change, and this request with it.
  if (happening.event.kind === 'agree' && isWaiting(approval) && runningAction(incident) !== undefined)
    return nothing('already running');
  const outcome = reviewed(incident, approval, happening.event, context.now);
  if (!('incident' in outcome)) {
    switch (outcome.kind) {
      case 'unchanged':
        return nothing('known already');
      case 'over':
        return nothing('decided before');
      case 'ownRequest':
        return nothing('own request');
      case 'agreedAlready':
        return nothing('agreed already');
    }
  }
  const { status } = outcome.approval;
  if (status.kind !== 'granted') return conclude(outcome.incident, happening.read, context, false);
  const started = withAction(outcome.incident, happening.action, context.now);
  return decided(started.incident, started.effects);
}

/** The record behind a form about a healthy key: closed, without a card, until somebody decides. */
export function onConsidered(
  incident: Incident | undefined,
  happening: ConsideredHappening,
  context: Context,
): Verdict {
  if (incident !== undefined && isOpen(incident)) return conclude(incident, happening.read, context, false);
  if (incident !== undefined) return decided({ ...incident, read: happening.read });
  const { opening, read } = happening;
  const fresh = takingOver(
    newIncident({ ...opening, channel: context.rules.channelOf(opening.subject), now: context.now }),
    opening,
  );
  const phase = { kind: 'closed', at: context.now, outcome: 'noDanger' } as const;
  return decided({ ...fresh, read, phase, round: 0, card: { ...fresh.card, shownRevision: fresh.revision } });
}
