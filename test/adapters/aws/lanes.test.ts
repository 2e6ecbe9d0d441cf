/** Of KMS's quota people and errands of hundreds share one lane: hundreds keep it busy, and nobody waits behind them. */
import { beforeEach, expect, test } from 'vitest';
import { createLanes, kmsLane, type Lanes } from '../../../src/adapters/aws/lanes.ts';
import type { Place } from '../../../src/domain/ids.ts';
import type { Pace } from '../../../src/ports.ts';
import { movedClock } from '../../clock.ts';

const LANE = kmsLane({ account: '111122223333', region: 'us-west-2' } as Place, 'CancelKeyDeletion');
const STEP = 10;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let clock = movedClock(1_700_000_000_000);
let lanes: Lanes;

beforeEach(() => {
  clock = movedClock(1_700_000_000_000);
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  lanes = createLanes(clock, pacedBy(clock), quiet, random);
});

/** Slots as Redis hands them out, by this clock instead of Redis's own: minutes of a lane pass at once. */
function pacedBy({ now }: { now(): number }): Pace {
  let empty = 0;
  const next = (every: number, burst: number, longest: number): number | undefined => {
    const from = Math.max(empty, now());
    const wait = Math.max(0, from - (burst - 1) * every - now());
    if (wait > longest) return undefined;
    empty = from + every;
    return wait;
  };
  return {
    reserve: async (_lane, every, burst) => next(every, burst, Number.POSITIVE_INFINITY) ?? 0,
    reserveWithin: async (_lane, every, burst, longest) => next(every, burst, longest),
    pause: () => Promise.resolve(),
  };
}

/** So many that wait behind everybody; when each of them had its turn, in order. */
function crowd(count: number): { readonly turns: number[]; readonly all: Promise<unknown> } {
  const turns: number[] = [];
  const one = async (): Promise<void> => {
    await lanes.slotBehind(LANE);
    turns.push(clock.now());
  };
  return { turns, all: Promise.all(Array.from({ length: count }, one)) };
}

/** Lets time pass until `done`, in steps that let whoever was woken go on in between. */
async function passUntil(done: () => boolean, most: number): Promise<void> {
  const until = clock.now() + most;
  while (!done() && clock.now() < until) {
    await clock.advance(STEP);
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
