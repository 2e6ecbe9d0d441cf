/** A message that takes longer than a lease: no other process sends it as well. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis, type Store } from '../../src/adapters/redis/connect.ts';
import { redisLanes } from '../../src/adapters/redis/lanes.ts';
import type { ChannelId, Duration, MessageTs } from '../../src/domain/ids.ts';
import { type OwnDrains, ownDrains } from '../../src/flows/drains.ts';
import type { House } from '../../src/flows/house.ts';
import { openingsNow } from '../../src/flows/openings.ts';
import { drainLane } from '../../src/flows/send.ts';
import type { Delivery, Post } from '../../src/ports.ts';
import { CHANNEL, incident } from '../adapters/redis/given.ts';
import { movedClock } from '../clock.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';

/** Slack answers each call a second before it would be given up. */
const ANSWER: Duration = 7_000;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let server: TestRedis;
let store: Store;
beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

test('Slack refuses a card after seven seconds and takes it plain after seven more: one process of two posts it', async () => {
  const clock = movedClock(1_700_000_000_000);
  const lanes = redisLanes(store);
  const card = incident('slow', 1);
  const posted: string[] = [];
  const processOf = (name: string): OwnDrains => {
    const send = async (_channel: ChannelId, post: Post): Promise<Delivery> => {
      await clock.sleep(ANSWER);
      if ('plain' in post && !post.plain) return { kind: 'unshowable', error: 'invalid_blocks' };
      posted.push(name);
      return { kind: 'delivered', ts: '1700000014.000100' as MessageTs };
    };
    const house = {
      clock,
      log: quiet,
      lanes,
      openings: openingsNow(),
      counters: { count: () => undefined },
      settings: { channelPace: { every: 1_000, burst: 4 } },
      incidents: { load: async () => card, save: async () => true },
      chat: { find: async () => ({ kind: 'none' }), send },
    } as unknown as House;
    const drains = ownDrains((channel, signal) => drainLane(house, channel, signal), { clock, log: quiet });
    drains.open();
    return drains;
  };
  await lanes.put(CHANNEL, { kind: 'card', incident: card.id }, 'card');
  const processes = ['one', 'other'].map(processOf);
  // Half a minute: the other one would be through with it as well.
  for (let moment = 0; moment < 60; moment += 1) {
    for (const drains of processes) drains.wake(CHANNEL);
    await clock.advance(500);
    // Redis answers whoever asked it meanwhile.
    for (let turn = 0; turn < 3; turn += 1) await store.run((redis) => redis.ping());
  }
  expect(posted).toHaveLength(1);
});
