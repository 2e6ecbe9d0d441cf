import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisGatherings } from '../../../src/adapters/redis/gatherings.ts';
import { redisIncidents } from '../../../src/adapters/redis/incidents.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { newGathering, withErrand } from '../../../src/domain/gathering.ts';
import type { EffectId, GatheringId } from '../../../src/domain/ids.ts';
import type { WaveRow } from '../../../src/domain/wave-row.ts';
import type { Gatherings, Incidents } from '../../../src/ports.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { CHANNEL, effect, incident, incidentId, saving } from './given.ts';

const WAVE = `g${'1'.repeat(31)}` as GatheringId;
const OTHER = `g${'2'.repeat(31)}` as GatheringId;
const MINUTE = 60_000;

let server: TestRedis;
let store: Store;
let gatherings: Gatherings;
let incidents: Incidents;
const unreadable: string[] = [];

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(2_000);
  gatherings = redisGatherings(store, (error) => void unreadable.push(error.record));
  incidents = redisIncidents(store, () => undefined);
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});
beforeEach(async () => {
  unreadable.length = 0;
  await server.wipe();
});

const opening = (name: string, at: number, fresh = WAVE) =>
  gatherings.opened({ name: 'line', incident: incidentId(name), at, from: 3, within: MINUTE, fresh });

describe('openings of a line', () => {
  it('become a wave with the third within a minute: all three belong to it', async () => {
    expect(await opening('a', 0)).toBeUndefined();
    expect(await opening('b', 1_000)).toBeUndefined();
    expect(await opening('c', MINUTE)).toEqual({ wave: WAVE, latest: ['a', 'b', 'c'].map(incidentId) });
  });

  it('do not when the first is older than that', async () => {
    await opening('a', 0);
    await opening('b', 1_000);
    expect(await opening('c', MINUTE + 1)).toBeUndefined();
  });

  it('go on in the same wave as long as there is no pause of a minute, and begin another after it', async () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) await opening(name, index);
    expect(await opening('d', MINUTE, OTHER)).toEqual({ wave: WAVE, latest: [] });
    expect(await opening('e', 2 * MINUTE, OTHER)).toEqual({ wave: WAVE, latest: [] });
    expect(await opening('f', 4 * MINUTE, OTHER)).toBeUndefined();
  });

  it('count an incident once, however often it is noted', async () => {
    for (const at of [0, 1, 2, 3]) expect(await opening('a', at)).toBeUndefined();
  });

  describe('with another line beside', () => {
    const named = (name: string, at: number, fresh = WAVE, line = 'line') =>
      gatherings.opened({
        name: line,
        incident: incidentId(name),
        at,
        from: 3,
        within: 10 * MINUTE,
        fresh,
        beside: { name: 'channel', within: MINUTE, at },
      });
    const nameless = (name: string, at: number, fresh = OTHER) =>
      gatherings.opened({ name: 'channel', incident: incidentId(name), at, from: 5, within: MINUTE, fresh });

    it('begin a wave for both: it takes in what came there just before, and what comes there from then on', async () => {
      await nameless('old', 0);
      await named('a', 2 * MINUTE);
      await named('b', 2 * MINUTE);
      await nameless('x', 2 * MINUTE);
      expect(await named('c', 2 * MINUTE)).toEqual({ wave: WAVE, latest: ['a', 'b', 'c', 'x'].map(incidentId) });
      expect(await nameless('y', 3 * MINUTE)).toEqual({ wave: WAVE, latest: [] });
      expect(await nameless('z', 6 * MINUTE)).toBeUndefined();
    });

    it('join the wave that goes on there', async () => {
      for (const name of ['v', 'w', 'x', 'y', 'z']) await nameless(name, 0);
      await named('a', 1_000);
      await named('b', 1_000);
      expect(await named('c', MINUTE)).toMatchObject({ wave: OTHER });
      expect(await named('d', 2 * MINUTE)).toEqual({ wave: OTHER, latest: [] });
    });

    it('begin their own beside the wave of another line: two hands are two waves', async () => {
      for (const name of ['a', 'b', 'c']) await named(name, 0);
      for (const name of ['p', 'q']) await named(name, 1_000, OTHER, 'another');
      expect(await named('r', 1_000, OTHER, 'another')).toMatchObject({ wave: OTHER });
      expect(await named('d', 2_000)).toMatchObject({ wave: WAVE });
      expect(await named('s', 2_000, OTHER, 'another')).toEqual({ wave: OTHER, latest: [] });
    });

    it('begin their own where that one is over', async () => {
      for (const name of ['v', 'w', 'x', 'y', 'z']) await nameless(name, 0);
      for (const name of ['a', 'b']) await named(name, 2 * MINUTE);
      expect(await named('c', 2 * MINUTE)).toMatchObject({ wave: WAVE });
    });
  });

  it('are counted by their own moment, in whatever order they are heard of', async () => {
    await opening('c', 2 * MINUTE);
    await opening('a', MINUTE);
    expect(await opening('b', MINUTE + 1)).toEqual({ wave: WAVE, latest: ['a', 'b', 'c'].map(incidentId) });
  });

  it('of long ago, heard of now, are no wave, and join none', async () => {
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries())
      expect(await opening(name, index * 2 * MINUTE)).toBeUndefined();
    await opening('e', 20 * MINUTE);
    await opening('f', 20 * MINUTE);
    expect(await opening('g', 20 * MINUTE)).toMatchObject({ wave: WAVE });
    expect(await opening('h', 3 * MINUTE)).toBeUndefined();
    expect(await opening('i', 20 * MINUTE)).toEqual({ wave: WAVE, latest: [] });
  });

  it('of another line are nothing to this one', async () => {
    await opening('a', 0);
    await opening('b', 1);
    expect(
      await gatherings.opened({
        name: 'elsewhere',
        incident: incidentId('c'),
        at: 2,
        from: 3,
        within: MINUTE,
        fresh: WAVE,
      }),
    ).toBeUndefined();
  });
});

