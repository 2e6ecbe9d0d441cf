import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisIncidents } from '../../../src/adapters/redis/incidents.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { redisLanes } from '../../../src/adapters/redis/lanes.ts';
import { redisPace } from '../../../src/adapters/redis/pace.ts';
import type { LaneItem } from '../../../src/domain/effect.ts';
import type { ChannelId } from '../../../src/domain/ids.ts';
import type { Lanes } from '../../../src/ports.ts';
import { movedClock } from '../../clock.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { CHANNEL, incident, incidentId, saving } from './given.ts';

const FREE = { every: 0, burst: 1 };
const SLOW = { every: 1_000, burst: 2 };
const LEASE = 10_000;
const START = 1_700_000_000_000;

let server: TestRedis;
let store: Store;
let lanes: Lanes;
let clock = movedClock(START);

const card = (name: string): LaneItem => ({ kind: 'card', incident: incidentId(name) });
const note = (name: string): LaneItem => ({ kind: 'note', incident: incidentId(name) });
const take = (pace = FREE, channel: ChannelId = CHANNEL) => lanes.take(channel, clock.now(), pace, LEASE);
const taken = async (pace = FREE) => {
  const answer = await take(pace);
  if (answer.kind !== 'item') throw new Error(`nothing to take: ${answer.kind}`);
  return answer;
};
const nameOf = (item: LaneItem): string =>
  `${item.kind} ${'effect' in item ? item.effect : 'gathering' in item ? item.gathering : item.incident}`;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
  lanes = redisLanes(store);
});
beforeEach(async () => {
  await server.wipe();
  clock = movedClock(START);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

describe('the order', () => {
  it('is by priority, then by arrival', async () => {
    await lanes.put(CHANNEL, card('first'), 'card');
    await lanes.put(CHANNEL, note('first'), 'note');
    await lanes.put(CHANNEL, card('second'), 'card');
    await lanes.put(CHANNEL, card('urgent'), 'approval');
    const order = [];
    for (let n = 0; n < 4; n += 1) order.push(nameOf((await taken()).item));
    expect(order).toEqual(['card iurgent', 'card ifirst', 'card isecond', 'note ifirst']);
    expect(await take()).toEqual({ kind: 'empty' });
  });

  it('keeps one item once, under its better priority, also across saves', async () => {
    const incidents = redisIncidents(store, () => undefined);
    await lanes.put(CHANNEL, card('other'), 'card');
    await lanes.put(CHANNEL, card('one'), 'note');
    await incidents.save(
      saving(incident('one', 1), { lanes: [{ channel: CHANNEL, item: card('one'), priority: 'deadline' }] }),
    );
    await lanes.put(CHANNEL, card('one'), 'note');
    const first = await taken();
    expect([nameOf(first.item), first.priority]).toEqual(['card ione', 'deadline']);
    expect(nameOf((await taken()).item)).toBe('card iother');
    expect(await take()).toEqual({ kind: 'empty' });
  });
});

describe('what a newer version has put in', () => {
  const tomorrow = (name: string): Promise<unknown> =>
    store.run((redis) =>
      redis.multi().zadd(KEYS.lane(CHANNEL), 0, `carrierPigeon ${name}`).sadd(KEYS.lanes, CHANNEL).exec(),
    );

  it('stays for that version, is leased by nobody here, costs no slot, and holds up nobody behind it', async () => {
    for (let n = 0; n < 40; n += 1) await tomorrow(`p${n}`);
    await lanes.put(CHANNEL, card('one'), 'card');
    const { item, token } = await taken({ every: 60_000, burst: 1 });
    expect(nameOf(item)).toBe('card ione');
    await lanes.done(CHANNEL, token);
    expect(await take()).toEqual({ kind: 'empty' });
    expect(await lanes.waiting()).toEqual([CHANNEL]);
    expect(await store.run((redis) => redis.zcard(KEYS.lane(CHANNEL)))).toBe(40);
  });
});

describe('a lease', () => {
  it('keeps others off the item, and the lane among the waiting', async () => {
    await lanes.put(CHANNEL, card('one'), 'card');
    const { token, again } = await taken();
    expect(again).toBe(false);
    expect(await take()).toEqual({ kind: 'empty' });
    expect(await lanes.waiting()).toEqual([CHANNEL]);
    await lanes.done(CHANNEL, token);
    expect(await lanes.waiting()).toEqual([]);
  });

  it('that runs out gives the item back, in its old place, marked as begun', async () => {
    await lanes.put(CHANNEL, card('one'), 'approval');
    const lost = await taken();
    await lanes.put(CHANNEL, card('two'), 'card');
    await clock.advance(LEASE - 1);
    expect(nameOf((await taken()).item)).toBe('card itwo');
    await clock.advance(1);
    const back = await taken();
    expect([nameOf(back.item), back.priority, back.again]).toEqual(['card ione', 'approval', true]);
    // The one who lost it can no longer end it.
    await lanes.done(CHANNEL, lost.token);
    await lanes.retry(CHANNEL, lost.token, clock.now());
    expect(await take()).toEqual({ kind: 'empty' });
    await lanes.done(CHANNEL, back.token);
  });

  it('is held for as long as it is renewed, by whoever has it', async () => {
    await lanes.put(CHANNEL, card('one'), 'card');
    const { token } = await taken();
    await clock.advance(LEASE - 1);
    expect(await lanes.renew(CHANNEL, token, clock.now(), LEASE)).toBe(true);
    await clock.advance(LEASE - 1);
    expect(await take()).toEqual({ kind: 'empty' });
    await clock.advance(1);
    const back = await taken();
    expect(await lanes.renew(CHANNEL, token, clock.now(), LEASE)).toBe(false);
    await lanes.done(CHANNEL, back.token);
    expect(await lanes.renew(CHANNEL, back.token, clock.now(), LEASE)).toBe(false);
    expect(await lanes.waiting()).toEqual([]);
  });

  it('that sent nothing gives its slot back', async () => {
    const pace = { every: 1_000, burst: 1 };
    const next = () => lanes.take(CHANNEL, clock.now(), pace, LEASE);
    for (const name of ['one', 'two', 'three']) await lanes.put(CHANNEL, card(name), 'card');
    for (const name of ['one', 'two']) {
      const unsent = await next();
      if (unsent.kind !== 'item') throw new Error(`${name}: ${unsent.kind}`);
      expect(nameOf(unsent.item)).toBe(`card i${name}`);
      await lanes.done(CHANNEL, unsent.token, pace);
    }
    const sent = await next();
    if (sent.kind !== 'item') throw new Error(sent.kind);
    await lanes.done(CHANNEL, sent.token);
    await lanes.put(CHANNEL, card('four'), 'card');
    expect(await next()).toEqual({ kind: 'wait', ms: 1_000 });
  });

  it('ends without losing an item that was put in again meanwhile', async () => {
    await lanes.put(CHANNEL, card('one'), 'card');
    const first = await taken();
    await lanes.put(CHANNEL, card('one'), 'card');
    // Nobody else may send the same card at the same time.
    expect(await take()).toEqual({ kind: 'empty' });
    await lanes.done(CHANNEL, first.token);
    const second = await taken();
    expect([nameOf(second.item), second.again]).toEqual(['card ione', false]);
    await lanes.done(CHANNEL, second.token);
    expect(await lanes.waiting()).toEqual([]);
  });

  it('passes over many leased items that were put in again', async () => {
    for (let n = 0; n < 40; n += 1) await lanes.put(CHANNEL, card(`${n}`), 'card');
    for (let n = 0; n < 40; n += 1) await taken();
    for (let n = 0; n < 40; n += 1) await lanes.put(CHANNEL, card(`${n}`), 'card');
    await lanes.put(CHANNEL, note('last'), 'note');
    expect(nameOf((await taken()).item)).toBe('note ilast');
  });
});

describe('the pace', () => {
  it('lets a burst out, then one by one; asking costs nothing', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await lanes.put(CHANNEL, card(name), 'card');
    await taken(SLOW);
    await taken(SLOW);
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 1_000 });
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 1_000 });
    await clock.advance(400);
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 600 });
    await clock.advance(600);
    await taken(SLOW);
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 1_000 });
  });

  it('is told only while something stands there', async () => {
    await lanes.put(CHANNEL, card('a'), 'card');
    const { token } = await taken({ every: 1_000, burst: 1 });
    await lanes.done(CHANNEL, token);
    expect(await take({ every: 1_000, burst: 1 })).toEqual({ kind: 'empty' });
  });

  it('holds the whole lane back after a retry, and comes back without a burst', async () => {
    for (const name of ['a', 'b', 'c']) await lanes.put(CHANNEL, card(name), 'card');
    const { token } = await taken(SLOW);
    await lanes.retry(CHANNEL, token, clock.now() + 30_000);
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 30_000 });
    await clock.advance(30_000);
    const back = await taken(SLOW);
    expect([nameOf(back.item), back.again]).toEqual(['card ia', true]);
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 1_000 });
  });

  it('is not held back by a process whose clock is ahead', async () => {
    for (const name of ['a', 'b', 'c']) await lanes.put(CHANNEL, card(name), 'card');
    const ahead = await lanes.take(CHANNEL, clock.now() + 600_000, SLOW, LEASE);
    expect(ahead.kind).toBe('item');
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 1_000 });
    await clock.advance(1_000);
    await taken(SLOW);
    expect(await take(SLOW)).toEqual({ kind: 'wait', ms: 1_000 });
  });

  it('is hardly changed by clocks that differ a little', async () => {
    for (let n = 0; n < 30; n += 1) await lanes.put(CHANNEL, card(`${n}`), 'card');
    let sent = 0;
    for (let second = 0; second < 10; second += 1) {
      for (const behind of [0, 3_000])
        while ((await lanes.take(CHANNEL, clock.now() - behind, SLOW, LEASE)).kind === 'item') sent += 1;
      await clock.advance(1_000);
    }
    // One a second, and the burst at the beginning.
    expect(sent).toBeLessThanOrEqual(11);
  });

  it('is each channel’s own', async () => {
    const other = 'C0OTHER' as ChannelId;
    await lanes.put(CHANNEL, card('a'), 'card');
    await lanes.put(other, card('b'), 'card');
    const { token } = await taken(SLOW);
    await lanes.retry(CHANNEL, token, clock.now() + 30_000);
    expect((await take(SLOW, other)).kind).toBe('item');
    expect([...(await lanes.waiting())].sort()).toEqual([CHANNEL, other].sort());
  });
});

