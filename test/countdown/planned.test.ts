/** Deletions that are meant: proposed, agreed to by somebody else, quieter, and loud again as soon as anything is not as it was. */
import { describe, expect, test } from 'vitest';
import { cardOf, inWorld, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, MALLORY, type World } from '../harness.ts';
import { dying, HOUR, heard, heardTimes, inFallback, loud, MENTION, passTo, press, whispersTo } from './given.ts';

const type = (world: World, user: string, text: string) => world.slack.command({ channel: CHANNEL, user, text });

const card = (world: World, alias: string) => cardOf(world, alias);
const blocks = (world: World, alias: string): string => JSON.stringify(world.cards(`alias/${alias}`)[0]?.blocks);

/** Proposed by Alice, agreed to by Bob. */
async function planned(world: World, alias: string, arn: string): Promise<void> {
  const answer = await type(world, 'alice', `planned alias/${alias} CHG-1234`);
  expect(JSON.stringify(answer.response)).toContain('CHG-1234');
  await eventually('the buttons', () => blocks(world, alias).includes('Agree to decommission'));
  expect(await press(world, 'bob', await card(world, alias), 'Agree to decommission')).toEqual({ ok: true });
  await eventually('agreed', async () => (await world.incident(arn))?.plan?.status.kind === 'agreed');
  await settled(world);
}

