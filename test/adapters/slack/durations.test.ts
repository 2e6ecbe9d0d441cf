import { expect, test } from 'vitest';
import { dayAndTime, exactTime, plainTime } from '../../../src/adapters/slack/words/times.ts';
import { inWords } from '../../../src/domain/durations.ts';

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

test.each([
  [-5, 'less than 1 s'],
  [0, 'less than 1 s'],
  [999, 'less than 1 s'],
  [S, '1 s'],
  [59 * S + 999, '59 s'],
  [MIN, '1 min'],
  [MIN + S, '1 min 1 s'],
  [H - 1, '59 min 59 s'],
  [H, '1 h'],
  [H + 59 * S, '1 h'],
  [H + MIN, '1 h 1 min'],
  [D - 1, '23 h 59 min'],
  [D, '1 d'],
  [D + 59 * MIN, '1 d'],
  [D + H, '1 d 1 h'],
  [2 * D + 4 * H + 59 * MIN, '2 d 4 h'],
  [30 * D, '30 d'],
])('%d ms is %s', (duration, words) => expect(inWords(duration)).toBe(words));

test('moments are Slack dates, rounded down, with UTC where dates are not understood', () => {
  const at = Date.UTC(2026, 2, 21, 9, 12, 30, 999);
  expect(dayAndTime(at)).toBe(`<!date^${Math.floor(at / 1000)}^{date_short} {time}|2026-03-21 09:12 UTC>`);
  expect(exactTime(at)).toBe(`<!date^${Math.floor(at / 1000)}^{date_short} {time_secs}|2026-03-21 09:12:30 UTC>`);
  expect(plainTime(at)).toBe('2026-03-21 09:12:30 UTC');
});
test('a moment out of range breaks nothing', () => {
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
    expect(dayAndTime(at)).toBe('at an unknown time');
    expect(plainTime(at)).toBe('at an unknown time');
  }
});
