import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redisAudit } from '../../../src/adapters/redis/audit.ts';
import { setTrailAside } from '../../../src/adapters/redis/audit-set-aside.ts';
import { storedTrail } from '../../../src/adapters/redis/audit-stored.ts';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { KEPT, KEYS } from '../../../src/adapters/redis/keys.ts';
import { sha256 } from '../../../src/adapters/system/hash.ts';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import type { StoredEntry } from '../../../src/domain/audit-verification.ts';
import { canonicalText } from '../../../src/domain/canonical-text.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import type { Audit } from '../../../src/ports.ts';
import { auditEvent, auditTrail, rehashed, verify } from '../../domain/audit-trails.ts';
import { T0 } from '../../domain/samples.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

let server: TestRedis;
let store: Store;
let other: Store;
let audit: Audit;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  other = connectRedis(server.url);
  await Promise.all([store.whenReady(5_000), other.whenReady(5_000)]);
  audit = redisAudit(store, sha256);
});
beforeEach(() => server.wipe());
afterAll(async () => {
  await Promise.all([store.close(), other.close()]);
  await server.stop();
});

async function entries(since?: number): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const page of audit.entries(since)) found.push(...page);
  return found;
}
const idsOf = (found: readonly AuditEntry[]): readonly string[] => found.map(({ id }) => id);

async function verifyStored(): Promise<ReturnType<typeof verify>> {
  const { lastStored, pages } = await storedTrail(store, KEYS.audit);
  const kept: StoredEntry[] = [];
  for await (const page of pages) kept.push(...page);
  return verify(kept, lastStored === undefined ? {} : { lastStored });
}

describe('what came after an entry that was read before', () => {
  const idsAfter = async (seq: number, hash: string): Promise<readonly string[]> => {
    const found: AuditEntry[] = [];
    for await (const page of audit.entriesAfter({ seq, hash })) found.push(...page);
    return idsOf(found);
  };
  it('is told by its number, whenever it happened', async () => {
    await audit.append([auditEvent(1), auditEvent(2)]);
    const { seq, hash } = (await audit.head()) ?? { seq: 0, hash: '' };
    expect(await idsAfter(seq, hash)).toEqual([]);
    await audit.append([{ ...auditEvent(3), at: 1 }]);
    expect(await idsAfter(seq, hash)).toEqual([auditEvent(3).id]);
  });
  it('is everything, where another trail took its place', async () => {
    await audit.append([auditEvent(1), auditEvent(2)]);
    expect(await idsAfter(1, 'of another trail')).toEqual([auditEvent(1).id, auditEvent(2).id]);
    expect(await idsAfter(9, 'of a longer one')).toEqual([auditEvent(1).id, auditEvent(2).id]);
  });
});

