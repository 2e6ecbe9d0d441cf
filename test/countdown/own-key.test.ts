/** A key that the bot itself depends on (`self.keys`): heard by everybody at once, first on every list, never planned. */
import { expect, test } from 'vitest';
import { cardOf, inWorld, scheduled, settled, takeOver } from '../faults/given.ts';
import { CHANNEL, eventually, FALLBACK, MALLORY, PAGER_TOPIC, type World } from '../harness.ts';
import { callsOf, liveUntil, pagerIdle, published } from '../pager/given.ts';
import { heard, loud, MENTION, press, sentTo } from './given.ts';

/** A world whose bot was configured with a key that is there already, as its operator would. */
const inOwnWorld = (alias: string, play: (world: World, arn: string) => Promise<void>): Promise<void> => {
  const config: Record<string, unknown> = { ...loud.config, pager: { snsTopic: PAGER_TOPIC } };
  return inWorld({ ...loud, config, withoutBot: true }, async (world) => {
    const arn = await world.makeKey(alias);
    config.self = { keys: [arn] };
    const bot = await takeOver(world);
    await eventually('the first sweep', () => bot.firstSweepDone().then(() => true));
    await play(world, arn);
  });
};

test('disabled: the card says what it means, everybody hears it at once, the pager until somebody has it in hand', () =>
  inOwnWorld('redis-storage', async (world, arn) => {
    await world.call('DisableKey', { KeyId: arn });
    const card = await cardOf(world, 'redis-storage');
    const words = () => world.words(world.cards('alias/redis-storage')[0]);
    await eventually('the whole card', () => words().includes("Keywarden's own key: key disabled"));
    expect(words()).toContain('🔴');
    expect(words()).toContain('*Keywarden depends on this key* (`self.keys`)');
    expect(words()).toContain(`npm run keywarden -- rescue ${arn}`);
    const [first] = await eventually('the reminder', () => {
      const found = heard(world);
      return found.length > 0 ? found : undefined;
    });
    expect(first?.text).toMatch(/Reminder: .*redis-storage.* is in danger, and Keywarden depends on it/);
    expect(first?.text).toContain(MENTION);
    await eventually('the fallback channel', () => heard(world, FALLBACK).length === 1);
    await eventually('every approver', () => ['bob', 'dave'].every((handle) => sentTo(world, handle).length === 1));
    await pagerIdle(world);
    expect(callsOf(published(world), 'ownKey')).toEqual(['open']);
    expect(published(world)[0]?.summary).toContain('In danger, and Keywarden itself depends on it');
    expect(await press(world, 'alice', card, 'Acknowledge')).toMatchObject({ ok: true });
    await liveUntil(world, 'the end of the call', () => callsOf(published(world), 'ownKey').length > 1, 120);
    expect(callsOf(published(world), 'ownKey')).toEqual(['open', 'over']);
    await world.call('EnableKey', { KeyId: arn }, { ...MALLORY, principal: 'key-admin' });
    await eventually('the end, where it was heard', () =>
      sentTo(world, 'bob').some(({ text }) => text?.includes('Over')),
    );
    expect(heard(world)).toHaveLength(1);
  }));

test('a deletion thirty days away is told at once, and stands before a key that dies sooner', () =>
  inOwnWorld('bot-secrets', async (world, own) => {
    await scheduled(world, 'forgotten', 7);
    await world.call('ScheduleKeyDeletion', { KeyId: own, PendingWindowInDays: 30 });
    await cardOf(world, 'bot-secrets');
    await eventually('the reminder', () => heard(world).some(({ text }) => text.includes('bot-secrets')));
    await settled(world);
    const board = await world.bot.house.incidents.board({ offset: 0, limit: 10 });
    const names = board.incidents.map(({ details }) =>
      details?.aliases.kind === 'known' ? details.aliases.value : [],
    );
    expect(names.flat()).toEqual(['alias/bot-secrets', 'alias/forgotten']);
    expect(board.dated).toBe(2);
    // Any other key that far away is a note in the thread at its first mark, and nothing before.
    expect(heard(world).filter(({ text }) => text.includes('forgotten'))).toEqual([]);
  }));

test('its end is not planned, and says why', () =>
  inOwnWorld('trail', async (world, arn) => {
    const answer = await world.slack.command({
      channel: CHANNEL,
      user: 'alice',
      text: 'planned alias/trail CHG-1',
    });
    expect(JSON.stringify(answer.response)).toContain('Keywarden depends on this key');
    expect(await world.incident(arn)).toBeUndefined();
  }));
