import { describe, expect, test } from 'vitest';
import { account, alice, arnOf, type Body, bot, region, stranger, world } from './kms-harness.ts';

const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' };
const policy = (...statements: Body[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });

describe('access', () => {
  test('refused by IAM is refused in IAM’s words, and recorded without parameters', async () => {
    const kms = world({ denied: ['kms:CancelKeyDeletion'] });
    const keyId = await kms.key();
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
    const refused = await kms.fail('CancelKeyDeletion', { KeyId: keyId }, { identity: bot });
    expect(refused).toEqual({
      status: 400,
      __type: 'AccessDeniedException',
      message: `User: ${bot.arn} is not authorized to perform: kms:CancelKeyDeletion on resource: ${arnOf(keyId)} because no identity-based policy allows the kms:CancelKeyDeletion action`,
    });
    expect(kms.last()).toMatchObject({ errorCode: 'AccessDenied', requestParameters: null, responseElements: null });
  });

  test('is closed by a key policy that does not delegate to IAM', async () => {
    const kms = world();
    const keyId = await kms.key();
    const own = { ...root, Principal: { AWS: alice.arn } };
    await kms.ok('PutKeyPolicy', { KeyId: keyId, Policy: policy(own) });
    expect(await kms.fail('DescribeKey', { KeyId: keyId }, { identity: bot })).toMatchObject({
      __type: 'AccessDeniedException',
      message: expect.stringMatching(/because no resource-based policy allows the kms:DescribeKey action$/),
    });
    await kms.ok('DescribeKey', { KeyId: keyId });
    await kms.ok('PutKeyPolicy', { KeyId: keyId, Policy: policy(own, { ...own, Principal: { AWS: bot.roleArn } }) });
    await kms.ok('DescribeKey', { KeyId: keyId }, { identity: bot });
  });

  test('is denied by the guardrails of a key policy', async () => {
    const kms = world();
    const keyId = await kms.key();
    const deny = { Effect: 'Deny', Principal: '*', Resource: '*' };
    const guardrails = [
      {
        ...deny,
        Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey'],
        Condition: { NumericLessThanEquals: { 'kms:TrailingDaysWithoutKeyUsage': '90' } },
      },
      {
        ...deny,
        Action: 'kms:ScheduleKeyDeletion',
        Condition: { NumericLessThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '21' } },
      },
    ];
    await kms.ok('PutKeyPolicy', { KeyId: keyId, Policy: policy(root, ...guardrails) });
    const explicit = { message: expect.stringMatching(/with an explicit deny in a resource-based policy$/) };
    expect(await kms.fail('DisableKey', { KeyId: keyId })).toMatchObject(explicit);
    kms.pass(91);
    const schedule = (days: number) => ({ KeyId: keyId, PendingWindowInDays: days });
    expect(await kms.fail('ScheduleKeyDeletion', schedule(21))).toMatchObject(explicit);
    await kms.ok('ScheduleKeyDeletion', schedule(22));
  });

  test('cannot be given away by a policy that locks its author out', async () => {
    const kms = world();
    const keyId = await kms.key();
    const Policy = policy({ ...root, Principal: { AWS: bot.roleArn } });
    const lockedOut = { __type: 'MalformedPolicyDocumentException' };
    expect(await kms.fail('PutKeyPolicy', { KeyId: keyId, Policy })).toMatchObject(lockedOut);
    expect(await kms.fail('PutKeyPolicy', { KeyId: keyId, Policy: '{' })).toMatchObject(lockedOut);
    await kms.ok('PutKeyPolicy', { KeyId: keyId, Policy, BypassPolicyLockoutSafetyCheck: true });
  });

  test('across accounts needs the key policy, and an operation that crosses', async () => {
    const kms = world();
    const keyId = await kms.key();
    const eve = { identity: stranger };
    const hidden = {
      __type: 'AccessDeniedException',
      message: expect.stringContaining('does not exist in this Region'),
    };
    expect(await kms.fail('DescribeKey', { KeyId: arnOf('1234abcd-12ab-34cd-56ef-1234567890ab') }, eve)).toMatchObject(
      hidden,
    );
    expect(await kms.fail('DescribeKey', { KeyId: arnOf(keyId) }, eve)).toMatchObject({
      __type: 'AccessDeniedException',
    });
    const shared = { ...root, Principal: { AWS: `arn:aws:iam::${stranger.account}:root` } };
    await kms.ok('PutKeyPolicy', { KeyId: keyId, Policy: policy(root, shared) });
    await kms.ok('DescribeKey', { KeyId: arnOf(keyId) }, eve);
    expect(kms.records.slice(-2).map(({ recipientAccountId }) => recipientAccountId)).toEqual([
      stranger.account,
      account,
    ]);
    expect(await kms.fail('DisableKey', { KeyId: arnOf(keyId) }, eve)).toMatchObject(hidden);
  });

  test('may come from a grant', async () => {
    const kms = world({ denied: ['kms:Decrypt'] });
    const keyId = await kms.key();
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId: keyId, Plaintext: 'AAAA' });
    const asBot = { identity: bot };
    expect(await kms.fail('Decrypt', { CiphertextBlob }, asBot)).toMatchObject({ __type: 'AccessDeniedException' });
    const grant = { KeyId: keyId, GranteePrincipal: bot.roleArn, Operations: ['Decrypt'], Name: 'once' };
    const { GrantId } = await kms.ok('CreateGrant', grant);
    expect(await kms.ok('CreateGrant', grant)).toMatchObject({ GrantId });
    await kms.ok('Decrypt', { CiphertextBlob }, asBot);
    expect((await kms.ok('ListGrants', { KeyId: keyId })).Grants).toMatchObject([
      {
        GrantId,
        Name: 'once',
        KeyId: arnOf(keyId),
        IssuingAccount: `arn:aws:iam::${account}:root`,
        Operations: ['Decrypt'],
      },
    ]);
    await kms.ok('RevokeGrant', { KeyId: keyId, GrantId });
    expect(await kms.fail('Decrypt', { CiphertextBlob }, asBot)).toMatchObject({ __type: 'AccessDeniedException' });
    const { GrantToken } = await kms.ok('CreateGrant', grant);
    await kms.ok('RetireGrant', { GrantToken }, asBot);
    expect((await kms.ok('ListGrants', { KeyId: keyId })).Grants).toEqual([]);
  });

  test('of a grant ends at its encryption context', async () => {
    const kms = world({ denied: ['kms:GenerateDataKey'] });
    const KeyId = await kms.key();
    const constraints = { EncryptionContextSubset: { tenant: 'a' } };
    const Operations = ['GenerateDataKey'];
    await kms.ok('CreateGrant', { KeyId, GranteePrincipal: bot.arn, Operations, Constraints: constraints });
    const request = { KeyId, KeySpec: 'AES_256' };
    const asBot = { identity: bot };
    await kms.ok('GenerateDataKey', { ...request, EncryptionContext: { tenant: 'a', stage: 'prod' } }, asBot);
    for (const EncryptionContext of [{ tenant: 'b' }, undefined])
      expect(await kms.fail('GenerateDataKey', { ...request, EncryptionContext }, asBot)).toMatchObject({
        __type: 'AccessDeniedException',
      });
  });

  test('to an AWS managed key ends at looking', async () => {
    const kms = world();
    const seeded = { manager: 'AWS', aliases: ['alias/aws/s3'] } as const;
    const { KeyId } = await kms.kms.seed({ Description: 'Default key' }, { account, region }, seeded);
    expect((await kms.ok('DescribeKey', { KeyId: 'alias/aws/s3' })).KeyMetadata).toMatchObject({
      KeyId,
      KeyManager: 'AWS',
    });
    expect(await kms.ok('GetKeyRotationStatus', { KeyId })).toMatchObject({ KeyRotationEnabled: true });
    for (const [operation, body] of Object.entries({
      ScheduleKeyDeletion: {},
      DisableKey: {},
      EnableKey: {},
      TagResource: { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
      PutKeyPolicy: { Policy: policy(root) },
      RotateKeyOnDemand: {},
    }))
      expect(await kms.fail(operation, { KeyId, ...body })).toMatchObject({ __type: 'AccessDeniedException' });
    expect(kms.kms.keys()).toMatchObject([{ KeyId, aliases: ['alias/aws/s3'] }]);
  });
});

