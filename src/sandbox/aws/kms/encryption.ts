import { randomBytes } from 'node:crypto';
import type { Call, Operation } from './call.ts';
import {
  type Blob,
  type EncryptionContext,
  openRsa,
  openSymmetric,
  readBlob,
  sealRsa,
  sealSymmetric,
} from './cipher.ts';
import { invalid, KmsError } from './errors.ts';
import type { Fields } from './fields.ts';
import { currentMaterial, type Key } from './key.ts';
import { algorithms, isSymmetric, type KeyUsage } from './specs.ts';
import { keyArn } from './store.ts';

/** Encrypt, Decrypt, ReEncrypt and data keys. */

const longestPlaintext = 4096;
const longestCiphertext = 6144;
const used = { aliases: true, crossAccount: true };
const encryptionAlgorithms = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const;
type EncryptionAlgorithm = (typeof encryptionAlgorithms)[number];

/** Refuses a key made for something else. */
export function checkUsage(key: Key, usage: KeyUsage, operation: string): void {
  if (key.usage !== usage)
    throw new KmsError(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`,
    );
}

/** Refuses an algorithm the key does not offer. */
export function checkAlgorithm(key: Key, algorithm: string): void {
  if (!algorithms(key.spec, key.usage).includes(algorithm))
    throw new KmsError('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
}

function readAlgorithm(fields: Fields, member = 'EncryptionAlgorithm'): EncryptionAlgorithm {
  return fields.optionalChoice(member, encryptionAlgorithms) ?? 'SYMMETRIC_DEFAULT';
}

function seal(key: Key, algorithm: string, plaintext: Buffer, context: EncryptionContext): Buffer {
  checkAlgorithm(key, algorithm);
  return isSymmetric(key) ? sealSymmetric(key, plaintext, context) : sealRsa(key, algorithm, plaintext);
}

/** Named in answers for symmetric keys of KMS's own; a custom key store has no material id. */
function namedMaterial(key: Key, id: string | undefined): string | undefined {
  return isSymmetric(key) && key.customKeyStoreId === undefined ? id : undefined;
}

export const encrypt: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  defaults: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  prepare: (fields) => {
    const plaintext = fields.bytes('Plaintext', longestPlaintext);
    const algorithm = readAlgorithm(fields);
    const context = fields.map('EncryptionContext') ?? {};
    const dryRun = fields.flag('DryRun');
    return (call, key) => {
      checkUsage(key, 'ENCRYPT_DECRYPT', call.operation);
      call.rehearse(dryRun);
      const blob = seal(key, algorithm, plaintext, context);
      call.used(key);
      return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: algorithm };
    };
  },
};

/** A ciphertext and how the caller says it was made. */
interface Sealed {
  readonly bytes: Buffer;
  readonly keyId: string | undefined;
  readonly algorithm: EncryptionAlgorithm;
  readonly context: EncryptionContext;
}

/** Finds the key of a ciphertext and checks that it may open it now. */
function keyOf(
  call: Call,
  sealed: Sealed,
  action: string,
): { readonly key: Key; readonly open: () => Buffer; readonly materialId: string | undefined } {
  const named = sealed.keyId === undefined ? undefined : call.resolve(sealed.keyId, used);
  if (sealed.algorithm !== 'SYMMETRIC_DEFAULT') {
    if (named === undefined) throw invalid('KeyId', undefined, 'Member must not be null');
    return ready(call, named, action, () => openRsa(named, sealed.algorithm, sealed.bytes), currentMaterial(named)?.id);
  }
  const blob = readBlob(sealed.bytes);
  if (named !== undefined && named.id !== blob.keyId)
    throw new KmsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  const key = named ?? owner(call, blob);
  return ready(call, key, action, () => openSymmetric(key, blob, sealed.context), blob.materialId);
}

function ready(call: Call, key: Key, action: string, open: () => Buffer, materialId: string | undefined) {
  call.permit(key, {}, action);
  call.check(key);
  checkUsage(key, 'ENCRYPT_DECRYPT', call.operation);
  return { key, open, materialId };
}

/** The key a blob names; one that is gone or elsewhere looks like one that is forbidden. */
function owner(call: Call, blob: Blob): Key {
  try {
    return call.resolve(keyArn({ account: blob.account, region: call.region }, blob.keyId), used);
  } catch (error) {
    if (!(error instanceof KmsError) || error.code !== 'NotFoundException') throw error;
    throw new KmsError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  }
}

export const decrypt: Operation = {
  target: 'account',
  readOnly: true,
  defaults: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  prepare: (fields) => {
    const sealed = {
      bytes: fields.bytes('CiphertextBlob', longestCiphertext),
      keyId: fields.optionalText('KeyId', 2048),
      algorithm: readAlgorithm(fields),
      context: fields.map('EncryptionContext') ?? {},
    };
    const dryRun = fields.flag('DryRun');
    return (call) => {
      const { key, open, materialId } = keyOf(call, sealed, 'kms:Decrypt');
      call.rehearse(dryRun);
      const plaintext = open();
      call.used(key);
      return {
        KeyId: key.arn,
        Plaintext: plaintext.toString('base64'),
        EncryptionAlgorithm: sealed.algorithm,
        KeyMaterialId: namedMaterial(key, materialId),
      };
    };
  },
};

export const reEncrypt: Operation = {
  target: 'account',
  readOnly: true,
  defaults: { SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT', DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  prepare: (fields) => {
    const sealed = {
      bytes: fields.bytes('CiphertextBlob', longestCiphertext),
      keyId: fields.optionalText('SourceKeyId', 2048),
      algorithm: readAlgorithm(fields, 'SourceEncryptionAlgorithm'),
      context: fields.map('SourceEncryptionContext') ?? {},
    };
    const destination = fields.text('DestinationKeyId', 2048);
    const algorithm = readAlgorithm(fields, 'DestinationEncryptionAlgorithm');
    const context = fields.map('DestinationEncryptionContext') ?? {};
    const dryRun = fields.flag('DryRun');
    return (call) => {
      const from = keyOf(call, sealed, 'kms:ReEncryptFrom');
      const to = ready(call, call.resolve(destination, used), 'kms:ReEncryptTo', () => sealed.bytes, undefined).key;
      call.rehearse(dryRun);
      const blob = seal(to, algorithm, from.open(), context);
      call.used(from.key);
      call.used(to);
      return {
        CiphertextBlob: blob.toString('base64'),
        SourceKeyId: from.key.arn,
        KeyId: to.arn,
        SourceEncryptionAlgorithm: sealed.algorithm,
        DestinationEncryptionAlgorithm: algorithm,
        SourceKeyMaterialId: namedMaterial(from.key, from.materialId),
        DestinationKeyMaterialId: namedMaterial(to, currentMaterial(to)?.id),
      };
    };
  },
};

function dataKey(withPlaintext: boolean): Operation {
  return {
    target: 'keyOrAlias',
    readOnly: true,
    crossAccount: true,
    prepare: (fields) => {
      const spec = fields.optionalChoice('KeySpec', ['AES_256', 'AES_128']);
      const length = fields.integer('NumberOfBytes', 1, 1024);
      if ((spec === undefined) === (length === undefined))
        throw new KmsError('ValidationException', 'Please specify either number of bytes or key spec.');
      const context = fields.map('EncryptionContext') ?? {};
      const dryRun = fields.flag('DryRun');
      return (call, key) => {
        checkUsage(key, 'ENCRYPT_DECRYPT', call.operation);
        checkAlgorithm(key, 'SYMMETRIC_DEFAULT');
        call.rehearse(dryRun);
        const plaintext = randomBytes(length ?? (spec === 'AES_128' ? 16 : 32));
        const blob = sealSymmetric(key, plaintext, context);
        call.used(key);
        return {
          CiphertextBlob: blob.toString('base64'),
          ...(withPlaintext ? { Plaintext: plaintext.toString('base64') } : {}),
          KeyId: key.arn,
          KeyMaterialId: namedMaterial(key, currentMaterial(key)?.id),
        };
      };
    },
  };
}

export const generateDataKey: Operation = dataKey(true);
export const generateDataKeyWithoutPlaintext: Operation = dataKey(false);
