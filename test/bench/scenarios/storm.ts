/** A storm of alarms on as many keys of one account, all for one channel; the same storm at both rulers. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { alertBody, startAlertmanager } from '../alertmanager.ts';
import type { Child } from '../children.ts';
import { createPoster, type Stormed, steadily, storm } from '../load.ts';
import { accountAt, alarmBody, channelAt, newKey, pressBody } from '../messages.ts';
import { ms, type Row, spread, times } from '../table.ts';
import { openWorld, type World } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

const SENDERS = 32;
const STEADY_RATE = 300;
const WARM_UP = 200;
const SLACK_WINDOW = 10_000;
const LOST_WITHIN = 60_000;
/** Alertmanager posts over few connections; what comes later than this is called lost. */
const DELIVERED_WITHIN = 10_000;

export const storms: Scenario = async ({ quick }) => {
  const count = quick ? 500 : 2_000;
  const alertmanager = await stormAlertmanager(count);
  const naive = await stormNaive(count);
  return [...(await stormBot(count, naive, alertmanager)), ...(await steady(quick ? 3 : 10))];
};

async function stormBot(count: number, naive: Stormed, alertmanager: Delivered | undefined): Promise<readonly Row[]> {
  const world = await openWorld(2);
  const poster = createPoster(SENDERS);
  try {
    const bot = await world.addBot();
    const send = (body: string) => poster.post(`${bot.url}/webhooks/sns`, body);
    await warmUp(world, send);
    const keys = Array.from({ length: count }, () => newKey(accountAt(0)));
    const bodies = keys.map((key) => alarmBody(world.signer, key));
    note(`storm: ${count} alarms, ${SENDERS} senders`);
    const from = world.slack.calls.length;
    const waitingBefore = await world.redis.llen('{kw}:care:wait');
    const started = performance.now();
    const stormed = await storm(bodies, SENDERS, send);
    const after = await allRemembered(world, WARM_UP + count, started);
    const remembered = await rememberedOf(world, keys);
    await sleep(Math.max(0, started + SLACK_WINDOW - performance.now()));
    const posts = world.slack.calls
      .slice(from)
      .filter((call) => call.method === 'chat.postMessage' && call.channel === channelAt(0) && !call.thread);
    const inWindow = posts.filter((call) => call.at - started <= SLACK_WINDOW).length;
    const waiting = (await world.redis.llen('{kw}:care:wait')) - waitingBefore;
    const whole = await world.slack
      .seen((call) => call.channel === channelAt(0) && call.text.includes(`Wave: ${count} keys`), LOST_WITHIN)
      .catch(() => undefined);
    return [
      {
        path: `storm of ${count}, ${SENDERS} senders: accepted`,
        keywarden: `${Math.round(stormed.perSecond)}/s`,
        naive: `${Math.round(naive.perSecond)}/s`,
        ...(alertmanager && { alertmanager: `${Math.round(alertmanager.perSecond)}/s` }),
        ratio: `${times(stormed.perSecond, naive.perSecond)} naive, ${times(stormed.perSecond, alertmanager?.perSecond)} Alertmanager`,
        goal: '≥ 2× Alertmanager',
      },
      {
        path: 'the same: accept',
        keywarden: spread(stormed.latencies),
        naive: spread(naive.latencies),
        ...(alertmanager && { alertmanager: spread(alertmanager.latencies) }),
        goal: '(p99 is set at 300/s)',
      },
      {
        path: 'the same: nothing lost',
        keywarden: `${remembered} of ${stormed.accepted} incidents${after === undefined ? '' : ` after ${(after / 1_000).toFixed(1)} s`}${stormed.refused > 0 ? `, ${stormed.refused} refused` : ''}`,
        ...(alertmanager && {
          alertmanager: `${alertmanager.delivered.length} of ${count} delivered, ${spread(alertmanager.delivered)}`,
        }),
        goal: 'all',
      },
      {
        path: 'the same: channel',
        keywarden: `first after ${ms(posts[0] && posts[0].at - started)}, ${inWindow} messages in ${SLACK_WINDOW / 1_000} s; one card names all ${count} after ${ms(whole && whole.at - started)}`,
        goal: 'first ≤ 1 s, ≤ 5 messages',
      },
      await clickAmid(world, poster.post, bot),
      {
        path: 'the same: jobs waiting in front of a deadline',
        keywarden: String(waiting),
        goal: 'none that wait for CloudTrail or last use',
      },
    ];
  } finally {
    poster.close();
    await world.close();
  }
}

