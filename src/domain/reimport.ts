/** How imported material comes back: the two calls by whoever holds it, in the words that stand everywhere alike. */
import type { LossKind } from './clocks.ts';
import type { KeyRef } from './ids.ts';

/** Nothing but imported material ends: the same, imported again, restores everything. */
export const isExpiry = (of: readonly LossKind[]): boolean => of.length > 0 && of.every((loss) => loss === 'material');

/**
 * Which wrapping takes a key's material: OAEP holds no RSA private key, and AES key wrapping is for private keys alone
 * (GetParametersForImport, API reference).
 */
export type Wrapping = 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256';
export const wrappingOf = (spec: string): Wrapping =>
  spec === 'SYMMETRIC_DEFAULT' || spec.startsWith('HMAC_') ? 'RSAES_OAEP_SHA_256' : 'RSA_AES_KEY_WRAP_SHA_256';

/** Without its last option KMS takes the material to expire, and asks for a date. ARN and Region were checked when they were parsed. */
export function reimportCommands(key: KeyRef, wrapping: Wrapping): readonly string[] {
  const line = (operation: string, rest: string): string =>
    `aws kms ${operation} --region ${key.region} --key-id ${key.arn} ${rest}`;
  return [
    line('get-parameters-for-import', `--wrapping-algorithm ${wrapping} --wrapping-key-spec RSA_4096`),
    line(
      'import-key-material',
      '--import-token fileb://token.bin --encrypted-key-material fileb://wrapped.bin --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE',
    ),
  ];
}
