/** Fault rows 45 and 46: exactly one digest a local day, whatever happens to clocks, processes and answers. */
import { describe, expect, test } from 'vitest';
import { count } from '../faults/given.ts';
import { DAY, eventually } from '../harness.ts';
import {
  at,
  beat,
  beatUntil,
  byHand,
  daily,
  digestsIn,
  idle,
  inDigestWorld,
  liveThrough,
  moveTo,
  slotsIn,
} from './given.ts';

const HOUR = 3_600_000;

describe('46: summer time', () => {
  test.each([
    [
      'begins',
      'Europe/Berlin',
      '30 2 * * *',
      '2026-03-27T20:10Z',
      ['2026-03-28T02:30', '2026-03-29T02:30', '2026-03-30T02:30'],
    ],
    [
      'ends',
      'Europe/Berlin',
      '30 2 * * *',
      '2026-10-23T20:10Z',
      ['2026-10-24T02:30', '2026-10-25T02:30', '2026-10-26T02:30'],
    ],
    [
      'begins by half an hour',
      'Australia/Lord_Howe',
      '15 2 * * *',
      '2026-10-02T10:10Z',
      ['2026-10-03T02:15', '2026-10-04T02:15', '2026-10-05T02:15'],
    ],
    [
      'skips midnight',
      'America/Sao_Paulo',
      '0 0 * * *',
      '2018-11-02T20:10Z',
      ['2018-11-03T00:00', '2018-11-04T00:00', '2018-11-05T00:00'],
    ],
    [
      'skips midnight, elsewhere',
      'Africa/Cairo',
      '30 0 * * *',
      '2026-04-22T20:10Z',
      ['2026-04-23T00:30', '2026-04-24T00:30', '2026-04-25T00:30'],
    ],
    [
      'is nothing there',
      'Asia/Kolkata',
      '0 9 * * *',
      '2026-03-27T20:10Z',
      ['2026-03-28T09:00', '2026-03-29T09:00', '2026-03-30T09:00'],
    ],
  ])('46: %s in %s: one digest each day', (_what, zone, cron, start, slots) =>
    inDigestWorld(start, { digests: [daily(zone, cron)] }, async (world, bot) => {
      const until = new Date(Date.parse(start) + 2.6 * DAY).toISOString();
      await liveThrough(world, bot, start, until);
      expect(slotsIn(world)).toEqual(slots);
    }),
  );
});

describe('46: the bot’s own clock', () => {
  test('46: set back over the slot and on again: the digest stands there once', () =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      await liveThrough(world, bot, '2026-06-01T07:00Z', '2026-06-01T09:00Z');
      await liveThrough(world, bot, '2026-06-01T05:00Z', '2026-06-01T09:00Z');
      await liveThrough(world, bot, '2026-05-31T09:00Z', '2026-06-01T08:00Z', 2 * HOUR);
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
      await liveThrough(world, bot, '2026-06-02T07:00Z', '2026-06-02T07:00Z');
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00', '2026-06-02T09:00']);
    }));

  test('46: a year ahead for an hour: what it noted does not silence the next year', () =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      await liveThrough(world, bot, '2026-06-01T07:00Z', '2026-06-01T07:00Z');
      await liveThrough(world, bot, '2027-06-01T07:30Z', '2027-06-01T07:30Z');
      // Back in its own time, it finds what stands there already, and goes on.
      await liveThrough(world, bot, '2026-06-01T08:00Z', '2026-06-02T08:00Z');
      expect(slotsIn(world).toSorted()).toEqual(['2026-06-01T09:00', '2026-06-02T09:00', '2027-06-01T09:00']);
    }));
});

