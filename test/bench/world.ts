/** What a scenario stands on: a Redis of its own (append-only, synced every second), stand-ins, bots; all ended at the end. */
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../../src/sandbox/redis.ts';
import type { Signer } from '../adapters/intake/certificate.ts';
import type { BotOrder } from './bot.ts';
import { type Child, startChild } from './children.ts';
import { accountAt, channelAt, newSigner, REGION, RESPONDER, SIGNING_SECRET, TOPIC } from './messages.ts';
import type { NaiveOrder } from './naive.ts';
import { type KmsStandIn, type SlackStandIn, startKms, startSlack } from './stand-ins.ts';

export interface World {
  readonly redisUrl: string;
  readonly redis: Redis;
  readonly kms: KmsStandIn;
  readonly slack: SlackStandIn;
  readonly signer: Signer;
  /** Starts a bot; with `swept` it has also made its first sweep of every place. */
  addBot(options?: {
    readonly swept?: boolean;
    readonly execArgv?: readonly string[];
    readonly name?: string;
  }): Promise<Child>;
  addNaive(): Promise<Child>;
  close(): Promise<void>;
}

const open = new Set<World>();

/** Ends what is still open, for a bench that is interrupted. */
export async function closeWorlds(): Promise<void> {
  await Promise.allSettled([...open].map((world) => world.close()));
}

/** @param accounts accounts with one Region and one channel each */
export async function openWorld(accounts: number): Promise<World> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const close = async (): Promise<void> => {
    open.delete(world);
    for (const one of closers.splice(0).reverse()) await one();
  };
  const server = await startPrivateRedis();
  closers.push(() => server.stop());
  const redis = new Redis(server.url);
  redis.on('error', () => undefined);
  closers.push(() => redis.disconnect());
  const kms = await startKms();
  closers.push(() => kms.close());
  const slack = await startSlack();
  closers.push(() => slack.close());
  const signer = newSigner();
  const indices = Array.from({ length: accounts }, (_, index) => index);

  const world: World = {
    redisUrl: server.url,
    redis,
    kms,
    slack,
    signer,
    async addBot({ swept = true, execArgv = [], name = 'A' } = {}) {
      const order: BotOrder = {
        config: benchConfig(accounts),
        variables: { ...benchVariables(server.url, slack.url), PORT: '0' },
        certificate: signer.pem,
        awsUrl: kms.url,
        accessKeyId: `AKIABENCH${name}`,
      };
      const bot = await startChild('bot.ts', order, { execArgv });
      closers.push(() => bot.kill());
      if (swept) await bot.ask({ ask: 'swept' }, 'swept', 120_000);
      return bot;
    },
    async addNaive() {
      const order: NaiveOrder = {
        redisUrl: server.url,
        awsUrl: kms.url,
        slackUrl: slack.url,
        channels: Object.fromEntries(indices.map((index) => [accountAt(index), channelAt(index)])),
      };
      const naive = await startChild('naive.ts', order);
      closers.push(() => naive.kill());
      return naive;
    },
    close,
  };
  open.add(world);
  return world;
}

export const benchVariables = (redisUrl: string, slackUrl: string): Record<string, string> => ({
  HOST: '127.0.0.1',
  SLACK_BOT_TOKEN: 'xoxb-token-of-the-bench',
  SLACK_SIGNING_SECRET: SIGNING_SECRET,
  REDIS_URL: redisUrl,
  SLACK_API_URL: slackUrl,
});

export function benchConfig(accounts: number): Record<string, unknown> {
  const indices = Array.from({ length: accounts }, (_, index) => index);
  return {
    channels: {
      default: channelAt(0),
      routes: indices.map((index) => ({ account: accountAt(index), channel: channelAt(index) })),
    },
    accounts: indices.map((index) => ({ id: accountAt(index), regions: [REGION] })),
    intake: { sns: { topics: [TOPIC], signatureVersions: [2] } },
    roles: { responder: { users: [RESPONDER] } },
    // No second sweep falls into the run.
    sweep: { every: '1d', full: '7d' },
  };
}
