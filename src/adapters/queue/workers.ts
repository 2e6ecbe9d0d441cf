/**
 * Runs the jobs. A job may run twice (its worker was killed, its lock lapsed): handlers read before they write. A worker
 * that dies is noticed within a lock and a check, 5 s each (B1), and no number of deaths makes a job fail (B2).
 */
import { type Job as BullJob, DelayedError, UnrecoverableError, Worker } from 'bullmq';
import type { JobName } from '../../domain/effect.ts';
import type { Duration } from '../../domain/ids.ts';
import type { Log } from '../../ports.ts';
import { CONCURRENCY, FAMILIES, type Family, isJobName, JOB_OPTIONS, PREFIX } from './families.ts';
import type { Job, JobContext, Jobs, LostJob } from './job.ts';
import { Interrupted, Later } from './later.ts';

const LOCK: Duration = 5_000;
const STALLED_CHECK: Duration = 3_000;
/** Deaths of a process say nothing about the job. */
const MOST_STALLS = 1_000;
/** A job that is given back this often is looked at by a person. */
const MOST_STARTS = 10_000;
/** Between the attempts of a worker to reach a lost Redis; BullMQ's 15 s would break the promise of 15 s to recover. */
const RUN_RETRY: Duration = 1_000;
const SAME_WORDS_AGAIN: Duration = 60_000;

export interface WorkersOptions {
  readonly url: string;
  readonly jobs: Jobs;
  readonly log: Log;
  /** Jobs at once per family; what is not named keeps its default. */
  readonly concurrency?: Partial<Record<Family, number>>;
  /** Told when a job has failed for good, or cannot be read. */
  readonly onLost?: (job: LostJob) => void;
}

export interface Workers {
  /** True once every worker has had its connections. */
  isReady(): boolean;
  /**
   * Takes no more jobs and waits for the running ones; after half of `within` ms their signals are aborted, and what is
   * given back runs elsewhere. Answers false when some were still running at the end: their locks lapse, and other
   * workers run them again.
   */
  close(options: { readonly within: Duration }): Promise<boolean>;
}

/** Starts at once, also without Redis: the workers begin when it is there, and come back after every outage. */
export function startWorkers(options: WorkersOptions): Workers {
  const ready = new Set<Family>();
  const workers = FAMILIES.map((family) => {
    const worker = openWorker(family, options);
    worker.on('ready', () => void ready.add(family));
    return worker;
  });
  return {
    isReady: () => ready.size === workers.length,
    close: ({ within }) => closeAll(workers, within, options.log),
  };
}

function openWorker(family: Family, { url, jobs, log, concurrency, onLost }: WorkersOptions): Worker {
  const worker = new Worker(family, (job, token, signal) => runJob(jobs, job, token, signal, log), {
    connection: {
      url,
      connectionName: `keywarden-${family}`,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(times * 50, 1_000),
      maxLoadingRetryTime: 1_000,
      socketTimeout: 30_000,
      keepAlive: 5_000,
    },
    prefix: PREFIX,
    concurrency: concurrency?.[family] ?? CONCURRENCY[family],
    lockDuration: LOCK,
    stalledInterval: STALLED_CHECK,
    maxStalledCount: MOST_STALLS,
    maxStartedAttempts: MOST_STARTS,
    runRetryDelay: RUN_RETRY,
    removeOnComplete: JOB_OPTIONS.removeOnComplete,
    removeOnFail: JOB_OPTIONS.removeOnFail,
  });
  const isNews = sparingly();
  worker.on('error', (error) => {
    if (isNews(error.message)) log.warn({ error, reason: family }, 'a worker met an error');
  });
  worker.on('stalled', (job) => log.warn({ job }, 'a job was left by its worker and runs again'));
  // Somebody else may run the job now: whoever has it must not act on.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lock lost');
  });
  worker.on('failed', (job, error) => {
    const unreadable = error instanceof UnrecoverableError;
    if (!unreadable && job !== undefined && job.attemptsMade < (job.opts.attempts ?? 1)) return;
    const lost = {
      name: job?.name ?? 'unknown',
      id: job?.id ?? 'unknown',
      reason: unreadable ? 'unreadable' : 'failed',
    };
    log.error({ job: lost.id, operation: lost.name, reason: lost.reason }, 'a job has failed for good');
    onLost?.(lost as LostJob);
  });
  return worker;
}

/** While Redis is away each connection tells so each second: the same words once a minute are enough. */
function sparingly(): (words: string) => boolean {
  let last = { words: '', at: Number.NEGATIVE_INFINITY };
  return (words) => {
    const at = performance.now();
    if (words === last.words && at - last.at < SAME_WORDS_AGAIN) return false;
    last = { words, at };
    return true;
  };
}

async function runJob(
  jobs: Jobs,
  job: BullJob,
  token: string | undefined,
  signal: AbortSignal | undefined,
  log: Log,
): Promise<void> {
  const context = { signal: interruptible(signal), jobId: job.id ?? '', attempt: job.attemptsMade + 1 };
  try {
    await dispatch(jobs, job, context);
  } catch (error) {
    if (error instanceof UnrecoverableError) throw error;
    if (error instanceof Later || context.signal.aborted) {
      await job.moveToDelayed(Date.now() + (error instanceof Later ? Math.max(0, error.delay) : 0), token);
      throw new DelayedError();
    }
    log.warn({ job: context.jobId, operation: job.name, count: context.attempt, error }, 'a job failed');
    // BullMQ stores the message: foreign text, and what it may carry, stays out of Redis.
    throw new Error(error instanceof Error ? error.name : 'a thrown value', { cause: error });
  }
}

/** A job of a name or shape this version does not know is parked in the failed set, not dropped. */
async function dispatch(jobs: Jobs, job: BullJob, context: JobContext): Promise<void> {
  if (!isJobName(job.name)) throw new UnrecoverableError('no such job');
  const known: Job<JobName> = jobs[job.name] as unknown as Job<JobName>;
  const parsed = known.schema.safeParse(job.data);
  if (!parsed.success) throw new UnrecoverableError('the payload cannot be read');
  await known.handle(parsed.data, context);
}

/** BullMQ aborts with a text; handlers get an error they can let through. */
function interruptible(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new Interrupted(signal?.reason === 'lock lost' ? 'lock lost' : 'closing'));
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return controller.signal;
}

async function closeAll(workers: readonly Worker[], within: Duration, log: Log): Promise<boolean> {
  const closed = Promise.all(workers.map((worker) => worker.close())).then(() => true);
  if (await settled(closed, within / 2)) return true;
  for (const worker of workers) worker.cancelAllJobs('closing');
  if (await settled(closed, within / 2)) return true;
  log.warn({}, 'jobs were still running at the end, other workers will run them again');
  // A forced close of the connections: nothing more is written for these jobs.
  const forced = Promise.allSettled(workers.map((worker) => worker.getBackend().close(true)));
  await settled(
    forced.then(() => true),
    1_000,
  );
  return false;
}

/** True when `work` is done within `ms`. */
async function settled(work: Promise<boolean>, ms: Duration): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