describe('where it begins, and outages', () => {
  test('installed at ten: nine is not made up for', () =>
    inDigestWorld('2026-06-01T08:00Z', { digests: [daily()] }, async (world, bot) => {
      await liveThrough(world, bot, '2026-06-01T08:30Z', '2026-06-02T06:30Z', 2 * HOUR);
      expect(slotsIn(world)).toEqual([]);
      await liveThrough(world, bot, '2026-06-02T07:00Z', '2026-06-02T08:00Z');
      expect(slotsIn(world)).toEqual(['2026-06-02T09:00']);
    }));

  test('away over one: late, and says so; away over several: the newest alone', () =>
    inDigestWorld('2026-06-01T06:00Z', { digests: [daily()] }, async (world, bot) => {
      await world.makeKey('watched');
      moveTo(world, '2026-06-01T10:30Z');
      await beat(bot);
      await idle(world);
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
      expect(world.words(digestsIn(world)[0])).toContain('Late by 3 h 30 min');
      moveTo(world, '2026-06-05T08:00Z');
      await beat(bot);
      await idle(world);
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00', '2026-06-05T09:00']);
    }));

  test('older than a day: not at all', () =>
    inDigestWorld('2026-06-01T06:00Z', { digests: [daily('Europe/Berlin', '0 9 * * 1')] }, async (world, bot) => {
      await liveThrough(world, bot, '2026-06-02T07:01Z', '2026-06-02T09:01Z');
      expect(slotsIn(world)).toEqual([]);
      await liveThrough(world, bot, '2026-06-08T07:00Z', '2026-06-08T07:00Z');
      expect(slotsIn(world)).toEqual(['2026-06-08T09:00']);
    }));

  test('stopped over the slot, another process takes over: once', () =>
    inDigestWorld('2026-06-01T06:00Z', { digests: [daily()] }, async (world, bot) => {
      await bot.stop();
      moveTo(world, '2026-06-01T07:20Z');
      const next = await world.addBot(byHand);
      await beat(next);
      await idle(world);
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
      await liveThrough(world, next, '2026-06-01T08:00Z', '2026-06-01T09:00Z');
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
    }));

  test('45: two processes that boot together and beat together: one a slot', () =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      const other = await world.addBot(byHand);
      await beat(other);
      for (const day of ['2026-06-01T07:00:01Z', '2026-06-02T07:00:01Z', '2026-06-03T07:00:01Z']) {
        moveTo(world, day);
        await Promise.all([beat(bot), beat(other), beat(bot), beat(other)]);
        await idle(world);
      }
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00', '2026-06-02T09:00', '2026-06-03T09:00']);
    }));
});

describe('13: Slack’s answers', () => {
  test.each(['failAfter', 'failBefore'] as const)('13: %s: one digest in the end', (mode) =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode, count: 1 });
      moveTo(world, '2026-06-01T07:00Z');
      await beatUntil(world, bot, 1);
      const [plan] = bot.house.settings.digests;
      await eventually('the note of it', async () => {
        await bot.pulse();
        return (await bot.house.digests.get(plan?.id ?? ''))?.last === '2026-06-01T09:00';
      });
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
    }),
  );

  test('11: too many requests: not before Slack’s time is over, then once', () =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'throttle', count: 1 });
      moveTo(world, '2026-06-01T07:00Z');
      await beat(bot);
      await idle(world);
      const [plan] = bot.house.settings.digests;
      const { posting } = (await bot.house.digests.get(plan?.id ?? '')) ?? {};
      expect(posting?.notBefore).toBeGreaterThan(at('2026-06-01T07:00:05Z'));
      const asked = count(world, 'chat.postMessage');
      await beat(bot);
      await idle(world);
      expect(count(world, 'chat.postMessage')).toBe(asked);
      moveTo(world, '2026-06-01T07:01Z');
      await beatUntil(world, bot, 1);
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
    }));

  test('13: the answer is lost and the history cannot be read: looked for until that is over, posted once', () =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failAfter', count: 1 });
      moveTo(world, '2026-06-01T07:00Z');
      await beat(bot);
      await idle(world);
      expect(slotsIn(world)).toHaveLength(1);
      world.slack.addFault({ service: 'slack', operation: 'conversations.history', mode: 'failBefore', count: 1 });
      const [plan] = bot.house.settings.digests;
      const looked = count(world, 'conversations.history');
      await eventually(
        'the digest found',
        async () => {
          await bot.pulse();
          world.clock.move(1_000);
          return (await bot.house.digests.get(plan?.id ?? ''))?.last === '2026-06-01T09:00';
        },
        25_000,
      );
      expect(count(world, 'conversations.history') - looked).toBeGreaterThanOrEqual(2);
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
    }));

  test('the record of what was sent is lost after the post: the message itself tells', () =>
    inDigestWorld('2026-06-01T06:50Z', { digests: [daily()] }, async (world, bot) => {
      moveTo(world, '2026-06-01T07:00Z');
      await beat(bot);
      await idle(world);
      const [plan] = bot.house.settings.digests;
      // As if the process had died between the post and the note.
      await bot.house.digests.sent(plan?.id ?? '', '2026-05-31T09:00', { since: 0 }, '2026-05-01T00:00');
      await eventually('the digest found again', async () => {
        await beat(bot);
        await idle(world);
        return (await bot.house.digests.get(plan?.id ?? ''))?.last === '2026-06-01T09:00';
      });
      expect(slotsIn(world)).toEqual(['2026-06-01T09:00']);
    }));
});
