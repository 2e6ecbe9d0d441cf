/**
 * The ticks of the time axis, at round times of a zone's wall clock. The drawing library knows UTC and the zone of the process
 * only, and neither need be the digest's.
 */
import type { Duration, Instant } from '../../domain/ids.ts';
import { DAY, daysLater, instantOf, type LocalTime, localTimeOf } from '../../domain/local-time.ts';

export interface Tick {
  readonly at: Instant;
  /** One or two lines: `Sat` over `21 Mar`, `18:00`, `00:00` over `21 Mar`. */
  readonly label: readonly string[];
}

/** More labels than these would touch each other. */
const MOST_TICKS = 8;
const SECOND: Duration = 1_000;
const MINUTE: Duration = 60 * SECOND;
const HOUR: Duration = 60 * MINUTE;
/** Below an hour every step divides every zone's offset, so that steps of UTC are round there too. */
const SHORT_STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND).concat([1, 2, 5, 15].map((n) => n * MINUTE));
const HOUR_STEPS = [1, 3, 6, 12];
const DAY_STEPS = [1, 2, 4, 7, 14, 28, 56];

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Ticks strictly between two moments: days at local midnight where there is room for days, else hours, minutes or seconds. */
export function ticksOf(from: Instant, to: Instant, zone: string): readonly Tick[] {
  const span = to - from;
  const fits = (step: Duration): boolean => span / step <= MOST_TICKS;
  const short = SHORT_STEPS.find(fits);
  if (short !== undefined) return shortTicks(from, to, short, zone);
  const hours = HOUR_STEPS.find((step) => fits(step * HOUR));
  if (hours !== undefined) return hourTicks(from, to, hours, zone);
  return dayTicks(from, to, DAY_STEPS.find((step) => fits(step * DAY)) ?? Math.ceil(span / DAY / MOST_TICKS), zone);
}

function shortTicks(from: Instant, to: Instant, step: Duration, zone: string): readonly Tick[] {
  const ticks: Tick[] = [];
  for (let at = (Math.floor(from / step) + 1) * step; at < to; at += step) {
    const seconds = step < MINUTE ? `:${twoDigits(Math.floor(at / SECOND) % 60)}` : '';
    ticks.push({ at, label: [`${clockOf(localTimeOf(at, zone))}${seconds}`] });
  }
  return ticks;
}

/** Hours of the wall clock: where one is skipped its tick falls on the next one, and is drawn once. */
function hourTicks(from: Instant, to: Instant, step: number, zone: string): readonly Tick[] {
  const today = { ...localTimeOf(from, zone), hour: 0, minute: 0 };
  const ticks = new Map<Instant, Tick>();
  for (let count = 0; ; count += step) {
    const at = instantOf({ ...daysLater(today, Math.floor(count / 24)), hour: count % 24 }, zone);
    if (at >= to) return [...ticks.values()];
    if (at <= from) continue;
    const local = localTimeOf(at, zone);
    const first = ticks.size === 0 || count % 24 === 0;
    if (!ticks.has(at)) ticks.set(at, { at, label: first ? [clockOf(local), dateOf(local)] : [clockOf(local)] });
  }
}

function dayTicks(from: Instant, to: Instant, step: number, zone: string): readonly Tick[] {
  const today = { ...localTimeOf(from, zone), hour: 0, minute: 0 };
  const ticks: Tick[] = [];
  for (let count = 1; ; count += step) {
    const day = daysLater(today, count);
    const at = instantOf(day, zone);
    if (at >= to) return ticks;
    ticks.push({ at, label: [weekdayOf(day), dateOf(day)] });
  }
}

/** `Mon 23 Mar 13:12`. */
export function dayAndTimeOf(at: Instant, zone: string): string {
  const local = localTimeOf(at, zone);
  return `${weekdayOf(local)} ${dateOf(local)} ${clockOf(local)}`;
}

/** `Mon 23 Mar 2026 13:12`. */
export function dateAndTimeOf(at: Instant, zone: string): string {
  const local = localTimeOf(at, zone);
  return `${weekdayOf(local)} ${dateOf(local)} ${local.year} ${clockOf(local)}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
const clockOf = ({ hour, minute }: LocalTime): string => `${twoDigits(hour)}:${twoDigits(minute)}`;
const dateOf = ({ day, month }: LocalTime): string => `${day} ${MONTHS[month - 1]}`;
const weekdayOf = ({ weekday }: LocalTime): string => WEEKDAYS[weekday] ?? '';
