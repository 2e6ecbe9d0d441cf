import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisInbox } from '../../../src/adapters/redis/inbox.ts';
import { redisIncidents } from '../../../src/adapters/redis/incidents.ts';
import { KEPT, KEYS } from '../../../src/adapters/redis/keys.ts';
import { redisLanes } from '../../../src/adapters/redis/lanes.ts';
import { RecordUnreadable } from '../../../src/adapters/redis/record.ts';
import type { EffectId, MessageTs } from '../../../src/domain/ids.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { CHANNEL, effect, fact, incident, incidentId, saving } from './given.ts';

let server: TestRedis;
let store: Store;
const told: RecordUnreadable[] = [];
const open = () => redisIncidents(store, (error) => told.push(error));

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

describe('a save', () => {
  it('changes everything at once', async () => {
    const incidents = open();
    const inbox = redisInbox(store);
    await inbox.accept(fact('f1'));
    const saved = await incidents.save(
      saving(incident('one', 1), {
        dueAt: 500,
        add: [effect('x', 10), effect('y', 5)],
        lanes: [{ channel: CHANNEL, item: { kind: 'card', incident: incidentId('one') }, priority: 'card' }],
        facts: ['f1'],
      }),
    );
    expect(saved).toBe(true);
    expect(await incidents.load(incidentId('one'))).toEqual(incident('one', 1));
    expect(await incidents.open()).toEqual([incidentId('one')]);
    expect(await incidents.due(499, 10)).toEqual([]);
    expect(await incidents.due(500, 10)).toEqual([{ id: incidentId('one'), dueAt: 500 }]);
    expect((await incidents.pending(11, 10)).map((one) => one.id)).toEqual(['ey', 'ex']);
    expect((await incidents.pending(10, 10)).map((one) => one.id)).toEqual(['ey']);
    expect(await incidents.effect('ex' as EffectId)).toEqual(effect('x', 10));
    expect(await inbox.get('f1')).toBeUndefined();
    expect(await redisLanes(store).waiting()).toEqual([CHANNEL]);
  });

  it('takes effects and the due moment out again', async () => {
    const incidents = open();
    await incidents.save(saving(incident('one', 1), { dueAt: 1, add: [effect('x'), effect('y')] }));
    await incidents.save(saving(incident('one', 2), { remove: [effect('x').id] }));
    await incidents.forget(effect('y').id);
    expect(await incidents.pending(100, 10)).toEqual([]);
    expect(await incidents.due(100, 10)).toEqual([]);
  });

  it('answers when each wants to be looked at, in the order it was asked', async () => {
    const incidents = open();
    await incidents.save(saving(incident('one', 1), { dueAt: 500 }));
    await incidents.save(saving(incident('two', 1)));
    const ids = ['two', 'one', 'nobody'].map(incidentId);
    expect(await incidents.dueAt(ids)).toEqual([undefined, 500, undefined]);
    expect(await incidents.dueAt([])).toEqual([]);
  });

  it('knows open incidents without a message in Slack, each from when it was first looked at', async () => {
    const incidents = open();
    await incidents.save(saving(incident('one', 1)));
    const card = { channel: CHANNEL, shownRevision: 0, adopt: false };
    await incidents.save(saving(incident('posted', 1, { card: { ...card, ts: '1.1' as MessageTs } })));
    await incidents.save(saving(incident('unseen', 1, { card: { ...card, shownRevision: 1 } })));
    expect(await incidents.cardless(1_000, 900, 10)).toEqual([]);
    // Another save does not begin the wait anew.
    await incidents.save(saving(incident('one', 2, { revision: 2 })));
    expect(await incidents.cardless(5_000, 1_000, 10)).toEqual([]);
    expect(await incidents.cardless(5_000, 1_001, 10)).toEqual([incidentId('one')]);
    await incidents.save(saving(incident('one', 3, { card: { ...card, undeliverable: 'no_text' } })));
    expect(await incidents.cardless(5_000, 4_000, 10)).toEqual([incidentId('one')]);
    await incidents.save(saving(incident('one', 4, { card: { ...card, ts: '1.2' as MessageTs } })));
    expect(await incidents.cardless(9_000, 8_000, 10)).toEqual([]);
    await incidents.save(saving(incident('ahead', 1)));
    await incidents.cardless(900_000, 0, 10);
    // The clock is set back: the wait is not longer by that.
    expect(await incidents.cardless(10_000, 9_000, 10)).toEqual([]);
    expect(await incidents.cardless(20_000, 10_001, 10)).toEqual([incidentId('ahead')]);
    await incidents.save(saving(incident('ahead', 2, { phase: { kind: 'closed', at: 1, outcome: 'noDanger' } })));
    // Its message was deleted: the wait begins then, not when it was opened.
    await incidents.save(saving(incident('one', 5)));
    expect(await incidents.cardless(9_000, 8_000, 10)).toEqual([]);
    expect(await incidents.cardless(20_000, 9_001, 10)).toEqual([incidentId('one')]);
    await incidents.save(saving(incident('one', 6, { phase: { kind: 'closed', at: 1, outcome: 'noDanger' } })));
    expect(await incidents.cardless(99_000, 98_000, 10)).toEqual([]);
  });

  it('against another version changes nothing', async () => {
    const incidents = open();
    await incidents.save(saving(incident('one', 1)));
    const late = saving(incident('one', 1, { round: 9 }), {
      dueAt: 5,
      add: [effect('late')],
      lanes: [{ channel: CHANNEL, item: { kind: 'card', incident: incidentId('one') }, priority: 'card' }],
    });
    expect(await incidents.save(late)).toBe(false);
    expect(await incidents.save(saving(incident('new', 2)))).toBe(false);
    expect((await incidents.load(incidentId('one')))?.round).toBe(1);
    expect(await incidents.pending(100, 10)).toEqual([]);
    expect(await redisLanes(store).waiting()).toEqual([]);
    expect(await incidents.load(incidentId('new'))).toBeUndefined();
  });

  it('of the same version by many is won by exactly one', async () => {
    const other = connectRedis(server.url);
    await other.whenReady(5_000);
    const [first, second] = [open(), redisIncidents(other, () => undefined)];
    const tries = Array.from({ length: 20 }, (_, n) => (n % 2 ? first : second).save(saving(incident('race', 1))));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    await other.close();
  });

  it('lets a closed incident expire, and an open one never', async () => {
    const incidents = open();
    const closed = { phase: { kind: 'closed', at: 1, outcome: 'restored' } } as const;
    const left = () => server.command('PTTL', KEYS.incident(incidentId('one')));
    await incidents.save(saving(incident('one', 1)));
    expect(await left()).toBe(-1);
    await incidents.save(saving(incident('one', 2, closed)));
    expect(Number(await left())).toBeGreaterThan(KEPT.closedIncident - 10_000);
    expect(await incidents.open()).toEqual([]);
    await incidents.save(saving(incident('one', 3)));
    expect(await left()).toBe(-1);
    expect(await incidents.open()).toEqual([incidentId('one')]);
  });
});

