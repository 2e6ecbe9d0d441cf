/** The countdown board in the Home tab: what stands where, what its buttons do, and what somebody is told who may not. */
import { describe, expect, test } from 'vitest';
import { tellAtHome } from '../../src/flows/home.ts';
import { inWorld, slackPost, sweepNow } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, type World, type WorldOptions } from '../harness.ts';
import {
  dying,
  entryAbout,
  incidentIdOf,
  inOrder,
  open,
  press,
  pressedAtHome,
  published,
  says,
  saysNo,
  wordsAt,
} from './given.ts';

const OTHER = '444455556666';
const twoAccounts: WorldOptions = {
  config: {
    accounts: [
      { id: ACCOUNT, name: 'payments-prod', regions: [REGION] },
      // The bot's own credentials are not this account's: it cannot be read.
      { id: OTHER, name: 'archive', regions: [REGION] },
    ],
  },
  withRoles: false,
};

async function disabled(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias);
  await sweepNow(world);
  await world.call('DisableKey', { KeyId: arn });
  await eventually(`the incident of ${alias}`, () => world.incident(arn));
  return arn;
}

describe('the order', () => {
  test('what dies first stands first, then what has no date; rescued keys are gone from it', () =>
    inWorld({}, async (world) => {
      expect(await open(world, 'U0ALICE')).toContain('Nothing is dying.');
      await dying(world, 'in-thirty', 30);
      const first = await dying(world, 'in-seven', 7);
      await dying(world, 'in-ten', 10);
      await disabled(world, 'switched-off');
      const all = await open(world, 'U0ALICE');
      const names = ['alias/in-thirty', 'alias/in-seven', 'alias/in-ten', 'alias/switched-off'];
      expect(inOrder(all, names)).toEqual(['alias/in-seven', 'alias/in-ten', 'alias/in-thirty', 'alias/switched-off']);
      for (const part of ['*Deleted after*', 'nobody has acknowledged it', 'not planned', 'as of ', 'Without a date'])
        expect(all).toContain(part);
      expect(all).toContain('3 with a deletion date  ·  1 without one');

      await press(world, 'U0ALICE', 'Rescue', incidentIdOf(world.bot, first));
      await eventually('the key enabled again', () => world.stateOf(first) === 'Enabled');
      expect(world.aws.calls().get(`kms CancelKeyDeletion ${ACCOUNT} ${REGION}`)).toBe(1);
      await saysNo(world, 'U0ALICE', 'alias/in-seven');
      expect(wordsAt(world, 'U0ALICE')).toContain('2 with a deletion date');
    }));

  test('who has it in hand, at once where it was pressed', () =>
    inWorld({}, async (world) => {
      const arn = await dying(world, 'in-hand', 7);
      await open(world, 'U0ALICE');
      await press(world, 'U0ALICE', 'more', await entryAbout(world.bot, arn, 'acknowledge'));
      const all = await says(world, 'U0ALICE', 'Acknowledged by <@U0ALICE>');
      expect(all).not.toContain('nobody has acknowledged it');
    }));

  test('while a rescue is under way its row says so and offers nothing', () =>
    inWorld({}, async (world) => {
      const arn = await dying(world, 'held-up', 7);
      await open(world, 'U0ALICE');
      world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'slow', count: 1 });
      await press(world, 'U0ALICE', 'Rescue', incidentIdOf(world.bot, arn));
      const all = await says(world, 'U0ALICE', 'asked by <@U0ALICE>');
      expect(all).toContain('⏳');
      expect(all).not.toContain('"Rescue"');
      await eventually('the key enabled again', () => world.stateOf(arn) === 'Enabled');
      await says(world, 'U0ALICE', 'Nothing is dying.');
    }));
});

describe('who may not', () => {
  test('is told at the top of the tab for ten minutes', () =>
    inWorld({}, async (world) => {
      const arn = await dying(world, 'not-yours', 7);
      await open(world, 'U0BOB');
      await press(world, 'U0BOB', 'Rescue', incidentIdOf(world.bot, arn));
      const all = await says(world, 'U0BOB', 'Rescue was not done: you are not in the role it needs');
      expect(all.indexOf('Rescue was not done')).toBeLessThan(all.indexOf('Your roles'));
      expect(world.stateOf(arn)).toBe('PendingDeletion');
      // To whoever pressed it alone, and in no channel.
      expect(world.slack.ephemerals()).toEqual([]);
      expect(await open(world, 'U0ALICE')).not.toContain('was not done');
      expect(await open(world, 'U0BOB')).toContain('was not done');
      world.clock.move(600_000);
      expect(await open(world, 'U0BOB')).not.toContain('was not done');
    }));

  test('an incident that was over in the meantime: said, and gone from the tab', () =>
    inWorld({}, async (world) => {
      const arn = await dying(world, 'over-by-now', 7);
      await open(world, 'U0ALICE');
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('EnableKey', { KeyId: arn });
      await eventually('its end', async () => (await world.incident(arn))?.phase.kind === 'closed', 20_000);
      // Her window still shows the button for a moment: Slack sends what she presses there.
      await slackPost(world, world.bot, pressedAtHome('U0ALICE', 'rescue', incidentIdOf(world.bot, arn)));
      expect(await says(world, 'U0ALICE', 'and the incident is over')).not.toContain('"Rescue"');
    }));

  test('guests see no name and no number', () =>
    inWorld({}, async (world) => {
      await dying(world, 'top-secret', 7);
      const all = await open(world, 'U0GINA');
      expect(all).toContain('for members of the workspace only');
      for (const part of ['top-secret', 'Open incidents', ACCOUNT, 'home_account']) expect(all).not.toContain(part);
      // Nothing is kept of a tab that shows nothing, and so nothing is drawn in it.
      expect(await world.bot.house.homes.list(world.clock.now())).toMatchObject({ homes: [] });
    }));
});

