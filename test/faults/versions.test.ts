/** 50: what another version left in Redis is understood, or stays where it is; nothing of it is dropped, and nothing waits behind it. */
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { DAY, eventually, type World } from '../harness.ts';
import { cardOf, inWorld, pass, reminders, scheduled, settled, takeOver } from './given.ts';

const steady = { withRoles: false } as const;

async function withRedis<T>(world: World, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(world.redis.url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const stored = async (redis: Redis, id: string): Promise<Record<string, unknown>> =>
  JSON.parse((await redis.hget(`{kw}:incident:${id}`, 'body')) ?? '{}') as Record<string, unknown>;

describe('50: an older version stood here before', () => {
  test('50: its records and a reminder that was on its way: the reminder is posted, the countdown goes on', () =>
    inWorld(steady, async (world, endsWith) => {
      const arn = await scheduled(world, 'elder', 7);
      await cardOf(world, 'elder');
      const incident = await eventually('the countdown', async () => {
        const found = await world.incident(arn);
        return found?.countdown === undefined ? undefined : found;
      });
      await settled(world);
      const date = incident.countdown?.deletionDate ?? 0;
      await world.bot.stop();
      await withRedis(world, async (redis) => {
        // As 0.1.0 wrote it: no approvals of its own, nothing of volumes, posted reminders, pages or boards.
        const { approvals: _approvals, paged: _paged, ...body } = await stored(redis, incident.id);
        const { posted: _posted, ...countdown } = body.countdown as Record<string, unknown>;
        const told = [...(countdown.told as number[]), 3 * DAY];
        await redis.hset(
          `{kw}:incident:${incident.id}`,
          'body',
          JSON.stringify({ ...body, countdown: { ...countdown, told } }),
        );
        const id = `e${'5'.repeat(63)}`;
        const reminder = { kind: 'milestone', milestone: 3 * DAY, deletionDate: date, collapsed: 1 };
        const effect = { kind: 'remind', incident: incident.id, reminder };
        await redis.hset('{kw}:pending', id, JSON.stringify({ id, effect, since: world.clock.now() }));
        await redis.zadd('{kw}:pending:since', world.clock.now(), id);
        await redis.zadd(`{kw}:lane:${incident.card.channel}`, 2 ** 48, `effect ${id}`);
        await redis.sadd('{kw}:lanes', incident.card.channel);
        const boards = await redis.keys('{kw}:board*');
        if (boards.length > 0) await redis.del(...boards);
      });
      const next = await takeOver(world);
      endsWith(next);
      await eventually('the reminder', () => reminders(world).length === 1);
      pass(world, date - DAY + 1_000 - world.clock.now());
      await eventually('the next one', () => reminders(world).length === 2);
      await settled(world, next);
    }));
});

describe('50: a newer version stood here before', () => {
  test('50: a job and an effect nobody here knows: kept, told, and nothing waits behind them', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'younger', 7);
      await cardOf(world, 'younger');
      await settled(world);
      const incident = await world.incident(arn);
      const id = `e${'6'.repeat(63)}`;
      await withRedis(world, async (redis) => {
        const effect = { kind: 'remind', incident: incident?.id, reminder: { kind: 'carrierPigeon' } };
        await redis.hset('{kw}:pending', id, JSON.stringify({ id, effect, since: world.clock.now() }));
        await redis.zadd('{kw}:pending:since', world.clock.now(), id);
        await redis.zadd(`{kw}:lane:${incident?.card.channel}`, 0, `effect ${id}`);
        await redis.sadd('{kw}:lanes', String(incident?.card.channel));
      });
      const queue = new Queue('care', { connection: { url: world.redis.url }, prefix: '{kw}' });
      try {
        await queue.add('waves', { wave: 1 }, { jobId: 'a-job-of-tomorrow' });
        await queue.add('due', { incident: 'not one of ours', dueAt: 'soon' }, { jobId: 'a-payload-of-tomorrow' });
        for (const name of ['a-job-of-tomorrow', 'a-payload-of-tomorrow'])
          await eventually(`${name} parked`, async () => (await (await queue.getJob(name))?.getState()) === 'failed');
      } finally {
        await queue.close();
      }
      pass(world, 4 * DAY + 1_000);
      await eventually('the reminder of this version', () => reminders(world).length === 1);
      await settled(world);
      await withRedis(world, async (redis) => expect(await redis.hexists('{kw}:pending', id)).toBe(1));
    }));
});

test('46: the clock is set back and forth: no reminder twice, and none is lost', () =>
  inWorld(steady, async (world) => {
    const arn = await scheduled(world, 'clock', 7);
    await cardOf(world, 'clock');
    const date = await eventually('the countdown', async () => (await world.incident(arn))?.countdown?.deletionDate);
    await settled(world);
    pass(world, date - 3 * DAY + 60_000 - world.clock.now());
    await eventually('three days', () => reminders(world).length === 1);
    await settled(world);
    world.clock.move(-2 * DAY);
    await settled(world);
    world.clock.move(2 * DAY);
    await settled(world);
    pass(world, date - DAY + 60_000 - world.clock.now());
    await eventually('one day', () => reminders(world).length === 2);
    await settled(world);
    expect(reminders(world)).toHaveLength(2);
  }));
