/** Clicks that come twice, from the wrong person, too late, or about a key that has changed meanwhile. */
import { describe, expect, test } from 'vitest';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { pressForm, requestOf, review, send } from '../approvals/given.ts';
import { CHANNEL, eventually, openWorld, type World } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';
import { cardOf, connect, inWorld, keptLog, openRelay, pass, scheduled, settled, slackPost } from './given.ts';

const click = async (world: World, user: string, action: string, alias: string): Promise<void> => {
  const card = await cardOf(world, alias);
  const answer = await world.slack.click({ channel: CHANNEL, ts: card.ts, user, action });
  expect(answer).toMatchObject({ ok: true });
};
const withResponders = (responder: object) => ({ roles: { responder, approver: { users: ['U0BOB'] } } });
const kms = (world: World, operation: string): number =>
  [...world.aws.calls()]
    .filter(([name]) => name.startsWith(`kms ${operation} `))
    .reduce((sum, [, calls]) => sum + calls, 0);
const mutations = (world: World): number =>
  ['CancelKeyDeletion', 'EnableKey', 'DisableKey', 'DeleteImportedKeyMaterial'].reduce(
    (sum, operation) => sum + kms(world, operation),
    0,
  );
const green = (world: World, alias: string): Promise<true> =>
  eventually('the green card', () => world.words(world.cards(`alias/${alias}`)[0]).includes('🟢') || undefined);
const told = (world: World, user: string, words: string): Promise<true> =>
  eventually(
    `"${words}" told to ${user}`,
    () => world.slack.ephemerals().some((one) => one.user === user && JSON.stringify(one).includes(words)) || undefined,
  );

/** A press of Rescue as Slack sends it, by whomever: also by those whom the emulated Slack lets press nothing. */
const pressed = (card: SlackMessage, incident: string, user: string): string =>
  JSON.stringify({
    type: 'block_actions',
    team: { id: 'T0HOME', domain: 'home' },
    user: { id: user, username: user, name: user, team_id: user === 'U0STRANGER' ? 'T0OTHER' : 'T0HOME' },
    api_app_id: 'A0KEYWARDEN',
    token: 'token',
    trigger_id: '1.2.3',
    container: { type: 'message', message_ts: card.ts, channel_id: CHANNEL, is_ephemeral: false },
    channel: { id: CHANNEL, name: 'kms-incidents' },
    message: card,
    response_url: 'https://hooks.slack.com/actions/T0/1/x',
    actions: [
      {
        type: 'button',
        action_id: 'rescue',
        block_id: 'b',
        value: incident,
        action_ts: '1.1',
        text: { type: 'plain_text', text: 'Rescue' },
      },
    ],
  });
const asForm = (payload: string): string => new URLSearchParams({ payload }).toString();

describe('the same click again', () => {
  test('32: the same signed bytes again: 200 and no effect', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'replayed');
      await click(world, 'alice', 'Rescue', 'replayed');
      await green(world, 'replayed');
      await settled(world);
      const done = mutations(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await eventually('the red card', () =>
        world.cards('alias/replayed').some((card) => world.words(card).includes('🔴')),
      );
      for (let times = 0; times < 20; times += 1) expect(await world.slack.replayLast()).toBe(200);
      await settled(world);
      expect(world.stateOf(arn)).toBe('PendingDeletion');
      expect(mutations(world)).toBe(done);
      expect((await world.incident(arn))?.actions ?? []).toSatisfy((actions: readonly { ending?: unknown }[]) =>
        actions.every((action) => action.ending !== undefined),
      );
    }));

  test('33: ssl_check=1&payload=… runs no handler', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'ssl-check');
      const card = await cardOf(world, 'ssl-check');
      await settled(world);
      const incident = await world.incident(arn);
      const payload = pressed(card, String(incident?.id), 'U0ALICE');
      const form = `ssl_check=1&${asForm(payload)}`;
      // Unsigned, as Slack's own check comes, and with a true signature.
      await fetch(`${world.bot.url}/slack/events`, {
        method: 'POST',
        body: form,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      await slackPost(world, world.bot, form);
      await settled(world);
      expect((await world.incident(arn))?.actions).toEqual([]);
      expect(world.stateOf(arn)).toBe('PendingDeletion');
      // The very same press without the trick works.
      await slackPost(world, world.bot, asForm(payload));
      await green(world, 'ssl-check');
    }));

  test('35: a double click, and Slack’s own retry, are one effect', () =>
    inWorld({ withoutBot: true }, async (world) => {
      const bot = await world.addBot();
      await connect(world, bot);
      await using relay = await openRelay([`${bot.url}/slack/events`]);
      world.slack.deliverTo(relay.url);
      const arn = await scheduled(world, 'doubled');
      const { ts } = await cardOf(world, 'doubled');
      const press = () => world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
      await Promise.all([press(), press()]);
      const [body = ''] = relay.bodies;
      const retry = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' };
      expect((await slackPost(world, bot, body, retry)).status).toBe(200);
      await green(world, 'doubled');
      await settled(world);
      expect((await slackPost(world, bot, body, retry)).status).toBe(200);
      await settled(world);
      expect(kms(world, 'CancelKeyDeletion')).toBe(1);
      expect(kms(world, 'EnableKey')).toBe(1);
      expect((await world.incident(arn))?.actions).toHaveLength(1);
    }));
});

