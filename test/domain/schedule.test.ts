/** Fault row 46: what is due when clocks are changed, by law or by mistake. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cron, parseCron } from '../../src/domain/cron.ts';
import type { Instant } from '../../src/domain/ids.ts';
import { localTimeOf } from '../../src/domain/local-time.ts';
import { dueSlot, firstSight, momentOfSlot, type Slot } from '../../src/domain/schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function cronOf(text: string): Cron {
  const cron = parseCron(text);
  if (cron === undefined) throw new Error(`no cron expression: ${text}`);
  return cron;
}

/** Asks every minute, as the pulse does, and remembers what came: slot → the moment it came. */
function played(text: string, zone: string, from: Instant, to: Instant, step = MINUTE): readonly [Slot, string][] {
  const cron = cronOf(text);
  let last = firstSight(cron, zone, from);
  const sent: [Slot, string][] = [];
  for (let now = from; now <= to; now += step) {
    const due = dueSlot(cron, zone, now, last);
    if (due === undefined) continue;
    sent.push([due.slot, new Date(now - due.late).toISOString().slice(0, 16)]);
    last = due.slot;
  }
  return sent;
}

const at = (text: string): Instant => Date.parse(text);

describe('46: exactly one a local day', () => {
  test.each([
    [
      'summer time begins and skips it: at the first moment after the gap',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T00:00Z',
      [
        ['2026-03-28T02:30', '2026-03-28T01:30'],
        ['2026-03-29T02:30', '2026-03-29T01:00'],
        ['2026-03-30T02:30', '2026-03-30T00:30'],
      ],
    ],
    [
      'summer time ends and repeats it: at the first of the two',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T00:00Z',
      [
        ['2026-10-24T02:30', '2026-10-24T00:30'],
        ['2026-10-25T02:30', '2026-10-25T00:30'],
        ['2026-10-26T02:30', '2026-10-26T01:30'],
      ],
    ],
    [
      'nine o’clock stays nine o’clock',
      '0 9 * * *',
      'Europe/Berlin',
      '2026-03-28T00:00Z',
      [
        ['2026-03-28T09:00', '2026-03-28T08:00'],
        ['2026-03-29T09:00', '2026-03-29T07:00'],
        ['2026-03-30T09:00', '2026-03-30T07:00'],
      ],
    ],
    [
      'an offset of half an hour',
      '0 9 * * *',
      'Asia/Kolkata',
      '2026-03-28T00:00Z',
      [
        ['2026-03-28T09:00', '2026-03-28T03:30'],
        ['2026-03-29T09:00', '2026-03-29T03:30'],
        ['2026-03-30T09:00', '2026-03-30T03:30'],
      ],
    ],
    [
      'half an hour of summer time, skipped',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-02T12:00Z',
      [
        ['2026-10-03T02:15', '2026-10-02T15:45'],
        ['2026-10-04T02:15', '2026-10-03T15:30'],
        ['2026-10-05T02:15', '2026-10-04T15:15'],
      ],
    ],
    [
      'half an hour of summer time, repeated',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-03T12:00Z',
      [
        ['2026-04-04T01:45', '2026-04-03T14:45'],
        ['2026-04-05T01:45', '2026-04-04T14:45'],
        ['2026-04-06T01:45', '2026-04-05T15:15'],
      ],
    ],
    [
      'a midnight that is skipped',
      '0 0 * * *',
      'America/Sao_Paulo',
      '2018-11-02T12:00Z',
      [
        ['2018-11-03T00:00', '2018-11-03T03:00'],
        ['2018-11-04T00:00', '2018-11-04T03:00'],
        ['2018-11-05T00:00', '2018-11-05T02:00'],
      ],
    ],
    [
      'a midnight that is skipped, elsewhere',
      '30 0 * * *',
      'Africa/Cairo',
      '2026-04-22T12:00Z',
      [
        ['2026-04-23T00:30', '2026-04-22T22:30'],
        ['2026-04-24T00:30', '2026-04-23T22:00'],
        ['2026-04-25T00:30', '2026-04-24T21:30'],
      ],
    ],
    [
      'a clock that goes back over midnight, after it has shown it',
      '0 0 * * *',
      'America/St_Johns',
      '2010-11-05T12:00Z',
      [
        ['2010-11-06T00:00', '2010-11-06T02:30'],
        ['2010-11-07T00:00', '2010-11-07T02:30'],
        ['2010-11-08T00:00', '2010-11-08T03:30'],
      ],
    ],
  ])('%s', (_what, cron, zone, from, expected) =>
    expect(played(cron, zone, at(from), at(from) + 3 * DAY - HOUR)).toEqual(expected),
  );

  test('two of a day in a gap become one', () =>
    expect(played('0,30 2 * * *', 'Europe/Berlin', at('2026-03-29T00:00Z'), at('2026-03-29T22:00Z'))).toEqual([
      ['2026-03-29T02:30', '2026-03-29T01:00'],
    ]));

  test('a whole year, hourly looks: as many as days', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'Australia/Lord_Howe', 'Asia/Kathmandu'])
      expect(played('0 9 * * *', zone, at('2026-01-01T00:00Z'), at('2026-12-31T22:00Z'), HOUR), zone).toHaveLength(365);
  });
});

