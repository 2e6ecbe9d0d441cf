/** DescribeKey's answer → a snapshot. An answer that lacks what we act on is no answer: nothing is defaulted. */
import type { KeyMetadata } from '@aws-sdk/client-kms';
import { type Instant, type KeyRef, parseKeyArn } from '../../domain/ids.ts';
import {
  KEY_STATES,
  type KeyManager,
  type KeyOrigin,
  type KeySnapshot,
  type MultiRegion,
  type Unreadable,
} from '../../domain/key.ts';

const MANAGERS: readonly KeyManager[] = ['AWS', 'CUSTOMER'];
const ORIGINS: readonly KeyOrigin[] = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'];

export type Parsed =
  | { readonly kind: 'parsed'; readonly snapshot: KeySnapshot }
  | { readonly kind: 'unusable'; readonly why: Unreadable };

/** Checks that the answer is about the asked key and complete. Dates become ms since the epoch. */
export function parseMetadata(key: KeyRef, metadata: KeyMetadata | undefined, readAt: Instant): Parsed {
  if (typeof metadata?.Arn !== 'string') return incomplete('Arn', metadata?.Arn);
  if (metadata.Arn !== key.arn) {
    return unusable({ kind: 'foreign', message: `KMS answered about ${metadata.Arn} when asked for ${key.arn}` });
  }
  const state = oneOf(KEY_STATES, metadata.KeyState);
  if (state === undefined) return incomplete('KeyState', metadata.KeyState);
  const origin = oneOf(ORIGINS, metadata.Origin);
  if (origin === undefined) return incomplete('Origin', metadata.Origin);
  const manager = oneOf(MANAGERS, metadata.KeyManager);
  if (manager === undefined) return incomplete('KeyManager', metadata.KeyManager);
  // Older KMS endpoints and emulators know the spec only under its former name.
  const spec = metadata.KeySpec ?? metadata.CustomerMasterKeySpec;
  if (typeof spec !== 'string') return incomplete('KeySpec', spec);
  if (typeof metadata.KeyUsage !== 'string') return incomplete('KeyUsage', metadata.KeyUsage);
  const family = metadata.MultiRegion === true ? familyOf(metadata) : undefined;
  if (metadata.MultiRegion === true && family === undefined) return incomplete('MultiRegionConfiguration', undefined);
  return {
    kind: 'parsed',
    snapshot: {
      key,
      readAt,
      state,
      manager,
      origin,
      spec,
      usage: metadata.KeyUsage,
      ...optional('createdAt', instantOf(metadata.CreationDate)),
      ...optional('deletionDate', instantOf(metadata.DeletionDate)),
      ...optional('pendingWindowInDays', metadata.PendingDeletionWindowInDays),
      ...optional('validTo', instantOf(metadata.ValidTo)),
      ...optional('currentMaterialId', metadata.CurrentKeyMaterialId),
      ...optional('customKeyStoreId', metadata.CustomKeyStoreId),
      ...optional('multiRegion', family),
    },
  };
}

/** ms since the epoch; `undefined` for a missing or unusable date. */
export function instantOf(date: Date | undefined): Instant | undefined {
  const at = date instanceof Date ? date.getTime() : Number.NaN;
  return Number.isFinite(at) ? at : undefined;
}

function familyOf(metadata: KeyMetadata): MultiRegion | undefined {
  const told = metadata.MultiRegionConfiguration;
  const role = oneOf(['PRIMARY', 'REPLICA'] as const, told?.MultiRegionKeyType);
  const primary = parseKeyArn(told?.PrimaryKey?.Arn ?? '');
  const replicas = (told?.ReplicaKeys ?? []).map((replica) => parseKeyArn(replica.Arn ?? ''));
  if (role === undefined || primary === undefined || replicas.includes(undefined)) return undefined;
  return { role, primary, replicas: replicas.filter((replica) => replica !== undefined) };
}

function incomplete(field: string, value: unknown): Parsed {
  const seen = typeof value === 'string' ? ` (${value.slice(0, 100)})` : '';
  return unusable({ kind: 'unreachable', message: `KMS answered without a usable ${field}${seen}` });
}

const unusable = (why: Unreadable): Parsed => ({ kind: 'unusable', why });
const oneOf = <T extends string>(known: readonly T[], value: unknown): T | undefined =>
  known.find((candidate) => candidate === value);
const optional = <N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [K in N]?: T });
