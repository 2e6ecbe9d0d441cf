import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { arnOf, type Body, dayMs, type World, world } from './kms-harness.ts';

const forever = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };

async function parameters(kms: World, keyId: string, algorithm = 'RSAES_OAEP_SHA_256', where = {}): Promise<Body> {
  return kms.ok(
    'GetParametersForImport',
    { KeyId: keyId, WrappingAlgorithm: algorithm, WrappingKeySpec: 'RSA_2048' },
    where,
  );
}

function wrap(publicKey: unknown, secret: Buffer, algorithm = 'RSAES_OAEP_SHA_256'): Buffer {
  const key = createPublicKey({ key: Buffer.from(String(publicKey), 'base64'), format: 'der', type: 'spki' });
  const oaepHash = algorithm.endsWith('SHA_256') ? 'sha256' : 'sha1';
  const direct = (bytes: Buffer) => publicEncrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes);
  if (algorithm.startsWith('RSAES')) return direct(secret);
  const aesKey = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([direct(aesKey), cipher.update(secret), cipher.final()]);
}

async function request(
  kms: World,
  keyId: string,
  secret: Buffer,
  more: Body = forever,
  algorithm = 'RSAES_OAEP_SHA_256',
  where = {},
): Promise<Body> {
  const { ImportToken, PublicKey } = await parameters(kms, keyId, algorithm, where);
  const EncryptedKeyMaterial = wrap(PublicKey, secret, algorithm).toString('base64');
  return { KeyId: keyId, ImportToken, EncryptedKeyMaterial, ...more };
}

const importInto = async (kms: World, keyId: string, secret: Buffer, more?: Body) =>
  kms.ok('ImportKeyMaterial', await request(kms, keyId, secret, more));
const refused = async (kms: World, keyId: string, secret: Buffer, more?: Body) =>
  (await kms.fail('ImportKeyMaterial', await request(kms, keyId, secret, more))).__type;

async function imported() {
  const kms = world();
  const keyId = await kms.key({ Origin: 'EXTERNAL' });
  const secret = randomBytes(32);
  const { KeyMaterialId } = await importInto(kms, keyId, secret);
  return { kms, keyId, secret, id: String(KeyMaterialId) };
}

const describeKey = async (kms: World, keyId: string) =>
  (await kms.ok('DescribeKey', { KeyId: keyId })).KeyMetadata as Body;
const rotations = async (kms: World, keyId: string, where = {}) =>
  (await kms.ok('ListKeyRotations', { KeyId: keyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }, where))
    .Rotations as Body[];

