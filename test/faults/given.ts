/** What the fault tests share: worlds that are checked and closed, a proxy before Slack, alarms, and ways to look. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Bot } from '../../src/compose.ts';
import { StoreUnavailable } from '../../src/domain/lost.ts';
import type { Log } from '../../src/ports.ts';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { aftermath } from '../aftermath.ts';
import {
  ACCOUNT,
  eventually,
  openWorld,
  REGION,
  SIGNING_SECRET,
  TOKEN,
  TOPIC,
  type World,
  type WorldOptions,
} from '../harness.ts';
import { expectInvariants } from '../invariants.ts';

/** Opens a world, runs the story, checks what must always hold (seen by the last bot still running), and closes it. */
export async function inWorld(
  options: WorldOptions,
  story: (world: World, endsWith: (bot: Bot) => void) => Promise<void>,
): Promise<void> {
  const world = await openWorld(options);
  let last: Bot | undefined;
  try {
    await story(world, (bot) => {
      last = bot;
    });
    await expectInvariants(last === undefined ? world : { ...world, bot: last });
  } catch (error) {
    if (error instanceof Error) error.message += `\n${await aftermath(world)}`;
    throw error;
  } finally {
    await world.close();
  }
}

/** Points Slack's and AWS's deliveries at a bot. */
export async function connect(world: World, bot: Bot, snsUrl = `${bot.url}/webhooks/sns`): Promise<void> {
  world.slack.deliverTo(`${bot.url}/slack/events`);
  await eventually('the first sweep', () => bot.firstSweepDone().then(() => true));
  deliverAws(world, bot, snsUrl);
}

export function deliverAws(world: World, bot: Bot, snsUrl = `${bot.url}/webhooks/sns`): void {
  world.aws.deliverTo({
    snsUrl,
    topicArn: TOPIC,
    eventBridgeUrl: `${bot.url}/webhooks/eventbridge`,
    eventBridgeToken: TOKEN,
  });
}

/** Another process of the bot, its Redis connected; it takes over what Slack and AWS deliver. */
export async function takeOver(world: World): Promise<Bot> {
  const bot = await world.addBot();
  await eventually('its Redis', () => bot.redisWithin(1_000));
  world.slack.deliverTo(`${bot.url}/slack/events`);
  deliverAws(world, bot);
  return bot;
}

