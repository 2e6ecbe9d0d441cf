/**
 * The one place that builds clients and wires them. Everything opens in order and closes in reverse; what fails half-way
 * closes what was opened. Holds no rule. Above 300 lines,
 * because it names every part there is, once.
 */
import { randomUUID } from 'node:crypto';
import { runnables } from '../jobs/run.ts';
import { createAws } from './adapters/aws/aws.ts';
import { createChart } from './adapters/chart/chart.ts';
import { createHeartbeat } from './adapters/heartbeat/heartbeat.ts';
import { createMetrics } from './adapters/http/metrics.ts';
import { createAdminServer, createServer, listen, type Probe } from './adapters/http/server.ts';
import { deedFromRecord, factFromRecord } from './adapters/intake/cloudtrail.ts';
import { fetchCertificate } from './adapters/intake/fetch-certificate.ts';
import { registerIntake } from './adapters/intake/http.ts';
import { createPager } from './adapters/pager/pager.ts';
import { Later } from './adapters/queue/later.ts';
import { openQueue } from './adapters/queue/queue.ts';
import { startWorkers, type Workers } from './adapters/queue/workers.ts';
import { redisAudit } from './adapters/redis/audit.ts';
import { redisBeats } from './adapters/redis/beats.ts';
import { connectRedis } from './adapters/redis/connect.ts';
import { redisDigests } from './adapters/redis/digests.ts';
import { redisGatherings } from './adapters/redis/gatherings.ts';
import { redisHomes } from './adapters/redis/homes.ts';
import { redisInbox } from './adapters/redis/inbox.ts';
import { redisIncidents } from './adapters/redis/incidents.ts';
import { redisInspections } from './adapters/redis/inspections.ts';
import { redisInvestigations } from './adapters/redis/investigations.ts';
import { redisKeyIndex } from './adapters/redis/key-index.ts';
import { redisLanes } from './adapters/redis/lanes.ts';
import { redisPace } from './adapters/redis/pace.ts';
import { redisPages } from './adapters/redis/pages.ts';
import { redisRoleMemory } from './adapters/redis/role-memory.ts';
import { redisSeen } from './adapters/redis/seen.ts';
import { redisShapes } from './adapters/redis/shapes.ts';
import { redisStepUp } from './adapters/redis/step-up.ts';
import { redisTally } from './adapters/redis/tally.ts';
import { createSlackApp } from './adapters/slack/app.ts';
import { createSlackClient } from './adapters/slack/client.ts';
import { channelFitness, guarded } from './adapters/slack/fitness.ts';
import { createPeople } from './adapters/slack/people.ts';
import { roleMentions } from './adapters/slack/role-mentions.ts';
import { createChat } from './adapters/slack/send.ts';
import { nowhere, type Sight, viewOf } from './adapters/slack/sight.ts';
import { overheard, watchToken } from './adapters/slack/token.ts';
import { createStepUp, type StepUpDesk } from './adapters/step-up/step-up.ts';
import { systemClock } from './adapters/system/clock.ts';
import { sha256 } from './adapters/system/hash.ts';
import { createLog } from './adapters/system/log.ts';
import { accountsOf, channelsOf, digestsOf, grantsOf, pagerOf, rulesOf } from './compose-settings.ts';
import type { Config } from './config/config.ts';
import type { Environment } from './config/env.ts';
import type { Secrets } from './config/secrets.ts';
import type { AccountId } from './domain/ids.ts';
import { ownDrains } from './flows/drains.ts';
import { whisperingAtHome } from './flows/home.ts';
import type { House } from './flows/house.ts';
import { openingsNow } from './flows/openings.ts';
import { pulse } from './flows/pulse.ts';
import { readinessOf } from './flows/readiness.ts';
import { keepFact } from './flows/receive-fact.ts';
import { drainLane } from './flows/send.ts';
import { slackDoors } from './flows/slack-doors.ts';
import type { Charts, Clock, Log, Pace } from './ports.ts';

/** What sandbox and tests may replace; `main.ts` replaces nothing. */
export interface Overrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Called only after the URL and topic rules; parsing, validity and signature still run. */
  readonly fetchCertificate?: (url: string) => Promise<string>;
  readonly aws?: {
    readonly endpoints: Readonly<Partial<Record<'kms' | 'cloudtrail' | 'sts' | 'sns', string>>>;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly slackApiUrl?: string;
  /** Paces KMS calls without Redis: the terminal's rescue, when Redis is away. */
  readonly pace?: Pace;
  /** Draws no pictures, or fails to. */
  readonly charts?: Charts;
  /** No timers of its own: the test calls `pulse()`. */
  readonly pulseByHand?: boolean;
}

