import { describe, expect, it, test } from 'vitest';
import { isCron, isCronDay, namesADay, parseCron } from '../../src/domain/cron.ts';
import { localTimeOf } from '../../src/domain/local-time.ts';

it.each([
  '* * * * *',
  '0 9 * * 1-5',
  '*/15 0-6,18-23 1,15 jan-mar SUN',
  '5/10 9 * * *',
  '0 9 31 12 7',
  '  0  9 * * *  ',
])('%s is a cron expression', (text) => expect(isCron(text)).toBe(true));

it.each([
  '',
  '0 9 * *',
  '0 0 9 * * *',
  '60 * * * *',
  '0 24 * * *',
  '0 0 0 * *',
  '0 0 * 13 *',
  '0 0 * * 8',
  '0 9 * * 5-1',
  '*/0 * * * *',
  '0 9 * * mo',
  '0,, 9 * * *',
  '@daily',
  'a b c d e',
])('%j is none', (text) => expect(isCron(text)).toBe(false));

test.each([
  ['0 9 * * *', true],
  ['0 9 29 2 *', true],
  ['0 9 31 2,3 *', true],
  // Either is enough where both are named.
  ['0 9 31 2 1', true],
  ['0 9 31 2 *', false],
  ['0 9 30-31 feb */2', false],
  ['0 9 31 4,6,9,11 *', false],
])('%s names a day that comes: %s', (text, comes) => {
  const cron = parseCron(text);
  expect(cron !== undefined && namesADay(cron)).toBe(comes);
});

describe('what a field names', () => {
  test.each([
    ['5', [5]],
    ['5,3,3', [3, 5]],
    ['10-13', [10, 11, 12, 13]],
    ['*/20', [0, 20, 40]],
    ['10-30/10', [10, 20, 30]],
    ['50/5', [50, 55]],
    ['1-2,58/1', [1, 2, 58, 59]],
  ])('minutes %s', (text, minutes) => expect(parseCron(`${text} * * * *`)?.minutes).toEqual(minutes));
  test.each([
    ['7', [0]],
    ['5-7', [0, 5, 6]],
    ['mon-fri', [1, 2, 3, 4, 5]],
    ['Sun,sat', [0, 6]],
  ])('weekdays %s', (text, weekdays) =>
    expect([...(parseCron(`0 0 * * ${text}`)?.weekdays ?? [])].sort()).toEqual(weekdays),
  );
  test('months by name', () => expect([...(parseCron('0 0 * feb-apr *')?.months ?? [])]).toEqual([2, 3, 4]));
});

/** March 2026 begins on a Sunday. */
const daysOfMarch = (text: string): readonly number[] =>
  Array.from({ length: 31 }, (_, index) => index + 1).filter((day) => {
    const cron = parseCron(text);
    return cron !== undefined && isCronDay(cron, localTimeOf(Date.UTC(2026, 2, day), 'UTC'));
  });

test.each([
  ['every day', '0 9 * * *', Array.from({ length: 31 }, (_, index) => index + 1)],
  ['days of the month', '0 9 1,15 * *', [1, 15]],
  ['days of the week', '0 9 * * 1', [2, 9, 16, 23, 30]],
  ['either, where both are named', '0 9 13 * 5', [6, 13, 20, 27]],
  ['either, where both are named and differ', '0 9 1 * 1', [1, 2, 9, 16, 23, 30]],
  ['both, where one begins with a star', '0 9 */10 * 3', [11]],
  ['another month', '0 9 * 4 *', []],
])('%s: %s', (_what, text, days) => expect(daysOfMarch(text)).toEqual(days));
