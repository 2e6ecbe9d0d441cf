/**
 * The countdown. Every date comes from DescribeKey; nothing here looks at events. A milestone is a moment before the
 * deletion date at which a reminder is owed.
 */
import type { Reminder } from './effect.ts';
import type { Duration, Instant } from './ids.ts';
import type { Countdown, EntryBody, Incident, Rules } from './incident.ts';
import { countdownDateOf, type KeySnapshot } from './key.ts';
import { localTimeOf } from './local-time.ts';
import { isWorkingTime, lastWorkingAfternoon } from './working-days.ts';

/**
 * A milestone this close (a fiftieth of the remaining window) behind the first sight of a deletion date is the start of the
 * window, or as good as: the card itself says it. Proportional, because a seven-day window seen two hours late must still
 * skip "7 days", and a window seen an hour and five minutes before its end must not skip "1 hour".
 */
const START_SHARE = 50;

/** How often to look after the end: KMS deletes "after" the date, up to 24 h later (developer guide, deleting-keys). */
const END_LOOKS: readonly Duration[] = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];
/** A key that is still there so long after its date is not on its way out any more. */
export const OVERDUE_AFTER: Duration = 24 * 3_600_000;

/** What of the configuration milestones are made of. */
export type Milestones = Pick<Rules, 'milestones' | 'timezone' | 'loudWithin'>;

/** `ahead`: the warning on the last working day before a milestone that falls on a night or weekend; that milestone. */
interface Milestone {
  readonly before: Duration;
  readonly ahead?: Duration;
}

/** The countdown after a read: kept, begun anew for another date, or none. */
export function countdownAfter(
  previous: Countdown | undefined,
  snapshot: KeySnapshot,
  rules: Milestones,
): Countdown | undefined {
  const deletionDate = countdownDateOf(snapshot);
  if (deletionDate === undefined) return undefined;
  const countdown =
    previous?.deletionDate === deletionDate ? previous : countdownTo(deletionDate, snapshot.readAt, rules);
  const replicas = replicasOf(snapshot);
  // No window of its own is shorter than a day: the same date is never first that of its replicas and then its own.
  return replicas === undefined ? countdown : { ...countdown, replicas: { ...countdown.replicas, ...replicas } };
}

function replicasOf({ deletionDate, pendingWindowInDays: windowDays }: KeySnapshot): Countdown['replicas'] {
  if (deletionDate !== undefined) return undefined;
  return windowDays === undefined ? {} : { windowDays };
}

/** The own window of a primary that waited begins by itself: nobody has scheduled anything then. */
export function rescheduling(before: Countdown, after: Countdown): EntryBody {
  const dates = { kind: 'rescheduled', from: before.deletionDate, to: after.deletionDate } as const;
  if (after.replicas !== undefined) return { ...dates, of: 'replicas' };
  return before.replicas === undefined ? dates : { ...dates, of: 'ownWindow' };
}

/** A countdown that begins at `since`, when its date became known. */
export function countdownTo(deletionDate: Instant, since: Instant, rules: Milestones): Countdown {
  const grace = Math.max(0, deletionDate - since) / START_SHARE;
  const passed = rules.milestones.filter((before) => deletionDate - before <= since + grace);
  // First seen when it should be loud already: the card mentions nobody, so the newest mark is told at once.
  const told =
    deletionDate - since <= rules.loudWithin ? passed.filter((before) => before !== Math.min(...passed)) : passed;
  return { deletionDate, since, told, posted: told, endTold: false };
}

/** The moment that counts: the key's date, or a loss before it. `undefined`: nothing has a date. */
export function soonestOf({ countdown, losses }: Incident): Instant | undefined {
  const dates = [countdown?.deletionDate, losses?.deletionDate].filter((date) => date !== undefined);
  return dates.length === 0 ? undefined : Math.min(...dates);
}

/** A reminder of a countdown's milestone. */
export type Mark = Extract<Reminder, { readonly kind: 'milestone' | 'loss' }>;
export const isMark = (reminder: Reminder): reminder is Mark =>
  reminder.kind === 'milestone' || reminder.kind === 'loss';

/** The date that a mark counts to. */
export const dateOfMark = (mark: Mark): Instant => (mark.kind === 'loss' ? mark.lossAt : mark.deletionDate);

/**
 * The countdown that a mark belongs to, as it runs now; `undefined`: it does not run any more. The moment of a loss may have been
 * learnt to be earlier since, and its marks still hold.
 */
export function countdownOfMark({ countdown, losses }: Incident, mark: Mark): Countdown | undefined {
  if (mark.kind === 'milestone') return countdown?.deletionDate === mark.deletionDate ? countdown : undefined;
  const runs = losses !== undefined && losses.deletionDate <= mark.lossAt && losses.told.includes(mark.milestone);
  return runs && losses.of.some((loss) => mark.of.includes(loss)) ? losses : undefined;
}

/** Asked for with each save of a dying key, and always the same for one countdown; calendars are slow. */
const known = new WeakMap<Milestones, Map<string, readonly Milestone[]>>();
const MOST_KNOWN = 5_000;

