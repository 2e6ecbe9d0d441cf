/** A first, full sweep: every key is read. Its rate is bounded on purpose; time and memory of more keys follow from it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BotAnswer } from '../bot.ts';
import { accountAt, newKey } from '../messages.ts';
import { openWorld } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

const WITHIN = 300_000;
const MANY = 100_000;

type Memory = Extract<BotAnswer, { kind: 'memory' }>;

export const sweep: Scenario = async ({ quick }) => {
  const keys = quick ? 1_000 : 4_000;
  note(`sweep: ${keys} keys`);
  const world = await openWorld(1);
  try {
    const bot = await world.addBot({ execArgv: ['--expose-gc'] });
    const memory = (tidy: boolean): Promise<Memory> => bot.ask<Memory>({ ask: 'memory', tidy }, 'memory', 10_000);
    const before = await memory(true);
    world.kms.listed = Array.from({ length: keys }, () => newKey(accountAt(0)));
    for (const key of world.kms.listed) world.kms.states.set(key, 'Enabled');
    // A place that was never swept is swept with the next pulse; the sweep that found nothing is forgotten, its job too.
    await world.redis.del('{kw}:sweeps');
    await forgetSweepJob(world.redis);
    const started = performance.now();
    let highest = before.rss;
    let swept = false;
    const watching = (async () => {
      while (!swept) {
        highest = Math.max(highest, (await memory(false)).rss);
        await sleep(500);
      }
    })();
    await bot.ask({ ask: 'swept' }, 'swept', WITHIN);
    const seconds = (performance.now() - started) / 1_000;
    swept = true;
    await watching;
    const after = await memory(true);
    const times = world.kms.calls.filter((call) => call.operation === 'DescribeKey').map((call) => call.at);
    const reads = times.length;
    const perSecond = ((reads - 1) * 1_000) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    return [
      {
        path: `sweep of ${keys} keys, all read (${reads} DescribeKey)`,
        keywarden: `${seconds.toFixed(1)} s, ${Math.round(perSecond)} reads/s; ${MANY} keys: ${(MANY / perSecond / 60).toFixed(1)} min`,
        goal: '≤ 200 reads/s; 100,000 keys ≤ 9 min',
      },
      {
        path: 'the same: memory growth (resident, highest; heap after)',
        keywarden: `${megabytes(highest - before.rss)}; ${megabytes(after.heap - before.heap)}`,
        goal: '< 100 MB at 100,000 keys',
      },
    ];
  } finally {
    await world.close();
  }
};

/** An ended job keeps its id for two days, so that it is not run twice. */
async function forgetSweepJob(redis: import('ioredis').Redis): Promise<void> {
  const jobs = await redis.keys('{kw}:sweep:*sweep*');
  if (jobs.length > 0) await redis.del(...jobs);
}
