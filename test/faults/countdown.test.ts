/** Reminders over outages, cancelled and moved deletions, and the end of a key. */
import { describe, expect, test } from 'vitest';
import { ACCOUNT, CHANNEL, DAY, eventually, REGION, type World } from '../harness.ts';
import { cardOf, connect, count, inWorld, pass, reminders, scheduled, settled, sweepNow, takeOver } from './given.ts';

/** Own credentials: a clock moved by days would end a role's session in the middle of a call, as no real clock does. */
const steady = { withRoles: false } as const;

const reminded = (world: World, times: number): Promise<true> =>
  eventually(`${times} reminders`, () => (reminders(world).length >= times ? true : undefined));

/** Events of AWS no longer reach the bot; only its own reads tell it anything. */
const deaf = (world: World): void =>
  world.aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode: 'failBefore', count: 1_000 });

async function deletionDate(world: World, arn: string): Promise<number> {
  const incident = await eventually('the countdown', async () => {
    const found = await world.incident(arn);
    return found?.countdown === undefined ? undefined : found;
  });
  return incident.countdown?.deletionDate ?? 0;
}

/** Moves to a moment of the world's own clock. */
const passTo = (world: World, moment: number): void => pass(world, moment - world.clock.now());

describe('the deletion is taken back or moved', () => {
  test('41: scheduled again for another date: the old reminders are void', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'moved-date', 30);
      await cardOf(world, 'moved-date');
      const first = await deletionDate(world, arn);
      passTo(world, first - 20 * DAY);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      const second = await eventually('the new date', async () => {
        const date = (await world.incident(arn))?.countdown?.deletionDate;
        return date !== undefined && date !== first ? date : undefined;
      });
      await settled(world);
      // Fourteen days before the first date, sixteen and more before the second.
      passTo(world, first - 14 * DAY + 60_000);
      await sweepNow(world);
      await settled(world);
      expect(reminders(world)).toEqual([]);
      passTo(world, second - 14 * DAY + 1_000);
      await reminded(world, 1);
      await settled(world);
      expect(reminders(world)).toHaveLength(1);
      expect(world.cards('alias/moved-date')).toHaveLength(1);
    }));

  test('42: cancelled just before the moment, unheard: no reminder', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'raced', 7);
      await cardOf(world, 'raced');
      const date = await deletionDate(world, arn);
      await settled(world);
      deaf(world);
      passTo(world, date - 3 * DAY - 60_000);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      passTo(world, date - 3 * DAY + 1_000);
      await eventually('the read state', async () => {
        const read = (await world.incident(arn))?.read;
        return read?.kind === 'read' && read.snapshot.state === 'Disabled';
      });
      await settled(world);
      expect(reminders(world)).toEqual([]);
    }));

  test('42: cancelled while the reminder waits for its slot: read again right before the post, not posted', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'waiting', 7);
      await cardOf(world, 'waiting');
      const date = await deletionDate(world, arn);
      await settled(world);
      deaf(world);
      const posts = count(world, 'chat.postMessage');
      // Every post: days later other news of the incident may come first, and would take the refusal for the reminder.
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'throttle', count: 50 });
      passTo(world, date - 3 * DAY + 1_000);
      await eventually('the refused reminder', async () => {
        const waiting = await world.bot.house.incidents.pending(world.clock.now() + 1_000, 10);
        return count(world, 'chat.postMessage') > posts && waiting.some(({ effect }) => effect.kind === 'remind');
      });
      await world.call('CancelKeyDeletion', { KeyId: arn });
      world.slack.clearFaults();
      // A refusal that was on its way asks for patience from the moment it comes.
      await eventually('the reminder dropped', async () => {
        pass(world, 1_000);
        const pending = await world.bot.house.incidents.pending(world.clock.now() + 1_000, 10);
        return pending.every(({ effect }) => effect.kind !== 'remind');
      });
      await settled(world);
      expect(reminders(world)).toEqual([]);
    }));
});

describe('the bot was away', () => {
  test('43: over one milestone: one reminder, late', () =>
    inWorld(steady, async (world, endsWith) => {
      const arn = await scheduled(world, 'away-one', 7);
      await cardOf(world, 'away-one');
      const date = await deletionDate(world, arn);
      await settled(world);
      await world.bot.stop();
      passTo(world, date - 2 * DAY);
      const next = await takeOver(world);
      endsWith(next);
      await reminded(world, 1);
      await settled(world, next);
      expect(reminders(world)).toHaveLength(1);
      const words = JSON.stringify(world.messages());
      expect(words).toContain('late by');
      expect(words).not.toContain('stands for');
    }));

  test('43: over three milestones: one collapsed reminder, late', () =>
    inWorld(steady, async (world, endsWith) => {
      const arn = await scheduled(world, 'away-three', 7);
      await cardOf(world, 'away-three');
      const date = await deletionDate(world, arn);
      await settled(world);
      await world.bot.stop();
      passTo(world, date - 3 * 3_600_000);
      const next = await takeOver(world);
      endsWith(next);
      await reminded(world, 1);
      await settled(world, next);
      expect(reminders(world)).toHaveLength(1);
      const words = JSON.stringify(world.messages());
      expect(words).toContain('late by');
      expect(words).toContain('stands for 3 reminders');
      passTo(world, date - 3_600_000 + 1_000);
      await reminded(world, 2);
      await settled(world, next);
      expect(reminders(world)).toHaveLength(2);
    }));

  test('44: past the deletion date: the deletion is told, no reminder of a rescue', () =>
    inWorld(steady, async (world, endsWith) => {
      const arn = await scheduled(world, 'too-late', 7);
      await cardOf(world, 'too-late');
      const date = await deletionDate(world, arn);
      await settled(world);
      await world.bot.stop();
      passTo(world, date + DAY);
      expect(world.stateOf(arn)).toBe('gone');
      const next = await takeOver(world);
      endsWith(next);
      await reminded(world, 1);
      await eventually('the black card', () => world.words(world.cards('alias/too-late')[0]).includes('⚫'));
      await settled(world, next);
      expect(reminders(world)).toHaveLength(1);
      expect(reminders(world)[0]).toContain('was deleted');
      expect(JSON.stringify(world.messages()[0]?.blocks)).not.toContain('"rescue"');
    }));
});

