import { describe, expect, test } from 'vitest';
import { account, arnOf, type Body, dayMs, region, world } from './kms-harness.ts';

const describeKey = async (kms: ReturnType<typeof world>, keyId: string, where = region) =>
  (await kms.ok('DescribeKey', { KeyId: keyId }, { region: where })).KeyMetadata as Body;

describe('a symmetric key', () => {
  test('is described as DescribeKey writes it', async () => {
    const kms = world();
    const keyId = await kms.key({ Description: 'orders data key' });
    expect(await describeKey(kms, keyId)).toEqual({
      AWSAccountId: account,
      KeyId: keyId,
      Arn: arnOf(keyId),
      CreationDate: kms.now() / 1000,
      Enabled: true,
      Description: 'orders data key',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('is scheduled, cancelled into Disabled, then enabled', async () => {
    const kms = world();
    const keyId = await kms.key();
    expect(await kms.ok('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })).toEqual({
      KeyId: arnOf(keyId),
      DeletionDate: (kms.now() + 7 * dayMs) / 1000,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 7,
    });
    const pending = await describeKey(kms, keyId);
    expect(pending).toMatchObject({ KeyState: 'PendingDeletion', Enabled: false, DeletionDate: expect.any(Number) });
    expect(pending).not.toHaveProperty('PendingDeletionWindowInDays');
    expect(await kms.fail('EnableKey', { KeyId: keyId })).toEqual({
      status: 400,
      __type: 'KMSInvalidStateException',
      message: `${arnOf(keyId)} is pending deletion.`,
    });
    expect(await kms.ok('CancelKeyDeletion', { KeyId: keyId })).toEqual({ KeyId: arnOf(keyId) });
    expect(await kms.state(keyId)).toBe('Disabled');
    expect(await describeKey(kms, keyId)).not.toHaveProperty('DeletionDate');
    await kms.ok('EnableKey', { KeyId: keyId });
    expect(await kms.state(keyId)).toBe('Enabled');
    expect(await kms.fail('CancelKeyDeletion', { KeyId: keyId })).toMatchObject({
      __type: 'KMSInvalidStateException',
      message: `${arnOf(keyId)} is not pending deletion.`,
    });
  });

  test('defaults to a window of 30 days and refuses others', async () => {
    const kms = world();
    const keyId = await kms.key();
    for (const days of [6, 31, 7.5])
      expect(await kms.fail('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: days })).toMatchObject({
        __type: 'ValidationException',
      });
    expect(await kms.ok('ScheduleKeyDeletion', { KeyId: keyId })).toMatchObject({ PendingWindowInDays: 30 });
  });

  test('is gone with its aliases once the window has passed, and says so', async () => {
    const kms = world();
    const keyId = await kms.key();
    await kms.ok('CreateAlias', { AliasName: 'alias/orders', TargetKeyId: keyId });
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 });
    kms.pass(6.9);
    expect(await kms.state('alias/orders')).toBe('PendingDeletion');
    kms.pass(0.2);
    expect(await kms.fail('DescribeKey', { KeyId: keyId })).toEqual({
      status: 400,
      __type: 'NotFoundException',
      message: `Key '${arnOf(keyId)}' does not exist`,
    });
    expect(await kms.fail('CancelKeyDeletion', { KeyId: keyId })).toMatchObject({ __type: 'NotFoundException' });
    expect(await kms.fail('DescribeKey', { KeyId: 'alias/orders' })).toMatchObject({ __type: 'NotFoundException' });
    expect((await kms.ok('ListAliases')).Aliases).toEqual([]);
    expect(kms.kms.keys()).toEqual([]);
    expect(kms.events).toMatchObject([
      { 'detail-type': 'KMS CMK Deletion', source: 'aws.kms', resources: [arnOf(keyId)], detail: { 'key-id': keyId } },
    ]);
    expect(kms.records.filter(({ eventName }) => eventName === 'DeleteKey')).toHaveLength(1);
  });
});

describe('a multi-Region key', () => {
  const inEurope = { region: 'eu-west-1' };

  async function pair() {
    const kms = world();
    const keyId = await kms.key({ MultiRegion: true });
    await kms.ok('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' });
    return { kms, keyId };
  }

  test('has one id in two Regions, and a replica that is Creating at first', async () => {
    const { kms, keyId } = await pair();
    expect(keyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    expect(await kms.state(keyId, 'eu-west-1')).toBe('Creating');
    expect(await kms.fail('DisableKey', { KeyId: keyId }, inEurope)).toMatchObject({
      message: `${arnOf(keyId, 'eu-west-1')} is creating.`,
    });
    kms.pass(1);
    expect(await describeKey(kms, keyId, 'eu-west-1')).toMatchObject({
      KeyState: 'Enabled',
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: { Arn: arnOf(keyId), Region: region },
        ReplicaKeys: [{ Arn: arnOf(keyId, 'eu-west-1'), Region: 'eu-west-1' }],
      },
    });
    expect(await kms.fail('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' })).toMatchObject({
      __type: 'AlreadyExistsException',
    });
  });

  test('opens in one Region what another sealed', async () => {
    const { kms, keyId } = await pair();
    kms.pass(1);
    const Plaintext = Buffer.from('ledger').toString('base64');
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId: keyId, Plaintext });
    expect(await kms.ok('Decrypt', { CiphertextBlob }, inEurope)).toMatchObject({
      Plaintext,
      KeyId: arnOf(keyId, 'eu-west-1'),
    });
  });

  test('waits for its replicas: the own window starts when the last one is deleted', async () => {
    const { kms, keyId } = await pair();
    kms.pass(1);
    expect(await kms.ok('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 10 })).toEqual({
      KeyId: arnOf(keyId),
      KeyState: 'PendingReplicaDeletion',
      PendingWindowInDays: 10,
    });
    const waiting = await describeKey(kms, keyId);
    expect(waiting).toMatchObject({ KeyState: 'PendingReplicaDeletion', PendingDeletionWindowInDays: 10 });
    expect(waiting).not.toHaveProperty('DeletionDate');
    kms.pass(100);
    expect(await kms.state(keyId)).toBe('PendingReplicaDeletion');
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 }, inEurope);
    kms.pass(7);
    const own = await describeKey(kms, keyId);
    expect(own).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate: (kms.now() + 10 * dayMs) / 1000 });
    expect(own).not.toHaveProperty('PendingDeletionWindowInDays');
    kms.pass(10);
    expect(await kms.fail('DescribeKey', { KeyId: keyId })).toMatchObject({ __type: 'NotFoundException' });
  });

  test('is cancelled out of PendingReplicaDeletion, and can change its primary Region', async () => {
    const { kms, keyId } = await pair();
    kms.pass(1);
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
    await kms.ok('CancelKeyDeletion', { KeyId: keyId });
    expect(await kms.state(keyId)).toBe('Disabled');
    await kms.ok('EnableKey', { KeyId: keyId });
    await kms.ok('UpdatePrimaryRegion', { KeyId: keyId, PrimaryRegion: 'eu-west-1' });
    expect(await kms.state(keyId)).toBe('Updating');
    expect(await kms.fail('DisableKey', { KeyId: keyId })).toMatchObject({ message: `${arnOf(keyId)} is updating.` });
    kms.pass(1);
    expect(await describeKey(kms, keyId)).toMatchObject({
      KeyState: 'Enabled',
      MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', PrimaryKey: { Region: 'eu-west-1' } },
    });
  });
});
