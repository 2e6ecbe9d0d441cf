import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { KEPT, KEYS } from '../../../src/adapters/redis/keys.ts';
import { type RoleMemory, redisRoleMemory } from '../../../src/adapters/redis/role-memory.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

const alice = '/T1/UALICE';
let server: TestRedis;
let store: Store;
let memory: RoleMemory;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
  memory = redisRoleMemory(store);
});
beforeEach(() => server.wipe());
afterAll(async () => {
  await store.close();
  await server.stop();
});

it('remembers each grant of a person with its own moment, for a day', async () => {
  await memory.confirm(alice, ['responder:1', 'viewer:1'], 1_000);
  await memory.confirm(alice, ['viewer:1'], 2_000);
  expect(await memory.confirmed(alice, ['responder:1', 'approver:1', 'viewer:1'])).toEqual(
    new Map([
      ['responder:1', 1_000],
      ['viewer:1', 2_000],
    ]),
  );
  expect(await memory.confirmed('/T1/UBOB', ['responder:1'])).toEqual(new Map());
  expect(Number(await server.command('PTTL', KEYS.role(alice, 'viewer:1')))).toBeGreaterThan(KEPT.role - 10_000);
});

it('forgets what it is told to, and nothing else', async () => {
  await memory.confirm(alice, ['responder:1', 'viewer:1'], 1_000);
  await memory.forget(alice, ['responder:1', 'approver:1']);
  expect([...(await memory.confirmed(alice, ['responder:1', 'viewer:1'])).keys()]).toEqual(['viewer:1']);
});

it('about no grants there is nothing to ask or to say', async () => {
  await memory.confirm(alice, [], 1_000);
  await memory.forget(alice, []);
  expect(await memory.confirmed(alice, [])).toEqual(new Map());
});

it('a lost Redis is told as such', async () => {
  const away = connectRedis('redis://127.0.0.1:1');
  const lost = redisRoleMemory(away);
  await expect(lost.confirm(alice, ['viewer:1'], 1)).rejects.toThrow(StoreUnavailable);
  await expect(lost.confirmed(alice, ['viewer:1'])).rejects.toThrow(StoreUnavailable);
  await expect(lost.forget(alice, ['viewer:1'])).rejects.toThrow(StoreUnavailable);
  await away.close();
});
