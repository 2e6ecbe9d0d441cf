import { randomBytes, randomUUID } from 'node:crypto';
import type { FaultQueue } from '../../faults.ts';
import type { CallerIdentity, CloudTrailRecord, WorldClock } from '../../world.ts';
import { Requests } from '../requests.ts';
import { newAlias } from './aliases.ts';
import type { Authorize, Identify, KmsWorld } from './call.ts';
import { makeKey, readKeyRequest, type SeedOptions } from './create.ts';
import { Fields } from './fields.ts';
import type { Key } from './key.ts';
import { keyMetadata } from './metadata.ts';
import { perform, type Request, type Response } from './perform.ts';
import { awsManagedPolicy } from './policy.ts';
import { type Listening, listen } from './server.ts';
import { type ServiceUse, useAsService } from './service-use.ts';
import { findKey, type Place, Store } from './store.ts';
import { passTime } from './time.ts';
import type { NativeEvent } from './trail.ts';

export type { NativeEvent } from './trail.ts';
export type { Authorize, Identify, Listening, Response, SeedOptions, ServiceUse };

type Metadata = Readonly<Record<string, unknown>>;

export interface KmsOptions {
  readonly clock: WorldClock;
  readonly identify: Identify;
  readonly authorize: Authorize;
  /** Receives the CloudTrail record of every call and of what KMS does of itself. */
  readonly record: (record: CloudTrailRecord) => void;
  readonly faults: FaultQueue;
  /** Receives the events KMS sends to EventBridge itself, in their envelope. */
  readonly native: (event: NativeEvent) => void;
  /** How long a new replica is Creating and a changed primary Updating. */
  readonly transientMs?: number;
}

/** How a console call is made; what is left out looks like the AWS CLI. */
export interface ConsoleCaller {
  readonly identity: CallerIdentity;
  readonly region: string;
  readonly requestId?: string;
  readonly userAgent?: string;
  readonly sourceIPAddress?: string;
}

export interface Kms {
  /** Makes one call without HTTP: faults and call counts are for clients on the wire only. */
  call(operation: string, body: Metadata, caller: ConsoleCaller): Promise<Response>;
  listen(port: number): Promise<Listening>;
  /** Every key as `KeyMetadata` on the wire, with the names of its aliases. */
  keys(): readonly (Metadata & { readonly aliases: readonly string[] })[];
  /** Does what is due now: expiries, deletions, ends of transient states, automatic rotations. */
  tick(): void;
  /** A service's use of a key, with its record; refused when the key's state refuses it. */
  useAsService(use: ServiceUse): Response;
  /** Makes a key nobody created: no record, and what only a seed can be (AWS managed, Unavailable, old). */
  seed(body: Metadata, place: Place, seed?: SeedOptions & { readonly aliases?: readonly string[] }): Promise<Metadata>;
  /** Connects or disconnects the custom key store of a key. */
  setUnavailable(keyArn: string, unavailable: boolean): void;
  /** KMS takes so much longer than its date for this key, ms. */
  holdUp(keyArn: string, ms: number): void;
  /** Calls served over HTTP, by `kms <operation> <account> <Region>`. */
  readonly calls: ReadonlyMap<string, number>;
  readonly requests: Requests;
}

/** GetKeyLastUsage knows of uses since this day (AWS's announcement of key usage tracking). */
const trackingBegan = Date.parse('2026-04-23T00:00:00Z');

/** The emulated KMS of all accounts and Regions. */
export function createKms(options: KmsOptions): Kms {
  const { clock, authorize, record, native } = options;
  const store = new Store();
  const world: KmsWorld = {
    store,
    clock,
    authorize,
    record,
    native,
    sealingKey: randomBytes(32),
    // On a machine whose clock stands before that day, tracking begins with the emulator.
    trackingSince: Math.min(trackingBegan, clock.now()),
    transientMs: options.transientMs ?? 500,
  };
  const requests = new Requests(clock);

  async function describeStale(request: Request): Promise<Response> {
    const response = await perform(world, request);
    if (response.status !== 200) return response;
    const { Arn } = response.body.KeyMetadata as { readonly Arn: string };
    const { before } = keyWithArn(store, Arn);
    return before === undefined ? response : { ...response, body: { KeyMetadata: before } };
  }

  return {
    calls: requests.calls,
    requests,
    call: (operation, body, caller) =>
      perform(world, {
        operation,
        body,
        identity: caller.identity,
        region: caller.region,
        requestId: caller.requestId ?? randomUUID(),
        userAgent: caller.userAgent ?? 'aws-cli/2.27.0 md/awscrt#0.25.4',
        sourceIPAddress: caller.sourceIPAddress ?? '192.0.2.0',
      }),
    listen: (port) =>
      listen(
        {
          world,
          identify: options.identify,
          faults: options.faults,
          count: (name) => requests.count(name),
          describeStale,
        },
        port,
      ),
    keys: () => {
      passTime(world);
      const aliases = store.aliasesByKey();
      return store.all().map((key) => ({ ...keyMetadata(key, store), aliases: aliases.get(key.arn) ?? [] }));
    },
    tick: () => passTime(world),
    useAsService: (use) => useAsService(world, use),
    seed: async (body, place, seed = {}) => {
      const service = seed.aliases?.[0]?.split('/').at(-1) ?? 'service';
      const policy = seed.manager === 'AWS' ? { Policy: awsManagedPolicy(place.account, place.region, service) } : {};
      const key = await makeKey(readKeyRequest(new Fields({ ...policy, ...body })), place, clock.now(), seed);
      store.add(key);
      for (const name of seed.aliases ?? []) store.addAlias(key, newAlias(key, name, key.createdAt));
      return keyMetadata(key, store);
    },
    setUnavailable: (keyArn, unavailable) => {
      const key = keyWithArn(store, keyArn);
      key.before = keyMetadata(key, store);
      key.unavailable = unavailable;
    },
    holdUp: (keyArn, ms) => {
      keyWithArn(store, keyArn).heldUp = ms;
      store.reckon();
    },
  };
}

function keyWithArn(store: Store, arn: string): Key {
  const [, , , region = '', account = ''] = arn.split(':');
  return findKey(store, { account, region }, arn, false);
}
