import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisKeyIndex } from '../../../src/adapters/redis/key-index.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import type { Place } from '../../../src/domain/ids.ts';
import type { KeyMemory, SweepState } from '../../../src/ports.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { keyNamed, PLACE } from './given.ts';

let server: TestRedis;
let store: Store;
const told: string[] = [];
const index = () => redisKeyIndex(store, (error) => told.push(error.record));
const memory: KeyMemory = { state: 'Enabled', readAt: 5, aliases: [], origin: 'AWS_KMS', manager: 'CUSTOMER' };
const full: KeyMemory = {
  state: 'PendingDeletion',
  readAt: 6,
  calm: { state: 'Disabled', at: 4 },
  aliases: ['alias/a', 'alias/b'],
  origin: 'EXTERNAL',
  manager: 'CUSTOMER',
  deletionDate: 99,
  stateSince: { at: 3, exact: true },
  validTo: 98,
  multiRegion: 'REPLICA',
  unreadable: 2,
};

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

it('remembers what was put, place by place, in the order asked', async () => {
  const elsewhere = keyNamed('a', { account: '444455556666', region: 'eu-west-1' } as Place);
  await index().put([
    { key: keyNamed('a'), memory },
    { key: elsewhere, memory: full },
  ]);
  expect(await index().getMany([elsewhere, keyNamed('none'), keyNamed('a')])).toEqual([full, undefined, memory]);
  await index().remove([keyNamed('a')]);
  expect(await index().get(keyNamed('a'))).toBeUndefined();
  expect(await index().get(elsewhere)).toEqual(full);
});

it('reads memories from before ages, expiries and families were kept', async () => {
  const written = { s: 'Disabled', r: 5, c: ['Disabled', 5], a: ['alias/a'], o: 'AWS_KMS', m: 'CUSTOMER' };
  await server.command('HSET', KEYS.keysOf(PLACE), 'a', JSON.stringify(written));
  expect(await index().get(keyNamed('a'))).toEqual({
    state: 'Disabled',
    readAt: 5,
    calm: { state: 'Disabled', at: 5 },
    aliases: ['alias/a'],
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
  });
  expect(told).toEqual([]);
});

it('scans thousands of keys in pages, each once', async () => {
  const keys = Array.from({ length: 3_000 }, (_, n) => keyNamed(`key-${n}`));
  await index().put(keys.map((key) => ({ key, memory })));
  const seen = new Set<string>();
  let largest = 0;
  for await (const page of index().scan(PLACE)) {
    largest = Math.max(largest, page.length);
    for (const entry of page) seen.add(entry.key.arn);
  }
  expect(seen.size).toBe(3_000);
  expect(largest).toBeLessThan(1_500);
});

it('scans a key once that HSCAN repeats', async () => {
  const text = JSON.stringify({ s: 'Enabled', r: 5, a: [], o: 'AWS_KMS', m: 'CUSTOMER' });
  const answers = [
    ['7', ['a', text, 'b', text]],
    ['0', ['b', text, 'c', text]],
  ];
  // Redis does so while a hash is resized, at moments of its own.
  const resizing: Store = { ...store, run: (work) => work({ hscan: async () => answers.shift() } as never) };
  const seen: string[] = [];
  for await (const page of redisKeyIndex(resizing, () => undefined).scan(PLACE))
    seen.push(...page.map(({ key }) => key.keyId));
  expect(seen).toEqual(['a', 'b', 'c']);
});

it('counts a memory it cannot read as none, and tells it', async () => {
  await server.command('HSET', KEYS.keysOf(PLACE), 'odd', '{"s":"Melting","r":1,"o":"","m":""}');
  expect(await index().get(keyNamed('odd'))).toBeUndefined();
  expect(told).toEqual([`memory of ${keyNamed('odd').arn}`]);
});

it('remembers where the sweep of a place stands', async () => {
  const state: SweepState = { slot: 1, startedAt: 2, failures: 0 };
  expect(await index().sweepState(PLACE)).toBeUndefined();
  await index().putSweepState(PLACE, state);
  expect(await index().sweepState(PLACE)).toEqual(state);
  const other = { ...PLACE, region: 'eu-west-1' } as Place;
  expect(await index().sweepStates([other, PLACE])).toEqual([undefined, state]);
  expect(await index().sweepStates([])).toEqual([]);
});
