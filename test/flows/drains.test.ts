/** Which lanes a process drains, and when once more. */
import { describe, expect, test } from 'vitest';
import type { ChannelId } from '../../src/domain/ids.ts';
import { type OwnDrains, ownDrains } from '../../src/flows/drains.ts';
import { eventually, shiftedClock } from '../harness.ts';

const ONE = 'C0ONE' as ChannelId;
const OTHER = 'C0OTHER' as ChannelId;

/** Drains that the test lets end. */
function given() {
  const begun: { readonly channel: ChannelId; readonly signal: AbortSignal; end(error?: Error): void }[] = [];
  const warnings: string[] = [];
  const quiet = () => undefined;
  const log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (_: object, words: string) => void warnings.push(words),
  };
  const drains: OwnDrains = ownDrains(
    (channel, signal) =>
      new Promise((resolve, reject) => {
        begun.push({ channel, signal, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    { clock: shiftedClock(), log },
  );
  const drained = (count: number) => eventually(`drain ${count}`, () => begun[count - 1]);
  /** Everything that was to begin has begun. */
  const still = () => new Promise((resolve) => setImmediate(resolve));
  return { drains, begun, warnings, drained, still };
}

test('nothing is drained before the process is ready, nor after it has ended', async () => {
  const { drains, begun, still } = given();
  drains.wake(ONE);
  await still();
  expect(begun).toEqual([]);
  drains.open();
  expect(await drains.close(10)).toBe(true);
  drains.wake(ONE);
  await still();
  expect(begun).toEqual([]);
});

describe('a lane', () => {
  test('is drained once at a time, and once more however often it was asked for meanwhile', async () => {
    const { drains, begun, drained, still } = given();
    drains.open();
    for (let time = 0; time < 3; time += 1) drains.wake(ONE);
    const first = await drained(1);
    await still();
    expect(begun).toHaveLength(1);
    first.end();
    (await drained(2)).end();
    await still();
    expect(begun).toHaveLength(2);
    drains.wake(ONE);
    await drained(3);
  });

  test('holds up no other', async () => {
    const { drains, begun, drained } = given();
    drains.open();
    drains.wake(ONE);
    drains.wake(OTHER);
    await drained(2);
    expect(begun.map(({ channel }) => channel)).toEqual([ONE, OTHER]);
  });

  test('that could not be drained is told, and drained when asked again', async () => {
    const { drains, drained, warnings } = given();
    drains.open();
    drains.wake(ONE);
    (await drained(1)).end(new Error('Redis is away'));
    await eventually('the warning', () => warnings[0]);
    drains.wake(ONE);
    (await drained(2)).end();
  });
});

test('of very many lanes the first fifty are drained, the others with a later pulse', async () => {
  const { drains, begun, drained, still } = given();
  drains.open();
  const all = Array.from({ length: 60 }, (_, index) => `C${index}` as ChannelId);
  for (const channel of all) drains.wake(channel);
  (await drained(50)).end();
  await still();
  expect(begun).toHaveLength(50);
  drains.wake(all[59] as ChannelId);
  expect((await drained(51)).channel).toBe('C59');
});

describe('the end of the process', () => {
  test('waits for what is being sent', async () => {
    const { drains, drained } = given();
    drains.open();
    drains.wake(ONE);
    const one = await drained(1);
    const closing = drains.close(5_000);
    expect(one.signal.aborted).toBe(true);
    one.end();
    expect(await closing).toBe(true);
  });

  test('does not wait for ever, and says so', async () => {
    const { drains, drained } = given();
    drains.open();
    drains.wake(ONE);
    await drained(1);
    expect(await drains.close(5)).toBe(false);
  });
});
