/** A danger that grows while its card stands far up in the channel: said at once, in the channel, and once. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type KeyRef, parseKeyArn } from '../../src/domain/ids.ts';
import { KeyDeeds } from '../../src/sandbox/key-deeds.ts';
import { askDeletion, enrolAll, review } from '../approvals/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow, takeOver } from '../faults/given.ts';
import { drained, shards, waveCards } from '../gathering/given.ts';
import { CHANNEL, eventually, MALLORY, type World } from '../harness.ts';
import { heard, heardTimes, loud, MENTION, press } from './given.ts';

const MINUTE = 60_000;

/** A key that somebody has disabled a while ago, which Alice has in hand. */
async function acknowledged(world: World, alias: string, arn: string): Promise<string> {
  await sweepNow(world);
  await world.call('DisableKey', { KeyId: arn });
  const card = await cardOf(world, alias);
  pass(world, 2 * MINUTE);
  expect(await press(world, 'alice', card, 'Acknowledge')).toEqual({ ok: true });
  await eventually('the acknowledgement', async () => (await world.incident(arn))?.attention);
  await settled(world);
  return arn;
}

const dated = (world: World, arn: string): Promise<number> =>
  eventually('the date', async () => (await world.incident(arn))?.countdown?.deletionDate);

describe('an acknowledged key, disabled for a while', () => {
  test('is scheduled for deletion: the channel reads who and until when, and the acknowledgement is over', () =>
    inWorld(loud, async (world) => {
      const arn = await acknowledged(world, 'worse', await world.makeKey('worse'));
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      const date = await dated(world, arn);
      const reminder = await heardTimes(world, 1);
      expect(reminder).toMatchObject({ inChannel: true, text: expect.not.stringContaining(MENTION) });
      expect(reminder.text).toMatch(/Reminder: .*worse.* has become worse: its deletion was scheduled/);
      const words = JSON.stringify(reminder.message.blocks);
      for (const part of [
        `<!date^${Math.floor(date / 1_000)}^`,
        '*Scheduled by*',
        'mallory',
        '<@U0ALICE> acknowledged less than this',
        'State: PendingDeletion, read',
        '"action_id":"rescue"',
        '"action_id":"acknowledge"',
      ])
        expect(words).toContain(part);
      expect((await world.incident(arn))?.attention).toBeUndefined();
      await settled(world);
      expect(JSON.stringify(world.cards('alias/worse')[0]?.blocks)).not.toContain('Acknowledged by');
      // Read again it is no news.
      pass(world, 5 * MINUTE);
      await sweepNow(world);
      await settled(world);
      expect(heard(world)).toHaveLength(1);
    }));

  test('loses its material: whoever is on call is mentioned, for no date ends it', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('archive', { Origin: 'EXTERNAL' });
      const deeds = new KeyDeeds(world.aws);
      deeds.keepMaterial(arn, randomBytes(32));
      await deeds.importMaterial(arn, { ...MALLORY, principal: 'builder' });
      await acknowledged(world, 'archive', arn);
      await world.call('DeleteImportedKeyMaterial', { KeyId: arn });
      const reminder = await heardTimes(world, 1);
      expect(reminder).toMatchObject({ inChannel: true, text: expect.stringContaining(MENTION) });
      expect(reminder.text).toContain('its key material is gone');
      expect(JSON.stringify(reminder.message.blocks)).toContain('*Material deleted by*');
      expect((await world.incident(arn))?.attention).toBeUndefined();
      await settled(world);
      expect(heard(world)).toHaveLength(1);
    }));

  test('seen by two processes at once: said once', () =>
    inWorld(loud, async (world) => {
      const arn = await acknowledged(world, 'twice', await world.makeKey('twice'));
      const first = world.bot;
      const second = await takeOver(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await Promise.all([sweepNow(world, first), sweepNow(world, second)]);
      await dated(world, arn);
      await heardTimes(world, 1);
      await settled(world);
      pass(world, MINUTE);
      await settled(world);
      expect(heard(world)).toHaveLength(1);
    }));
});

/** From the moment somebody has scheduled a key, reads of it are behind, until one that was made for a reminder. */
async function behindUntilLookedAt(
  world: World,
  arn: string,
  lane: 'effect' | 'gatheringReminders',
): Promise<() => boolean> {
  const { keys, lanes } = world.bot.house;
  const { read } = keys;
  const { take } = lanes;
  const before = await read(parseKeyArn(arn) as KeyRef);
  let [taken, looked] = [false, false];
  Object.assign(lanes, {
    take: async (...asked: Parameters<typeof take>) => {
      const answer = await take(...asked);
      if (answer.kind === 'item' && answer.item.kind === lane) taken = true;
      return answer;
    },
  });
  Object.assign(keys, {
    read: async (...asked: Parameters<typeof read>) => {
      const answer = await read(...asked);
      const isKnown = (await world.incident(arn))?.news?.some(({ what }) => what.startsWith('deletion'));
      if (looked || asked[0].arn !== arn || isKnown !== true || before.kind !== 'read') return answer;
      looked = taken;
      return { kind: 'read', snapshot: { ...before.snapshot, readAt: world.clock.now() } };
    },
  });
  return () => looked;
}

