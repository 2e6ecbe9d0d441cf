import { randomUUID } from 'node:crypto';
import type { Call, Operation } from './call.ts';
import { KmsError, unsupported } from './errors.ts';
import type { Key } from './key.ts';
import { keyMetadata } from './metadata.ts';
import { acceptPolicy } from './policies.ts';
import { defaultPolicy } from './policy.ts';
import { keyArn } from './store.ts';
import { readTags } from './tags.ts';
import { callRecord, shown, userIdentity } from './trail.ts';

/** Multi-Region keys: one id, one material, but policy, tags, aliases and state of each Region's own. */

export const replicateKey: Operation = {
  target: 'key',
  readOnly: false,
  defaults: { BypassPolicyLockoutSafetyCheck: false },
  prepare: (fields) => {
    const region = fields.text('ReplicaRegion', 32);
    const policy = fields.optionalText('Policy', 131_072);
    const bypass = fields.flag('BypassPolicyLockoutSafetyCheck');
    const description = fields.optionalText('Description', 8192) ?? '';
    const tags = readTags(fields);
    return (call, key) => {
      if (key.multiRegion !== 'PRIMARY') throw unsupported(`${key.arn} is not a multi-Region primary key.`);
      const related = call.store.related(key);
      if (related.some((other) => other.region === region))
        throw new KmsError(
          'AlreadyExistsException',
          `Key ${keyArn({ account: key.account, region }, key.id)} already exists.`,
        );
      call.permitAccount('kms:CreateKey');
      if (policy !== undefined) acceptPolicy(policy, bypass, call.identity);
      const replica: Key = {
        ...key,
        region,
        arn: keyArn({ account: key.account, region }, key.id),
        createdAt: call.now,
        description,
        policy: policy ?? defaultPolicy(key.account),
        multiRegion: 'REPLICA',
        enabled: true,
        transient: { state: 'Creating', until: call.now + call.world.transientMs },
        materials: key.origin === 'EXTERNAL' ? awaited(key) : key.materials,
        tags: new Map(tags),
        grants: new Map(),
        lastUse: undefined,
        before: undefined,
      };
      call.store.add(replica);
      recordCreation(call, replica);
      return {
        ReplicaKeyMetadata: keyMetadata(replica, call.store),
        ReplicaPolicy: replica.policy,
        ReplicaTags: [...replica.tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      };
    };
  },
};

/** A replica of a key with imported material knows which materials it needs, and has none of them yet. */
function awaited(primary: Key): Key['materials'] {
  return primary.materials.map((entry) => ({ ...entry, secret: undefined, expiresAt: undefined }));
}

/** A replication leaves a second record: CreateKey in the replica's Region. */
function recordCreation(call: Call, replica: Key): void {
  call.world.record(
    callRecord({
      operation: 'CreateKey',
      readOnly: false,
      identity: { ...userIdentity(call.identity, call.now), invokedBy: 'AWS Internal' },
      account: replica.account,
      region: replica.region,
      at: call.now,
      sourceIPAddress: 'AWS Internal',
      userAgent: 'AWS Internal',
      requestId: call.requestId,
      eventId: randomUUID(),
      parameters: null,
      response: shown({ KeyMetadata: keyMetadata(replica, call.store) }),
      error: undefined,
      keys: [replica],
      byService: true,
    }),
  );
}

export const updatePrimaryRegion: Operation = {
  target: 'key',
  readOnly: false,
  prepare: (fields) => {
    const region = fields.text('PrimaryRegion', 32);
    return (call, key) => {
      if (key.multiRegion !== 'PRIMARY') throw unsupported(`${key.arn} is not a multi-Region primary key.`);
      const replica = call.store.related(key).find((other) => other !== key && other.region === region);
      if (replica === undefined)
        throw new KmsError(
          'NotFoundException',
          `Key '${keyArn({ account: key.account, region }, key.id)}' does not exist`,
        );
      call.changing(replica);
      call.permit(replica);
      call.check(replica);
      key.multiRegion = 'REPLICA';
      replica.multiRegion = 'PRIMARY';
      const transient = { state: 'Updating', until: call.now + call.world.transientMs } as const;
      key.transient = transient;
      replica.transient = transient;
      return {};
    };
  },
};
