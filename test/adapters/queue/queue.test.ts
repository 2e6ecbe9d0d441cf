import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobId } from '../../../src/adapters/queue/job-id.ts';
import { Later } from '../../../src/adapters/queue/later.ts';
import { type JobQueue, openQueue } from '../../../src/adapters/queue/queue.ts';
import type { Workers } from '../../../src/adapters/queue/workers.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { counter, id, learning, listeningLog, pause, type Told, until, working } from './given.ts';

let server: TestRedis;
let queue: JobQueue;
let workers: Workers | undefined;

beforeAll(async () => {
  server = await startTestRedis();
});
beforeEach(async () => {
  await server.wipe();
  queue = openQueue(server.url);
  await until(() => queue.counts().then(Boolean, () => false));
});
afterEach(async () => {
  await workers?.close({ within: 1_000 });
  workers = undefined;
  await queue.close();
});
afterAll(() => server.stop());

describe('an id', () => {
  it.each(['arn:aws:kms:us-west-2:111122223333:key/k', '12345', '0', 'wait', 'due x', 'x'.repeat(200)])(
    'that BullMQ would refuse is hashed: %s',
    (text) => expect(jobId(text)).toMatch(/^j[0-9a-f]{63}$/),
  );
  it('that is valid stays itself', () => expect(jobId(id('one'))).toBe(id('one')));
});

describe('families', () => {
  it('a search for what somebody did holds up nothing that a card still lacks, however many of them there are', async () => {
    const ran: string[] = [];
    const ends = new AbortController();
    const released = new Promise<void>((resolve) => ends.signal.addEventListener('abort', () => resolve()));
    workers = working(server.url, { deeds: () => released, learn: async ({ incident }) => void ran.push(incident) });
    for (let number = 0; number < 30; number += 1)
      await queue.add('deeds', `deeds-${number}`, { investigation: 'a'.repeat(32), slot: number });
    await queue.add('learn', id('one'), learning('one'));
    await until(() => ran.length === 1);
    ends.abort();
  });
});

describe('adding', () => {
  it('runs a job once, however often it is added, also after it has ended', async () => {
    const ran: string[] = [];
    workers = working(server.url, { learn: async ({ incident }) => void ran.push(incident) });
    await Promise.all(Array.from({ length: 10 }, () => queue.add('learn', id('one'), learning('one'))));
    await until(() => ran.length > 0);
    await pause(100);
    await queue.add('learn', id('one'), learning('one'));
    await queue.ensure('learn', id('one'), learning('one'));
    await queue.add('learn', 'with:colons', learning('two'));
    await until(() => ran.length > 1);
    expect(ran).toEqual(['ione', 'itwo']);
  });

  it('lets nobody wait behind another family', async () => {
    const ran: string[] = [];
    workers = working(
      server.url,
      {
        sweep: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
        carryOut: async () => void ran.push('carried out'),
      },
      { concurrency: { sweep: 1 } },
    );
    const place = { account: '111122223333', region: 'us-west-2', full: true } as never;
    for (let n = 0; n < 5; n += 1) await queue.add('sweep', id(`sweep-${n}`), place);
    await queue.add('carryOut', id('now'), { ...learning('now'), action: 'a1' } as never);
    await until(() => ran.length === 1, 2_000);
  });

  it('takes a few milliseconds', async () => {
    const took: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const started = performance.now();
      await queue.add('learn', id(`n-${n}`), learning(`${n}`));
      took.push(performance.now() - started);
    }
    expect(took.sort((a, b) => a - b)[100]).toBeLessThan(10);
  });
});

