/** Of KMS's quota people and errands of hundreds share one lane: hundreds keep it busy, and nobody waits behind them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLanes, kmsLane, type Lanes } from '../../../src/adapters/aws/lanes.ts';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisPace } from '../../../src/adapters/redis/pace.ts';
import type { Place } from '../../../src/domain/ids.ts';
import { movedClock } from '../../clock.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

const LANE = kmsLane({ account: '111122223333', region: 'us-west-2' } as Place, 'CancelKeyDeletion');
const STEP = 10;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let server: TestRedis;
let store: Store;
let clock = movedClock(1_700_000_000_000);
let lanes: Lanes;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
});
beforeEach(async () => {
  await server.wipe();
  clock = movedClock(1_700_000_000_000);
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  lanes = createLanes(clock, redisPace(store), quiet, random);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

/** So many that wait behind everybody; when each of them had its turn, in order. */
function crowd(count: number): { readonly turns: number[]; readonly all: Promise<unknown> } {
  const turns: number[] = [];
  const one = async (): Promise<void> => {
    await lanes.slotBehind(LANE);
    turns.push(clock.now());
  };
  return { turns, all: Promise.all(Array.from({ length: count }, one)) };
}

/** Lets time pass until `done`, in steps that let Redis answer in between. */
async function passUntil(done: () => boolean, most: number): Promise<void> {
  const until = clock.now() + most;
  while (!done() && clock.now() < until) {
    await clock.advance(STEP);
    await store.run((redis) => redis.ping());
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(done(), 'in time').toBe(true);
}

test('hundreds that wait behind everybody leave no slot unused', async () => {
  const began = clock.now();
  const { turns, all } = crowd(40);
  await passUntil(() => turns.length === 40, 60_000);
  await all;
  // Two at once, then one each time a slot comes.
  const least = 38 * LANE.every;
  expect((turns.at(-1) ?? 0) - began).toBeGreaterThanOrEqual(least - STEP);
  expect((turns.at(-1) ?? 0) - began).toBeLessThanOrEqual(least / 0.95);
});

test('a single click among them waits for one slot at most, whenever it comes', async () => {
  const { turns, all } = crowd(60);
  const waits: number[] = [];
  for (let click = 0; click < 12; click += 1) {
    await passUntil(() => turns.length >= 2 + 3 * click, 20_000);
    // At another moment between two slots each time.
    for (let step = 0; step < click; step += 1) await clock.advance(STEP * 3);
    const pressed = clock.now();
    let served: number | undefined;
    void lanes.slot(LANE).then(() => {
      served = clock.now();
    });
    await passUntil(() => served !== undefined, 5_000);
    waits.push((served ?? Number.POSITIVE_INFINITY) - pressed);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(LANE.every + STEP);
  await passUntil(() => turns.length === 60, 60_000);
  await all;
});
