/** What is taken away behind the bot's back is found and put back, and the reminder is posted all the same. */
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { cardOf, count, inWorld, pass, reminders, settled, takeOver } from '../faults/given.ts';
import { quiet, redisCommand } from '../faults/traces.ts';
import { CHANNEL, DAY, eventually, type World } from '../harness.ts';
import { live, liveUntil } from '../pager/given.ts';
import {
  dueScore,
  dying,
  idle,
  incidentId,
  inspected,
  inspectNow,
  notices,
  repairs,
  rewrite,
  steady,
} from './given.ts';

/** `sweep.every`, where nothing is configured. */
const SLOT = 15 * 60_000;
const passTo = (world: World, moment: number): void => pass(world, moment - world.clock.now());

const mute = (world: World): void =>
  world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failBefore', count: 1_000_000 });

const pendingReminders = async (world: World): Promise<readonly string[]> =>
  (await world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 100))
    .filter(({ effect }) => effect.kind === 'remind' && effect.to === undefined)
    .map(({ id }) => id);

test('nothing is wrong: nothing is written, nothing is said', () =>
  inWorld(steady, async (world) => {
    const { arn } = await dying(world, 'healthy');
    const version = (await world.incident(arn))?.version;
    expect(await inspectNow(world)).toMatchObject({ keys: 1, found: 0, findings: [] });
    expect((await world.incident(arn))?.version).toBe(version);
    expect(notices(world)).toEqual([]);
    expect((await world.bot.readiness()).warnings).toEqual([]);
  }));

describe('the due entry', () => {
  test.each([
    ['is missing', (world: World, id: string) => redisCommand(world, 'ZREM', '{kw}:due', id)],
    ['is too late', (world: World, id: string) => redisCommand(world, 'ZADD', '{kw}:due', '9999999999999', id)],
  ])('%s: put back, told once, and its reminder posted in time', (_name, take) =>
    inWorld(steady, async (world) => {
      const { arn, date } = await dying(world, 'forgotten', 7);
      const due = await dueScore(world, arn);
      await take(world, incidentId(arn));
      const inspection = await inspectNow(world);
      expect(inspection).toMatchObject({ found: 1, repaired: 1 });
      expect(inspection.findings).toEqual([{ kind: 'dueEntry', key: arn, name: 'alias/forgotten', repaired: true }]);
      expect(await dueScore(world, arn)).toBe(due);
      expect(await repairs(world, arn)).toEqual(['dueEntry']);
      expect(notices(world)).toHaveLength(1);
      expect(world.words(notices(world)[0])).toContain('alias/forgotten');
      expect((await world.bot.readiness()).warnings.join()).toContain('found 1 gaps');
      passTo(world, date - 3 * DAY + 1_000);
      await eventually('the reminder', () => reminders(world)[0]);
      await quiet(world);
      expect(reminders(world)).toHaveLength(1);
    }),
  );

  test('all of them are gone: all put back, one message, by one of two processes', () =>
    inWorld({ ...steady, slackPace: { postsPerSecond: 50, postBurst: 100 } }, async (world) => {
      const keys = [];
      for (const alias of ['one', 'two', 'three']) keys.push(await dying(world, alias, 7));
      const next = await takeOver(world);
      // Whatever is still being learnt of a key saves its record, and with it what is taken away here.
      await quiet(world);
      await idle(world);
      await redisCommand(world, 'DEL', '{kw}:due');
      const inspection = await inspectNow(world);
      expect(inspection).toMatchObject({ keys: 3, found: 3, repaired: 3 });
      await live(world, 30, [world.bot, next]);
      await quiet(world);
      for (const { arn } of keys) {
        expect(await dueScore(world, arn)).toBeDefined();
        expect(await repairs(world, arn)).toEqual(['dueEntry']);
      }
      expect(notices(world)).toHaveLength(1);
    }));

  test('the moment has come and nobody acts on it: acted on by the auditor', () =>
    inWorld(steady, async (world) => {
      const { arn, date } = await dying(world, 'stuck', 7);
      await pausedCare(world, true);
      passTo(world, date - 3 * DAY - 60_000);
      await live(world, 120);
      // The inspection of the slot that began meanwhile is over before anything counts as stuck.
      const slot = Math.floor(world.clock.now() / SLOT) * SLOT;
      await eventually('its inspection', async () => (await world.bot.house.inspections.last())?.slot === slot);
      await live(world, 5 * 60);
      expect(reminders(world)).toEqual([]);
      const inspection = await inspectNow(world);
      expect(inspection.findings).toEqual([{ kind: 'stuck', key: arn, name: 'alias/stuck', repaired: true }]);
      await eventually('the reminder', () => reminders(world)[0]);
      await pausedCare(world, false);
      await quiet(world);
      expect(reminders(world)).toHaveLength(1);
    }));

  test('the moment came while everything slept: what is about to be acted on is no finding', () =>
    inWorld(steady, async (world) => {
      const { date } = await dying(world, 'slept', 7);
      await pausedCare(world, true);
      passTo(world, date - 3 * DAY + 3_600_000);
      await world.bot.pulse();
      expect(await inspectNow(world)).toMatchObject({ keys: 1, found: 0 });
      await pausedCare(world, false);
      await eventually('the reminder', () => reminders(world)[0]);
    }));
});