/** These slots go by Redis's own clock, which no test moves: waits are what is left of them. */
describe('reserved slots', () => {
  const MINUTE = 60_000;
  const isAbout = (wait: number, whole: number): void => {
    expect(wait).toBeLessThanOrEqual(whole);
    expect(wait).toBeGreaterThan(whole - 5_000);
  };

  it('stack up, whether or not somebody waits for them', async () => {
    const pace = redisPace(store);
    expect([await pace.reserve('l', MINUTE, 2), await pace.reserve('l', MINUTE, 2)]).toEqual([0, 0]);
    isAbout(await pace.reserve('l', MINUTE, 2), MINUTE);
    isAbout(await pace.reserve('l', MINUTE, 2), 2 * MINUTE);
  });

  it('come back with time', async () => {
    const pace = redisPace(store);
    expect(await pace.reserve('l', 3_000, 1)).toBe(0);
    const wait = await pace.reserve('l', 3_000, 1);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(3_000);
    expect(await pace.reserveWithin('l', 3_000, 1, 0)).toBeUndefined();
    await expect.poll(() => pace.reserveWithin('l', 3_000, 1, 0), { timeout: 20_000 }).toBe(0);
  });

  it('are taken only where they come soon enough', async () => {
    const pace = redisPace(store);
    expect(await pace.reserveWithin('l', MINUTE, 1, 0)).toBe(0);
    expect(await pace.reserveWithin('l', MINUTE, 1, MINUTE / 2)).toBeUndefined();
    // Nothing was taken in vain.
    isAbout(await pace.reserve('l', MINUTE, 1), MINUTE);
  });

  it('are handed out once each to callers at the same moment', async () => {
    const other = connectRedis(server.url);
    await other.whenReady(5_000);
    const paces = [redisPace(store), redisPace(other)];
    const waits = await Promise.all(
      Array.from({ length: 20 }, (_, n) => paces[n % 2]?.reserve('many', MINUTE, 1) ?? Number.NaN),
    );
    for (const [n, wait] of waits.sort((a, b) => a - b).entries()) isAbout(wait, n * MINUTE);
    await other.close();
  });

  it('wait out a pause, which a shorter one does not shorten', async () => {
    const pace = redisPace(store);
    await pace.pause('l', MINUTE);
    await pace.pause('l', 1_000);
    isAbout(await pace.reserve('l', 30_000, 3), MINUTE);
    isAbout(await pace.reserve('l', 30_000, 3), 1.5 * MINUTE);
  });
});
