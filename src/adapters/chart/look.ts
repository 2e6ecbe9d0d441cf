/**
 * How the chart looks. It brings its own light ground, dark text and a border, so that it reads the same on Slack's light and
 * dark themes. Colour is never the only sign: every bar ends in words, and what is planned is hollow.
 */
import type { ChartRow } from '../../domain/countdown-chart.ts';
import type { Duration, Instant } from '../../domain/ids.ts';
import { DAY } from '../../domain/local-time.ts';

/** Lengths are units of the drawing; the picture has `SCALE` pixels for each. */
export const SCALE = 2;
export const WIDTH = 600;
export const MARGIN = 24;
export const CORNER = 12;

/** Title, subtitle and the axis' labels. The offsets are from the first row upwards. */
export const HEADER = 102;
export const TITLE_OFFSET = 23;
export const TICK_OFFSET = 20;
/** What two lines of labels take. */
export const TICKS = 30;

/** A row: the key's name, and below it the bar; middles from the row's top. */
export const ROW = 46;
export const NAME_MIDDLE = 9;
export const BAR_MIDDLE = 28;
export const BAR = 18;

/** The legend; its middle from the end of the last row. */
export const FOOTER = 50;
export const LEGEND_MIDDLE = 18;
export const SYMBOL = 10;

/** Has Latin, Greek, Cyrillic, Hebrew, Arabic and many signs; the rest is drawn as empty boxes. */
export const FONT = 'DejaVu Sans';
export const FONT_FILES = ['400', '700'].map(
  (weight) => `@fontsource/dejavu-sans/files/dejavu-sans-latin-${weight}-normal.woff2`,
);
export const LETTERS = {
  title: { fontSize: 16, fontWeight: 'bold' },
  subtitle: { fontSize: 11, fontWeight: 'normal' },
  name: { fontSize: 12, fontWeight: 'bold' },
  detail: { fontSize: 10.5, fontWeight: 'normal' },
  label: { fontSize: 11, fontWeight: 'normal' },
  tick: { fontSize: 10, fontWeight: 'normal' },
  legend: { fontSize: 10, fontWeight: 'normal' },
} as const;
export type Letters = keyof typeof LETTERS;

export const GROUND = '#fbfbf9';
export const BORDER = '#b9bec6';
export const TEXT = '#1c2430';
export const QUIET_TEXT = '#55606e';
export const GRID = '#e6e8ec';

/** In the order of the legend. */
export const TONES = ['day', 'threeDays', 'later', 'material', 'planned'] as const;
export type Tone = (typeof TONES)[number];

interface Paint {
  readonly words: string;
  readonly fill: string;
  readonly stroke: string;
  /** Of the text upon the bar. */
  readonly text: string;
}

export const PAINTS: Readonly<Record<Tone, Paint>> = {
  day: { words: 'less than a day', fill: '#d92d20', stroke: '#d92d20', text: '#ffffff' },
  threeDays: { words: 'less than 3 days', fill: '#f58220', stroke: '#f58220', text: TEXT },
  later: { words: 'later', fill: '#fbc63d', stroke: '#fbc63d', text: TEXT },
  material: { words: 'key material expires', fill: '#6d4bc3', stroke: '#6d4bc3', text: '#ffffff' },
  planned: { words: 'planned', fill: GROUND, stroke: '#6b7583', text: TEXT },
};

const ORANGE_WITHIN: Duration = 3 * DAY;

export function toneOf({ at, kind, planned }: ChartRow, now: Instant): Tone {
  if (planned) return 'planned';
  if (kind === 'materialExpiry') return 'material';
  if (at - now < DAY) return 'day';
  return at - now < ORANGE_WITHIN ? 'threeDays' : 'later';
}
