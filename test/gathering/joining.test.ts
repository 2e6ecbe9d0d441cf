/** Who belongs together, and who does not: by whose hand, by when it was done, and what is a family besides. */
import { describe, expect, test } from 'vitest';
import { inWorld, sweepNow } from '../faults/given.ts';
import { ACCOUNT, eventually, MALLORY, REGION, TOKEN, type World } from '../harness.ts';
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

const HOUR = 3_600_000;
const steady = { withRoles: false } as const;
const eve = { ...MALLORY, principal: 'eve' };

const shownBy = async (world: World, arns: readonly string[]): Promise<readonly (string | undefined)[]> =>
  (await Promise.all(arns.map((arn) => world.incident(arn)))).map((one) => one?.wave?.id);

describe('by whose hand', () => {
  test('two people at once are two waves, each under its own name', () =>
    inWorld(steady, async (world) => {
      const arns = await shards(world, 16);
      const [hers, his] = [arns.slice(0, 8), arns.slice(8)];
      await Promise.all([scheduleAll(world, hers), scheduleAll(world, his, 7, eve)]);
      await eventually('two waves', async () => {
        world.clock.move(1_000);
        await world.bot.pulse();
        return waveCards(world).length === 2;
      });
      await drained(world);
      const [mallorys, eves] = ['mallory', 'eve'].map((name) =>
        waveCards(world).find((card) => JSON.stringify(card.blocks).includes(`/${name}`)),
      );
      expect(mallorys?.ts).not.toBe(eves?.ts);
      const [one, other] = [await shownBy(world, hers), await shownBy(world, his)];
      const [first, second] = [one, other].map((ids) => new Set(ids.filter((id) => id !== undefined)));
      expect([first?.size, second?.size]).toEqual([1, 1]);
      expect([...(first ?? [])]).not.toEqual([...(second ?? [])]);
    }));

  test('whoever comes slowly, while a wave goes on, gets no card of their own before it is on the wave’s', () =>
    inWorld(steady, async (world) => {
      const arns = await shards(world, 9);
      await scheduleAll(world, arns.slice(0, 6));
      await waveOf(world, 6);
      await drained(world);
      const before = world.cards('Key scheduled for deletion').length;
      for (const [index, arn] of arns.slice(6).entries()) {
        await scheduleAll(world, [arn]);
        await waveOf(world, 7 + index);
        await drained(world);
      }
      expect(world.cards('Key scheduled for deletion')).toHaveLength(before);
    }));

  test('also when the lane is looked at while its place is still being found', () =>
    inWorld(steady, async (world) => {
      const arns = await shards(world, 7);
      await scheduleAll(world, arns.slice(0, 6));
      await waveOf(world, 6);
      await drained(world);
      const before = world.cards('Key scheduled for deletion').length;
      const { gatherings, lanes } = world.bot.house;
      const { opened } = gatherings;
      const { take } = lanes;
      const found = Promise.withResolvers<void>();
      let taken = 0;
      Object.assign(gatherings, {
        opened: (...asked: Parameters<typeof opened>) => found.promise.then(() => opened(...asked)),
      });
      Object.assign(lanes, {
        take: async (...asked: Parameters<typeof take>) => {
          const answer = await take(...asked);
          if (answer.kind === 'item' && answer.item.kind === 'card') taken += 1;
          return answer;
        },
      });
      await scheduleAll(world, arns.slice(6));
      await eventually('its own card is about to be posted', async () => {
        await world.bot.pulse();
        return taken > 0;
      });
      found.resolve();
      await waveOf(world, 7);
      await drained(world);
      expect(world.cards('Key scheduled for deletion')).toHaveLength(before);
    }));

  test('one person’s deeds of a week, all heard of in one minute, are no wave', () =>
    inWorld({ ...steady, withoutBot: true }, async (world) => {
      for (let key = 0; key < 6; key += 1) {
        const arn = await world.makeKey(`slow-${key}`);
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
        world.clock.move(3 * HOUR);
      }
      const deeds = world.aws
        .events()
        .filter(({ source, detail }) => source === 'cloudtrail' && detail.eventName === 'ScheduleKeyDeletion');
      expect(deeds).toHaveLength(6);
      // No sweep before the news: it would find them all at once, and nobody behind them.
      const bot = await world.addBot({ pulseByHand: true });
      await eventually('its Redis', () => bot.redisWithin(1_000));
      world.slack.deliverTo(`${bot.url}/slack/events`);
      for (const { detail } of deeds) {
        const event = {
          version: '0',
          id: String(detail.eventID),
          'detail-type': 'AWS API Call via CloudTrail',
          source: 'aws.kms',
          account: ACCOUNT,
          time: detail.eventTime,
          region: REGION,
          resources: [],
          detail,
        };
        const answer = await fetch(`${bot.url}/webhooks/eventbridge`, {
          method: 'POST',
          body: JSON.stringify(event),
          headers: { 'content-type': 'application/json', 'x-keywarden-token': TOKEN },
        });
        expect(answer.status).toBe(200);
      }
      await eventually('six cards', async () => {
        world.clock.move(1_000);
        await bot.pulse();
        return world.cards('alias/slow-').length === 6;
      });
      await drained(world, bot);
      expect(waveCards(world)).toEqual([]);
    }));
});

test(
  'many keys that cannot be read any more share a card',
  () =>
    inWorld(steady, async (world) => {
      const arns = await shards(world, 14);
      await drained(world);
      world.aws.addFault({ service: 'kms', operation: 'DescribeKey', mode: 'throttle', count: 100_000 });
      await sweepNow(world);
      await sweepNow(world);
      await eventually('the wave', () => waveCards(world)[0], 20_000);
      world.aws.clearFaults();
      expect((await shownBy(world, arns)).filter((id) => id !== undefined)).toHaveLength(14);
    }),
  90_000,
);

describe('a family beside a wave', () => {
  test(
    'a member that joins a wave stays on its family’s card, and is drawn there as it changes',
    () =>
      inWorld(TWO_REGIONS, async (world) => {
        const arn = await family(world, 'twins');
        const arns = await shards(world, 6);
        await schedule(world, inIreland(arn));
        await eventually('the family', () => familyCards(world)[0]);
        await drained(world);
        await scheduleAll(world, [...arns, arn]);
        await eventually('the wave', () => waveCards(world)[0]);
        await eventually('the primary on its family’s card', async () => {
          world.clock.move(1_000);
          await world.bot.pulse();
          return JSON.stringify(familyCards(world)[0]).includes('us-west-2 (primary): PendingReplicaDeletion');
        });
        await drained(world);
        await world.call('CancelKeyDeletion', { KeyId: arn });
        await eventually('its cancelling too', async () => {
          world.clock.move(1_000);
          await world.bot.pulse();
          return JSON.stringify(familyCards(world)[0]).includes('us-west-2 (primary): Disabled');
        });
        expect(familyCards(world)).toHaveLength(1);
      }),
    60_000,
  );

  test(
    'families that are only among the many of a wave get no cards of their own',
    () =>
      inWorld(TWO_REGIONS, async (world) => {
        const arns = await shards(world, 6);
        const twins = [await family(world, 'one'), await family(world, 'two'), await family(world, 'three')];
        await drained(world);
        await scheduleAll(world, arns);
        await waveOf(world, 6);
        await drained(world);
        for (const arn of twins) await schedule(world, arn);
        await waveOf(world, 9);
        await drained(world);
        expect(familyCards(world)).toEqual([]);
      }),
    60_000,
  );
});
