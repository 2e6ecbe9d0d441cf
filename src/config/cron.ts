/** Whether a text is a cron expression of five fields, as `digests` uses it. It is only checked here, not run. */

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
  // Both 0 and 7 are Sunday, as in crontab(5).
  { from: 0, to: 7, names: DAYS },
];

/** Minute, hour, day of month, month, day of week: numbers, names, `*`, lists, ranges and steps. */
export function isCron(text: string): boolean {
  const parts = text.trim().split(/\s+/);
  return parts.length === FIELDS.length && FIELDS.every((field, index) => isField(parts[index] ?? '', field));
}

const isField = (text: string, field: Field): boolean => text.split(',').every((item) => isItem(item, field));

function isItem(item: string, field: Field): boolean {
  const match = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/i.exec(item);
  if (!match) return false;
  const [, first, last, step] = match;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.to)) return false;
  if (first === undefined) return true;
  const start = numberOf(first, field);
  if (start === undefined) return false;
  if (last === undefined) return true;
  const end = numberOf(last, field);
  return end !== undefined && start <= end;
}

function numberOf(text: string, field: Field): number | undefined {
  if (!/^\d+$/.test(text)) {
    const place = field.names?.indexOf(text.toLowerCase()) ?? -1;
    return place === -1 ? undefined : place + (field.from === 0 ? 0 : 1);
  }
  const value = Number(text);
  return value >= field.from && value <= field.to ? value : undefined;
}
