import { expect, test } from 'vitest';
import { account, arnOf, type Body, region, type World, world } from './kms-harness.ts';

/** How to bring a fresh key into each state; the key's ARN in `where`. */
const states: Readonly<Record<string, (kms: World) => Promise<string>>> = {
  Enabled: (kms) => kms.key(),
  Disabled: async (kms) => {
    const keyId = await kms.key();
    await kms.ok('DisableKey', { KeyId: keyId });
    return keyId;
  },
  PendingDeletion: async (kms) => {
    const keyId = await kms.key();
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
    return keyId;
  },
  PendingReplicaDeletion: async (kms) => {
    const keyId = await kms.key({ MultiRegion: true });
    await kms.ok('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' });
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
    return keyId;
  },
  PendingImport: (kms) => kms.key({ Origin: 'EXTERNAL' }),
  Unavailable: async (kms) => {
    const body = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1234567890abcdef0' };
    const metadata = await kms.kms.seed(body, { account, region }, { unavailable: true });
    return String(metadata.KeyId);
  },
  Updating: async (kms) => {
    const keyId = await kms.key({ MultiRegion: true });
    await kms.ok('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' });
    kms.pass(1);
    await kms.ok('UpdatePrimaryRegion', { KeyId: keyId, PrimaryRegion: 'eu-west-1' });
    return keyId;
  },
};

const plaintext = Buffer.from('x').toString('base64');
const requests: Readonly<Record<string, Body>> = {
  Encrypt: { Plaintext: plaintext },
  GenerateDataKey: { KeySpec: 'AES_256' },
  CreateGrant: { GranteePrincipal: `arn:aws:iam::${account}:user/Bob`, Operations: ['Decrypt'] },
  TagResource: { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
  UntagResource: { TagKeys: ['a'] },
  UpdateKeyDescription: { Description: 'new' },
  GetParametersForImport: { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
  PutKeyPolicy: {
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      ],
    }),
  },
};

const pending = 'KMSInvalidStateException: <arn> is pending deletion.';
const pendingReplica = 'KMSInvalidStateException: <arn> is pending deletion (or pending replica deletion).';
const disabled = 'DisabledException: <arn> is disabled.';
const notPending = 'KMSInvalidStateException: <arn> is not pending deletion.';
const pendingImport =
  'KMSInvalidStateException: <arn> is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.';
const unavailable = 'KMSInvalidStateException: <arn> is unavailable.';
const updating = 'KMSInvalidStateException: <arn> is updating.';
const origin = (name: string) =>
  `UnsupportedOperationException: <arn> origin is ${name} which is not valid for this operation.`;
const ours = origin('AWS_KMS');
const hsm = origin('AWS_CLOUDHSM');
const yes = 'succeeds';

// Columns as in `states`; written out from the guide's table (key-state.html), not from the emulator's.
const expected: Readonly<Record<string, readonly string[]>> = {
  DescribeKey: [yes, yes, yes, yes, yes, yes, yes],
  GetKeyPolicy: [yes, yes, yes, yes, yes, yes, yes],
  PutKeyPolicy: [yes, yes, yes, yes, yes, yes, yes],
  ListGrants: [yes, yes, yes, yes, yes, yes, yes],
  ListResourceTags: [yes, yes, yes, yes, yes, yes, yes],
  GetKeyLastUsage: [yes, yes, yes, yes, yes, yes, yes],
  DisableKey: [yes, yes, pending, pendingReplica, pendingImport, yes, updating],
  EnableKey: [yes, yes, pending, pendingReplica, pendingImport, yes, updating],
  ScheduleKeyDeletion: [yes, yes, pending, pendingReplica, yes, yes, updating],
  CancelKeyDeletion: [notPending, notPending, yes, yes, notPending, notPending, notPending],
  DeleteImportedKeyMaterial: [ours, ours, ours, ours, yes, hsm, ours],
  GetParametersForImport: [ours, ours, ours, ours, yes, hsm, ours],
  ListKeyRotations: [yes, yes, yes, yes, yes, hsm, yes],
  GetKeyRotationStatus: [yes, yes, yes, yes, origin('EXTERNAL'), hsm, yes],
  RotateKeyOnDemand: [yes, disabled, pending, pendingReplica, pendingImport, hsm, 'UnsupportedOperationException'],
  Encrypt: [yes, disabled, pending, pendingReplica, pendingImport, unavailable, yes],
  GenerateDataKey: [yes, disabled, pending, pendingReplica, pendingImport, unavailable, yes],
  CreateGrant: [yes, disabled, pending, pendingReplica, pendingImport, yes, yes],
  TagResource: [yes, yes, pending, pendingReplica, yes, yes, yes],
  UntagResource: [yes, yes, pending, pendingReplica, yes, yes, yes],
  UpdateKeyDescription: [yes, yes, pending, pendingReplica, yes, yes, yes],
};

const columns = Object.keys(states);
for (const [operation, outcomes] of Object.entries(expected))
  test.each(columns.map((state, column) => ({ state, outcome: outcomes[column] ?? '' })))(
    `${operation} in $state`,
    async ({ state, outcome }) => {
      const kms = world();
      const keyId = (await states[state]?.(kms)) ?? '';
      expect(await kms.state(keyId)).toBe(state);
      const body = { KeyId: keyId, ...requests[operation] };
      if (outcome === yes) {
        await kms.ok(operation, body);
        return;
      }
      const { __type, message } = await kms.fail(operation, body);
      expect(`${__type}: ${message}`).toContain(outcome.replace('<arn>', arnOf(keyId)));
    },
  );

test('CreateAlias refuses a pending key; UpdateAlias looks at the new key only', async () => {
  const kms = world();
  const [old, next, doomed] = [await kms.key(), await kms.key(), await kms.key()];
  await kms.ok('CreateAlias', { AliasName: 'alias/a', TargetKeyId: old });
  for (const keyId of [old, doomed]) await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
  const refused = { message: `${arnOf(doomed)} is pending deletion.` };
  expect(await kms.fail('CreateAlias', { AliasName: 'alias/b', TargetKeyId: doomed })).toMatchObject(refused);
  expect(await kms.fail('UpdateAlias', { AliasName: 'alias/a', TargetKeyId: doomed })).toMatchObject(refused);
  await kms.ok('UpdateAlias', { AliasName: 'alias/a', TargetKeyId: next });
  await kms.ok('DeleteAlias', { AliasName: 'alias/a' });
});

test('DisableKey of an unavailable key shows once its key store is connected again', async () => {
  const kms = world();
  const keyId = (await states.Unavailable?.(kms)) ?? '';
  await kms.ok('DisableKey', { KeyId: keyId });
  expect(await kms.state(keyId)).toBe('Unavailable');
  kms.kms.setUnavailable(arnOf(keyId), false);
  expect(await kms.state(keyId)).toBe('Disabled');
});