/** Somebody rescues a key while the storm's backlog is being worked off. */
async function clickAmid(world: World, post: ReturnType<typeof createPoster>['post'], bot: Child): Promise<Row> {
  const calls: number[] = [];
  const cards = world.slack.calls.filter(
    (call) => call.method === 'chat.postMessage' && call.channel === channelAt(0) && call.buttons.has('rescue'),
  );
  // The lane's burst is two.
  for (const card of cards.slice(0, 2)) {
    const from = world.kms.calls.length;
    const value = card.buttons.get('rescue') ?? '';
    const { body, headers } = pressBody({ channel: card.channel, ts: card.ts, action: 'rescue', value });
    const started = performance.now();
    const [, cancelled] = await Promise.all([
      post(`${bot.url}/slack/events`, body, headers),
      world.kms.seen(
        (one) => one.operation === 'CancelKeyDeletion' && world.kms.calls.indexOf(one, from) >= 0,
        DELIVERED_WITHIN,
      ),
    ]);
    calls.push(cancelled.at - started);
  }
  return {
    path: 'the same: click behind the storm → KMS',
    keywarden: calls.length === 0 ? 'no card to click on' : calls.map(ms).join(', '),
    goal: 'p99 ≤ 40 ms',
  };
}

/** Ms since `started` when so many incidents are open, or `undefined`. */
async function allRemembered(world: World, count: number, started: number): Promise<number | undefined> {
  for (const until = performance.now() + LOST_WITHIN; performance.now() < until; await sleep(50))
    if ((await world.redis.scard('{kw}:open')) >= count) return performance.now() - started;
  return undefined;
}

/** Real alarms of another account, for another channel, worked off before anything is measured. */
async function warmUp(world: World, send: (body: string) => ReturnType<ReturnType<typeof createPoster>['post']>) {
  const started = performance.now();
  const bodies = Array.from({ length: WARM_UP }, () => alarmBody(world.signer, newKey(accountAt(1))));
  await storm(bodies, SENDERS, send);
  await allRemembered(world, WARM_UP, started);
}

/** How many of these keys have an incident. */
async function rememberedOf(world: World, keys: readonly string[]): Promise<number> {
  const ids = keys.map((key) => `i${createHash('sha256').update(`key ${key}`).digest('hex').slice(0, 31)}`);
  const found = await Promise.all(ids.map((id) => world.redis.exists(`{kw}:incident:${id}`)));
  return found.filter((one) => one === 1).length;
}

async function steady(seconds: number): Promise<readonly Row[]> {
  const world = await openWorld(2);
  const poster = createPoster(64);
  try {
    const bot = await world.addBot();
    const send = (body: string) => poster.post(`${bot.url}/webhooks/sns`, body);
    await warmUp(world, send);
    const bodies = Array.from({ length: STEADY_RATE * seconds }, () => alarmBody(world.signer, newKey(accountAt(0))));
    note(`steady: ${STEADY_RATE} alarms/s for ${seconds} s`);
    const held = await steadily(bodies, STEADY_RATE, send);
    const refused = held.refused > 0 ? `, ${held.refused} refused` : '';
    return [
      {
        path: `accept at a steady ${STEADY_RATE}/s for ${seconds} s (reached ${Math.round(held.perSecond)}/s)`,
        keywarden: `${spread(held.latencies)}${refused}`,
        goal: 'p99 ≤ 25 ms',
      },
    ];
  } finally {
    poster.close();
    await world.close();
  }
}

async function stormNaive(count: number): Promise<Stormed> {
  const world = await openWorld(1);
  const poster = createPoster(SENDERS);
  try {
    note(`storm at the naive line: ${count} alarms`);
    const naive = await world.addNaive();
    const send = (body: string) => poster.post(naive.url, body);
    const bodies = Array.from({ length: count + WARM_UP }, () => alarmBody(world.signer, newKey(accountAt(0))));
    await storm(bodies.slice(0, WARM_UP), SENDERS, send);
    return await storm(bodies.slice(WARM_UP), SENDERS, send);
  } finally {
    poster.close();
    await world.close();
  }
}

interface Delivered extends Stormed {
  /** Post to webhook, ms, one per delivered alert. */
  readonly delivered: readonly number[];
}

async function stormAlertmanager(count: number): Promise<Delivered | undefined> {
  const alertmanager = await startAlertmanager();
  if (alertmanager === undefined) return undefined;
  const poster = createPoster(SENDERS);
  try {
    note(`storm at Alertmanager: ${count} alerts`);
    const send = (body: string) => poster.post(alertmanager.url, body);
    await storm(
      Array.from({ length: WARM_UP }, (_, index) => alertBody(`warm-${index}`)),
      SENDERS,
      send,
    );
    const ids = Array.from({ length: count }, (_, index) => `key-${index}`);
    const sentAt: number[] = [];
    const stormed = await storm(ids.map(alertBody), SENDERS, (body, index) => {
      sentAt[index] = performance.now();
      return send(body);
    });
    for (const until = performance.now() + DELIVERED_WITHIN; performance.now() < until; await sleep(50))
      if (ids.every((id) => alertmanager.arrived.has(id))) break;
    const delivered = ids.flatMap((id, index) => {
      const at = alertmanager.arrived.get(id);
      return at === undefined ? [] : [at - (sentAt[index] ?? at)];
    });
    return { ...stormed, delivered };
  } finally {
    poster.close();
    await alertmanager.close();
  }
}
