import type { KmsWorld } from './call.ts';
import { type Key, keyState, type Material, removedAt } from './key.ts';
import { keyMetadata } from './metadata.ts';
import { rotate } from './rotation.ts';
import { nativeEvent, serviceRecord } from './trail.ts';

/** What KMS does of itself when its time has come: end transient states, expire, delete and rotate. */
export function passTime(world: KmsWorld): void {
  const now = world.clock.now();
  // Each round may make the next thing due: the last replica gone starts the window of its primary.
  while (world.store.anyDue(now)) {
    for (const key of world.store.due(now)) age(world, key, now);
    world.store.reckon();
  }
}

function age(world: KmsWorld, key: Key, now: number): void {
  const before = keyMetadata(key, world.store);
  if (key.transient !== undefined && key.transient.until <= now) key.transient = undefined;
  for (const entry of key.materials)
    if (entry.secret !== undefined && entry.expiresAt !== undefined && entry.expiresAt <= now)
      expire(world, key, entry, now);
  const gone = removedAt(key);
  if (gone !== undefined && gone <= now) {
    remove(world, key, now);
    return;
  }
  const { rotation } = key;
  const rotates = keyState(key) === 'Enabled' && key.multiRegion !== 'REPLICA';
  if (rotates && rotation !== undefined && rotation.nextAt <= now) {
    rotate(world, key, now, 'AUTOMATIC');
    const nextAt = now + rotation.periodDays * world.clock.dayMs;
    for (const related of world.store.related(key)) related.rotation = { ...rotation, nextAt };
  }
  key.before = before;
}

function expire(world: KmsWorld, key: Key, entry: Material, now: number): void {
  entry.secret = undefined;
  world.record(
    serviceRecord('DeleteExpiredKeyMaterial', key, now, {
      serviceEventDetails: { keyId: key.id },
    }),
  );
  world.native(nativeEvent('KMS Imported Key Material Expiration', key, now, { 'key-material-id': entry.id }));
}

function remove(world: KmsWorld, key: Key, now: number): void {
  world.store.remove(key);
  world.record(serviceRecord('DeleteKey', key, now, { responseElements: { keyId: key.arn } }));
  world.native(nativeEvent('KMS CMK Deletion', key, now, {}));
  if (key.multiRegion !== 'REPLICA') return;
  const [primary, ...replicas] = world.store
    .related(key)
    .toSorted((left, right) => (left.multiRegion ?? '').localeCompare(right.multiRegion ?? ''));
  if (primary?.windowAfterReplicas === undefined || replicas.length > 0) return;
  primary.before = keyMetadata(primary, world.store);
  primary.deletionAt = now + primary.windowAfterReplicas * world.clock.dayMs;
  primary.windowAfterReplicas = undefined;
}
