/**
 * Wall clocks: what a moment is called in a time zone, and which moment a wall time names. A wall time that summer time skips
 * names the first moment after the gap; one that comes twice names the first of the two.
 */
import type { Instant } from './ids.ts';

/** A wall time to the minute. `month` 1–12, `weekday` 0 (Sunday) – 6. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly weekday: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Making a formatter costs far more than using one; there are as many as zones in the configuration. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** The wall time as if it were UTC, ms: differences of it are differences of the wall clock. */
function wallOf(at: Instant, zone: string): number {
  // `3/29/2026, 03:00:00`: four times as quick as taking it apart by `formatToParts`, and asked for with every pulse.
  const numbers = formatterOf(zone).format(at).match(/\d+/g) ?? [];
  const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = numbers.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** What the clock on the wall of a zone (IANA name) shows. */
export function localTimeOf(at: Instant, zone: string): LocalTime {
  const wall = new Date(wallOf(at, zone));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    weekday: wall.getUTCDay(),
  };
}

/** The first moment at which a zone's clock shows this wall time or, where it is skipped, a later one. */
export function instantOf(wall: Omit<LocalTime, 'weekday'>, zone: string): Instant {
  const wanted = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  // Offsets are between UTC−12 and UTC+14, and change at most once within that stretch.
  const offsets = [wanted - 14 * HOUR, wanted + 12 * HOUR].map(
    (at) => wallOf(at, zone) - Math.floor(at / 1_000) * 1_000,
  );
  const [before = 0, after = 0] = offsets;
  const candidates = [wanted - before, wanted - after].sort((a, b) => a - b);
  const exact = candidates.find((at) => wallOf(at, zone) === wanted);
  if (exact !== undefined) return exact;
  // Skipped: the clock jumps from before it to after it, at the change from one offset to the other.
  let [low = 0, high = 0] = [wanted - 14 * HOUR, wanted + 12 * HOUR];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallOf(middle, zone) >= wanted) high = middle;
    else low = middle;
  }
  return high;
}

/** The day after `days` days, at the same wall time; weekday included. */
export function daysLater(wall: LocalTime, days: number): LocalTime {
  const at = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days, wall.hour, wall.minute));
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: wall.hour,
    minute: wall.minute,
    weekday: at.getUTCDay(),
  };
}