describe('a shared card', () => {
  it('is saved against the version it was read in', async () => {
    const first = { ...newGathering(WAVE, { kind: 'wave' }, CHANNEL, 1), version: 1 };
    expect(await gatherings.save(first)).toBe(true);
    expect(await gatherings.save(first)).toBe(false);
    expect(await gatherings.save({ ...first, version: 2, page: 3 })).toBe(true);
    expect(await gatherings.load(WAVE)).toMatchObject({ version: 2, page: 3 });
    expect(await gatherings.load(OTHER)).toBeUndefined();
  });

  it('stands among those that are worked off exactly while an errand is open', async () => {
    const begun = { ...newGathering(WAVE, { kind: 'wave' }, CHANNEL, 1), version: 1 };
    const person = { enterprise: '', team: 'T', user: 'U' };
    const asked = withErrand(begun, { id: 'x', deed: 'rescue', by: person, at: 1, channel: CHANNEL, wanted: 'all' });
    await gatherings.save(asked);
    expect(await gatherings.working()).toEqual([WAVE]);
    const errands = asked.errands.map((errand) => ({ ...errand, ended: { at: 2, asked: 1, refused: 0 } }));
    await gatherings.save({ ...asked, version: 2, errands });
    expect(await gatherings.working()).toEqual([]);
  });

  it('lists what its members’ own saves say of them, worst first', async () => {
    const row = (name: string): WaveRow =>
      ({ incident: incidentId(name), arn: `arn-${name}`, state: 'PendingDeletion' }) as unknown as WaveRow;
    const member = (name: string, rank: number, version = 1) =>
      incidents.save(saving(incident(name, version), { rows: [{ gathering: WAVE, rank, row: row(name) }] }));
    await member('b', 20);
    await member('a', 10);
    await member('c', 30);
    expect((await gatherings.rows(WAVE)).map((one) => one.incident)).toEqual(['a', 'b', 'c'].map(incidentId));
    await member('c', 5, 2);
    expect(await gatherings.members(WAVE, 0, 2)).toEqual(['c', 'a'].map(incidentId));
    // A save that lost its race says nothing.
    expect(await member('a', 1, 1)).toBe(false);
    expect(await gatherings.members(WAVE, 0, 1)).toEqual([incidentId('c')]);
  });

  it('owes reminders from the first on, until they were said', async () => {
    const owe = (name: string, since: number) =>
      incidents.save(
        saving(incident(name, 1), {
          add: [effect(name, since)],
          together: [{ gathering: WAVE, effect: `e${name}` as EffectId, since }],
        }),
      );
    await owe('a', 100);
    await owe('b', 200);
    expect(await gatherings.owing(99)).toEqual([]);
    expect(await gatherings.owing(100)).toEqual([WAVE]);
    expect(await gatherings.owed(WAVE, 10)).toEqual(['ea', 'eb']);
    await gatherings.settle(WAVE, ['ea' as EffectId]);
    expect(await gatherings.owing(199)).toEqual([]);
    expect(await gatherings.owing(200)).toEqual([WAVE]);
    await gatherings.settle(WAVE, ['eb' as EffectId]);
    expect(await gatherings.owing(1_000)).toEqual([]);
  });

  it('leaves out a row it cannot read, and tells of it', async () => {
    await store.run((redis) => redis.zadd(`{kw}:gathering:${WAVE}:ranks`, 1, 'ibroken'));
    await store.run((redis) => redis.hset(`{kw}:gathering:${WAVE}:rows`, 'ibroken', 'not json'));
    expect(await gatherings.rows(WAVE)).toEqual([]);
    expect(unreadable).toEqual(['row ibroken']);
  });
});