describe('appending', () => {
  it('keeps the order, chains, and answers the head', async () => {
    expect(await audit.head()).toBeUndefined();
    await audit.append([auditEvent(1), auditEvent(2)]);
    await audit.append([auditEvent(3)]);
    expect(await entries()).toEqual(auditTrail(3));
    expect(await audit.head()).toEqual({ seq: 3, hash: auditTrail(3)[2]?.hash });
    expect(await server.command('XRANGE', KEYS.audit, '2-0', '2-0')).toEqual([
      ['2-0', ['entry', canonicalText(auditTrail(3)[1])]],
    ]);
  });

  it('of nothing changes nothing', async () => {
    await audit.append([]);
    expect(await server.command('EXISTS', KEYS.audit)).toBe(0);
  });

  it('keeps what people typed to the letter', async () => {
    const reason = '=1+1 "quoted" \u2028 \ud800 🟢\r\n\0';
    await audit.append([auditEvent('odd', { reason })]);
    expect((await entries())[0]?.reason).toBe(reason);
    expect(await verifyStored()).toMatchObject({ kind: 'sound' });
  });

  it('by two writers at once: one unbroken chain, nothing lost, nothing double', async () => {
    const writers = [audit, redisAudit(other, sha256)] as const;
    const bursts = Array.from({ length: 120 }, (_, n) => [auditEvent(`${n} a`), auditEvent(`${n} b`)]);
    // Each event is asked for by both, as after a takeover.
    await Promise.all(bursts.flatMap((events) => writers.map((writer) => writer.append(events))));
    expect(await verifyStored()).toMatchObject({ kind: 'sound', count: 240 });
    const ids = idsOf(await entries());
    expect(new Set(ids).size).toBe(240);
    for (const [first, second] of bursts) expect(ids.indexOf(second?.id ?? '')).toBe(ids.indexOf(first?.id ?? '') + 1);
  });

  it('by many who each hold a connection of their own', async () => {
    const stores = Array.from({ length: 6 }, () => connectRedis(server.url));
    await Promise.all(stores.map((one) => one.whenReady(5_000)));
    const writes = stores.flatMap((one, writer) => {
      const own = redisAudit(one, sha256);
      return Array.from({ length: 20 }, (_, n) => own.append([auditEvent(`${writer}/${n}`)]));
    });
    await Promise.all(writes);
    await Promise.all(stores.map((one) => one.close()));
    expect(await verifyStored()).toMatchObject({ kind: 'sound', count: 120 });
  });

  it('the same event twice is one entry, for 90 days', async () => {
    await audit.append([auditEvent(1), auditEvent(1, { reason: 'told again' })]);
    await audit.append([auditEvent(1), auditEvent(2)]);
    expect(idsOf(await entries())).toEqual(['event 1', 'event 2']);
    const life = Number(await server.command('PTTL', KEYS.auditMark(sha256('event 1'))));
    expect(life).toBeGreaterThan(KEPT.auditMark - 60_000);
    expect(life).toBeLessThanOrEqual(KEPT.auditMark);
    expect(await server.command('PTTL', KEYS.audit)).toBe(-1);
  });

  it('goes on after a restart, and after the script was forgotten', async () => {
    await audit.append([auditEvent(1)]);
    await server.restart();
    await store.whenReady(5_000);
    await audit.append([auditEvent(1), auditEvent(2)]);
    await server.command('SCRIPT', 'FLUSH');
    await audit.append([auditEvent(3)]);
    expect(await entries()).toEqual(auditTrail(3));
  });
});

describe('reading', () => {
  it('comes in pages, oldest first', async () => {
    const events = Array.from({ length: 1_203 }, (_, n) => auditEvent(n, { at: n }));
    await audit.append(events);
    const sizes: number[] = [];
    for await (const page of audit.entries()) sizes.push(page.length);
    expect(sizes).toEqual([500, 500, 203]);
    expect((await entries()).map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1));
  });

  it('since a moment, by when it happened and not by when it was written', async () => {
    await audit.append([
      auditEvent('early', { at: 10 }),
      auditEvent('late', { at: 30 }),
      auditEvent('mid', { at: 20 }),
    ]);
    expect(idsOf(await entries(20))).toEqual(['event late', 'event mid']);
  });

  it('passes over what is no entry', async () => {
    await audit.append([auditEvent(1)]);
    await server.command('XADD', KEYS.audit, '1-1', 'entry', 'garbage');
    await server.command('XADD', KEYS.audit, '1-2', 'something', 'else');
    expect(idsOf(await entries())).toEqual(['event 1']);
  });

  it('ends where the trail ended when it began', async () => {
    await audit.append(Array.from({ length: 501 }, (_, n) => auditEvent(n)));
    let count = 0;
    for await (const page of audit.entries()) {
      count += page.length;
      await audit.append([auditEvent(`meanwhile ${count}`)]);
    }
    expect(count).toBe(501);
  });
});

