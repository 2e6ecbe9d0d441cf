/** Slack loses, refuses or must not have what several keys share: nobody is shown nowhere, and no reminder is lost. */
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { heard } from '../countdown/given.ts';
import { type Asked, cardOf, connect, inWorld, openFront, pass, refusal, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, FALLBACK, type World } from '../harness.ts';
import {
  drained,
  family,
  familyCards,
  inIreland,
  schedule,
  scheduleAll,
  shards,
  TWO_REGIONS,
  waveCards,
  waveOf,
} from './given.ts';

const steady = { withRoles: false } as const;

/** To just after the reminder of three days before. */
async function toThreeDays(world: World, arn: string): Promise<void> {
  const date = await eventually('the countdown', async () => (await world.incident(arn))?.countdown?.deletionDate);
  pass(world, date - 3 * DAY + 1_000 - world.clock.now());
  await world.bot.pulse();
  await eventually(
    'all of them decided',
    async () => (await world.bot.house.incidents.due(world.clock.now(), 50)).length === 0,
  );
  pass(world, 6_000);
}
const together = (world: World, channel = CHANNEL) =>
  heard(world, channel).filter(({ text }) => text.includes('of this wave'));
/** No reminder of a member stands anywhere but in its record. */
const owed = async (world: World): Promise<number> =>
  (await world.bot.house.incidents.pending(world.clock.now() + 1, 100)).filter(({ effect }) => effect.kind === 'remind')
    .length;

describe('the shared card was deleted in Slack', () => {
  /** Slack takes no reply to what is not there. */
  const openWithoutThread = (world: World, lost: () => string) =>
    openFront(world, ({ method, body }) =>
      method === 'chat.postMessage' && lost() !== '' && body.get('thread_ts') === lost()
        ? refusal('thread_not_found')
        : undefined,
    );

  test('a wave’s: it is posted again, and the reminder stands in its thread', () =>
    inWorld({ ...steady, withoutBot: true }, async (world) => {
      let lost = '';
      await using front = await openWithoutThread(world, () => lost);
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      const arns = await shards(world, 8, { bot });
      await scheduleAll(world, arns);
      const card = await waveOf(world, 8);
      await drained(world, bot);
      lost = card.ts;
      world.slack.change({ kind: 'deleteMessage', channel: CHANNEL, ts: lost });
      await toThreeDays(world, arns[7] ?? '');
      await eventually('the reminder', async () => {
        world.clock.move(1_000);
        await bot.pulse();
        return together(world).length === 1;
      });
      await drained(world, bot);
      const again = waveCards(world).filter(({ ts }) => ts !== lost);
      expect(again).toHaveLength(1);
      expect(again[0]?.replies?.filter(({ text }) => String(text).includes('of this wave'))).toHaveLength(1);
      expect(await owed(world)).toBe(0);
    }));

  test('a family’s: it is posted again, and the reminder stands in its thread', () =>
    inWorld({ ...TWO_REGIONS, withoutBot: true }, async (world) => {
      let lost = '';
      await using front = await openWithoutThread(world, () => lost);
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn));
      const card = await eventually('the card', () => familyCards(world)[0]);
      await drained(world, bot);
      lost = card.ts;
      world.slack.change({ kind: 'deleteMessage', channel: CHANNEL, ts: lost });
      await toThreeDays(world, inIreland(arn));
      await eventually('the reminder', async () => {
        world.clock.move(1_000);
        await bot.pulse();
        return familyCards(world).some(({ ts, replies = [] }) => ts !== lost && replies.length > 0);
      });
      await drained(world, bot);
      expect(familyCards(world).filter(({ ts }) => ts !== lost)).toHaveLength(1);
      expect(await owed(world)).toBe(0);
    }));
});

describe('the channel is gone before a reminder', () => {
  test('of a wave: card and reminder go to the fallback channel', () =>
    inWorld(steady, async (world) => {
      const arns = await shards(world, 8);
      await scheduleAll(world, arns);
      await waveOf(world, 8);
      await drained(world);
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      await toThreeDays(world, arns[7] ?? '');
      await eventually('the reminder', async () => {
        // Cards and reminders before it take a second each.
        world.clock.move(1_000);
        await world.bot.pulse();
        return together(world, FALLBACK).length === 1;
      });
      await drained(world);
      expect(waveCards(world, FALLBACK)).toHaveLength(1);
      expect(together(world, FALLBACK)).toHaveLength(1);
      expect(await owed(world)).toBe(0);
    }));

  test('of a family: card and reminder go to the fallback channel', () =>
    inWorld(TWO_REGIONS, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn));
      await eventually('the card', () => familyCards(world)[0]);
      await drained(world);
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      await toThreeDays(world, inIreland(arn));
      await eventually('the reminder', () => heard(world, FALLBACK).length > 0);
      await drained(world);
      expect(familyCards(world, FALLBACK)).toHaveLength(1);
      expect(await owed(world)).toBe(0);
      expect((await world.incident(inIreland(arn)))?.card.channel).toBe(FALLBACK);
    }));
});

