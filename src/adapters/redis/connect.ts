/**
 * The command connection to Redis: fails fast, reconnects by itself for ever, and tells every failure as
 * `StoreUnavailable`. A command is never resent: whoever timed out does not know whether it was applied, and every
 * script here is safe to ask again.
 */
import { Redis } from 'ioredis';
import type { Duration } from '../../domain/ids.ts';
import { StoreUnavailable } from '../../domain/lost.ts';
import type { Log } from '../../ports.ts';

/** A webhook must answer 503 within 2 s when Redis is frozen. */
const COMMAND_TIMEOUT: Duration = 1_500;
/** A half-open connection is given up (bullmq #4479, activepieces #14626 found these two values). */
const SOCKET_TIMEOUT: Duration = 30_000;
const KEEP_ALIVE: Duration = 5_000;
const LONGEST_BACKOFF: Duration = 1_000;

export interface Store {
  /** Runs commands; any failure becomes `StoreUnavailable` with its cause. */
  run<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  /** Defines a script once per connection and answers a function that runs it (EVALSHA; EVAL when not yet known). */
  script(name: string, lua: string): Script;
  /** Connected, and the data set is loaded. A frozen Redis still looks ready: see `ping`. */
  isReady(): boolean;
  /** Waits up to `within` ms for the first connection; false when it has not come by then. */
  whenReady(within: Duration): Promise<boolean>;
  /** Round trip in ms. Rejects with `StoreUnavailable`. */
  ping(): Promise<Duration>;
  /** `noeviction` is the only safe one; `unknown` where the server does not tell. Rejects with `StoreUnavailable`. */
  maxmemoryPolicy(): Promise<string>;
  close(): Promise<void>;
}

export type Script = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;
type ScriptCommand = (count: number, ...rest: readonly (string | number)[]) => Promise<unknown>;

/** Opens the connection in the background: a missing Redis is no error here, commands fail until it is there. */
export function connectRedis(url: string, options: { readonly log?: Log; readonly name?: string } = {}): Store {
  const redis = new Redis(url, {
    connectionName: options.name ?? 'keywarden',
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT,
    connectTimeout: 2 * LONGEST_BACKOFF,
    socketTimeout: SOCKET_TIMEOUT,
    keepAlive: KEEP_ALIVE,
    // Unanswered commands fail when the connection closes, instead of being sent a second time after it is back.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: LONGEST_BACKOFF,
    retryStrategy: (times) => Math.min(times * 50, LONGEST_BACKOFF),
    // After a failover the old primary refuses writes: find the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  tellChanges(redis, options.log);

  const run = async <T>(work: (client: Redis) => Promise<T>): Promise<T> => {
    try {
      return await work(redis);
    } catch (error) {
      throw unavailable(error);
    }
  };

  return {
    run,
    script(name, lua) {
      redis.defineCommand(name, { lua });
      const command = (redis as unknown as Record<string, ScriptCommand>)[name] as ScriptCommand;
      return (keys, args) => run(() => command.call(redis, keys.length, ...keys, ...args));
    },
    isReady: () => redis.status === 'ready',
    whenReady: (within) => whenReady(redis, within),
    async ping() {
      const started = performance.now();
      await run((client) => client.ping());
      return performance.now() - started;
    },
    maxmemoryPolicy: () => run(readPolicy),
    async close() {
      redis.disconnect();
    },
  };
}

/** Maps whatever a client throws; an error that already is `StoreUnavailable` stays itself. */
export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(`Redis: ${error instanceof Error ? error.message : 'unknown failure'}`, error);
}

/** INFO is allowed nearly everywhere; managed services forbid CONFIG. */
async function readPolicy(redis: Redis): Promise<string> {
  const info = await redis.info('memory').catch(refusedAsEmpty);
  const told = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (told !== undefined) return told;
  const answer = await redis.config('GET', 'maxmemory-policy').catch(refusedAsEmpty);
  return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : 'unknown';
}

/** A refusal by the server (NOPERM, unknown command) leaves the policy unknown; a lost connection stays a failure. */
function refusedAsEmpty(error: unknown): string {
  if (error instanceof Error && error.name === 'ReplyError') return '';
  throw error;
}

/** One line when the connection is lost and one when it is back; ioredis emits an error per attempt. */
function tellChanges(redis: Redis, log: Log | undefined): void {
  let lost = false;
  redis.on('error', (error: unknown) => {
    if (!lost) log?.warn({ error }, 'Redis is not reachable');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log?.info({}, 'Redis is back');
    lost = false;
  });
}

function whenReady(redis: Redis, within: Duration): Promise<boolean> {
  if (redis.status === 'ready') return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (ready: boolean): void => {
      clearTimeout(timer);
      redis.off('ready', onReady);
      resolve(ready);
    };
    const onReady = (): void => finish(true);
    const timer = setTimeout(() => finish(false), within);
    redis.once('ready', onReady);
  });
}
