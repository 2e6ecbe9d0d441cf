/** What a read of the key changes: state entries, the countdown, when to look again, and whether the danger is over. */
import type { ActionKind, Ending } from './action.ts';
import { comparedAgainAt, isNotAsBefore, isOnlyWished, isPolicyBack } from './as-before.ts';
import { isUnusable, nextAsking } from './attention.ts';
import { isOnlyBlocked, staysBlocked } from './blocked.ts';
import { countdownAfter, nextEndLook, nextMoment, rescheduling } from './deadline.ts';
import { isLivePlan, lapseOf } from './decommission.ts';
import type { Effect } from './effect.ts';
import type { ActionId, Duration, Instant } from './ids.ts';
import {
  actionsOfRound,
  type DangerKind,
  type Incident,
  isOpen,
  type Outcome,
  type Rules,
  runningAction,
  waitingApproval,
} from './incident.ts';
import { isPending, type KeyRead, type KeySnapshot, type KeyState } from './key.ts';
import { endangers } from './opening.ts';
import { nextPage } from './page.ts';
import { noted, touched, withDanger } from './record.ts';
import { recoveryDue } from './recovery.ts';
import { DOUBT, expiryDue, inDoubt } from './requests.ts';
import { CONTRADICTION, mayBeStale, mayStillShow, SECOND_LOOK } from './stale.ts';
import { relativesAfter } from './survivors.ts';
import { isInWorseState } from './worse.ts';

export interface Decision {
  readonly incident: Incident;
  readonly effects: readonly Effect[];
}

/** Dangers that an enabled key does not end: a person must look at them. */
export const LASTING: readonly DangerKind[] = [
  'ownRoleMisused',
  'policyChanged',
  'rescueBlocked',
  'watched',
  'materialExpiring',
  'trailBlinded',
  'unsubscribed',
  'suspect',
];

const RESTORING: readonly ActionKind[] = ['rescue', 'enable', 'cancelDeletion'];
const REREAD_UNSEEN: Duration = 2_000;
const REREAD_UNREADABLE: Duration = 60_000;
const REREAD_AFTER_ACTION: Duration = 30_000;

type ReadWord = KeyState | 'gone' | 'unreadable';
export const wordOf = (read: KeyRead): ReadWord => (read.kind === 'read' ? read.snapshot.state : read.kind);
export const readAtOf = (read: KeyRead): Instant => (read.kind === 'read' ? read.snapshot.readAt : read.readAt);

/** Takes a read into the record. An older read than the one there changes nothing. */
export function withRead(incident: Incident, read: KeyRead, rules: Rules, by?: ActionId): Incident {
  if (incident.read !== undefined && readAtOf(read) < readAtOf(incident.read)) return incident;
  const from = incident.read === undefined ? undefined : wordOf(incident.read);
  const to = wordOf(read);
  let next: Incident = {
    ...incident,
    read: withFamily(incident, read),
    ...sinceOf(incident, read),
    ...outOfUseAfter(incident, read),
    ...relativesAfter(read),
    ...usageAfter(read),
  };
  if (from !== to) {
    next = touched(
      noted(next, readAtOf(read), {
        kind: 'state',
        to,
        ...(from === undefined ? {} : { from }),
        ...(by === undefined ? {} : { by }),
      }),
    );
  }
  if (read.kind !== 'read') return next;
  next = endangers(read.snapshot)
    ? endangered(next, read.snapshot)
    : { ...next, calmSince: incident.calmSince ?? read.snapshot.readAt };
  if (isInWorseState(incident, next)) next = unheard(next);
  const countdown = countdownAfter(incident.countdown, read.snapshot, rules);
  const { countdown: _old, ...rest } = next;
  // A replica that could not be read just now does not end the family's countdown.
  if (countdown === undefined && read.snapshot.state === 'PendingReplicaDeletion') return next;
  if (countdown === undefined) return incident.countdown === undefined ? rest : undecidedAnew(rest);
  if (incident.countdown !== undefined && incident.countdown.deletionDate !== countdown.deletionDate) {
    const body = rescheduling(incident.countdown, countdown);
    return touched(noted({ ...unheard(rest), countdown }, read.snapshot.readAt, body));
  }
  return { ...(incident.countdown === undefined ? unheard(rest) : rest), countdown };
}

/** A calm key's family is not looked at each time: what was read of it stays until it is read anew. */
function withFamily(incident: Incident, read: KeyRead): KeyRead {
  const family = incident.read?.kind === 'read' ? incident.read.snapshot.family : undefined;
  if (read.kind !== 'read' || read.snapshot.family !== undefined || family === undefined) return read;
  return { kind: 'read', snapshot: { ...read.snapshot, family } };
}

/** What a key is for never changes; most encrypt, and are not worth a field. */
const usageAfter = (read: KeyRead): Pick<Incident, 'usage'> =>
  read.kind !== 'read' || read.snapshot.usage === '' || read.snapshot.usage === 'ENCRYPT_DECRYPT'
    ? {}
    : { usage: read.snapshot.usage };

