import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { type Bench, fixture, KEY, openBench } from './bench.ts';
import type { Fault } from './stand-in.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  bench.standIn.answers.set('ListAliases', fixture('kms-ListAliases-response'));
  bench.standIn.answers.set('ListResourceTags', fixture('kms-ListResourceTags-response'));
  bench.standIn.answers.set('GetKeyLastUsage', fixture('kms-GetKeyLastUsage-used'));
});
afterEach(() => bench.close());

test('aliases, tags and last use', async () => {
  expect(await bench.aws.keys.details(KEY)).toEqual({
    aliases: { kind: 'known', value: ['alias/orders'] },
    tags: { kind: 'known', value: { CostCenter: '87654', CreatedBy: 'ExampleUser', Purpose: 'Test' } },
    lastUse: {
      kind: 'known',
      value: {
        kind: 'used',
        usage: { operation: 'Encrypt', at: 1773253497000, eventId: '2cfd5892-ea8c-4342-ad49-4b9594b06a8b' },
      },
    },
  });
});

test.each([
  ['kms-GetKeyLastUsage-never-used-since-creation', { kind: 'known', value: { kind: 'neverSeen' } }],
  [
    'kms-GetKeyLastUsage-no-record-created-before-tracking',
    { kind: 'unknown', why: 'last used before AWS began to track uses (2026-03-11), or never' },
  ],
])('%s', async (name, expected) => {
  bench.standIn.answers.set('GetKeyLastUsage', { ...fixture(name), KeyId: KEY.keyId });
  expect((await bench.aws.keys.details(KEY)).lastUse).toEqual(expected);
});

test('an answer about another key is not believed', async () => {
  bench.standIn.answers.set('GetKeyLastUsage', { ...fixture('kms-GetKeyLastUsage-used'), KeyId: 'other' });
  expect((await bench.aws.keys.details(KEY)).lastUse).toEqual({ kind: 'unknown', why: 'KMS answered about other' });
});

test('last use alone asks for nothing else', async () => {
  expect(await bench.aws.keys.lastUse(KEY)).toMatchObject({ kind: 'known', value: { kind: 'used' } });
  bench.standIn.fault('GetKeyLastUsage', { error: 'AccessDeniedException', message: 'no' });
  const why = 'permission kms:GetKeyLastUsage is missing: no';
  expect(await bench.aws.keys.lastUse(KEY)).toEqual({ kind: 'unknown', why });
  expect(bench.standIn.calls.map(({ operation }) => operation)).toEqual(['GetKeyLastUsage', 'GetKeyLastUsage']);
});

test('an empty answer without dates proves nothing', async () => {
  bench.standIn.answers.set('GetKeyLastUsage', {});
  expect((await bench.aws.keys.details(KEY)).lastUse.kind).toBe('unknown');
});

const UNKNOWN: readonly (readonly [string, Fault, RegExp])[] = [
  ['not offered', { error: 'UnknownOperationException' }, /^this KMS does not offer ListResourceTags$/],
  ['not offered, by an emulator', { html: 404 }, /^this KMS does not offer ListResourceTags$/],
  [
    'not allowed',
    { error: 'AccessDeniedException', message: 'no' },
    /^permission kms:ListResourceTags is missing: no$/,
  ],
  ['another error', { error: 'InvalidArnException', message: 'arn' }, /^KMS refused ListResourceTags/],
  ['a body that is not JSON', { html: 200 }, /not its own$/],
];
test.each(UNKNOWN)('each part is unknown on its own: %s', async (_, fault, why) => {
  bench.standIn.fault('ListResourceTags', fault);
  const details = await bench.aws.keys.details(KEY);
  expect(details.tags).toEqual({ kind: 'unknown', why: expect.stringMatching(why) });
  expect([details.aliases.kind, details.lastUse.kind]).toEqual(['known', 'known']);
});

test('only the key’s own aliases, of all pages, sorted', async () => {
  const alias = (name: string, key = KEY.keyId): object => ({ AliasName: `alias/${name}`, TargetKeyId: key });
  bench.standIn.answers.set('ListAliases', (input: { Marker?: string }) =>
    input.Marker === undefined
      ? { Aliases: [alias('z'), alias('other', '99999999')], Truncated: true, NextMarker: 'two' }
      : { Aliases: [alias('a')], Truncated: false },
  );
  expect(await bench.aws.keys.aliases(KEY)).toEqual({ kind: 'known', value: ['alias/a', 'alias/z'] });
});

test('a list without an end is unknown', async () => {
  bench.standIn.answers.set('ListAliases', { Aliases: [], Truncated: true, NextMarker: 'again' });
  expect((await bench.aws.keys.aliases(KEY)).kind).toBe('unknown');
});

test('last use is asked for at a tenth of its quota, and not at all when the line is long', async () => {
  bench.waits.push(2_800, 3_400);
  const answers = [await bench.aws.keys.lastUse(KEY, 'itself'), await bench.aws.keys.lastUse(KEY, 'itself')];
  expect(answers.map(({ kind }) => kind)).toEqual(['known', 'unknown']);
  expect(answers[1]).toMatchObject({ why: 'not asked yet: too many keys at once' });
  expect(bench.slept).toEqual([2_800]);
  const lane = { lane: 'kms 111122223333 us-west-2 GetKeyLastUsage itself', every: 2_500, burst: 2 };
  expect(bench.reserved).toEqual([lane, lane]);
  expect(bench.standIn.count('GetKeyLastUsage')).toBe(1);
});

test('whoever waits for an answer stands in a line that nothing else fills', async () => {
  await bench.aws.keys.lastUse(KEY);
  expect(bench.reserved).toEqual([
    { lane: 'kms 111122223333 us-west-2 GetKeyLastUsage person', every: 10_000, burst: 8 },
  ]);
});

test('without the memory that paces reads nothing is asked, and it says so', async () => {
  const gone = () => Promise.reject(new StoreUnavailable('no Redis'));
  const lost = await openBench({ pace: { reserve: gone, reserveWithin: gone, pause: () => Promise.resolve() } });
  const { aliases, tags, lastUse } = await lost.aws.keys.details(KEY);
  await lost.close();
  for (const part of [aliases, tags, lastUse])
    expect(part).toEqual({ kind: 'unknown', why: 'not asked yet: the memory that paces our reads is away' });
});
