/** The windows of a multi-Region family end one after the other: what is told of one key's date is not told of the other. */
import { expect, test } from 'vitest';
import { heard, loud, passTo } from '../countdown/given.ts';
import { inWorld, settled } from '../faults/given.ts';
import { eventually, type WorldOptions } from '../harness.ts';
import { family, inIreland, schedule, TWO_REGIONS } from './given.ts';

const LOUD: WorldOptions = { ...loud, config: { ...loud.config, ...TWO_REGIONS.config } };

test('a replica is deleted and its primary is not: nothing is lost yet, and where to rescue it is said', () =>
  inWorld(LOUD, async (world) => {
    const arn = await family(world, 'ledger');
    const replica = inIreland(arn);
    await schedule(world, replica);
    const date = await eventually('its date', async () => (await world.incident(replica))?.countdown?.deletionDate);
    await schedule(world, arn);
    await eventually('the primary waits', async () => (await world.incident(arn))?.countdown?.deletionDate === date);
    await settled(world);
    passTo(world, date + 1_000);
    const end = await eventually('the end of the replica', () =>
      heard(world).find(({ text }) => text.includes('The replica of alias/ledger in eu-west-1 was deleted')),
    );
    expect(JSON.stringify(end.message)).toContain('the primary in us-west-2 still holds the material');
    expect(JSON.stringify(end.message)).toContain('*Rescue it there*');
    expect(JSON.stringify(world.messages())).not.toContain('Nothing can be rescued any more');
  }));