/** All milestones of a date, soonest first. */
function milestonesOf(countdown: Countdown, rules: Milestones): readonly Milestone[] {
  const ofRules = known.get(rules) ?? new Map<string, readonly Milestone[]>();
  known.set(rules, ofRules);
  const name = `${countdown.deletionDate} ${countdown.since}`;
  const before = ofRules.get(name);
  if (before !== undefined) return before;
  if (ofRules.size >= MOST_KNOWN) ofRules.clear();
  const made = madeOf(countdown, rules);
  ofRules.set(name, made);
  return made;
}

function madeOf({ deletionDate, since }: Countdown, { milestones, timezone }: Milestones): readonly Milestone[] {
  const all = new Map<Duration, Milestone>(milestones.map((before) => [before, { before }]));
  for (const before of milestones) {
    const at = deletionDate - before;
    if (isWorkingTime(at, timezone)) continue;
    const warnedAt = lastWorkingAfternoon(at, timezone);
    const day = localTimeOf(warnedAt, timezone);
    const heardThatDay = milestones.some((other) => {
      const moment = deletionDate - other;
      const { year, month, day: date } = localTimeOf(moment, timezone);
      return isWorkingTime(moment, timezone) && year === day.year && month === day.month && date === day.day;
    });
    // A whole weekend has one afternoon before it: the first of its milestones speaks for the others.
    if (!heardThatDay && warnedAt > since && !all.has(deletionDate - warnedAt))
      all.set(deletionDate - warnedAt, { before: deletionDate - warnedAt, ahead: before });
  }
  return [...all.values()].sort((a, b) => b.before - a.before);
}

/** Milestones not yet told, soonest first. A warning ahead is not owed once what it warned of has come. */
const owed = (countdown: Countdown, rules: Milestones, now: Instant): readonly Milestone[] =>
  milestonesOf(countdown, rules).filter(
    ({ before, ahead }) =>
      !countdown.told.includes(before) && (ahead === undefined || now < countdown.deletionDate - ahead),
  );

/** When the countdown next wants to be looked at. */
export function nextMoment(countdown: Countdown, rules: Milestones, now: Instant): Instant | undefined {
  const { deletionDate, endTold } = countdown;
  if (endTold) return undefined;
  const [next] = now > deletionDate ? [] : owed(countdown, rules, now);
  return next === undefined ? deletionDate + 1 : deletionDate - next.before;
}

/** When to look again for the end of a key whose date has passed but which KMS still shows. */
export function nextEndLook(deletionDate: Instant, now: Instant): Instant {
  const late = now - deletionDate;
  const pause = END_LOOKS.find((look) => late < look * 4) ?? 3_600_000;
  // Not past the moment at which it is late enough to be said.
  return late < OVERDUE_AFTER ? Math.min(now + pause, deletionDate + OVERDUE_AFTER) : now + pause;
}

/**
 * The reminder owed at `now`, if any, and the countdown after telling it. Several milestones missed in an outage become
 * one, named after the latest, and marked late when it is more than `tolerance` behind.
 */
export function reminderAt(
  countdown: Countdown,
  rules: Milestones,
  now: Instant,
  tolerance: Duration,
): { readonly reminder: Extract<Reminder, { kind: 'milestone' }>; readonly countdown: Countdown } | undefined {
  const { deletionDate } = countdown;
  if (now > deletionDate) return undefined;
  const passed = owed(countdown, rules, now).filter(({ before }) => deletionDate - before <= now);
  const latest = passed.at(-1);
  if (latest === undefined) return undefined;
  const late = now - (deletionDate - latest.before);
  const told = passed.map(({ before }) => before);
  return {
    reminder: {
      kind: 'milestone',
      milestone: latest.before,
      deletionDate,
      collapsed: passed.length,
      ...(latest.ahead === undefined ? {} : { ahead: latest.ahead }),
      ...(late > tolerance || passed.length > 1 ? { late } : {}),
    },
    // What one message stands for is posted with it.
    countdown: {
      ...countdown,
      told: [...countdown.told, ...told],
      ...(countdown.posted === undefined ? {} : { posted: [...countdown.posted, ...told.slice(0, -1)] }),
    },
  };
}

/** A day after the date KMS still shows the key, and nobody was told so yet. */
export const isOverdue = ({ deletionDate, overdueTold, endTold }: Countdown, now: Instant): boolean =>
  now >= deletionDate + OVERDUE_AFTER && overdueTold !== true && !endTold;

/** The countdown once Slack has taken a milestone's reminder. */
export const postedAt = (countdown: Countdown, milestone: Duration): Countdown =>
  countdown.posted === undefined || countdown.posted.includes(milestone)
    ? countdown
    : { ...countdown, posted: [...countdown.posted, milestone] };

/** Milestones that were told and that Slack never took; none where that was not kept. */
export const unposted = ({ told, posted }: Countdown): readonly Duration[] =>
  posted === undefined ? [] : told.filter((milestone) => !posted.includes(milestone));