describe('imported material', () => {
  test('enables the key and names itself', async () => {
    const { kms, keyId, id } = await imported();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await describeKey(kms, keyId)).toMatchObject({
      KeyState: 'Enabled',
      CurrentKeyMaterialId: id,
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    });
  });

  test.each(['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'])('is unwrapped from %s', async (algorithm) => {
    const kms = world();
    const keyId = await kms.key({ Origin: 'EXTERNAL' });
    await kms.ok('ImportKeyMaterial', await request(kms, keyId, randomBytes(32), forever, algorithm));
    expect(await kms.state(keyId)).toBe('Enabled');
  });

  test.each(['RSA_AES_KEY_WRAP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1'])(
    'of a key pair is unwrapped from %s',
    async (algorithm) => {
      const kms = world();
      const keyId = await kms.key({ Origin: 'EXTERNAL', KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
      await kms.ok('ImportKeyMaterial', await request(kms, keyId, secret, forever, algorithm));
      const { PublicKey } = await kms.ok('GetPublicKey', { KeyId: keyId });
      expect(PublicKey).toBe(publicKey.export({ format: 'der', type: 'spki' }).toString('base64'));
      const typed = { ...forever, ImportType: 'EXISTING_KEY_MATERIAL' };
      const again = await request(kms, keyId, secret, typed, algorithm);
      expect(await kms.fail('ImportKeyMaterial', again)).toMatchObject({ __type: 'UnsupportedOperationException' });
    },
  );

  test('deleted at once, comes back only as the very same material', async () => {
    const { kms, keyId, secret, id } = await imported();
    const Plaintext = Buffer.from('archive').toString('base64');
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId: keyId, Plaintext });
    await kms.ok('DisableKey', { KeyId: keyId });
    expect(await kms.ok('DeleteImportedKeyMaterial', { KeyId: keyId })).toEqual({
      KeyId: arnOf(keyId),
      KeyMaterialId: id,
    });
    const missing = await describeKey(kms, keyId);
    expect(missing).toMatchObject({ KeyState: 'PendingImport', CurrentKeyMaterialId: id });
    expect(missing).not.toHaveProperty('ExpirationModel');
    expect(await kms.fail('Decrypt', { CiphertextBlob })).toMatchObject({ __type: 'KMSInvalidStateException' });
    expect(await refused(kms, keyId, randomBytes(32))).toBe('IncorrectKeyMaterialException');
    expect(await refused(kms, keyId, randomBytes(16))).toBe('IncorrectKeyMaterialException');
    expect(await refused(kms, keyId, secret, { ...forever, ImportType: 'NEW_KEY_MATERIAL' })).toBe(
      'IncorrectKeyMaterialException',
    );
    const other = { ...forever, KeyMaterialId: 'f'.repeat(64) };
    expect(await refused(kms, keyId, secret, other)).toBe('IncorrectKeyMaterialException');
    await importInto(kms, keyId, secret, { ...forever, ImportType: 'EXISTING_KEY_MATERIAL', KeyMaterialId: id });
    // Enabled although it was Disabled before its material went.
    expect(await kms.state(keyId)).toBe('Enabled');
    expect(await kms.ok('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext, KeyMaterialId: id });
  });

  test('deleted while pending leaves the deletion clock alone, and cancelling ends in PendingImport', async () => {
    const { kms, keyId } = await imported();
    const { DeletionDate } = await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
    await kms.ok('DeleteImportedKeyMaterial', { KeyId: keyId });
    expect(await describeKey(kms, keyId)).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate });
    await kms.ok('CancelKeyDeletion', { KeyId: keyId });
    expect(await kms.state(keyId)).toBe('PendingImport');
  });

  test('expires by itself, and says so', async () => {
    const kms = world();
    const keyId = await kms.key({ Origin: 'EXTERNAL' });
    const ValidTo = (kms.now() + 2 * dayMs) / 1000;
    const { KeyMaterialId } = await importInto(kms, keyId, randomBytes(32), { ValidTo });
    expect(await describeKey(kms, keyId)).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo });
    kms.pass(2);
    expect(await kms.state(keyId)).toBe('PendingImport');
    expect(kms.records.some(({ eventName }) => eventName === 'DeleteExpiredKeyMaterial')).toBe(true);
    expect(kms.events).toMatchObject([
      {
        'detail-type': 'KMS Imported Key Material Expiration',
        detail: { 'key-id': keyId, 'key-material-id': KeyMaterialId },
      },
    ]);
  });

  test('needs an expiry unless it never expires', async () => {
    const kms = world();
    const keyId = await kms.key({ Origin: 'EXTERNAL' });
    const now = kms.now() / 1000;
    for (const more of [{}, { ValidTo: now - 1 }, { ValidTo: now + 366 * 86_400 }, { ...forever, ValidTo: now + 60 }])
      expect(await refused(kms, keyId, randomBytes(32), more)).toBe('ValidationException');
  });

  test('needs a token of the same key, not older than 24 hours, and its public key', async () => {
    const kms = world();
    const [keyId, other] = [await kms.key({ Origin: 'EXTERNAL' }), await kms.key({ Origin: 'EXTERNAL' })];
    const good = await request(kms, keyId, randomBytes(32));
    const failed = async (body: Body) => (await kms.fail('ImportKeyMaterial', body)).__type;
    expect(await failed({ ...good, KeyId: other })).toBe('InvalidImportTokenException');
    expect(await failed({ ...good, ImportToken: randomBytes(64).toString('base64') })).toBe(
      'InvalidImportTokenException',
    );
    const foreign = (await request(kms, keyId, randomBytes(32))).EncryptedKeyMaterial;
    expect(await failed({ ...good, EncryptedKeyMaterial: foreign })).toBe('InvalidCiphertextException');
    kms.pass(86_400_000 / dayMs);
    expect(await failed(good)).toBe('ExpiredImportTokenException');
  });
});

