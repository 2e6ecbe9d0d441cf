import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { sha256 } from '../../../src/adapters/system/hash.ts';
import { movedClock } from '../../clock.ts';

const DAY = 86_400_000;
afterEach(() => void vi.restoreAllMocks());

it('sleeps, and wakes with the signal’s reason', async () => {
  const started = performance.now();
  await systemClock.sleep(30);
  expect(performance.now() - started).toBeGreaterThan(25);
  const controller = new AbortController();
  const reason = new Error('enough');
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(systemClock.sleep(0, controller.signal)).rejects.toBe(reason);
});

it('sleeps for thirty days without waking at once', async () => {
  const controller = new AbortController();
  let woke = false;
  const sleeping = systemClock.sleep(30 * DAY, controller.signal).then(
    () => {
      woke = true;
    },
    () => undefined,
  );
  await systemClock.sleep(50);
  expect(woke).toBe(false);
  controller.abort();
  await sleeping;
});

it('stands still in tests until it is moved', async () => {
  const clock = movedClock(1_000);
  const woken: string[] = [];
  const late = clock.sleep(2_000).then(() => woken.push(`late ${clock.now()}`));
  const early = clock.sleep(500).then(() => woken.push(`early ${clock.now()}`));
  await clock.advance(400);
  expect([woken, clock.sleeping()]).toEqual([[], 2]);
  await clock.advance(5_000);
  await Promise.all([late, early]);
  expect(woken).toEqual(['early 1500', 'late 3000']);
  expect(clock.now()).toBe(6_400);
  const controller = new AbortController();
  const sleeping = clock.sleep(10, controller.signal);
  controller.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  expect(clock.sleeping()).toBe(0);
});

it('hashes as sha256 does', () =>
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'));
