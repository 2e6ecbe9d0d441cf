/** The shape of a key as KMS tells it, each part on its own and at our pace. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeySnapshot } from '../../../src/domain/key.ts';
import { type Bench, KEY, openBench } from './bench.ts';

const POLICY = JSON.stringify({ Version: '2012-10-17', Statement: [] });
const SNAPSHOT: KeySnapshot = {
  key: KEY,
  readAt: 0,
  state: 'Enabled',
  manager: 'CUSTOMER',
  origin: 'AWS_KMS',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
};
const grant = (id: string, more: object = {}): object => ({
  GrantId: id,
  GranteePrincipal: 'arn:aws:iam::111122223333:role/orders',
  IssuingAccount: 'arn:aws:iam::111122223333:root',
  Name: '',
  CreationDate: 1_700_000_000,
  Operations: ['Encrypt', 'Decrypt'],
  ...more,
});

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  const { answers } = bench.standIn;
  answers.set('GetKeyPolicy', { Policy: POLICY });
  answers.set('ListGrants', { Grants: [grant('a')], Truncated: false });
  answers.set('ListAliases', { Aliases: [{ AliasName: 'alias/orders', TargetKeyId: KEY.keyId }], Truncated: false });
  answers.set('ListResourceTags', { Tags: [{ TagKey: 'team', TagValue: 'pay' }], Truncated: false });
  answers.set('GetKeyRotationStatus', { KeyRotationEnabled: true, RotationPeriodInDays: 365 });
});
afterEach(() => bench.close());

const shape = (more: Partial<KeySnapshot> = {}, patience = 5_000) =>
  bench.aws.keys.shape({ ...SNAPSHOT, ...more }, patience);

describe('the shape of a key', () => {
  test('every part of it', async () => {
    expect(await shape()).toEqual({
      takenAt: bench.now,
      state: 'Enabled',
      policy: { kind: 'known', value: POLICY },
      grants: {
        kind: 'known',
        value: {
          listed: [
            {
              id: 'a',
              grantee: 'arn:aws:iam::111122223333:role/orders',
              issuer: 'arn:aws:iam::111122223333:root',
              operations: ['Decrypt', 'Encrypt'],
              createdAt: 1_700_000_000_000,
            },
          ],
          more: 0,
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
      aliases: { kind: 'known', value: ['alias/orders'] },
      tags: { kind: 'known', value: { team: 'pay' } },
      rotation: { kind: 'known', value: { enabled: true, periodInDays: 365 } },
    });
  });

  test('each request waits in the line of its operation, at a tenth of the quota', async () => {
    await shape();
    const lanes = bench.reserved.map(({ lane, every }) => [lane.split(' ')[3], every]);
    expect(Object.fromEntries(lanes)).toEqual({
      GetKeyPolicy: 12.5,
      ListGrants: 125,
      ListAliases: 25,
      ListResourceTags: 6.25,
      GetKeyRotationStatus: 12.5,
    });
  });

  test('parts whose line is too long were not asked, and say so', async () => {
    bench.waits.push(0, 900);
    const { policy, grants } = await shape({}, 500);
    expect(policy.kind).toBe('known');
    expect(grants).toEqual({ kind: 'unknown', why: 'not asked yet: too many keys at once' });
    expect(bench.standIn.count('ListGrants')).toBe(0);
  });

  test.each(['GetKeyPolicy', 'ListGrants', 'ListAliases', 'ListResourceTags', 'GetKeyRotationStatus'])(
    'without kms:%s the other parts are known, and the permission is named',
    async (operation) => {
      bench.standIn.fault(operation, { error: 'AccessDeniedException', message: 'no', status: 400 });
      const { policy, grants, aliases, tags, rotation } = await shape();
      const parts = [policy, grants, aliases, tags, rotation];
      expect(parts.filter((part) => part?.kind === 'known')).toHaveLength(4);
      expect(parts.find((part) => part?.kind === 'unknown')).toEqual({
        kind: 'unknown',
        why: `permission kms:${operation} is missing: no`,
      });
    },
  );

  test.each([
    ['asymmetric', { spec: 'RSA_4096' }],
    ['imported', { origin: 'EXTERNAL' }],
    ['in a key store', { origin: 'AWS_CLOUDHSM' }],
  ] as const)('%s: does not rotate by itself, and is not asked', async (_name, more) => {
    expect(await shape(more)).not.toHaveProperty('rotation');
    expect(bench.standIn.count('GetKeyRotationStatus')).toBe(0);
  });

  test('while the deletion is pending KMS answers "off" whatever was set: it is not asked', async () => {
    expect((await shape({ state: 'PendingDeletion' })).rotation?.kind).toBe('unknown');
    expect(bench.standIn.count('GetKeyRotationStatus')).toBe(0);
  });

  test('of more grants than are kept: the first of them, how many more, and a digest that order and ids have no say in', async () => {
    const many = Array.from({ length: 130 }, (_, at) =>
      grant(`g${at}`, { RetiringPrincipal: `arn:aws:iam::1:role/${at}` }),
    );
    const pages = (grants: readonly object[]) => (input: { Marker?: string }) =>
      input.Marker === undefined
        ? { Grants: grants.slice(0, 100), Truncated: true, NextMarker: 'two' }
        : { Grants: grants.slice(100), Truncated: false };
    bench.standIn.answers.set('ListGrants', pages(many));
    const { grants: before } = await shape();
    expect(before).toMatchObject({ kind: 'known', value: { more: 30 } });
    expect(before.kind === 'known' && before.value.listed).toHaveLength(100);
    bench.standIn.answers.set(
      'ListGrants',
      pages(many.toReversed().map((one, at) => ({ ...one, GrantId: `new${at}` }))),
    );
    const { grants: again } = await shape();
    expect(again.kind === 'known' && before.kind === 'known' && again.value.digest === before.value.digest).toBe(true);
  });

  test('constraints: what the encryption context must be, or contain', async () => {
    bench.standIn.answers.set('ListGrants', {
      Grants: [
        grant('e', { Constraints: { EncryptionContextEquals: { a: '1' } } }),
        grant('s', { Constraints: { EncryptionContextSubset: { b: '2' } } }),
      ],
      Truncated: false,
    });
    const { grants } = await shape();
    const found = grants.kind === 'known' ? grants.value.listed.map(({ constraint }) => constraint) : [];
    expect(found).toEqual([
      { kind: 'equals', pairs: { a: '1' } },
      { kind: 'subset', pairs: { b: '2' } },
    ]);
  });

  test.each([
    ['no policy', 'GetKeyPolicy', {}],
    ['a policy that is no JSON', 'GetKeyPolicy', { Policy: 'none' }],
    ['a policy longer than KMS allows', 'GetKeyPolicy', { Policy: JSON.stringify({ Id: 'x'.repeat(40_000) }) }],
    ['no grants', 'ListGrants', { Truncated: false }],
    ['a grant without an id', 'ListGrants', { Grants: [{}], Truncated: false }],
  ])('%s is unknown, never empty', async (_name, operation, answer) => {
    bench.standIn.answers.set(operation, answer);
    const { policy, grants } = await shape();
    expect((operation === 'GetKeyPolicy' ? policy : grants).kind).toBe('unknown');
  });
});
