import { createCipheriv, createDecipheriv, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Operation } from './call.ts';
import { invalid, invalidState, KmsError, unsupported } from './errors.ts';
import type { Fields } from './fields.ts';
import type { Key } from './key.ts';
import { seconds } from './metadata.ts';
import { generateWrappingKey, privateKeyOf, unwrap, type WrappingAlgorithm, wrappingAlgorithms } from './secrets.ts';
import { specs } from './specs.ts';

const wrappingSpecs = ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const;
/** A technical period, so it stays 24 real hours however short the emulated day is. */
const tokenLivesMs = 24 * 60 * 60 * 1000;

/** What an import token seals, so that no issued token has to be remembered. */
interface Token {
  readonly keyArn: string;
  readonly algorithm: WrappingAlgorithm;
  readonly validTo: number;
  /** PKCS#8, base64. */
  readonly privateKey: string;
}

function seal(token: Token, sealingKey: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(token)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

function unseal(bytes: Buffer, sealingKey: Buffer): Token {
  try {
    const cipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12));
    cipher.setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString()) as Token;
  } catch {
    throw new KmsError('InvalidImportTokenException');
  }
}

/** Which wrapping goes with which material: the table of importing-keys-get-public-key-and-token.html. */
function checkWrapping(key: Key, algorithm: WrappingAlgorithm, wrappingSpec: string): void {
  const { kind } = specs[key.spec];
  const direct = algorithm.startsWith('RSAES');
  const tooLong = key.spec === 'ECC_NIST_P521' && wrappingSpec === 'RSA_2048';
  const possible = direct ? kind !== 'rsa' && !tooLong : kind !== 'symmetric' && kind !== 'hmac';
  if (!possible) throw unsupported(`${algorithm} with ${wrappingSpec} cannot wrap ${key.spec} key material.`);
}

export const getParametersForImport: Operation = {
  target: 'key',
  readOnly: true,
  conditions: wrappingConditions,
  prepare: (fields) => {
    const algorithm = fields.choice('WrappingAlgorithm', wrappingAlgorithms);
    const wrappingSpec = fields.choice('WrappingKeySpec', wrappingSpecs);
    return async (call, key) => {
      checkWrapping(key, algorithm, wrappingSpec);
      const privateKey: KeyObject = await generateWrappingKey(Number(wrappingSpec.slice('RSA_'.length)));
      const validTo = call.now + tokenLivesMs;
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
      const token = seal({ keyArn: key.arn, algorithm, validTo, privateKey: pkcs8 }, call.world.sealingKey);
      return {
        KeyId: key.arn,
        ImportToken: token.toString('base64'),
        PublicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64'),
        ParametersValidTo: seconds(validTo),
      };
    };
  },
};

function wrappingConditions(fields: Fields): Readonly<Record<string, string | undefined>> {
  return {
    'kms:WrappingAlgorithm': fields.optionalText('WrappingAlgorithm'),
    'kms:WrappingKeySpec': fields.optionalText('WrappingKeySpec'),
  };
}

/** The material an ImportKeyMaterial request carries, out of its wrapping. */
export function openImport(
  key: Key,
  request: { readonly token: Buffer; readonly wrapped: Buffer },
  now: number,
  sealingKey: Buffer,
): Buffer {
  const token = unseal(request.token, sealingKey);
  if (token.keyArn !== key.arn) throw new KmsError('InvalidImportTokenException');
  if (token.validTo <= now) throw new KmsError('ExpiredImportTokenException');
  return unwrap(privateKeyOf(Buffer.from(token.privateKey, 'base64')), token.algorithm, request.wrapped);
}

const longestExpiryMs = 365 * 24 * 60 * 60 * 1000;

/**
 * When imported material expires; absent: never. `ValidTo` is an instant and not a number of days, so its bound of 365
 * days is real time too, however short the emulated day is.
 */
export function readExpiry(fields: Fields): (now: number) => number | undefined {
  const model = fields.optionalChoice('ExpirationModel', ['KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE']);
  const validTo = fields.instant('ValidTo');
  if (model === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (validTo !== undefined)
      throw invalid(
        'ValidTo',
        validTo / 1000,
        'Member must be null when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE',
      );
    return () => undefined;
  }
  if (validTo === undefined)
    throw invalid('ValidTo', undefined, 'Member must not be null when ExpirationModel is KEY_MATERIAL_EXPIRES');
  return (now) => {
    if (validTo <= now) throw invalid('ValidTo', validTo / 1000, 'Member must be in the future');
    if (validTo > now + longestExpiryMs) throw invalid('ValidTo', validTo / 1000, 'Member must be within 365 days');
    return validTo;
  };
}

/** Refuses a state KMS has no words for: a second new material while one still waits for its rotation. */
export function refuseSecondPending(key: Key): void {
  if (key.materials.some(({ state }) => state.startsWith('PENDING')))
    throw invalidState(`${key.arn} already has key material that is pending rotation.`);
}
