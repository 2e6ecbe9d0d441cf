/**
 * What an incident says by itself when its moment has come: a milestone, a question that nobody has answered, the end that did
 * not come. Of several things owed at once the most telling is said.
 */
import { isQuiet, nextAsking, unusableSince, volumeAt, volumeOfAsking } from './attention.ts';
import { isOverdue, reminderAt } from './deadline.ts';
import { isPlanned } from './decommission.ts';
import type { Effect, Reminder, Volume } from './effect.ts';
import type { Duration, Instant } from './ids.ts';
import type { Incident, Rules } from './incident.ts';
import type { Decision } from './reading.ts';
import { touched } from './record.ts';

/** `late`: how far behind its moment a reminder may be without saying so, ms. */
export function spoken(incident: Incident, rules: Rules, now: Instant, late: Duration): Decision {
  const dated = milestone(incident, rules, now, late);
  // The two countdowns are two matters: both are told.
  const lost = loss(dated?.incident ?? incident, rules, now, late);
  if (lost !== undefined) return { ...lost, effects: [...(dated?.effects ?? []), ...lost.effects] };
  return dated ?? overdue(incident, now) ?? question(incident, rules, now) ?? silent(incident);
}

const silent = (incident: Incident): Decision => ({ incident, effects: [] });

function milestone(incident: Incident, rules: Rules, now: Instant, tolerance: Duration): Decision | undefined {
  if (incident.countdown === undefined) return undefined;
  const owed = reminderAt(incident.countdown, rules, now, tolerance);
  if (owed === undefined) return undefined;
  const { reminder, countdown } = owed;
  const volume = volumeNow(incident, reminder, rules, now);
  const next = { ...incident, countdown };
  // What the milestone says need not be asked again in the same breath.
  const heard = isOwed(next, rules, now) ? askedNow(next, now) : next;
  return { incident: touched(heard), effects: remindersOf(incident, reminder, volume) };
}

/** A milestone of what may be lost before the key's own date. */
function loss(incident: Incident, rules: Rules, now: Instant, tolerance: Duration): Decision | undefined {
  const { losses } = incident;
  const owed = losses === undefined ? undefined : reminderAt(losses, rules, now, tolerance);
  if (losses === undefined || owed === undefined) return undefined;
  const { kind: _kind, deletionDate: lossAt, ...mark } = owed.reminder;
  const reminder: Reminder = { ...mark, kind: 'loss', of: losses.of, lossAt };
  const next = { ...incident, losses: { ...losses, ...owed.countdown } };
  const heard = isOwed(next, rules, now) ? askedNow(next, now) : next;
  return {
    incident: touched(heard),
    effects: remindersOf(incident, reminder, volumeNow(incident, reminder, rules, now)),
  };
}

/** How loud a reminder is at this moment, which may be long after it was decided. */
export function volumeNow(incident: Incident, reminder: Reminder, rules: Rules, now: Instant): Volume {
  switch (reminder.kind) {
    case 'milestone':
    case 'loss': {
      const left = (reminder.kind === 'loss' ? reminder.lossAt : reminder.deletionDate) - now;
      const today = volumeAt(incident, left, rules, now);
      return reminder.ahead === undefined ? today : aheadVolume(incident, today, reminder.ahead, rules, now);
    }
    case 'again':
    case 'undecided':
      return volumeOfAsking(incident, rules, now);
    case 'worse':
      return volumeOfWorse(incident, rules, now);
    case 'planVoid':
      // What was quiet for days must be heard now.
      return volumeOfAsking(incident, rules, now) === 'everyone' ? 'everyone' : 'mention';
    case 'cannotCancel':
      return volumeOfBlocked(incident);
    case 'overdue':
    case 'ownKey':
    case 'notMe':
      return 'everyone';
    case 'wasThisYou':
      return 'note';
    case 'end':
    case 'over':
      return 'broadcast';
  }
}

/** In the thread of a card that stands far up nobody would hear it, unless it is meant. */
function volumeOfWorse(incident: Incident, rules: Rules, now: Instant): Volume {
  const volume = volumeOfAsking(incident, rules, now);
  return volume === 'note' && !isPlanned(incident) ? 'broadcast' : volume;
}

/** What cannot be rescued wakes everybody, unless its end is meant. */
export const volumeOfBlocked = (incident: Incident): Volume => (isPlanned(incident) ? 'note' : 'everyone');

/** A warning ahead is heard as widely as what it warns of, short of waking everybody; quieter where somebody has it in hand or it is meant. */
function aheadVolume(incident: Incident, today: Volume, ahead: Duration, rules: Rules, now: Instant): Volume {
  if (today === 'everyone' || isPlanned(incident)) return today;
  const then = volumeAt(incident, ahead, rules, now);
  if (then === 'note' || then === 'broadcast') return today === 'note' ? then : today;
  return isQuiet(incident, now) ? 'broadcast' : 'mention';
}

const isOwed = (incident: Incident, rules: Rules, now: Instant): boolean => {
  const at = nextAsking(incident, rules);
  return at !== undefined && at <= now;
};

/** An acknowledgement has run out, or the pause after the last question is over. */
function question(incident: Incident, rules: Rules, now: Instant): Decision | undefined {
  if (!isOwed(incident, rules, now)) return undefined;
  const date = incident.countdown?.deletionDate;
  // Past the date there is nothing left to decide but what KMS has decided.
  if (date !== undefined && now > date) return { incident: askedNow(incident, now), effects: [] };
  const { attention } = incident;
  const reminder: Reminder =
    attention === undefined
      ? { kind: 'undecided', since: unusableSince(incident) }
      : { kind: 'again', attention, ...(date === undefined ? {} : { deletionDate: date }) };
  return {
    incident: touched(askedNow(incident, now)),
    effects: remindersOf(incident, reminder, volumeNow(incident, reminder, rules, now)),
  };
}

function askedNow(incident: Incident, now: Instant): Incident {
  const { attention, ...rest } = incident;
  // The pauses grow while nobody answers; an answer that ran out begins them anew.
  const count = attention === undefined ? (incident.asked?.count ?? 0) + 1 : 1;
  return { ...rest, asked: { count, lastAt: now } };
}

/** A day after its date KMS still shows the key. */
function overdue(incident: Incident, now: Instant): Decision | undefined {
  const { countdown, read } = incident;
  if (countdown === undefined || read?.kind !== 'read' || !isOverdue(countdown, now)) return undefined;
  const reminder = { kind: 'overdue', deletionDate: countdown.deletionDate } as const;
  return {
    incident: touched({ ...incident, countdown: { ...countdown, overdueTold: true } }),
    effects: remindersOf(incident, reminder, 'everyone'),
  };
}

/** A reminder, and whoever else hears it where it is as loud as can be. */
export function remindersOf({ id }: Pick<Incident, 'id'>, reminder: Reminder, volume: Volume): readonly Effect[] {
  const remind: Effect = { kind: 'remind', incident: id, reminder, volume };
  return volume === 'everyone' ? [remind, { kind: 'alert', incident: id, reminder }] : [remind];
}
