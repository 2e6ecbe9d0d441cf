/** Redis restarted, emptied, frozen, full, missing at the start, or allowed to forget. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Bot } from '../../src/compose.ts';
import { BOT_TOKEN, CHANNEL, DAY, eventually, REGION, SIGNING_SECRET, testConfig, type World } from '../harness.ts';
import { ownTime } from '../own-time.ts';
import { cardOf, connect, count, inWorld, pass, reminders, scheduled, sweepNow } from './given.ts';
import { changesByUs, enveloped, eventOf, postEvent, quiet, redisCommand } from './traces.ts';

/** Own credentials: a clock moved by days would end a role's session in the middle of a call. */
const steady = { withRoles: false } as const;

const click = (world: World, ts: string, action = 'Rescue') =>
  world.slack.click({ channel: CHANNEL, ts, user: 'alice', action });

const status = async (bot: Bot, path: string): Promise<number> => {
  const response = await fetch(`${bot.url}${path}`);
  await response.arrayBuffer();
  return response.status;
};

const becomes = (bot: Bot, path: string, wanted: number): Promise<true> =>
  eventually(`${wanted} at ${path}`, async () => ((await status(bot, path)) === wanted ? true : undefined));

/** Everything of ours in Redis but the marks of time that every pulse renews. */
async function contents(world: World): Promise<Readonly<Record<string, unknown>>> {
  const keys = (await redisCommand(world, 'KEYS', '{kw}:*')) as string[];
  const ours = keys.filter((key) => /^\{kw\}:(incident|fact|inbox|open|due|pending|lane|lanes)\b/.test(key)).sort();
  const entries = ours.map(async (key) => [key, String(await redisCommand(world, 'DUMP', key))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

describe('5: Redis restarts', () => {
  test('5: killed and started again: countdown, record and waiting work are kept, and go on unaided', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'restarted', 8);
      await cardOf(world, 'restarted');
      await quiet(world);
      const date = (await world.incident(arn))?.countdown?.deletionDate ?? 0;
      // A card that waits for Slack stands in its lane when Redis dies.
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'throttle', count: 1 });
      const posts = count(world, 'chat.postMessage');
      const other = await scheduled(world, 'waiting-card', 8);
      await eventually('the waiting incident', () => world.incident(other));
      await eventually('the refused post', () => count(world, 'chat.postMessage') > posts);
      await world.redis.kill();
      await becomes(world.bot, '/readyz', 503);
      await world.redis.restart();
      await becomes(world.bot, '/readyz', 200);
      // Slack had asked for thirty seconds.
      pass(world, 31_000);
      await eventually('the card that waited', () => world.cards('alias/waiting-card')[0], 20_000);
      pass(world, date - 7 * DAY + 1_000 - world.clock.now());
      await eventually('the reminder', () => reminders(world).some((text) => text.includes('restarted')) || undefined);
      await quiet(world);
      expect(world.cards('alias/restarted')).toHaveLength(1);
      expect(world.cards('alias/waiting-card')).toHaveLength(1);
    }));

  test('5: killed in the middle of a rescue: it is finished, each change once', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'mid-rescue', 7);
      const { ts } = await cardOf(world, 'mid-rescue');
      await quiet(world);
      world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'slow', count: 1 });
      expect(await click(world, ts)).toMatchObject({ ok: true });
      await eventually('the cancelled deletion', () => world.stateOf(arn) === 'Disabled' || undefined);
      await world.redis.kill();
      await world.redis.restart();
      await eventually(
        'the green card',
        () => world.words(world.cards('alias/mid-rescue')[0]).includes('🟢') || undefined,
        20_000,
      );
      expect(changesByUs(world, arn)).toEqual(['CancelKeyDeletion', 'EnableKey']);
    }));
});

