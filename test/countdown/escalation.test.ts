/** Reminders that grow louder, and who silences them for how long. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { lastWorkingAfternoon } from '../../src/domain/working-days.ts';
import { KeyDeeds } from '../../src/sandbox/key-deeds.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { DAY, eventually, MALLORY } from '../harness.ts';
import {
  dying,
  HOUR,
  heard,
  heardTimes,
  inFallback,
  loud,
  MENTION,
  passTo,
  press,
  sentTo,
  whispersTo,
} from './given.ts';

const buttonsOf = (message: unknown): readonly string[] =>
  [...JSON.stringify(message).matchAll(/"action_id":"([a-z_]+)"/g)].map(([, id]) => id ?? '');

describe('volumes', () => {
  test('a thread note, a broadcast, a mention, and then everybody; each with the state as read and the buttons', () =>
    inWorld(loud, async (world) => {
      const { date } = await dying(world, 'growing', 30);
      passTo(world, date - 14 * DAY + 1_000);
      const note = await heardTimes(world, 1);
      expect(note).toMatchObject({ inChannel: false, text: expect.not.stringContaining(MENTION) });
      passTo(world, date - 7 * DAY + 1_000);
      const week = await heardTimes(world, 2);
      expect(week).toMatchObject({ inChannel: true, text: expect.not.stringContaining(MENTION) });
    }));

  test('a seven-day window: mention at three days, then the fallback channel and every approver in person', () =>
    inWorld(loud, async (world) => {
      const { date } = await dying(world, 'week');
      passTo(world, date - 3 * DAY + 1_000);
      const three = await heardTimes(world, 1);
      expect(three).toMatchObject({ inChannel: true, text: expect.stringContaining(MENTION) });
      expect(JSON.stringify(three.message.blocks)).toContain('State: PendingDeletion, read');
      expect(buttonsOf(three.message.blocks)).toEqual(
        expect.arrayContaining(['rescue', 'cancel_deletion', 'acknowledge', 'snooze', 'more']),
      );
      expect([inFallback(world), sentTo(world, 'bob')]).toEqual([[], []]);
      passTo(world, date - DAY + 1_000);
      const one = await heardTimes(world, 2);
      expect(one.text).toContain(MENTION);
      await eventually(
        'everybody',
        () => inFallback(world).length === 1 && sentTo(world, 'bob').length === 1 && sentTo(world, 'dave').length === 1,
      );
      expect(inFallback(world)[0]?.text).toContain('alias/week');
      expect(inFallback(world)[0]?.text).toContain(MENTION);
      expect(sentTo(world, 'bob')[0]?.text).not.toContain(MENTION);
      // Bob is an approver, and no responder: he reads whom to wake.
      expect(JSON.stringify(sentTo(world, 'bob')[0])).toContain('Rescuing is for responders: <@U0ALICE>');
      expect(JSON.stringify(inFallback(world)[0])).not.toContain('Rescuing is for responders');
      expect(sentTo(world, 'alice')).toEqual([]);
      passTo(world, date - 6 * HOUR + 1_000);
      await heardTimes(world, 3);
      await eventually('everybody again', () => inFallback(world).length === 2 && sentTo(world, 'bob').length === 2);
    }));

  test('a rescue from the message of an approver, and from the fallback channel', () =>
    inWorld(
      {
        ...loud,
        config: {
          ...loud.config,
          roles: { responder: { users: ['U0ALICE', 'U0BOB'] }, approver: { users: ['U0BOB'] } },
        },
      },
      async (world) => {
        const { arn, date } = await dying(world, 'saved');
        passTo(world, date - HOUR + 1_000);
        const [message] = await eventually('the message', () => {
          const sent = sentTo(world, 'bob');
          return sent.length > 0 ? sent : undefined;
        });
        const channel = world.slack.channels().find(({ name }) => name === '@bob')?.id ?? '';
        expect(await press(world, 'bob', message as never, 'rescue', channel)).toEqual({ ok: true });
        await eventually('the rescue', () => world.stateOf(arn) === 'Enabled');
        // Whoever was woken hears that it is over, where they were woken.
        await eventually('the end', () =>
          sentTo(world, 'bob').some(({ text }) => text?.includes('Over: alias/saved is out of danger')),
        );
        await settled(world);
      },
    ));
});

describe('acknowledge and snooze', () => {
  test('acknowledged: who stands on the card, nobody is mentioned, and then it asks again', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'heard');
      passTo(world, date - 3 * DAY - 2 * HOUR);
      const card = world.cards('alias/heard')[0];
      expect(await press(world, 'alice', card as never, 'Acknowledge')).toEqual({ ok: true });
      await eventually('the card', () =>
        world.words(world.cards('alias/heard')[0]).includes('Acknowledged by <@U0ALICE>'),
      );
      await eventually('the whisper', () =>
        whispersTo(world, 'U0ALICE').some((text) => text.startsWith('Acknowledged: nobody is mentioned until')),
      );
      passTo(world, date - 3 * DAY + 1_000);
      const quiet = await heardTimes(world, 1);
      expect(quiet).toMatchObject({ inChannel: true, text: expect.not.stringContaining(MENTION) });
      expect(JSON.stringify(quiet.message.blocks)).toContain('Acknowledged by <@U0ALICE>');
      passTo(world, date - 3 * DAY + 10 * HOUR + 1_000);
      const again = await heardTimes(world, 2);
      expect(again.text).toContain(MENTION);
      expect(JSON.stringify(again.message.blocks)).toContain('<@U0ALICE> acknowledged it');
      await settled(world);
      expect(JSON.stringify(world.cards('alias/heard')[0]?.blocks)).not.toContain('Acknowledged by');
      expect((await world.incident(arn))?.attention).toBeUndefined();
    }));

  test('on the last day it is quiet only until the next mark, which speaks as loudly as ever', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'lastday');
      passTo(world, date - DAY + 1_000);
      const reminder = await heardTimes(world, 1);
      passTo(world, date - 8 * HOUR);
      expect(await press(world, 'bob', reminder.message, 'acknowledge')).toEqual({ ok: true });
      const attention = await eventually('the acknowledgement', async () => (await world.incident(arn))?.attention);
      expect(attention).toMatchObject({ kind: 'acknowledged', until: date - 6 * HOUR });
      const before = heard(world).length;
      passTo(world, date - 6 * HOUR + 1_000);
      const six = await heardTimes(world, before + 1);
      expect(six.text).toContain(MENTION);
      await settled(world);
      // The mark itself has asked: no second question about the same thing.
      expect(heard(world)).toHaveLength(before + 1);
      expect((await world.incident(arn))?.attention).toBeUndefined();
    }));

  test('snoozed: a quarter as long, and nobody has it in hand', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'later');
      passTo(world, date - 5 * DAY);
      expect(await press(world, 'alice', world.cards('alias/later')[0] as never, 'Snooze')).toEqual({ ok: true });
      const attention = await eventually('the snooze', async () => (await world.incident(arn))?.attention);
      expect((attention.until - attention.at) / HOUR).toBe(3);
      await eventually('the card', () => world.words(world.cards('alias/later')[0]).includes('Snoozed by <@U0ALICE>'));
      passTo(world, attention.until + 1_000);
      const again = await heardTimes(world, 1);
      expect(JSON.stringify(again.message.blocks)).toContain('<@U0ALICE> snoozed it');
    }));

  test('who may not: a viewer is told why, and nothing is quiet', () =>
    inWorld(loud, async (world) => {
      const { arn } = await dying(world, 'refused');
      await press(world, 'gina', world.cards('alias/refused')[0] as never, 'Acknowledge');
      await eventually('the refusal', () =>
        whispersTo(world, 'U0GINA').some((text) => text.includes('Acknowledge was not done')),
      );
      expect((await world.incident(arn))?.attention).toBeUndefined();
    }));

  test('an acknowledgement of the old date is none of the new one', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'moved');
      await press(world, 'alice', world.cards('alias/moved')[0] as never, 'Acknowledge');
      await eventually('the acknowledgement', async () => (await world.incident(arn))?.attention);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 9 });
      const incident = await eventually('the new date', async () => {
        const found = await world.incident(arn);
        return found?.countdown !== undefined && found.countdown.deletionDate !== date ? found : undefined;
      });
      expect(incident.attention).toBeUndefined();
    }));

  test('who silenced it until when stands in the audit trail', () =>
    inWorld(loud, async (world) => {
      const { arn } = await dying(world, 'audited');
      await press(world, 'alice', world.cards('alias/audited')[0] as never, 'Acknowledge');
      const entries = await eventually('the entry', async () => {
        const found: unknown[] = [];
        for await (const page of world.bot.house.audit.entries()) found.push(...page);
        return found.some((entry) => (entry as { kind: string }).kind === 'acknowledged') ? found : undefined;
      });
      expect(entries).toContainEqual(
        expect.objectContaining({
          kind: 'acknowledged',
          key: arn,
          actor: expect.objectContaining({ user: 'U0ALICE' }),
          message: expect.stringMatching(/^until \d{4}-/),
        }),
      );
    }));
});

describe('without a date', () => {
  test('amber after Cancel Deletion: it asks, at growing pauses, until somebody decides', () =>
    inWorld(loud, async (world) => {
      const { arn } = await dying(world, 'amber');
      await press(world, 'alice', world.cards('alias/amber')[0] as never, 'cancel_deletion');
      await eventually('amber', async () => (await world.incident(arn))?.actions[0]?.ending?.kind === 'amber');
      await settled(world);
      const since = world.clock.now();
      passTo(world, since + 12 * HOUR + 60_000);
      const first = await heardTimes(world, 1);
      expect(first.text).toContain('is still disabled since');
      expect(first.text).toContain(MENTION);
      expect(buttonsOf(first.message.blocks)).toEqual(expect.arrayContaining(['rescue', 'enable', 'acknowledge']));
      passTo(world, since + 24 * HOUR);
      await settled(world);
      expect(heard(world)).toHaveLength(1);
      passTo(world, since + 37 * HOUR);
      const second = await heardTimes(world, 2);
      expect(await press(world, 'alice', second.message, 'rescue')).toEqual({ ok: true });
      await eventually('the rescue', () => world.stateOf(arn) === 'Enabled');
      await eventually('the end', async () => (await world.incident(arn))?.phase.kind === 'closed');
      passTo(world, since + 100 * HOUR);
      await settled(world);
      expect(heard(world)).toHaveLength(2);
    }));

  test('material deleted, and a key that somebody disabled while it is still called: each says what is so', () =>
    inWorld(loud, async (world) => {
      const bare = await world.makeKey('bare', { Origin: 'EXTERNAL' });
      const deeds = new KeyDeeds(world.aws);
      deeds.keepMaterial(bare, randomBytes(32));
      await deeds.importMaterial(bare, { ...MALLORY, principal: 'builder' });
      const off = await world.makeKey('off');
      await sweepNow(world);
      await world.call('DeleteImportedKeyMaterial', { KeyId: bare });
      await world.call('DisableKey', { KeyId: off });
      await world.aws.call(
        'Encrypt',
        { KeyId: off, Plaintext: 'bm90aGluZw==' },
        { ...MALLORY, principal: 'orders-api' },
      );
      await cardOf(world, 'bare');
      await cardOf(world, 'off');
      await eventually('the refused call', async () => (await world.incident(off))?.refused?.count === 1);
      await settled(world);
      pass(world, 12 * HOUR + 60_000);
      await heardTimes(world, 2);
      const [one, other] = ['bare', 'off'].map((alias) =>
        heard(world).find(({ text }) => text.includes(`alias/${alias}`)),
      );
      expect(one?.text).toContain('is still without key material since');
      expect(other?.text).toContain('is still disabled since');
      expect(JSON.stringify(other?.message.blocks)).toContain('Callers still fail');
      expect(JSON.stringify(other?.message.blocks)).toContain('*Disabled by*');
      expect(await press(world, 'alice', other?.message as never, 'Acknowledge')).toEqual({ ok: true });
      const whisper = await eventually('the whisper', () =>
        whispersTo(world, 'U0ALICE').find((text) => text.startsWith('Acknowledged: nobody is mentioned until')),
      );
      expect(whisper).not.toContain('before the deletion');
    }));
});

describe('nights and weekends', () => {
  test('a mark on a Saturday is warned of on Friday afternoon, once for all of that weekend', () =>
    inWorld(loud, async (world) => {
      // Thursday morning and nine days: the marks of the last day fall on Friday and Saturday, that of three days on a Wednesday.
      const { date } = await dying(world, 'weekend', 9);
      const friday = lastWorkingAfternoon(date - 6 * HOUR, 'UTC');
      expect(new Date(friday).toUTCString()).toMatch(/^Fri, .* 15:00:00 GMT$/);
      passTo(world, date - 3 * DAY + 1_000);
      await eventually('three days', () => heard(world).some(({ text }) => text.includes('3 d before')));
      passTo(world, date - DAY + 1_000);
      await eventually('one day', () => heard(world).some(({ text }) => text.includes('1 d before')));
      const before = heard(world).length;
      passTo(world, friday + 1_000);
      await settled(world);
      // Friday morning's own mark was heard at work.
      expect(heard(world)).toHaveLength(before);
    }));

  test('the last day on a Monday: Friday afternoon says that nobody may be at work when it gets loud', () =>
    inWorld(
      { ...loud, config: { ...loud.config, reminders: { mention: 'S0ONCALL', before: ['1d', '6h'] } } },
      async (world) => {
        const { date } = await dying(world, 'sunday', 11);
        const friday = lastWorkingAfternoon(date - DAY, 'UTC');
        passTo(world, friday + 1_000);
        const ahead = await heardTimes(world, 1);
        expect(ahead).toMatchObject({ inChannel: true, text: expect.stringContaining(MENTION) });
        expect(JSON.stringify(ahead.message.blocks)).toContain('falls on a night or weekend');
        passTo(world, date - DAY + 1_000);
        await heardTimes(world, 2);
      },
    ));
});
