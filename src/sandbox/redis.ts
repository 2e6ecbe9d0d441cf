/**
 * A private Redis for the sandbox and the tests: loopback, a random port, a directory of its own, append-only as in
 * production. It can be killed, frozen and started again on the same data, which is what the fault tests are made of.
 *
 * It runs in a session of its own, so that Ctrl-C reaches the bot first and the bot can finish its work. A guard, a shell
 * that waits for its standard input to close, ends Redis and removes the directory however this process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOrInstall, type InstallOptions, type Program } from './programs.ts';

const REDIS: Program = {
  title: 'Redis',
  names: ['valkey-server', 'redis-server'],
  apt: ['redis-server'],
  apk: ['valkey', 'redis'],
  dnf: ['valkey', 'redis'],
  service: 'redis-server',
};
const START_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;
const PORT_ATTEMPTS = 5;
/** Below Linux's ephemeral ports: a client that reconnects in vain can never be handed our port, or connect to itself. */
const PORTS = { from: 20_000, count: 12_000 };

export interface PrivateRedisOptions extends InstallOptions {
  /** Data directory to use and to keep; without it, a temporary one that is removed. */
  readonly directory?: string;
  /** Without it, a random free one. */
  readonly port?: number;
  /** Default true, synced every second. */
  readonly appendOnly?: boolean;
}

export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Of the running server; another one after `restart`. */
  readonly pid: number;
  /** Sends a signal that ends it (SIGKILL unless told) and resolves when it has ended. The data stay. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Starts again on the same port and data, ending it first (SIGTERM) where it runs; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes a temporary directory. May be called twice, and in any state. */
  stop(): Promise<void>;
}

/** The path of `valkey-server` or `redis-server`, installed if need be; rejects naming the command to run. */
export const findRedis = (options: InstallOptions = {}): Promise<string> => findOrInstall(REDIS, options);

/** Starts a Redis and resolves when it answers; rejects with the end of its log when it does not. */
export async function startPrivateRedis(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const program = await findRedis(options);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'keywarden-redis-')));
  const isTemporary = options.directory === undefined;
  const guard = startGuard(isTemporary ? directory : '');
  const server = new Server(program, directory, options.appendOnly ?? true, guard);
  const clean = async (): Promise<void> => {
    await server.end(isTemporary ? 'SIGKILL' : 'SIGTERM');
    guard.end();
    if (isTemporary) await rm(directory, { recursive: true, force: true });
  };
  try {
    const port = await startOnFreePort(server, options.port);
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      directory,
      get pid() {
        return server.pid;
      },
      kill: (signal = 'SIGKILL') => server.end(signal),
      freeze: () => server.signal('SIGSTOP'),
      thaw: () => server.signal('SIGCONT'),
      restart: async () => {
        await server.end('SIGTERM');
        await server.start(port);
      },
      stop: clean,
    };
  } catch (error) {
    await clean();
    throw error;
  }
}

async function startOnFreePort(server: Server, wanted: number | undefined): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort());
    try {
      await server.start(port);
      return port;
    } catch (error) {
      // Between looking and binding, somebody else may have taken the port.
      const isTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isTaken || wanted !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

interface Guard {
  /** Tells which process to end; 0 for none. */
  watch(pid: number): void;
  end(): void;
}

const GUARD = `
pid=0
while read -r line; do pid=$line; done
if [ "$pid" -ne 0 ]; then kill -9 "$pid" 2>/dev/null; fi
if [ -n "$1" ]; then rm -rf -- "$1"; fi
`;

function startGuard(directory: string): Guard {
  const shell = spawn('sh', ['-c', GUARD, 'guard', directory], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.on('error', () => shell.stdin.destroy());
  shell.stdin.on('error', () => shell.stdin.destroy());
  shell.unref();
  // The pipe must not keep this process alive either: its end is the signal.
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return {
    watch: (pid) => {
      shell.stdin.write(`${pid}\n`);
    },
    end: () => {
      shell.stdin.end();
    },
  };
}

/** One server process after another, on the same directory. */
class Server {
  readonly #program: string;
  readonly #directory: string;
  readonly #appendOnly: boolean;
  readonly #guard: Guard;
  #child: ChildProcess | undefined;

  constructor(program: string, directory: string, appendOnly: boolean, guard: Guard) {
    this.#program = program;
    this.#directory = directory;
    this.#appendOnly = appendOnly;
    this.#guard = guard;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('This Redis is not running.');
    return this.#child.pid;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  async start(port: number): Promise<void> {
    const log = join(this.#directory, 'redis.log');
    // Only this start's lines tell why this start failed.
    await rm(log, { force: true });
    const child = spawn(this.#program, this.#settings(port, log), { detached: true, stdio: 'ignore' });
    child.unref();
    child.once('error', () => this.#forget(child));
    child.once('exit', () => this.#forget(child));
    this.#child = child;
    if (child.pid !== undefined) this.#guard.watch(child.pid);
    const deadline = Date.now() + START_WITHIN_MS;
    while (this.#child === child && Date.now() < deadline) {
      if (await answers(port, this.pid)) return;
      await sleep(10);
    }
    await this.end('SIGKILL');
    const lines = await readFile(log, 'utf8').catch(() => 'it left no log');
    throw new Error(`Redis did not start on port ${port}:\n${lines.trim().split('\n').slice(-8).join('\n')}`);
  }

  /** Resolves when the process has ended; a signal that does not end it in time is followed by SIGKILL. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    child.kill(signal);
    // A frozen process takes no signal but SIGKILL until it runs again.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(force);
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#guard.watch(0);
  }

  #settings(port: number, log: string): readonly string[] {
    const settings: readonly (readonly [string, string])[] = [
      ['port', String(port)],
      ['bind', '127.0.0.1'],
      ['dir', this.#directory],
      ['logfile', log],
      ['appendonly', this.#appendOnly ? 'yes' : 'no'],
      ['appendfsync', 'everysec'],
      ['save', ''],
      ['maxmemory-policy', 'noeviction'],
    ];
    return settings.flatMap(([name, value]) => [`--${name}`, value]);
  }
}

/** Whether this very process answers on the port, with its data loaded. */
function answers(port: number, pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    let heard = '';
    const done = (isReady: boolean): void => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('close', () => resolve(false));
    socket.on('connect', () => socket.write('INFO server\r\nPING\r\n'));
    socket.on('data', (chunk) => {
      heard += chunk.toString('utf8');
      if (heard.includes('+PONG')) done(heard.includes(`process_id:${pid}\r\n`));
      else if (heard.includes('-LOADING')) done(false);
    });
  });
}
