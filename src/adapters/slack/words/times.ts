/** Moments as Slack shows them: in the reader's own zone, with UTC where dates are not understood (notifications). */
import type { Instant } from '../../../domain/ids.ts';

/** Times Slack can show; beyond them a date token is not valid. */
const LAST: Instant = 8_640_000_000_000;

const utc = (at: Instant, seconds: boolean): string =>
  `${new Date(at)
    .toISOString()
    .slice(0, seconds ? 19 : 16)
    .replace('T', ' ')} UTC`;

function token(at: Instant, format: string, seconds: boolean): string {
  if (!Number.isFinite(at) || Math.abs(at) > LAST) return 'at an unknown time';
  // Rounded down: a deadline is never shown later than it is.
  return `<!date^${Math.floor(at / 1000)}^${format}|${utc(at, seconds)}>`;
}

/** Day and minute: deadlines. */
export const dayAndTime = (at: Instant): string => token(at, '{date_short} {time}', false);
/** Day, minute and second: reads and events. */
export const exactTime = (at: Instant): string => token(at, '{date_short} {time_secs}', true);
/** UTC without markup, for plain text. */
export const plainTime = (at: Instant): string =>
  Number.isFinite(at) && Math.abs(at) <= LAST ? utc(at, true) : 'at an unknown time';
