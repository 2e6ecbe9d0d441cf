/**
 * Cron expressions of five fields, as crontab(5) reads them. Only the wall times they name: which moment a wall time is, and
 * what of it a clock change takes away or repeats, is the schedule's matter.
 */
import type { LocalTime } from './local-time.ts';

export interface Cron {
  /** In order. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  /** 1–12. */
  readonly months: ReadonlySet<number>;
  /** 0 (Sunday) – 6. */
  readonly weekdays: ReadonlySet<number>;
  /** Both day fields name days: then either is enough. */
  readonly eitherDay: boolean;
}

interface Field {
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: MONTHS },
  // Both 0 and 7 are Sunday.
  { from: 0, to: 7, names: DAYS },
];

/** In February of a leap year, and so on. */
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether any day ever comes that it names: there is no 31st of February. */
export function namesADay({ days, months, eitherDay }: Cron): boolean {
  if (eitherDay) return true;
  return [...months].some((month) => [...days].some((day) => day <= (LONGEST_MONTHS[month - 1] ?? 0)));
}

export const isCron = (text: string): boolean => parseCron(text) !== undefined;

/** Minute, hour, day of month, month, day of week: numbers, names, `*`, lists, ranges and steps. `undefined`: anything else. */
export function parseCron(text: string): Cron | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return undefined;
  const fields = FIELDS.map((field, index) => valuesOf(parts[index] ?? '', field));
  const [minutes, hours, days, months, weekdays] = fields;
  if (
    minutes === undefined ||
    hours === undefined ||
    days === undefined ||
    months === undefined ||
    weekdays === undefined
  )
    return undefined;
  const [, , dayText = '', , weekdayText = ''] = parts;
  return {
    minutes: [...minutes].sort((a, b) => a - b),
    hours: [...hours].sort((a, b) => a - b),
    days,
    months,
    weekdays: new Set([...weekdays].map((weekday) => weekday % 7)),
    // A field that begins with `*` names no day of its own, also with a step.
    eitherDay: !dayText.startsWith('*') && !weekdayText.startsWith('*'),
  };
}

/** Whether anything of a day is named. */
export function isCronDay(cron: Cron, { day, month, weekday }: LocalTime): boolean {
  if (!cron.months.has(month)) return false;
  const isDay = cron.days.has(day);
  const isWeekday = cron.weekdays.has(weekday);
  return cron.eitherDay ? isDay || isWeekday : isDay && isWeekday;
}

function valuesOf(text: string, field: Field): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const range = rangeOf(item, field);
    if (range === undefined) return undefined;
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
  }
  return values;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function rangeOf(item: string, field: Field): Range | undefined {
  const match = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/i.exec(item);
  if (!match) return undefined;
  const [, first, last, wantedStep] = match;
  const step = wantedStep === undefined ? 1 : Number(wantedStep);
  if (step < 1 || step > field.to) return undefined;
  if (first === undefined) return { start: field.from, end: field.to, step };
  const start = numberOf(first, field);
  if (start === undefined) return undefined;
  // A single value with a step goes on to the end of the field.
  if (last === undefined) return { start, end: wantedStep === undefined ? start : field.to, step };
  const end = numberOf(last, field);
  return end === undefined || start > end ? undefined : { start, end, step };
}

function numberOf(text: string, field: Field): number | undefined {
  if (!/^\d+$/.test(text)) {
    const place = field.names?.indexOf(text.toLowerCase()) ?? -1;
    return place === -1 ? undefined : place + (field.from === 0 ? 0 : 1);
  }
  const value = Number(text);
  return value >= field.from && value <= field.to ? value : undefined;
}
