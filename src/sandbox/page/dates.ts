import { type Drawn, tag } from './html.ts';

/**
 * A moment for people. The server does not know where they are: it prints UTC, the page's script (`dates.js`) puts
 * local time in its place. `format` holds Slack's tokens, `{date_short} {time}` for instance.
 */
export function drawDate(at: number, format: string): Drawn {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return 'at an unknown time';
  const iso = moment.toISOString();
  return tag('time', { dateTime: iso, 'data-format': format }, `${iso.slice(0, 16).replace('T', ' ')} UTC`);
}

/** A deadline the page's script counts down to, in real time and in the sandbox's shorter days. */
export function drawCountdown(at: number, dayMs: number): Drawn {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return null;
  return tag('span', { className: 'countdown', 'data-until': at, 'data-day': dayMs }, moment.toISOString());
}
