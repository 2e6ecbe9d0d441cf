import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCase } from './cases.ts';
import { type Door, openDoor } from './door.ts';

const deletion = readCase('fixtures/eventbridge-kms-cmk-deletion.json') as object;
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const withDetail = (detail: string) =>
  JSON.stringify({ ...deletion, detail: 0 }).replace('"detail":0', `"detail":${detail}`);

const doors: readonly (readonly [string, (door: Door) => Door['sns']])[] = [
  ['sns', (door) => door.sns],
  ['eventbridge', (door) => door.event],
];

describe.each(doors)('hostile bodies at the %s door (fault 31)', (_name, of) => {
  it.each<[string, string | Uint8Array, number, Record<string, string>?]>([
    ['5 MB', Buffer.alloc(5_000_000, 0x20), 413],
    ['5 MB without a length', Buffer.alloc(5_000_000, 0x20), 413, { 'transfer-encoding': 'chunked' }],
    ['one byte too many', Buffer.alloc(512 * 1024 + 1, 0x20), 413],
    ['120,000 levels', nested(120_000), 400],
    ['120,000 levels inside', withDetail(nested(120_000)), 400],
    ['__proto__', withDetail('{"__proto__":{"admin":true}}'), 400],
    ['NaN', withDetail('{"a":NaN}'), 400],
    ['bad UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400],
    ['a gzip bomb', gzipSync(Buffer.alloc(50_000_000)), 400, { 'content-encoding': 'gzip' }],
    ['gzip that says nothing', gzipSync(JSON.stringify(deletion)), 400],
    ['brotli by name', 'x', 400, { 'content-encoding': 'br' }],
    ['nothing', '', 400],
    ['a content type that is none', 'x', 400, { 'content-type': ';;;' }],
    ['a form', 'payload=x', 400, { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('%s', async (_what, body, status, headers) => {
    await using door = await openDoor();
    const answer = await of(door)(body, headers);
    expect(answer).toMatchObject({ status, body: { ok: false } });
    expect(door.counted).toHaveLength(1);
    expect([door.kept.size, door.fetched, Object.hasOwn(Object.prototype, 'admin')]).toEqual([0, [], false]);
    expect((await door.event(deletion)).status).toBe(200);
  });
});

describe('a body', () => {
  it('of exactly 512 KiB is read, whatever it calls itself', async () => {
    await using door = await openDoor();
    const padded = JSON.stringify(deletion).padEnd(512 * 1024, ' ');
    expect((await door.event(padded, { 'content-type': 'application/octet-stream' })).status).toBe(200);
  });

  it('of 64 levels is read', async () => {
    await using door = await openDoor();
    expect((await door.event(withDetail(`{"key-id":${nested(62)}}`))).status).toBe(200);
    expect((await door.event(withDetail(`{"key-id":${nested(63)}}`))).status).toBe(400);
  });
});

describe('log lines and labels', () => {
  it('carry nothing the sender wrote', async () => {
    await using door = await openDoor();
    const canary = 'canary-7f3a';
    await door.event({ ...deletion, account: canary, time: canary });
    await door.event({ ...deletion, 'detail-type': canary, source: canary });
    await door.sns({ Type: canary, MessageId: canary });
    await door.event(deletion, { 'x-keywarden-token': canary });
    expect(door.logged).toHaveLength(4);
    expect([...door.logged, ...door.counted].join('\n')).not.toContain(canary);
  });
});