test.each([
  ['nonsense!', 'NotFoundException', "Invalid keyId 'nonsense!'"],
  ['alias/none', 'NotFoundException', `Alias arn:aws:kms:${region}:${account}:alias/none is not found.`],
  [`arn:aws:kms:eu-west-1:${account}:key/x`, 'InvalidArnException', 'Invalid arn eu-west-1'],
  ['arn:aws:s3:::bucket', 'InvalidArnException', 'Invalid arn arn:aws:s3:::bucket'],
])('the KeyId %s is refused', async (KeyId, __type, message) => {
  expect(await world().fail('DescribeKey', { KeyId })).toEqual({ status: 400, __type, message });
});

test('an alias stands for its key where KMS takes one, by name or ARN', async () => {
  const kms = world();
  const keyId = await kms.key();
  await kms.ok('CreateAlias', { AliasName: 'alias/orders', TargetKeyId: keyId });
  for (const KeyId of ['alias/orders', `arn:aws:kms:${region}:${account}:alias/orders`, arnOf(keyId)])
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({ KeyId: keyId });
  expect(await kms.fail('ScheduleKeyDeletion', { KeyId: 'alias/orders' })).toMatchObject({
    __type: 'NotFoundException',
  });
  expect(await kms.fail('CreateAlias', { AliasName: 'alias/orders', TargetKeyId: keyId })).toMatchObject({
    __type: 'AlreadyExistsException',
  });
  expect(await kms.fail('CreateAlias', { AliasName: 'alias/aws/mine', TargetKeyId: keyId })).toMatchObject({
    __type: 'InvalidAliasNameException',
  });
  expect(await kms.ok('ListAliases', { KeyId: keyId })).toMatchObject({
    Aliases: [{ AliasName: 'alias/orders', TargetKeyId: keyId }],
    Truncated: false,
  });
});
