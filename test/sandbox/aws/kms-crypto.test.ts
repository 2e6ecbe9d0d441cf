import { createHash, createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { keySpecs, specs } from '../../../src/sandbox/aws/kms/specs.ts';
import { account, arnOf, region, world } from './kms-harness.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('every spec with every usage makes a working key', async () => {
  const kms = world();
  // RSA_4096 takes seconds on a slow machine and differs from RSA_3072 in nothing else.
  for (const KeySpec of keySpecs.filter((spec) => spec !== 'RSA_4096'))
    for (const KeyUsage of Object.keys(specs[KeySpec].usages)) {
      const keyId = await kms.key({ KeySpec, KeyUsage });
      expect((await kms.ok('DescribeKey', { KeyId: keyId })).KeyMetadata).toMatchObject({ KeySpec, KeyUsage });
    }
});

test('a usage that does not go with the spec is refused', async () => {
  const kms = world();
  for (const body of [
    { KeySpec: 'RSA_2048', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { KeySpec: 'HMAC_256' },
    { KeySpec: 'ROT13' },
    { Origin: 'AWS_CLOUDHSM' },
  ])
    expect(await kms.fail('CreateKey', body)).toMatchObject({ __type: 'ValidationException' });
  for (const body of [{ KeySpec: 'SM2' }, { KeySpec: 'ML_DSA_44', KeyUsage: 'SIGN_VERIFY', Origin: 'EXTERNAL' }])
    expect(await kms.fail('CreateKey', body)).toMatchObject({ __type: 'UnsupportedOperationException' });
});

test.each([
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'],
  ['RSA_2048', 'RSASSA_PSS_SHA_512'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384'],
  ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'],
  ['ML_DSA_44', 'ML_DSA_SHAKE_256'],
])('%s signs with %s', async (KeySpec, SigningAlgorithm) => {
  const kms = world();
  const KeyId = await kms.key({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
  const request = { KeyId, Message: base64('release 1.0'), SigningAlgorithm };
  const { Signature } = await kms.ok('Sign', request);
  expect(await kms.ok('Verify', { ...request, Signature })).toMatchObject({ SignatureValid: true });
  expect(await kms.fail('Verify', { ...request, Message: base64('release 1.1'), Signature })).toMatchObject({
    __type: 'KMSInvalidSignatureException',
  });
  expect(await kms.ok('GetPublicKey', { KeyId })).toMatchObject({
    SigningAlgorithms: expect.arrayContaining([SigningAlgorithm]),
  });
});

test('a digest signed with PKCS#1 verifies as its message elsewhere', async () => {
  const kms = world();
  const KeyId = await kms.key({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
  const Message = createHash('sha256').update('release').digest('base64');
  const request = { KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' };
  const { Signature } = await kms.ok('Sign', request);
  await kms.ok('Verify', { ...request, Signature });
  const { PublicKey } = await kms.ok('GetPublicKey', { KeyId });
  const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), format: 'der', type: 'spki' });
  expect(verify('sha256', Buffer.from('release'), key, Buffer.from(String(Signature), 'base64'))).toBe(true);
});

test('RSA encrypts, HMAC authenticates', async () => {
  const kms = world();
  const rsa = { KeyId: await kms.key({ KeySpec: 'RSA_2048' }), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' };
  const { CiphertextBlob } = await kms.ok('Encrypt', { ...rsa, Plaintext: base64('x') });
  expect(await kms.ok('Decrypt', { ...rsa, CiphertextBlob })).toMatchObject({ Plaintext: base64('x') });
  const KeyId = await kms.key({ KeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const mac = { KeyId, Message: base64('x'), MacAlgorithm: 'HMAC_SHA_384' };
  const { Mac } = await kms.ok('GenerateMac', mac);
  expect(await kms.ok('VerifyMac', { ...mac, Mac })).toMatchObject({ MacValid: true });
  expect(await kms.fail('VerifyMac', { ...mac, Mac: base64('y') })).toMatchObject({ __type: 'KMSInvalidMacException' });
  expect(await kms.fail('Encrypt', { KeyId, Plaintext: base64('x') })).toMatchObject({
    __type: 'InvalidKeyUsageException',
    message: `${arnOf(KeyId)} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt.`,
  });
});

test('a data key opens only under its key and context, and is re-encrypted under another', async () => {
  const kms = world();
  const [KeyId, other] = [await kms.key(), await kms.key()];
  const EncryptionContext = { tenant: 'a', stage: 'prod' };
  const { CiphertextBlob, Plaintext } = await kms.ok('GenerateDataKey', {
    KeyId,
    KeySpec: 'AES_256',
    EncryptionContext,
  });
  expect(Buffer.from(String(Plaintext), 'base64')).toHaveLength(32);
  const reordered = { EncryptionContext: { stage: 'prod', tenant: 'a' } };
  expect(await kms.ok('Decrypt', { CiphertextBlob, ...reordered })).toMatchObject({ Plaintext });
  expect(await kms.fail('Decrypt', { CiphertextBlob, KeyId: other, ...reordered })).toMatchObject({
    __type: 'IncorrectKeyException',
  });
  const moved = await kms.ok('ReEncrypt', {
    CiphertextBlob,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: other,
  });
  expect(moved).toMatchObject({ SourceKeyId: arnOf(KeyId), KeyId: arnOf(other) });
  expect(await kms.ok('Decrypt', { CiphertextBlob: moved.CiphertextBlob })).toMatchObject({ Plaintext });
  for (const keyId of [KeyId, other])
    expect(await kms.ok('GetKeyLastUsage', { KeyId: keyId })).toMatchObject({
      KeyLastUsage: { Operation: keyId === KeyId ? 'ReEncrypt' : 'Decrypt' },
    });
  await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  kms.pass(7);
  expect(await kms.fail('Decrypt', { CiphertextBlob, EncryptionContext })).toMatchObject({
    __type: 'AccessDeniedException',
  });
  expect(await kms.fail('Decrypt', { CiphertextBlob: base64('garbage') })).toMatchObject({
    __type: 'InvalidCiphertextException',
  });
});

test('automatic rotation happens in its time, sleeps while the key is pending, and old ciphertexts still open', async () => {
  const kms = world();
  const KeyId = await kms.key();
  const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: 'AAAA' });
  await kms.ok('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
  const status = () => kms.ok('GetKeyRotationStatus', { KeyId });
  expect(await status()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 });
  kms.pass(90);
  expect(kms.events).toMatchObject([{ 'detail-type': 'KMS CMK Rotation', detail: { 'rotation-type': 'AUTOMATIC' } }]);
  expect((await kms.ok('ListKeyRotations', { KeyId })).Rotations).toMatchObject([
    { RotationType: 'AUTOMATIC', KeyMaterialState: 'CURRENT' },
  ]);
  await kms.ok('Decrypt', { CiphertextBlob });
  await kms.ok('ScheduleKeyDeletion', { KeyId });
  expect(await status()).toMatchObject({ KeyRotationEnabled: false });
  await kms.ok('CancelKeyDeletion', { KeyId });
  expect(await status()).toMatchObject({ KeyRotationEnabled: true });
  await kms.ok('EnableKey', { KeyId });
  await kms.ok('DisableKeyRotation', { KeyId: arnOf(KeyId) });
  expect(await status()).toMatchObject({ KeyRotationEnabled: false });
});

test('last use: the fixtures’ three answers', async () => {
  const kms = world();
  const young = await kms.key();
  const created = kms.now() / 1000;
  expect(await kms.ok('GetKeyLastUsage', { KeyId: young })).toEqual({
    KeyCreationDate: created,
    KeyId: young,
    TrackingStartDate: created,
    KeyLastUsage: {},
  });
  await kms.ok('Encrypt', { KeyId: young, Plaintext: 'AAAA' });
  const { eventID, requestID } = kms.last();
  expect((await kms.ok('GetKeyLastUsage', { KeyId: young })).KeyLastUsage).toEqual({
    Timestamp: created,
    Operation: 'Encrypt',
    KmsRequestId: requestID,
    CloudTrailEventId: eventID,
  });
  const createdAt = Date.parse('2023-01-01T00:00:00Z');
  const { KeyId } = await kms.kms.seed({}, { account, region }, { createdAt });
  expect(await kms.ok('GetKeyLastUsage', { KeyId })).toMatchObject({
    KeyCreationDate: createdAt / 1000,
    TrackingStartDate: Date.parse('2026-04-23T00:00:00Z') / 1000,
    KeyLastUsage: {},
  });
});

test('tags and descriptions are kept', async () => {
  const kms = world();
  const KeyId = await kms.key({ Tags: [{ TagKey: 'Purpose', TagValue: 'Test' }] });
  await kms.ok('TagResource', { KeyId, Tags: [{ TagKey: 'CostCenter', TagValue: '87654' }] });
  await kms.ok('UntagResource', { KeyId, TagKeys: ['Purpose'] });
  expect(await kms.ok('ListResourceTags', { KeyId })).toEqual({
    Tags: [{ TagKey: 'CostCenter', TagValue: '87654' }],
    Truncated: false,
  });
  expect(await kms.fail('TagResource', { KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] })).toMatchObject({
    __type: 'TagException',
  });
  await kms.ok('UpdateKeyDescription', { KeyId, Description: 'new' });
  expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({ Description: 'new' });
  expect(await kms.ok('ListKeyPolicies', { KeyId })).toMatchObject({ PolicyNames: ['default'] });
});