export interface Bot {
  start(): Promise<void>;
  /** Base URL of the public port, after `start`. */
  readonly url: string;
  /** Base URL of the admin port, when one is configured. */
  readonly adminUrl: string | undefined;
  /** Refuses new work, drains what runs, closes everything. False: something was still running after `within` ms. */
  stop(within?: number): Promise<boolean>;
  /** One pulse, now. Rejects when Redis is away. */
  pulse(): Promise<void>;
  /** Resolves when every place was swept once and no card waits to be sent. */
  firstSweepDone(): Promise<void>;
  readiness(): Promise<Probe>;
  /** Whether Redis answers within so many ms. */
  redisWithin(ms: number): Promise<boolean>;
  /** `undefined` while Redis does not answer. */
  maxmemoryPolicy(): Promise<string | undefined>;
  /** The ports, for operator commands and tests. */
  readonly house: House;
  /** Enrolling for codes: for the terminal and the sandbox, never for Slack. */
  readonly desk: StepUpDesk;
}

const PULSE_EVERY = 1_000;
/** How long the start waits for Redis before it goes on without. */
const POLICY_WITHIN = 1_500;
const DRAIN_WITHIN = 24_000;
/** Of that, at least so much for what is on its way to Slack. */
const SENDING_PART = 1 / 8;
const AWS_TIMEOUTS = { connection: 1_000, request: 5_000 } as const;
/** About one message a second and channel, short bursts tolerated (chat.postMessage's rate limit). */
const CHANNEL_PACE = { every: 1_000, burst: 4 } as const;

