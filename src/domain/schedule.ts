/**
 * When something of a schedule is due. A slot is a wall time of the schedule's zone, and each is due once: one that summer time
 * skips at the first moment after the gap, one that comes twice at the first. Neither of the cron libraries looked at does that:
 * one loses the day whose midnight is skipped, the other runs what comes twice two times.
 */
import { type Cron, isCronDay } from './cron.ts';
import type { Duration, Instant } from './ids.ts';
import { DAY, daysLater, instantOf, type LocalTime, localTimeOf } from './local-time.ts';

/** A wall time to the minute, `2026-03-29T02:30`: as text in the order of time. */
export type Slot = string;

export interface DueSlot {
  readonly slot: Slot;
  /** How long ago its moment was, ms. */
  readonly late: Duration;
}

/** What is older is not made up for: the next one tells it all. */
const LATEST: Duration = DAY;

/**
 * The newest slot whose moment has come, unless it (or a later one) was `last`. Several missed ones are one. `undefined` as `last`:
 * nothing was sent yet. A clock set back repeats nothing; a `last` more than a day ahead was noted by a wrong clock, and is none.
 */
export function dueSlot(cron: Cron, zone: string, now: Instant, last: Slot | undefined): DueSlot | undefined {
  const newest = newestSlot(cron, zone, now);
  if (newest === undefined || now - newest.at > LATEST) return undefined;
  if (last !== undefined && last <= furthestLast(zone, now) && newest.slot <= last) return undefined;
  return { slot: newest.slot, late: now - newest.at };
}

/** The latest slot that can have been sent by a clock that was right. */
export const furthestLast = (zone: string, now: Instant): Slot => slotOf(localTimeOf(now + DAY, zone));

/** What counts as sent for a schedule that is seen for the first time: everything up to now. */
export function firstSight(cron: Cron, zone: string, now: Instant): Slot {
  const shown = slotOf(localTimeOf(now, zone));
  const newest = newestSlot(cron, zone, now)?.slot;
  // Where the clock was set back, it has shown later times than now.
  return newest !== undefined && newest > shown ? newest : shown;
}

/** The moment a slot is due. */
export const momentOfSlot = (slot: Slot, zone: string): Instant => instantOf(wallTimeIn(slot), zone);

/** The newest slot not later than now, of the last two days and a bit: tomorrow's may have come where a clock was set back at midnight. */
function newestSlot(cron: Cron, zone: string, now: Instant): { readonly slot: Slot; readonly at: Instant } | undefined {
  const today = localTimeOf(now, zone);
  for (const days of [1, 0, -1, -2]) {
    const day = daysLater(today, days);
    if (!isCronDay(cron, day)) continue;
    const found = newestOfDay(cron, zone, now, day);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Later wall times are never due earlier, so the last one that has come is found by halving. */
function newestOfDay(cron: Cron, zone: string, now: Instant, day: LocalTime) {
  const { hours, minutes } = cron;
  const wallTime = (index: number): LocalTime => ({
    ...day,
    hour: hours[Math.floor(index / minutes.length)] ?? 0,
    minute: minutes[index % minutes.length] ?? 0,
  });
  let [low, high] = [0, hours.length * minutes.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (instantOf(wallTime(middle), zone) <= now) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  const newest = wallTime(low - 1);
  return { slot: slotOf(newest), at: instantOf(newest, zone) };
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0');

const slotOf = ({ year, month, day, hour, minute }: LocalTime): Slot =>
  `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${digits(hour, 2)}:${digits(minute, 2)}`;

function wallTimeIn(slot: Slot): Omit<LocalTime, 'weekday'> {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = slot.split(/[-T:]/).map(Number);
  return { year, month, day, hour, minute };
}
