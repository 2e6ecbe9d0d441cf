/** `audit` as a process, on a real Redis: what it says of a trail that somebody worked on, and what it prints of it. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redisAudit } from '../../src/adapters/redis/audit.ts';
import { connectRedis, type Store } from '../../src/adapters/redis/connect.ts';
import { KEYS } from '../../src/adapters/redis/keys.ts';
import { sha256 } from '../../src/adapters/system/hash.ts';
import type { AuditEntry, AuditEvent } from '../../src/domain/audit.ts';
import { canonicalText } from '../../src/domain/canonical-text.ts';
import {
  auditEvent,
  auditTrail,
  rechained,
  rehashed,
  withInserted,
  without,
  withReplaced,
  withSwapped,
} from '../domain/audit-trails.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';

const root = join(import.meta.dirname, '../..');
let server: TestRedis;
let store: Store;

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

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

async function audit(words: readonly string[], redis: string = server.url): Promise<Ended> {
  const child = spawn(process.execPath, ['src/operator.ts', 'audit', ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, REDIS_URL: redis },
  });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    error += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, error };
}

const write = (events: readonly AuditEvent[]): Promise<void> => redisAudit(store, sha256).append(events);
const five = (): Promise<void> => write([1, 2, 3, 4, 5].map((n) => auditEvent(n)));
const FIVE = auditTrail(5);
const at = (number: number): AuditEntry => FIVE[number - 1] as AuditEntry;

/** The stream as a forger leaves it who has all rights on Redis: written anew, numbered from 1. */
async function rebuild(trail: readonly AuditEntry[]): Promise<void> {
  await server.command('DEL', KEYS.audit);
  for (const [index, entry] of trail.entries())
    await server.command('XADD', KEYS.audit, `${index + 1}-0`, 'entry', canonicalText(entry));
}

describe('audit verify', () => {
  test('a sound trail, with and without a head posted earlier', async () => {
    await five();
    const sound = { code: 0, error: '', out: `sound: 5 entries, head 5:${at(5).hash}\n` };
    expect(await audit(['verify'])).toEqual(sound);
    expect(await audit(['verify', '--head', `3:${at(3).hash}`])).toEqual(sound);
  });

  test('an empty one', async () => {
    expect(await audit(['verify'])).toMatchObject({ code: 0, out: 'sound: 0 entries, the trail is empty\n' });
  });

  test.each<[string, readonly AuditEntry[], RegExp]>([
    ['edited', withReplaced(FIVE, 3, { ...at(3), reason: 'x' }), /entry 3, edited\. Entry 3 was changed/],
    ['edited, with a new hash', withReplaced(FIVE, 3, rehashed(at(3), { reason: 'x' })), /entry 3, edited\./],
    ['removed', without(FIVE, 3), /entry 3, removed\. Entry 3 is missing\./],
    ['inserted', withInserted(FIVE, 3, rehashed(at(3), { reason: 'x' })), /entry 3, inserted\./],
    ['swapped', withSwapped(FIVE, 3, 4), /entry 3, reordered\./],
  ])('names the first entry that was %s', async (_title, trail, words) => {
    await rebuild(trail);
    const ended = await audit(['verify']);
    expect(ended).toMatchObject({ code: 2, error: '' });
    expect(ended.out).toMatch(/^not sound: .*\n$/);
    expect(ended.out).toMatch(words);
  });

  test.each([1, 3, 5])('sees that entry %i was deleted in place, the last one too', async (number) => {
    await five();
    await server.command('XDEL', KEYS.audit, `${number}-0`);
    expect(await audit(['verify'])).toMatchObject({
      code: 2,
      out: expect.stringContaining(`entry ${number}, removed`) as string,
    });
  });

  test('sees an entry squeezed in between, and one that is garbage', async () => {
    await five();
    await server.command('XADD', KEYS.audit, '5-1', 'entry', 'garbage');
    expect((await audit(['verify'])).out).toContain('entry 6, unreadable');
  });

  test('a trail written anew is sound by itself, and not what was posted', async () => {
    await rebuild(rechained(withReplaced(FIVE, 2, { ...at(2), reason: 'x' }), 2));
    expect(await audit(['verify'])).toMatchObject({ code: 0 });
    expect(await audit(['verify', '--head', `4:${at(4).hash}`])).toMatchObject({
      code: 2,
      out: expect.stringContaining('entry 4, rewritten') as string,
    });
  });

  test('a trail that is gone, or ends too early', async () => {
    const posted = `5:${at(5).hash}`;
    expect((await audit(['verify', '--head', posted])).out).toContain('entry 1, rewritten');
    await rebuild(FIVE.slice(0, 4));
    expect(await audit(['verify', '--head', posted])).toMatchObject({
      code: 2,
      out: expect.stringContaining('entry 5, rewritten. The trail ends with entry 4') as string,
    });
  });
});