describe('6: Redis is emptied under the running bot', () => {
  test(
    '6: one sweep brings all countdowns back, on the cards that stand',
    () =>
      inWorld(steady, async (world) => {
        const arns: string[] = [];
        for (const name of ['lost-one', 'lost-two', 'lost-three']) arns.push(await scheduled(world, name, 8));
        for (const name of ['lost-one', 'lost-two', 'lost-three']) await cardOf(world, name);
        await quiet(world);
        const before = world.messages().map((message) => message.ts);
        const dates = await Promise.all(arns.map(async (arn) => (await world.incident(arn))?.countdown?.deletionDate));
        expect(before).toHaveLength(3);
        const threads = world.messages().map(({ replies = [] }) => replies.length);
        await redisCommand(world, 'FLUSHALL');
        await eventually(
          'the records',
          async () => {
            const all = await Promise.all(arns.map((arn) => world.incident(arn)));
            return all.every((incident) => incident?.card.ts !== undefined) || undefined;
          },
          30_000,
        );
        await quiet(world);
        expect(world.messages().map((message) => message.ts)).toEqual(before);
        const after = await Promise.all(arns.map((arn) => world.incident(arn)));
        expect(after.map((incident) => incident?.countdown?.deletionDate)).toEqual(dates);
        expect(after.map((incident) => incident?.card.ts).sort()).toEqual([...before].sort());
        // What was read and what CloudTrail tells may be noted again in a thread; no message of the channel is posted.
        expect(world.messages()).toHaveLength(3);
        const grown = world.messages().map(({ replies = [] }, index) => replies.length - (threads[index] ?? 0));
        expect(grown.every((more) => more <= 2)).toBe(true);
        pass(world, (dates[0] ?? 0) - 7 * DAY + 5_000 - world.clock.now());
        await eventually('the reminders', () => (reminders(world).length >= 3 ? true : undefined), 30_000);
        await quiet(world);
        expect(reminders(world)).toHaveLength(3);
      }),
    120_000,
  );

  test('6: a click on a card nobody remembers executes nothing; the card is adopted and works again', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('forgotten');
      // With the memory lost, only CloudTrail knows that the key was enabled before.
      await world.call('EnableKey', { KeyId: arn });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const { ts } = await cardOf(world, 'forgotten');
      await quiet(world);
      await redisCommand(world, 'FLUSHALL');
      const answer = await click(world, ts);
      expect(changesByUs(world, arn)).toEqual([]);
      expect(answer.ok).toBe(true);
      await eventually('the card adopted', async () => (await world.incident(arn))?.card.ts === ts || undefined);
      await quiet(world);
      if (world.stateOf(arn) === 'PendingDeletion') expect(await click(world, ts)).toMatchObject({ ok: true });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled' || undefined, 20_000);
      await quiet(world);
      expect(changesByUs(world, arn)).toEqual(['CancelKeyDeletion', 'EnableKey']);
      expect(world.messages()).toHaveLength(1);
    }));
});

/** An event that the bot has not seen: of a key that is pending by now. */
async function unseen(world: World, alias: string): Promise<{ arn: string; event: object }> {
  const arn = await world.makeKey(alias);
  world.aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode: 'failBefore', count: 1_000 });
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  return { arn, event: await eventOf(world, 'ScheduleKeyDeletion', arn) };
}

describe('Redis that does not take anything', () => {
  test('7: frozen: 503 to webhooks within 2 s, not ready, alive; thawed: everything goes on', () =>
    inWorld({}, async (world) => {
      const { arn, event } = await unseen(world, 'frozen');
      await quiet(world);
      world.redis.freeze();
      try {
        const waited = ownTime();
        expect(await postEvent(world.bot.url, event)).toBe(503);
        expect(waited()).toBeLessThan(2_000);
        expect(await status(world.bot, '/healthz')).toBe(200);
        const asked = ownTime();
        expect(await status(world.bot, '/readyz')).toBe(503);
        expect(asked()).toBeLessThan(4_000);
      } finally {
        world.redis.thaw();
      }
      await becomes(world.bot, '/readyz', 200);
      // The refused delivery may have been applied after the thaw: either way it is one card.
      expect(await postEvent(world.bot.url, event)).toBe(200);
      await cardOf(world, 'frozen');
      await quiet(world);
      expect(world.cards('alias/frozen')).toHaveLength(1);
      expect(world.stateOf(arn)).toBe('PendingDeletion');
    }));

  test('7: a click while Redis is frozen is answered "not recorded", and nothing is done', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'frozen-click', 7);
      const { ts } = await cardOf(world, 'frozen-click');
      await quiet(world);
      world.redis.freeze();
      let told: string;
      try {
        const waited = ownTime();
        const answer = await click(world, ts);
        expect(waited()).toBeLessThan(3_000);
        told = JSON.stringify([answer, world.slack.ephemerals()]);
      } finally {
        world.redis.thaw();
      }
      told += JSON.stringify(
        await eventually('the word to the person', () => {
          const all = world.slack.ephemerals();
          return all.length > 0 ? all : undefined;
        }),
      );
      expect(told.toLowerCase()).toContain('not recorded');
      await becomes(world.bot, '/readyz', 200);
      expect(await click(world, ts)).toMatchObject({ ok: true });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled' || undefined, 20_000);
      await quiet(world);
      expect(changesByUs(world, arn)).toEqual(['CancelKeyDeletion', 'EnableKey']);
    }));

  test('8: full: 503 and no partial state; with room again the same delivery is kept', () =>
    inWorld({}, async (world) => {
      const { event } = await unseen(world, 'no-room');
      const arn = await scheduledUnheard(world);
      await quiet(world);
      const before = await contents(world);
      await redisCommand(world, 'CONFIG', 'SET', 'maxmemory', '1');
      expect(await postEvent(world.bot.url, event)).toBe(503);
      expect(await postEvent(world.bot.url, event)).toBe(503);
      expect(await status(world.bot, '/healthz')).toBe(200);
      expect(await contents(world)).toEqual(before);
      expect(world.messages()).toEqual([]);
      await redisCommand(world, 'CONFIG', 'SET', 'maxmemory', '0');
      expect(await postEvent(world.bot.url, event)).toBe(200);
      await cardOf(world, 'no-room');
      expect(world.stateOf(arn)).toBe('Enabled');
    }));
});

