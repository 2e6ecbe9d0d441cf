/** Waves: many keys by one hand, or in one minute, share a card; nothing of any of them is lost by it. */
import { describe, expect, test } from 'vitest';
import { heard, loud, MENTION } from '../countdown/given.ts';
import { inWorld, pass, takeOver } from '../faults/given.ts';
import { DAY, eventually, FALLBACK } from '../harness.ts';
import { drained, press, scheduleAll, shards, waveCards, waveOf, waveText } from './given.ts';

describe('a wave', () => {
  test('five keys by one hand share a card; four do not', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 5);
      await scheduleAll(world, arns.slice(0, 4));
      await eventually('four cards', () => world.cards('Key scheduled for deletion').length === 4);
      await drained(world);
      expect(waveCards(world)).toHaveLength(0);
      await scheduleAll(world, arns.slice(4));
      await waveOf(world, 5);
      await drained(world);
      expect(waveText(world)).toContain('mallory');
      // Posted before, they stay; the fifth has none of its own.
      expect(world.cards('Key scheduled for deletion')).toHaveLength(4);
    }));

  test(
    'keys that are rescued one after the other are none, and what comes after a wave has a card of its own',
    () =>
      inWorld({}, async (world) => {
        const arns = await shards(world, 13);
        const [first = '', ...rest] = arns;
        for (const arn of arns.slice(0, 5)) {
          await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
          await eventually('its incident', async () => (await world.incident(arn))?.phase.kind === 'open');
          await world.call('CancelKeyDeletion', { KeyId: arn });
          await world.call('EnableKey', { KeyId: arn });
          world.clock.move(10_000);
          await eventually('its end', async () => {
            await world.bot.pulse();
            return (await world.incident(arn))?.phase.kind === 'closed';
          });
        }
        expect(waveCards(world)).toHaveLength(0);
        await scheduleAll(world, rest.slice(4));
        await waveOf(world, 8);
        for (const arn of rest.slice(4)) {
          await world.call('CancelKeyDeletion', { KeyId: arn });
          await world.call('EnableKey', { KeyId: arn });
        }
        await eventually(
          'the end of the wave',
          async () => {
            world.clock.move(5_000);
            await world.bot.pulse();
            return waveText(world).includes('Wave over');
          },
          30_000,
        );
        await world.call('ScheduleKeyDeletion', { KeyId: first, PendingWindowInDays: 7 });
        await eventually('a card of its own', async () => {
          const incident = await world.incident(first);
          return incident?.phase.kind === 'open' && incident.card.ts !== undefined;
        });
        expect((await world.incident(first))?.wave).toBeUndefined();
        expect(waveText(world)).toContain('Wave over');
      }),
    90_000,
  );

  test('many at once: few messages, everybody in it, worst first, paged', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 24);
      await scheduleAll(world, arns);
      await waveOf(world, 24);
      expect(world.messages().length).toBeLessThanOrEqual(6);
      expect(waveText(world)).toContain('page 1 of 3');
      await press(world, 'Next');
      await eventually('the second page', () => waveText(world).includes('page 2 of 3'));
      await press(world, 'Previous');
      await eventually('the first page', () => waveText(world).includes('page 1 of 3'));
    }));

  test(
    'Rescue all brings every one of them back, and says how far it has come',
    () =>
      inWorld({}, async (world) => {
        const arns = await shards(world, 12);
        await scheduleAll(world, arns);
        await waveOf(world, 12);
        await press(world, 'Rescue all (12)');
        await eventually('all restored', () => arns.every((arn) => world.stateOf(arn) === 'Enabled'), 40_000);
        await eventually('the end', () => waveText(world).includes('🟢  Wave over: 12 keys out of danger'), 20_000);
        expect(waveText(world)).toContain('*Rescue of all*');
        const sent = world.aws.events().filter(({ detail }) => detail.eventName === 'CancelKeyDeletion');
        expect(sent.length).toBeLessThanOrEqual(12);
      }),
    90_000,
  );

  test(
    'whoever works a Rescue all off may die: another process carries on, and nothing is done twice',
    () =>
      inWorld({}, async (world, endsWith) => {
        const arns = await shards(world, 20);
        await scheduleAll(world, arns);
        await waveOf(world, 20);
        const other = await takeOver(world);
        endsWith(other);
        await press(world, 'Rescue all (20)');
        await eventually('the first restored', () => arns.some((arn) => world.stateOf(arn) === 'Enabled'), 20_000);
        await world.bot.stop(0);
        await eventually(
          'all restored',
          async () => {
            await other.pulse();
            return arns.every((arn) => world.stateOf(arn) === 'Enabled');
          },
          60_000,
        );
        const enabled = world.aws.events().filter(({ detail }) => detail.eventName === 'EnableKey').length;
        expect(enabled).toBe(20);
        await eventually('the count of all of them, whoever asked', async () => {
          await other.pulse();
          return waveText(world).includes('20 done');
        });
      }),
    120_000,
  );

  test(
    'Rescue selected is for what was ticked alone',
    () =>
      inWorld({}, async (world) => {
        const arns = await shards(world, 12);
        await scheduleAll(world, arns);
        const card = await waveOf(world, 12);
        const boxes = (
          card.blocks as { elements?: { type: string; action_id: string; options: { value: string }[] }[] }[]
        )
          .flatMap(({ elements = [] }) => elements)
          .find(({ type }) => type === 'checkboxes');
        const [one = '', two = ''] = (boxes?.options ?? []).map(({ value }) => value);
        await press(world, 'wave_ticks', { value: [one, two] });
        await press(world, 'Rescue selected');
        await eventually(
          'two restored',
          () => arns.filter((arn) => world.stateOf(arn) === 'Enabled').length === 2,
          20_000,
        );
        await eventually('the end of the errand', () => waveText(world).includes('2 done'));
        expect(arns.filter((arn) => world.stateOf(arn) === 'PendingDeletion')).toHaveLength(10);
      }),
    60_000,
  );

  test('who may not rescue is refused, and nothing happens', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 6);
      await scheduleAll(world, arns);
      await waveOf(world, 6);
      await press(world, 'Rescue all (6)', { user: 'bob' });
      await eventually('a refusal', () => world.slack.ephemerals().some(({ user }) => user === 'U0BOB'));
      // Nothing is written down for somebody who may not: twenty such presses would keep others from asking.
      expect(waveText(world)).not.toContain('*Rescue of all*');
      expect(await world.bot.house.gatherings.working()).toEqual([]);
      expect(arns.every((arn) => world.stateOf(arn) === 'PendingDeletion')).toBe(true);
    }));

  test(
    'a reminder for all of them is one message, loud once for everybody',
    () =>
      inWorld(loud, async (world) => {
        const arns = await shards(world, 12);
        await scheduleAll(world, arns);
        await waveOf(world, 12);
        const before = heard(world).length;
        const date = await eventually(
          'the countdown',
          async () => (await world.incident(arns[11] ?? ''))?.countdown?.deletionDate,
        );
        pass(world, date - DAY + 5_000 - world.clock.now());
        await world.bot.pulse();
        await eventually(
          'all of them decided',
          async () => (await world.bot.house.incidents.due(world.clock.now(), 50)).length === 0,
        );
        pass(world, 10_000);
        await world.bot.pulse();
        const [together] = await eventually('one reminder', () => {
          const found = heard(world).filter(({ text }) => text.includes('keys of this wave'));
          return found.length > 0 ? found : undefined;
        });
        expect(together?.text).toContain(MENTION);
        expect(together?.inChannel).toBe(true);
        await eventually('the fallback channel', () =>
          world.messages(FALLBACK).some(({ text }) => String(text).includes('Reminder')),
        );
        const owncards = world.cards('Key scheduled for deletion').length;
        expect(heard(world).length - before).toBeLessThanOrEqual(1 + owncards);
        expect(
          world.messages(FALLBACK).filter(({ text }) => String(text).includes('Reminder')).length,
        ).toBeLessThanOrEqual(1 + owncards);
      }),
    60_000,
  );

  test(
    'one of them rescued while the others are looked at: its reminder leaves it out',
    () =>
      inWorld(loud, async (world) => {
        const arns = await shards(world, 12);
        await scheduleAll(world, arns);
        await waveOf(world, 12);
        await drained(world);
        const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
        const [first = -1, last = -1] = incidents.flatMap((one, index) => (one?.wave?.own === false ? [index] : []));
        const [saved = '', slow = ''] = [arns[first], arns[last]];
        const nameOf = (index: number): string => `shard-${String(index + 1).padStart(2, '0')}`;
        const date = Number(incidents[last]?.countdown?.deletionDate);
        const { keys, lanes } = world.bot.house;
        const { read } = keys;
        const { take } = lanes;
        const since = date - 3 * DAY;
        let looking = Number.MAX_SAFE_INTEGER;
        const isLookedAt = async (): Promise<boolean> => {
          const one = await world.incident(saved);
          return (
            one?.read?.kind === 'read' &&
            one.read.snapshot.readAt >= looking &&
            Number(one.knowledge?.cancelling?.checkedAt) >= since
          );
        };
        let rescued = false;
        Object.assign(lanes, {
          take: async (...asked: Parameters<typeof take>) => {
            const answer = await take(...asked);
            if (answer.kind === 'item' && answer.item.kind === 'gatheringReminders') looking = world.clock.now();
            return answer;
          },
        });
        Object.assign(keys, {
          read: async (...asked: Parameters<typeof read>) => {
            const [{ arn }] = asked;
            if (arn === slow && !rescued && world.clock.now() >= looking) {
              await eventually('a look at the other one', isLookedAt);
              await world.call('CancelKeyDeletion', { KeyId: saved });
              await world.call('EnableKey', { KeyId: saved });
              await eventually('its end', async () => (await world.incident(saved))?.phase.kind === 'closed');
              rescued = true;
            }
            return read(...asked);
          },
        });
        pass(world, since + 5_000 - world.clock.now());
        await world.bot.pulse();
        await eventually(
          'all of them decided',
          async () => (await world.bot.house.incidents.due(world.clock.now(), 50)).length === 0,
        );
        pass(world, 10_000);
        await world.bot.pulse();
        const together = await eventually('one reminder', () =>
          heard(world).find(({ text }) => text.includes('keys of this wave')),
        );
        expect(rescued).toBe(true);
        expect(JSON.stringify(together.message)).not.toContain(nameOf(first));
        expect(JSON.stringify(together.message)).toContain(nameOf(last));
      }),
    60_000,
  );

  test('a key that dies within a day keeps its own card beside the wave’s', () =>
    inWorld({ withRoles: false, withoutBot: true }, async (world) => {
      const jewel = await world.makeKey('jewel');
      await scheduleAll(world, [jewel]);
      const date = Number(world.aws.keys().find(({ Arn }) => Arn === jewel)?.DeletionDate) * 1_000;
      pass(world, date - DAY / 2 - world.clock.now());
      const arns: string[] = [];
      for (let key = 0; key < 14; key += 1) arns.push(await world.makeKey(`shard-${key}`));
      await scheduleAll(world, arns);
      const bot = await world.addBot();
      // In small steps: what opens within a minute of the world's clock is a wave, however slow this machine is.
      await eventually(
        'the wave of what the first sweep finds',
        async () => {
          world.clock.move(200);
          await bot.pulse();
          return waveText(world).includes('*Keys*  15:');
        },
        30_000,
      );
      await drained(world, bot);
      expect((await world.incident(jewel))?.wave).toMatchObject({ own: true });
      expect(world.cards('· alias/jewel')).toHaveLength(1);
      const others = await Promise.all(arns.map((arn) => world.incident(arn)));
      expect(others.some((one) => one?.wave?.own === false)).toBe(true);
    }));
});
