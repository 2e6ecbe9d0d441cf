import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { invalidState, KmsError } from './errors.ts';
import { currentMaterial, type Key, type Material } from './key.ts';
import { privateKeyOf } from './secrets.ts';

/*
 * A symmetric ciphertext blob: version, owner ("account/key id") with its length, id of the material, nonce, tag, data.
 * The owner and the encryption context are authenticated, so a blob opens only under its own key, with its own material
 * and in its own context; that is why re-creating a key from the same material does not save its data.
 */
const version = 1;
const idBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

export type EncryptionContext = Readonly<Record<string, string>>;

/** What a blob tells without any key. */
export interface Blob {
  readonly account: string;
  readonly keyId: string;
  readonly materialId: string;
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly data: Buffer;
  readonly header: Buffer;
}

/** Reads a symmetric ciphertext blob. */
export function readBlob(bytes: Buffer): Blob {
  const ownerEnd = 2 + (bytes[1] ?? 0);
  const header = bytes.subarray(0, ownerEnd + idBytes);
  const [account = '', keyId = ''] = bytes.subarray(2, ownerEnd).toString('latin1').split('/');
  const dataStart = header.length + nonceBytes + tagBytes;
  if (bytes[0] !== version || bytes.length < dataStart || keyId === '')
    throw new KmsError('InvalidCiphertextException');
  return {
    account,
    keyId,
    materialId: bytes.subarray(ownerEnd, header.length).toString('hex'),
    nonce: bytes.subarray(header.length, header.length + nonceBytes),
    tag: bytes.subarray(header.length + nonceBytes, dataStart),
    data: bytes.subarray(dataStart),
    header,
  };
}

function authenticated(header: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}

/** Encrypts under the current material of a symmetric key. */
export function sealSymmetric(key: Key, plaintext: Buffer, context: EncryptionContext): Buffer {
  const { id, secret } = usable(key, currentMaterial(key));
  const owner = Buffer.from(`${key.account}/${key.id}`, 'latin1');
  const header = Buffer.concat([Buffer.from([version, owner.length]), owner, Buffer.from(id, 'hex')]);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(authenticated(header, context));
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), data]);
}

/** Decrypts a blob of this key. */
export function openSymmetric(key: Key, blob: Blob, context: EncryptionContext): Buffer {
  const found = key.materials.find(({ id }) => id === blob.materialId);
  // A blob of another key's material that claims this key's name is a forgery, not a lost material.
  if (found === undefined) throw new KmsError('InvalidCiphertextException');
  const { secret } = usable(key, found);
  try {
    const cipher = createDecipheriv('aes-256-gcm', secret, blob.nonce)
      .setAAD(authenticated(blob.header, context))
      .setAuthTag(blob.tag);
    return Buffer.concat([cipher.update(blob.data), cipher.final()]);
  } catch {
    throw new KmsError('InvalidCiphertextException');
  }
}

/** The material with its secret; a key whose state let the call pass has it. */
export function usable(key: Key, entry: Material | undefined): Material & { readonly secret: Buffer } {
  if (entry?.secret === undefined) throw invalidState(`${key.arn} has no usable key material.`);
  return { ...entry, secret: entry.secret };
}

function oaep(algorithm: string): { readonly oaepHash: string; readonly padding: number } {
  return { oaepHash: algorithm.endsWith('SHA_256') ? 'sha256' : 'sha1', padding: constants.RSA_PKCS1_OAEP_PADDING };
}

/** Encrypts with the public key of an RSA key. */
export function sealRsa(key: Key, algorithm: string, plaintext: Buffer): Buffer {
  const publicKey = createPublicKey(privateKeyOf(usable(key, currentMaterial(key)).secret));
  try {
    return publicEncrypt({ key: publicKey, ...oaep(algorithm) }, plaintext);
  } catch {
    throw new KmsError('ValidationException', `The plaintext is too long for ${key.spec} with ${algorithm}.`);
  }
}

/** Decrypts with the private key of an RSA key. */
export function openRsa(key: Key, algorithm: string, ciphertext: Buffer): Buffer {
  const privateKey = privateKeyOf(usable(key, currentMaterial(key)).secret);
  try {
    return privateDecrypt({ key: privateKey, ...oaep(algorithm) }, ciphertext);
  } catch {
    throw new KmsError('InvalidCiphertextException');
  }
}
