/** Moments as text, for records that are read long after the programs that counted milliseconds. */
import type { Instant } from './ids.ts';

/** ISO 8601 in UTC, with milliseconds: `2026-03-14T09:12:00.000Z`. */
export type Moment = string;

/** The furthest moment a date can hold. */
const LAST: Instant = 8_640_000_000_000_000;

/** What is no moment is named as it stands: a record never fails for one number. */
export const momentOf = (at: Instant): Moment =>
  Number.isFinite(at) && Math.abs(at) <= LAST ? new Date(at).toISOString() : `no moment: ${at}`;