it('knows whose key KMS has deleted, as long as their records are kept', async () => {
  const incidents = open();
  const ended = (at: number, outcome: 'deleted' | 'restored' = 'deleted') =>
    ({ phase: { kind: 'closed', at, outcome } }) as const;
  await incidents.save(saving(incident('second', 1, ended(20))));
  await incidents.save(saving(incident('first', 1, ended(10))));
  await incidents.save(saving(incident('saved', 1, ended(15, 'restored'))));
  await incidents.save(saving(incident('open', 1)));
  expect(await incidents.deaths(10)).toEqual(['first', 'second'].map(incidentId));
  expect(await incidents.deaths(11)).toEqual([incidentId('second')]);
  // It was not deleted after all.
  await incidents.save(saving(incident('second', 2)));
  expect(await incidents.deaths(0)).toEqual([incidentId('first')]);
  for (let number = 0; number < 1_001; number += 1)
    await incidents.save(saving(incident(`n${number}`, 1, ended(100 + number))));
  expect(await incidents.deaths(0)).toHaveLength(1_000);
  await incidents.save(saving(incident('late', 1, ended(1_100 + KEPT.closedIncident))));
  expect(await incidents.deaths(0)).toEqual(['n1000', 'late'].map(incidentId));
});

describe('a record that cannot be read', () => {
  it('is told, and does not hide the others', async () => {
    const incidents = open();
    await incidents.save(saving(incident('good', 1), { add: [effect('good')] }));
    await incidents.save(saving(incident('bad', 1), { add: [effect('bad')] }));
    await incidents.save(saving(incident('newer', 1)));
    await server.command('HSET', KEYS.incident(incidentId('bad')), 'body', '{"half":');
    await server.command('HSET', KEYS.incident(incidentId('newer')), 'format', '2');
    await server.command('HSET', KEYS.pending, effect('bad').id, '[]');
    const ids = ['bad', 'good', 'newer', 'absent'].map(incidentId);
    expect((await incidents.loadMany(ids)).map((one) => one.id)).toEqual([incidentId('good')]);
    expect((await incidents.pending(100, 10)).map((one) => one.id)).toEqual([effect('good').id]);
    await incidents.loadMany(ids);
    expect(told.map((error) => error.record).sort()).toEqual(['effect ebad', 'incident ibad', 'incident inewer']);
    await expect(incidents.load(incidentId('bad'))).rejects.toThrow(RecordUnreadable);
  });
});