describe('several materials', () => {
  test('rotate on demand, and all of them are needed', async () => {
    const { kms, keyId, secret, id } = await imported();
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId: keyId, Plaintext: 'AAAA' });
    expect(await kms.fail('RotateKeyOnDemand', { KeyId: keyId })).toMatchObject({ __type: 'KMSInvalidStateException' });
    const next = { ...forever, ImportType: 'NEW_KEY_MATERIAL', KeyMaterialDescription: 'slot 8' };
    const { KeyMaterialId } = await importInto(kms, keyId, randomBytes(32), next);
    expect((await rotations(kms, keyId)).map((entry) => entry.KeyMaterialState)).toEqual([
      'CURRENT',
      'PENDING_ROTATION',
    ]);
    await kms.ok('RotateKeyOnDemand', { KeyId: keyId });
    expect(await rotations(kms, keyId)).toMatchObject([
      { KeyMaterialId: id, KeyMaterialState: 'NON_CURRENT', ImportState: 'IMPORTED' },
      {
        KeyMaterialId,
        KeyMaterialState: 'CURRENT',
        KeyMaterialDescription: 'slot 8',
        RotationType: 'ON_DEMAND',
        RotationDate: kms.now() / 1000,
      },
    ]);
    expect((await kms.ok('ListKeyRotations', { KeyId: keyId })).Rotations).toHaveLength(1);
    await kms.ok('DeleteImportedKeyMaterial', { KeyId: keyId, KeyMaterialId: id });
    expect(await kms.state(keyId)).toBe('PendingImport');
    await importInto(kms, keyId, secret);
    expect(await kms.state(keyId)).toBe('Enabled');
    expect(await kms.ok('Decrypt', { CiphertextBlob })).toMatchObject({ KeyMaterialId: id });
  });

  test('waiting for rotation may go without harm', async () => {
    const { kms, keyId } = await imported();
    const next = { ...forever, ImportType: 'NEW_KEY_MATERIAL' };
    const { KeyMaterialId } = await importInto(kms, keyId, randomBytes(32), next);
    await kms.ok('DeleteImportedKeyMaterial', { KeyId: keyId, KeyMaterialId });
    expect(await kms.state(keyId)).toBe('Enabled');
    expect(await rotations(kms, keyId)).toHaveLength(1);
  });

  test('of a multi-Region key go to the primary first, then to its replicas', async () => {
    const kms = world();
    const inEurope = { region: 'eu-west-1' };
    const keyId = await kms.key({ Origin: 'EXTERNAL', MultiRegion: true });
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await importInto(kms, keyId, first);
    await kms.ok('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' });
    kms.pass(1);
    expect(await kms.state(keyId, 'eu-west-1')).toBe('PendingImport');
    const intoReplica = async (secret: Buffer, more: Body = forever) =>
      request(kms, keyId, secret, more, 'RSAES_OAEP_SHA_256', inEurope);
    await kms.ok('ImportKeyMaterial', await intoReplica(first), inEurope);
    expect(await kms.state(keyId, 'eu-west-1')).toBe('Enabled');
    const fresh = { ...forever, ImportType: 'NEW_KEY_MATERIAL' };
    expect(await kms.fail('ImportKeyMaterial', await intoReplica(second, fresh), inEurope)).toMatchObject({
      __type: 'UnsupportedOperationException',
    });
    await importInto(kms, keyId, second, fresh);
    expect((await rotations(kms, keyId))[1]).toMatchObject({
      KeyMaterialState: 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION',
    });
    await kms.ok('ImportKeyMaterial', await intoReplica(second), inEurope);
    expect((await rotations(kms, keyId))[1]).toMatchObject({ KeyMaterialState: 'PENDING_ROTATION' });
    await kms.ok('RotateKeyOnDemand', { KeyId: keyId });
    expect((await rotations(kms, keyId, inEurope))[1]).toMatchObject({ KeyMaterialState: 'CURRENT' });
  });
});
