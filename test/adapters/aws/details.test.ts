import { afterEach, beforeEach, expect, test } from 'vitest';
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
    { kind: 'unknown', why: 'no use recorded, but the key is older than the tracking of uses' },
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

test('last use is asked for at half of its quota, and not at all when the lane is long', async () => {
  bench.waits.push(2_800, 3_400);
  const details = [await bench.aws.keys.details(KEY), await bench.aws.keys.details(KEY)];
  expect(details.map(({ lastUse }) => lastUse.kind)).toEqual(['known', 'unknown']);
  expect(details[1]?.lastUse).toMatchObject({ why: 'not asked yet: too many keys at once' });
  expect(bench.slept).toEqual([2_800]);
  const lane = { lane: 'kms 111122223333 us-west-2 GetKeyLastUsage', every: 400, burst: 2 };
  expect(bench.reserved).toEqual([lane, lane]);
  // A lane known to be full is left alone until it has drained, so that asking does not lengthen it.
  await bench.aws.keys.details(KEY);
  expect(bench.reserved).toHaveLength(2);
  bench.now += 401;
  await bench.aws.keys.details(KEY);
  expect(bench.reserved).toHaveLength(3);
});

test('a lost lane store costs the last use only', async () => {
  const lost = await openBench({
    pace: { reserve: () => Promise.reject(new Error('store gone')), pause: () => Promise.resolve() },
  });
  const details = await lost.aws.keys.details(KEY);
  await lost.close();
  expect(details.lastUse.kind).toBe('unknown');
});
