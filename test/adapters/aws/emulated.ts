/** A bot's AWS room over the emulated AWS: what STS receives, issues and refuses is STS's own say here. */
import { type Aws, createAws } from '../../../src/adapters/aws/aws.ts';
import type { Normalised } from '../../../src/domain/fact.ts';
import type { AccountId, KeyRef, Region } from '../../../src/domain/ids.ts';
import type { Duty } from '../../../src/ports.ts';
import { type EmulatedAws, startAws } from '../../../src/sandbox/aws/aws.ts';
import type { CloudTrailRecord } from '../../../src/sandbox/world.ts';
import { keyOf } from './bench.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-west-2';
export const OWN = { accessKeyId: 'AKIAOWN', secretAccessKey: 'secret' } as const;
export const EXTERNAL_ID = 'outside';

export const DUTIES = ['read', 'rescue', 'disable', 'destroy'] as const satisfies readonly Duty[];
export const roleOf = (duty: Duty): string => `arn:aws:iam::${ACCOUNT}:role/keywarden/Keywarden-${duty}`;

export interface Emulated {
  readonly world: EmulatedAws;
  readonly aws: Aws;
  /** What the roles' owner allows; may be changed while the world runs. */
  readonly trust: { setSourceIdentity: boolean };
  readonly lines: { readonly fields: object; readonly message: string }[];
  /** Everybody's clock. */
  now(): number;
  /** Moves it on. */
  pass(ms: number): void;
  /** Makes a key as somebody of the account would, and does these operations on it. */
  makeKey(body?: object, ...operations: readonly string[]): Promise<KeyRef>;
  /** CloudTrail's records of an event, oldest first. */
  records(eventName: string): readonly CloudTrailRecord[];
  close(): Promise<void>;
}

export interface EmulatedWish {
  /** Whether the trust policies allow `sts:SetSourceIdentity`; yes when left out. */
  readonly setSourceIdentity?: boolean;
  /** The bot's own credentials are a session that carries this. */
  readonly carries?: string;
  readonly externalId?: string;
  /** No roles in the bot's configuration. */
  readonly withoutRoles?: true;
}

export async function openEmulated(wish: EmulatedWish = {}): Promise<Emulated> {
  let offset = 0;
  const now = (): number => Date.now() + offset;
  const trust = { setSourceIdentity: wish.setSourceIdentity ?? true };
  const role = (duty: Duty) => ({
    arn: roleOf(duty),
    externalId: EXTERNAL_ID,
    allows: ['kms:*'],
    get setSourceIdentity(): boolean {
      return trust.setSourceIdentity;
    },
  });
  const world = await startAws({
    clock: { now, dayMs: 86_400_000 },
    accounts: [{ id: ACCOUNT, name: 'payments-prod', regions: [REGION], roles: DUTIES.map(role) }],
    accessKeys: [
      wish.carries === undefined
        ? { accessKeyId: OWN.accessKeyId, account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/keywarden` }
        : {
            accessKeyId: OWN.accessKeyId,
            account: ACCOUNT,
            arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Hub/keywarden`,
            sourceIdentity: wish.carries,
          },
    ],
  });
  const lines: Emulated['lines'] = [];
  const line = (fields: object, message: string): void => void lines.push({ fields, message });
  const aws = createAws({
    accounts: [
      {
        id: ACCOUNT as AccountId,
        name: 'payments-prod',
        regions: [REGION as Region],
        externalId: wish.externalId ?? EXTERNAL_ID,
        ...(wish.withoutRoles ? {} : { roles: Object.fromEntries(DUTIES.map((duty) => [duty, roleOf(duty)])) }),
      },
    ],
    partition: 'aws',
    deedOf: () => undefined,
    clock: { now, sleep: () => Promise.resolve() },
    pace: {
      reserve: () => Promise.resolve(0),
      reserveWithin: () => Promise.resolve(0),
      pause: () => Promise.resolve(),
    },
    log: { debug: line, info: line, warn: line, error: line },
    normalise: (): Normalised => ({ kind: 'setAside', reason: 'a read-only call' }),
    timeouts: { connection: 1000, request: 2000 },
    connection: { endpoints: world.urls, credentials: OWN },
  });
  const caller = { principal: 'builder', account: ACCOUNT, region: REGION };
  const call = async (operation: string, body: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const answer = await world.call(operation, body, caller);
    if (answer.status !== 200) throw new Error(`${operation}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    world,
    aws,
    trust,
    lines,
    now,
    pass: (ms) => {
      offset += ms;
    },
    makeKey: async (body = {}, ...operations) => {
      const made = (await call('CreateKey', { ...body })) as { readonly KeyMetadata: { readonly Arn: string } };
      for (const operation of operations) await call(operation, { KeyId: made.KeyMetadata.Arn });
      return keyOf(made.KeyMetadata.Arn);
    },
    records: (eventName) =>
      world
        .events()
        .filter(({ source, detail }) => source === 'cloudtrail' && detail.eventName === eventName)
        .map(({ detail }) => detail as CloudTrailRecord),
    close: async () => {
      aws.close();
      await world.close();
    },
  };
}
