/** Charts to draw. */
import type { ChartRow, CountdownChart } from '../../../src/domain/countdown-chart.ts';
import type { Duration } from '../../../src/domain/ids.ts';

export const HOUR: Duration = 3_600_000;
export const DAY: Duration = 24 * HOUR;
/** A Thursday, three days before summer time begins in Berlin; 09:00 there. */
export const NOW = Date.UTC(2026, 2, 26, 8);

export const rowIn = (left: Duration, row: Partial<ChartRow> = {}): ChartRow => ({
  name: 'alias/payments-prod',
  detail: 'payments · eu-central-1',
  at: NOW + left,
  kind: 'deletion',
  planned: false,
  keys: 1,
  ...row,
});

export const chartOf = (rows: readonly ChartRow[], chart: Partial<CountdownChart> = {}): CountdownChart => ({
  title: 'Countdown',
  now: NOW,
  timezone: 'Europe/Berlin',
  rows,
  more: 0,
  ...chart,
});
