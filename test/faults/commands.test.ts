/** `/kms`, through Slack: every command, names that fit one key, several, or none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNT, CHANNEL, eventually, openWorld, REGION, type World } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';
import { settled, sweepNow } from './given.ts';

let world: World;
let pending: string;
let steady: string;
beforeAll(async () => {
  const config = {
    accounts: [{ id: ACCOUNT, name: 'payments-prod', regions: [REGION, 'eu-west-1'] }],
  };
  world = await openWorld({ config, withRoles: false });
  pending = await world.makeKey('orders-archive');
  steady = await world.makeKey('payments-prod');
  const there = { principal: 'builder', account: ACCOUNT, region: 'eu-west-1' };
  for (const place of [undefined, there]) await world.makeKey('twins', {}, place);
  await sweepNow(world);
  await world.bot.house.queue.add('sweep', 'sweep-by-hand-ireland', {
    account: ACCOUNT as never,
    region: 'eu-west-1' as never,
    slot: world.clock.now(),
    full: true,
  });
  await world.call('ScheduleKeyDeletion', { KeyId: pending, PendingWindowInDays: 7 });
  await eventually('the card', () => world.cards('alias/orders-archive')[0]);
  await sweepNow(world);
  await eventually('both twins', async () => (await said('status alias/twins')).includes('eu-west-1'));
});
afterAll(async () => {
  await expectInvariants(world);
  await world.close();
});

async function said(text: string, user = 'alice'): Promise<string> {
  const answer = await world.slack.command({ channel: CHANNEL, user, text });
  expect(answer).toMatchObject({ ok: true });
  return JSON.stringify(answer.response);
}

describe('/kms', () => {
  test('help, also for nothing, names every command', async () => {
    for (const text of ['help', '']) {
      const words = await said(text);
      for (const verb of [
        'list',
        'status',
        'guard',
        'watch',
        'rescue',
        'cancel-deletion',
        'enable',
        'disable',
        'delete-material',
      ])
        expect(words).toContain(`/kms ${verb}`);
    }
    expect(await said('explode everything')).toContain('not a command');
  });

  test('list shows pending keys unless told otherwise', async () => {
    expect(await said('list')).toContain('alias/orders-archive');
    expect(await said('list')).not.toContain('alias/payments-prod');
    expect(await said('list all')).toContain('alias/payments-prod');
    expect(await said('list disabled')).toContain('No disabled keys');
    expect(await said('list nonsense')).toContain('imported');
  });

  test('status by alias, with and without the prefix, by id, by ARN, and account-qualified', async () => {
    const id = pending.split('/')[1] ?? '';
    for (const name of [
      'orders-archive',
      'alias/orders-archive',
      id,
      pending,
      `payments-prod/${REGION}:alias/orders-archive`,
    ])
      expect(await said(`status ${name}`), name).toContain('PendingDeletion');
  });

  test('an unknown name is answered with the nearest, an ambiguous one with a choice', async () => {
    const unknown = await said('status alias/orders-archiv');
    expect(unknown).toContain('No key is known');
    expect(unknown).toContain('alias/orders-archive');
    const several = await said('rescue twins');
    expect(several).toContain('Several keys');
    expect(several).toContain(REGION);
    expect(several).toContain('eu-west-1');
  });

  test.each(['holt', 'constructor', '__proto__', 'toString'])('%s is no command', async (word) => {
    expect(await said(`${word} payments-prod`)).toContain('is not a command');
  });

  test('watch needs a reason, and opens a card', async () => {
    expect(await said('watch payments-prod')).toContain('a key and a reason');
    expect(await said('watch payments-prod odd calls')).toContain('under watch');
    await eventually('the card', () => world.cards('alias/payments-prod')[0]);
    await settled(world);
    expect(world.stateOf(steady)).toBe('Enabled');
  });

  test('rescue by command restores the key; who may not is told', async () => {
    expect(await said('rescue orders-archive', 'bob')).toContain('not in the role');
    expect(world.stateOf(pending)).toBe('PendingDeletion');
    expect(await said('rescue orders-archive')).toContain('under way');
    await eventually('the rescued key', () => world.stateOf(pending) === 'Enabled');
    await eventually('the green card', () => world.words(world.cards('alias/orders-archive')[0]).includes('🟢'));
  });
});
