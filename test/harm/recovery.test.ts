/** After a rescue: the incident is over and green, and its card still learns whether anybody can use the key again. */
import { expect, test } from 'vitest';
import { HOUR, loud, press } from '../countdown/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { eventually, type World } from '../harness.ts';
import { cardSays, granted, s3Reads } from './given.ts';

async function rescued(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias);
  await granted(world, arn, 'rds.us-west-2.amazonaws.com', { 'aws:rds:db-id': 'orders-db' });
  await sweepNow(world);
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  await cardSays(world, alias, 'orders-db');
  const card = await cardOf(world, alias);
  expect(await press(world, 'alice', card, 'Rescue')).toEqual({ ok: true });
  await eventually('the end', async () => (await world.incident(arn))?.phase.kind === 'closed', 20_000);
  await settled(world);
  return arn;
}

test('not yet, then the first successful use; and what does not start by itself', () =>
  inWorld(loud, async (world) => {
    const arn = await rescued(world, 'phoenix');
    const words = await cardSays(world, 'phoenix', 'not yet');
    expect(words).toContain('aws rds start-db-instance --db-instance-identifier orders-db --region us-west-2');
    pass(world, HOUR / 4);
    await eventually('a look', async () => (await world.incident(arn))?.knowledge?.recovery);
    await cardSays(world, 'phoenix', 'not yet, looked');
    expect(s3Reads(world, arn, 'invoices')).toBe(200);
    pass(world, 2 * HOUR);
    expect(await cardSays(world, 'phoenix', 'first successful use seen')).toContain('Decrypt');
    const [due] = await world.bot.house.incidents.dueAt([(await world.incident(arn))?.id as never]);
    expect(due).toBeUndefined();
  }));

test('nobody uses it: a few looks in a day, and no more', () =>
  inWorld(loud, async (world) => {
    const arn = await rescued(world, 'quiet');
    const looks: number[] = [];
    for (let hour = 0; hour < 30; hour += 5) {
      pass(world, 5 * HOUR);
      await eventually('nothing due', async () => {
        const incident = await world.incident(arn);
        const [due] = await world.bot.house.incidents.dueAt([incident?.id as never]);
        return due === undefined || due > world.clock.now();
      });
      looks.push((await world.incident(arn))?.knowledge?.recovery?.lookedAt ?? 0);
    }
    expect(new Set(looks).size).toBeGreaterThan(2);
    const [due] = await world.bot.house.incidents.dueAt([(await world.incident(arn))?.id as never]);
    expect(due).toBeUndefined();
  }));
