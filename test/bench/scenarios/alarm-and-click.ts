/** One alarm at a time to a channel that nobody has posted to, beside the naive line; then one click on each card. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../children.ts';
import { createPoster, type Poster } from '../load.ts';
import { accountAt, alarmBody, channelAt, newKey, pressBody } from '../messages.ts';
import type { SlackCall } from '../stand-ins.ts';
import { type Row, spread, spreadRatio } from '../table.ts';
import { openWorld, type World } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

/** Each of the two is asked in turn, so that a noisy minute is noisy for both. */
const ROUND = 25;
const WARM_UP = 25;
const PAUSE = 20;
const WITHIN = 10_000;

interface Card {
  readonly key: string;
  readonly call: SlackCall;
  readonly ms: number;
}

export const alarmAndClick: Scenario = async ({ quick }) => {
  const alarms = quick ? 50 : 200;
  const world = await openWorld(alarms + WARM_UP);
  const poster = createPoster(4);
  try {
    note(`alarm → Slack: ${alarms} alarms, one at a time`);
    const bot = await world.addBot();
    const naive = await world.addNaive();
    const snsUrl = `${bot.url}/webhooks/sns`;
    for (let index = 0; index < WARM_UP; index += 1) {
      await alarmAt(world, poster, snsUrl, alarms + index);
      await alarmAt(world, poster, naive.url, alarms + index);
    }
    const cards: Card[] = [];
    const naiveMs: number[] = [];
    for (let from = 0; from < alarms; from += ROUND) {
      for (let index = from; index < from + ROUND; index += 1) cards.push(await alarmAt(world, poster, snsUrl, index));
      for (let index = from; index < from + ROUND; index += 1)
        naiveMs.push((await alarmAt(world, poster, naive.url, index)).ms);
    }
    const own = cards.map((card) => card.ms);
    const rows: Row[] = [
      {
        path: `alarm that names its key → request at Slack, one at a time, fresh channels (${alarms})`,
        keywarden: spread(own),
        naive: spread(naiveMs),
        ratio: spreadRatio(own, naiveMs),
        goal: '≤ 1× the naive line; p50 ≤ 8 ms, p99 ≤ 30 ms',
      },
    ];
    await naive.kill();
    return [...rows, ...(await clicks(world, poster, bot, cards.slice(0, quick ? 30 : 150)))];
  } finally {
    poster.close();
    await world.close();
  }
};

async function alarmAt(world: World, poster: Poster, url: string, index: number): Promise<Card> {
  const key = newKey(accountAt(index));
  const body = alarmBody(world.signer, key);
  const channel = channelAt(index);
  const started = performance.now();
  const [answer, call] = await Promise.all([
    poster.post(url, body),
    world.slack.seen((one) => one.channel === channel && one.text.includes(key.slice(-36)), WITHIN),
  ]);
  if (answer.status !== 200) throw new Error(`an alarm was answered with ${answer.status}`);
  await sleep(PAUSE);
  return { key, call, ms: call.at - started };
}

/** Each on another account: KMS calls are paced per account, Region and operation. */
async function clicks(world: World, poster: Poster, bot: Child, cards: readonly Card[]): Promise<readonly Row[]> {
  note(`click → KMS: ${cards.length} clicks, one at a time`);
  const acks: number[] = [];
  const calls: number[] = [];
  for (const { key, call } of cards) {
    const { body, headers } = pressBody({
      channel: call.channel,
      ts: call.ts,
      action: 'rescue',
      value: call.buttons.get('rescue') ?? '',
    });
    const started = performance.now();
    const [ack, cancelled] = await Promise.all([
      poster.post(`${bot.url}/slack/events`, body, headers),
      world.kms.seen((one) => one.operation === 'CancelKeyDeletion' && one.key === key, WITHIN),
    ]);
    acks.push(ack.ms);
    calls.push(cancelled.at - started);
    await sleep(PAUSE);
  }
  return [
    { path: `click → acknowledged (${cards.length})`, keywarden: spread(acks), goal: 'p99 ≤ 25 ms' },
    { path: 'click → CancelKeyDeletion at KMS', keywarden: spread(calls), goal: 'p50 ≤ 10 ms, p99 ≤ 40 ms' },
  ];
}