describe('a read that is a moment behind, just as it is to be said', () => {
  test('it is said once a later one shows it', () =>
    inWorld(loud, async (world) => {
      const arn = await acknowledged(world, 'behind', await world.makeKey('behind'));
      const looked = await behindUntilLookedAt(world, arn, 'effect');
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await eventually('the look that shows less', looked);
      const reminder = await heardTimes(world, 1);
      expect(reminder.text).toMatch(/behind.* has become worse: its deletion was scheduled/);
      expect(JSON.stringify(reminder.message.blocks)).toContain('<@U0ALICE> acknowledged less than this');
      await dated(world, arn);
      pass(world, 5 * MINUTE);
      await sweepNow(world);
      await settled(world);
      expect(heard(world)).toHaveLength(1);
    }));

  test('cancelled in truth: after a minute it is forgotten', () =>
    inWorld(loud, async (world) => {
      const arn = await acknowledged(world, 'undone', await world.makeKey('undone'));
      const { lanes } = world.bot.house;
      const { take } = lanes;
      let looks = 0;
      Object.assign(lanes, {
        take: async (...asked: Parameters<typeof take>) => {
          const answer = await take(...asked);
          if (answer.kind !== 'item' || answer.item.kind !== 'effect') return answer;
          if (looks === 0) await world.call('CancelKeyDeletion', { KeyId: arn });
          looks += 1;
          return answer;
        },
      });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await eventually('several looks', () => looks > 2);
      pass(world, MINUTE);
      await settled(world);
      expect(await world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 100)).toEqual([]);
      expect(heard(world)).toEqual([]);
    }));

  test(
    'one key of a wave: the others are told, and it is told once it shows',
    () =>
      inWorld(loud, async (world) => {
        const arns = await shards(world, 9);
        for (const arn of arns) await world.call('DisableKey', { KeyId: arn });
        await eventually('the wave', () => waveCards(world)[0]);
        await drained(world);
        pass(world, 2 * MINUTE);
        const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
        const [late = -1] = incidents.flatMap((one, index) => (one?.wave?.own === false ? [index] : []));
        const looked = await behindUntilLookedAt(world, arns[late] ?? '', 'gatheringReminders');
        for (const arn of arns) await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
        const namesIt = (): readonly boolean[] =>
          heard(world)
            .filter(({ text }) => text.includes('of this wave'))
            .map(({ message }) => JSON.stringify(message).includes(`shard-${String(late + 1).padStart(2, '0')}`));
        await eventually('all of them dated', async () => {
          const dates = await Promise.all(arns.map(async (arn) => (await world.incident(arn))?.news?.at(-1)?.what));
          return dates.every((what) => what?.startsWith('deletion'));
        });
        // So long they wait for one another.
        pass(world, 6_000);
        await eventually(
          'both',
          async () => {
            await world.bot.pulse();
            return namesIt().includes(true);
          },
          20_000,
        );
        expect(looked()).toBe(true);
        await drained(world);
        expect(namesIt().filter((named) => named)).toHaveLength(1);
        expect(namesIt()[0]).toBe(false);
      }),
    60_000,
  );
});

describe('nothing to say', () => {
  test('disabled and scheduled within the same seconds: its card is new', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('quick');
      await sweepNow(world);
      await world.call('DisableKey', { KeyId: arn });
      await cardOf(world, 'quick');
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await dated(world, arn);
      await settled(world);
      expect(heard(world)).toEqual([]);
    }));

  test('a deletion that we were asked for, and that others have agreed to', () =>
    inWorld({ ...loud, config: { ...loud.config, approvals: { destructive: 'on' } } }, async (world) => {
      await enrolAll(world);
      const arn = await acknowledged(world, 'agreed', await world.makeKey('agreed'));
      await askDeletion(world, 'agreed', { days: 30 });
      await review(world, 'bob', 'agreed', 'Approve');
      await dated(world, arn);
      await eventually('the ending', async () => (await world.incident(arn))?.actions.at(-1)?.ending);
      await settled(world);
      expect(heard(world)).toEqual([]);
      // What somebody else does to it after that is told.
      await world.call('CancelKeyDeletion', { KeyId: arn }, { ...MALLORY, principal: 'key-admin' });
      await eventually('cancelled', async () => (await world.incident(arn))?.countdown === undefined);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 8 });
      expect((await heardTimes(world, 1)).text).toContain('has become worse');
      expect(world.cards('alias/agreed', CHANNEL)).toHaveLength(1);
    }));
});