/** Nobody works in the queue of due moments, whatever stands in it. */
async function pausedCare(world: World, paused: boolean): Promise<void> {
  const connection = new Redis(world.redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('care', { connection, prefix: '{kw}' });
  await (paused ? queue.pause() : queue.resume());
  await queue.close();
  connection.disconnect();
}

describe('a reminder', () => {
  async function unheard(world: World, alias: string): Promise<{ arn: string; date: number; effect: string }> {
    const { arn, date } = await dying(world, alias, 7);
    const posts = count(world, 'chat.postMessage');
    mute(world);
    passTo(world, date - 3 * DAY + 1_000);
    await eventually('the refused reminder', () => count(world, 'chat.postMessage') > posts);
    const effect = await eventually('its effect', async () => (await pendingReminders(world))[0]);
    return { arn, date, effect };
  }

  test('waits for Slack: nothing is found', () =>
    inWorld(steady, async (world) => {
      await unheard(world, 'waiting');
      expect(await inspectNow(world)).toMatchObject({ keys: 1, found: 0 });
      world.slack.clearFaults();
      await liveUntil(world, 'the reminder', () => reminders(world)[0], 300);
    }));

  test('was decided, and its effect is gone: posted after all, once', () =>
    inWorld(steady, async (world) => {
      const { arn, effect } = await unheard(world, 'lost');
      await redisCommand(world, 'HDEL', '{kw}:pending', effect);
      await redisCommand(world, 'ZREM', '{kw}:pending:since', effect);
      // Whoever holds it has given it up before Slack answers again.
      const places = [`{kw}:lane:${CHANNEL}`, `{kw}:lane:${CHANNEL}:leased`];
      const standing = () => Promise.all(places.map((place) => redisCommand(world, 'ZRANGE', place, '0', '-1')));
      await liveUntil(world, 'a lane without it', async () => !JSON.stringify(await standing()).includes(effect), 300);
      world.slack.clearFaults();
      // By the inspection of the next slot, if that of this one was before.
      await liveUntil(world, 'the repair', async () => (await repairs(world, arn)).length > 0, 1_200);
      await liveUntil(world, 'the reminder', () => reminders(world)[0], 300);
      await quiet(world);
      await idle(world);
      expect(reminders(world)).toHaveLength(1);
      expect(await repairs(world, arn)).toEqual(['reminder']);
      expect(notices(world)).toHaveLength(1);
      expect(world.words(notices(world)[0])).toContain('a reminder was never posted');
      expect(await inspectNow(world)).toMatchObject({ found: 0 });
    }));

  test('stands as an effect, and its place in the lane is gone: it is put there again', () =>
    inWorld(steady, async (world) => {
      const { effect } = await unheard(world, 'laneless');
      world.slack.clearFaults();
      await eventually('the place gone', async () => {
        await redisCommand(
          world,
          'DEL',
          `{kw}:lane:${CHANNEL}`,
          `{kw}:lane:${CHANNEL}:leased`,
          `{kw}:lane:${CHANNEL}:leases`,
        );
        await redisCommand(world, 'SREM', '{kw}:lanes', CHANNEL);
        return (await world.bot.house.lanes.waiting()).length === 0;
      });
      expect(await pendingReminders(world)).toEqual([effect]);
      expect(reminders(world)).toEqual([]);
      expect(await inspectNow(world)).toMatchObject({ found: 0 });
      await liveUntil(world, 'the reminder', () => reminders(world)[0], 300);
      expect(reminders(world)).toHaveLength(1);
    }));
});

describe('the record', () => {
  test('is gone: the incident is begun anew, and its card adopted', () =>
    inWorld(steady, async (world) => {
      const { arn, date } = await dying(world, 'vanished');
      await redisCommand(world, 'DEL', `{kw}:incident:${incidentId(arn)}`);
      await redisCommand(world, 'SREM', '{kw}:open', incidentId(arn));
      await redisCommand(world, 'ZREM', '{kw}:due', incidentId(arn));
      const inspection = await inspectNow(world);
      expect(inspection.findings).toEqual([{ kind: 'incident', key: arn, name: 'alias/vanished', repaired: true }]);
      expect((await world.incident(arn))?.countdown?.deletionDate).toBe(date);
      expect(await dueScore(world, arn)).toBeDefined();
      await quiet(world);
      expect(world.cards('alias/vanished')).toHaveLength(1);
    }));

  test('counts down to another date: the key is right', () =>
    inWorld(steady, async (world) => {
      const { arn, date } = await dying(world, 'misled');
      await rewrite(world, arn, (incident) =>
        incident.countdown === undefined
          ? incident
          : { ...incident, countdown: { ...incident.countdown, deletionDate: date + 5 * DAY } },
      );
      const inspection = await inspectNow(world);
      expect(inspection.findings).toEqual([{ kind: 'date', key: arn, name: 'alias/misled', repaired: true }]);
      expect((await world.incident(arn))?.countdown?.deletionDate).toBe(date);
    }));

  test('cannot be read by this version: said, not repaired, and the others are looked at', () =>
    inWorld(steady, async (world) => {
      const { arn } = await dying(world, 'future');
      const other = await dying(world, 'other');
      await redisCommand(world, 'HSET', `{kw}:incident:${incidentId(arn)}`, 'format', '99');
      await redisCommand(world, 'ZREM', '{kw}:due', incidentId(other.arn));
      const inspection = await inspectNow(world);
      expect(inspection).toMatchObject({ keys: 2, found: 2, repaired: 1 });
      expect(inspection.findings.map(({ kind, repaired }) => `${kind} ${repaired}`).sort()).toEqual([
        'dueEntry true',
        'failed false',
      ]);
      expect(world.words(notices(world)[0])).toContain('Not repaired');
      await redisCommand(world, 'HSET', `{kw}:incident:${incidentId(arn)}`, 'format', '1');
    }));

  test('is newer than the sweep’s memory: nothing is found', () =>
    inWorld(steady, async (world) => {
      const { arn } = await dying(world, 'rescued');
      const { ts } = await cardOf(world, 'rescued');
      await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
      await quiet(world);
      expect(await inspectNow(world)).toMatchObject({ found: 0 });
      expect((await world.incident(arn))?.phase.kind).toBe('closed');
    }));
});

test('Slack is silent: what was found is told once it is back, in one message', () =>
  inWorld(steady, async (world) => {
    const { arn } = await dying(world, 'unsaid');
    await redisCommand(world, 'ZREM', '{kw}:due', incidentId(arn));
    world.slack.addFault({ service: 'slack', operation: '*', mode: 'failBefore', count: 1_000_000 });
    const telling = inspectNow(world);
    const untold = await eventually('the inspection', async () => {
      const last = await world.bot.house.inspections.last();
      return last?.found === 1 ? last : undefined;
    });
    expect(untold).toMatchObject({ repaired: 1, told: false });
    expect(await dueScore(world, arn)).toBeDefined();
    world.slack.clearFaults();
    await telling;
    await inspected(world.bot);
    await settled(world);
    expect(notices(world)).toHaveLength(1);
  }));
