/**
 * The countdown. Every date comes from DescribeKey; nothing here looks at events. A milestone is a moment before the
 * deletion date at which a reminder is owed.
 */
import type { Reminder } from './effect.ts';
import type { Duration, Instant } from './ids.ts';
import type { Countdown } from './incident.ts';
import { countdownDateOf, type KeySnapshot } from './key.ts';

/**
 * A milestone this close (a fiftieth of the remaining window) behind the first sight of a deletion date is the start of the
 * window, or as good as: the card itself says it. Proportional, because a seven-day window seen two hours late must still
 * skip "7 days", and a window seen an hour and five minutes before its end must not skip "1 hour".
 */
const START_SHARE = 50;

/** How often to look after the end: KMS deletes "after" the date, up to 24 h later (developer guide, deleting-keys). */
const END_LOOKS: readonly Duration[] = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];

/** The countdown after a read: kept, begun anew for another date, or none. */
export function countdownAfter(
  previous: Countdown | undefined,
  snapshot: KeySnapshot,
  milestones: readonly Duration[],
): Countdown | undefined {
  const deletionDate = countdownDateOf(snapshot);
  if (deletionDate === undefined) return undefined;
  if (previous?.deletionDate === deletionDate) return previous;
  const since = snapshot.readAt;
  const grace = Math.max(0, deletionDate - since) / START_SHARE;
  const told = milestones.filter((milestone) => deletionDate - milestone <= since + grace);
  return { deletionDate, since, told, endTold: false };
}

/** Milestones not yet told, soonest first. */
const owed = (countdown: Countdown, milestones: readonly Duration[]): readonly Duration[] =>
  milestones.filter((milestone) => !countdown.told.includes(milestone)).sort((a, b) => b - a);

/** When the countdown next wants to be looked at. `looks`: how often the end was already looked up in vain. */
export function nextMoment(countdown: Countdown, milestones: readonly Duration[]): Instant | undefined {
  if (countdown.endTold) return undefined;
  const [next] = owed(countdown, milestones);
  return next === undefined ? countdown.deletionDate + 1 : countdown.deletionDate - next;
}

/** When to look again for the end of a key whose date has passed but which KMS still shows. */
export function nextEndLook(deletionDate: Instant, now: Instant): Instant {
  const late = now - deletionDate;
  const pause = END_LOOKS.find((look) => late < look * 4) ?? 3_600_000;
  return now + pause;
}

/**
 * The reminder owed at `now`, if any, and the countdown after telling it. Several milestones missed in an outage become
 * one, named after the latest, and marked late when it is more than `tolerance` behind.
 */
export function reminderAt(
  countdown: Countdown,
  milestones: readonly Duration[],
  now: Instant,
  tolerance: Duration,
): { readonly reminder: Reminder; readonly countdown: Countdown } | undefined {
  if (now > countdown.deletionDate) return undefined;
  const passed = owed(countdown, milestones).filter((milestone) => countdown.deletionDate - milestone <= now);
  const latest = passed.at(-1);
  if (latest === undefined) return undefined;
  const late = now - (countdown.deletionDate - latest);
  return {
    reminder: {
      kind: 'milestone',
      milestone: latest,
      deletionDate: countdown.deletionDate,
      collapsed: passed.length,
      ...(late > tolerance || passed.length > 1 ? { late } : {}),
    },
    countdown: { ...countdown, told: [...countdown.told, ...passed] },
  };
}
