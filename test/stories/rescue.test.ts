/** The story of the first page: an intruder schedules a deletion, somebody rescues the key with one click. */
import { afterEach, describe, expect, test } from 'vitest';
import { ACCOUNT, CHANNEL, DAY, eventually, openWorld, REGION, type World } from '../harness.ts';
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

  test('a key that no sweep has read: its creation says that it was Enabled', async () => {
    world = await openWorld();
    const arn = await world.makeKey('minutes-old');
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    const card = await eventually('the card', () => world.cards('alias/minutes-old')[0]);
    await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
    await eventually('the green card', () => world.words(world.cards('alias/minutes-old')[0]).includes('🟢'));
    expect(world.stateOf(arn)).toBe('Enabled');
    expect(await world.incident(arn)).toMatchObject({
      phase: { kind: 'closed', outcome: 'restored' },
      prior: { kind: 'known', state: 'Enabled', from: 'cloudtrail' },
    });
  });

  test('a new key alone posts nothing, opens nothing and is not read', async () => {
    world = await openWorld();
    const described = () =>
      world.aws
        .requests()
        .filter(({ operation }) => operation === 'DescribeKey')
        .map(({ count }) => count);
    const before = described();
    const arn = await world.makeKey('calm');
    const told = await eventually('its creation', () =>
      world.aws
        .events()
        .find(({ source, detail }) => source === 'eventbridge' && JSON.stringify(detail).includes('"CreateKey"')),
    );
    expect(told.detail).toMatchObject({ delivered: true, status: 200 });
    await eventually(
      'nothing left to work off',
      async () => (await world.bot.house.inbox.left(world.clock.now() + DAY, 1)).length === 0,
    );
    expect(await world.incident(arn)).toBeUndefined();
    expect(world.messages()).toHaveLength(0);
    expect(described()).toEqual(before);
  });

  test('a key that was Disabled before is not enabled', async () => {
    world = await openWorld();
    const arn = await world.makeKey('legacy');
    await world.call('DisableKey', { KeyId: arn });
    await eventually('the disabled card', () => world.cards('alias/legacy')[0]);
  });
});
