import {
  constants,
  createHash,
  createHmac,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
} from 'node:crypto';
import type { Operation } from './call.ts';
import { usable } from './cipher.ts';
import { checkAlgorithm, checkUsage } from './encryption.ts';
import { KmsError, unsupported } from './errors.ts';
import type { Fields } from './fields.ts';
import { currentMaterial, type Key } from './key.ts';
import { privateKeyOf } from './secrets.ts';
import { algorithms, algorithmsMember, specs } from './specs.ts';

/** Signatures, MACs and public keys. */

interface Message {
  readonly bytes: Buffer;
  readonly isDigest: boolean;
  readonly algorithm: string;
}

function readMessage(fields: Fields): Message {
  const type = fields.optionalChoice('MessageType', ['RAW', 'DIGEST', 'EXTERNAL_MU']) ?? 'RAW';
  if (type === 'EXTERNAL_MU') throw unsupported('The emulated KMS signs no EXTERNAL_MU messages.');
  return {
    bytes: fields.bytes('Message', 4096),
    isDigest: type === 'DIGEST',
    algorithm: fields.text('SigningAlgorithm', 64),
  };
}

const digestInfoPrefix: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** How node:crypto spells an algorithm. `hash` is null where the scheme brings its own. */
function scheme(algorithm: string): {
  readonly hash: string | null;
  readonly options: object;
  readonly pkcs1: boolean;
} {
  const size = /SHA_(\d+)$/.exec(algorithm)?.[1];
  const hash = size === undefined || algorithm.startsWith('ED25519') ? null : `sha${size}`;
  if (algorithm.startsWith('RSASSA_PSS'))
    return {
      hash,
      options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
      pkcs1: false,
    };
  return { hash, options: {}, pkcs1: algorithm.startsWith('RSASSA_PKCS1') };
}

/**
 * Node signs what it hashes itself, so a ready-made digest can be signed only where the padding is ours to write:
 * PKCS#1 v1.5. Refusing the rest is better than a signature that verifies nowhere else.
 */
function digestInfo({ bytes, algorithm }: Message): Buffer {
  const { hash, pkcs1 } = scheme(algorithm);
  if (!pkcs1) throw unsupported(`The emulated KMS takes MessageType DIGEST for RSASSA_PKCS1_V1_5 only.`);
  const prefix = Buffer.from(digestInfoPrefix[hash ?? ''] ?? '', 'hex');
  const length = createHash(hash ?? 'sha256').digest().length;
  if (bytes.length !== length)
    throw new KmsError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  return Buffer.concat([prefix, bytes]);
}

function keyFor(key: Key, { algorithm }: Message, operation: string): KeyObject {
  checkUsage(key, 'SIGN_VERIFY', operation);
  checkAlgorithm(key, algorithm);
  if (algorithm === 'ED25519_PH_SHA_512') throw unsupported('The emulated KMS has no Ed25519ph.');
  return privateKeyOf(usable(key, currentMaterial(key)).secret);
}

export const sign: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  prepare: (fields) => {
    const message = readMessage(fields);
    const dryRun = fields.flag('DryRun');
    return (call, key) => {
      const privateKey = keyFor(key, message, call.operation);
      call.rehearse(dryRun);
      const { hash, options } = scheme(message.algorithm);
      const signature = message.isDigest
        ? privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, digestInfo(message))
        : signBytes(hash, message.bytes, { key: privateKey, ...options });
      call.used(key);
      return { KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm: message.algorithm };
    };
  },
};

export const verify: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  prepare: (fields) => {
    const message = readMessage(fields);
    const signature = fields.bytes('Signature', 6144);
    const dryRun = fields.flag('DryRun');
    return (call, key) => {
      const publicKey = createPublicKey(keyFor(key, message, call.operation));
      call.rehearse(dryRun);
      if (!signed(publicKey, message, signature)) throw new KmsError('KMSInvalidSignatureException');
      call.used(key);
      return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: message.algorithm };
    };
  },
};

function signed(publicKey: KeyObject, message: Message, signature: Buffer): boolean {
  const { hash, options } = scheme(message.algorithm);
  if (!message.isDigest) return verifyBytes(hash, message.bytes, { key: publicKey, ...options }, signature);
  const expected = digestInfo(message);
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature).equals(expected);
  } catch {
    return false;
  }
}

export const getPublicKey: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  prepare: () => (_call, key) => {
    const { kind } = specs[key.spec];
    if (kind === 'symmetric' || kind === 'hmac') throw unsupported(`${key.arn} is not an asymmetric key.`);
    const publicKey = createPublicKey(privateKeyOf(usable(key, currentMaterial(key)).secret));
    return {
      KeyId: key.arn,
      PublicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      CustomerMasterKeySpec: key.spec,
      KeySpec: key.spec,
      KeyUsage: key.usage,
      [algorithmsMember[key.usage]]: algorithms(key.spec, key.usage),
    };
  },
};

function readMacRequest(fields: Fields): {
  readonly message: Buffer;
  readonly algorithm: string;
  readonly dryRun: boolean;
} {
  return {
    message: fields.bytes('Message', 4096),
    algorithm: fields.text('MacAlgorithm', 64),
    dryRun: fields.flag('DryRun'),
  };
}

function mac(key: Key, operation: string, algorithm: string, message: Buffer): Buffer {
  checkUsage(key, 'GENERATE_VERIFY_MAC', operation);
  checkAlgorithm(key, algorithm);
  const { secret } = usable(key, currentMaterial(key));
  return createHmac(`sha${algorithm.slice('HMAC_SHA_'.length)}`, secret)
    .update(message)
    .digest();
}

export const generateMac: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  prepare: (fields) => {
    const { message, algorithm, dryRun } = readMacRequest(fields);
    return (call, key) => {
      const answer = mac(key, call.operation, algorithm, message);
      call.rehearse(dryRun);
      call.used(key);
      return { Mac: answer.toString('base64'), MacAlgorithm: algorithm, KeyId: key.arn };
    };
  },
};

export const verifyMac: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  prepare: (fields) => {
    const { message, algorithm, dryRun } = readMacRequest(fields);
    const given = fields.bytes('Mac', 6144);
    return (call, key) => {
      const expected = mac(key, call.operation, algorithm, message);
      call.rehearse(dryRun);
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new KmsError('KMSInvalidMacException');
      call.used(key);
      return { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm };
    };
  },
};
