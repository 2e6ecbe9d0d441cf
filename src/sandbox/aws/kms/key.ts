import type { KeySpec, KeyUsage } from './specs.ts';

export type KeyOrigin = 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE';
export type KeyState =
  | 'Enabled'
  | 'Disabled'
  | 'PendingDeletion'
  | 'PendingReplicaDeletion'
  | 'PendingImport'
  | 'Unavailable'
  | 'Creating'
  | 'Updating';
export type MaterialState = 'CURRENT' | 'NON_CURRENT' | 'PENDING_ROTATION' | 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';

/** One key material; `secret` is raw bytes, or PKCS#8 for a key pair, and absent once deleted or expired. */
export interface Material {
  readonly id: string;
  secret: Buffer | undefined;
  state: MaterialState;
  description: string | undefined;
  /** Set when the material was imported with `KEY_MATERIAL_EXPIRES`. */
  expiresAt: number | undefined;
  rotation: { readonly at: number; readonly type: 'AUTOMATIC' | 'ON_DEMAND' } | undefined;
}

export interface Grant {
  readonly id: string;
  readonly token: string;
  readonly name: string;
  readonly createdAt: number;
  readonly granteePrincipal: string | undefined;
  readonly retiringPrincipal: string | undefined;
  readonly granteeServicePrincipal: string | undefined;
  readonly retiringServicePrincipal: string | undefined;
  readonly operations: readonly string[];
  readonly constraints: GrantConstraints | undefined;
}
export interface GrantConstraints {
  readonly EncryptionContextSubset?: Readonly<Record<string, string>>;
  readonly EncryptionContextEquals?: Readonly<Record<string, string>>;
  readonly SourceArn?: string;
}

/** One KMS key in one Region. Times are milliseconds; what the wire shows is derived in `metadata.ts`. */
export interface Key {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly origin: KeyOrigin;
  readonly customKeyStoreId: string | undefined;
  readonly cloudHsmClusterId: string | undefined;
  readonly xksKeyId: string | undefined;
  description: string;
  policy: string;
  multiRegion: 'PRIMARY' | 'REPLICA' | undefined;
  /** What EnableKey and DisableKey set; shown only when nothing stronger decides the state. */
  enabled: boolean;
  /** The custom key store is disconnected. */
  unavailable: boolean;
  deletionAt: number | undefined;
  /** How much longer than its date KMS takes, ms ("up to 24 hours", developer guide, deleting-keys). */
  heldUp?: number;
  /** A primary scheduled for deletion that still has replicas: its own window, in days. */
  windowAfterReplicas: number | undefined;
  transient: { readonly state: 'Creating' | 'Updating'; readonly until: number } | undefined;
  /** Oldest first. Shared by reference among related multi-Region keys unless the material is imported. */
  materials: Material[];
  rotation: { readonly periodDays: number; readonly nextAt: number } | undefined;
  onDemandRotations: number;
  tags: Map<string, string>;
  grants: Map<string, Grant>;
  lastUse:
    | { readonly operation: string; readonly at: number; readonly eventId: string; readonly requestId: string }
    | undefined;
  /** The key's metadata before its last change: what a stale read shows. */
  before: Readonly<Record<string, unknown>> | undefined;
}

/** When KMS really deletes the key. */
export const removedAt = ({ deletionAt, heldUp = 0 }: Key): number | undefined =>
  deletionAt === undefined ? undefined : deletionAt + heldUp;

/** The materials that must be present for the key to work; pending ones are not yet part of it. */
export function permanentMaterials(key: Key): readonly Material[] {
  return key.materials.filter(({ state }) => state === 'CURRENT' || state === 'NON_CURRENT');
}

/** The material that encrypts. */
export function currentMaterial(key: Key): Material | undefined {
  return key.materials.find(({ state }) => state === 'CURRENT');
}

/** Nothing was ever imported, or a permanent material was deleted or has expired. */
export function lacksMaterial(key: Key): boolean {
  const permanent = permanentMaterials(key);
  return key.origin === 'EXTERNAL' && (permanent.length === 0 || permanent.some(({ secret }) => secret === undefined));
}

/**
 * The state KMS shows. Strongest first: a scheduled deletion stands even while the custom key store is disconnected
 * (key-state.html, note 13) or the material is missing (DeleteImportedKeyMaterial leaves PendingDeletion).
 */
export function keyState(key: Key): KeyState {
  if (key.deletionAt !== undefined) return 'PendingDeletion';
  if (key.windowAfterReplicas !== undefined) return 'PendingReplicaDeletion';
  if (key.transient !== undefined) return key.transient.state;
  if (key.unavailable) return 'Unavailable';
  if (lacksMaterial(key)) return 'PendingImport';
  return key.enabled ? 'Enabled' : 'Disabled';
}