describe('who I am', () => {
  test('roles with their limits, and whether codes are set up', () =>
    inWorld(
      {
        config: {
          roles: {
            responder: { users: ['U0ALICE'] },
            approver: [{ users: ['U0ALICE'], aliases: ['payments-*'] }, { users: ['U0BOB'] }],
          },
        },
      },
      async (world) => {
        const before = await open(world, 'U0ALICE');
        expect(before).toContain('*responder* for all keys; *approver* only for keys named payments-∗');
        expect(before).toContain('npm run keywarden -- mfa enrol U0ALICE');
        await world.enrol('U0ALICE');
        expect(await open(world, 'U0ALICE')).toContain('*Your one-time codes*  set up');
        expect(await open(world, 'U0DAVE')).toContain('none: you can look, but not act');
        expect(await open(world, 'U0DAVE')).toContain('nothing asks you for one');
      },
    ));
});

describe('filter and pages', () => {
  test('one account at a time; a restart keeps what was chosen', () =>
    inWorld(twoAccounts, async (world, endsWith) => {
      await dying(world, 'ours', 7);
      const place = { account: OTHER as never, region: REGION as never };
      await world.bot.house.queue.add('sweep', 'sweep-the-other', { ...place, slot: world.clock.now(), full: false });
      await eventually(
        'an account that cannot be read',
        async () =>
          (await world.bot.house.incidents.board({ account: OTHER as never, offset: 0, limit: 1 })).total === 1,
      );
      const all = await open(world, 'U0ALICE');
      expect(all).toContain('alias/ours');
      expect(all).toContain('Key cannot be read');
      await press(world, 'U0ALICE', 'home_account', OTHER);
      const others = await says(world, 'U0ALICE', 'Open incidents in archive 444455556666');
      expect(others).toContain('Key cannot be read');
      expect(others).not.toContain('alias/ours');
      await press(world, 'U0ALICE', 'home_account', ACCOUNT);
      expect(await says(world, 'U0ALICE', 'Open incidents in payments-prod')).not.toContain('Key cannot be read');

      await world.bot.stop(5_000);
      const next = await world.addBot();
      endsWith(next);
      await eventually('its Redis', () => next.redisWithin(1_000));
      world.slack.deliverTo(`${next.url}/slack/events`);
      expect(await open(world, 'U0ALICE')).toContain('Open incidents in payments-prod');
      await press(world, 'U0ALICE', 'home_account', 'all');
      await says(world, 'U0ALICE', 'Key cannot be read');
    }));

  test('a refusal stands while its reader looks around, and until the next press', () =>
    inWorld({}, async (world) => {
      const arn = await dying(world, 'looked-at', 7);
      await open(world, 'U0ALICE');
      const person = { enterprise: '', team: 'T0HOME', user: 'U0ALICE' };
      await tellAtHome(world.bot.house, person, { kind: 'notRecorded' });
      // Opened before the tab was drawn for that.
      expect(await open(world, 'U0ALICE')).toContain('Not recorded');
      await press(world, 'U0ALICE', 'home_account', ACCOUNT);
      expect(await says(world, 'U0ALICE', 'Open incidents in payments-prod')).toContain('Not recorded');
      world.clock.move(1_000);
      await press(world, 'U0ALICE', 'more', await entryAbout(world.bot, arn, 'acknowledge'));
      await saysNo(world, 'U0ALICE', 'Not recorded', 15_000);
    }));

  test('the channel is not needed for any of it', () =>
    inWorld({}, async (world) => {
      const before = world.messages(CHANNEL).length;
      await open(world, 'U0ALICE');
      await press(world, 'U0ALICE', 'home_account', ACCOUNT);
      await says(world, 'U0ALICE', 'Nothing is dying in payments-prod');
      expect(world.messages(CHANNEL)).toHaveLength(before);
      expect(published(world)).toBe(2);
    }));
});
