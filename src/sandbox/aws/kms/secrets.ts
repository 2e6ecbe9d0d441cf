import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { KmsError } from './errors.ts';
import type { Material, MaterialState } from './key.ts';
import { type KeySpec, specs } from './specs.ts';

const makePair = promisify(generateKeyPair);

/**
 * KMS derives the id from key id and material by a formula it does not publish; any one-way function of both keeps the
 * property that matters: the same material of the same key has the same id, in every Region of a multi-Region key.
 */
export function materialId(keyId: string, secret: Buffer): string {
  return createHash('sha256').update(`${keyId}\n`).update(secret).digest('hex');
}

/** A material of a key, `CURRENT` unless said otherwise. */
export function material(keyId: string, secret: Buffer, state: MaterialState = 'CURRENT'): Material {
  return {
    id: materialId(keyId, secret),
    secret,
    state,
    description: undefined,
    expiresAt: undefined,
    rotation: undefined,
  };
}

/** What KMS generates for a key of this spec: random bytes, or a key pair as PKCS#8. */
export async function generateSecret(spec: KeySpec): Promise<Buffer> {
  const { kind, bits, curve, name } = specs[spec];
  if (kind === 'symmetric') return randomBytes(32);
  if (kind === 'hmac') return randomBytes((bits ?? 256) / 8);
  return (await pair(kind, { bits, curve, name })).export({ format: 'der', type: 'pkcs8' });
}

/** An RSA private key to unwrap imported material with. */
export function generateWrappingKey(bits: number): Promise<KeyObject> {
  return pair('rsa', { bits });
}

async function pair(
  kind: 'rsa' | 'ec' | 'pair',
  { bits, curve, name }: { bits?: number | undefined; curve?: string | undefined; name?: string | undefined },
): Promise<KeyObject> {
  if (kind === 'rsa') return (await makePair('rsa', { modulusLength: bits ?? 2048 })).privateKey;
  if (kind === 'ec') return (await makePair('ec', { namedCurve: curve ?? 'prime256v1' })).privateKey;
  // Node's types list each parameterless kind as its own overload, so a name out of a table fits none of them.
  return (await makePair(name as 'ed25519')).privateKey;
}

/** The private key of a key pair's material. */
export function privateKeyOf(secret: Buffer): KeyObject {
  return createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
}

/** Whether imported bytes are material of this spec: right length, or a PKCS#8 key of the right kind. */
export function fitsSpec(spec: KeySpec, secret: Buffer): boolean {
  const { kind, bits, curve, name } = specs[spec];
  if (kind === 'symmetric') return secret.length === 32;
  // "At least the spec length", at most 1024 bits (importing-keys-conceptual.html).
  if (kind === 'hmac') return secret.length * 8 >= (bits ?? 256) && secret.length <= 128;
  let key: KeyObject;
  try {
    key = privateKeyOf(secret);
  } catch {
    return false;
  }
  const details = key.asymmetricKeyDetails;
  if (kind === 'rsa') return key.asymmetricKeyType === 'rsa' && details?.modulusLength === bits;
  if (kind === 'ec') return key.asymmetricKeyType === 'ec' && details?.namedCurve === curve;
  return key.asymmetricKeyType === name;
}

export const wrappingAlgorithms = [
  'RSAES_OAEP_SHA_256',
  'RSAES_OAEP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
] as const;
export type WrappingAlgorithm = (typeof wrappingAlgorithms)[number];

/**
 * Opens wrapped material. RSA_AES_KEY_WRAP sends an AES key under RSA-OAEP, then the material under that AES key with
 * RFC 5649 padding, whose initial value is A65959A6.
 */
export function unwrap(privateKey: KeyObject, algorithm: WrappingAlgorithm, wrapped: Buffer): Buffer {
  const oaepHash = algorithm.endsWith('SHA_256') ? 'sha256' : 'sha1';
  const open = (bytes: Buffer) =>
    privateDecrypt({ key: privateKey, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes);
  try {
    if (algorithm.startsWith('RSAES')) return open(wrapped);
    const modulusBytes = (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    const aesKey = open(wrapped.subarray(0, modulusBytes));
    const cipher = createDecipheriv(`id-aes${aesKey.length * 8}-wrap-pad`, aesKey, Buffer.from('A65959A6', 'hex'));
    return Buffer.concat([cipher.update(wrapped.subarray(modulusBytes)), cipher.final()]);
  } catch {
    throw new KmsError('InvalidCiphertextException');
  }
}
