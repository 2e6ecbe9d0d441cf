import type { Call, Operation } from './call.ts';
import { invalid, KmsError, unsupported } from './errors.ts';
import { openImport, readExpiry, refuseSecondPending } from './import.ts';
import { currentMaterial, type Key, keyState, lacksMaterial, type Material } from './key.ts';
import { fitsSpec, material, materialId } from './secrets.ts';
import { isSymmetric } from './specs.ts';

/** Imported key material: put in, put back, taken away. */

type ImportType = 'NEW_KEY_MATERIAL' | 'EXISTING_KEY_MATERIAL';
interface Naming {
  readonly type: ImportType | undefined;
  readonly id: string | undefined;
  readonly description: string | undefined;
}

export const importKeyMaterial: Operation = {
  target: 'key',
  readOnly: false,
  conditions: (fields) => ({ 'kms:ExpirationModel': fields.optionalText('ExpirationModel') ?? 'KEY_MATERIAL_EXPIRES' }),
  prepare: (fields) => {
    const request = { token: fields.bytes('ImportToken', 6144), wrapped: fields.bytes('EncryptedKeyMaterial', 6144) };
    const expiry = readExpiry(fields);
    const naming: Naming = {
      type: fields.optionalChoice('ImportType', ['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL']),
      id: fields.optionalText('KeyMaterialId', 64),
      description: fields.optionalText('KeyMaterialDescription', 256),
    };
    if (naming.type === 'NEW_KEY_MATERIAL' && naming.id !== undefined)
      throw invalid('KeyMaterialId', naming.id, 'Member must be null when ImportType is NEW_KEY_MATERIAL');
    return (call, key) => {
      const expiresAt = expiry(call.now);
      if (!isSymmetric(key) && (naming.type ?? naming.id ?? naming.description) !== undefined)
        throw unsupported(
          'ImportType, KeyMaterialId and KeyMaterialDescription go with symmetric encryption keys only.',
        );
      const secret = openImport(key, request, call.now, call.world.sealingKey);
      if (!fitsSpec(key.spec, secret)) throw new KmsError('IncorrectKeyMaterialException');
      const wasMissing = keyState(key) === 'PendingImport';
      const entry = place(call, key, secret, naming);
      entry.secret = secret;
      entry.expiresAt = expiresAt;
      entry.description = naming.description ?? entry.description;
      // Complete again: Enabled even if it was Disabled before it lost its material. A key that lacked nothing keeps
      // its state; what KMS does with a Disabled one is not documented.
      if (wasMissing && !lacksMaterial(key)) key.enabled = true;
      settlePending(call, key);
      return { KeyId: key.arn, KeyMaterialId: entry.id };
    };
  },
};

/** The entry an import fills: an existing one, or a new one where that is allowed. */
function place(call: Call, key: Key, secret: Buffer, naming: Naming): Material {
  const id = materialId(key.id, secret);
  const known = key.materials.find((entry) => entry.id === id);
  const ofPrimary = call.store
    .related(key)
    .find(({ multiRegion }) => key.multiRegion === 'REPLICA' && multiRegion === 'PRIMARY')
    ?.materials.find((entry) => entry.id === id);
  const everImported = key.materials.length > 0 || key.multiRegion === 'REPLICA';
  // Only symmetric keys ever take a second material; others have exactly one for life.
  const type = naming.type ?? (everImported ? 'EXISTING_KEY_MATERIAL' : 'NEW_KEY_MATERIAL');
  if (naming.id !== undefined && naming.id !== id) throw new KmsError('IncorrectKeyMaterialException');
  if (type === 'EXISTING_KEY_MATERIAL') {
    if (known !== undefined) return known;
    if (ofPrimary === undefined) throw new KmsError('IncorrectKeyMaterialException');
    const copy = { ...ofPrimary, secret: undefined };
    key.materials.push(copy);
    return copy;
  }
  if (key.multiRegion === 'REPLICA')
    throw unsupported(`${key.arn} is a replica key; import new material into its primary key.`);
  if (known !== undefined) throw new KmsError('IncorrectKeyMaterialException');
  refuseSecondPending(key);
  const entry = material(key.id, secret, key.materials.length === 0 ? 'CURRENT' : 'PENDING_ROTATION');
  key.materials.push(entry);
  return entry;
}

/** New material of a multi-Region key waits for the replicas first, then for its rotation. */
function settlePending(call: Call, key: Key): void {
  const related = call.store.related(key);
  const waiting = key.materials.find(({ state }) => state.startsWith('PENDING'));
  if (waiting === undefined) return;
  const copies = related.map(({ materials }) => materials.find(({ id }) => id === waiting.id));
  const everywhere = copies.every((copy) => copy?.secret !== undefined);
  for (const copy of copies)
    if (copy !== undefined) copy.state = everywhere ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
}

/** Acts at once and in every state a key with imported material can rest in; only the deletion clock stays as it is. */
export const deleteImportedKeyMaterial: Operation = {
  target: 'key',
  readOnly: false,
  prepare: (fields) => {
    const id = fields.optionalText('KeyMaterialId', 64);
    return (call, key) => {
      const entry = id === undefined ? currentMaterial(key) : key.materials.find((other) => other.id === id);
      if (id !== undefined && entry === undefined)
        throw new KmsError('NotFoundException', `Key material '${id}' does not exist`);
      if (entry?.state.startsWith('PENDING') === true) forget(call, key, entry);
      else if (entry !== undefined) entry.secret = undefined;
      return { KeyId: key.arn, KeyMaterialId: entry?.id };
    };
  },
};

/** Pending material is not yet part of the key: it goes without harm, and from a primary key for its replicas too. */
function forget(call: Call, key: Key, entry: Material): void {
  const holders = key.multiRegion === 'PRIMARY' ? call.store.related(key) : [key];
  for (const holder of holders) {
    call.changing(holder);
    holder.materials = holder.materials.filter(({ id }) => id !== entry.id);
  }
}
