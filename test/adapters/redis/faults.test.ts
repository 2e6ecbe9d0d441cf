/** What happens when Redis dies, freezes, fills up or is not there yet. */
import { afterEach, expect, it, vi } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisInbox } from '../../../src/adapters/redis/inbox.ts';
import { redisIncidents } from '../../../src/adapters/redis/incidents.ts';
import { redisLanes } from '../../../src/adapters/redis/lanes.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { ownTime } from '../../own-time.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { CHANNEL, effect, fact, incident, incidentId, saving } from './given.ts';

const opened: { server?: TestRedis; store?: Store } = {};
async function given(started = true): Promise<{ server: TestRedis; store: Store }> {
  const server = await startTestRedis({ started });
  const store = connectRedis(server.url);
  Object.assign(opened, { server, store });
  if (started) await store.whenReady(5_000);
  return { server, store };
}
afterEach(async () => {
  await opened.store?.close();
  await opened.server?.stop();
});

it('starts without Redis, refuses meanwhile, and goes on when it is there', async () => {
  const { server, store } = await given(false);
  const inbox = redisInbox(store);
  expect(await store.whenReady(100)).toBe(false);
  await expect(inbox.accept(fact('f'))).rejects.toThrow(StoreUnavailable);
  await server.restart();
  expect(await store.whenReady(3_000)).toBe(true);
  expect(await inbox.accept(fact('f'))).toBe('kept');
});

it('keeps what was saved through a kill and restart', async () => {
  const { server, store } = await given();
  const incidents = redisIncidents(store, () => undefined);
  await incidents.save(saving(incident('one', 1), { dueAt: 3, add: [effect('x')] }));
  // AOF everysec: what is older than a second is on the disk.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await server.kill('SIGKILL');
  await expect(incidents.load(incidentId('one'))).rejects.toThrow(StoreUnavailable);
  // The socket's end reaches us a moment after the process's.
  await vi.waitFor(() => expect(store.isReady()).toBe(false));
  await server.restart();
  expect(await store.whenReady(3_000)).toBe(true);
  expect(await incidents.load(incidentId('one'))).toEqual(incident('one', 1));
  expect(await incidents.due(10, 10)).toHaveLength(1);
  expect(await incidents.effect(effect('x').id)).toEqual(effect('x'));
  // The scripts are unknown to the new process, and are loaded again.
  expect(await incidents.save(saving(incident('one', 2)))).toBe(true);
});

it('answers within two seconds when Redis is frozen, for every caller, and recovers', async () => {
  const { server, store } = await given();
  const inbox = redisInbox(store);
  const incidents = redisIncidents(store, () => undefined);
  await inbox.accept(fact('warm'));
  server.freeze();
  const waited = ownTime();
  const calls = [
    ...Array.from({ length: 50 }, (_, n) => inbox.accept(fact(`frozen-${n}`))),
    incidents.save(saving(incident('one', 1))),
    inbox.done('warm'),
    store.ping(),
  ];
  const results = await Promise.allSettled(calls);
  expect(waited()).toBeLessThan(2_000);
  for (const result of results) {
    expect(result.status === 'rejected' && result.reason).toBeInstanceOf(StoreUnavailable);
  }
  server.thaw();
  // What timed out was applied all the same: asking again is safe, because it is a duplicate now.
  expect(await inbox.accept(fact('frozen-7'))).toBe('duplicate');
  expect(await inbox.get('frozen-7')).toEqual(fact('frozen-7'));
});

it('leaves no half of a write when Redis is full', async () => {
  const { server, store } = await given();
  const inbox = redisInbox(store);
  const incidents = redisIncidents(store, () => undefined);
  await inbox.accept(fact('before'));
  await incidents.save(saving(incident('one', 1), { add: [effect('old')] }));
  expect(await store.maxmemoryPolicy()).toBe('noeviction');
  await server.command('CONFIG', 'SET', 'maxmemory', '1');
  await expect(inbox.accept(fact('full'))).rejects.toThrow(StoreUnavailable);
  const lane = { channel: CHANNEL, item: { kind: 'card', incident: incidentId('one') }, priority: 'card' } as const;
  const full = saving(incident('one', 2), {
    dueAt: 5,
    add: [effect('new')],
    remove: [effect('old').id],
    lanes: [lane],
    facts: ['before'],
  });
  await expect(incidents.save(full)).rejects.toThrow(/OOM/);
  await expect(redisLanes(store).put(CHANNEL, lane.item, 'card')).rejects.toThrow(StoreUnavailable);
  await server.command('CONFIG', 'SET', 'maxmemory', '0');
  expect(await incidents.load(incidentId('one'))).toEqual(incident('one', 1));
  expect((await incidents.pending(100, 10)).map((one) => one.id)).toEqual([effect('old').id]);
  expect(await incidents.due(100, 10)).toEqual([]);
  expect(await redisLanes(store).waiting()).toEqual([]);
  expect(await inbox.left(100, 10)).toEqual(['before']);
  expect(await inbox.accept(fact('full'))).toBe('kept');
  expect(await incidents.save(full)).toBe(true);
});
