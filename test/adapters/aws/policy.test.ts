import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalText } from '../../../src/domain/canonical-text.ts';
import type { Learned } from '../../../src/domain/key.ts';
import { ARN, type Bench, fixture, KEY, keyOf, openBench } from './bench.ts';
import { openEmulated } from './emulated.ts';
import type { Fault } from './stand-in.ts';

let bench: Bench;
beforeEach(async () => {
  // Long enough for the SDK's own pauses between attempts, which are of a random length when it was throttled.
  bench = await openBench({ timeouts: { connection: 300, request: 5000 } });
});
afterEach(() => bench.close());

const digestOf = async (policy: string): Promise<Learned<string>> => {
  bench.standIn.answers.set('GetKeyPolicy', { Policy: policy, PolicyName: 'default' });
  return bench.aws.keys.policy(KEY);
};

describe('the digest of a key policy', () => {
  test('is the sha256 of its JSON, names sorted', async () => {
    bench.standIn.answers.set('GetKeyPolicy', fixture('kms-GetKeyPolicy-response'));
    const sorted =
      '{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}';
    expect(await bench.aws.keys.policy(KEY)).toEqual({
      kind: 'known',
      value: createHash('sha256').update(sorted).digest('hex'),
    });
    expect(bench.standIn.last('GetKeyPolicy').input).toEqual({ KeyId: ARN, PolicyName: 'default' });
  });

  const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt"]}]}';
  test.each([
    [
      'spaces and the order of names',
      '{ "Statement": [{ "Action": ["kms:Encrypt", "kms:Decrypt"],\n "Effect": "Allow" }], "Version": "2012-10-17" }',
      true,
    ],
    ['an escaped character', POLICY.replace('kms:E', '\\u006bms:E'), true],
    ['the order of a list', POLICY.replace('"kms:Encrypt","kms:Decrypt"', '"kms:Decrypt","kms:Encrypt"'), false],
    ['one action more', POLICY.replace('"kms:Decrypt"', '"kms:Decrypt","kms:Sign"'), false],
    ['a condition that is empty', POLICY.replace('"Effect"', '"Condition":{},"Effect"'), false],
    ['a name of another case', POLICY.replace('"Effect"', '"effect"'), false],
  ])('%s', async (_, other, same) => {
    const [one, two] = [await digestOf(POLICY), await digestOf(other)];
    expect(one.kind).toBe('known');
    expect(two.kind).toBe('known');
    expect(JSON.stringify(one) === JSON.stringify(two)).toBe(same);
  });

  test('no member hides behind a name JavaScript treats specially', () => {
    expect(canonicalText(JSON.parse('{"b":1,"__proto__":{"a":null},"10":true,"9":[]}'))).toBe(
      '{"10":true,"9":[],"__proto__":{"a":null},"b":1}',
    );
  });
});

const UNKNOWN: readonly (readonly [string, Fault, RegExp])[] = [
  ['denied', { error: 'AccessDeniedException', message: 'no' }, /^permission kms:GetKeyPolicy is missing: no$/],
  ['throttled', { error: 'ThrottlingException', message: 'slow down' }, /^KMS asked for patience/],
  ['not offered', { error: 'UnknownOperationException' }, /^this KMS does not offer GetKeyPolicy$/],
  ['not offered, by an emulator', { html: 404 }, /^this KMS does not offer GetKeyPolicy$/],
  ['a key that is gone', { error: 'NotFoundException', message: 'gone' }, /^KMS refused GetKeyPolicy \(NotFound/],
  ['no policy in the answer', { body: {} }, /without a readable key policy$/],
  ['a policy that is no JSON', { body: { Policy: '<html>' } }, /without a readable key policy$/],
  ['a policy that is no document', { body: { Policy: '"text"' } }, /without a readable key policy$/],
];
test.each(UNKNOWN)('is unknown, with the reason: %s', async (_, fault, why) => {
  // Reads are tried three times.
  bench.standIn.fault('GetKeyPolicy', fault, fault, fault);
  expect(await bench.aws.keys.policy(KEY)).toEqual({ kind: 'unknown', why: expect.stringMatching(why) });
});

test('of a key that is not ours is not asked for', async () => {
  const other = keyOf(ARN.replace('111122223333', '999988887777'));
  expect((await bench.aws.keys.policy(other)).kind).toBe('unknown');
  expect(bench.standIn.calls).toHaveLength(0);
});

test('the caller’s signal ends the wait', async () => {
  bench.standIn.fault('GetKeyPolicy', 'hang');
  const started = performance.now();
  expect((await bench.aws.keys.policy(KEY, AbortSignal.timeout(100))).kind).toBe('unknown');
  expect(performance.now() - started).toBeLessThan(450);
});

test('changes when somebody changes the policy, and comes back with it', async () => {
  const emulated = await openEmulated();
  try {
    const key = await emulated.makeKey();
    const before = await emulated.aws.keys.policy(key);
    expect(before).toMatchObject({ kind: 'known', value: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const put = async (principal: string): Promise<void> => {
      const statement = { Sid: 'Enable IAM User Permissions', Effect: 'Allow', Action: 'kms:*', Resource: '*' };
      const Statement = [{ ...statement, Principal: { AWS: principal } }];
      const Policy = JSON.stringify({ Statement, Id: 'key-default-1', Version: '2012-10-17' });
      const caller = { principal: 'builder', account: key.account, region: key.region };
      expect((await emulated.world.call('PutKeyPolicy', { KeyId: key.arn, Policy }, caller)).status).toBe(200);
    };
    await put('*');
    const open = await emulated.aws.keys.policy(key);
    expect(open.kind).toBe('known');
    expect(open).not.toEqual(before);
    await put(`arn:aws:iam::${key.account}:root`);
    expect(await emulated.aws.keys.policy(key)).toEqual(before);
  } finally {
    await emulated.close();
  }
});
