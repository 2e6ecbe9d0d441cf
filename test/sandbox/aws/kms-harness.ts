import { KMSClient } from '@aws-sdk/client-kms';
import { createKms, type Kms, type NativeEvent } from '../../../src/sandbox/aws/kms/kms.ts';
import { FaultQueue } from '../../../src/sandbox/faults.ts';
import type { CallerIdentity, CloudTrailRecord } from '../../../src/sandbox/world.ts';

export const account = '111122223333';
export const region = 'us-west-2';
export const alice: CallerIdentity = { account, arn: `arn:aws:iam::${account}:user/Alice`, accessKeyId: 'AKIAALICE' };
export const bot: CallerIdentity = {
  account,
  arn: `arn:aws:sts::${account}:assumed-role/KeywardenRead/keywarden`,
  accessKeyId: 'ASIABOT',
  roleArn: `arn:aws:iam::${account}:role/KeywardenRead`,
  sessionName: 'keywarden',
};
export const stranger: CallerIdentity = {
  account: '444455556666',
  arn: 'arn:aws:iam::444455556666:user/Eve',
  accessKeyId: 'AKIAEVE',
};

export type Body = Record<string, unknown>;
export interface World {
  readonly kms: Kms;
  readonly faults: FaultQueue;
  readonly records: CloudTrailRecord[];
  readonly events: NativeEvent[];
  /** Moves the clock only; the emulator notices at its next call or tick. */
  advance(days: number): void;
  /** Lets emulated days pass. */
  pass(days: number): void;
  now(): number;
  /** A call that must succeed; its body. */
  ok(operation: string, body?: Body, options?: { region?: string; identity?: CallerIdentity }): Promise<Body>;
  /** A call that must fail; its error. */
  fail(operation: string, body?: Body, options?: { region?: string; identity?: CallerIdentity }): Promise<Body>;
  /** Creates a key; its id. */
  key(body?: Body): Promise<string>;
  state(keyId: string, inRegion?: string): Promise<unknown>;
  last(): CloudTrailRecord;
}

export const dayMs = 30_000;

export function world(options: { denied?: readonly string[]; start?: number } = {}): World {
  let now = options.start ?? Date.parse('2026-11-24T12:00:00.664Z');
  const records: CloudTrailRecord[] = [];
  const events: NativeEvent[] = [];
  const faults = new FaultQueue();
  const identities = [alice, bot, stranger];
  const kms = createKms({
    clock: { now: () => now, dayMs },
    identify: (accessKeyId) => identities.find((identity) => identity.accessKeyId === accessKeyId),
    authorize: (identity, action, resource) =>
      options.denied?.includes(action) === true
        ? {
            allowed: false,
            message: `User: ${identity.arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
          }
        : { allowed: true },
    record: (record) => records.push(record),
    faults,
    native: (event) => events.push(event),
  });
  const run = (operation: string, body: Body, { region: where = region, identity = alice } = {}) =>
    kms.call(operation, body, { identity, region: where });
  const made: World = {
    kms,
    faults,
    records,
    events,
    advance: (days) => {
      now += days * dayMs;
    },
    pass: (days) => {
      made.advance(days);
      kms.tick();
    },
    now: () => now,
    ok: async (operation, body = {}, where = {}) => {
      const response = await run(operation, body, where);
      if (response.status !== 200) throw new Error(`${operation}: ${JSON.stringify(response.body)}`);
      return response.body;
    },
    fail: async (operation, body = {}, where = {}) => {
      const response = await run(operation, body, where);
      if (response.status === 200) throw new Error(`${operation} succeeded`);
      return { status: response.status, ...response.body };
    },
    key: async (body = {}) => ((await made.ok('CreateKey', body)).KeyMetadata as Body).KeyId as string,
    state: async (keyId, where = region) =>
      ((await made.ok('DescribeKey', { KeyId: keyId }, { region: where })).KeyMetadata as Body).KeyState,
    last: () => {
      const record = records.at(-1);
      if (record === undefined) throw new Error('no record');
      return record;
    },
  };
  return made;
}

/** A real SDK client, which retries nothing. */
export function sdk(endpoint: string, identity: CallerIdentity = alice, where = region): KMSClient {
  return new KMSClient({
    endpoint,
    region: where,
    maxAttempts: 1,
    credentials: { accessKeyId: identity.accessKeyId, secretAccessKey: 'secret' },
  });
}

export const arnOf = (keyId: string, where = region) => `arn:aws:kms:${where}:${account}:key/${keyId}`;
