/** The windows of a multi-Region family end one after the other: what is told of one key's date is not told of the other. */
import { expect, test } from 'vitest';
import { HOUR, heard, loud, passTo } from '../countdown/given.ts';
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

test('the own window of a primary begins when its last replica is gone: said so, and nobody is said to have scheduled it', () =>
  inWorld(LOUD, async (world) => {
    const arn = await family(world, 'ledger');
    await schedule(world, inIreland(arn));
    await schedule(world, arn);
    const date = await eventually('its date', async () => {
      const countdown = (await world.incident(arn))?.countdown;
      return countdown?.replicas === undefined ? undefined : countdown.deletionDate;
    });
    await settled(world);
    passTo(world, date - HOUR);
    const ahead = await eventually('an hour before', () =>
      heard(world).find(({ text }) => text.includes('alias/ledger waits for its replicas')),
    );
    expect(ahead.text).toContain('from then on it has 7 d of its own');
    await settled(world);
    passTo(world, date + 60_000);
    await eventually('its own date', async () => {
      const countdown = (await world.incident(arn))?.countdown;
      return countdown !== undefined && countdown.deletionDate > date && countdown.replicas === undefined;
    });
    await eventually('the thread', () => JSON.stringify(world.messages()).includes('its own window has begun'));
    expect(JSON.stringify(world.messages())).not.toContain('Scheduled anew');
  }));
