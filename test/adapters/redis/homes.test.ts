import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { redisHomes } from '../../../src/adapters/redis/homes.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { FORGOTTEN_AFTER, type KeptHome } from '../../../src/domain/home.ts';
import type { AccountId, Person } from '../../../src/domain/ids.ts';
import type { Homes } from '../../../src/ports.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

const NOW = 1_800_000_000_000;
const person = (user: string, team = 'T1'): Person => ({ enterprise: '', team, user });
const alice = person('UALICE');
const home = (more: Partial<KeptHome> = {}): KeptHome => ({ person: alice, page: 0, openedAt: NOW, ...more });
let server: TestRedis;
let store: Store;
let homes: Homes;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
  homes = redisHomes(store);
});
beforeEach(() => server.wipe());
afterAll(async () => {
  await store.close();
  await server.stop();
});

/** As if all of it were chosen at once. */
async function put({ person: who, openedAt, page, account, said }: KeptHome): Promise<void> {
  await homes.change(who, { openedAt, page, account: account ?? 'all' });
  if (said !== undefined) await homes.say(who, said);
}
const change = (): Promise<unknown> => server.command('INCR', KEYS.boardChanges);
/** Draws the whole way. */
async function draw(who: Person, digest: string | undefined, at = NOW): Promise<void> {
  const { draw: number, changes } = await homes.begin(who, at);
  await homes.drawn(who, { draw: number, changes, ...(digest === undefined ? {} : { digest }) });
}

describe('what is kept', () => {
  it('is what was chosen and said, by the user’s id', async () => {
    expect(await homes.get(alice)).toBeUndefined();
    const said = { words: { kind: 'notRecorded' }, at: NOW } as const;
    const full = home({ page: 3, account: '111122223333' as AccountId, said });
    await put(full);
    expect(await homes.get(person('UALICE', 'T2'))).toEqual(full);
    await put(home());
    expect(await homes.get(alice)).toEqual(home({ said }));
    await homes.change(alice, { openedAt: NOW, saidBefore: NOW });
    expect(await homes.get(alice)).toEqual(home({ said }));
    await homes.change(alice, { openedAt: NOW, saidBefore: NOW + 1 });
    expect(await homes.get(alice)).toEqual(home());
    expect(Number(await server.command('PTTL', KEYS.home('UALICE')))).toBeGreaterThan(FORGOTTEN_AFTER - 10_000);
    await homes.forget(alice);
    expect(await homes.get(alice)).toBeUndefined();
    expect(await homes.list(NOW)).toEqual({ changes: 0, homes: [] });
  });

  it('is kept by whoever writes something else', async () => {
    const said = { words: { kind: 'notRecorded' }, at: NOW } as const;
    await homes.say(alice, said);
    expect(await homes.get(alice)).toEqual(home({ said }));
    await homes.change(alice, { openedAt: NOW, page: 4, account: '111122223333' as AccountId });
    await homes.change(alice, { openedAt: NOW + 1 });
    await homes.say(alice, { ...said, at: NOW + 2 });
    expect(await homes.get(alice)).toEqual({
      ...home({ openedAt: NOW + 1, page: 4, account: '111122223333' as AccountId }),
      said: { ...said, at: NOW + 2 },
    });
    expect((await homes.list(NOW)).homes).toHaveLength(1);
  });

  it('is forgotten after a day, and of the most people only the last', async () => {
    await put(home({ openedAt: NOW - FORGOTTEN_AFTER }));
    await put(home({ person: person('UBOB'), openedAt: NOW - FORGOTTEN_AFTER + 1 }));
    expect((await homes.list(NOW)).homes.map(({ person: { user } }) => user)).toEqual(['UBOB']);
    await Promise.all(
      Array.from({ length: 1_001 }, (_, index) => put(home({ person: person(`U${index}`), openedAt: NOW + index }))),
    );
    const { homes: kept } = await homes.list(NOW);
    expect(kept).toHaveLength(1_000);
    expect(kept[0]?.person.user).toBe('U1');
  });
});

describe('a drawing', () => {
  it('notes what Slack shows, and up to which change', async () => {
    await put(home());
    await change();
    await draw(alice, 'one');
    expect(await homes.get(alice)).toEqual(home({ drawnAt: NOW, changes: 1, digest: 'one' }));
    // What is chosen does not touch it.
    await put(home({ page: 1 }));
    expect(await homes.get(alice)).toEqual(home({ page: 1, drawnAt: NOW, changes: 1, digest: 'one' }));
  });

  it('that another one overtook is owed again: nobody knows whose stands there', async () => {
    await put(home());
    const first = await homes.begin(alice, NOW);
    const second = await homes.begin(alice, NOW + 1);
    await homes.drawn(alice, { ...second, digest: 'second' });
    await homes.drawn(alice, { ...first, digest: 'first' });
    expect(await homes.get(alice)).toEqual(home({ drawnAt: NOW + 1 }));
    expect(await homes.anyOld()).toBe(true);
    await draw(alice, 'third');
    await homes.settle(0);
    expect(await homes.anyOld()).toBe(false);
  });

  it('that Slack did not take is owed', async () => {
    await put(home());
    await draw(alice, 'one');
    await homes.settle(0);
    expect(await homes.anyOld()).toBe(false);
    await draw(alice, undefined);
    expect(await homes.anyOld()).toBe(true);
    expect((await homes.list(NOW)).homes).toEqual([home({ drawnAt: NOW })]);
  });

  it('of a tab nobody has open leaves nothing behind', async () => {
    await draw(alice, undefined);
    await homes.owe(alice);
    expect(await homes.get(alice)).toBeUndefined();
    expect(await homes.anyOld()).toBe(false);
    expect(await server.command('KEYS', '{kw}:home*')).toEqual([]);
  });
});

describe('whether any tab is old', () => {
  it('not where none is open, whatever changes', async () => {
    await change();
    expect(await homes.anyOld()).toBe(false);
  });

  it('after each change, until all are drawn', async () => {
    await put(home());
    await draw(alice, 'one');
    await homes.settle(0);
    await change();
    expect(await homes.anyOld()).toBe(true);
    const { changes } = await homes.list(NOW);
    // Changed again while they were drawn.
    await change();
    await homes.settle(changes);
    expect(await homes.anyOld()).toBe(true);
    await homes.settle((await homes.list(NOW)).changes);
    expect(await homes.anyOld()).toBe(false);
  });

  it('and where something is to be said; not for ever where nobody opens it', async () => {
    await put(home());
    await homes.settle(0);
    await homes.owe(alice);
    expect(await homes.anyOld()).toBe(true);
    await put(home({ person: person('UBOB'), openedAt: NOW + FORGOTTEN_AFTER }));
    await homes.list(NOW + FORGOTTEN_AFTER);
    expect(await homes.anyOld()).toBe(false);
  });
});

it('one drawing a second over all, none while Slack wants patience', async () => {
  expect(await homes.reserve()).toBe(0);
  const second = await homes.reserve();
  expect(second).toBeGreaterThan(0);
  expect(second).toBeLessThanOrEqual(1_000);
  await homes.pause(60_000);
  const paused = await homes.reserve();
  expect(paused).toBeGreaterThan(50_000);
  expect(paused).toBeLessThanOrEqual(60_000);
});
