import { randomBytes, randomUUID } from 'node:crypto';
import type { Call, Operation } from './call.ts';
import { invalid, KmsError, unsupported } from './errors.ts';
import type { Fields } from './fields.ts';
import type { Key, KeyOrigin } from './key.ts';
import { keyMetadata } from './metadata.ts';
import { acceptPolicy } from './policies.ts';
import { defaultPolicy } from './policy.ts';
import { generateSecret, material } from './secrets.ts';
import { type KeySpec, type KeyUsage, keySpecs, keyUsages, specs } from './specs.ts';
import { keyArn, type Place } from './store.ts';
import { readTags } from './tags.ts';

const origins: readonly KeyOrigin[] = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'];

/** A CreateKey request, checked. */
export interface KeyRequest {
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly origin: KeyOrigin;
  readonly description: string;
  readonly multiRegion: boolean;
  readonly customKeyStoreId: string | undefined;
  readonly xksKeyId: string | undefined;
  readonly policy: string | undefined;
  readonly bypassLockoutCheck: boolean;
  readonly tags: ReadonlyMap<string, string>;
}

/** Reads a CreateKey request. */
export function readKeyRequest(fields: Fields): KeyRequest {
  const wanted = fields.optionalText('KeySpec') ?? fields.optionalText('CustomerMasterKeySpec') ?? 'SYMMETRIC_DEFAULT';
  if (wanted === 'SM2') throw unsupported('SM2 keys exist in China Regions only.');
  const spec = keySpecs.find((candidate) => candidate === wanted);
  if (spec === undefined)
    throw invalid('KeySpec', wanted, `Member must satisfy enum value set: [${keySpecs.join(', ')}, SM2]`);
  const usage = fields.optionalChoice('KeyUsage', keyUsages) ?? 'ENCRYPT_DECRYPT';
  if (specs[spec].usages[usage] === undefined)
    throw new KmsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  const origin = fields.optionalChoice('Origin', origins) ?? 'AWS_KMS';
  const multiRegion = fields.flag('MultiRegion');
  const customKeyStoreId = fields.optionalText('CustomKeyStoreId', 64);
  const xksKeyId = fields.optionalText('XksKeyId', 128);
  const inStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  if (inStore !== (customKeyStoreId !== undefined))
    throw new KmsError('ValidationException', `CustomKeyStoreId and Origin ${origin} do not go together`);
  if ((origin === 'EXTERNAL_KEY_STORE') !== (xksKeyId !== undefined))
    throw new KmsError('ValidationException', `XksKeyId and Origin ${origin} do not go together`);
  if (inStore && (spec !== 'SYMMETRIC_DEFAULT' || multiRegion))
    throw unsupported('A custom key store takes single-Region symmetric encryption keys only.');
  if (origin === 'EXTERNAL' && spec.startsWith('ML_')) throw unsupported(`${spec} key material cannot be imported.`);
  return {
    spec,
    usage,
    origin,
    multiRegion,
    customKeyStoreId,
    xksKeyId,
    description: fields.optionalText('Description', 8192) ?? '',
    policy: fields.optionalText('Policy', 131_072),
    bypassLockoutCheck: fields.flag('BypassPolicyLockoutSafetyCheck'),
    tags: readTags(fields),
  };
}

/** What only the sandbox's seeds can ask for. */
export interface SeedOptions {
  readonly keyId?: string;
  readonly createdAt?: number;
  /** Makes an AWS managed key. */
  readonly manager?: 'AWS' | 'CUSTOMER';
  /** The key's custom key store is disconnected. */
  readonly unavailable?: boolean;
}

/** Makes a key, with its material unless that is to be imported. */
export async function makeKey(request: KeyRequest, place: Place, now: number, seed: SeedOptions = {}): Promise<Key> {
  const { spec, usage, origin } = request;
  const id = seed.keyId ?? (request.multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID());
  return {
    id,
    account: place.account,
    region: place.region,
    arn: keyArn(place, id),
    createdAt: seed.createdAt ?? now,
    manager: seed.manager ?? 'CUSTOMER',
    spec,
    usage,
    origin,
    customKeyStoreId: request.customKeyStoreId,
    cloudHsmClusterId: origin === 'AWS_CLOUDHSM' ? 'cluster-1a23b4cdefg' : undefined,
    xksKeyId: request.xksKeyId,
    description: request.description,
    policy: request.policy ?? defaultPolicy(place.account),
    multiRegion: request.multiRegion ? 'PRIMARY' : undefined,
    enabled: true,
    unavailable: seed.unavailable ?? false,
    deletionAt: undefined,
    windowAfterReplicas: undefined,
    transient: undefined,
    materials: origin === 'EXTERNAL' ? [] : [material(id, await generateSecret(spec))],
    rotation: undefined,
    onDemandRotations: 0,
    tags: new Map(request.tags),
    grants: new Map(),
    lastUse: undefined,
    before: undefined,
  };
}

export const createKey: Operation = {
  target: 'account',
  readOnly: false,
  defaults: { BypassPolicyLockoutSafetyCheck: false },
  prepare: (fields) => {
    const request = readKeyRequest(fields);
    return async (call: Call) => {
      call.permitAccount();
      if (request.policy !== undefined) acceptPolicy(request.policy, request.bypassLockoutCheck, call.identity);
      const key = await makeKey(request, call, call.now);
      call.store.add(key);
      call.meet(key);
      return { KeyMetadata: keyMetadata(key, call.store) };
    };
  },
};