/** Takes RFC 4180 apart, as a spreadsheet does. */
function parseCsv(text: string): readonly (readonly string[])[] {
  expect(text.endsWith('\r\n')).toBe(true);
  const cells = [...text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/gy)];
  expect(cells.map((match) => match[0]).join('')).toBe(text);
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of cells) {
    rows.at(-1)?.push(cell.replaceAll('""', '"'));
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}
function tableOf(text: string): readonly Readonly<Record<string, string>>[] {
  const [names = [], ...rows] = parseCsv(text);
  return rows.map((row) => {
    expect(row).toHaveLength(names.length);
    return Object.fromEntries(row.map((cell, index) => [names[index], cell]));
  });
}

describe('audit export', () => {
  const full: AuditEvent = auditEvent('full', {
    at: Date.UTC(2026, 10, 3, 4, 5, 6, 7),
    actor: { via: 'slack', enterprise: 'E1', team: 'T1', user: 'U1' },
    kind: 'outcome',
    windowDays: 30,
    reason: 'first line\nsecond, "quoted"',
    ticket: '=HYPERLINK("https://evil.example","x")',
    comment: '\n＝1+1',
    approvers: ['E1/T1/U2', 'E1/T1/U3'],
    outcome: 'succeeded',
    steppedUp: true,
    breakGlass: false,
  });

  test('jsonl is the entries as they are kept, so that it can be verified elsewhere', async () => {
    await write([full, auditEvent(2, { reason: 'u\u2028v' }), auditEvent(3)]);
    const ended = await audit(['export', '--format', 'jsonl']);
    expect(ended).toMatchObject({ code: 0, error: '' });
    const lines = ended.out.trimEnd().split('\n');
    const kept = (await server.command('XRANGE', KEYS.audit, '-', '+')) as readonly [string, readonly string[]][];
    expect(lines).toEqual(kept.map(([, fields]) => fields[1]));
    let prev = '0'.repeat(64);
    for (const line of lines) {
      const { hash, ...rest } = JSON.parse(line) as Record<string, unknown>;
      expect(rest.prev).toBe(prev);
      // The names are in order already: what is left without the hash is the very text that was hashed.
      expect(sha256(JSON.stringify(rest))).toBe(hash);
      prev = String(hash);
    }
  });

  test('csv has a column for every field, times in UTC, and no formula', async () => {
    await write([full, auditEvent(2, { actor: { via: 'keywarden' }, reason: '-1' })]);
    const ended = await audit(['export', '--format', 'csv']);
    expect(ended).toMatchObject({ code: 0, error: '' });
    const [first, second] = tableOf(ended.out);
    expect(first).toEqual({
      ...{ seq: '1', id: 'event full', kind: 'outcome', at: '2026-11-03T04:05:06.007Z' },
      ...{ actorVia: 'slack', actorEnterprise: 'E1', actorTeam: 'T1', actorUser: 'U1' },
      ...{ key: full.key, incident: '', approval: '', action: '', person: '', what: 'rescue', operation: '' },
      ...{ windowDays: '30', materialId: '', reason: 'first line\nsecond, "quoted"' },
      ...{ ticket: '\'=HYPERLINK("https://evil.example","x")', comment: "'\n＝1+1" },
      ...{ approvers: 'E1/T1/U2 E1/T1/U3', fingerprint: '', outcome: 'succeeded', message: '', requestId: '' },
      ...{ session: '', sourceIdentity: '', steppedUp: 'true', breakGlass: 'false', former: '' },
      ...{ prev: '0'.repeat(64), hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    expect(second).toMatchObject({ seq: '2', actorVia: 'keywarden', actorUser: '', reason: "'-1", prev: first?.hash });
  });

  test('csv of an empty trail is its header', async () => {
    expect(parseCsv((await audit(['export', '--format', 'csv'])).out)).toHaveLength(1);
    expect((await audit(['export', '--format', 'jsonl'])).out).toBe('');
  });

  test('goes on for many pages', async () => {
    await write(Array.from({ length: 1_800 }, (_, n) => auditEvent(n)));
    const lines = (await audit(['export', '--format', 'jsonl'])).out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as AuditEntry).seq)).toEqual(lines.map((_, n) => n + 1));
    expect(lines).toHaveLength(1_800);
  });

  test.each([
    ['3d', ['event now']],
    ['2026-02-01', ['event now', 'event february']],
    ['2026-02-01T00:00:00.001Z', ['event now']],
    ['2026-02-01T02:00:00+02:00', ['event now', 'event february']],
    ['2025-12-31', ['event january', 'event now', 'event february']],
  ])('since %s', async (since, ids) => {
    await write([
      auditEvent('january', { at: Date.UTC(2026, 0, 1) }),
      auditEvent('now', { at: Date.now() }),
      auditEvent('february', { at: Date.UTC(2026, 1, 1) }),
    ]);
    const ended = await audit(['export', '--format', 'csv', '--since', since]);
    expect(tableOf(ended.out).map(({ id }) => id)).toEqual(ids);
  });

  test('of a trail somebody worked on: what is an entry, however odd, and a word about what is none', async () => {
    await write([auditEvent(1)]);
    const odd = { ...at(2), at: 'never', actor: null, approvers: { x: '=1' }, reason: ['=1'], windowDays: -1 };
    await server.command('XADD', KEYS.audit, '2-0', 'entry', JSON.stringify(odd, null, 1));
    await server.command('XADD', KEYS.audit, '3-0', 'entry', 'garbage');
    const csv = await audit(['export', '--format', 'csv']);
    expect(csv).toMatchObject({ code: 2, error: expect.stringMatching(/^1 of .*audit verify/) as string });
    expect(tableOf(csv.out)[1]).toMatchObject({ at: 'never', actorVia: '', reason: '["=1"]', windowDays: "'-1" });
    const jsonl = await audit(['export', '--format', 'jsonl']);
    expect(jsonl.out.trimEnd().split('\n')).toHaveLength(2);
  });

  test('ends with a sentence when its reader goes away', async () => {
    await write(Array.from({ length: 3_000 }, (_, n) => auditEvent(n)));
    const child = spawn(process.execPath, ['src/operator.ts', 'audit', 'export', '--format', 'csv'], {
      cwd: root,
      env: { PATH: process.env.PATH, REDIS_URL: server.url },
    });
    let error = '';
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(error).toMatch(/^The export ended early.*\n$/);
  });
});

