/**
 * An open incident becomes worse while its card stands far up in the channel, where an edit tells nobody: a disabled key gets a date, its
 * material is gone, something may be lost earlier. That is said at once, and whoever acknowledged before, acknowledged less.
 */
import type { ActionKind } from './action.ts';
import { nextMoment, soonestOf } from './deadline.ts';
import { isPlanned } from './decommission.ts';
import type { Effect, Reminder } from './effect.ts';
import type { Duration, Instant } from './ids.ts';
import {
  actionsOfRound,
  type DangerKind,
  type Incident,
  isOpen,
  keyOfIncident,
  type News,
  type Rules,
} from './incident.ts';
import { isPending, type KeyState } from './key.ts';
import { touched } from './record.ts';
import { remindersOf, volumeNow } from './speaking.ts';
import { CONTRADICTION } from './stale.ts';

export type Worsening = Extract<Reminder, { kind: 'worse' }>;
export type Change = Worsening['change'];

const MINUTE: Duration = 60_000;
const HOUR: Duration = 3_600_000;
/** What a call did whose answer was lost may take KMS "sometimes several minutes" to show. */
const STILL_TO_SHOW: Duration = 600_000;
const MOST_NEWS = 12;

type StateChange = Exclude<Change, 'loss'>;
const RANK: Readonly<Record<StateChange, number>> = { unusable: 1, material: 2, deletion: 3 };

const OF_DANGER: Readonly<Partial<Record<DangerKind, StateChange>>> = {
  keyDisabled: 'unusable',
  keyStoreDisconnected: 'unusable',
  materialDeleted: 'material',
  materialExpired: 'material',
  deletionScheduled: 'deletion',
};

function ofState(state: KeyState): StateChange | undefined {
  if (isPending(state)) return 'deletion';
  switch (state) {
    case 'PendingImport':
      return 'material';
    case 'Disabled':
    case 'Unavailable':
      return 'unusable';
    default:
      return undefined;
  }
}

/** How it stands with the key: as it was last read, or, while it cannot be read, what was told of it since. */
export function standingOf({ read, stateSince, dangers }: Incident): StateChange | undefined {
  if (read?.kind === 'read') return ofState(read.snapshot.state);
  const told = dangers
    .filter(({ lastAt }) => stateSince === undefined || lastAt > stateSince.at)
    .map(({ kind }) => OF_DANGER[kind]);
  return [stateSince === undefined ? undefined : ofState(stateSince.state), ...told]
    .filter((one) => one !== undefined)
    .sort((one, other) => RANK[other] - RANK[one])[0];
}

const rankOf = (standing: StateChange | undefined): number => (standing === undefined ? 0 : RANK[standing]);

/** The key itself is in a worse state than before. */
export const isInWorseState = (before: Incident, after: Incident): boolean =>
  rankOf(standingOf(after)) > rankOf(standingOf(before));

/** Says what has become worse by this decision, once, and ends an acknowledgement that was given for less. */
export function withWorse(
  before: Incident | undefined,
  { incident, effects }: { readonly incident: Incident; readonly effects: readonly Effect[] },
  { rules, now }: { readonly rules: Rules; readonly now: Instant },
): { readonly incident: Incident; readonly effects: readonly Effect[] } {
  if (!isOpen(incident) || keyOfIncident(incident) === undefined) return { incident, effects };
  const earlier = before !== undefined && isOpen(before) && before.round === incident.round ? before : undefined;
  const seen = remembering(earlier, incident, now);
  const worse = earlier === undefined ? undefined : worsening(earlier, incident);
  if (earlier === undefined || worse === undefined) return { incident: seen, effects };
  if (
    !isShown(earlier, now) ||
    isPlanned(incident) ||
    isOurs(earlier, worse.change, now) ||
    isKnown(earlier, incident, worse, now)
  )
    return { incident: seen, effects };
  const { attention, asked: _asked, ...rest } = seen;
  const heard = attention === undefined ? seen : touched(rest);
  if (isSaid(effects) || isMarkOwed(heard, worse, rules, now)) return { incident: heard, effects };
  const reminder: Worsening = earlier.attention === undefined ? worse : { ...worse, attention: earlier.attention };
  return {
    incident: heard,
    effects: [...effects, ...remindersOf(heard, reminder, volumeNow(heard, reminder, rules, now))],
  };
}

/** What is worse than before; of several the state of the key. */
function worsening(before: Incident, after: Incident): Worsening | undefined {
  return worseState(before, after) ?? worseLoss(before, after);
}

/** What is so now, as a reminder of it. `undefined`: nothing of that kind. */
export function worseningNow(incident: Incident, change: Change): Worsening | undefined {
  if (change === 'loss')
    return incident.losses === undefined ? undefined : { kind: 'worse', change, of: incident.losses.of };
  if (standingOf(incident) !== change) return undefined;
  const date = change === 'deletion' ? incident.countdown?.deletionDate : undefined;
  return { kind: 'worse', change, ...(date === undefined ? {} : { deletionDate: date }) };
}

function worseState(before: Incident, after: Incident): Worsening | undefined {
  const standing = standingOf(after);
  if (standing === undefined) return undefined;
  return isInWorseState(before, after) || isEarlier(before, after) ? worseningNow(after, standing) : undefined;
}

