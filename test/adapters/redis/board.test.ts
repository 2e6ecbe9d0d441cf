import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redisBoard } from '../../../src/adapters/redis/board.ts';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisIncidents } from '../../../src/adapters/redis/incidents.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import type { AccountId, Place } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { Incidents } from '../../../src/ports.ts';
import { approval } from '../../domain/proofs.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { incident, incidentId, keyNamed, saving } from './given.ts';

const OTHER = '222233334444' as AccountId;
const elsewhere: Place = { account: OTHER, region: 'us-west-2' as Place['region'] };
const closed = { phase: { kind: 'closed', at: 1, outcome: 'restored' } } as const;
let server: TestRedis;
let store: Store;
let incidents: Incidents;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
  incidents = redisIncidents(store, () => undefined);
});
beforeEach(() => server.wipe());
afterAll(async () => {
  await store.close();
  await server.stop();
});

/** Dying at a moment, or open since one. */
const dying = (deletionDate: number): Partial<Incident> => ({
  countdown: { deletionDate, since: 1, told: [], endTold: false },
});
const since = (openedAt: number): Partial<Incident> => ({ openedAt });
const keep = async (name: string, version: number, changes: Partial<Incident> = {}): Promise<void> =>
  expect(await incidents.save(saving(incident(name, version, changes)))).toBe(true);
const names = (found: readonly Incident[]): readonly string[] => found.map(({ id }) => id.slice(1));
const page = async (offset = 0, limit = 10, account?: AccountId) => {
  const { incidents: found, ...counts } = await incidents.board({
    offset,
    limit,
    ...(account === undefined ? {} : { account }),
  });
  return { names: names(found), ...counts };
};
const changes = async (): Promise<number> => Number((await server.command('GET', KEYS.boardChanges)) ?? 0);

describe('the board', () => {
  it('is in the order of dying, then newest first, and shorter by what is over', async () => {
    await keep('old', 1, since(5));
    await keep('soon', 1, dying(1_800_000_000_000));
    await keep('new', 1, since(1_800_000_000_001));
    await keep('later', 1, dying(1_800_000_000_001));
    await keep('latest', 1, dying(8_640_000_000_000_000));
    expect(await page()).toEqual({ names: ['soon', 'later', 'latest', 'new', 'old'], total: 5, dated: 3 });
    expect(await page(2, 2)).toEqual({ names: ['latest', 'new'], total: 5, dated: 3 });
    expect(await page(9, 2)).toEqual({ names: [], total: 5, dated: 3 });
    await keep('later', 2, dying(1_700_000_000_000));
    await keep('soon', 2);
    await keep('new', 2, closed);
    expect(await page()).toEqual({ names: ['later', 'latest', 'old', 'soon'], total: 4, dated: 2 });
    await keep('new', 3, since(1_800_000_000_001));
    expect((await page()).names).toEqual(['later', 'latest', 'new', 'old', 'soon']);
  });

  it('has one of each account as well', async () => {
    await keep('here', 1, dying(5));
    await keep('there', 1, { subject: { kind: 'key', key: keyNamed('there', elsewhere) }, ...dying(6) });
    await keep('place', 1, { subject: { kind: 'place', place: elsewhere } });
    await keep('topic', 1, { subject: { kind: 'topic', topicArn: 'arn' } });
    expect(await page(0, 10, OTHER)).toEqual({ names: ['there', 'place'], total: 2, dated: 1 });
    expect((await page()).total).toBe(4);
    await keep('there', 2, { subject: { kind: 'key', key: keyNamed('there', elsewhere) }, ...closed });
    expect(await page(0, 10, OTHER)).toEqual({ names: ['place'], total: 1, dated: 0 });
  });

  it('knows what waits for approvers, the oldest request first', async () => {
    const waits = (askedAt: number): Partial<Incident> => ({ approvals: [approval('disable', { askedAt })] });
    await keep('second', 1, waits(20));
    await keep('first', 1, waits(10));
    await keep('nothing', 1);
    expect(names(await incidents.waiting(10))).toEqual(['first', 'second']);
    expect(names(await incidents.waiting(1))).toEqual(['first']);
    await keep('first', 2);
    await keep('second', 2, { ...waits(20), ...closed });
    expect(await incidents.waiting(10)).toEqual([]);
  });

  it('counts what it shows, not what Slack has shown', async () => {
    await keep('one', 1);
    expect(await changes()).toBe(1);
    const { card } = incident('one', 1);
    await keep('one', 2, { notedSeq: 3 });
    await keep('one', 3, { card: { ...card, shownRevision: 1 } });
    expect(await changes()).toBe(1);
    await keep('one', 4, { revision: 2 });
    await keep('one', 5, { revision: 2, card: { ...card, ts: '1.1' as never } });
    expect(await changes()).toBe(3);
    expect(await incidents.save(saving(incident('one', 2, { revision: 9 })))).toBe(false);
    expect(await changes()).toBe(3);
  });
});