describe('audit set-aside', () => {
  const REASON = 'restored from a backup, INC-9';
  const setAside = (): Promise<Ended> => audit(['set-aside', '--reason', REASON]);
  const keys = async (): Promise<readonly string[]> => ((await server.command('KEYS', '*')) as string[]).toSorted();
  const asideKeys = async (): Promise<readonly string[]> =>
    (await keys()).filter((key) => key.startsWith(KEYS.auditSetAside('')));
  async function exported(...more: string[]): Promise<readonly AuditEntry[]> {
    const { out } = await audit(['export', '--format', 'jsonl', ...more]);
    const lines = out.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as AuditEntry);
  }

  test.each<[string, () => Promise<unknown>]>([
    ['sound', five],
    ['empty', async () => undefined],
  ])('refuses a trail that is %s, and changes nothing', async (_title, given) => {
    await given();
    const before = [await keys(), await server.command('DUMP', KEYS.audit)];
    expect(await setAside()).toMatchObject({ code: 1, out: '', error: expect.stringMatching(/sound.*nothing was/) });
    expect([await keys(), await server.command('DUMP', KEYS.audit)]).toEqual(before);
  });

  test.each<[string, () => Promise<unknown>, string, object]>([
    [
      'ends with garbage',
      () => server.command('XADD', KEYS.audit, '6-0', 'entry', 'garbage'),
      'entry 6, unreadable',
      { entries: 6, lastGood: { seq: 5, hash: at(5).hash } },
    ],
    [
      'ends with an entry that was changed',
      () => rebuild(withReplaced(FIVE, 5, { ...at(5), reason: 'x' })),
      'entry 5, edited',
      { entries: 5, lastGood: { seq: 4, hash: at(4).hash } },
    ],
    [
      'has a forged entry that the one behind it gives away',
      () => rebuild(withReplaced(FIVE, 3, rehashed(at(3), { reason: 'x' }))),
      'entry 3, edited',
      { entries: 5, lastGood: { seq: 2, hash: at(2).hash } },
    ],
    [
      'has its last entry under another number',
      async () => {
        await server.command('XDEL', KEYS.audit, '5-0');
        await server.command('XADD', KEYS.audit, '5-1', 'entry', canonicalText(at(5)));
      },
      'entry 5, reordered',
      { entries: 5, lastGood: { seq: 4, hash: at(4).hash } },
    ],
    [
      'was emptied',
      async () => {
        for (const { seq } of FIVE) await server.command('XDEL', KEYS.audit, `${seq}-0`);
      },
      'entry 1, removed',
      { entries: 0 },
    ],
  ])(
    'one that %s is kept and can be read; the new one tells of it and is written',
    async (_title, harm, fault, former) => {
      await five();
      await harm();
      await server.command('PEXPIRE', KEYS.audit, '600000');
      const before = await server.command('XRANGE', KEYS.audit, '-', '+');
      const ended = await setAside();
      expect(ended).toMatchObject({ code: 0, error: '' });
      const [name = ''] = await asideKeys();
      expect(name).toMatch(/^\{kw\}:audit:set-aside:\d{8}T\d{6}Z$/);
      for (const part of [name, fault]) expect(ended.out).toContain(part);
      expect(await server.command('XRANGE', name, '-', '+')).toEqual(before);
      expect(await server.command('PTTL', name)).toBe(-1);

      await write([auditEvent('after'), auditEvent(2)]);
      const [first, ...others] = await exported();
      expect(first).toMatchObject({ seq: 1, prev: '0'.repeat(64), kind: 'setAside', actor: { via: 'terminal' } });
      expect(first).toMatchObject({ reason: REASON, message: expect.stringContaining(fault) as string });
      expect(first?.former).toEqual({ name, ...former });
      expect(ended.out).toContain(`head 1:${first?.hash}`);
      // Event 2 stands in the former trail: told again, it is an entry of the new one, too.
      expect(others.map(({ id }) => id)).toEqual(['event after', 'event 2']);
      expect((await audit(['verify', '--head', `1:${first?.hash}`])).out).toMatch(/^sound: 3 entries/);
      expect((await audit(['verify', '--trail', name])).out).toContain(fault);
      const csv = tableOf((await audit(['export', '--format', 'csv'])).out);
      expect(JSON.parse(csv[0]?.former ?? '')).toEqual({ name, ...former });
    },
  );

  test('the former one is exported by its name', async () => {
    await five();
    await server.command('XADD', KEYS.audit, '6-0', 'entry', 'garbage');
    await setAside();
    const [name = ''] = await asideKeys();
    expect(await exported('--trail', name)).toEqual(FIVE);
  });

  test('something foreign in its place is kept as it is', async () => {
    await server.command('SET', KEYS.audit, 'no trail');
    await expect(write([auditEvent(1)])).rejects.toThrow('WRONGTYPE');
    expect(await setAside()).toMatchObject({ code: 0, error: '', out: expect.stringContaining('a string') as string });
    const [name = ''] = await asideKeys();
    expect(await server.command('GET', name)).toBe('no trail');
    await write([auditEvent(1)]);
    expect((await exported()).map(({ kind }) => kind)).toEqual(['setAside', 'asked']);
    expect((await exported())[0]?.former).toEqual({ name, entries: 0 });
  });

  test('a second one in the same second does not take the name of the first', async () => {
    const now = Date.now();
    const stamps = Array.from({ length: 60 }, (_, second) =>
      new Date(now + second * 1_000).toISOString().slice(0, 19).replace(/[-:]/g, ''),
    );
    const taken = stamps.flatMap((stamp) => [KEYS.auditSetAside(`${stamp}Z`), KEYS.auditSetAside(`${stamp}Z-2`)]);
    await server.command('MSET', ...taken.flatMap((name) => [name, 'earlier']));
    await server.command('SET', KEYS.audit, 'no trail');
    expect(await setAside()).toMatchObject({ code: 0 });
    expect(new Set((await server.command('MGET', ...taken)) as string[])).toEqual(new Set(['earlier']));
    const added = (await asideKeys()).filter((name) => !taken.includes(name));
    expect(added).toEqual([expect.stringMatching(/Z-3$/)]);
    expect((await exported())[0]?.former?.name).toBe(added[0]);
  });
});

