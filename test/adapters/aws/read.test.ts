import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARN, type Bench, fixture, KEY, keyOf, openBench, ROLES } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const metadataOf = (name: string): Record<string, unknown> => fixture(name).KeyMetadata as Record<string, unknown>;
const put = (changes: Record<string, unknown>): void =>
  bench.standIn.put({ ...metadataOf('kms-DescribeKey-PendingDeletion'), ...changes });

describe('reading a key', () => {
  const folder = new URL('../../cases/aws/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.startsWith('kms-DescribeKey-'));
  test.each(names)('%s', async (name) => {
    const metadata = metadataOf(name.replace('.json', ''));
    const anywhere = keyOf(String(metadata.Arn));
    bench.standIn.put(metadata);
    const read = await bench.aws.keys.read(anywhere);
    expect(read).toMatchSnapshot();
  });

  test('the request is JSON 1.1, signed for the key’s Region', async () => {
    put({});
    await bench.aws.keys.read(KEY);
    expect(bench.standIn.last('DescribeKey')).toEqual({
      operation: 'DescribeKey',
      region: 'us-west-2',
      accessKey: 'AKIAOWN',
      contentType: 'application/x-amz-json-1.1',
      input: { KeyId: ARN },
    });
  });

  const INCOMPLETE: readonly (readonly [string, Record<string, unknown>])[] = [
    ['KeyState', { KeyState: undefined }],
    ['KeyState (Sleeping)', { KeyState: 'Sleeping' }],
    ['Origin', { Origin: undefined }],
    ['Origin (MOON)', { Origin: 'MOON' }],
    ['KeyManager', { KeyManager: undefined }],
    ['KeySpec', { KeySpec: undefined, CustomerMasterKeySpec: undefined }],
    ['KeyUsage', { KeyUsage: undefined }],
    ['MultiRegionConfiguration', { MultiRegion: true }],
  ];
  test.each(INCOMPLETE)('no usable %s is no answer', async (field, changes) => {
    put(changes);
    expect(await bench.aws.keys.read(KEY)).toMatchObject({
      kind: 'unreadable',
      why: { kind: 'unreachable', message: `KMS answered without a usable ${field}` },
    });
  });

  test.each([
    ['another account', ARN.replace('111122223333', '999988887777')],
    ['another Region', ARN.replace('us-west-2', 'eu-west-1')],
    ['another partition', ARN.replace('arn:aws:', 'arn:aws-cn:')],
    ['another key', ARN.replace('1234abcd', '99999999')],
  ])('an answer about %s is foreign', async (_, other) => {
    bench.standIn.fault('DescribeKey', {
      body: { KeyMetadata: { ...metadataOf('kms-DescribeKey-Enabled'), Arn: other } },
    });
    expect(await bench.aws.keys.read(KEY)).toMatchObject({ kind: 'unreadable', why: { kind: 'foreign' } });
  });

  test.each([
    ['account', ARN.replace('111122223333', '999988887777')],
    ['Region', ARN.replace('us-west-2', 'ap-southeast-2')],
    ['partition', ARN.replace('arn:aws:', 'arn:aws-cn:')],
  ])('a key of an %s that is not ours is never asked for', async (_, other) => {
    const before = bench.standIn.calls.length;
    expect(await bench.aws.keys.read(keyOf(other))).toMatchObject({ kind: 'unreadable', why: { kind: 'foreign' } });
    expect(bench.standIn.calls).toHaveLength(before);
  });

  test('a key that is not there is gone', async () => {
    const key = keyOf(ARN.replace('1234abcd', '00000000'));
    expect(await bench.aws.keys.read(key)).toEqual({ kind: 'gone', key, readAt: bench.now });
  });

  test('a missing permission is named', async () => {
    bench.standIn.fault('DescribeKey', {
      error: 'AccessDeniedException',
      message: 'no resource-based policy allows it',
    });
    expect(await bench.aws.keys.read(KEY)).toMatchObject({
      why: { kind: 'denied', operation: 'kms:DescribeKey', message: 'no resource-based policy allows it' },
    });
  });

  test('one HTML 500 is tried again, a lasting one is unreachable', async () => {
    put({});
    bench.standIn.fault('DescribeKey', { html: 500 });
    expect((await bench.aws.keys.read(KEY)).kind).toBe('read');
    bench.standIn.fault('DescribeKey', { html: 500 }, { html: 500 }, { html: 500 }, { html: 500 });
    expect(await bench.aws.keys.read(KEY)).toMatchObject({ why: { kind: 'unreachable' } });
  });

  test('a hanging attempt is given up and repeated in time', async () => {
    put({});
    bench.standIn.fault('DescribeKey', 'hang');
    expect((await bench.aws.keys.read(KEY)).kind).toBe('read');
  });

  test.each(['hang', 'stall'] as const)('a server that only %ss ends with the deadline', async (fault) => {
    bench.standIn.fault('DescribeKey', fault, fault, fault);
    const started = performance.now();
    expect(await bench.aws.keys.read(KEY)).toMatchObject({ why: { kind: 'unreachable' } });
    expect(performance.now() - started).toBeLessThan(1500);
    bench.standIn.faults.delete('DescribeKey');
  });

  test('the caller’s signal ends it earlier', async () => {
    bench.standIn.fault('DescribeKey', 'hang');
    const started = performance.now();
    expect(await bench.aws.keys.read(KEY, AbortSignal.timeout(100))).toMatchObject({ why: { kind: 'unreachable' } });
    expect(performance.now() - started).toBeLessThan(450);
  });
});

test('the caller’s signal also ends the wait for an STS that hangs', async () => {
  const slow = await openBench({}, { roles: ROLES });
  slow.standIn.fault('AssumeRole', 'hang', 'hang');
  const started = performance.now();
  const read = await slow.aws.keys.read(KEY, AbortSignal.timeout(100));
  expect(read).toMatchObject({ why: { kind: 'unreachable', message: 'KMS did not answer in time' } });
  expect(performance.now() - started).toBeLessThan(450);
  await slow.close();
});