/** A sweep now, whatever the slot; resolves when it is complete. */
export async function sweepNow(world: World, bot: Bot = world.bot): Promise<void> {
  const place = { account: ACCOUNT as never, region: REGION as never };
  const before = (await bot.house.index.sweepState(place))?.completedAt;
  const name = `sweep-by-hand-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  // A process that has just begun is still connecting its queue.
  await eventually('its queue', () =>
    bot.house.queue.add('sweep', name, { ...place, slot: world.clock.now(), full: true }).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        return undefined;
      },
    ),
  );
  await eventually('a sweep', async () => {
    const state = await bot.house.index.sweepState(place);
    return state?.completedAt !== undefined && state.completedAt !== before;
  });
}

/** A key that the sweep knows as enabled, and that somebody then schedules for deletion. */
export async function scheduled(world: World, alias: string, days = 30, bot: Bot = world.bot): Promise<string> {
  const arn = await world.makeKey(alias);
  await sweepNow(world, bot);
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: days });
  return arn;
}

export const cardOf = (world: World, alias: string, channel?: string): Promise<SlackMessage> =>
  eventually(`the card of ${alias}`, () => world.cards(`alias/${alias}`, channel)[0]);

/** Waits until Slack shows the newest revision of everything. */
export const settled = (world: World, bot: Bot = world.bot): Promise<true> =>
  eventually('empty lanes', async () => ((await bot.house.lanes.waiting()).length === 0 ? true : undefined));

/** Reminders in the channel's threads, oldest first. */
export const reminders = (world: World, channel?: string): readonly string[] =>
  world
    .messages(channel)
    .flatMap((message) => message.replies ?? [])
    .map((reply) => String(reply.text))
    .filter((text) => text.includes('Reminder'));

/** Moves the clock of everything, KMS included. */
export function pass(world: World, ms: number): void {
  world.clock.move(ms);
  world.aws.kms.tick();
}

export const count = (world: World, method: string): number => world.slack.calls().get(`slack ${method}`) ?? 0;

export interface Asked {
  readonly method: string;
  readonly body: URLSearchParams;
  readonly at: number;
}

interface Canned {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export const refusal = (error: string): Canned => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ ok: false, error }),
});

/** A proxy before the emulated Slack that may answer in its place; keeps what was asked, by the moved clock. */
export async function openFront(world: World, instead: (asked: Asked) => Canned | undefined = () => undefined) {
  const asked: Asked[] = [];
  const served = await serve(async (path, body, headers) => {
    const one: Asked = { method: path.replace('/api/', ''), body: new URLSearchParams(body), at: world.clock.now() };
    asked.push(one);
    const canned = instead(one);
    if (canned !== undefined) return canned;
    const answer = await fetch(new URL(one.method, world.slack.apiUrl), {
      method: 'POST',
      body,
      headers: plainHeaders(headers),
    });
    const retryAfter = answer.headers.get('retry-after');
    return {
      status: answer.status,
      headers: {
        'content-type': answer.headers.get('content-type') ?? 'text/plain',
        ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
      },
      body: await answer.text(),
    };
  });
  return { ...served, url: `${served.url}/api/`, asked };
}

/** Hands each delivery to several endpoints at the same moment; keeps the last body. */
export async function openRelay(targets: readonly string[]) {
  const bodies: string[] = [];
  const served = await serve(async (_path, body, headers) => {
    bodies.push(body);
    const answers = await Promise.all(
      targets.map((target) => fetch(target, { method: 'POST', body, headers: plainHeaders(headers) })),
    );
    return { status: Math.max(...answers.map((answer) => answer.status)), body: '' };
  });
  return { ...served, bodies };
}

async function serve(answer: (path: string, body: string, headers: IncomingHttpHeaders) => Promise<Canned>) {
  const server = createServer(async (request, response) => {
    try {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { status, headers, body: text } = await answer(request.url ?? '/', body, request.headers);
      response.writeHead(status, headers).end(text);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = [
    'content-type',
    'authorization',
    'x-amz-sns-message-type',
    'x-slack-request-timestamp',
    'x-slack-signature',
  ];
  return Object.fromEntries(
    kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

const recorded = new URL('../cases/intake/fixtures/sns-notification-cloudwatch-alarm-ALARM.json', import.meta.url);

/** A CloudWatch notification as recorded, with a few members changed. */
export function alarm(change: Readonly<Record<string, unknown>>): string {
  const { Message } = JSON.parse(readFileSync(recorded, 'utf8')) as { Message: string };
  return JSON.stringify({ ...(JSON.parse(Message) as object), ...change });
}

/** `2026-03-14T09:17:40.989+0000` */
export const alarmTime = (at: number): string => new Date(at).toISOString().replace('Z', '+0000');

/** Publishes to the topic, as CloudWatch does: SNS signs and delivers it. */
export function publisher(world: World) {
  const client = new SNSClient({
    region: REGION,
    endpoint: world.aws.urls.sns,
    credentials: { accessKeyId: 'AKIAKEYWARDENTESTS00', secretAccessKey: 'secret-of-the-tests' },
  });
  return {
    publish: async (message: string): Promise<void> => {
      await client.send(new PublishCommand({ TopicArn: TOPIC, Message: message }));
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** The subscription must be confirmed before SNS delivers anything. */
export const subscribed = (world: World): Promise<true> =>
  eventually('the confirmed subscription', () =>
    world.aws.events().some(({ detail }) => detail.Type === 'subscription confirmed') ? true : undefined,
  );

/** Posts a form to the bot with a true signature of Slack's. */
export function slackPost(world: World, bot: Bot, body: string, extra: Readonly<Record<string, string>> = {}) {
  const stamp = String(Math.floor(world.clock.now() / 1_000));
  const signature = createHmac('sha256', SIGNING_SECRET).update(`v0:${stamp}:${body}`).digest('hex');
  return fetch(`${bot.url}/slack/events`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': stamp,
      'x-slack-signature': `v0=${signature}`,
      ...extra,
    },
  });
}

/** A log that keeps its lines. */
export function keptLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { log: { debug: keep, info: keep, warn: keep, error: keep }, lines };
}
