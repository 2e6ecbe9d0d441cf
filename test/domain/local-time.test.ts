import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { daysLater, instantOf, type LocalTime, localTimeOf } from '../../src/domain/local-time.ts';

const at = (text: string): number => Date.parse(text);
const wall = (text: string): Omit<LocalTime, 'weekday'> => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
  return { year, month, day, hour, minute };
};

describe('what a clock shows', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29T01:59', 0],
    ['Europe/Berlin', '2026-03-29T01:00Z', '2026-03-29T03:00', 0],
    ['Asia/Kathmandu', '2026-01-31T20:00Z', '2026-02-01T01:45', 0],
    ['Pacific/Kiritimati', '2026-12-31T10:00Z', '2027-01-01T00:00', 5],
    ['Etc/GMT+12', '2027-01-01T11:59Z', '2026-12-31T23:59', 4],
    ['America/Sao_Paulo', '2018-11-04T03:00Z', '2018-11-04T01:00', 0],
    ['UTC', '2024-02-29T23:59Z', '2024-02-29T23:59', 4],
  ])('%s at %s: %s', (zone, moment, shown, weekday) =>
    expect(localTimeOf(at(moment), zone)).toEqual({ ...wall(shown), weekday }),
  );
});

describe('which moment a wall time names', () => {
  test.each([
    ['on an ordinary day', 'Europe/Berlin', '2026-06-01T09:00', '2026-06-01T07:00Z'],
    ['skipped: the first moment after the gap', 'Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00Z'],
    ['twice: the first', 'Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30Z'],
    ['after both', 'Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00Z'],
    ['a skipped midnight', 'Africa/Cairo', '2026-04-24T00:00', '2026-04-23T22:00Z'],
    ['a skipped day', 'Pacific/Apia', '2011-12-30T09:00', '2011-12-30T10:00Z'],
    ['half an hour, skipped', 'Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:30Z'],
    ['three hours at once', 'Antarctica/Casey', '2010-03-05T00:00', '2010-03-04T13:00Z'],
  ])('%s', (_what, zone, text, moment) => expect(instantOf(wall(text), zone)).toBe(at(moment)));

  const zones = ['Europe/Berlin', 'Africa/Cairo', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Kolkata', 'UTC'];
  const minutes = fc.integer({ min: at('2020-01-01T00:00Z') / 60_000, max: at('2030-01-01T00:00Z') / 60_000 });
  test('back and forth: the same wall time, never a later moment', () =>
    fc.assert(
      fc.property(fc.constantFrom(...zones), minutes, (zone, minute) => {
        const shown = localTimeOf(minute * 60_000, zone);
        const named = instantOf(shown, zone);
        expect(named).toBeLessThanOrEqual(minute * 60_000);
        expect(localTimeOf(named, zone)).toEqual(shown);
      }),
    ));
  test('later wall times never name earlier moments', () =>
    fc.assert(
      fc.property(fc.constantFrom(...zones), minutes, fc.integer({ min: 0, max: 300 }), (zone, minute, more) => {
        const [first, second] = [minute, minute + more].map((one) => localTimeOf(one * 60_000, 'UTC'));
        if (first === undefined || second === undefined) throw new Error('two were asked for');
        expect(instantOf(second, zone)).toBeGreaterThanOrEqual(instantOf(first, zone));
      }),
    ));
});

test('days later, over the ends of months and years', () => {
  const eve = localTimeOf(at('2026-12-31T09:30Z'), 'UTC');
  expect(daysLater(eve, 1)).toEqual({ ...wall('2027-01-01T09:30'), weekday: 5 });
  expect(daysLater(eve, -306)).toEqual({ ...wall('2026-02-28T09:30'), weekday: 6 });
});
