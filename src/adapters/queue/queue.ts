/**
 * The `Queue` port over BullMQ. Adding fails fast: with Redis away at once, with Redis frozen after 1.5 s (B6: by default
 * it would hang). The timed-out add may have been applied; deterministic ids make it safe to ask again.
 */
import { Queue as BullQueue, type JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import type { JobName, JobPayloads } from '../../domain/effect.ts';
import type { Duration } from '../../domain/ids.ts';
import { StoreUnavailable } from '../../domain/lost.ts';
import type { Log, Queue } from '../../ports.ts';
import { FAMILIES, FAMILY_OF, type Family, JOB_OPTIONS, PREFIX } from './families.ts';
import { jobId } from './job-id.ts';

const COMMAND_TIMEOUT: Duration = 1_500;
/**
 * How long a job that ended is left alone before `ensure` starts it anew: a job that ends at once without its effect
 * would otherwise run with every pulse. Counted in real time, by BullMQ's own stamps.
 */
const REST: Readonly<Record<'completed' | 'failed', Duration>> = { completed: 5_000, failed: 15_000 };

export interface JobQueue extends Queue {
  /** Jobs per family and state, for metrics. Rejects with `StoreUnavailable`. */
  counts(): Promise<Readonly<Record<Family, Readonly<Record<string, number>>>>>;
  close(): Promise<void>;
}

type Queues = Readonly<Record<Family, BullQueue>>;

/** Opens the connection in the background; until Redis is there, adding rejects with `StoreUnavailable`. */
export function openQueue(url: string, options: { readonly log?: Log } = {}): JobQueue {
  const redis = new Redis(url, {
    connectionName: 'keywarden-queue',
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT,
    socketTimeout: 30_000,
    keepAlive: 5_000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: 1_000,
    retryStrategy: (times) => Math.min(times * 50, 1_000),
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  let lost = false;
  redis.on('error', (error: unknown) => {
    if (!lost) options.log?.warn({ error }, 'the queue cannot reach Redis');
    lost = true;
  });

  // BullMQ's queue asks for the server's version once, and is of no use when that failed: it is built when Redis is there.
  let building: Promise<Queues> | undefined;
  const queues = async (): Promise<Queues> => {
    if (redis.status !== 'ready') throw new StoreUnavailable('Redis: the queue is not connected');
    building ??= buildQueues(redis).catch((error: unknown) => {
      building = undefined;
      throw error;
    });
    return building;
  };
  redis.on('ready', () => {
    lost = false;
    queues().catch((error: unknown) => options.log?.warn({ error }, 'the queue could not be opened yet'));
  });

  const using = async <T>(work: (all: Queues) => Promise<T>): Promise<T> => {
    try {
      return await work(await queues());
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreUnavailable(`Redis: ${error instanceof Error ? error.message : 'unknown failure'}`, error);
    }
  };
  const add: JobQueue['add'] = (name, id, payload, wanted = {}) =>
    using(async (all) => {
      await all[FAMILY_OF[name]].add(name, payload, optionsOf(id, wanted));
    });

  return {
    add,

    async ensure<N extends JobName>(name: N, id: string, payload: JobPayloads[N]) {
      const mayAdd = await using((all) => clearEnded(all[FAMILY_OF[name]], jobId(id)));
      if (mayAdd) await add(name, id, payload);
    },

    counts: () =>
      using(async (all) => {
        const entries = FAMILIES.map(async (family) => [family, await all[family].getJobCounts()] as const);
        return Object.fromEntries(await Promise.all(entries)) as Record<Family, Record<string, number>>;
      }),

    async close() {
      redis.disconnect();
      const built = await building?.catch(() => undefined);
      if (built) await Promise.allSettled(FAMILIES.map((family) => built[family].close()));
    },
  };
}

async function buildQueues(redis: Redis): Promise<Queues> {
  const built = FAMILIES.map((family) => {
    const queue = new BullQueue(family, {
      connection: redis,
      prefix: PREFIX,
      defaultJobOptions: JOB_OPTIONS,
      streams: { events: { maxLen: 1_000 } },
    });
    // Every failure reaches the caller too; without a listener it would end the process.
    queue.on('error', () => undefined);
    return [family, queue] as const;
  });
  try {
    await Promise.all(built.map(([, queue]) => queue.waitUntilReady()));
  } catch (error) {
    await Promise.allSettled(built.map(([, queue]) => queue.close()));
    throw error;
  }
  return Object.fromEntries(built) as unknown as Queues;
}

function optionsOf(id: string, wanted: { priority?: number; delay?: Duration }): JobsOptions {
  return {
    jobId: jobId(id),
    ...(wanted.priority !== undefined && { priority: wanted.priority }),
    ...(wanted.delay !== undefined && { delay: Math.ceil(wanted.delay) }),
  };
}

/** True when a job of that id may be added: there is none, or it ended long enough ago and was taken away. */
async function clearEnded(queue: BullQueue, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  if (job === undefined) return true;
  if (job.finishedOn === undefined) return false;
  const rest = job.failedReason === undefined ? REST.completed : REST.failed;
  if (Date.now() - job.finishedOn < rest) return false;
  // Fails when another process was quicker and the new job runs already.
  return job.remove().then(
    () => true,
    () => false,
  );
}
