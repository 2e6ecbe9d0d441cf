import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { findOrInstall } from '../../src/sandbox/programs.ts';
import { type PrivateRedis, startPrivateRedis } from '../../src/sandbox/redis.ts';

const started: PrivateRedis[] = [];
const start = async (...options: Parameters<typeof startPrivateRedis>): Promise<PrivateRedis> => {
  const redis = await startPrivateRedis(...options);
  started.push(redis);
  return redis;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
});

async function ask<T>(redis: PrivateRedis, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds() && Date.now() < deadline) await sleep(20);
  expect(holds()).toBe(true);
}

describe('a private Redis', () => {
  it('listens on loopback, appends, and never evicts', async () => {
    const redis = await start();
    const setting = (name: string) => ask(redis, (client) => client.config('GET', name));
    expect(await setting('bind')).toEqual(['bind', '127.0.0.1']);
    expect(await setting('appendonly')).toEqual(['appendonly', 'yes']);
    expect(await setting('appendfsync')).toEqual(['appendfsync', 'everysec']);
    expect(await setting('maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await setting('save')).toEqual(['save', '']);
  });

  it('keeps its data through kill -9 and restart, on the same port with another process', async () => {
    const redis = await start();
    await ask(redis, (client) => client.set('kept', 'yes'));
    // everysec: what was written a second ago is on disk, also by contract.
    await sleep(1_100);
    const before = redis.pid;
    await redis.kill();
    expect(isAlive(before)).toBe(false);
    expect(() => redis.pid).toThrow('not running');
    await redis.restart();
    expect(redis.pid).not.toBe(before);
    expect(await ask(redis, (client) => client.get('kept'))).toBe('yes');
  });

  it('restarts while it runs, and while it is frozen', async () => {
    const redis = await start();
    await ask(redis, (client) => client.set('kept', 'yes'));
    await redis.restart();
    redis.freeze();
    await redis.restart();
    expect(await ask(redis, (client) => client.get('kept'))).toBe('yes');
  });

  it('answers nothing while frozen, and what was asked once thawed', async () => {
    const redis = await start();
    const client = new Redis(redis.url);
    await client.ping();
    redis.freeze();
    const answer = client.ping();
    const first = await Promise.race([answer, sleep(300, 'silence')]);
    redis.thaw();
    expect(first).toBe('silence');
    expect(await answer).toBe('PONG');
    client.disconnect();
  });

  it('stops twice, frozen or dead, and leaves neither process nor directory', async () => {
    for (const prepare of [(redis: PrivateRedis) => redis.freeze(), (redis: PrivateRedis) => redis.kill()]) {
      const redis = await start();
      const { directory, pid } = redis;
      await prepare(redis);
      await redis.stop();
      await redis.stop();
      expect(isAlive(pid)).toBe(false);
      expect(existsSync(directory)).toBe(false);
    }
  });

  it('keeps a directory that was given to it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keywarden-test-'));
    const first = await start({ directory });
    await ask(first, (client) => client.set('kept', 'yes'));
    await first.stop();
    const second = await start({ directory });
    expect(await ask(second, (client) => client.get('kept'))).toBe('yes');
    await second.stop();
    await rm(directory, { recursive: true });
  });

  it('says why it could not start on a port that is taken', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    await expect(startPrivateRedis({ port })).rejects.toThrow('Address already in use');
    other.close();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('goes when its parent ends by %s', async (signal) => {
    const module = join(import.meta.dirname, '../../src/sandbox/redis.ts');
    const script = `import { startPrivateRedis } from ${JSON.stringify(module)};
      const { pid, directory } = await startPrivateRedis();
      process.stdout.write(JSON.stringify({ pid, directory }));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    const { pid, directory } = JSON.parse(told) as { pid: number; directory: string };
    expect(isAlive(pid)).toBe(true);
    parent.kill(signal);
    await until(() => !isAlive(pid) && !existsSync(directory));
  });

  it('lets its parent end when nothing else is left to do', () => {
    const module = join(import.meta.dirname, '../../src/sandbox/redis.ts');
    const script = `import { startPrivateRedis } from ${JSON.stringify(module)}; await startPrivateRedis();`;
    const parent = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { timeout: 10_000 });
    expect(parent.status).toBe(0);
  });
});

describe('a program that is missing', () => {
  const missing = {
    title: 'Nothing',
    names: ['no-such-program-here'],
    apt: ['nothing'],
    apk: ['nothing'],
    dnf: ['nothing'],
  };

  it('is not installed where that is forbidden: the error names one command', async () => {
    await expect(findOrInstall(missing, { install: false })).rejects.toThrow(/^Nothing is missing[.:] .*nothing/);
  });
});