/** Since when the key is in its state. Not being able to read it in between is no other state. */
function sinceOf({ stateSince }: Incident, read: KeyRead): Pick<Incident, 'stateSince'> {
  if (read.kind !== 'read') return {};
  const { state, readAt } = read.snapshot;
  return stateSince?.state === state ? { stateSince } : { stateSince: { state, at: readAt } };
}

/** One unusable stretch may run through several states: disabled, then scheduled. */
function outOfUseAfter({ outOfUse }: Incident, read: KeyRead): Pick<Incident, 'outOfUse'> {
  if (read.kind !== 'read') return {};
  const { readAt } = read.snapshot;
  if (isUnusable({ read })) return { outOfUse: { since: readAt, ...outOfUse } };
  return { outOfUse: { usableAt: readAt } };
}

/** The date is gone: what is asked from here on begins from the first question. */
function undecidedAnew(incident: Incident): Incident {
  const { asked: _asked, ...rest } = incident;
  return rest;
}

/** A new date, or a worse state, is news to everybody: whoever acknowledged, acknowledged something else. */
function unheard(incident: Incident): Incident {
  const { attention: _attention, asked: _asked, ...rest } = incident;
  return rest;
}

/** What was only unreadable, or only asked for, and now reads endangered, has that danger. */
function endangered(incident: Incident, snapshot: KeySnapshot): Incident {
  const { calmSince: _calmSince, ...rest } = incident;
  const seen: Incident = { ...rest, sawDanger: true };
  return isPending(snapshot.state) && !incident.dangers.some((danger) => danger.kind === 'deletionScheduled')
    ? touched(withDanger(seen, 'deletionScheduled', snapshot.readAt))
    : seen;
}

/** Closes what is over and says when to look again. Called at the end of every decision about a key. */
export function settled(incident: Incident, now: Instant): Decision {
  if (!isOpen(incident) || incident.subject.kind !== 'key') return { incident, effects: [] };
  if (runningAction(incident) !== undefined) return { incident: lookAgain(incident, undefined), effects: [] };
  // Somebody may still agree: the end comes when the request is over.
  if (waitingApproval(incident) !== undefined)
    return { incident: lookAgain(incident, inDoubt(incident) ? now + DOUBT : rereadAt(incident, now)), effects: [] };
  const outcome = outcomeOf(incident, now);
  if (outcome === undefined) return { incident: lookAgain(incident, rereadAt(incident, now)), effects: [] };
  const effects: Effect[] = [];
  let ended: Incident = incident;
  if (outcome === 'deleted' && incident.countdown !== undefined && !incident.countdown.endTold) {
    const reminder = { kind: 'end', deletionDate: incident.countdown.deletionDate } as const;
    effects.push({ kind: 'remind', incident: incident.id, reminder, volume: 'broadcast' });
    ended = { ...incident, countdown: { ...incident.countdown, endTold: true } };
  }
  // What is left of the key is what we know of it: that is kept where everybody finds it.
  if (outcome === 'deleted') effects.push({ kind: 'report', incident: incident.id });
  return { incident: closed(ended, now, outcome), effects };
}

export function closed(incident: Incident, now: Instant, outcome: Outcome): Incident {
  const { nextReadAt: _nextReadAt, ...rest } = incident;
  return touched(noted({ ...rest, phase: { kind: 'closed', at: now, outcome } }, now, { kind: 'closed', outcome }));
}

function outcomeOf(incident: Incident, now: Instant): Outcome | undefined {
  const { read } = incident;
  switch (read?.kind) {
    case undefined:
    case 'unreadable':
      return undefined;
    case 'gone':
      // Before its date a missing key is more likely a lagging replica of KMS's own store: look again first.
      return incident.countdown !== undefined && now < incident.countdown.deletionDate ? undefined : 'deleted';
    case 'read':
      break;
  }
  const { state } = read.snapshot;
  // What is kept off on purpose stays in sight until somebody releases it.
  if (incident.hold !== undefined) return undefined;
  // It was only that nobody could read it.
  if (!endangers(read.snapshot) && incident.dangers.every((danger) => danger.kind === 'unreadable'))
    return 'readableAgain';
  if (incident.dangers.some((danger) => lasts(incident, danger.kind))) return undefined;
  if (mayStillShow(incident, now)) return undefined;
  // Somebody means to delete it: open until it is scheduled, or they do not any more.
  if (isLivePlan(incident.plan)) return undefined;
  // Nothing but a wish of ours was ever the matter, and the key is as it was.
  if (isOnlyWished(incident) && isAsBefore(incident, state)) {
    const last = actionsOfRound(incident).at(-1)?.ending?.kind;
    return last === undefined || last === 'failed' ? 'noDanger' : calmOutcome(incident, now);
  }
  // It was only that we could not have rescued it.
  if (isOnlyBlocked(incident) && isAsBefore(incident, state)) return 'recovered';
  if (isNotAsBefore(incident)) return undefined;
  if (state === 'Enabled') {
    if (!incident.sawDanger && now - incident.openedAt < CONTRADICTION) return undefined;
    return calmOutcome(incident, now);
  }
  // Disabled is calm only when that is how the key was before somebody scheduled it.
  const wasDisabled = incident.prior.kind === 'known' && incident.prior.state === 'Disabled';
  const wasScheduled = incident.dangers.some((danger) => danger.kind === 'deletionScheduled') && incident.sawDanger;
  if (state === 'Disabled' && wasDisabled && wasScheduled) {
    return calmOutcome(incident, now);
  }
  return undefined;
}

