/**
 * The whole bot through its front doors: a Redis of its own, the emulated AWS and Slack, and a clock that tests move.
 * Nothing of the bot is replaced but what `compose` lets the sandbox replace.
 */
import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { type Bot, compose, type Overrides } from '../src/compose.ts';
import { formatProblems, validateConfig } from '../src/config/config.ts';
import { readEnvironment } from '../src/config/env.ts';
import type { Incident } from '../src/domain/incident.ts';
import { startAws } from '../src/sandbox/aws/aws.ts';
import { startPrivateRedis } from '../src/sandbox/redis.ts';
import { startSlack } from '../src/sandbox/slack/slack.ts';
import type { AwsWorld, AwsWorldOptions, Caller, SlackMessage, SlackWorld } from '../src/sandbox/world.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-west-2';
export const CHANNEL = 'C0INCIDENT';
export const FALLBACK = 'C0OPS';
export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:kms-alarms`;
/** The pager's topic: there in every world, called only where the configuration names it. */
export const PAGER_TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:kms-pager`;
export const TOKEN = 'eventbridge-token-of-the-tests';
export const BOT_TOKEN = 'xoxb-token-of-the-tests';
export const SIGNING_SECRET = 'signing-secret-of-the-tests';
/** Encrypts the secrets of one-time codes. */
export const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');
export const MALLORY: Caller = { principal: 'mallory', account: ACCOUNT, region: REGION };
const ROLES = ['Read', 'Rescue', 'Disable', 'Destroy'] as const;
const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/Keywarden${name}`;
export const DAY = 86_400_000;

/** Runs with the real time, shifted by what the test has moved: pulses and polls go on, deadlines come when told. */
export interface ShiftedClock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  move(ms: number): void;
}

/**
 * How far the next Thursday, ten in the morning, is from now (UTC). From then on every mark of a seven-day window falls on working
 * hours, whenever the tests run: nothing warns ahead of a weekend unless a test moves there.
 */
export function untilThursdayMorning(): number {
  const now = Date.now();
  const days = (4 - new Date(now).getUTCDay() + 7) % 7;
  const at = Math.floor(now / DAY) * DAY + days * DAY + 10 * 3_600_000;
  return (at <= now ? at + 7 * DAY : at) - now;
}

export function shiftedClock(ahead = 0): ShiftedClock {
  let shift = ahead;
  return {
    now: () => Date.now() + shift,
    move: (ms) => {
      shift += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const timer = setTimeout(done, Math.min(Math.max(ms, 0), 60_000));
        function stop(): void {
          clearTimeout(timer);
          reject(signal?.reason);
        }
        function done(): void {
          signal?.removeEventListener('abort', stop);
          resolve();
        }
        signal?.addEventListener('abort', stop, { once: true });
      }),
  };
}

export interface WorldOptions {
  /** Merged over the test configuration, key by key at the top level. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly overrides?: Overrides;
  /** Do not start the bot, nor deliver events to it. */
  readonly withoutBot?: boolean;
  /** The world's time is the machine's: another process looks at it with the bot. */
  readonly onMachineClock?: boolean;
  readonly userGroups?: readonly { readonly id: string; readonly handle: string; readonly users: readonly string[] }[];
  /** In AWS besides the one there always is; the bot knows what `config` says. */
  readonly moreAccounts?: AwsWorldOptions['accounts'];
  /** Without: the bot uses its own credentials in the account. */
  readonly withRoles?: boolean;
  /** Posts per second and burst the emulated Slack takes. */
  readonly slackPace?: { readonly postsPerSecond: number; readonly postBurst: number };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Opens everything; `close` ends everything it began. */
export async function openWorld(options: WorldOptions = {}) {
  // Processes of their own run on the machine's clock, and what AWS signs must not come from their future.
  const clock = shiftedClock(
    options.withoutBot === true || options.onMachineClock === true ? 0 : untilThursdayMorning(),
  );
  const redis = await startPrivateRedis();
  const worldClock = { now: clock.now, dayMs: DAY };
  const slack: SlackWorld = await startSlack({
    clock: worldClock,
    teamId: 'T0HOME',
    botToken: BOT_TOKEN,
    signingSecret: SIGNING_SECRET,
    // Slack's three seconds would count the stalls of this machine: both sides are one process here.
    acknowledgeMs: 10_000,
    people: [
      { id: 'U0ALICE', handle: 'alice' },
      { id: 'U0BOB', handle: 'bob' },
      { id: 'U0CAROL', handle: 'carol' },
      { id: 'U0DAVE', handle: 'dave' },
      { id: 'U0GINA', handle: 'gina', guest: true },
      { id: 'U0STRANGER', handle: 'stranger', teamId: 'T0OTHER' },
      { id: 'U0ROBOT', handle: 'robot', bot: true },
    ],
    channels: [
      { id: CHANNEL, name: 'kms-incidents' },
      { id: FALLBACK, name: 'kms-ops' },
      { id: 'C0SHARED', name: 'with-a-partner', externallyShared: true },
    ],
    userGroups: options.userGroups ?? [],
    ...(options.slackPace ?? {}),
  });
  const aws: Awaited<ReturnType<typeof startAws>> = await startAws({
    clock: worldClock,
    accounts: [
      {
        id: ACCOUNT,
        name: 'payments-prod',
        regions: [REGION, 'eu-west-1'],
        roles: ROLES.map((name) => ({
          arn: roleArn(name),
          externalId: 'external',
          allows: ['kms:*', 'cloudtrail:*', 'sts:*'],
          setSourceIdentity: true,
        })),
      },
      ...(options.moreAccounts ?? []),
    ],
    accessKeys: [
      { accessKeyId: 'AKIAKEYWARDENTESTS00', account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/keywarden` },
    ],
    pagerTopic: PAGER_TOPIC,
  });
  const bots: Bot[] = [];

  /** Another process of the same bot, as far as one process can be two: own connections, own workers, own port. */
  async function addBot(overrides: Overrides = {}): Promise<Bot> {
    const bot = composeBot(options, { redisUrl: redis.url, slack, aws, clock, overrides });
    bots.push(bot);
    await bot.start();
    return bot;
  }

  const world = {
    clock,
    redis,
    slack,
    aws,
    addBot,
    bots: (): readonly Bot[] => bots,
    get bot(): Bot {
      const [bot] = bots;
      if (bot === undefined) throw new Error('this world was opened without a bot');
      return bot;
    },
    /** Makes a key with an alias as a person of the account would, and answers its ARN. */
    async makeKey(
      alias: string,
      body: Readonly<Record<string, unknown>> = {},
      caller: Caller = { ...MALLORY, principal: 'builder' },
    ): Promise<string> {
      const { body: made, status } = await aws.call('CreateKey', body, caller);
      if (status !== 200) throw new Error(`CreateKey: ${JSON.stringify(made)}`);
      const { KeyMetadata } = made as { KeyMetadata: { Arn: string; KeyId: string } };
      await aws.call('CreateAlias', { AliasName: `alias/${alias}`, TargetKeyId: KeyMetadata.KeyId }, caller);
      return KeyMetadata.Arn;
    },
    async call(operation: string, body: Readonly<Record<string, unknown>>, caller: Caller = MALLORY): Promise<void> {
      const answer = await aws.call(operation, body, caller);
      if (answer.status !== 200) throw new Error(`${operation}: ${JSON.stringify(answer.body)}`);
    },
    stateOf: (arn: string): string => String(aws.keys().find((key) => key.Arn === arn)?.KeyState ?? 'gone'),
    messages: (channel = CHANNEL): readonly SlackMessage[] =>
      slack.channels().find((one) => one.id === channel)?.messages ?? [],
    /** All words of a message, blocks and replies included. */
    words: (message: SlackMessage | undefined): string => JSON.stringify(message ?? {}),
    cards: (text: string, channel = CHANNEL): readonly SlackMessage[] =>
      world
        .messages(channel)
        .filter((message) => JSON.stringify({ text: message.text, blocks: message.blocks }).includes(text)),
    /** Enrols somebody for codes, as an operator would at a terminal. */
    async enrol(...users: readonly string[]): Promise<void> {
      for (const user of users) {
        const answer = await world.bot.desk.enrol({ enterprise: '', team: 'T0HOME', user }, user, totpSecret(user));
        if (answer.kind !== 'enrolled') throw new Error(`${user}: ${answer.kind}`);
      }
    },
    /** A code nobody has used yet: time moves on by a step. */
    code(user: string): string {
      clock.move(30_000);
      return world.codeAt(user, clock.now());
    },
    codeAt: (user: string, timestamp: number): string =>
      new TOTP({ secret: new Secret({ buffer: new Uint8Array(totpSecret(user)).buffer }) }).generate({ timestamp }),
    incident: async (arn: string): Promise<Incident | undefined> => {
      const { incidents, hash } = world.bot.house;
      return incidents.load(`i${hash(`key ${arn}`).slice(0, 31)}` as Incident['id']);
    },
    async close(): Promise<void> {
      await Promise.allSettled(bots.map((bot) => bot.stop(5_000)));
      await Promise.allSettled([slack.close(), aws.close()]);
      await redis.stop();
    },
  };
  if (options.withoutBot !== true) {
    const bot = await addBot(options.overrides);
    slack.deliverTo(`${bot.url}/slack/events`);
    await eventually('the first sweep', () => bot.firstSweepDone().then(() => true));
    aws.deliverTo({
      snsUrl: `${bot.url}/webhooks/sns`,
      topicArn: TOPIC,
      eventBridgeUrl: `${bot.url}/webhooks/eventbridge`,
      eventBridgeToken: TOKEN,
    });
  }
  return world;
}

