/** `npm start` as people run it: until ready, and what it takes when nothing happens. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkEntry, killed } from '../children.ts';
import { percentile } from '../load.ts';
import { close, listen } from '../stand-ins.ts';
import { benchConfig, benchVariables, openWorld } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

const STARTS = 3;
const READY_WITHIN = 20_000;

export const starts: Scenario = async ({ quick }) => {
  note('start and idle');
  const world = await openWorld(1);
  const directory = await mkdtemp(join(tmpdir(), 'keywarden-bench-'));
  try {
    const path = join(directory, 'keywarden.yaml');
    // JSON is YAML.
    await writeFile(path, JSON.stringify(benchConfig(1)));
    const took: number[] = [];
    let idle: number | undefined;
    for (let start = 1; start <= STARTS; start += 1) {
      await world.redis.flushall();
      const port = await freePort();
      const started = performance.now();
      const child = forkEntry('whole.ts', {
        PATH: process.env.PATH,
        ...benchVariables(world.redisUrl, world.slack.url),
        PORT: String(port),
        KEYWARDEN_CONFIG: path,
        AWS_ENDPOINT_URL: world.kms.url,
        AWS_ACCESS_KEY_ID: 'AKIABENCHWHOLE',
        AWS_SECRET_ACCESS_KEY: 'secret-of-the-bench',
        AWS_EC2_METADATA_DISABLED: 'true',
      });
      try {
        await ready(`http://127.0.0.1:${port}/readyz`, started);
        took.push(performance.now() - started);
        if (start === STARTS) {
          await sleep(quick ? 3_000 : 15_000);
          idle = await residentOf(child.pid ?? 0);
        }
      } finally {
        await killed(child);
      }
    }
    return [
      {
        path: `process start → /readyz 200 (median of ${STARTS})`,
        keywarden: `${((percentile(took, 0.5) ?? 0) / 1_000).toFixed(2)} s`,
        goal: '< 3 s',
      },
      {
        path: `resident memory, idle for ${quick ? 3 : 15} s`,
        keywarden: idle === undefined ? 'not readable here' : `${Math.round(idle / 1e6)} MB`,
        goal: '< 220 MB',
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
    await world.close();
  }
};

async function ready(url: string, since: number): Promise<void> {
  for (; performance.now() - since < READY_WITHIN; await sleep(10)) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
  }
  throw new Error(`not ready within ${READY_WITHIN} ms`);
}

/** Bytes; Linux tells. */
async function residentOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const url = await listen(server);
  await close(server);
  return Number(new URL(url).port);
}