const scheduledUnheard = (world: World): Promise<string> => world.makeKey('bystander');

test('9: Redis down at boot: starts, alive and not ready; ready by itself when Redis comes', () =>
  inWorld({ withoutBot: true }, async (world, endsWith) => {
    await world.redis.kill();
    const bot = await world.addBot();
    endsWith(bot);
    expect(await status(bot, '/healthz')).toBe(200);
    expect(await status(bot, '/readyz')).toBe(503);
    expect(await postEvent(bot.url, enveloped({ eventTime: new Date().toISOString() }))).toBeGreaterThanOrEqual(400);
    await world.redis.restart();
    await becomes(bot, '/readyz', 200);
    await connect(world, bot);
    const arn = await world.makeKey('late-redis');
    await sweepNow(world, bot);
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    await cardOf(world, 'late-redis');
  }));

describe('10: a Redis that may evict', () => {
  const begin = async (world: World, extra: Readonly<Record<string, string>>) => {
    const directory = await mkdtemp(join(tmpdir(), 'keywarden-start-'));
    const config = join(directory, 'keywarden.yaml');
    // Every JSON document is YAML.
    const { approvals: _approvals, ...settings } = testConfig({ withRoles: false });
    await writeFile(config, JSON.stringify(settings));
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts')], {
      env: {
        PATH: process.env.PATH ?? '',
        KEYWARDEN_CONFIG: config,
        HOST: '127.0.0.1',
        PORT: '0',
        REDIS_URL: world.redis.url,
        SLACK_BOT_TOKEN: BOT_TOKEN,
        SLACK_SIGNING_SECRET: SIGNING_SECRET,
        SLACK_API_URL: world.slack.apiUrl,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: 'AKIAKEYWARDENTESTS00',
        AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
        AWS_ENDPOINT_URL_KMS: world.aws.urls.kms,
        AWS_ENDPOINT_URL_CLOUDTRAIL: world.aws.urls.cloudtrail,
        AWS_ENDPOINT_URL_STS: world.aws.urls.sts,
        AWS_ENDPOINT_URL_SNS: world.aws.urls.sns,
        ...extra,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    child.stdout.on('data', (chunk) => {
      words += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      words += String(chunk);
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return {
      words: () => words,
      ended,
      running: () => child.exitCode === null && child.signalCode === null,
      terminate: () => void child.kill('SIGTERM'),
      [Symbol.asyncDispose]: async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
        await ended;
        await rm(directory, { recursive: true, force: true });
      },
    };
  };

  test('9: a process that starts while Redis is away says so', () =>
    inWorld({ withoutBot: true }, async (world, endsWith) => {
      await using started = await begin(world, { REDIS_URL: 'redis://127.0.0.1:9' });
      await eventually(
        'the warning',
        () => started.words().includes('Keywarden listens, Redis does not answer yet') || undefined,
        20_000,
      );
      expect(started.words()).not.toContain('"Keywarden listens"');
      expect(started.running()).toBe(true);
      started.terminate();
      endsWith(await world.addBot());
    }));

  test('10: refused, naming the setting; started with KEYWARDEN_ALLOW_EVICTION=1, and ended by SIGTERM with 0', () =>
    inWorld({ withoutBot: true }, async (world, endsWith) => {
      await redisCommand(world, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      {
        await using refused = await begin(world, {});
        expect(await refused.ended).toBe(1);
        expect(refused.words()).toContain('maxmemory-policy');
        expect(refused.words()).toContain('allkeys-lru');
        expect(refused.words()).toContain('KEYWARDEN_ALLOW_EVICTION');
      }
      await using allowed = await begin(world, { KEYWARDEN_ALLOW_EVICTION: '1' });
      await eventually('the started bot', () => allowed.words().includes('"Keywarden listens"') || undefined, 15_000);
      expect(allowed.running()).toBe(true);
      allowed.terminate();
      expect(await allowed.ended).toBe(0);
      await redisCommand(world, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      endsWith(await world.addBot());
    }));
});
