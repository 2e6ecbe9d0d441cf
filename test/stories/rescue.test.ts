/** The story of the first page: an intruder schedules a deletion, somebody rescues the key with one click. */
import { afterEach, describe, expect, test } from 'vitest';
import { ACCOUNT, CHANNEL, eventually, openWorld, REGION, type World } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';

let world: World;
afterEach(async () => {
  await expectInvariants(world);
  await world.close();
});

async function scheduled(alias = 'payments-prod', days = 7): Promise<string> {
  const arn = await world.makeKey(alias);
  // The next sweep remembers the key as it is before the danger.
  await world.bot.house.queue.add('sweep', `sweep-by-hand-${alias}`, {
    account: ACCOUNT as never,
    region: REGION as never,
    slot: 1,
    full: true,
  });
  await eventually('the key in the memory', () =>
    world.bot.house.index
      .getMany([{ arn, partition: 'aws', region: REGION, account: ACCOUNT, keyId: arn.split('/')[1] } as never])
      .then(([memory]) => memory),
  );
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: days });
  return arn;
}

describe('rescue', () => {
  test('one card names key, person and deadline; one click restores the key, verified', async () => {
    world = await openWorld();
    const arn = await scheduled();
    const [card] = await eventually('the card', () =>
      world.cards('alias/payments-prod').length > 0 ? world.cards('alias/payments-prod') : undefined,
    );
    expect(world.words(card)).toContain('mallory');
    expect(world.words(card)).toContain('<!date^');
    expect(
      (await world.slack.click({ channel: CHANNEL, ts: card?.ts ?? '', user: 'alice', action: 'Rescue' })).ok,
    ).toBe(true);
    await eventually('the green card', () => world.words(world.cards('alias/payments-prod')[0]).includes('🟢'));
    expect(world.stateOf(arn)).toBe('Enabled');
    const incident = await world.incident(arn);
    expect(incident).toMatchObject({ phase: { kind: 'closed', outcome: 'restored' }, prior: { state: 'Enabled' } });
    await eventually('the request id in the thread', () =>
      JSON.stringify(world.messages()[0]?.replies).includes(String(incident?.actions[0]?.calls[0]?.outcome?.requestId)),
    );
    expect(world.messages()).toHaveLength(1);
  });

  test('a key that was Disabled before is not enabled', async () => {
    world = await openWorld();
    const arn = await world.makeKey('legacy');
    await world.call('DisableKey', { KeyId: arn });
    await eventually('the disabled card', () => world.cards('alias/legacy')[0]);
  });
});
