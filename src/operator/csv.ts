/** CSV for people with a spreadsheet: RFC 4180, and no cell that the spreadsheet would take for a formula. */

/**
 * What a spreadsheet, or whoever cleans up before pasting into one, may skip before a formula: white space, controls,
 * invisible characters, quotes.
 */
const SKIPPED = /^[\p{White_Space}\p{C}"'`´‘’‚‛“”„‟«»‹›]*/u;
/** Of full-width and small forms the plain one is looked at; the minus sign has none. */
const FORMULA = /^[=+\-@−]/;

/** One line with its end. Every cell is quoted, so that a spreadsheet that splits at semicolons sees the same cells. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => `"${defused(cell).replaceAll('"', '""')}"`).join(',')}\r\n`;

/** The text with an apostrophe before it where it could be read as a formula, or begins with a control character. */
export function defused(text: string): string {
  const skipped = SKIPPED.exec(text)?.[0] ?? '';
  // Taken apart, not put together: an equals sign with a stroke through it still is one.
  const next = text.slice(skipped.length, skipped.length + 2).normalize('NFKD');
  return FORMULA.test(next) || /^[\t\r\n\p{Cc}]/u.test(text) ? `'${text}` : text;
}
