/**
 * Ten thousand keys die at once: what the countdown costs when all of it is full. The sweep opens them all; then each part is timed
 * in the bot's own process, and Slack's and KMS's sides are counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BotAnswer, TimedWork } from '../bot.ts';
import { accountAt, newKey } from '../messages.ts';
import { openWorld } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

const WITHIN = 600_000;
const RUNS = 5;

type Memory = Extract<BotAnswer, { kind: 'memory' }>;
type Timed = Extract<BotAnswer, { kind: 'timed' }>;

export const countdown: Scenario = async ({ quick }) => {
  const keys = quick ? 1_000 : 10_000;
  note(`countdown: ${keys} keys pending deletion`);
  const world = await openWorld(1);
  try {
    const bot = await world.addBot({ execArgv: ['--expose-gc'] });
    const memory = (tidy: boolean): Promise<Memory> => bot.ask<Memory>({ ask: 'memory', tidy }, 'memory', 60_000);
    const before = await memory(true);
    world.kms.listed = Array.from({ length: keys }, () => newKey(accountAt(0)));
    await world.redis.del('{kw}:sweeps');
    const jobs = await world.redis.keys('{kw}:sweep:*sweep*');
    if (jobs.length > 0) await world.redis.del(...jobs);
    let highest = before.rss;
    let done = false;
    const watching = (async () => {
      while (!done) {
        highest = Math.max(highest, (await memory(false)).rss);
        await sleep(500);
      }
    })();
    const started = performance.now();
    while ((await world.redis.zcard('{kw}:due')) < keys) {
      if (performance.now() - started > WITHIN) throw new Error('the sweep did not open every incident');
      await sleep(100);
    }
    const seconds = (performance.now() - started) / 1_000;
    const reads = world.kms.calls.filter(({ operation }) => operation === 'DescribeKey').map(({ at }) => at);
    const perSecond = ((reads.length - 1) * 1_000) / ((reads.at(-1) ?? 0) - (reads[0] ?? 0));
    const timed = async (what: TimedWork): Promise<Timed> => {
      const all: Timed[] = [];
      for (let run = 0; run < RUNS; run += 1) all.push(await bot.ask<Timed>({ ask: 'time', what }, 'timed', WITHIN));
      return all.sort((one, other) => one.ms - other.ms)[Math.floor(RUNS / 2)] as Timed;
    };
    const due = await timed('due');
    const digest = await timed('digest');
    const picture = await timed('picture');
    const home = await timed('home');
    done = true;
    await watching;
    const after = await memory(true);
    const posts = world.slack.calls.filter(({ method }) => method === 'chat.postMessage').map(({ at }) => at);
    const burst = mostWithin(posts, 10_000);
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    return [
      {
        path: `countdown: ${keys} pending keys swept, an incident and a due entry each`,
        keywarden: `${seconds.toFixed(1)} s, ${Math.round(perSecond)} reads/s; ${burst} posts in 10 s`,
        goal: '≤ 200 reads/s; about 1 post/s and channel',
      },
      {
        path: `countdown: the pulse asks ${keys} due entries (median of ${RUNS})`,
        keywarden: `${due.ms.toFixed(1)} ms`,
        goal: '–',
      },
      {
        path: 'countdown: a digest of all of them gathered; its picture drawn, beside the bot',
        keywarden: `${digest.ms.toFixed(0)} ms; ${picture.ms.toFixed(0)} ms`,
        goal: '–',
      },
      {
        path: 'countdown: a Home tab drawn and published',
        keywarden: `${home.ms.toFixed(1)} ms`,
        goal: '–',
      },
      {
        path: 'countdown: memory growth (resident, highest; heap after)',
        keywarden: `${megabytes(highest - before.rss)}; ${megabytes(after.heap - before.heap)}`,
        goal: 'bounded',
      },
    ];
  } finally {
    await world.close();
  }
};

/** The most moments that fall within so many ms of one another; in order. */
function mostWithin(moments: readonly number[], ms: number): number {
  let most = 0;
  let from = 0;
  for (let to = 0; to < moments.length; to += 1) {
    while ((moments[to] ?? 0) - (moments[from] ?? 0) > ms) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
