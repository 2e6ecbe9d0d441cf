import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redisBeats } from '../../../src/adapters/redis/beats.ts';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { redisPages } from '../../../src/adapters/redis/pages.ts';
import type { RecordUnreadable } from '../../../src/adapters/redis/record.ts';
import { ended, type KeptPage, opened } from '../../../src/domain/paging.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

let server: TestRedis;
let store: Store;
const told: RecordUnreadable[] = [];

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
});
beforeEach(async () => {
  await server.wipe();
  told.length = 0;
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

describe('pages', () => {
  const open = () => redisPages(store, (error) => told.push(error));
  const begin = (kept: KeptPage | undefined): KeptPage =>
    opened(kept, { id: 'tokenRevoked', kind: 'tokenRevoked', at: 1 });

  test('of twenty who see it begin at once one has begun it', async () => {
    const pages = open();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => pages.change('tokenRevoked', begin)));
    expect(outcomes.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await pages.all()).toHaveLength(1);
  });

  test('no change is lost to another one', async () => {
    const pages = open();
    await pages.change('tokenRevoked', begin);
    await Promise.all(
      Array.from({ length: 10 }, () =>
        pages.change('tokenRevoked', (kept) => (kept === undefined ? kept : { ...kept, version: kept.version + 1 })),
      ),
    );
    expect((await pages.get('tokenRevoked'))?.version).toBe(11);
  });

  test('the same record is no change, none at all takes it out', async () => {
    const pages = open();
    expect(await pages.change('tokenRevoked', (kept) => ended(kept, 5))).toEqual({ changed: false, kept: undefined });
    await pages.change('tokenRevoked', begin);
    expect((await pages.change('tokenRevoked', (kept) => kept)).changed).toBe(false);
    expect(await pages.change('tokenRevoked', () => undefined)).toEqual({ changed: true, kept: undefined });
    expect(await pages.all()).toEqual([]);
  });

  test('a record that cannot be read is told, counts as none, and can be begun anew', async () => {
    await server.command('HSET', KEYS.pages, 'tokenRevoked', '{"page":1}');
    const pages = open();
    expect(await pages.all()).toEqual([]);
    expect(told.map(({ record }) => record)).toEqual(['page tokenRevoked']);
    expect((await pages.change('tokenRevoked', begin)).changed).toBe(true);
    expect(await pages.all()).toHaveLength(1);
  });
});

describe('beats', () => {
  const SECOND = 1_000;

  test('a process that goes silent is heard of after half a minute, by its last beat', async () => {
    const one = redisBeats(store, 'one');
    const other = redisBeats(store, 'other');
    await one.beat(500);
    let silent: unknown[] = [];
    let seconds = 0;
    for (; silent.length === 0 && seconds < 100; seconds += 1) silent = [...(await other.beat(seconds * SECOND))];
    expect(silent).toEqual([{ id: 'one', lastAt: 500 }]);
    expect(seconds).toBe(32);
  });

  test('clocks that differ by hours are no silence', async () => {
    const one = redisBeats(store, 'one');
    const other = redisBeats(store, 'other');
    for (let second = 0; second < 120; second += 1) {
      await one.beat(second * SECOND);
      expect(await other.beat((second + 7_200) * SECOND)).toEqual([]);
    }
  });

  test.each([
    ['forward', 30 * 86_400_000],
    ['back', -3_600_000],
  ])('a clock moved %s begins to listen anew', async (_name, jump) => {
    const one = redisBeats(store, 'one');
    const other = redisBeats(store, 'other');
    const start = 10_000_000;
    await one.beat(start);
    for (let second = 0; second < 20; second += 1) await other.beat(start + second * SECOND);
    expect(other.steadySince()).toBe(start);
    for (let second = 0; second < 30; second += 1) expect(await other.beat(start + jump + second * SECOND)).toEqual([]);
    expect(other.steadySince()).toBe(start + jump);
    expect(await other.beat(start + jump + 31 * SECOND)).toHaveLength(1);
  });

  test('of many who miss it one takes it out; one that is heard again is not taken out', async () => {
    await server.command('HSET', KEYS.beats, 'dead', '500', 'revived', '900');
    const beats = ['a', 'b', 'c'].map((id) => redisBeats(store, id));
    const buried = await Promise.all(beats.map((one) => one.bury({ id: 'dead', lastAt: 500 })));
    expect(buried.filter(Boolean)).toHaveLength(1);
    expect(await beats[0]?.bury({ id: 'revived', lastAt: 500 })).toBe(false);
    expect(await server.command('HGETALL', KEYS.beats)).toEqual(['revived', '900']);
  });

  test('a goodbye leaves nothing, and nothing comes after it', async () => {
    const one = redisBeats(store, 'one');
    await one.beat(1);
    await one.leave();
    await one.beat(2);
    expect(await server.command('HLEN', KEYS.beats)).toBe(0);
  });
});
