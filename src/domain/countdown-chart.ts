/** The countdown chart: which keys end when, as data for a picture, and the same facts in words for those who cannot see it. */
import type { Instant } from './ids.ts';
import { momentOf } from './moment.ts';

export interface ChartRow {
  /** What the key is called: foreign text, an alias of up to 256 characters. */
  readonly name: string;
  /** Account and Region. */
  readonly detail: string;
  /** Not before then KMS deletes the key; at that moment imported key material expires. */
  readonly at: Instant;
  readonly kind: 'deletion' | 'materialExpiry';
  /** A planned decommission. */
  readonly planned: boolean;
  /** How many keys end with it: of a multi-Region key, all that do. */
  readonly keys: number;
}

export interface CountdownChart {
  readonly title: string;
  readonly now: Instant;
  /** IANA name: the zone of every time in the picture. */
  readonly timezone: string;
  /** At most `MOST_ROWS`, soonest first. */
  readonly rows: readonly ChartRow[];
  /** Keys that end later and are not among the rows. */
  readonly more: number;
}

/** More rows make a picture that Slack shows too small to read. */
export const MOST_ROWS = 15;

/** What a chart says when it has no rows. */
export const NOTHING_DUE = 'No key is about to be deleted, and no imported key material is about to expire.';

/** Slack takes 1,000 characters of alt text. */
const MOST_ALT_TEXT = 1_000;
const MOST_NAME = 80;

/** One visible line of foreign text: what has no shape, breaks the line or turns the direction of writing becomes a space. */
export const visibleLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();

/** How many keys some rows stand for. */
export const keysIn = (rows: readonly ChartRow[]): number => rows.reduce((sum, { keys }) => sum + keys, 0);

/** The chart's facts in words, at most 1,000 characters: absolute times in UTC, because the words stand as long as the picture. */
export function altTextOf({ now, rows, more }: CountdownChart): string {
  const head = `as of ${minuteOf(now)}`;
  if (rows.length === 0) return `Countdown chart ${head}. ${NOTHING_DUE}`;
  const count = keysIn(rows);
  const keys = count === 1 ? '1 key' : `${count} keys`;
  const rest = more > 0 ? ` ${more} more end later and are not in it.` : '';
  const said = rows.map(inWordsOf);
  const textWith = (count: number): string => {
    const unsaid = rows.length - count;
    const tail = unsaid > 0 ? `; ${unsaid} more in the picture` : '';
    return `Countdown chart of ${keys}, ${head}.${rest} Soonest: ${said.slice(0, count).join('; ')}${tail}.`;
  };
  let fitting = rows.length;
  while (fitting > 1 && textWith(fitting).length > MOST_ALT_TEXT) fitting -= 1;
  return textWith(fitting).slice(0, MOST_ALT_TEXT).toWellFormed();
}

function inWordsOf({ name, detail, at, kind, planned }: ChartRow): string {
  const end = kind === 'deletion' ? `deleted after ${minuteOf(at)}` : `key material expires ${minuteOf(at)}`;
  return `${shown(name)} (${shown(detail)}), ${end}${planned ? ', planned' : ''}`;
}

const shown = (text: string): string => {
  const signs = [...visibleLine(text)];
  return signs.length <= MOST_NAME ? signs.join('') : `${signs.slice(0, MOST_NAME - 1).join('')}…`;
};

/** Cut off, not rounded: a deadline is never told later than it is. */
const minuteOf = (at: Instant): string => momentOf(at).replace(/^(.*)T(\d\d:\d\d):.*$/, '$1 $2 UTC');
