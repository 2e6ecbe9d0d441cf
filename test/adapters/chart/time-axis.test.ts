import { describe, expect, test } from 'vitest';
import { dateAndTimeOf, dayAndTimeOf, ticksOf } from '../../../src/adapters/chart/time-axis.ts';
import { DAY, HOUR } from './given.ts';

const BERLIN = 'Europe/Berlin';
const at = (text: string): number => Date.parse(text);
/** `2026-03-27T23:00Z Sat 28 Mar` */
const told = (from: string, to: string, zone: string): readonly string[] =>
  ticksOf(at(from), at(to), zone).map(
    (tick) => `${new Date(tick.at).toISOString().slice(5, 16)} ${tick.label.join(' ')}`,
  );

describe('days begin at midnight of the zone', () => {
  test('the day that summer time begins has 23 hours', () =>
    expect(told('2026-03-26T08:00Z', '2026-04-01T08:00Z', BERLIN)).toEqual([
      '03-26T23:00 Fri 27 Mar',
      '03-27T23:00 Sat 28 Mar',
      '03-28T23:00 Sun 29 Mar',
      '03-29T22:00 Mon 30 Mar',
      '03-30T22:00 Tue 31 Mar',
      '03-31T22:00 Wed 1 Apr',
    ]));
  test('the day that it ends has 25', () =>
    expect(told('2026-10-23T12:00Z', '2026-10-28T12:00Z', BERLIN)).toEqual([
      '10-23T22:00 Sat 24 Oct',
      '10-24T22:00 Sun 25 Oct',
      '10-25T23:00 Mon 26 Oct',
      '10-26T23:00 Tue 27 Oct',
      '10-27T23:00 Wed 28 Oct',
    ]));
  test('a zone half an hour off', () =>
    expect(told('2026-01-01T00:00Z', '2026-01-05T04:00Z', 'Asia/Kolkata')[0]).toBe('01-01T18:30 Fri 2 Jan'));
  test('where midnight is skipped, at the first moment of the day', () =>
    expect(told('2026-04-21T12:00Z', '2026-04-26T12:00Z', 'Africa/Cairo')).toContain('04-23T22:00 Fri 24 Apr'));
});

describe('hours of the wall clock', () => {
  test('the skipped one is not drawn twice', () =>
    expect(told('2026-03-28T22:30Z', '2026-03-29T04:30Z', BERLIN)).toEqual([
      '03-28T23:00 00:00 29 Mar',
      '03-29T00:00 01:00',
      '03-29T01:00 03:00',
      '03-29T02:00 04:00',
      '03-29T03:00 05:00',
      '03-29T04:00 06:00',
    ]));
  test('the one that comes twice has one tick', () =>
    expect(told('2026-10-24T23:30Z', '2026-10-25T03:30Z', BERLIN)).toEqual([
      '10-25T00:00 02:00 25 Oct',
      '10-25T02:00 03:00',
      '10-25T03:00 04:00',
    ]));
});

test('minutes and seconds, where a day lasts no longer', () => {
  expect(told('2026-03-26T08:00:07Z', '2026-03-26T08:00:20Z', BERLIN)[0]).toBe('03-26T08:00 09:00:08');
  expect(told('2026-03-26T08:01Z', '2026-03-26T08:31Z', BERLIN)).toEqual([
    '03-26T08:05 09:05',
    '03-26T08:10 09:10',
    '03-26T08:15 09:15',
    '03-26T08:20 09:20',
    '03-26T08:25 09:25',
    '03-26T08:30 09:30',
  ]);
});

test('any stretch has ticks, all inside, in order, and never more than have room', () => {
  const from = at('2026-03-26T08:00:30Z');
  for (let span = 5_000; span < 4_000 * DAY; span *= 1.31)
    for (const zone of [BERLIN, 'UTC', 'Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia']) {
      const ticks = ticksOf(from, from + span, zone);
      expect(ticks.length, `${span / HOUR} h in ${zone}`).toBeGreaterThanOrEqual(1);
      expect(ticks.length, `${span / HOUR} h in ${zone}`).toBeLessThanOrEqual(9);
      const times = ticks.map((tick) => tick.at);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(times.every((time) => time > from && time < from + span)).toBe(true);
    }
});

test('moments in words', () => {
  expect(dayAndTimeOf(at('2026-03-29T22:05Z'), BERLIN)).toBe('Mon 30 Mar 00:05');
  expect(dateAndTimeOf(at('2026-12-31T23:30Z'), BERLIN)).toBe('Fri 1 Jan 2027 00:30');
});
