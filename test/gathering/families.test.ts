/** Multi-Region families: one card for a primary and its replicas, rescued together, and never green before all of it is. */
import { describe, expect, test } from 'vitest';
import { inWorld } from '../faults/given.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import { drained, family, familyCards, inIreland, schedule, TWO_REGIONS } from './given.ts';

const cardTexts = (world: World): readonly string[] => familyCards(world).map(({ blocks }) => JSON.stringify(blocks));

describe('a family', () => {
  test('one card for primary and replica, each with its own state and deadline, the estimate of the primary among them', () =>
    inWorld(TWO_REGIONS, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn), 9);
      await eventually('the card', () => cardTexts(world)[0]?.includes('eu-west-1 (replica): PendingDeletion'));
      await schedule(world, arn, 7);
      const card = await eventually('both members', () =>
        cardTexts(world).find(
          (text) =>
            text.includes('us-west-2 (primary): PendingReplicaDeletion') &&
            text.includes('eu-west-1 (replica): PendingDeletion') &&
            text.includes('at the earliest (an estimate'),
        ),
      );
      expect(card.indexOf('eu-west-1 (replica)')).toBeLessThan(card.indexOf('us-west-2 (primary)'));
      await drained(world);
      expect(world.messages().filter((message) => JSON.stringify(message.blocks).includes('alias/twins'))).toHaveLength(
        1,
      );
    }));

  test('Rescue is for every member, and the card is green only when all of them are', () =>
    inWorld(TWO_REGIONS, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn));
      await schedule(world, arn);
      const message = await eventually('the card', () =>
        world
          .cards('us-west-2 (primary): PendingReplicaDeletion')
          .find((one) => JSON.stringify(one).includes('eu-west-1 (replica): PendingDeletion')),
      );
      const colours: string[] = [];
      await world.slack.click({ channel: CHANNEL, ts: message.ts, user: 'alice', action: 'Rescue' });
      await eventually('both restored', () => {
        const [card = ''] = cardTexts(world);
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
      await schedule(world, inIreland(arn));
      await schedule(world, arn);
      const message = await eventually('the card', () => world.cards('nobody watches this Region')[0]);
      expect(JSON.stringify(message.blocks)).toContain('eu-west-1 (replica): *nobody watches this Region*');
      await world.slack.click({ channel: CHANNEL, ts: message.ts, user: 'alice', action: 'Rescue' });
      await eventually('the primary restored, on the card too', () =>
        cardTexts(world)[0]?.includes('🟢  us-west-2 (primary): Enabled'),
      );
      await drained(world);
      expect(cardTexts(world)[0]).toContain('nobody watches this Region');
      expect(cardTexts(world)[0]).not.toContain('🟢  Key restored');
      // No call of ours gets there: nothing is asked for that could only fail.
      expect((await world.incident(inIreland(arn)))?.actions ?? []).toEqual([]);
      expect(world.stateOf(inIreland(arn))).toBe('PendingDeletion');
    }));

  test('endangered again after its end it gets a fresh card', () =>
    inWorld(TWO_REGIONS, async (world) => {
      const arn = await family(world, 'twins');
      await schedule(world, inIreland(arn));
      const message = await eventually('the card', () => world.cards('eu-west-1 (replica): PendingDeletion')[0]);
      await world.slack.click({ channel: CHANNEL, ts: message.ts, user: 'alice', action: 'Rescue' });
      await eventually('the end', () => cardTexts(world)[0]?.includes('🟢  Key restored'));
      await drained(world);
      world.clock.move(60_000);
      await schedule(world, inIreland(arn));
      await eventually('another card', () => cardTexts(world).length === 2);
    }));
});