/** Cancelled and scheduled anew, for less time. A primary's estimate moves with its replicas. */
function isEarlier(before: Incident, after: Incident): boolean {
  const dated = [before, after].every(({ stateSince }) => stateSince?.state === 'PendingDeletion');
  const [was, is] = [before.countdown?.deletionDate, after.countdown?.deletionDate];
  return dated && was !== undefined && is !== undefined && is < was - MINUTE;
}

/** Something else may be lost, before anything that had a date. What is lost within the hour before the key goes is lost with it. */
function worseLoss(before: Incident, after: Incident): Worsening | undefined {
  const { losses } = after;
  if (losses === undefined || before.losses?.of.some((loss) => losses.of.includes(loss)) === true) return undefined;
  const until = soonestOf(before);
  return until === undefined || losses.deletionDate < until - HOUR ? worseningNow(after, 'loss') : undefined;
}

/** Its card is no news any more: what changes on it goes unseen. */
const isShown = ({ card, wave, openedAt }: Incident, now: Instant): boolean =>
  now - openedAt >= MINUTE && (card.ts !== undefined || card.undeliverable !== undefined || wave?.own === false);

const BY_ACTION: Readonly<Partial<Record<ActionKind, Change>>> = {
  scheduleDeletion: 'deletion',
  deleteMaterial: 'material',
  disable: 'unusable',
};

/** Somebody asked us for exactly that: it is under way, or was sent and nobody knew what became of it. */
const isOurs = (before: Incident, change: Change, now: Instant): boolean =>
  actionsOfRound(before).some(
    ({ kind, ending }) =>
      BY_ACTION[kind] === change &&
      (ending === undefined ||
        ((ending.kind === 'unknownOutcome' || ending.kind === 'amber') && now - ending.at < STILL_TO_SHOW)),
  );

/** Another message says it in the same breath. */
const isSaid = (effects: readonly Effect[]): boolean =>
  effects.some((effect) => effect.kind === 'remind' && effect.to === undefined);

/** A date this close has a mark that is owed at once, and says it. */
function isMarkOwed({ countdown, losses }: Incident, { change }: Worsening, rules: Rules, now: Instant): boolean {
  const dated = change === 'deletion' ? countdown : change === 'loss' ? losses : undefined;
  const moment = dated === undefined ? undefined : nextMoment(dated, rules, now);
  return moment !== undefined && moment <= now;
}

const newsOf = (worse: Worsening): News['what'] =>
  worse.change === 'loss' ? `loss ${worse.of.join(' ')}` : `${worse.change} ${worse.deletionDate ?? ''}`.trim();

function allNewsOf(incident: Incident): readonly News['what'][] {
  const standing = standingOf(incident);
  return [standing, 'loss' as const]
    .flatMap((change) => (change === undefined ? [] : (worseningNow(incident, change) ?? [])))
    .map(newsOf);
}

/** What has begun to be so with this decision is remembered, whether it is said or not. */
function remembering(before: Incident | undefined, incident: Incident, now: Instant): Incident {
  const was = before === undefined ? [] : allNewsOf(before);
  const begun = allNewsOf(incident).filter((what) => !was.includes(what));
  if (begun.length === 0) return incident;
  const others = (incident.news ?? []).filter(({ what }) => !begun.includes(what));
  return { ...incident, news: [...others, ...begun.map((what) => ({ what, at: now }))].slice(-MOST_NEWS) };
}

/** A read that was a moment behind makes nothing new: the same date, the same within a minute, a loss of the same stretch out of use. */
function isKnown({ news = [] }: Incident, { outOfUse }: Incident, worse: Worsening, now: Instant): boolean {
  const known = news.findLast(({ what }) => what === newsOf(worse));
  if (known === undefined) return false;
  if (worse.change === 'loss') return outOfUse?.since !== undefined && known.at >= outOfUse.since;
  return worse.deletionDate !== undefined || now - known.at < MINUTE;
}

/** Whether what was to be said is so at this moment. */
export function isWorseNow(incident: Incident, worse: Worsening): boolean {
  if (worse.change === 'loss') return incident.losses?.of.some((loss) => worse.of.includes(loss)) === true;
  if (standingOf(incident) !== worse.change) return false;
  return worse.deletionDate === undefined || incident.countdown?.deletionDate === worse.deletionDate;
}

/**
 * It was so a moment ago, and less is shown now: the read may be from before. A loss is learnt rather than read, and once out of use anew
 * it is told anew.
 */
export function mayBeWorse(incident: Incident, worse: Worsening, now: Instant): boolean {
  if (!isOpen(incident) || worse.change === 'loss') return false;
  const known = (incident.news ?? []).findLast(({ what }) => what === newsOf(worse));
  return known !== undefined && now - known.at < CONTRADICTION && !isOutdone(incident, worse);
}

/** What is so now says more, and is said by itself. */
function isOutdone(incident: Incident, worse: Exclude<Worsening, { readonly change: 'loss' }>): boolean {
  const date = incident.countdown?.deletionDate;
  if (rankOf(standingOf(incident)) > RANK[worse.change]) return true;
  return date !== undefined && worse.deletionDate !== undefined && date < worse.deletionDate;
}
