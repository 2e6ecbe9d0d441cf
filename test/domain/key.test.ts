/** The key-state table against AWS's own (KMS developer guide, key-state.html), cell by cell. */
import { describe, expect, test } from 'vitest';
import { answerOf, KEY_STATES, kindOf, MUTATIONS, type Mutation } from '../../src/domain/key.ts';
import { type KnownKey, resolveName } from '../../src/domain/key-name.ts';
import { imported, key, snapshot } from './samples.ts';

/** Columns as in AWS's table; PD stands for PendingDeletion and PendingReplicaDeletion. `~`: transient. */
const COLUMNS = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const;
const TABLE: Readonly<Record<Mutation, string>> = {
  DisableKey: '✓ ✓ ✗ ✗ ✗ ✓ ~ ~',
  EnableKey: '✓ ✓ ✗ ✗ ✗ ✓ ~ ~',
  ScheduleKeyDeletion: '✓ ✓ ✗ ✗ ✓ ✓ ✓ ~',
  CancelKeyDeletion: '✗ ✗ ✓ ✓ ✗ ✗ ✗ ✗',
  DeleteImportedKeyMaterial: '✓ ✓ ✓ ✓ ✓ ✗ ~ ~',
};
const signs = { succeeds: '✓', fails: '✗', transient: '~' } as const;

describe('the key-state table', () => {
  test.each(MUTATIONS)('%s', (operation) => {
    expect([...COLUMNS].sort()).toEqual([...KEY_STATES].sort());
    const row = COLUMNS.map((state) => signs[answerOf(operation, snapshot(state, imported)).kind]).join(' ');
    expect(row).toBe(TABLE[operation]);
  });
  test.each(MUTATIONS)('%s is refused on an AWS managed key in every state', (operation) => {
    for (const state of KEY_STATES) expect(answerOf(operation, snapshot(state, { manager: 'AWS' })).kind).toBe('fails');
  });
  test.each(['AWS_KMS', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const)(
    'material of a key of origin %s cannot be deleted',
    (origin) => {
      expect(answerOf('DeleteImportedKeyMaterial', snapshot('Enabled', { origin }))).toMatchObject({
        error: 'UnsupportedOperationException',
      });
    },
  );
  test('kinds', () => {
    expect(kindOf(snapshot('Enabled'))).toBe('awsKms');
    expect(kindOf(snapshot('Enabled', imported))).toBe('importedSymmetric');
    expect(kindOf(snapshot('Enabled', { origin: 'EXTERNAL', spec: 'RSA_4096' }))).toBe('importedOther');
    expect(kindOf(snapshot('Enabled', { manager: 'AWS' }))).toBe('awsManaged');
  });
});

describe('key names as people type them', () => {
  const west = key;
  const east = { ...key, region: 'eu-west-1' as never, arn: key.arn.replace('us-west-2', 'eu-west-1') as never };
  const other = {
    ...key,
    keyId: 'mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    arn: `${key.arn.slice(0, 43)}mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9` as never,
  };
  const keys: readonly KnownKey[] = [
    { key: west, aliases: ['alias/ledger'], accountName: 'payments-prod' },
    { key: east, aliases: ['alias/ledger'], accountName: 'payments-prod' },
    { key: other, aliases: ['alias/orders-archive', 'alias/orders'], accountName: 'shop' },
  ];
  test.each([
    ['alias/orders', other.arn],
    ['orders', other.arn],
    ['ORDERS', other.arn],
    ['`orders-archive`', other.arn],
    ['mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9', other.arn],
    ['mrk-0a1b', other.arn],
    [other.arn, other.arn],
    ['us-west-2:ledger', west.arn],
    ['payments-prod/eu-west-1:alias/ledger', east.arn],
    ['111122223333:eu-west-1:ledger', east.arn],
    ['arn:aws:kms:eu-west-1:111122223333:alias/ledger', east.arn],
  ])('%s', (typed, arn) => expect(resolveName(typed, keys)).toMatchObject({ kind: 'one', key: { key: { arn } } }));
  test('an ambiguous name is a choice', () =>
    expect(resolveName('ledger', keys)).toMatchObject({ kind: 'several', keys: [{}, {}] }));
  test('an unknown one is answered with the nearest', () =>
    expect(resolveName('oders', keys)).toEqual({ kind: 'none', nearest: ['alias/orders', 'alias/orders-archive'] }));
  test('a mistyped beginning of a longer name', () => {
    expect(resolveName('ordes-arch', keys)).toMatchObject({ nearest: ['alias/orders-archive'] });
  });
  test('nothing at all', () => expect(resolveName('  ', keys)).toEqual({ kind: 'empty' }));
});