describe('Slack takes the shared card in no form', () => {
  const isWave = ({ method, body }: Asked): boolean =>
    method.startsWith('chat.') && /Wave: \d+ key/.test(`${body.get('text')}${body.get('blocks')}`);

  test('and there is no other channel: every key is shown on a card of its own, and nothing waits behind it', () =>
    inWorld({ ...steady, withoutBot: true, config: { channels: { default: CHANNEL } } }, async (world) => {
      await using front = await openFront(world, (asked) => (isWave(asked) ? refusal('invalid_blocks') : undefined));
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      const arns = await shards(world, 7, { bot });
      await scheduleAll(world, arns);
      await eventually('the refusal', () => front.asked.some(isWave));
      await eventually('seven cards', async () => {
        world.clock.move(1_000);
        await bot.pulse();
        return world.cards('Key scheduled for deletion').length === 7;
      });
      await drained(world, bot);
      expect(front.asked.filter(isWave).length).toBeLessThan(12);
    }));

  test('in this channel: all of it goes to the fallback channel', () =>
    inWorld({ ...steady, withoutBot: true }, async (world) => {
      await using front = await openFront(world, (asked) =>
        isWave(asked) && asked.body.get('channel') === CHANNEL ? refusal('some_new_policy') : undefined,
      );
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      const arns = await shards(world, 7, { bot });
      await scheduleAll(world, arns);
      await waveOf(world, 7, FALLBACK);
      await drained(world, bot);
      const last = await world.incident(arns[6] ?? '');
      expect(last?.card).toMatchObject({ channel: FALLBACK, ts: waveCards(world, FALLBACK)[0]?.ts });
    }));
});

test('a channel that another company reads gets neither the card of a wave nor that of a family', () =>
  inWorld(
    { ...TWO_REGIONS, config: { ...TWO_REGIONS.config, channels: { default: 'C0SHARED', fallback: FALLBACK } } },
    async (world) => {
      await eventually('the channel is known as shared', async () =>
        (await world.bot.readiness()).warnings.join().includes('C0SHARED'),
      );
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn));
      await eventually('the family', () => familyCards(world, FALLBACK)[0]);
      const [first, ...others] = await shards(world, 8);
      // Its own card has moved to the other channel when the wave begins: it is one of them all the same.
      await schedule(world, first ?? '');
      await cardOf(world, 'shard-01', FALLBACK);
      await settled(world);
      await scheduleAll(world, others);
      await waveOf(world, 8, FALLBACK);
      await drained(world);
      expect(world.messages('C0SHARED')).toEqual([]);
    },
  ));

test('a wave endangered again after its end is news: it gets a fresh card', () =>
  inWorld(steady, async (world) => {
    const arns = await shards(world, 6);
    await scheduleAll(world, arns);
    await waveOf(world, 6);
    await drained(world);
    await Promise.all(arns.map((arn) => world.call('CancelKeyDeletion', { KeyId: arn })));
    await Promise.all(arns.map((arn) => world.call('EnableKey', { KeyId: arn })));
    await eventually('the end', async () => {
      pass(world, 1_000);
      await world.bot.pulse();
      return JSON.stringify(waveCards(world)[0]).includes('Wave over');
    });
    await drained(world);
    await scheduleAll(world, arns);
    await eventually('another card', async () => {
      pass(world, 1_000);
      await world.bot.pulse();
      return waveCards(world).length === 2;
    });
    await drained(world);
    expect(JSON.stringify(waveCards(world)[0])).toContain('Wave over');
    expect(JSON.stringify(waveCards(world)[1])).toContain('6 keys in danger');
  }));

describe('Redis holds less, or other things, than was written', () => {
  const withRedis = async <T>(world: World, work: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(world.redis.url);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  };

  test('the place in the lane is lost before the card is posted: the next sweep brings it', () =>
    inWorld({ ...steady, withoutBot: true }, async (world) => {
      let silent = true;
      await using front = await openFront(world, ({ method }) =>
        silent && method === 'chat.postMessage'
          ? { status: 429, headers: { 'retry-after': '1' }, body: '' }
          : undefined,
      );
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      const arns = await shards(world, 9, { bot });
      await scheduleAll(world, arns);
      await eventually('all of them known', async () =>
        (await Promise.all(arns.map((arn) => world.incident(arn)))).every((one) => one?.countdown !== undefined),
      );
      await eventually('a refused post', () => front.asked.some(({ method }) => method === 'chat.postMessage'));
      const lost = (): Promise<unknown> =>
        withRedis(world, async (redis) => {
          for (const what of ['', ':leased', ':leases', ':again']) await redis.del(`{kw}:lane:${CHANNEL}${what}`);
          await redis.srem('{kw}:lanes', CHANNEL);
        });
      await lost();
      silent = false;
      await lost();
      await sweepNow(world, bot);
      await eventually('the wave', async () => {
        world.clock.move(1_000);
        await bot.pulse();
        return waveCards(world).length === 1;
      });
      await drained(world, bot);
      const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
      expect(incidents.filter((one) => one?.card.ts === undefined)).toEqual([]);
    }));

  test('a shared card that this version cannot read holds up no pulse', () =>
    inWorld(steady, async (world) => {
      const strange = `g${'7'.repeat(31)}`;
      await withRedis(world, async (redis) => {
        await redis.hset(`{kw}:gathering:${strange}`, 'version', 1, 'body', '{"of":"tomorrow"}');
        await redis.zadd('{kw}:gatherings:owing', 1, strange);
        await redis.sadd('{kw}:gatherings:working', strange);
      });
      await world.bot.pulse();
      const arn = await world.makeKey('unhindered');
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await eventually('its card', () => world.cards('alias/unhindered')[0]);
      await toThreeDays(world, arn);
      await eventually('its reminder', () => heard(world).length === 1);
      await withRedis(world, async (redis) =>
        expect(await redis.sismember('{kw}:gatherings:working', strange)).toBe(1),
      );
    }));
});