describe('a job', () => {
  it('that fails is tried again, without its message in Redis', async () => {
    const attempts: number[] = [];
    const lines: Told[] = [];
    workers = working(
      server.url,
      {
        learn: async (_, { attempt }) => {
          attempts.push(attempt);
          if (attempt === 1) throw new TypeError('foreign words');
        },
      },
      { log: listeningLog(lines) },
    );
    await queue.add('learn', id('one'), learning('one'));
    await until(() => attempts.length === 2);
    expect(attempts).toEqual([1, 2]);
    expect(lines.filter((line) => line.message === 'a job failed')).toHaveLength(1);
    expect(JSON.stringify(await server.command('HGETALL', `{kw}:learn:${id('one')}`))).not.toContain('foreign words');
  });

  it('that says later spends no attempt', async () => {
    const attempts: number[] = [];
    workers = working(server.url, {
      learn: async (_, { attempt }) => {
        attempts.push(attempt);
        if (attempts.length < 12) throw new Later(10);
      },
    });
    await queue.add('learn', id('one'), learning('one'));
    await until(() => attempts.length === 12);
    expect(new Set(attempts)).toEqual(new Set([1]));
    await until(async () => (await queue.counts()).learn.completed === 1);
  });

  it('that cannot be read is parked and told, and runs when it is ensured with a good payload', async () => {
    const lost: string[] = [];
    const { runs, counting } = counter();
    workers = working(server.url, { learn: counting }, { onLost: (job) => lost.push(`${job.name} ${job.reason}`) });
    await queue.add('learn', id('odd'), {} as never);
    await until(() => lost.length === 1);
    expect(lost).toEqual(['learn unreadable']);
    expect((await queue.counts()).learn.failed).toBe(1);
    await queue.ensure('learn', id('odd'), learning('odd'));
    // It rests a while, so that a job that fails at once does not run with every pulse.
    expect(runs()).toBe(0);
    await server.command('HSET', `{kw}:learn:${id('odd')}`, 'finishedOn', `${Date.now() - 60_000}`);
    await queue.ensure('learn', id('odd'), learning('odd'));
    await until(() => runs() === 1);
  });

  it('of an unknown name is parked', async () => {
    const lost: string[] = [];
    await queue.add('learn', id('one'), learning('one'));
    await server.command('HSET', `{kw}:learn:${id('one')}`, 'name', 'fromTomorrow');
    workers = working(server.url, {}, { onLost: (job) => lost.push(`${job.name} ${job.reason}`) });
    await until(() => lost.length > 0);
    expect(lost).toEqual(['fromTomorrow unreadable']);
    expect((await queue.counts()).learn.failed).toBe(1);
  });
});

describe('closing', () => {
  it('waits for what is running, and takes nothing more', async () => {
    const ended: string[] = [];
    const own = working(
      server.url,
      {
        learn: async ({ incident }) => {
          await pause(300);
          ended.push(incident);
        },
      },
      { concurrency: { learn: 1 } },
    );
    await queue.add('learn', id('one'), learning('one'));
    await queue.add('learn', id('two'), learning('two'));
    await until(async () => (await queue.counts()).learn.active === 1);
    expect(await own.close({ within: 5_000 })).toBe(true);
    expect(ended).toEqual(['ione']);
    expect((await queue.counts()).learn.waiting).toBe(1);
  });

  it('gives back what waits, without spending an attempt', async () => {
    const own = working(server.url, {
      learn: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await queue.add('learn', id('one'), learning('one'));
    await until(async () => (await queue.counts()).learn.active === 1);
    expect(await own.close({ within: 1_000 })).toBe(true);
    const attempts: number[] = [];
    workers = working(server.url, { learn: async (_, { attempt }) => void attempts.push(attempt) });
    await until(() => attempts.length === 1, 2_000);
    expect(attempts).toEqual([1]);
  });

  it('ends in time when a job does not, and the job runs elsewhere', async () => {
    const own = working(server.url, { learn: () => pause(60_000) });
    await queue.add('learn', id('one'), learning('one'));
    await until(async () => (await queue.counts()).learn.active === 1);
    const started = performance.now();
    expect(await own.close({ within: 1_000 })).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_500);
    const { runs, counting } = counter();
    workers = working(server.url, { learn: counting });
    await until(() => runs() === 1, 15_000);
  });
});
