/** Ten thousand open incidents in a tab: its size, its time and what is read for it, also the first time after an older version. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemsOfBlocks } from '../../src/sandbox/slack/blocks/block-rules.ts';
import { openWorld, type World } from '../harness.ts';
import { homeOf, incidentAbout, inOrder, keyNumber, open, press, saving, says, wordsAt } from './given.ts';

const COUNT = 10_000;
/** Every tenth has no date. */
const DATED = 9_000;
/** Generous for a machine that does other things: a person waits for it. */
const WITHIN = 2_000;
const REBUILT_WITHIN = 20_000;
/** A page of ten, and what else is asked of hashes meanwhile. */
const MOST_READ = 50;

let world: World;
let redis: Redis;

beforeAll(async () => {
  // Without pulses: nobody looks at keys that are not there.
  world = await openWorld({ overrides: { pulseByHand: true }, withoutBot: true });
  const bot = await world.addBot({ pulseByHand: true });
  expect(await bot.redisWithin(5_000)).toBe(true);
  world.slack.deliverTo(`${bot.url}/slack/events`);
  redis = new Redis(world.redis.url);
  for (let from = 0; from < COUNT; from += 100) {
    const some = Array.from({ length: 100 }, (_, index) => from + index);
    await Promise.all(
      some.map((number) => {
        // Further in, sooner: the order of writing says nothing.
        const days = number % 10 === 0 ? undefined : 7 + (COUNT - number) / 1_000;
        return bot.house.incidents.save(saving(incidentAbout(world, keyNumber(number), days)));
      }),
    );
  }
}, 60_000);

afterAll(async () => {
  redis.disconnect();
  await world.close();
});

/** How long it took, ms, and how many records were read for it. */
async function measured(work: () => Promise<unknown>): Promise<{ readonly took: number; readonly read: number }> {
  const reads = async (): Promise<number> =>
    Number(/cmdstat_hmget:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
  const before = await reads();
  const began = performance.now();
  await work();
  return { took: performance.now() - began, read: (await reads()) - before };
}

test('the first page: what dies first, within Slack’s limits, at once', async () => {
  const { took, read } = await measured(() => open(world, 'U0ALICE'));
  expect(took).toBeLessThan(WITHIN);
  expect(read).toBeLessThan(MOST_READ);
  const words = wordsAt(world, 'U0ALICE');
  expect(words).toContain('*Open incidents*  10,000');
  expect(words).toContain('9,000 with a deletion date  ·  1,000 without one');
  expect(words).toContain('1–10 of 10,000');
  const soonest = Array.from({ length: 20 }, (_, index) => COUNT - 1 - index).filter((number) => number % 10 !== 0);
  const ids = soonest.slice(0, 10).map((number) => keyNumber(number).keyId);
  expect(inOrder(words, ids)).toEqual(ids);
  const view = homeOf(world, 'U0ALICE')?.view;
  expect(problemsOfBlocks(view?.blocks as unknown[], 'home')).toEqual([]);
  expect((view?.blocks ?? []) as unknown[]).not.toHaveLength(0);
  expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(250_000);
});

test('any other page costs the same', async () => {
  // As if somebody had pressed Next for an hour.
  await world.bot.house.homes.change(
    { enterprise: '', team: 'T0HOME', user: 'U0ALICE' },
    { page: 998, openedAt: world.clock.now() },
  );
  await open(world, 'U0ALICE');
  const { took, read } = await measured(async () => {
    await press(world, 'U0ALICE', 'Next');
    await says(world, 'U0ALICE', '9,991–10,000 of 10,000');
  });
  expect(took).toBeLessThan(WITHIN);
  expect(read).toBeLessThan(MOST_READ);
  expect(wordsAt(world, 'U0ALICE')).toContain('Without a date');
  expect(wordsAt(world, 'U0ALICE')).not.toContain('Countdown');
});

test('a page beyond the end is the last one', async () => {
  await world.bot.house.homes.change(
    { enterprise: '', team: 'T0HOME', user: 'U0ALICE' },
    { page: 5_000, openedAt: world.clock.now() },
  );
  expect(await open(world, 'U0ALICE')).toContain('9,991–10,000 of 10,000');
});

test('a memory from before there was a board is put right when somebody looks', async () => {
  const keys = await redis.keys('{kw}:board*');
  expect(keys.length).toBeGreaterThan(2);
  await redis.del(...keys);
  const { took, read } = await measured(() => open(world, 'U0BOB'));
  expect(took).toBeLessThan(REBUILT_WITHIN);
  // Once, and not again with every look.
  expect(read).toBeLessThan(COUNT + MOST_READ);
  expect((await measured(() => open(world, 'U0BOB'))).read).toBeLessThan(MOST_READ);
  expect(wordsAt(world, 'U0BOB')).toContain('1–10 of 10,000');
  expect(await redis.zcard('{kw}:board')).toBe(COUNT);
  expect(await redis.zcount('{kw}:board', '-inf', 2 ** 52)).toBe(DATED);
  expect(await redis.zcard('{kw}:board:of:111122223333')).toBe(COUNT);
}, 60_000);
