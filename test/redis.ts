/** A Redis of the test's own: spawned from PATH, on a free port, in a directory of its own, AOF everysec. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  readonly pid: number;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  /** Empties it. */
  wipe(): Promise<void>;
  /** Runs one command, for looking inside. */
  command(...words: string[]): Promise<unknown>;
}

/** `started: false`: only the port and the directory are there; `restart()` brings it up. */
export async function startTestRedis(options: { readonly started?: boolean } = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'keywarden-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
    child = spawn('redis-server', [...words, '--appendonly', 'yes', '--appendfsync', 'everysec'], { stdio: 'ignore' });
    for (let tries = 0; ; tries += 1) {
      if ((await ask(url, ['PING']).catch(() => undefined)) === 'PONG') return;
      if (tries > 200) throw new Error('redis-server did not come up');
      await wait(25);
    }
  };
  const kill = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const dying = child;
    child = undefined;
    if (dying === undefined || dying.exitCode !== null) return;
    const ended = new Promise((resolve) => dying.once('exit', resolve));
    dying.kill(signal);
    await ended;
  };

  if (options.started !== false) await start();
  return {
    url,
    get pid() {
      return child?.pid ?? 0;
    },
    kill,
    restart: start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    command: (...words) => ask(url, words),
    async wipe() {
      await ask(url, ['FLUSHALL']);
    },
    async stop() {
      child?.kill('SIGCONT');
      await kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, words: readonly string[]): Promise<unknown> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(words[0] as string, ...words.slice(1));
  } finally {
    client.disconnect();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