/** It still holds its incident open, whatever state the key is in. */
export const lasts = (incident: Incident, danger: DangerKind): boolean =>
  LASTING.includes(danger) &&
  !(danger === 'policyChanged' && isPolicyBack(incident)) &&
  !(danger === 'rescueBlocked' && !staysBlocked(incident));

/** In the state before the danger. */
export const isAsBefore = ({ prior }: Incident, state: KeyState): boolean =>
  prior.kind === 'known' ? prior.state === state : state === 'Enabled';

/** Ours when our last action of this round restored it; somebody else's once two reads, seconds apart, agree. */
function calmOutcome(incident: Incident, now: Instant): Outcome | undefined {
  const last = actionsOfRound(incident).at(-1);
  const verified = last?.ending !== undefined && isDone(last.ending);
  if (verified && RESTORING.includes(last.kind)) return 'restored';
  // Held by a person of ours, and enabled by somebody else: that is not over.
  if (
    verified &&
    last.kind === 'disable' &&
    incident.read?.kind === 'read' &&
    incident.read.snapshot.state === 'Enabled'
  )
    return undefined;
  return incident.calmSince !== undefined && now - incident.calmSince >= SECOND_LOOK ? 'recovered' : undefined;
}

/** In the state that was wanted; whether it is as it was beside that was judged already. */
export const isDone = (ending: Ending): boolean =>
  ending.kind === 'verified' || (ending.kind === 'amber' && ending.why === 'notAsBefore');

function rereadAt(incident: Incident, now: Instant): Instant | undefined {
  const { read, countdown } = incident;
  if (read === undefined) return now + REREAD_UNSEEN;
  if (read.kind === 'unreadable') return now + REREAD_UNREADABLE;
  if (read.kind === 'gone') return now + REREAD_UNREADABLE;
  if (incident.calmSince !== undefined && now - incident.calmSince < SECOND_LOOK)
    return incident.calmSince + SECOND_LOOK;
  if (!incident.sawDanger && read.snapshot.state === 'Enabled' && now - incident.openedAt < CONTRADICTION)
    return now + REREAD_UNSEEN;
  // The same where something was told of an incident that has long been open.
  const { state } = read.snapshot;
  if ((state === 'Enabled' || isAsBefore(incident, state)) && mayBeStale(incident, now)) return now + REREAD_UNSEEN;
  if (countdown !== undefined && now > countdown.deletionDate) return nextEndLook(countdown.deletionDate, now);
  if (mayStillShow(incident, now)) return now + REREAD_AFTER_ACTION;
  const comparedAt = comparedAgainAt(incident, now);
  if (comparedAt !== undefined) return comparedAt;
  const lastEnding = incident.actions.at(-1)?.ending;
  if (lastEnding !== undefined && lastEnding.kind !== 'verified' && now - lastEnding.at < 5 * REREAD_AFTER_ACTION)
    return now + REREAD_AFTER_ACTION;
  return undefined;
}

function lookAgain(incident: Incident, at: Instant | undefined): Incident {
  const { nextReadAt: _nextReadAt, ...rest } = incident;
  return at === undefined ? rest : { ...rest, nextReadAt: at };
}

/** When an incident next wants to be looked at; `undefined`: only when something happens. */
export function dueOf(incident: Incident, rules: Rules, now: Instant): Instant | undefined {
  if (!isOpen(incident)) return recoveryDue(incident, now);
  const moments = [
    incident.nextReadAt,
    expiryDue(incident),
    nextAsking(incident, rules),
    nextPage(incident, rules, now),
    lapseOf(incident),
    incident.search?.state === 'searching' ? incident.search.nextAt : undefined,
    incident.countdown === undefined || runningAction(incident) !== undefined
      ? undefined
      : afterDate(incident, rules, now),
    incident.losses === undefined || runningAction(incident) !== undefined
      ? undefined
      : nextMoment(incident.losses, rules, now),
  ].filter((moment) => moment !== undefined);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** Past the date, `nextReadAt` paces the looks; before it, the next milestone or the date itself. */
function afterDate(incident: Incident, rules: Rules, now: Instant): Instant | undefined {
  const { countdown, nextReadAt } = incident;
  if (countdown === undefined) return undefined;
  const moment = nextMoment(countdown, rules, now);
  if (moment === undefined) return undefined;
  return nextReadAt !== undefined && moment > countdown.deletionDate ? Math.max(moment, nextReadAt) : moment;
}
