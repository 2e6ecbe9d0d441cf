/** *Rescue all* on a wave: how much of what each lane allows is used, and what of KMS's quotas all calls of the bot take. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mostWithin } from '../../../src/sandbox/aws/requests.ts';
import { createPoster, storm } from '../load.ts';
import { accountAt, alarmBody, channelAt, newKey, pressBody } from '../messages.ts';
import type { KmsCall } from '../stand-ins.ts';
import type { Row } from '../table.ts';
import { openWorld, type World } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

const RESCUE_ALL = 'rescue_all';
const SENDERS = 32;
const CARD_WITHIN = 30_000;
/** Half of KMS's five a second (requests-per-second of the developer guide): the rest stays for people. */
const LANE_RATE = 2.5;
/** A lane begins with two at once; what is measured is its pace. */
const BURST = 2;
const WINDOW = 60_000;
/** Requests a second that an account has in a Region, and what of them may be ours. What changes a key has its own rows. */
const QUOTAS: Readonly<Record<string, { readonly perSecond: number; readonly share: number }>> = {
  DescribeKey: { perSecond: 2_000, share: 0.1 },
  GetKeyLastUsage: { perSecond: 5, share: 0.1 },
  GetKeyPolicy: { perSecond: 1_000, share: 0.1 },
  GetKeyRotationStatus: { perSecond: 1_000, share: 0.1 },
  ListGrants: { perSecond: 100, share: 0.1 },
  ListAliases: { perSecond: 500, share: 0.1 },
  ListKeys: { perSecond: 500, share: 0.1 },
  ListResourceTags: { perSecond: 2_000, share: 0.1 },
  LookupEvents: { perSecond: 2, share: 0.5 },
};

export const bulk: Scenario = async ({ quick }) => {
  const count = quick ? 200 : 500;
  const world = await openWorld(1);
  const poster = createPoster(SENDERS);
  try {
    const keys = Array.from({ length: count }, () => newKey(accountAt(0)));
    // A rescue brings back what was before: the first sweep must have seen it.
    for (const key of keys) world.kms.states.set(key, 'Enabled');
    world.kms.listed = keys;
    const bot = await world.addBot();
    for (const key of keys) world.kms.states.set(key, 'PendingDeletion');
    note(`bulk: ${count} alarms, then Rescue all`);
    await storm(
      keys.map((key) => alarmBody(world.signer, key)),
      SENDERS,
      (body) => poster.post(`${bot.url}/webhooks/sns`, body),
    );
    const card = await world.slack.seen(
      (call) => call.channel === channelAt(0) && call.buttons.has(RESCUE_ALL),
      CARD_WITHIN,
    );
    await remembered(world, count);
    const value = card.buttons.get(RESCUE_ALL) ?? '';
    const { body, headers } = pressBody({ channel: card.channel, ts: card.ts, action: RESCUE_ALL, value });
    const pressed = performance.now();
    await poster.post(`${bot.url}/slack/events`, body, headers);
    const longest = ((2 * count) / LANE_RATE) * 1_000 + WINDOW;
    const done = await rescued(world, keys, longest);
    return [
      laneRow(world, 'CancelKeyDeletion', count),
      laneRow(world, 'EnableKey', count),
      {
        path: 'the same: keys enabled again',
        keywarden: `${done} of ${count} after ${Math.round((performance.now() - pressed) / 1_000)} s; ${effective(world, 'CancelKeyDeletion')} effective cancellations, ${effective(world, 'EnableKey')} effective enables`,
        goal: 'all, each once',
      },
      ...budgetRows(world.kms.calls),
    ];
  } finally {
    poster.close();
    await world.close();
  }
};

const times = (world: World, operation: string): readonly number[] =>
  world.kms.calls.filter((call) => call.operation === operation).map(({ at }) => at);

const effective = (world: World, operation: string): number =>
  world.kms.calls.filter((call) => call.operation === operation && call.changed).length;

/** The busiest minute that the lane had, and all of it from the first call to the last. */
function laneRow(world: World, operation: string, count: number): Row {
  const at = times(world, operation);
  const took = (at.at(-1) ?? 0) - (at[0] ?? 0);
  const whole = ((at.length - BURST) * 1_000) / Math.max(took, 1);
  const minute = took < WINDOW ? undefined : ((mostWithin(WINDOW, at) - BURST) * 1_000) / WINDOW;
  const share = (rate: number): string => `${Math.round((rate / LANE_RATE) * 100)} %`;
  return {
    path: `bulk rescue of ${count} keys: ${operation}`,
    keywarden: `${at.length} calls in ${(took / 1_000).toFixed(0)} s: ${whole.toFixed(2)}/s, ${share(whole)} of the lane${minute === undefined ? '' : `; busiest minute ${minute.toFixed(2)}/s`}`,
    goal: `≥ 95 % of ${LANE_RATE}/s over ≥ 60 s`,
  };
}

/** Everything the bot asked of KMS and CloudTrail in this account, against the quota. */
function budgetRows(calls: readonly KmsCall[]): readonly Row[] {
  const byOperation = Map.groupBy(calls, ({ operation }) => operation);
  return [...byOperation].flatMap(([operation, made]): readonly Row[] => {
    const quota = QUOTAS[operation];
    if (quota === undefined) return [];
    const at = made.map((call) => call.at);
    // So many pauses lie between them; a steady second has one more call than pauses.
    const rate = ((mostWithin(WINDOW, at) - 1) * 1_000) / WINDOW;
    return [
      {
        path: `the same: ${operation}, account and Region`,
        keywarden: `${made.length} calls, ${rate.toFixed(2)}/s in the busiest minute: ${((rate / quota.perSecond) * 100).toFixed(1)} % of ${quota.perSecond}/s`,
        goal: `≤ ${quota.share * 100} %`,
      },
    ];
  });
}

/** Nothing is pressed before every alarm has become an incident. */
async function remembered(world: World, count: number): Promise<void> {
  for (const until = performance.now() + CARD_WITHIN; performance.now() < until; await sleep(50))
    if ((await world.redis.scard('{kw}:open')) >= count) return;
  throw new Error('not every alarm became an incident');
}

async function rescued(world: World, keys: readonly string[], within: number): Promise<number> {
  const enabled = (): number => keys.filter((key) => world.kms.states.get(key) === 'Enabled').length;
  for (const until = performance.now() + within; performance.now() < until; await sleep(200))
    if (enabled() === keys.length) break;
  return enabled();
}