describe('46: clocks that are wrong', () => {
  const cron = cronOf('0 9 * * *');
  const zone = 'Europe/Berlin';
  const now = at('2026-03-10T08:00Z');
  const today = { slot: '2026-03-10T09:00', late: 0 };

  test('nothing was sent yet: the newest of the last day', () =>
    expect(dueSlot(cron, zone, now + HOUR, undefined)).toEqual({ ...today, late: HOUR }));
  test('set back: what was sent is not sent again', () => {
    expect(dueSlot(cron, zone, now, today.slot)).toBeUndefined();
    expect(dueSlot(cron, zone, now - HOUR, today.slot)).toBeUndefined();
    expect(dueSlot(cron, zone, now - 20 * HOUR, today.slot)).toBeUndefined();
  });
  test('a day ahead may have been right, more is none', () => {
    expect(dueSlot(cron, zone, now, '2026-03-11T09:00')).toBeUndefined();
    expect(dueSlot(cron, zone, now, '2026-03-11T09:01')).toEqual(today);
    expect(dueSlot(cron, zone, now, '2036-01-01T09:00')).toEqual(today);
  });
  test('seen first at ten: nine is over', () => {
    const last = firstSight(cron, zone, now + HOUR);
    expect(dueSlot(cron, zone, now + HOUR, last)).toBeUndefined();
    expect(dueSlot(cron, zone, now + 23 * HOUR, last)).toBeUndefined();
    expect(dueSlot(cron, zone, now + 24 * HOUR, last)?.slot).toBe('2026-03-11T09:00');
  });
  test('seen first between two showings of the same hour: the first counts', () => {
    const night = cronOf('30 2 * * *');
    const again = at('2026-10-25T01:10Z');
    expect(firstSight(night, zone, again)).toBe('2026-10-25T02:30');
    expect(dueSlot(night, zone, again + HOUR, firstSight(night, zone, again))).toBeUndefined();
  });
  test('an outage over several: one, the newest; older than a day: none', () => {
    const often = cronOf('0 */4 * * *');
    const last = '2026-03-08T00:00';
    expect(dueSlot(often, zone, at('2026-03-10T08:30Z'), last)).toEqual({
      slot: '2026-03-10T08:00',
      late: 90 * MINUTE,
    });
    const weekly = cronOf('0 9 * * 1');
    expect(dueSlot(weekly, zone, at('2026-03-10T08:00Z'), last)).toEqual({ slot: '2026-03-09T09:00', late: DAY });
    expect(dueSlot(weekly, zone, at('2026-03-10T08:01Z'), last)).toBeUndefined();
  });
  test('the moment of a slot', () => {
    expect(momentOfSlot('2026-03-29T02:30', zone)).toBe(at('2026-03-29T01:00Z'));
    expect(momentOfSlot('2026-10-25T02:30', zone)).toBe(at('2026-10-25T00:30Z'));
  });
});