export function compose(config: Config, environment: Environment, secrets: Secrets, overrides: Overrides = {}): Bot {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog({ secrets: secrets.values() });
  const metrics = createMetrics();
  const store = connectRedis(secrets.redisUrl(), { log });
  const onUnreadable = (error: Error): void => log.error({ error }, 'a record in Redis cannot be read');
  const pace = overrides.pace ?? redisPace(store);
  const aws = createAws({
    accounts: accountsOf(config),
    partition: config.partition,
    clock,
    pace,
    log,
    normalise: factFromRecord,
    deedOf: deedFromRecord,
    timeouts: AWS_TIMEOUTS,
    ...(overrides.aws === undefined ? {} : { connection: overrides.aws }),
  });
  const rules = rulesOf(config);
  const names = new Map(config.accounts.map((account) => [account.id, account.name]));
  const accountName = (account: AccountId): string | undefined => names.get(account);
  const apiUrl = overrides.slackApiUrl ?? environment.slackApiUrl;
  const client = createSlackClient({
    token: secrets.slackBotToken(),
    log,
    ...(apiUrl === undefined ? {} : { apiUrl }),
  });
  const queue = openQueue(secrets.redisUrl(), { log });
  const destructive = config.approvals.destructive;
  const seen = redisSeen(store);
  const grants = grantsOf(config);
  const sight: Sight = {
    clock,
    accountName,
    has: aws.keys.has,
    assumes: aws.keys.assumes,
    destructive,
    approverMentions: roleMentions(grants, 'approver'),
    responderMentions: roleMentions(grants, 'responder'),
    ...(config.reminders.mention === undefined ? {} : { mention: config.reminders.mention }),
    workspaceUrl: () => slack.workspaceUrl(),
  };
  const fitness = channelFitness(client, channelsOf(config), clock, log);
  const slack = createSlackApp({
    client,
    mode:
      environment.slackMode === 'socket'
        ? { kind: 'socket', appToken: secrets.slackAppToken() ?? '' }
        : { kind: 'http', signingSecret: secrets.slackSigningSecret() ?? '' },
    token: secrets.slackBotToken(),
    ...(apiUrl === undefined ? {} : { apiUrl }),
    seen,
    clock,
    log,
    hash: sha256,
    view: (incident) => (incident === undefined ? nowhere(sight) : viewOf(incident, sight)),
    isShared: (channel) => fitness.shared().includes(channel),
  });
  const people = createPeople({
    client,
    home: slack.home,
    grants,
    memory: redisRoleMemory(store),
    clock,
    log,
  });
  const plainChat = createChat(client, { ...sight, log, botUser: slack.botUser });
  const token = watchToken(client, clock);
  const process = randomUUID();
  const stepUp = createStepUp({ store: redisStepUp(store), keys: secrets.secretKeys(), clock });
  const drains = ownDrains((channel, signal) => drainLane(house, channel, signal), { clock, log });
  const house: House = {
    clock,
    log,
    counters: metrics,
    hash: sha256,
    keys: aws.keys,
    trail: aws.trail,
    incidents: redisIncidents(store, onUnreadable),
    gatherings: redisGatherings(store, onUnreadable),
    homes: redisHomes(store),
    inbox: redisInbox(store),
    seen,
    index: redisKeyIndex(store, onUnreadable),
    shapes: redisShapes(store, onUnreadable),
    queue,
    lanes: redisLanes(store),
    drains,
    openings: openingsNow(),
    people,
    stepUp,
    tally: redisTally(store),
    audit: redisAudit(store, sha256),
    chat: whisperingAtHome(overheard(guarded(plainChat, fitness), token), () => house),
    digests: redisDigests(store, onUnreadable),
    charts: overrides.charts ?? createChart(),
    token,
    pages: redisPages(store, onUnreadable),
    pager: createPager({ ...pagerOf(config), publish: aws.publish, clock }),
    beats: redisBeats(store, process),
    inspections: redisInspections(store, onUnreadable),
    investigations: redisInvestigations(store, onUnreadable),
    ...(config.heartbeat === undefined ? {} : { heartbeat: createHeartbeat(config.heartbeat) }),
    settings: {
      rules,
      destructive,
      approvals: config.approvals,
      sweep: config.sweep,
      channelPace: CHANNEL_PACE,
      defaultChannel: config.channels.default,
      ...(config.channels.fallback === undefined ? {} : { fallbackChannel: config.channels.fallback }),
      firstReadWithin: 1_500,
      reminderTolerance: 300_000,
      digests: digestsOf(config, sha256),
      identities: config.identities,
      accountNames: names,
    },
  };
  slack.connect(slackDoors(house, names));

  let draining = false;
  let workers: Workers | undefined;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();
  let lastBeat: number | undefined;
  let url = '';
  let adminUrl: string | undefined;
  let runs = 0;
  const signatureVersions = new Set<number>();

  const app = createServer({
    ...(slack.requestListener === undefined ? {} : { slack: slack.requestListener }),
    readiness: () => readiness(),
    draining: () => draining,
  });
  registerIntake(app, {
    now: clock.now,
    topics: config.intake.sns.topics,
    signatureVersions: config.intake.sns.signatureVersions,
    eventAccounts: new Set(config.intake.eventbridge.accounts),
    accounts: new Set(config.accounts.map((account) => account.id)),
    tokens: secrets.eventBridgeTokens(),
    fetchCertificate: overrides.fetchCertificate ?? fetchCertificate,
    confirmSubscription: async (topicArn, token) => {
      const confirmation = await aws.confirmSubscription(topicArn, token);
      if (confirmation.kind !== 'confirmed') throw new Error(confirmation.message);
    },
    receive: (fact) => keepFact(house, fact),
    count: metrics.count,
    log,
    noteSignatureVersion: (version) => void signatureVersions.add(version),
  });
  const admin = environment.adminPort === undefined ? undefined : createAdminServer(() => metrics.render());

  const readiness = (): Promise<Probe> =>
    readinessOf(house, {
      redis: () => store.ping(),
      slack: slack.auth,
      lastBeat: () => lastBeat,
      signatureVersions,
      channelsGone: () => metrics.total('channel_gone'),
      sharedChannels: fitness.shared,
    });

  const beat = async (): Promise<void> => {
    void fitness.refresh();
    await pulse(house);
    lastBeat = clock.now();
  };

  return {
    house,
    desk: stepUp,
    readiness,
    redisWithin: (ms) => store.whenReady(ms),
    maxmemoryPolicy: async () =>
      (await store.whenReady(POLICY_WITHIN)) ? store.maxmemoryPolicy().catch(() => undefined) : undefined,
    pulse: beat,
    get url() {
      return url;
    },
    get adminUrl() {
      return adminUrl;
    },
    async start() {
      url = await listen(app, environment.host, environment.port);
      if (admin !== undefined && environment.adminPort !== undefined)
        adminUrl = await listen(admin, environment.adminHost, environment.adminPort);
      workers = startWorkers({
        url: secrets.redisUrl(),
        jobs: runnables(
          house,
          () => `${process}-${++runs}`,
          (delay) => new Later(delay),
        ),
        log,
        onLost: ({ name }) => metrics.count('jobs_lost', { name }),
      });
      drains.open();
      await slack.start();
      void fitness.refresh();
      if (overrides.pulseByHand !== true) {
        // The first beat as soon as Redis is there; the timer has the rest.
        beating = store
          .whenReady(PULSE_EVERY)
          .then((there) => (there ? beat() : undefined))
          .catch((error: unknown) => log.warn({ error }, 'a pulse was missed'));
        timer = setInterval(() => {
          beating = beating.then(beat).catch((error: unknown) => log.warn({ error }, 'a pulse was missed'));
        }, PULSE_EVERY);
      }
      const listening = { count: config.accounts.length };
      // Not waited for: what comes in meanwhile is answered, and a bot without Redis may be stopped at once.
      void store.whenReady(PULSE_EVERY).then((there) => {
        if (there) log.info(listening, 'Keywarden listens');
        else if (!draining) log.warn(listening, 'Keywarden listens, Redis does not answer yet');
      });
    },
    async stop(within = DRAIN_WITHIN) {
      draining = true;
      clearInterval(timer);
      await beating;
      const began = performance.now();
      const sending = within * SENDING_PART;
      const ended = (await workers?.close({ within: within - sending })) ?? true;
      const sent = await drains.close(Math.max(sending, within - (performance.now() - began)));
      await house.beats.leave().catch((error: unknown) => log.warn({ error }, 'the others could not be told goodbye'));
      await slack.stop();
      await Promise.all([app.close(), admin?.close()]);
      await queue.close();
      aws.close();
      await store.close();
      return ended && sent;
    },
    async firstSweepDone() {
      const done = async (): Promise<boolean> => {
        const states = await Promise.all(house.keys.places().map((place) => house.index.sweepState(place)));
        return states.every((state) => state?.completedAt !== undefined) && (await house.lanes.waiting()).length === 0;
      };
      // Redis may still be on its way.
      while (!(await done().catch(() => false))) await systemClock.sleep(50);
    },
  };
}
