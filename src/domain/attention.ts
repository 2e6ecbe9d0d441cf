/**
 * How loud a reminder is, and who has said that they know. Far from the deadline it is a note in the thread; within
 * `loudWithin` it is as loud as it can be, whatever anybody said before.
 */

import { soonestOf } from './deadline.ts';
import { isPlanned } from './decommission.ts';
import type { Volume } from './effect.ts';
import type { Duration, Instant, Person } from './ids.ts';
import { type Incident, isOpen, keyOfIncident, type Rules, runningAction, waitingApproval } from './incident.ts';

/** Somebody knows (`acknowledged`), or wants to be asked later and leaves it open who decides (`snoozed`). */
export interface Attention {
  readonly kind: 'acknowledged' | 'snoozed';
  readonly by: Person;
  readonly at: Instant;
  /** Then it asks again. */
  readonly until: Instant;
}

/** The steps before it is loud, in multiples of `loudWithin`: a week and three days where that is a day. */
const BROADCAST_WITHIN = 7;
const MENTION_WITHIN = 3;
/** Who snoozes puts it off; who acknowledges has it in hand. */
const SNOOZE_SHARE = 4;
/** An undecided incident without a date asks at growing pauses: `acknowledgeFor`, then 2, 4 and 8 times as long. */
const MOST_DOUBLINGS = 3;

export const isLoud = (left: Duration, rules: Rules): boolean => left <= rules.loudWithin;

/** Who has it in hand right now. */
export const acknowledgedBy = (incident: Incident, now: Instant): Person | undefined =>
  incident.attention?.kind === 'acknowledged' && now < incident.attention.until ? incident.attention.by : undefined;

/** Nobody is mentioned just now. */
export const isQuiet = ({ attention }: Incident, now: Instant): boolean =>
  attention !== undefined && now < attention.until;

/** Of a key that the bot depends on, everything is as loud as can be until somebody has it in hand. */
const ownVolume = (incident: Incident, now: Instant): Volume => (isQuiet(incident, now) ? 'broadcast' : 'everyone');

/** The volume of a milestone's reminder. `left`: ms until the deletion date. */
export function volumeAt(incident: Incident, left: Duration, rules: Rules, now: Instant): Volume {
  if (isLoud(left, rules)) return 'everyone';
  if (incident.self === true) return ownVolume(incident, now);
  if (isPlanned(incident)) return 'note';
  if (left > BROADCAST_WITHIN * rules.loudWithin) return 'note';
  if (left > MENTION_WITHIN * rules.loudWithin) return 'broadcast';
  return isQuiet(incident, now) ? 'broadcast' : 'mention';
}

/** The volume of what is asked between milestones, or without any. */
export function volumeOfAsking(incident: Incident, rules: Rules, now: Instant): Volume {
  const date = soonestOf(incident);
  if (date !== undefined) return volumeAt(incident, date - now, rules, now);
  if (incident.self === true) return ownVolume(incident, now);
  return isPlanned(incident) ? 'note' : 'mention';
}

/**
 * Until when it is quiet after somebody said they know: `acknowledgeFor`, a quarter of that after a snooze; never past the next
 * milestone of the loud stretch, nor past its beginning.
 */
export function quietUntil(kind: Attention['kind'], incident: Incident, rules: Rules, now: Instant): Instant {
  const span = kind === 'acknowledged' ? rules.acknowledgeFor : rules.acknowledgeFor / SNOOZE_SHARE;
  return Math.min(now + span, ...loudMoments(incident, rules).filter((at) => at > now));
}

/** The milestones of the loud stretch, its beginning and its end: of the key's date, and of a loss before it. */
export function loudMoments({ countdown, losses }: Incident, rules: Rules): readonly Instant[] {
  const loud = [rules.loudWithin, ...rules.milestones.filter((before) => isLoud(before, rules)), 0];
  const dates = [countdown?.deletionDate, losses?.deletionDate].filter((date) => date !== undefined);
  return dates.flatMap((date) => loud.map((before) => date - before));
}

/** Why nobody is asked just now: somebody is at it, or it is settled. */
const isAtRest = (incident: Incident): boolean =>
  !isOpen(incident) ||
  keyOfIncident(incident) === undefined ||
  runningAction(incident) !== undefined ||
  waitingApproval(incident) !== undefined;

/**
 * When an open incident next asks by itself: as soon as nobody is quiet about it any more; without a date, at growing pauses
 * while the key cannot be used. `undefined`: its milestones speak for it.
 */
export function nextAsking(incident: Incident, rules: Rules): Instant | undefined {
  if (isAtRest(incident)) return undefined;
  if (incident.attention !== undefined) return incident.attention.until;
  if (incident.countdown !== undefined || !isUnusable(incident)) return undefined;
  const { count, lastAt } = incident.asked ?? { count: 0, lastAt: unusableSince(incident) };
  return lastAt + rules.acknowledgeFor * 2 ** Math.min(count, MOST_DOUBLINGS);
}

/** Its callers fail as long as it stays so, and no date ends it. */
export function isUnusable({ read }: Pick<Incident, 'read'>): boolean {
  if (read?.kind !== 'read') return false;
  switch (read.snapshot.state) {
    case 'Disabled':
    case 'PendingImport':
    case 'Unavailable':
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return true;
    case 'Enabled':
    case 'Creating':
    case 'Updating':
      return false;
  }
}

/** Since when the key is in the state it was last read in, as far as this incident knows. */
export function unusableSince(incident: Incident): Instant {
  return incident.stateSince?.at ?? incident.openedAt;
}
