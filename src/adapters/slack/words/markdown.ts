/**
 * Markdown for files. Texts from outside stand in code spans and nowhere else: in there nothing is a link, an image, HTML, a
 * heading or a cell of a table (CommonMark 0.31 §6.1, GFM §4.10). Our own words hold no backtick and no pipe of their own.
 */
import type { Learned } from '../../../domain/key.ts';
import type { Moment } from '../../../domain/moment.ts';
import { clean, cutPlain } from './text.ts';

/**
 * A pipe splits a table's cell also inside a code span, and the backslash that would prevent it can itself be escaped by
 * the text before it. So both signs that could end something are drawn by look-alikes.
 */
const LOOKALIKE: Readonly<Record<string, string>> = { '`': 'ˋ', '|': '∣' };

/** Text from outside: one line, cut, inert. */
export function code(text: string, most = 300): string {
  const shown = cutPlain(clean(text), most).replace(/[`|]/g, (sign) => LOOKALIKE[sign] ?? sign);
  return shown === '' ? '(empty)' : `\`${shown}\``;
}

/** What people wrote to give a reason; longer than a name. */
export const said = (text: string): string => code(text, 1_000);

/** A moment to the second; what is none stands as it is told. */
export const at = (moment: Moment): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(moment) ? `${moment.slice(0, 19)}Z` : code(moment);

export const learned = <T>(fact: Learned<T>, draw: (value: T) => string): string =>
  fact.kind === 'known' ? draw(fact.value) : `not known: ${code(fact.why)}`;

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

/** Whatever a source said, by its own names. */
export const pairs = (told: Readonly<Record<string, unknown>>): string =>
  Object.entries(told)
    .map(([name, value]) => `${code(name, 60)} = ${code(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(', ');

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(head),
  row(head.map(() => '---')),
  ...rows.map(row),
];
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The newest so many, and what to say of the others. */
export function newest<T>(all: readonly T[], most: number): { readonly shown: readonly T[]; readonly note: string } {
  const left = Math.max(0, all.length - most);
  const note = left === 0 ? '' : `${left} older ones are left out here; the JSON file has them.`;
  return { shown: all.slice(left), note };
}

/** Paragraphs and lists, an empty line between them; what is empty is left out. */
export const paragraphs = (parts: readonly (string | readonly string[])[]): string =>
  parts
    .map((part) => (typeof part === 'string' ? part : part.filter((line) => line !== '').join('\n')))
    .filter((part) => part !== '')
    .join('\n\n');