describe('45: two bots', () => {
  test('45: booted together before a pending key: one card, and one reminder of each milestone', () =>
    inWorld({ ...steady, withoutBot: true }, async (world) => {
      const arn = await world.makeKey('two-bots');
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const [first, second] = await Promise.all([world.addBot(), world.addBot()]);
      await connect(world, first);
      await cardOf(world, 'two-bots');
      const date = await deletionDate(world, arn);
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      passTo(world, date - 3 * DAY + 1_000);
      await reminded(world, 1);
      passTo(world, date - DAY + 1_000);
      await reminded(world, 2);
      await Promise.all([first.pulse(), second.pulse()]);
      await settled(world, second);
      expect(reminders(world)).toHaveLength(2);
      expect(world.messages()).toHaveLength(1);
    }));

  test('45: a rolling deploy: the new one starts, the old one stops, nothing twice', () =>
    inWorld(steady, async (world, endsWith) => {
      const arn = await scheduled(world, 'rolling', 7);
      await cardOf(world, 'rolling');
      const date = await deletionDate(world, arn);
      const next = await takeOver(world);
      endsWith(next);
      passTo(world, date - 3 * DAY + 1_000);
      await world.bot.stop();
      await reminded(world, 1);
      await settled(world, next);
      expect(reminders(world)).toHaveLength(1);
      expect(world.messages()).toHaveLength(1);
    }));
});

describe('the end, and what no event told', () => {
  test('a key that KMS has deleted is told as deleted, once', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'ends', 7);
      await cardOf(world, 'ends');
      const date = await deletionDate(world, arn);
      for (const before of [3 * DAY, DAY, 6 * 3_600_000, 3_600_000]) {
        const told = reminders(world).length;
        passTo(world, date - before + 1_000);
        await reminded(world, told + 1);
      }
      passTo(world, date + 2_000);
      expect(world.stateOf(arn)).toBe('gone');
      await reminded(world, 5);
      await eventually('the black card', () => world.words(world.cards('alias/ends')[0]).includes('⚫'));
      await settled(world);
      expect(reminders(world)).toHaveLength(5);
      expect(reminders(world).at(-1)).toContain('was deleted');
      expect(await world.incident(arn)).toMatchObject({ phase: { kind: 'closed', outcome: 'deleted' } });
    }));

  test('a primary that waits for its replicas says so', () =>
    inWorld(steady, async (world) => {
      const arn = await world.makeKey('primary', { MultiRegion: true });
      await world.call('ReplicateKey', { KeyId: arn, ReplicaRegion: 'eu-west-1' });
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const card = await eventually('the card, once KMS was read', () =>
        world.cards('alias/primary').find((one) => world.words(one).includes('after its replicas')),
      );
      expect(world.stateOf(arn)).toBe('PendingReplicaDeletion');
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued primary', () => world.stateOf(arn) === 'Enabled');
      await eventually('the green card', () => world.words(world.cards('alias/primary')[0]).includes('🟢'));
    }));

  test('the sweep finds what no event told: a deletion, and a disabled key', () =>
    inWorld(steady, async (world) => {
      const pending = await world.makeKey('unheard-pending');
      const disabled = await world.makeKey('unheard-disabled');
      await sweepNow(world);
      deaf(world);
      await world.call('ScheduleKeyDeletion', { KeyId: pending, PendingWindowInDays: 7 });
      await world.call('DisableKey', { KeyId: disabled });
      await settled(world);
      expect(world.messages()).toEqual([]);
      await sweepNow(world);
      await cardOf(world, 'unheard-pending');
      await cardOf(world, 'unheard-disabled');
      await settled(world);
      expect(world.messages()).toHaveLength(2);
      await sweepNow(world);
      await settled(world);
      expect(world.messages()).toHaveLength(2);
    }));

  test('an account that cannot be read for two sweeps gets an inconclusive card, and a green one afterwards', () =>
    inWorld(steady, async (world) => {
      await world.makeKey('hidden');
      world.aws.addFault({ service: 'kms', operation: 'ListKeys', mode: 'failBefore', count: 1_000 });
      await sweepNow(world);
      await settled(world);
      expect(world.messages()).toEqual([]);
      await sweepNow(world);
      const card = await eventually('the inconclusive card', () => world.cards('Inconclusive')[0], 20_000);
      expect(world.words(card)).toContain(ACCOUNT);
      expect(world.words(card)).toContain(REGION);
      expect((await world.bot.readiness()).warnings.join()).toContain('inconclusive');
      world.aws.clearFaults();
      await sweepNow(world);
      await eventually('the green card', () => world.words(world.messages()[0]).includes('🟢'));
    }));
});
