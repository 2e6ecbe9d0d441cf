/** A sweep or a process stops: any other process notices. */
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { type BotProcess, end, startBotProcess } from '../crash-processes.ts';
import { connect, inWorld, settled, takeOver } from '../faults/given.ts';
import { redisCommand } from '../faults/traces.ts';
import { ACCOUNT, DAY, eventually, FALLBACK, REGION, type World } from '../harness.ts';
import { callsOf, live, liveUntil, pagerIdle, published, toTopic } from './given.ts';

let other: BotProcess | undefined;
afterEach(() => end(other));

/** Nobody works in a queue, whatever stands in it: what it is like when every worker hangs. */
async function pausedSweeps(world: World, paused: boolean): Promise<void> {
  const connection = new Redis(world.redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('sweep', { connection, prefix: '{kw}' });
  await (paused ? queue.pause() : queue.resume());
  await queue.close();
  connection.disconnect();
}

const farewells = (world: World, channel = FALLBACK) =>
  world.messages(channel).filter(({ text }) => String(text).includes('without saying goodbye'));

describe('the sweep', () => {
  test('stands still: called by whoever notices, once; over with the next sweep', () =>
    inWorld({ config: { ...toTopic, sweep: { every: '30s', full: '6h' } } }, async (world) => {
      await takeOver(world);
      await pausedSweeps(world, true);
      await live(world, 100);
      expect(callsOf(published(world), 'sweepStopped')).toEqual([]);
      await liveUntil(world, 'the call', () => callsOf(published(world), 'sweepStopped').length > 0, 120);
      await live(world, 120);
      await pagerIdle(world);
      expect(callsOf(published(world), 'sweepStopped')).toEqual(['open']);
      await pausedSweeps(world, false);
      await liveUntil(world, 'the end', () => callsOf(published(world), 'sweepStopped').length > 1, 240);
      expect(callsOf(published(world), 'sweepStopped')).toEqual(['open', 'over']);
    }));

  test('by a clock that was set back since: swept all the same, and not called', () =>
    inWorld({ config: { ...toTopic, sweep: { every: '30s', full: '6h' } } }, async (world) => {
      const place = { account: ACCOUNT as never, region: REGION as never };
      const ahead = world.clock.now() + 365 * DAY;
      await world.bot.house.index.putSweepState(place, {
        slot: ahead,
        startedAt: ahead,
        completedAt: ahead,
        failures: 0,
      });
      await liveUntil(world, 'a sweep', async () => {
        const state = await world.bot.house.index.sweepState(place);
        return state !== undefined && state.slot <= world.clock.now();
      });
      await live(world, 180);
      expect(published(world)).toEqual([]);
    }));

  test('hangs, and its last sign is of a clock that was set back since: called', () =>
    inWorld({ config: { ...toTopic, sweep: { every: '30s', full: '6h' } } }, async (world) => {
      const place = { account: ACCOUNT as never, region: REGION as never };
      await pausedSweeps(world, true);
      const ahead = world.clock.now() + 365 * DAY;
      await world.bot.house.index.putSweepState(place, {
        slot: ahead,
        startedAt: ahead,
        completedAt: ahead,
        failures: 0,
      });
      await liveUntil(world, 'the call', () => callsOf(published(world), 'sweepStopped').length > 0, 240);
      await pausedSweeps(world, false);
    }));

  test('is only late because everything slept: not called', () =>
    inWorld({ config: toTopic }, async (world) => {
      world.clock.move(5 * 3_600_000);
      await live(world, 40);
      expect(published(world)).toEqual([]);
    }));
});

describe('a process', () => {
  test('killed: the other one says so in the fallback channel, once, and when it was last seen', () =>
    inWorld({ withoutBot: true, config: toTopic }, async (world) => {
      other = await startBotProcess(world, toTopic);
      const [one, two] = [await world.addBot(), await world.addBot()];
      await connect(world, one);
      await eventually('three processes', async () => (await redisCommand(world, 'HLEN', '{kw}:beats')) === 3);
      other.child.kill('SIGKILL');
      await other.exited;
      await liveUntil(world, 'the notice', () => farewells(world)[0], 120);
      await live(world, 120, [one, two]);
      await settled(world, one);
      expect(farewells(world)).toHaveLength(1);
      expect(world.words(farewells(world)[0])).toContain('Last seen');
      expect(await redisCommand(world, 'HLEN', '{kw}:beats')).toBe(2);
      expect(published(world)).toEqual([]);
    }));

  test('stopped with a goodbye: nobody says anything', () =>
    inWorld({ config: toTopic }, async (world, endsWith) => {
      const next = await takeOver(world);
      endsWith(next);
      await world.bot.stop();
      await live(world, 120, [next]);
      expect(farewells(world)).toEqual([]);
      expect(await redisCommand(world, 'HLEN', '{kw}:beats')).toBe(1);
    }));

  test('killed while Slack is silent: said once Slack is back', () =>
    inWorld({ withoutBot: true }, async (world) => {
      other = await startBotProcess(world);
      const one = await world.addBot();
      await connect(world, one);
      await eventually('two processes', async () => (await redisCommand(world, 'HLEN', '{kw}:beats')) === 2);
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failBefore', count: 3 });
      other.child.kill('SIGKILL');
      await other.exited;
      await liveUntil(world, 'the notice', () => farewells(world)[0], 300);
      await live(world, 60);
      expect(farewells(world)).toHaveLength(1);
    }));

  test('no clock is compared with another one’s: a process whose clock is hours behind is no dead one', () =>
    inWorld({}, async (world) => {
      // The other one lives by the machine's clock, this one two hours ahead of it.
      world.clock.move(2 * 3_600_000);
      other = await startBotProcess(world);
      await eventually('two processes', async () => (await redisCommand(world, 'HLEN', '{kw}:beats')) === 2);
      const behind = async (): Promise<number> => {
        const beats = (await redisCommand(world, 'HVALS', '{kw}:beats')) as readonly string[];
        return Math.min(...beats.map(Number));
      };
      for (let step = 0; step < 6; step += 1) {
        const before = await behind();
        await live(world, 10);
        await eventually('a beat of the other one', async () => (await behind()) !== before);
      }
      expect(farewells(world)).toEqual([]);
    }));
});
