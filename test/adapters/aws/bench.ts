/** A bot's AWS room over the stand-in, with a clock and lanes that the test can see. */
import { readFileSync } from 'node:fs';
import { type Aws, createAws } from '../../../src/adapters/aws/aws.ts';
import type { AwsOptions } from '../../../src/adapters/aws/options.ts';
import type { Normalised } from '../../../src/domain/fact.ts';
import {
  type AccountId,
  type ActionId,
  type KeyRef,
  type Place,
  parseKeyArn,
  type Region,
} from '../../../src/domain/ids.ts';
import { StandIn } from './stand-in.ts';

export const ARN = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const keyOf = (arn: string): KeyRef => {
  const key = parseKeyArn(arn);
  if (key === undefined) throw new Error(`not a key ARN: ${arn}`);
  return key;
};
export const KEY = keyOf(ARN);
export const PLACE: Place = { account: KEY.account, region: KEY.region };
export const ACTION = 'a0123456789012345678901234567890' as ActionId;

export interface Bench {
  readonly standIn: StandIn;
  readonly aws: Aws;
  readonly lines: { readonly fields: object; readonly message: string }[];
  readonly reserved: { readonly lane: string; readonly every: number; readonly burst: number }[];
  readonly paused: { readonly lane: string; readonly duration: number }[];
  readonly slept: number[];
  /** What the next reservations wait for, ms. */
  readonly waits: number[];
  now: number;
  close(): Promise<void>;
}

export const ROLES = {
  read: 'arn:aws:iam::111122223333:role/team/KeywardenRead',
  rescue: 'arn:aws:iam::111122223333:role/KeywardenRescue',
} as const;

/** Opens a stand-in and points the SDK's own variables at it. */
export async function openBench(changes: Partial<AwsOptions> = {}, account: object = {}): Promise<Bench> {
  const standIn = new StandIn();
  const url = await standIn.open();
  for (const service of ['KMS', 'STS', 'CLOUDTRAIL', 'SNS']) process.env[`AWS_ENDPOINT_URL_${service}`] = url;
  process.env.AWS_ACCESS_KEY_ID = 'AKIAOWN';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  const bench: Bench = {
    standIn,
    lines: [],
    reserved: [],
    paused: [],
    slept: [],
    waits: [],
    now: 1_774_000_000_000,
    aws: undefined as unknown as Aws,
    close: async () => {
      bench.aws.close();
      await standIn.close();
    },
  };
  const line = (fields: object, message: string): void => void bench.lines.push({ fields, message });
  const regions = ['us-west-2', 'us-east-1'] as Region[];
  const aws = createAws({
    accounts: [{ id: '111122223333' as AccountId, name: 'payments-prod', regions, ...account }],
    partition: 'aws',
    deedOf: () => undefined,
    clock: {
      now: () => bench.now,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        bench.slept.push(ms);
      },
    },
    pace: {
      reserve: async (lane, every, burst) => {
        bench.reserved.push({ lane, every, burst });
        return bench.waits.shift() ?? 0;
      },
      reserveWithin: async (lane, every, burst, longest) => {
        bench.reserved.push({ lane, every, burst });
        const wait = bench.waits.shift() ?? 0;
        return wait > longest ? undefined : wait;
      },
      pause: async (lane, duration) => void bench.paused.push({ lane, duration }),
    },
    log: { debug: line, info: line, warn: line, error: line },
    normalise: (): Normalised => ({ kind: 'setAside', reason: 'a read-only call' }),
    timeouts: { connection: 300, request: 600 },
    random: () => 0.5,
    ...changes,
  });
  return Object.assign(bench, { aws });
}

const SHARED = new URL('../../cases/aws/', import.meta.url);
/** `kms-DescribeKey-PendingDeletion` → the parsed fixture. */
export const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`${name}.json`, SHARED), 'utf8'));
