import Fastify, { type FastifyInstance } from 'fastify';
import { type Bot, compose, type Overrides } from '../compose.ts';
import { type EmulatedAws, startAws } from './aws/aws.ts';
import { serveControl } from './control.ts';
import { enrolPeople } from './enrol.ts';
import { guardDoor } from './guard.ts';
import type { KeyDeeds } from './key-deeds.ts';
import { ownConfig, ownEnvironment, ownSecrets } from './own-config.ts';
import { serveKeyDeeds } from './page/key-routes.ts';
import { serveChanges } from './page/live.ts';
import { servePage } from './page/routes.ts';
import type { Scene } from './page/scene.ts';
import { startPrivateRedis } from './redis.ts';
import {
  accounts,
  awsAccounts,
  botKey,
  botToken,
  channels,
  eventBridgeToken,
  onCall,
  pagerTopicArn,
  people,
  selfAlias,
  signingSecret,
  teamId,
  topicArn,
  totpSecrets,
} from './seed.ts';
import { seedKeys } from './seed-keys.ts';
import { startSlack } from './slack/slack.ts';
import type { SlackWorld, WorldClock } from './world.ts';

export interface SandboxOptions {
  /** The bot's port; 0: any free one. */
  readonly port: number;
  /** The page's and the control's port; 0: any free one. */
  readonly sandboxPort: number;
  /** Real milliseconds of a sandbox day. */
  readonly dayMs: number;
  /** For tests: the time that the bot, the emulators and the codes share. Without it, real time. */
  readonly clock?: NonNullable<Overrides['clock']>;
  /** An existing Redis; without it a private one is started. */
  readonly redisUrl?: string | undefined;
  /** Told what is about to be installed, line by line. */
  readonly say?: (line: string) => void;
  /** Told what the bot reports as an error. */
  readonly complain?: (line: string) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export interface Sandbox {
  /** Of the page and the control calls, without a slash at the end. */
  readonly url: string;
  /** For the terminal's commands. */
  readonly redisUrl: string;
  readonly bot: Bot;
  readonly aws: EmulatedAws;
  readonly slack: SlackWorld;
  /** Ends everything, what started last first. May be called twice. */
  stop(): Promise<void>;
}

/** How long the bot's connection to Redis may take, ms. */
const redisWithin = 5_000;

/** Starts the whole bot on an embedded world. Resolves once all of it answers and the first sweep's cards are posted. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
  };
  try {
    return await open(options, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(
  { port, sandboxPort, dayMs, clock: shared, redisUrl: given, say, complain, signal }: SandboxOptions,
  closing: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Sandbox> {
  const now = shared === undefined ? Date.now : () => shared.now();
  const clock: WorldClock = { now, dayMs };
  const redis = given === undefined ? await startPrivateRedis(say === undefined ? {} : { say }) : undefined;
  if (redis !== undefined) closing.push(() => redis.stop());
  const redisUrl = given ?? redis?.url ?? '';

  const slack = await startSlack({ clock, teamId, botToken, signingSecret, people, channels, userGroups: [onCall] });
  closing.push(() => slack.close());
  const aws = await startAws({ clock, accounts: awsAccounts, accessKeys: [botKey], pagerTopic: pagerTopicArn });
  closing.push(() => aws.close());
  // Before anybody is told of anything: seeding must not look like attacks.
  const deeds = await seedKeys(aws, now(), dayMs);

  const bot = compose(ownConfig(dayMs, selfKeysIn(aws)), ownEnvironment(port, slack.apiUrl), ownSecrets(redisUrl), {
    fetchCertificate: (url) => aws.certificate(url),
    aws: { endpoints: aws.urls, credentials: botKey },
    slackApiUrl: slack.apiUrl,
    log: quietLog(complain),
    ...(shared === undefined ? {} : { clock: shared }),
  });
  closing.push(() => bot.stop());
  await bot.start();
  // The bot itself needs no Redis to be started.
  await bot.redisWithin(redisWithin);
  await enrolPeople(bot.desk);
  slack.deliverTo(`${bot.url}/slack/events`);
  aws.deliverTo({
    snsUrl: `${bot.url}/webhooks/sns`,
    topicArn,
    eventBridgeUrl: `${bot.url}/webhooks/eventbridge`,
    eventBridgeToken,
    // Nobody has set anything up in the Region that nobody watches.
    ruleRegions: accounts.flatMap(({ regions }) => regions),
  });
  await unlessAborted(bot.firstSweepDone(), signal);

  const accountNames = new Map(accounts.map(({ id, name }) => [id, name]));
  const memory = { cancelled: new Set<string>(), errors: new Map() };
  const scene = { aws, slack, now, dayMs, people, userGroups: [onCall], accountNames, botUrl: bot.url, ...memory };
  const server = createDoor(scene, deeds, redisUrl);
  closing.push(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: sandboxPort });
  return { url, redisUrl, bot, aws, slack, stop };
}

/** The keys seeded to stand under the bot itself. */
const selfKeysIn = (aws: EmulatedAws): readonly string[] =>
  aws.keys().flatMap(({ Arn, aliases }) => (aliases.includes(selfAlias) ? [String(Arn)] : []));

/** Waits for something, but no longer than somebody wants it. */
async function unlessAborted(wanted: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wanted;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([wanted, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Once nobody waits for the sweep, closing its Redis may fail it.
    wanted.catch(() => undefined);
  }
}

/** The page and the control calls. */
export function createDoor(scene: Scene, deeds: KeyDeeds, redisUrl: string): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  guardDoor(server);
  servePage(server, scene);
  serveChanges(server, scene);
  serveControl(server, { scene, redisUrl, totpSecrets });
  serveKeyDeeds(server, scene, deeds);
  return server;
}

/** The sandbox prints two lines; of the bot's log only errors are worth another. */
function quietLog(complain: (line: string) => void = () => undefined): NonNullable<Overrides['log']> {
  const nothing = () => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: ({ error, ...fields }, message) => {
      const why = error instanceof Error ? [error.message] : [];
      const named = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
      complain([message, ...why, ...named].join(' · '));
    },
  };
}
