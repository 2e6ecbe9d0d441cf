/** The chart as a Vega-Lite specification. Foreign text stands in its data only, never in an expression. */
import type { TopLevelSpec } from 'vega-lite';
import { type ChartRow, type CountdownChart, keysIn, NOTHING_DUE } from '../../domain/countdown-chart.ts';
import { inWords } from '../../domain/durations.ts';
import type { Duration, Instant } from '../../domain/ids.ts';
import { fitted, widthOf } from './fitting.ts';
import * as look from './look.ts';
import { dateAndTimeOf, dayAndTimeOf, ticksOf } from './time-axis.ts';

const PLOT = look.WIDTH - 2 * look.MARGIN;
const GAP = 8;
/** About 30 signs of account and Region, however long the name is. */
const DETAIL_LEAST = PLOT * 0.36;
/** So that keys that are all due at once still have an axis. */
const SHORTEST_AXIS: Duration = 60_000;

type Layered = Extract<TopLevelSpec, { layer: unknown }>;

/** Height of the drawing; without any row there is room for a sentence. */
export const heightOf = (chart: CountdownChart): number => look.HEADER + plotHeight(chart) + footerOf(chart);
const plotHeight = ({ rows }: CountdownChart): number => Math.max(rows.length, 1) * look.ROW;
const footerOf = ({ rows }: CountdownChart): number => (rows.length === 0 ? 0 : look.FOOTER);

/** The drawing, `look.WIDTH` wide and `heightOf` high, without its ground. */
export function specificationOf(chart: CountdownChart): TopLevelSpec {
  const frame = {
    width: PLOT,
    height: plotHeight(chart),
    autosize: 'none',
    padding: { left: look.MARGIN, right: look.MARGIN, top: look.HEADER, bottom: footerOf(chart) },
    title: {
      text: fitted(chart.title, 'title', PLOT),
      subtitle: fitted(subtitleOf(chart), 'subtitle', PLOT),
      offset: look.TITLE_OFFSET + (chart.rows.length === 0 ? look.TICKS : 0),
    },
    config,
  } as const;
  return chart.rows.length === 0 ? { ...frame, ...nothing } : { ...frame, ...countdown(chart) };
}

function subtitleOf({ rows, more, now, timezone }: CountdownChart): string {
  const shown = keysIn(rows);
  const total = shown + more;
  const keys = more > 0 ? `${shown} of ${total} keys` : `${total} ${total === 1 ? 'key' : 'keys'}`;
  const which = rows.length === 0 ? '' : `${keys}${total > 1 ? ', soonest first' : ''} · `;
  return `${which}as of ${dateAndTimeOf(now, timezone)}, times in ${timezone}`;
}

const nothing = {
  data: { values: [{}] },
  mark: { type: 'text', style: 'detail', align: 'left', x: 0, y: look.NAME_MIDDLE, text: NOTHING_DUE },
} as const;

function countdown(chart: CountdownChart): Pick<Layered, 'data' | 'layer'> {
  const { now, rows, timezone } = chart;
  const end = Math.max(now + SHORTEST_AXIS, ...rows.map(({ at }) => at));
  const ticks = ticksOf(now, end, timezone);
  const labels = JSON.stringify(Object.fromEntries(ticks.map(({ at, label }) => [at, label])));
  const time = {
    field: 'at',
    type: 'quantitative' as const,
    scale: { domain: [now, end], zero: false, nice: false },
    axis: {
      orient: 'top' as const,
      title: null,
      values: ticks.map(({ at }) => at),
      labelExpr: `${labels}[datum.value]`,
    },
  };
  return {
    data: { values: rows.map((row, index) => drawnRow(row, index, chart, end)) },
    layer: [
      {
        mark: { type: 'bar', orient: 'horizontal', height: look.BAR },
        encoding: { x: time, x2: { datum: now }, y: pixels('barY'), fill: colour('fill'), stroke: colour('stroke') },
      },
      { mark: { type: 'text', style: 'name', x: 0 }, encoding: { y: pixels('nameY'), text: { field: 'name' } } },
      { mark: { type: 'text', style: 'detail', x: PLOT }, encoding: { y: pixels('nameY'), text: { field: 'detail' } } },
      ...(['inside', 'outside'] as const).map((where) => ({
        transform: [{ filter: { field: 'where', equal: where } }],
        mark: { type: 'text' as const, style: ['label', where] },
        encoding: { x: time, y: pixels('barY'), text: { field: 'label' }, color: colour('labelColour') },
      })),
      ...legend(chart),
    ],
  };
}