describe('what keeps it from answering', () => {
  const sentence =
    /^[^\n]*Redis at redis:\/\/127\.0\.0\.1:\d+: [^\n]+ Check REDIS_URL and whether Redis runs, then try again\.\n$/;
  const within = async (work: () => Promise<Ended>): Promise<Ended> => {
    const started = Date.now();
    const ended = await work();
    expect(Date.now() - started).toBeLessThan(10_000);
    return ended;
  };

  test.each([['verify'], ['export', '--format', 'csv'], ['set-aside', '--reason', 'x']])(
    'no Redis: %s',
    async (...words) => {
      const ended = await within(() => audit(words, 'redis://:canary-secret@127.0.0.1:9'));
      expect(ended).toMatchObject({ code: 1, out: '' });
      expect(ended.error).toMatch(sentence);
      expect(ended.error).toContain('ECONNREFUSED');
      expect(ended.error).not.toContain('canary');
    },
  );

  test('a Redis that takes the connection and never answers', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = await within(() => audit(['verify'], `redis://127.0.0.1:${port}`));
    silent.close();
    expect(ended.code).toBe(1);
    expect(ended.error).toMatch(sentence);
  });

  test('a password that is wrong, or missing', async () => {
    await server.command('CONFIG', 'SET', 'requirepass', 'right');
    try {
      for (const who of ['', ':wrong-canary@']) {
        const ended = await within(() => audit(['verify'], server.url.replace('//', `//${who}`)));
        expect(ended.code).toBe(1);
        expect(ended.error).toMatch(sentence);
        expect(ended.error).toMatch(/NOAUTH|WRONGPASS/);
        expect(ended.error).not.toContain('canary');
      }
    } finally {
      const unlocked = connectRedis(server.url.replace('//', '//:right@'));
      await unlocked.whenReady(5_000);
      await unlocked.run((redis) => redis.config('SET', 'requirepass', ''));
      await unlocked.close();
    }
  });

  test('something else under the name of the trail', async () => {
    await server.command('SET', KEYS.audit, 'x');
    const ended = await audit(['verify']);
    expect(ended).toMatchObject({ code: 1, error: expect.stringContaining('WRONGTYPE') as string });
  });

  test.each<[readonly string[], string, readonly string[]]>([
    [[], '', ['audit takes verify, export or set-aside', 'missing']],
    [['prove'], '', ['audit takes verify, export or set-aside', '"prove"', 'Usage']],
    [['verify', '--bogus'], '', ["'--bogus'", '--head']],
    [['verify', 'all'], '', ["'all'", 'Usage']],
    [['verify', '--head', '5'], '', ['<seq>:<hash>', '"5"']],
    [['export'], '', ['jsonl or csv', 'missing']],
    [['export', '--format', 'xml'], '', ['jsonl or csv', '"xml"']],
    [['export', '--format', 'csv', '--since', 'yesterday'], '', ['2026-11-01', '7d', '"yesterday"']],
    [['export', '--format', 'csv', '--since', '2026-02-30'], '', ['"2026-02-30"']],
    [['export', '--format', 'csv', '--since', '2026-02-03T10:00'], '', ['2026-11-01T09:30:00Z']],
    [['verify', '--trail', KEYS.audit], '', ['{kw}:audit:set-aside:…', `"${KEYS.audit}"`]],
    [['export', '--format', 'csv', '--trail', KEYS.auditSetAside('x')], '', ['No trail was set aside as']],
    [['set-aside'], '', ['--reason is missing', 'Nothing was changed']],
    [['set-aside', '--reason', ' '], '', ['--reason is missing']],
    [['set-aside', '--reason'], '', ["'--reason", 'Usage']],
    [['verify'], 'http://127.0.0.1', ['REDIS_URL', 'redis://host:port']],
  ])('%j %s', async (words, redis, parts) => {
    const ended = await audit(words, redis || server.url);
    expect(ended).toMatchObject({ code: 1, out: '' });
    for (const part of parts) expect(ended.error).toContain(part);
    expect(ended.error).not.toMatch(/\n\s+at /);
  });

  test('help tells of all', async () => {
    for (const words of [['--help'], ['verify', '--help']]) {
      const ended = await audit(words);
      expect(ended).toMatchObject({ code: 0, error: '' });
      for (const part of ['audit verify', 'audit export', '--since', '--head', 'set-aside --reason'])
        expect(ended.out).toContain(part);
    }
  });
});
