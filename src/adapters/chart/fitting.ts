/** Foreign text that must fit into a picture: how wide it is about, and what of it is shown. */
import { visibleLine } from '../../domain/countdown-chart.ts';
import { LETTERS, type Letters } from './look.ts';

/**
 * Widths in parts of the font size, after DejaVu Sans Bold and rather too wide: without a canvas nobody measures text before it
 * is drawn, and text that is cut early is better than text that runs into its neighbour.
 */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/^[ijlI.,:;|'!/ ·-]/u, 0.42],
  [/^[frt()[\]{}"]/u, 0.52],
  [/^[cksvxyz_]/u, 0.67],
  [/^[mwMW%@]/u, 1.11],
  [/^[A-Z&<>=+]/u, 0.86],
  [/^[\x20-\x7e\u00a0-\u02ff]/u, 0.73],
  [/^[\u0370-\u06ff]/u, 0.9],
];
/** Ideographs, emoji, and the boxes that stand for what the font lacks. */
const WIDEST = 1.2;
/** The regular weight is narrower. */
const REGULAR = 0.92;

/** A pile of accents on one letter would be drawn across its neighbours. */
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu;

/** The width of a line, in units of the drawing; at least what it will take. */
export function widthOf(text: string, letters: Letters): number {
  return signsOf(text).reduce((sum, sign) => sum + widthOfSign(sign, letters), 0);
}

/** One visible line no wider than `most`. The middle goes: key names differ at the end as often as at the beginning. */
export function fitted(text: string, letters: Letters, most: number): string {
  const line = visibleLine(text).replace(PILED_MARKS, '$1');
  if (widthOf(line, letters) <= most) return line;
  const signs = signsOf(line);
  const room = most - widthOf('…', letters);
  const head = taken(signs, letters, room * 0.6);
  const tail = taken(signs.toReversed(), letters, room * 0.4).toReversed();
  return `${head.join('')}…${tail.join('')}`;
}

function taken(signs: readonly string[], letters: Letters, room: number): readonly string[] {
  let left = room;
  const end = signs.findIndex((sign) => {
    left -= widthOfSign(sign, letters);
    return left < 0;
  });
  return end === -1 ? signs : signs.slice(0, end);
}

function widthOfSign(sign: string, letters: Letters): number {
  const { fontSize, fontWeight } = LETTERS[letters];
  const width = WIDTHS.find(([signs]) => signs.test(sign))?.[1] ?? WIDEST;
  return width * fontSize * (fontWeight === 'bold' ? 1 : REGULAR);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader takes for one sign is never cut in two. */
const signsOf = (text: string): readonly string[] => [...segmenter.segment(text)].map(({ segment }) => segment);
