/** The figures as a table to read and to paste. */
import { percentile } from './load.ts';

export interface Row {
  readonly path: string;
  readonly keywarden: string;
  readonly naive?: string;
  readonly alertmanager?: string;
  /** Keywarden against its ruler. */
  readonly ratio?: string;
  readonly goal: string;
}

const HEAD = ['path', 'Keywarden', 'naive line', 'Alertmanager', 'ratio', 'goal'] as const;

export function markdown(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.path,
    row.keywarden,
    row.naive ?? '–',
    row.alertmanager ?? '–',
    row.ratio ?? '–',
    row.goal,
  ]);
  const line = (words: readonly string[]): string => `| ${words.join(' | ')} |`;
  return [line(HEAD), line(HEAD.map(() => '---')), ...cells.map(line)].join('\n');
}

export const ms = (value: number | undefined): string =>
  value === undefined ? 'none' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** `p50 4.1 ms, p99 12 ms` */
export const spread = (values: readonly number[]): string =>
  `p50 ${ms(percentile(values, 0.5))}, p99 ${ms(percentile(values, 0.99))}`;

export const times = (value: number, ruler: number | undefined): string =>
  ruler === undefined || ruler === 0 ? '–' : `${(value / ruler).toFixed(2)}×`;

/** Median and tail against those of a ruler. */
export const spreadRatio = (values: readonly number[], ruler: readonly number[]): string =>
  [0.5, 0.99]
    .map((part) => `p${part * 100} ${times(percentile(values, part) ?? 0, percentile(ruler, part))}`)
    .join(', ');
