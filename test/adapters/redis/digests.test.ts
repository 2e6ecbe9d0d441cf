import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisDigests } from '../../../src/adapters/redis/digests.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { CHANNEL } from './given.ts';

let server: TestRedis;
let store: Store;
const told: string[] = [];
const digests = () => redisDigests(store, (error) => told.push(error.record));

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
});
beforeEach(() => server.wipe());
afterAll(async () => {
  await store.close();
  await server.stop();
});

it('begins with the first sight, whoever comes first', async () => {
  expect(await digests().get('a')).toBeUndefined();
  await digests().firstSeen('a', '2026-03-01T08:30', 5);
  await digests().firstSeen('a', '2026-03-02T08:30', 6);
  expect(await digests().get('a')).toEqual({ last: '2026-03-01T08:30', since: 5 });
  expect(await digests().get('b')).toBeUndefined();
});

it('keeps an attempt until it stands in Slack', async () => {
  await digests().firstSeen('a', '2026-03-01T08:30', 5);
  const posting = { slot: '2026-03-01T09:00', channel: CHANNEL, at: 7, unsure: false, notBefore: 9 };
  await digests().posting('a', posting);
  expect(await digests().get('a')).toEqual({ last: '2026-03-01T08:30', since: 5, posting });
  await digests().sent('a', '2026-03-01T09:00', { since: 7 }, '2026-03-02T09:00');
  expect(await digests().get('a')).toEqual({ last: '2026-03-01T09:00', since: 7 });
});

it('keeps up to where the trail was told, until another one says', async () => {
  await digests().firstSeen('a', '2026-03-01T08:30', 5);
  const mark = { since: 7, told: { seq: 4, hash: 'abc' } };
  await digests().posting('a', { slot: '2026-03-01T09:00', channel: CHANNEL, at: 7, mark, unsure: true });
  expect((await digests().get('a'))?.posting?.mark).toEqual(mark);
  await digests().sent('a', '2026-03-01T09:00', mark, '2026-03-02T09:00');
  expect(await digests().get('a')).toEqual({ last: '2026-03-01T09:00', ...mark });
  await digests().sent('a', '2026-03-02T09:00', { since: 8 }, '2026-03-03T09:00');
  expect(await digests().get('a')).toEqual({ last: '2026-03-02T09:00', since: 8 });
});

it.each([
  ['a later slot', '2026-03-02T09:00', '2026-03-03T09:00', '2026-03-02T09:00'],
  ['the same again', '2026-03-01T09:00', '2026-03-02T09:00', '2026-03-01T09:00'],
  ['an earlier one, from a job that was overtaken', '2026-02-28T09:00', '2026-03-01T09:00', '2026-03-01T09:00'],
  ['an earlier one, after a clock that was wrong', '2025-03-01T09:00', '2025-03-02T09:00', '2025-03-01T09:00'],
])('notes %s', async (_what, slot, furthest, last) => {
  await digests().firstSeen('a', '2026-03-01T09:00', 5);
  await digests().sent('a', slot, { since: 8 }, furthest);
  expect((await digests().get('a'))?.last).toBe(last);
});

it('an attempt that cannot be read counts as none, and is told', async () => {
  await digests().firstSeen('a', '2026-03-01T08:30', 5);
  await server.command('HSET', KEYS.digest('a'), 'posting', '{"slot":');
  expect(await digests().get('a')).toEqual({ last: '2026-03-01T08:30', since: 5 });
  expect(told).toEqual(['digest a']);
});

it('rejects while Redis is away', async () => {
  const nowhere = connectRedis('redis://127.0.0.1:1');
  const away = redisDigests(nowhere, () => undefined);
  await expect(away.get('a')).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(away.sent('a', '2026-03-01T09:00', { since: 1 }, '2026-03-02T09:00')).rejects.toBeInstanceOf(
    StoreUnavailable,
  );
  await nowhere.close();
});