describe('a trail that cannot be written', () => {
  const [, second] = auditTrail(2) as [AuditEntry, AuditEntry];
  const add = (id: string, ...fields: string[]) => server.command('XADD', KEYS.audit, id, ...fields);
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['is no stream', () => server.command('SET', KEYS.audit, 'x'), /WRONGTYPE/],
    ['ends with garbage', () => add('2-0', 'entry', 'garbage'), /2-0, cannot be read/],
    ['ends with something else', () => add('2-0', 'word', canonicalText(second)), /2-0, cannot be read/],
    ['ends with an edited entry', () => add('2-0', 'entry', canonicalText({ ...second, reason: 'x' })), /was changed/],
    ['ends under a foreign number', () => add('7-0', 'entry', canonicalText(second)), /7-0, calls itself number 2/],
    [
      'ends with another number inside',
      () => add('2-0', 'entry', canonicalText(rehashed(second, { seq: 9 }))),
      /calls itself number 9/,
    ],
  ])('%s', async (_title, spoil, why) => {
    await spoil();
    const before = await server.command('DUMP', KEYS.audit);
    const refused = audit.append([auditEvent(3)]);
    await expect(refused).rejects.toThrow(StoreUnavailable);
    await expect(refused).rejects.toThrow(why);
    await expect(refused).rejects.toThrow('The audit trail cannot be written');
    await expect(audit.head()).rejects.toThrow(StoreUnavailable);
    expect(await server.command('DUMP', KEYS.audit)).toEqual(before);
    expect(await server.command('KEYS', '*')).toEqual([KEYS.audit]);
  });

  it('has lost its last entry', async () => {
    await audit.append([auditEvent(1), auditEvent(2)]);
    await server.command('XDEL', KEYS.audit, '2-0');
    await expect(audit.append([auditEvent(3)])).rejects.toThrow(StoreUnavailable);
    expect(await server.command('EXISTS', KEYS.auditMark(sha256('event 3')))).toBe(0);
    expect(await verifyStored()).toMatchObject({ fault: { kind: 'removed', number: 2 } });
  });

  it('rejects all who wait while Redis is away, and takes the same events when it is back', async () => {
    await server.kill();
    const waiting = [1, 2, 3].map((n) => audit.append([auditEvent(n)]));
    for (const result of await Promise.allSettled(waiting))
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) as unknown });
    await expect(audit.head()).rejects.toThrow(StoreUnavailable);
    await server.restart();
    await store.whenReady(5_000);
    await audit.append([auditEvent(1), auditEvent(2), auditEvent(3)]);
    expect(await entries()).toEqual(auditTrail(3));
  });

  it('a frozen Redis: whatever became of the first try, the second makes it one entry', async () => {
    await audit.append([auditEvent(1)]);
    server.freeze();
    try {
      await expect(audit.append([auditEvent(2)])).rejects.toThrow(StoreUnavailable);
    } finally {
      server.thaw();
    }
    await audit.append([auditEvent(2)]);
    expect(await entries()).toEqual(auditTrail(2));
  });
});

it('remembers the day whose head was posted', async () => {
  expect(await audit.lastPosted()).toBeUndefined();
  await audit.notePosted(20_000);
  expect(await audit.lastPosted()).toBe(20_000);
});

describe('setting aside', () => {
  const lastText = canonicalText(auditTrail(3)[2]);
  const aside = (type: string, length: number, last = lastText) =>
    setTrailAside(store, sha256, {
      verified: { type, length, lastText: last },
      at: T0,
      entry: (name) => auditEvent(name, { kind: 'setAside', former: { name, entries: length } }),
    });

  it.each<[string, string, number, string?]>([
    ['written to', 'stream', 2],
    ['replaced by one as long', 'stream', 3, 'another entry'],
    ['replaced', 'string', 0],
    ['removed', 'none', 0],
  ])('does nothing to a trail that was %s since it was verified', async (_title, type, length, last) => {
    await audit.append([auditEvent(1), auditEvent(2), auditEvent(3)]);
    const before = [await server.command('KEYS', '*'), await server.command('DUMP', KEYS.audit)];
    expect(await aside(type, length, last)).toBe('changed');
    expect([await server.command('KEYS', '*'), await server.command('DUMP', KEYS.audit)]).toEqual(before);
  });
});
