/** Multi-Region families: one card for a primary and its replicas, rescued together, and never green before all of it is. */
import { describe, expect, test } from 'vitest';
import { inWorld, settled, sweepNow } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, type World, type WorldOptions } from '../harness.ts';

const WATCHED: WorldOptions = {
  config: {
    accounts: [{ id: ACCOUNT, name: 'payments-prod', regions: [REGION, 'eu-west-1'] }],
  },
  withRoles: false,
};
const mallory = (region: string) => ({ principal: 'mallory', account: ACCOUNT, region });
const inIreland = (arn: string): string => arn.replace(REGION, 'eu-west-1');

/** A primary in the world's Region with a replica in Ireland. */
async function family(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias, { MultiRegion: true });
  await world.call('ReplicateKey', { KeyId: arn, ReplicaRegion: 'eu-west-1' });
  await world.call('CreateAlias', { AliasName: `alias/${alias}`, TargetKeyId: inIreland(arn) }, mallory('eu-west-1'));
  await eventually('the replica', () => world.stateOf(inIreland(arn)) === 'Enabled');
  await sweepNow(world);
  await sweepIreland(world);
  return arn;
}

/** The replica's Region too, where it is watched. */
async function sweepIreland(world: World): Promise<void> {
  const place = { account: ACCOUNT as never, region: 'eu-west-1' as never };
  const { index, keys, queue } = world.bot.house;
  if (!keys.covers(place)) return;
  const before = (await index.sweepState(place))?.completedAt;
  await queue.add('sweep', 'sweep-ireland-by-hand', { ...place, slot: world.clock.now(), full: true });
  await eventually('a sweep of Ireland', async () => {
    const state = await index.sweepState(place);
    return state?.completedAt !== undefined && state.completedAt !== before;
  });
}

const familyCards = (world: World): readonly string[] =>
  world.cards('*Family*').map((message) => JSON.stringify(message.blocks));
const schedule = (world: World, arn: string, region: string, days = 7): Promise<void> =>
  world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: days }, mallory(region));

describe('a family', () => {
  test('one card for primary and replica, each with its own state and deadline, the estimate of the primary among them', () =>
    inWorld(WATCHED, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn), 'eu-west-1', 9);
      await eventually('the card', () => familyCards(world)[0]?.includes('eu-west-1 (replica): PendingDeletion'));
      await schedule(world, arn, REGION, 7);
      const card = await eventually('both members', () =>
        familyCards(world).find(
          (text) =>
            text.includes('us-west-2 (primary): PendingReplicaDeletion') &&
            text.includes('eu-west-1 (replica): PendingDeletion') &&
            text.includes('at the earliest (an estimate'),
        ),
      );
      expect(card.indexOf('eu-west-1 (replica)')).toBeLessThan(card.indexOf('us-west-2 (primary)'));
      await settled(world);
      expect(world.messages().filter((message) => JSON.stringify(message.blocks).includes('alias/twins'))).toHaveLength(
        1,
      );
    }));

  test('Rescue is for every member, and the card is green only when all of them are', () =>
    inWorld(WATCHED, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn), 'eu-west-1');
      await schedule(world, arn, REGION);
      const message = await eventually('the card', () =>
        world
          .cards('us-west-2 (primary): PendingReplicaDeletion')
          .find((one) => JSON.stringify(one).includes('eu-west-1 (replica): PendingDeletion')),
      );
      const colours: string[] = [];
      await world.slack.click({ channel: CHANNEL, ts: message.ts, user: 'alice', action: 'Rescue' });
      await eventually('both restored', () => {
        const [card = ''] = familyCards(world);
        const title = /"text":"(.{2}) /u.exec(card)?.[1] ?? '';
        colours.push(`${title} ${world.stateOf(arn)} ${world.stateOf(inIreland(arn))}`);
        return (
          card.includes('🟢  Key restored') &&
          world.stateOf(arn) === 'Enabled' &&
          world.stateOf(inIreland(arn)) === 'Enabled'
        );
      });
      for (const seen of colours.filter((one) => one.startsWith('🟢'))) expect(seen).toMatch(/Enabled Enabled$/);
    }));

  test('a member in a Region that nobody watches is named, and the end is not green', () =>
    inWorld({ withRoles: false }, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn), 'eu-west-1');
      await schedule(world, arn, REGION);
      const message = await eventually('the card', () => world.cards('nobody watches this Region')[0]);
      expect(JSON.stringify(message.blocks)).toContain('eu-west-1 (replica): *nobody watches this Region*');
      await world.slack.click({ channel: CHANNEL, ts: message.ts, user: 'alice', action: 'Rescue' });
      await eventually('the primary restored, on the card too', () =>
        familyCards(world)[0]?.includes('🟢  us-west-2 (primary): Enabled'),
      );
      await settled(world);
      expect(familyCards(world)[0]).toContain('nobody watches this Region');
      expect(familyCards(world)[0]).not.toContain('🟢  Key restored');
      expect(world.stateOf(inIreland(arn))).toBe('PendingDeletion');
    }));

  test('endangered again after its end it gets a fresh card', () =>
    inWorld(WATCHED, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn), 'eu-west-1');
      const message = await eventually('the card', () => world.cards('eu-west-1 (replica): PendingDeletion')[0]);
      await world.slack.click({ channel: CHANNEL, ts: message.ts, user: 'alice', action: 'Rescue' });
      await eventually('the end', () => familyCards(world)[0]?.includes('🟢  Key restored'));
      await settled(world);
      world.clock.move(60_000);
      await schedule(world, inIreland(arn), 'eu-west-1');
      await eventually('another card', () => familyCards(world).length === 2);
    }));
});