describe('what a shared card is made of', () => {
  const rowOf = (name: string, more: Partial<WaveRow> = {}): WaveRow =>
    ({ incident: incidentId(name), arn: `arn:${name}`, state: 'PendingDeletion', ...more }) as WaveRow;

  it('lives as long as anything in it changes, though the card itself stands unchanged', async () => {
    await gatherings.save({ ...newGathering(WAVE, { kind: 'wave' }, CHANNEL, 1), version: 1 });
    await server.command('PEXPIRE', KEYS.gathering(WAVE), '60000');
    await incidents.save(saving(incident('a', 1), { rows: [{ gathering: WAVE, rank: 1, row: rowOf('a') }] }));
    expect(Number(await server.command('PTTL', KEYS.gathering(WAVE)))).toBeGreaterThan(60_000);
  });

  it('lists everybody once, however many there are, also while their ranks change', async () => {
    const names = Array.from({ length: 1_200 }, (_none, index) => `m${index}`);
    for (const [rank, name] of names.entries())
      await incidents.save(saving(incident(name, 1), { rows: [{ gathering: WAVE, rank, row: rowOf(name) }] }));
    const reading = gatherings.rows(WAVE);
    const moving = names
      .slice(0, 200)
      .map((name) =>
        incidents.save(saving(incident(name, 2), { rows: [{ gathering: WAVE, rank: 9_999, row: rowOf(name) }] })),
      );
    const rows = await reading;
    await Promise.all(moving);
    expect(new Set(rows.map(({ incident: id }) => id)).size).toBe(1_200);
    expect(rows).toHaveLength(1_200);
  });

  it('owes a reminder once, from when it was first owed', async () => {
    const owed = { id: 'e1' as EffectId, since: 5 };
    await gatherings.owe(WAVE, owed);
    await gatherings.owe(WAVE, { ...owed, since: 9 });
    await gatherings.owe(WAVE, { id: 'e2' as EffectId, since: 7 });
    expect(await gatherings.owed(WAVE, 10)).toEqual(['e1', 'e2']);
    expect(await gatherings.owing(5)).toEqual([WAVE]);
    await gatherings.settle(WAVE, ['e1' as EffectId]);
    expect(await gatherings.owing(6)).toEqual([]);
    expect(await gatherings.owing(7)).toEqual([WAVE]);
  });
});
