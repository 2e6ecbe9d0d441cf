import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisInbox } from '../../../src/adapters/redis/inbox.ts';
import { KEPT, KEYS } from '../../../src/adapters/redis/keys.ts';
import { redisSeen } from '../../../src/adapters/redis/seen.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { fact } from './given.ts';

let server: TestRedis;
let store: Store;
let other: Store;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  other = connectRedis(server.url);
  await Promise.all([store.whenReady(5_000), other.whenReady(5_000)]);
});
beforeEach(() => server.wipe());
afterAll(async () => {
  await Promise.all([store.close(), other.close()]);
  await server.stop();
});

it('keeps a fact once, however many get it at the same moment', async () => {
  const inboxes = [redisInbox(store), redisInbox(other)];
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => inboxes[n % 2]?.accept(fact('same'))));
  expect(answers.filter((answer) => answer === 'kept')).toHaveLength(1);
  expect(await redisInbox(store).get('same')).toEqual(fact('same'));
});

it('remembers a fact that was worked off, for 48 hours', async () => {
  const inbox = redisInbox(store);
  await inbox.accept(fact('f'));
  await inbox.done('f');
  expect(await inbox.get('f')).toBeUndefined();
  expect(await inbox.left(100, 10)).toEqual([]);
  expect(await inbox.accept(fact('f'))).toBe('duplicate');
  expect(Number(await server.command('PTTL', KEYS.factMark('f')))).toBeGreaterThan(KEPT.factMark - 10_000);
});

it('tells what is left, oldest first', async () => {
  const inbox = redisInbox(store);
  await inbox.accept(fact('late', 30));
  await inbox.accept(fact('early', 10));
  await inbox.accept(fact('middle', 20));
  expect(await inbox.left(30, 10)).toEqual(['early', 'middle']);
  expect(await inbox.left(31, 1)).toEqual(['early']);
});

it('refuses when too many wait, and still knows its duplicates', async () => {
  const inbox = redisInbox(store, { mostFacts: 2 });
  await inbox.accept(fact('a'));
  await inbox.accept(fact('b'));
  await expect(inbox.accept(fact('c'))).rejects.toThrow(StoreUnavailable);
  expect(await inbox.accept(fact('a'))).toBe('duplicate');
  await inbox.done('a');
  expect(await inbox.accept(fact('c'))).toBe('kept');
});

it('gives a mark to the first caller only', async () => {
  const marks = await Promise.all(
    Array.from({ length: 20 }, (_, n) => redisSeen(n % 2 ? store : other).first('m', 60)),
  );
  expect(marks.filter(Boolean)).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 90));
  expect(await redisSeen(store).first('m', 60)).toBe(true);
});