const pixels = (field: string) => ({ field, type: 'quantitative', scale: null, axis: null }) as const;
const colour = (field: string) => ({ field, type: 'nominal', scale: null, legend: null }) as const;

/** Of what is in the picture. Drawn by hand: without a canvas Vega guesses the width of words, and tears its own legend apart. */
function legend(chart: CountdownChart): Layered['layer'] {
  const tones = look.TONES.filter((tone) => chart.rows.some((row) => look.toneOf(row, chart.now) === tone));
  const y = plotHeight(chart) + look.LEGEND_MIDDLE;
  let x = look.SYMBOL / 2;
  const values = tones.map((tone) => {
    const { words, fill, stroke } = look.PAINTS[tone];
    const [symbolX, wordsX] = [x, x + look.SYMBOL / 2 + GAP];
    x = wordsX + widthOf(words, 'legend') + 2 * GAP;
    return { symbolX, wordsX, y, words, fill, stroke };
  });
  return [
    {
      data: { values },
      mark: { type: 'square', size: look.SYMBOL ** 2, strokeWidth: 1.25, opacity: 1 },
      encoding: { x: pixels('symbolX'), y: pixels('y'), fill: colour('fill'), stroke: colour('stroke') },
    },
    {
      data: { values },
      mark: { type: 'text', style: 'legend' },
      encoding: { x: pixels('wordsX'), y: pixels('y'), text: { field: 'words' } },
    },
  ];
}

interface DrawnRow {
  readonly at: Instant;
  readonly name: string;
  readonly nameY: number;
  readonly detail: string;
  readonly label: string;
  readonly labelColour: string;
  readonly barY: number;
  readonly fill: string;
  readonly stroke: string;
  /** The label stands behind the bar, or upon its end where there is no room behind it. */
  readonly where: 'inside' | 'outside';
}

function drawnRow(row: ChartRow, index: number, { now, timezone }: CountdownChart, end: Instant): DrawnRow {
  const { fill, stroke, text } = look.PAINTS[look.toneOf(row, now)];
  const at = Math.max(row.at, now);
  const kind = [row.planned ? 'planned' : '', row.kind === 'materialExpiry' ? 'key material expires' : ''];
  const beside = PLOT - 2 * GAP - widthOf(fitted(row.name, 'name', PLOT), 'name') - widthOf(kind.join(' · '), 'detail');
  const place = fitted(row.detail, 'detail', Math.max(DETAIL_LEAST, beside));
  const detail = [...kind, place].filter((part) => part !== '').join(' · ');
  const left = row.at > now ? inWords(row.at - now) : 'due now';
  const label = `${left} · ${dayAndTimeOf(row.at, timezone)}`;
  const room = (PLOT * (end - at)) / (end - now) - GAP;
  const where = widthOf(label, 'label') <= room ? 'outside' : 'inside';
  return {
    at,
    name: fitted(row.name, 'name', PLOT - widthOf(detail, 'detail') - 2 * GAP),
    nameY: index * look.ROW + look.NAME_MIDDLE,
    detail,
    label,
    labelColour: where === 'inside' ? text : look.TEXT,
    barY: index * look.ROW + look.BAR_MIDDLE,
    fill,
    stroke,
    where,
  };
}

const config = {
  font: look.FONT,
  background: 'transparent',
  view: { stroke: null },
  bar: { cornerRadiusEnd: 3, strokeWidth: 1.25 },
  text: { baseline: 'middle' },
  style: {
    name: { align: 'left', color: look.TEXT, ...look.LETTERS.name },
    detail: { align: 'right', color: look.QUIET_TEXT, ...look.LETTERS.detail },
    legend: { align: 'left', color: look.QUIET_TEXT, ...look.LETTERS.legend },
    label: { ...look.LETTERS.label },
    inside: { align: 'right', dx: -GAP },
    outside: { align: 'left', dx: GAP },
  },
  title: {
    anchor: 'start',
    frame: 'group',
    color: look.TEXT,
    fontSize: look.LETTERS.title.fontSize,
    fontWeight: look.LETTERS.title.fontWeight,
    subtitleColor: look.QUIET_TEXT,
    subtitleFontSize: look.LETTERS.subtitle.fontSize,
    subtitleFontWeight: look.LETTERS.subtitle.fontWeight,
    subtitlePadding: 6,
  },
  axis: {
    domain: false,
    ticks: false,
    gridColor: look.GRID,
    labelColor: look.QUIET_TEXT,
    labelFontSize: look.LETTERS.tick.fontSize,
    labelOverlap: false,
    labelPadding: look.TICK_OFFSET,
  },
} as const;
