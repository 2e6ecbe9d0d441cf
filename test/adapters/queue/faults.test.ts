/** Workers that are killed, and a Redis that is away, frozen, full or killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type JobQueue, openQueue } from '../../../src/adapters/queue/queue.ts';
import type { Workers } from '../../../src/adapters/queue/workers.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { ownTime } from '../../own-time.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { counter, id, learning, pause, until, working } from './given.ts';

const opened: { server?: TestRedis; queue?: JobQueue; workers?: Workers; child?: ChildProcess } = {};
async function given(started = true): Promise<{ server: TestRedis; queue: JobQueue }> {
  const server = await startTestRedis({ started });
  const queue = openQueue(server.url);
  Object.assign(opened, { server, queue });
  if (started) await until(() => queue.counts().then(Boolean, () => false));
  return { server, queue };
}
afterEach(async () => {
  opened.child?.kill('SIGKILL');
  await opened.workers?.close({ within: 1_000 });
  await opened.queue?.close();
  await opened.server?.stop();
  for (const name of Object.keys(opened)) delete opened[name as keyof typeof opened];
});

async function beginAndKill(url: string): Promise<void> {
  const child = fork(join(import.meta.dirname, 'worker-process.ts'), [url], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  opened.child = child;
  await new Promise((resolve) => child.once('message', resolve));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

it('runs a job again within 15 s of its worker’s death, also after several deaths', { timeout: 90_000 }, async () => {
  const { server, queue } = await given();
  await queue.add('learn', id('one'), learning('one'));
  await beginAndKill(server.url);
  await beginAndKill(server.url);
  const died = performance.now();
  const attempts: number[] = [];
  opened.workers = working(server.url, { learn: async (_, { attempt }) => void attempts.push(attempt) });
  await until(() => attempts.length === 1, 15_000);
  expect(performance.now() - died).toBeLessThan(15_000);
  expect(attempts).toEqual([1]);
});

it('starts without Redis and begins when it is there', async () => {
  const { server, queue } = await given(false);
  const { runs, counting } = counter();
  opened.workers = working(server.url, { learn: counting });
  await pause(300);
  const started = performance.now();
  await expect(queue.add('learn', id('one'), learning('one'))).rejects.toThrow(StoreUnavailable);
  expect(performance.now() - started).toBeLessThan(100);
  expect(opened.workers.isReady()).toBe(false);
  await server.restart();
  await until(
    () =>
      queue.add('learn', id('one'), learning('one')).then(
        () => true,
        () => false,
      ),
    5_000,
  );
  await until(() => runs() === 1, 5_000);
  // The other families' workers connect in their own time.
  await until(() => opened.workers?.isReady() === true, 5_000);
});

it('goes on by itself when Redis was killed and came back, with what was waiting', async () => {
  const { server, queue } = await given();
  const ran: string[] = [];
  opened.workers = working(server.url, { learn: async ({ incident }) => void ran.push(incident) });
  await queue.add('learn', id('later'), learning('later'), { delay: 2_000 });
  await pause(1_200);
  await server.kill();
  await expect(queue.add('learn', id('away'), learning('away'))).rejects.toThrow(StoreUnavailable);
  await pause(1_500);
  await server.restart();
  await until(() => ran.includes('ilater'), 10_000);
  await until(
    () =>
      queue.add('learn', id('new'), learning('new')).then(
        () => true,
        () => false,
      ),
    5_000,
  );
  await until(() => ran.includes('inew'), 5_000);
});

it('refuses within two seconds when Redis is frozen; what was applied all the same runs once', async () => {
  const { server, queue } = await given();
  const { runs, counting } = counter();
  opened.workers = working(server.url, { learn: counting });
  await queue.add('learn', id('warm'), learning('warm'));
  await until(() => runs() === 1);
  server.freeze();
  const waited = ownTime();
  await expect(queue.add('learn', id('one'), learning('one'))).rejects.toThrow(StoreUnavailable);
  expect(waited()).toBeLessThan(2_000);
  server.thaw();
  await queue.add('learn', id('one'), learning('one'));
  await until(() => runs() === 2);
  await pause(200);
  expect(runs()).toBe(2);
});

it('refuses when Redis is full', async () => {
  const { server, queue } = await given();
  await server.command('CONFIG', 'SET', 'maxmemory', '1');
  await expect(queue.add('learn', id('one'), learning('one'))).rejects.toThrow(StoreUnavailable);
  await server.command('CONFIG', 'SET', 'maxmemory', '0');
  expect((await queue.counts()).learn.waiting).toBe(0);
  await queue.add('learn', id('one'), learning('one'));
});

it('closes in time while Redis is frozen', async () => {
  const { server } = await given();
  const workers = working(server.url, {});
  await until(() => workers.isReady());
  server.freeze();
  const started = performance.now();
  await workers.close({ within: 1_000 });
  expect(performance.now() - started).toBeLessThan(3_000);
});