describe('two people, and old buttons', () => {
  test('34: two people click at the same moment: one action; the other reads who was first', () =>
    inWorld({ config: withResponders({ users: ['U0ALICE', 'U0BOB'] }) }, async (world) => {
      const arn = await scheduled(world, 'contested');
      const { ts } = await cardOf(world, 'contested');
      await Promise.all(
        ['alice', 'bob'].map((user) => world.slack.click({ channel: CHANNEL, ts, user, action: 'Rescue' })),
      );
      await green(world, 'contested');
      const [action, ...more] = (await world.incident(arn))?.actions ?? [];
      expect(more).toEqual([]);
      const winner = action?.by.via === 'slack' ? action.by.person.user : '';
      const other = winner === 'U0ALICE' ? 'U0BOB' : 'U0ALICE';
      await told(world, other, winner);
      expect([kms(world, 'CancelKeyDeletion'), kms(world, 'EnableKey')]).toEqual([1, 1]);
    }));

  test('39: a button of a card whose incident is over, and one of an incident nobody knows', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'over');
      const card = await cardOf(world, 'over');
      const id = String((await world.incident(arn))?.id);
      await click(world, 'alice', 'Rescue', 'over');
      await green(world, 'over');
      await settled(world);
      const done = mutations(world);
      expect((await slackPost(world, world.bot, asForm(pressed(card, id, 'U0ALICE')))).status).toBe(200);
      await told(world, 'U0ALICE', 'is over');
      const forged = pressed(card, `i${'0'.repeat(31)}`, 'U0ALICE');
      expect((await slackPost(world, world.bot, asForm(forged))).status).toBe(200);
      await told(world, 'U0ALICE', 'belongs to nothing');
      const gibberish = pressed(card, '../../etc; <!channel>', 'U0ALICE');
      expect((await slackPost(world, world.bot, asForm(gibberish))).status).toBe(200);
      await settled(world);
      expect(mutations(world)).toBe(done);
      expect(world.stateOf(arn)).toBe('Enabled');
    }));
});

describe('38: people who may not', () => {
  const cases = [
    ['gina', 'U0GINA', 'guest'],
    ['stranger', 'U0STRANGER', 'otherWorkspace'],
    ['robot', 'U0ROBOT', 'bot'],
    ['bob', 'U0BOB', 'notInRole'],
    ['alice, deactivated since,', 'U0ALICE', 'deactivated'],
  ] as const;
  test.each(cases)('38: %s is refused, and nothing is done', async (_handle, id, why) => {
    const { log, lines } = keptLog();
    await inWorld(
      {
        config: withResponders({ users: ['U0ALICE', 'U0GINA', 'U0STRANGER', 'U0ROBOT'] }),
        overrides: { log },
      },
      async (world) => {
        const arn = await scheduled(world, 'guarded');
        const card = await cardOf(world, 'guarded');
        await settled(world);
        const incident = String((await world.incident(arn))?.id);
        if (why === 'deactivated') world.slack.change({ kind: 'deactivate', user: id });
        expect((await slackPost(world, world.bot, asForm(pressed(card, incident, id)))).status).toBe(200);
        const refused = await eventually('the refusal', () =>
          lines.find((line) => line.includes('a click was refused')),
        );
        expect(refused).toMatch(new RegExp(`"reason":"(${why}|stranger)"`));
        if (id === 'U0GINA' || id === 'U0BOB') await told(world, id, 'Nothing changed');
        await settled(world);
        expect(mutations(world)).toBe(0);
        expect(world.stateOf(arn)).toBe('PendingDeletion');
        expect((await world.incident(arn))?.actions).toEqual([]);
      },
    );
  });
});

