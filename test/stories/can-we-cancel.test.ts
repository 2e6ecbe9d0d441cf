/** A policy that is closed before the deletion is scheduled: told at once, on a key that nothing else endangers yet. */
import { describe, expect, test } from 'vitest';
import { policyChanged } from '../../src/flows/watch-policy.ts';
import { options, pressForm, send } from '../approvals/given.ts';
import { dying, heard, heardTimes, loud, passTo } from '../countdown/given.ts';
import { by, fact } from '../domain/samples.ts';
import { inWorld, reminders, scheduled, settled, sweepNow } from '../faults/given.ts';
import { quiet } from '../faults/traces.ts';
import { ACCOUNT, CHANNEL, DAY, eventually, FALLBACK, MALLORY, type World } from '../harness.ts';
import { keyOf } from '../last-good/given.ts';

const mallory = `arn:aws:iam::${ACCOUNT}:role/Admins`;
const statement = (Effect: string, AWS: string, Action: unknown = 'kms:*') => ({
  Effect,
  Principal: { AWS },
  Action,
  Resource: '*',
});
const root = statement('Allow', `arn:aws:iam::${ACCOUNT}:root`);
const rescue = `arn:aws:iam::${ACCOUNT}:role/KeywardenRescue`;

const DENIED = 'Can we cancel? no: the key policy denies CancelKeyDeletion and EnableKey';

/** AWS tells nobody any more. */
const deaf = (world: World): void =>
  world.aws.deliverTo({
    snsUrl: 'http://127.0.0.1:9',
    topicArn: 'x',
    eventBridgeUrl: 'http://127.0.0.1:9',
    eventBridgeToken: 'x',
  });

const put = (world: World, arn: string, ...statements: readonly object[]): Promise<void> =>
  world.call('PutKeyPolicy', {
    KeyId: arn,
    PolicyName: 'default',
    Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    BypassPolicyLockoutSafetyCheck: false,
  });

/** A key whose last good shape is known. */
async function known(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias);
  await sweepNow(world);
  const { shapes } = world.bot.house;
  await eventually('its last good shape', async () => (await shapes.good({ arn } as never))?.policy.kind === 'known');
  return arn;
}

const says = (world: World, alias: string, text: string): Promise<unknown> =>
  eventually(`“${text}” on the card of ${alias}`, () =>
    world.cards(`alias/${alias}`).some((card) => world.words(card).includes(text)),
  );

