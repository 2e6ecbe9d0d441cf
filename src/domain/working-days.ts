/** Nights and weekends: a reminder that falls on one also warns while people are still at work. */
import type { Instant } from './ids.ts';
import { daysLater, instantOf, localTimeOf } from './local-time.ts';

const BEGINS = 9;
const ENDS = 18;
/** Enough of the day is left to find whoever must decide. */
const WARNED_AT = 15;

const isWorkday = (weekday: number): boolean => weekday >= 1 && weekday <= 5;

/** Monday to Friday, from nine to six on the zone's clock. Holidays are not known. */
export function isWorkingTime(at: Instant, zone: string): boolean {
  const { weekday, hour } = localTimeOf(at, zone);
  return isWorkday(weekday) && hour >= BEGINS && hour < ENDS;
}

/** Three in the afternoon of the last working day on which that is before `at`. */
export function lastWorkingAfternoon(at: Instant, zone: string): Instant {
  const day = { ...localTimeOf(at, zone), hour: WARNED_AT, minute: 0 };
  for (let back = 0; ; back -= 1) {
    const candidate = daysLater(day, back);
    const moment = instantOf(candidate, zone);
    if (isWorkday(candidate.weekday) && moment < at) return moment;
  }
}