describe('40: somebody else was quicker; the card still shows the old state', () => {
  const unheard = async (alias: string, withRoles = true): Promise<{ world: World; arn: string }> => {
    const world = await openWorld({ withRoles });
    const arn = await scheduled(world, alias, 7);
    await cardOf(world, alias);
    await settled(world);
    world.aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode: 'failBefore', count: 1_000 });
    return { world, arn };
  };

  test('40: cancelled and enabled by another: the rescue finds it done, without a call', async () => {
    const { world, arn } = await unheard('quicker');
    try {
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('EnableKey', { KeyId: arn });
      await click(world, 'alice', 'Rescue', 'quicker');
      await green(world, 'quicker');
      expect(mutations(world)).toBe(0);
      expect(world.stateOf(arn)).toBe('Enabled');
      await expectInvariants(world);
    } finally {
      await world.close();
    }
  });

  test('40: cancelled by another: the rescue enables it again, with that one call', async () => {
    const { world, arn } = await unheard('half-way');
    try {
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await click(world, 'alice', 'Rescue', 'half-way');
      await green(world, 'half-way');
      expect([kms(world, 'CancelKeyDeletion'), kms(world, 'EnableKey')]).toEqual([0, 1]);
      await expectInvariants(world);
    } finally {
      await world.close();
    }
  });

  test('40: deleted meanwhile: said so, nothing called', async () => {
    // With credentials that a clock moved by a week does not end.
    const { world, arn } = await unheard('vanished', false);
    try {
      pass(world, 8 * 86_400_000);
      expect(world.stateOf(arn)).toBe('gone');
      const card = world.cards('alias/vanished')[0];
      await world.slack.click({ channel: CHANNEL, ts: card?.ts ?? '', user: 'alice', action: 'Rescue' });
      await eventually('the black card', () => world.words(world.cards('alias/vanished')[0]).includes('⚫'));
      expect(mutations(world)).toBe(0);
      await expectInvariants(world);
    } finally {
      await world.close();
    }
  });

  test('40: Cancel Deletion on a key that is no longer pending: explained on the card', async () => {
    const { world, arn } = await unheard('no-longer');
    try {
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await click(world, 'alice', 'Cancel Deletion', 'no-longer');
      await eventually('the ending', async () => (await world.incident(arn))?.actions[0]?.ending);
      await settled(world);
      expect(mutations(world)).toBe(0);
      expect((await world.incident(arn))?.actions[0]?.ending).toMatchObject({
        kind: 'failed',
        why: { kind: 'wrongState', state: 'Disabled' },
      });
      expect(world.words(world.cards('alias/no-longer')[0])).toContain('Disabled');
      await expectInvariants(world);
    } finally {
      await world.close();
    }
  });
});

describe('the other actions', () => {
  test('Cancel Deletion alone ends amber: still disabled, callers still fail; Enable then ends green', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'amber');
      await click(world, 'alice', 'Cancel Deletion', 'amber');
      await eventually('the amber card', () => world.words(world.cards('alias/amber')[0]).includes('still disabled'));
      await settled(world);
      expect(world.stateOf(arn)).toBe('Disabled');
      expect(world.words(world.cards('alias/amber')[0])).toContain('🟠');
      expect(kms(world, 'EnableKey')).toBe(0);
      await click(world, 'alice', 'Enable', 'amber');
      await green(world, 'amber');
      expect(world.stateOf(arn)).toBe('Enabled');
    }));

  test('Disable on a key under watch; then it is held, and enabled with an approver', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'suspect');
      await click(world, 'alice', 'Rescue', 'suspect');
      await green(world, 'suspect');
      const answer = await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'watch suspect odd calls' });
      expect(JSON.stringify(answer.response)).toContain('under watch');
      await eventually('the button', () => world.words(world.cards('alias/suspect').at(-1)).includes('"Disable"'));
      const card = world.cards('alias/suspect').at(-1);
      await world.slack.click({ channel: CHANNEL, ts: card?.ts ?? '', user: 'alice', action: 'Disable' });
      await eventually('the disabled key', () => world.stateOf(arn) === 'Disabled');
      await eventually('the button back', () => world.words(world.cards('alias/suspect').at(-1)).includes('"Enable"'));
      const viewId = await pressForm(world, 'alice', card?.ts ?? '', 'Enable');
      expect(await send(world, 'alice', viewId, { reason: 'looked at it', key_name: 'suspect' })).toMatchObject({
        ok: true,
      });
      await requestOf(world, 'suspect');
      expect(world.stateOf(arn)).toBe('Disabled');
      expect(await review(world, 'bob', 'suspect', 'Approve')).toMatchObject({ ok: true });
      await eventually('the enabled key', () => world.stateOf(arn) === 'Enabled');
    }));

  test('user groups unavailable: people by their user id still rescue', () =>
    inWorld(
      {
        config: withResponders({ users: ['U0ALICE'], usergroups: ['S0ONCALL'] }),
        userGroups: [{ id: 'S0ONCALL', handle: 'oncall', users: ['U0BOB'] }],
      },
      async (world) => {
        world.slack.change({ kind: 'userGroupsUnavailable' });
        const arn = await scheduled(world, 'groups');
        await click(world, 'bob', 'Rescue', 'groups');
        await told(world, 'U0BOB', 'Nothing changed');
        expect(mutations(world)).toBe(0);
        await click(world, 'alice', 'Rescue', 'groups');
        await green(world, 'groups');
        expect(world.stateOf(arn)).toBe('Enabled');
      },
    ));

  test('a user group’s member rescues; taken out of the group, no more', () =>
    inWorld(
      {
        config: withResponders({ usergroups: ['S0ONCALL'] }),
        userGroups: [{ id: 'S0ONCALL', handle: 'oncall', users: ['U0BOB'] }],
      },
      async (world) => {
        const arn = await scheduled(world, 'member');
        await click(world, 'bob', 'Rescue', 'member');
        await green(world, 'member');
        world.slack.change({ kind: 'setUserGroup', usergroup: 'S0ONCALL', users: [] });
        pass(world, 600_000);
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
        const card = await eventually('the red card', () =>
          world.cards('alias/member').find((one) => world.words(one).includes('🔴')),
        );
        await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'bob', action: 'Rescue' });
        await told(world, 'U0BOB', 'not in the role');
        expect(world.stateOf(arn)).toBe('PendingDeletion');
      },
    ));
});
