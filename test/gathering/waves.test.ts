/** Waves: many keys by one hand, or in one minute, share a card; nothing of any of them is lost by it. */
import { describe, expect, test } from 'vitest';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { heard, loud, MENTION } from '../countdown/given.ts';
import { inWorld, pass, settled, sweepNow, takeOver } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, FALLBACK, type World } from '../harness.ts';

/** So many keys that the sweep knows as enabled. */
async function shards(world: World, count: number, first = 1): Promise<readonly string[]> {
  const arns: string[] = [];
  for (let shard = first; shard < first + count; shard += 1)
    arns.push(await world.makeKey(`shard-${String(shard).padStart(2, '0')}`));
  await sweepNow(world);
  return arns;
}

const scheduleAll = (world: World, arns: readonly string[], days = 7): Promise<unknown> =>
  Promise.all(arns.map((arn) => world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: days })));

const waveCards = (world: World): readonly SlackMessage[] => world.cards('Worst first');
const waveText = (world: World): string => JSON.stringify(waveCards(world)[0]?.blocks ?? '');
const waveOf = (world: World, count: number): Promise<SlackMessage> =>
  eventually(`a wave of ${count}`, () =>
    waveCards(world).find((card) => JSON.stringify(card.blocks).includes(`*Keys*  ${count}:`)),
  );
const press = (world: World, action: string, value?: string | readonly string[], user = 'alice') => {
  const [card] = waveCards(world);
  return world.slack.click({
    channel: CHANNEL,
    ts: card?.ts ?? '',
    user,
    action,
    ...(value === undefined ? {} : { value }),
  });
};

describe('a wave', () => {
  test('five keys by one hand share a card; four do not', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 5);
      await scheduleAll(world, arns.slice(0, 4));
      await eventually('four cards', () => world.cards('Key scheduled for deletion').length === 4);
      await settled(world);
      expect(waveCards(world)).toHaveLength(0);
      await scheduleAll(world, arns.slice(4));
      await waveOf(world, 5);
      await settled(world);
      expect(waveText(world)).toContain('mallory');
      // Posted before, they stay; the fifth has none of its own.
      expect(world.cards('Key scheduled for deletion')).toHaveLength(4);
    }));

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
        await press(world, 'wave_ticks', [one, two]);
        await press(world, 'Rescue selected');
        await eventually(
          'two restored',
          () => arns.filter((arn) => world.stateOf(arn) === 'Enabled').length === 2,
          20_000,
        );
        await eventually('the end of the errand', () => waveText(world).includes('2 begun'));
        expect(arns.filter((arn) => world.stateOf(arn) === 'PendingDeletion')).toHaveLength(10);
      }),
    60_000,
  );

  test('who may not rescue is refused, and nothing happens', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 6);
      await scheduleAll(world, arns);
      await waveOf(world, 6);
      await press(world, 'Rescue all (6)', undefined, 'bob');
      await eventually('a refusal', () => world.slack.ephemerals().some(({ user }) => user === 'U0BOB'));
      await eventually('the errand’s end', () => waveText(world).includes('6 not theirs to rescue'));
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

  test('a key that dies within a day keeps its own card', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 8);
      const [jewel = ''] = arns;
      await scheduleAll(world, [jewel]);
      await eventually('its card', () => world.cards('alias/shard-01')[0]);
      await settled(world);
      const date = await eventually(
        'its countdown',
        async () => (await world.incident(jewel))?.countdown?.deletionDate,
      );
      pass(world, date - DAY / 2 - world.clock.now());
      await scheduleAll(world, arns.slice(1));
      await waveOf(world, 7);
      await settled(world);
      expect(world.cards('alias/shard-01').length).toBeGreaterThan(0);
    }));
});
