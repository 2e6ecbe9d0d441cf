import { randomBytes } from 'node:crypto';
import type { KmsWorld, Operation } from './call.ts';
import { invalidState, KmsError, unsupported } from './errors.ts';
import { page } from './fields.ts';
import { currentMaterial, type Key, keyState, type Material } from './key.ts';
import { seconds } from './metadata.ts';
import { material } from './secrets.ts';
import { isSymmetric } from './specs.ts';
import { nativeEvent, serviceRecord } from './trail.ts';

const usualPeriodDays = 365;
const mostOnDemandRotations = 25;

/** Puts new material in force: generated, or the imported one that was waiting for it. */
export function rotate(world: KmsWorld, key: Key, now: number, type: 'AUTOMATIC' | 'ON_DEMAND'): void {
  const previous = currentMaterial(key);
  for (const sharer of key.origin === 'EXTERNAL' ? world.store.related(key) : [key]) {
    const old = currentMaterial(sharer);
    const waiting = sharer.materials.find(({ state }) => state === 'PENDING_ROTATION');
    const next = waiting ?? material(key.id, randomBytes(32));
    if (waiting === undefined) sharer.materials.push(next);
    if (old !== undefined) old.state = 'NON_CURRENT';
    next.state = 'CURRENT';
    next.rotation = { at: now, type };
  }
  world.record(serviceRecord('RotateKey', key, now, { serviceEventDetails: { keyId: key.id, rotationType: type } }));
  world.native(
    nativeEvent('KMS CMK Rotation', key, now, {
      'key-origin': key.origin,
      'rotation-type': type,
      'previous-key-material-id': previous?.id,
      'current-key-material-id': currentMaterial(key)?.id,
    }),
  );
}

function refuseUnrotatable(key: Key): void {
  if (!isSymmetric(key)) throw unsupported(`${key.arn} is not a symmetric encryption key.`);
}

function refuseReplica(key: Key): void {
  if (key.multiRegion === 'REPLICA')
    throw unsupported(`${key.arn} is a multi-Region replica key; its rotation is set on the primary key.`);
}

export const getKeyRotationStatus: Operation = {
  target: 'key',
  readOnly: true,
  crossAccount: true,
  prepare: () => (_call, key) => {
    refuseUnrotatable(key);
    if (key.manager === 'AWS') return { KeyId: key.arn, KeyRotationEnabled: true };
    const pending = ['PendingDeletion', 'PendingReplicaDeletion'].includes(keyState(key));
    // A pending key does not rotate and says so; cancelling brings the setting back.
    if (key.rotation === undefined || pending) return { KeyId: key.arn, KeyRotationEnabled: false };
    return {
      KeyId: key.arn,
      KeyRotationEnabled: true,
      RotationPeriodInDays: key.rotation.periodDays,
      NextRotationDate: seconds(key.rotation.nextAt),
    };
  },
};

export const enableKeyRotation: Operation = {
  target: 'key',
  readOnly: false,
  prepare: (fields) => {
    const periodDays = fields.integer('RotationPeriodInDays', 90, 2560) ?? usualPeriodDays;
    return (call, key) => {
      refuseUnrotatable(key);
      refuseReplica(key);
      const nextAt = call.now + periodDays * call.world.clock.dayMs;
      for (const related of call.store.related(key)) related.rotation = { periodDays, nextAt };
      return {};
    };
  },
};

export const disableKeyRotation: Operation = {
  target: 'key',
  readOnly: false,
  prepare: () => (call, key) => {
    refuseUnrotatable(key);
    refuseReplica(key);
    for (const related of call.store.related(key)) related.rotation = undefined;
    return {};
  },
};

export const rotateKeyOnDemand: Operation = {
  target: 'key',
  readOnly: false,
  prepare: () => (call, key) => {
    refuseUnrotatable(key);
    refuseReplica(key);
    if (key.onDemandRotations >= mostOnDemandRotations) throw new KmsError('LimitExceededException');
    if (key.origin === 'EXTERNAL' && !key.materials.some(({ state }) => state === 'PENDING_ROTATION'))
      throw invalidState(`${key.arn} has no key material that is pending rotation.`);
    for (const related of call.store.related(key)) call.changing(related);
    key.onDemandRotations += 1;
    rotate(call.world, key, call.now, 'ON_DEMAND');
    return { KeyId: key.arn };
  },
};

export const listKeyRotations: Operation = {
  target: 'key',
  readOnly: true,
  prepare: (fields) => {
    const include = fields.optionalChoice('IncludeKeyMaterial', ['ROTATIONS_ONLY', 'ALL_KEY_MATERIAL']);
    return (_call, key) => {
      refuseUnrotatable(key);
      const numbered = key.materials.map((entry, index) => ({ entry, position: String(index).padStart(6, '0') }));
      const wanted = numbered.filter(({ entry }) => include === 'ALL_KEY_MATERIAL' || entry.rotation !== undefined);
      const { items, rest } = page(fields, wanted, ({ position }) => position, { usual: 100, most: 1000 });
      return { Rotations: items.map(({ entry }) => rotationEntry(key, entry)), ...rest };
    };
  },
};

function rotationEntry(key: Key, entry: Material): Readonly<Record<string, unknown>> {
  const expires = entry.expiresAt !== undefined;
  return {
    KeyId: key.arn,
    KeyMaterialId: entry.id,
    ...(entry.description === undefined ? {} : { KeyMaterialDescription: entry.description }),
    ...(key.origin === 'EXTERNAL'
      ? {
          ImportState: entry.secret === undefined ? 'PENDING_IMPORT' : 'IMPORTED',
          ExpirationModel: expires ? 'KEY_MATERIAL_EXPIRES' : 'KEY_MATERIAL_DOES_NOT_EXPIRE',
          ...(entry.expiresAt === undefined ? {} : { ValidTo: seconds(entry.expiresAt) }),
        }
      : {}),
    KeyMaterialState: entry.state,
    ...(entry.rotation === undefined
      ? {}
      : { RotationDate: seconds(entry.rotation.at), RotationType: entry.rotation.type }),
  };
}