interface Surroundings {
  readonly redisUrl: string;
  readonly slack: SlackWorld;
  readonly aws: AwsWorld;
  readonly clock: ShiftedClock;
  readonly overrides: Overrides;
}

export function testConfig(options: WorldOptions = {}): Record<string, unknown> {
  const roles = Object.fromEntries(ROLES.map((name) => [name.toLowerCase(), roleArn(name)]));
  return {
    channels: { default: CHANNEL, fallback: FALLBACK },
    accounts: [
      {
        id: ACCOUNT,
        name: 'payments-prod',
        regions: [REGION],
        ...(options.withRoles === false ? {} : { roles, externalId: 'external' }),
      },
    ],
    intake: { sns: { topics: [TOPIC] } },
    roles: { responder: { users: ['U0ALICE'] }, approver: { users: ['U0BOB'] } },
    approvals: { destructive: 'on' },
    ...options.config,
  };
}

function composeBot(options: WorldOptions, at: Surroundings): Bot {
  const config = validateConfig(testConfig(options));
  if (!config.ok) throw new Error(formatProblems(config.problems));
  const environment = readEnvironment({
    PORT: '0',
    HOST: '127.0.0.1',
    SLACK_BOT_TOKEN: BOT_TOKEN,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    KEYWARDEN_EVENTBRIDGE_TOKENS: TOKEN,
    KEYWARDEN_SECRET_KEY: SECRET_KEY,
    REDIS_URL: at.redisUrl,
    ...options.environment,
  });
  if (!environment.ok) throw new Error(formatProblems(environment.problems));
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return compose(config.config, environment.environment, environment.secrets, {
    clock: at.clock,
    log: process.env.KEYWARDEN_TEST_LOG === undefined ? quiet : loud,
    fetchCertificate: (url) => at.aws.certificate(url),
    aws: {
      endpoints: at.aws.urls,
      credentials: { accessKeyId: 'AKIAKEYWARDENTESTS00', secretAccessKey: 'secret-of-the-tests' },
    },
    slackApiUrl: at.slack.apiUrl,
    ...at.overrides,
  });
}

const totpSecret = (user: string): Buffer => createHash('sha256').update(`totp ${user}`).digest().subarray(0, 20);

const write = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(
    `${level} ${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? value.stack : value))}\n`,
  );
const loud = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };

/** Waits for what must come, looking often; fails with what was waited for. Never a sleep that hopes. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  within = 20_000,
): Promise<NonNullable<T>> {
  const until = Date.now() + within;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not come within ${within} ms`, { cause: last });
}
