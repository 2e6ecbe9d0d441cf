import type { Operation } from './call.ts';
import { page } from './fields.ts';
import { keyState } from './key.ts';
import { keyMetadata, seconds } from './metadata.ts';

/** From Enabled to gone: looking at keys, switching them, scheduling and cancelling their deletion. */

export const describeKey: Operation = {
  target: 'keyOrAlias',
  readOnly: true,
  crossAccount: true,
  prepare: () => (call, key) => ({ KeyMetadata: keyMetadata(key, call.store) }),
};

export const listKeys: Operation = {
  target: 'account',
  readOnly: true,
  prepare: (fields) => (call) => {
    call.permitAccount();
    const { keys } = call.store.shelf(call.account, call.region);
    const { items, rest } = page(fields, [...keys.values()], ({ id }) => id, { usual: 100, most: 1000 });
    return { Keys: items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...rest };
  },
};

export const updateKeyDescription: Operation = {
  target: 'key',
  readOnly: false,
  prepare: (fields) => {
    const description = fields.optionalText('Description', 8192) ?? '';
    return (_call, key) => {
      key.description = description;
      return {};
    };
  },
};

export const enableKey: Operation = {
  target: 'key',
  readOnly: false,
  prepare: () => (_call, key) => {
    key.enabled = true;
    return {};
  },
};

export const disableKey: Operation = {
  target: 'key',
  readOnly: false,
  prepare: () => (_call, key) => {
    key.enabled = false;
    return {};
  },
};

const usualWindowDays = 30;

export const scheduleKeyDeletion: Operation = {
  target: 'key',
  readOnly: false,
  conditions: (fields) => {
    const days = fields.integer('PendingWindowInDays', 7, 30);
    // Whether the condition key is there when the caller left the window out is not documented; only what was sent is.
    return { 'kms:ScheduleKeyDeletionPendingWindowInDays': days === undefined ? undefined : String(days) };
  },
  prepare: (fields) => {
    const days = fields.integer('PendingWindowInDays', 7, 30) ?? usualWindowDays;
    return (call, key) => {
      const replicas = call.store.related(key).filter(({ multiRegion }) => multiRegion === 'REPLICA');
      if (key.multiRegion === 'PRIMARY' && replicas.length > 0) key.windowAfterReplicas = days;
      else key.deletionAt = call.now + days * call.world.clock.dayMs;
      return {
        KeyId: key.arn,
        ...(key.deletionAt === undefined ? {} : { DeletionDate: seconds(key.deletionAt) }),
        KeyState: keyState(key),
        PendingWindowInDays: days,
      };
    };
  },
};

export const cancelKeyDeletion: Operation = {
  target: 'key',
  readOnly: false,
  prepare: () => (_call, key) => {
    key.deletionAt = undefined;
    key.windowAfterReplicas = undefined;
    // Always Disabled afterwards, or PendingImport where `keyState` finds that material is missing meanwhile.
    key.enabled = false;
    return { KeyId: key.arn };
  },
};

/** The whole of what KMS remembers about use: the last success, and since when it looks. */
export const getKeyLastUsage: Operation = {
  target: 'key',
  readOnly: true,
  prepare:
    () =>
    (call, { id, createdAt, lastUse }) => ({
      KeyCreationDate: seconds(createdAt),
      KeyId: id,
      TrackingStartDate: seconds(Math.max(createdAt, call.world.trackingSince)),
      KeyLastUsage:
        lastUse === undefined
          ? {}
          : {
              Timestamp: seconds(lastUse.at),
              Operation: lastUse.operation,
              KmsRequestId: lastUse.requestId,
              CloudTrailEventId: lastUse.eventId,
            },
    }),
};
