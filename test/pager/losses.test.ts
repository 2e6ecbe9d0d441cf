/** The last day before something may be lost, which may come long before the deletion, or without any: it calls as well. */
import { describe, expect, test } from 'vitest';
import { HOUR } from '../countdown/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { press, scheduleAll, waveOf } from '../gathering/given.ts';
import { disabled, granted, REPLICATION } from '../harm/given.ts';
import { CHANNEL, DAY, eventually, type World } from '../harness.ts';
import { callsOf, live, liveUntil, pagerIdle, published, toTopic } from './given.ts';

const steady = { withRoles: false, config: toTopic } as const;
const RDS = ['rds.us-west-2.amazonaws.com', { 'aws:rds:db-id': 'db-ORDERS01' }] as const;

const lossOf = (world: World, arn: string): Promise<number> =>
  eventually('the countdown to a loss', async () => (await world.incident(arn))?.losses?.deletionDate);
const outcomes = (world: World): readonly unknown[] =>
  world.aws
    .events()
    .filter(({ source, detail }) => source === 'pager' && detail.state === 'over')
    .map(({ detail }) => detail.outcome);
const calls = (world: World) => callsOf(published(world), 'lastDay');

describe('the last day before a loss', () => {
  test('of a disabled key, which has no deletion date: called an hour into it, over when somebody has it in hand', () =>
    inWorld(steady, async (world) => {
      const arn = await disabled(world, 'orders', [RDS]);
      const lossAt = await lossOf(world, arn);
      await settled(world);
      pass(world, lossAt - DAY + 1_000 - world.clock.now());
      await live(world, 60);
      expect(calls(world)).toEqual([]);
      pass(world, HOUR);
      await liveUntil(world, 'the call', () => calls(world).length > 0, 120);
      await live(world, 60);
      await pagerIdle(world);
      expect(calls(world)).toEqual(['open']);
      const call = published(world).find(({ kind }) => kind === 'lastDay');
      expect(call?.summary).toContain('Data may be lost after');
      expect(call?.message).toContain('What may be lost: RDS databases');
      expect(call?.message).toContain(`--key-id ${arn}`);
      const card = await cardOf(world, 'orders');
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Acknowledge' });
      await liveUntil(world, 'the end', () => calls(world).length > 1, 120);
      expect(outcomes(world)).toEqual(['acknowledged']);
    }));

  test('one call for each date: the replica, when its moment passes, and the table after it', () =>
    inWorld(steady, async (world) => {
      const arn = await disabled(world, 'carts', [[REPLICATION, { 'aws:dynamodb:tableName': 'carts' }]]);
      const replica = await lossOf(world, arn);
      await settled(world);
      pass(world, 2 * HOUR);
      await liveUntil(world, 'the first call', () => calls(world).length > 0, 120);
      pass(world, replica + 1_000 - world.clock.now());
      await liveUntil(world, 'its end', () => calls(world).length > 1, 300);
      expect(outcomes(world)).toEqual(['passed']);
      const table = await eventually('the next clock', async () => {
        const losses = (await world.incident(arn))?.losses;
        return losses?.of.includes('dynamodb') === true ? losses.deletionDate : undefined;
      });
      pass(world, table - 20 * HOUR - world.clock.now());
      await liveUntil(world, 'the second call', () => calls(world).length > 2, 120);
      await sweepNow(world);
      await pagerIdle(world);
      expect(calls(world)).toEqual(['open', 'over', 'open']);
      expect(new Set(published(world).map(({ id }) => id)).size).toBe(1);
    }));

  test(
    'of a wave: one call for all of its keys, over when they are in hand',
    () =>
      inWorld(steady, async (world) => {
        const arns: string[] = [];
        for (let shard = 1; shard <= 12; shard += 1) {
          const arn = await world.makeKey(`shard-${shard}`);
          await granted(world, arn, ...RDS);
          arns.push(arn);
        }
        await sweepNow(world);
        await scheduleAll(world, arns, 30);
        await waveOf(world, 12);
        const last = arns.at(-1) ?? '';
        const lossAt = await lossOf(world, last);
        await eventually('every clock', async () =>
          (await Promise.all(arns.map((arn) => world.incident(arn)))).every((one) => one?.losses !== undefined),
        );
        pass(world, lossAt - 20 * HOUR - world.clock.now());
        const waves = () => published(world).filter(({ id }) => id.startsWith('lossDay:g'));
        await liveUntil(world, 'the call', () => waves().length > 0, 300);
        await live(world, 60);
        await pagerIdle(world);
        expect(waves().map(({ status }) => status)).toEqual(['open']);
        expect(waves()[0]?.summary).toMatch(/^Keywarden: \d+ KMS keys: data may be lost after/);
        expect(waves()[0]?.message).toMatch(/What may be lost: RDS databases; and \d+ more keys? of the same wave/);
        await sweepNow(world);
        await pagerIdle(world);
        expect(waves()).toHaveLength(1);
        await press(world, 'Acknowledge');
        await liveUntil(world, 'the end', () => waves().length > 1, 300);
        expect(waves().map(({ status }) => status)).toEqual(['open', 'over']);
        expect(outcomes(world)).toContain('acknowledged');
      }),
    60_000,
  );
});