/** Around changes of the clock, and where nothing happens. */
const STRETCHES: readonly (readonly [string, string])[] = [
  ['Europe/Berlin', '2026-03-28T18:00Z'],
  ['Europe/Berlin', '2026-10-24T18:00Z'],
  ['Africa/Cairo', '2026-04-23T12:00Z'],
  ['Africa/Cairo', '2026-10-29T12:00Z'],
  ['America/Sao_Paulo', '2018-11-03T18:00Z'],
  ['America/St_Johns', '2010-11-06T18:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T06:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T06:00Z'],
  ['Pacific/Chatham', '2026-09-26T06:00Z'],
  ['Antarctica/Troll', '2026-03-28T18:00Z'],
  ['Asia/Kathmandu', '2026-06-06T06:00Z'],
  ['UTC', '2026-12-31T12:00Z'],
];
const LENGTH = 14 * HOUR;

/** What a clock on the wall shows, minute by minute as it comes: each wall time it reaches or jumps over, with the moment. */
function shownBy(zone: string, from: Instant): readonly { readonly wall: Instant; readonly at: Instant }[] {
  const shown: { wall: Instant; at: Instant }[] = [];
  const wallAt = (now: Instant): Instant => {
    const { year, month, day, hour, minute } = localTimeOf(now, zone);
    return Date.UTC(year, month - 1, day, hour, minute);
  };
  let furthest = wallAt(from - MINUTE);
  for (let now = from; now < from + LENGTH; now += MINUTE)
    while (furthest < wallAt(now)) {
      furthest += MINUTE;
      shown.push({ wall: furthest, at: now });
    }
  return shown;
}
const SHOWN = STRETCHES.map(([zone, from]) => ({ zone, from: at(from), shown: shownBy(zone, at(from)) }));

const some = (from: number, to: number, least = 1) =>
  fc.option(fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: least, maxLength: 12 }), {
    nil: undefined,
    freq: 1,
  });

test(
  'as a clock on the wall would show, for any expression',
  () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...SHOWN),
        fc.record({
          minute: some(0, 59),
          hour: some(0, 23),
          day: some(1, 31, 6),
          month: some(1, 12, 6),
          weekday: some(0, 6, 3),
        }),
        ({ zone, from, shown }, wanted) => {
          const { minute, hour, day, month, weekday } = wanted;
          const field = (values: readonly number[] | undefined): string => values?.join(',') ?? '*';
          const text = [minute, hour, day, month, weekday].map(field).join(' ');
          const names = (values: readonly number[] | undefined, value: number) => values?.includes(value) ?? true;
          const expected: [Slot, string][] = [];
          for (const { wall, at: came } of shown) {
            const date = new Date(wall);
            const [byDay, byWeekday] = [names(day, date.getUTCDate()), names(weekday, date.getUTCDay())];
            const isDay = day !== undefined && weekday !== undefined ? byDay || byWeekday : byDay && byWeekday;
            if (!isDay || !names(month, date.getUTCMonth() + 1)) continue;
            if (!names(hour, date.getUTCHours()) || !names(minute, date.getUTCMinutes())) continue;
            const moment = new Date(came).toISOString().slice(0, 16);
            // What one moment brings is one.
            if (expected.at(-1)?.[1] === moment) expected.pop();
            expected.push([date.toISOString().slice(0, 16), moment]);
          }
          expect(played(text, zone, from - MINUTE, from + LENGTH - MINUTE)).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    ),
  // Minute by minute through every stretch: a busy machine takes its time.
  120_000,
);