describe('a board that does not hold what is open', () => {
  const forget = (...keys: readonly string[]) => server.command('DEL', ...keys);

  it('is put right when it is read: from before there was one', async () => {
    for (let number = 0; number < 250; number += 1) await keep(`n${number}`, 1, dying(1_000 + number));
    await keep('asked', 1, { approvals: [approval('disable', { askedAt: 1 })] });
    await forget(
      KEYS.board,
      KEYS.boardOf(incident('x', 1).subject.kind === 'key' ? keyNamed('x').account : OTHER),
      KEYS.boardWaiting,
    );
    expect(await page(0, 2)).toEqual({ names: ['n0', 'n1'], total: 251, dated: 250 });
    expect(await page(0, 2, keyNamed('x').account)).toEqual({ names: ['n0', 'n1'], total: 251, dated: 250 });
    await forget(KEYS.board, KEYS.boardWaiting);
    expect(names(await incidents.waiting(10))).toEqual(['asked']);
  });

  it('is put right when it is read: saved past it by an older version', async () => {
    await keep('here', 1, dying(5));
    await keep('over', 1, dying(4));
    // One opened and one closed: the numbers agree, what they stand for does not.
    await keep('opened', 1, dying(6));
    await server.command('ZREM', KEYS.board, incidentId('opened'));
    await server.command('ZREM', KEYS.boardOf(keyNamed('x').account), incidentId('opened'));
    await server.command('SREM', KEYS.open, incidentId('over'));
    await server.command(
      'HSET',
      KEYS.incident(incidentId('over')),
      'version',
      '2',
      'body',
      JSON.stringify(incident('over', 2, closed)),
    );
    expect(await page()).toEqual({ names: ['here', 'opened'], total: 2, dated: 2 });
    expect(await page(0, 10, keyNamed('x').account)).toEqual({ names: ['here', 'opened'], total: 2, dated: 2 });
  });

  it('keeps a place for what cannot be read, and looks for it no more', async () => {
    await keep('good', 1, dying(5));
    await keep('bad', 1, dying(4));
    await server.command('HSET', KEYS.incident(incidentId('bad')), 'format', '2');
    await forget(KEYS.board);
    expect(await page()).toEqual({ names: ['good'], total: 2, dated: 1 });
    expect(await server.command('ZCARD', KEYS.board)).toBe(2);
  });

  it('is not held back by what was read a moment ago', async () => {
    await keep('raced', 1, dying(5));
    await forget(KEYS.board);
    // Saved between the reading of the record and its placing.
    const raced = redisBoard(store, async (ids) => {
      const found = await incidents.loadMany(ids);
      await incidents.save(saving(incident('raced', 2, dying(9))));
      return found;
    });
    await raced.waiting(1);
    expect(await server.command('ZSCORE', KEYS.board, incidentId('raced'))).toBe('9');
  });

  describe('looked over by a process that begins, as every now and then', () => {
    const fresh = () => redisIncidents(store, () => undefined);
    const namesOn = async (account?: AccountId) =>
      names((await fresh().board({ offset: 0, limit: 20, ...(account === undefined ? {} : { account }) })).incidents);
    /** What a save of a version without a board writes. */
    const savePast = async (name: string, version: number, more: Partial<Incident> = {}): Promise<void> => {
      const record = incident(name, version, more);
      const fields = ['format', '1', 'version', String(version), 'body', JSON.stringify(record)];
      await server.command('HSET', KEYS.incident(record.id), ...fields);
      await server.command(record.phase.kind === 'open' ? 'SADD' : 'SREM', KEYS.open, record.id);
    };

    it('the numbers agree, the members do not, and the first page shows none of them', async () => {
      for (let number = 0; number < 12; number += 1) await keep(`n${number}`, 1, since(100 + number));
      await keep('over', 1, since(1));
      await savePast('over', 2, closed);
      await savePast('opened', 1, dying(5));
      expect((await namesOn())[0]).toBe('opened');
      expect(await namesOn()).not.toContain('over');
    });

    it('a date that came past the board', async () => {
      for (let number = 0; number < 12; number += 1) await keep(`n${number}`, 1, dying(1_000 + number));
      await keep('undated', 1, since(1));
      const before = await changes();
      await savePast('undated', 2, dying(5));
      expect((await namesOn())[0]).toBe('undated');
      expect((await namesOn(keyNamed('x').account))[0]).toBe('undated');
      // Whoever has it in front of them is shown so, once.
      expect(await changes()).toBe(before + 1);
    });

    it('a request that came past the board, and one that was decided past it', async () => {
      await keep('asked', 1);
      await keep('decided', 1, { approvals: [approval('disable', { askedAt: 1 })] });
      await savePast('asked', 2, { approvals: [approval('disable', { askedAt: 2 })] });
      await savePast('decided', 2);
      expect(names(await fresh().waiting(10))).toEqual(['asked']);
      expect(await server.command('ZRANGE', KEYS.boardWaiting, '0', '-1')).toEqual([incidentId('asked')]);
    });

    it('one that was closed past the board, and whose record is gone', async () => {
      await keep('gone', 1, dying(5));
      await server.command('SREM', KEYS.open, incidentId('gone'));
      await server.command('DEL', KEYS.incident(incidentId('gone')));
      const account = keyNamed('gone').account;
      const nothing = { incidents: [], total: 0, dated: 0 };
      const process = fresh();
      expect(await process.board({ offset: 0, limit: 10 })).toEqual(nothing);
      expect(await process.board({ account, offset: 0, limit: 10 })).toEqual(nothing);
    });
  });
});
