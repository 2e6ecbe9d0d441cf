import { currentMaterial, type Key, keyState, permanentMaterials } from './key.ts';
import { algorithms, algorithmsMember, isSymmetric } from './specs.ts';
import type { Store } from './store.ts';

/** Milliseconds as the wire writes instants: epoch seconds. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

/** `KeyMetadata` as DescribeKey writes it; the presence of members follows `fixtures/kms-DescribeKey-*.json`. */
export function keyMetadata(key: Key, store: Store): Readonly<Record<string, unknown>> {
  const state = keyState(key);
  const current = currentMaterial(key);
  const namesMaterial = isSymmetric(key) && (key.origin === 'AWS_KMS' || key.origin === 'EXTERNAL');
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: seconds(key.createdAt),
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
    ...(key.deletionAt === undefined ? {} : { DeletionDate: seconds(key.deletionAt) }),
    ...expiry(key),
    Origin: key.origin,
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    [algorithmsMember[key.usage]]: algorithms(key.spec, key.usage),
    MultiRegion: key.multiRegion !== undefined,
    ...(key.multiRegion === undefined ? {} : { MultiRegionConfiguration: multiRegionConfiguration(key, store) }),
    ...(namesMaterial && current !== undefined ? { CurrentKeyMaterialId: current.id } : {}),
    ...(state === 'PendingReplicaDeletion' ? { PendingDeletionWindowInDays: key.windowAfterReplicas } : {}),
    ...(key.customKeyStoreId === undefined ? {} : { CustomKeyStoreId: key.customKeyStoreId }),
    ...(key.cloudHsmClusterId === undefined ? {} : { CloudHsmClusterId: key.cloudHsmClusterId }),
    ...(key.xksKeyId === undefined ? {} : { XksKeyConfiguration: { Id: key.xksKeyId } }),
  };
}

/** Shown while all material is there; `ValidTo` is the earliest expiry of any of it. */
function expiry(key: Key): Readonly<Record<string, unknown>> {
  const materials = permanentMaterials(key);
  if (key.origin !== 'EXTERNAL' || materials.length === 0) return {};
  if (materials.some(({ secret }) => secret === undefined)) return {};
  const expiries = materials.flatMap(({ expiresAt }) => expiresAt ?? []);
  return expiries.length === 0
    ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: seconds(Math.min(...expiries)) };
}

function multiRegionConfiguration(key: Key, store: Store): Readonly<Record<string, unknown>> {
  const related = store.related(key);
  const member = ({ arn, region }: Key) => ({ Arn: arn, Region: region });
  const primary = related.find(({ multiRegion }) => multiRegion === 'PRIMARY') ?? key;
  return {
    MultiRegionKeyType: key.multiRegion,
    PrimaryKey: member(primary),
    ReplicaKeys: related.filter(({ multiRegion }) => multiRegion === 'REPLICA').map(member),
  };
}