describe('can we cancel?', () => {
  test('a policy closed first and then deletion scheduled: by whom, who may repair it, and loud twice', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'closed');
      await put(world, arn, root, { Sid: 'Out', ...statement('Deny', rescue) });
      await says(world, 'closed', 'Key policy closed to our rescue');
      await says(world, 'closed', `${DENIED} (statement 2 “Out”). Read `);
      await says(world, 'closed', 'The key policy was replaced by Admins/mallory');
      await says(world, 'closed', `principals of account ${ACCOUNT} whose IAM policy allows kms:PutKeyPolicy`);
      const first = await eventually('a loud reminder', () => reminders(world)[0]);
      expect(first).toContain('can no longer be rescued by us, though nothing else endangers it yet');
      await eventually('everybody', () => world.messages(FALLBACK).length > 0);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await says(world, 'closed', 'Key scheduled for deletion');
      await says(world, 'closed', 'Can we cancel? no: ');
      const second = await eventually('another, now that it dies', () => reminders(world)[1]);
      expect(second).toContain('can no longer be rescued by us and is deleted after');
      await settled(world);
      expect(reminders(world)).toHaveLength(2);
    }));

  test('a policy that shuts out our reading as well is judged by the event that tells of it', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'dark');
      await put(
        world,
        arn,
        { Sid: 'Mine', ...statement('Allow', mallory) },
        { Sid: 'Out', ...statement('Deny', rescue) },
      );
      await says(world, 'dark', `${DENIED} (statement 2 “Out”). Judged by the event`);
      const command = { channel: CHANNEL, user: 'alice', text: `/kms guard ${arn}` };
      expect(JSON.stringify((await world.slack.command(command)).response)).toContain('Can we cancel? no: ');
      await says(world, 'dark', `Who may still replace the key policy*  \`${mallory}\``);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await says(world, 'dark', 'Key scheduled for deletion');
      await says(world, 'dark', 'Can we cancel? no: ');
      const second = await eventually('another, now that it dies', () => reminders(world)[1]);
      expect(second).toContain('can no longer be rescued by us, and its deletion is scheduled');
    }));

  test('a policy that leaves the key to another account alone wakes everybody, and stays a no while nothing of it can be read', () =>
    inWorld(loud, async (world) => {
      const arn = await known(world, 'taken');
      await world.call('PutKeyPolicy', {
        KeyId: arn,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [statement('Allow', 'arn:aws:iam::999999999999:root')],
        }),
        BypassPolicyLockoutSafetyCheck: true,
      });
      await says(world, 'taken', 'Key policy closed to our rescue');
      await eventually('a loud reminder', () => reminders(world)[0]);
      await eventually('everybody', () => world.messages(FALLBACK).length > 0);
      await quiet(world);
      await says(world, 'taken', 'Can we cancel? no: ');
      await says(world, 'taken', 'Judged by the event');
      expect(world.words(world.cards('alias/taken')[0])).not.toContain('Can we cancel? unknown');
    }));

  test('nobody may repair it: what to tell AWS Support, ready to copy', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'orphan');
      await world.call('PutKeyPolicy', {
        KeyId: arn,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [root, { ...statement('Deny', '*', ['kms:PutKeyPolicy', 'kms:EnableKey']) }],
        }),
        BypassPolicyLockoutSafetyCheck: true,
      });
      await says(world, 'orphan', 'Open a case with AWS Support now');
      await says(world, 'orphan', `Account ${ACCOUNT}, Region us-west-2\\nKey ${arn}\\nState Enabled`);
      // The bypassed lockout check is a danger of its own: what is to be done now goes before comparing policies.
      await says(
        world,
        'orphan',
        'no click of ours can cancel it: whoever closes a policy often deletes next. Now open the',
      );
      const told = await eventually('a loud reminder', () => reminders(world)[0]);
      expect(told).toContain('can no longer be rescued by us, though nothing else endangers it yet');
    }));

  test('accepted and closed while our rescue is still shut out: nobody hears that as the end of it', () =>
    inWorld(options(), async (world) => {
      const arn = await known(world, 'accepted');
      await put(world, arn, root, { Sid: 'Out', ...statement('Deny', rescue) });
      await says(world, 'accepted', 'Accept as it is');
      await eventually('a loud reminder', () => reminders(world)[0]);
      await settled(world);
      const [card] = world.cards('alias/accepted');
      const ts = String(card?.ts);
      const STILL = 'Keywarden still cannot cancel a deletion of it';
      expect(JSON.stringify(card?.blocks)).toContain(`${STILL}. For approvers.`);
      await world.slack.click({ channel: CHANNEL, ts, user: 'bob', action: 'Accept as it is' });
      await eventually(
        'that it is accepted',
        async () => (await world.incident(arn))?.knowledge?.comparison?.accepted !== undefined,
      );
      passTo(world, world.clock.now() + 120_000);
      await says(world, 'accepted', 'It stays open until somebody has looked into it: an approver');
      await settled(world);
      const form = await pressForm(world, 'bob', ts, 'Close: looked into');
      expect(JSON.stringify(world.slack.views().find(({ id }) => id === form))).toContain(STILL);
      expect(await send(world, 'bob', form, { reason: 'meant so, CHG-9' })).toEqual({ ok: true });
      await says(world, 'accepted', 'Looked into and closed');
      await says(world, 'accepted', `*${STILL}*: the key policy denies CancelKeyDeletion and EnableKey`);
      await eventually('everybody who was called', () =>
        world.messages(FALLBACK).some((message) => world.words(message).includes(`looked into and closed; ${STILL}`)),
      );
    }));

  test('a healthy key whose policy is opened again is over by itself', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'reopened');
      await put(world, arn, statement('Allow', mallory));
      await says(
        world,
        'reopened',
        'Can we cancel? no: no statement of the key policy allows our role CancelKeyDeletion and EnableKey',
      );
      await put(world, arn, root);
      const closed = await eventually('its end', async () => {
        const incident = await world.incident(arn);
        return incident?.phase.kind === 'closed' ? incident : undefined;
      });
      expect(closed.phase).toMatchObject({ outcome: 'recovered' });
      expect(closed.knowledge?.cancelling?.answer).toBe('yes');
      expect(world.cards('alias/reopened')).toHaveLength(1);
    }));

  test('a policy that never let us rescue opens nothing at first sight', () =>
    inWorld({}, async (world) => {
      const policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          statement('Allow', mallory),
          statement('Allow', `arn:aws:iam::${ACCOUNT}:role/KeywardenRead`, ['kms:Get*', 'kms:Describe*', 'kms:List*']),
        ],
      });
      const arn = await world.makeKey('never', { Policy: policy }, MALLORY);
      await sweepNow(world);
      await eventually(
        'its last good shape',
        async () => (await world.bot.house.shapes.good({ arn } as never))?.policy.kind === 'known',
      );
      await put(
        world,
        arn,
        { Sid: 'Same', ...statement('Allow', mallory) },
        statement('Allow', `arn:aws:iam::${ACCOUNT}:role/KeywardenRead`, ['kms:Get*', 'kms:Describe*', 'kms:List*']),
      );
      await settled(world);
      expect(await world.incident(arn)).toBeUndefined();
      const { response } = await world.slack.command({ channel: CHANNEL, user: 'alice', text: `/kms guard` });
      expect(JSON.stringify(response)).toContain('that we could not rescue');
    }));

  test('a change that nobody told of is found by the survey, and CloudTrail says whose it was', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'silent');
      deaf(world);
      await put(world, arn, root, { Sid: 'Out', ...statement('Deny', rescue) });
      world.clock.move(60_000);
      await sweepNow(world);
      await says(world, 'silent', `${DENIED} (statement 2 “Out”). Read `);
      await says(world, 'silent', 'The key policy was replaced by Admins/mallory');
      await eventually('a loud reminder', () => reminders(world)[0]);
    }));

  test('a closed policy that KMS does not show yet is looked at again, for a minute', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'lagging');
      const { house } = world.bot;
      const policy = (await house.shapes.good({ arn } as never))?.policy;
      const lagging = { ...house, keys: { ...house.keys, policyText: async () => policy } } as never;
      const changed = (at: number, ...statements: readonly object[]) =>
        fact(
          {
            kind: 'policyChanged',
            key: keyOf(arn),
            call: by('PutKeyPolicy'),
            bypassedLockoutCheck: false,
            policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
          },
          { at },
        );
      const now = world.clock.now();
      const closed = [root, statement('Deny', rescue)];
      expect(await policyChanged(lagging, keyOf(arn), changed(now, ...closed))).toBe('behind');
      expect(await policyChanged(lagging, keyOf(arn), changed(now, root))).toBe('judged');
      expect(await policyChanged(lagging, keyOf(arn), changed(now - 61_000, ...closed))).toBe('judged');
      expect(await world.incident(arn)).toBeUndefined();
    }));

  test('a rescue that KMS denies is a no at once, whatever was read before', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'denied');
      await says(world, 'denied', 'Can we cancel? yes: ');
      deaf(world);
      await put(world, arn, root, statement('Deny', rescue, 'kms:CancelKeyDeletion'));
      const [card] = world.cards('alias/denied');
      await world.slack.click({ channel: CHANNEL, ts: String(card?.ts), user: 'alice', action: 'rescue' });
      await says(world, 'denied', 'Can we cancel? no: ');
      await eventually('a loud reminder', () =>
        reminders(world).find((text) => text.includes('can no longer be rescued')),
      );
    }));

  test('what cannot be read is unknown, and names the missing permission', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'unread');
      await put(world, arn, root, statement('Deny', `arn:aws:iam::${ACCOUNT}:role/KeywardenRead`, 'kms:GetKeyPolicy'));
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await says(
        world,
        'unread',
        'Can we cancel? unknown: the key policy could not be read: permission kms:GetKeyPolicy is missing',
      );
      expect(reminders(world)).toEqual([]);
    }));

  test('every card and every reminder says it, from the policy as it reads then', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'dying');
      await says(world, 'dying', "Can we cancel? yes: the key policy leaves it to the account's IAM policies");
      passTo(world, date - 3 * DAY + 1_000);
      expect(JSON.stringify((await heardTimes(world, 1)).message.blocks)).toContain('Can we cancel? yes: ');
      // Nobody tells of this one.
      deaf(world);
      await put(world, arn, root, statement('Deny', `arn:aws:iam::${ACCOUNT}:user/keywarden`, 'kms:CancelKeyDeletion'));
      passTo(world, date - DAY + 1_000);
      const last = await eventually('the last day', () =>
        heard(world).find(({ text }) => text.includes(', 1 d before')),
      );
      expect(JSON.stringify(last.message.blocks)).toContain(
        'Can we cancel? no: the key policy denies CancelKeyDeletion',
      );
      await eventually('that it is told at once', () =>
        heard(world).some(({ text }) => text.includes('can no longer be rescued by us')),
      );
    }));
});

