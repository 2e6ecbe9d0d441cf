/** A QR code for a terminal. */
import { encode } from 'uqr';

/** The standard's quiet zone, in modules. */
const QUIET = 4;
/** Black on white, whatever the terminal's own colours are: many scanners do not read an inverted code. */
const BLACK_ON_WHITE = '\u001b[38;5;16;48;5;231m';
const RESET = '\u001b[0m';

/** Draws a text in lines of half blocks, two rows of modules each. */
export function qrCode(text: string): string {
  const { data: rows } = encode(text, { ecc: 'L', border: QUIET });
  const lines = rows.flatMap((upper, at) => (at % 2 === 0 ? [halfBlocks(upper, rows[at + 1] ?? [])] : []));
  return lines.map((line) => `${BLACK_ON_WHITE}${line}${RESET}`).join('\n');
}

const halfBlocks = (upper: readonly boolean[], lower: readonly boolean[]): string =>
  upper.map((dark, column) => (dark ? (lower[column] ? '█' : '▀') : lower[column] ? '▄' : ' ')).join('');