describe('a planned decommission', () => {
  test('of a dying key: quiet in the thread until the last day, which is loud all the same', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'meant');
      await planned(world, 'meant', arn);
      expect(blocks(world, 'meant')).toContain('Planned decommission');
      // A card that is changed calls nobody: the note in its thread does.
      expect(JSON.stringify((await card(world, 'meant')).replies)).toContain(
        'must agree on the card: <@U0BOB> <@U0DAVE>',
      );
      expect(blocks(world, 'meant')).toContain('agreed by <@U0BOB>');
      passTo(world, date - 3 * DAY + 1_000);
      const three = await heardTimes(world, 1);
      expect(three).toMatchObject({ inChannel: false, text: expect.not.stringContaining(MENTION) });
      passTo(world, date - DAY + 1_000);
      const one = await heardTimes(world, 2);
      expect(one).toMatchObject({ inChannel: true, text: expect.stringContaining(MENTION) });
      await eventually('the fallback channel', () => inFallback(world).length === 1);
    }));

  test('before it is scheduled: it has a card, binds to the date once there is one, and stays agreed', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('early');
      await sweepNow(world);
      await planned(world, 'early', arn);
      expect(blocks(world, 'early')).toContain('⚪  Decommission planned, deletion not scheduled');
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const incident = await eventually('the countdown', async () => {
        const found = await world.incident(arn);
        return found?.countdown === undefined ? undefined : found;
      });
      expect(incident.plan).toMatchObject({
        status: { kind: 'agreed' },
        fingerprint: { state: 'PendingDeletion', deletionDate: incident.countdown?.deletionDate },
      });
      await settled(world);
      expect(world.cards('alias/early')).toHaveLength(1);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await eventually('void', async () => (await world.incident(arn))?.plan?.status.kind === 'void');
    }));

  test('the first use makes it loud again, at once', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'used');
      await planned(world, 'used', arn);
      await world.aws.call(
        'Encrypt',
        { KeyId: arn, Plaintext: 'bm90aGluZw==' },
        { ...MALLORY, principal: 'orders-api' },
      );
      const disturbed = await heardTimes(world, 1);
      expect(disturbed).toMatchObject({ inChannel: true, text: expect.stringContaining(MENTION) });
      expect(disturbed.text).toContain('its plan does not hold any more');
      expect(JSON.stringify(disturbed.message.blocks)).toContain('somebody tried to use the key');
      passTo(world, date - 3 * DAY + 1_000);
      expect((await heardTimes(world, 2)).text).toContain(MENTION);
    }));

  test('scheduled anew for another date: void, and said', () =>
    inWorld(loud, async (world) => {
      const { arn } = await dying(world, 'again');
      await planned(world, 'again', arn);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 12 });
      const plan = await eventually('void', async () => {
        const found = (await world.incident(arn))?.plan;
        return found?.status.kind === 'void' ? found : undefined;
      });
      expect(plan.status).toMatchObject({ why: expect.stringMatching(/^(?:rescheduled|cancelled)$/) });
    }));

  test('nobody agrees to their own plan, nor to a deletion they scheduled, nor without the role', () =>
    inWorld(
      {
        ...loud,
        config: {
          ...loud.config,
          roles: { responder: { users: ['U0ALICE', 'U0BOB'] }, approver: { users: ['U0BOB', 'U0DAVE'] } },
        },
      },
      async (world) => {
        const { arn } = await dying(world, 'own');
        await type(world, 'bob', 'planned alias/own CHG-1');
        await eventually('the buttons', () => blocks(world, 'own').includes('Agree to decommission'));
        await press(world, 'bob', await card(world, 'own'), 'Agree to decommission');
        await eventually('his own', () =>
          whispersTo(world, 'U0BOB').some((text) => text.includes('this plan is your own')),
        );
        await press(world, 'alice', await card(world, 'own'), 'Agree to decommission');
        await eventually('no approver', () =>
          whispersTo(world, 'U0ALICE').some((text) => text.includes('you are not an approver')),
        );
        expect((await world.incident(arn))?.plan?.status.kind).toBe('proposed');
        await press(world, 'bob', await card(world, 'own'), 'Decline');
        await eventually('declined', async () => (await world.incident(arn))?.plan?.status.kind === 'declined');
        // Dave scheduled another one himself, past us: AWS names him.
        const davesKey = await world.makeKey('daves');
        await sweepNow(world);
        await world.call(
          'ScheduleKeyDeletion',
          { KeyId: davesKey, PendingWindowInDays: 7 },
          { ...MALLORY, principal: 'dave' },
        );
        await card(world, 'daves');
        await type(world, 'alice', 'planned daves CHG-2');
        await eventually('the buttons', () => blocks(world, 'daves').includes('Agree to decommission'));
        await press(world, 'dave', await card(world, 'daves'), 'Agree to decommission');
        await eventually('who scheduled it', () =>
          whispersTo(world, 'U0DAVE').some((text) => text.includes('whoever scheduled the deletion')),
        );
        expect((await world.incident(davesKey))?.plan?.status.kind).toBe('proposed');
      },
    ));

  test('several keys at once, each with its own answer; a forgotten ticket is asked for', () =>
    inWorld(loud, async (world) => {
      const { arn } = await dying(world, 'first');
      await world.makeKey('second');
      await sweepNow(world);
      const forgotten = await type(world, 'alice', 'planned alias/first alias/second');
      expect(JSON.stringify(forgotten.response)).toContain('the ticket that asks for it');
      expect((await world.incident(arn))?.plan).toBeUndefined();
      const answer = await type(world, 'alice', 'planned alias/first,alias/second alias/nothing CHG-7');
      const words = await eventually('the answers', () => {
        const all = JSON.stringify([answer.response, whispersTo(world, 'U0ALICE')]);
        return all.includes('alias/nothing') ? all : undefined;
      });
      expect(words).toContain('*alias/first*: decommission proposed as CHG-7');
      expect(words).toContain('*alias/second*: decommission proposed as CHG-7');
      const viewer = await type(world, 'carol', 'planned alias/first CHG-8');
      expect(JSON.stringify([viewer.response, whispersTo(world, 'U0CAROL')])).toContain('you are not a responder');
    }));

  test('proposed, and nobody agrees: it lapses after a week, and an untouched key’s card closes', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('idle');
      await sweepNow(world);
      await type(world, 'alice', 'planned alias/idle CHG-9');
      await eventually('the card', async () => (await world.incident(arn))?.plan?.status.kind === 'proposed');
      await settled(world);
      passTo(world, world.clock.now() + 7 * DAY + HOUR);
      await eventually('lapsed', async () => (await world.incident(arn))?.plan?.status.kind === 'void');
      await eventually('closed', async () => (await world.incident(arn))?.phase.kind === 'closed');
      expect(heard(world)).toEqual([]);
    }));

  test('every step stands in the audit trail', () =>
    inWorld(loud, async (world) => {
      const { arn } = await dying(world, 'traced');
      await planned(world, 'traced', arn);
      const entries = await eventually('both entries', async () => {
        const found: { kind: string; what?: string }[] = [];
        for await (const page of world.bot.house.audit.entries()) found.push(...page);
        const plans = found.filter(({ what }) => what === 'planDecommission');
        return plans.length >= 2 ? plans : undefined;
      });
      expect(entries).toMatchObject([
        { kind: 'requested', ticket: 'CHG-1234', actor: { user: 'U0ALICE' }, key: arn },
        { kind: 'approved', ticket: 'CHG-1234', actor: { user: 'U0BOB' } },
      ]);
    }));
});