describe('/kms guard', () => {
  test('lists what nothing guards, and shows one key with the statement to paste', () =>
    inWorld({}, async (world) => {
      await known(world, 'bare');
      const list = await world.slack.command({ channel: CHANNEL, user: 'alice', text: '/kms guard' });
      expect(JSON.stringify(list.response)).toContain('1 key without a deletion guard');
      expect(JSON.stringify(list.response)).toContain('alias/bare');
      const one = await world.slack.command({ channel: CHANNEL, user: 'alice', text: '/kms guard alias/bare' });
      const words = JSON.stringify(one.response);
      expect(words).toContain('MFA: *absent*');
      expect(words).toContain('DenyShortDeletionWindow');
      expect(words).toContain('role/KeywardenDestroy');
      expect(words).toContain('Can we cancel? yes: ');
    }));

  test('a policy that could not be read again is none whose guard is known', () =>
    inWorld({}, async (world) => {
      const arn = await known(world, 'hidden');
      world.aws.addFault({ service: 'kms', operation: 'GetKeyPolicy', mode: 'failBefore', count: 1_000 });
      world.clock.move(60_000);
      await sweepNow(world);
      const { shapes } = world.bot.house;
      await eventually('the next survey', async () => (await shapes.good({ arn } as never))?.partsAt?.policy);
      const list = await world.slack.command({ channel: CHANNEL, user: 'alice', text: '/kms guard' });
      expect(JSON.stringify(list.response)).toContain('Not known to be guarded: 1 key');
      expect(JSON.stringify(list.response)).toContain('alias/hidden');
    }));

  test('a card without a guard says so', () =>
    inWorld({}, async (world) => {
      await scheduled(world, 'bare-card');
      await says(world, 'bare-card', 'demands nothing before deletion and disabling');
      // No survey has seen it yet.
      const list = await world.slack.command({ channel: CHANNEL, user: 'alice', text: '/kms guard' });
      expect(JSON.stringify(list.response)).toContain('alias/bare-card*');
    }));
});
