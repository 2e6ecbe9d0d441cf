/** Slack is slow, refuses, loses answers, or has lost the channel or the message. Numbers are those of the fault table. */
import { describe, expect, test } from 'vitest';
import { CHANNEL, DAY, eventually, FALLBACK } from '../harness.ts';
import { ownTime } from '../own-time.ts';
import {
  type Asked,
  cardOf,
  connect,
  count,
  inWorld,
  openFront,
  pass,
  refusal,
  reminders,
  scheduled,
  settled,
  sweepNow,
} from './given.ts';

const posts = (asked: readonly Asked[]): readonly Asked[] => asked.filter((one) => one.method === 'chat.postMessage');

describe('Slack asks for patience', () => {
  test('11: a 429 with Retry-After: 30 keeps the channel silent for 30 s, then the card is delivered once', () =>
    inWorld({ withoutBot: true }, async (world) => {
      await using front = await openFront(world);
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'throttle', count: 1 });
      await scheduled(world, 'patient');
      await eventually('the refused post', () => posts(front.asked)[0]);
      for (let passed = 0; passed < 40 && world.messages().length === 0; passed += 5) {
        pass(world, 5_000);
        await bot.pulse();
        await bot.pulse();
      }
      await cardOf(world, 'patient');
      await settled(world);
      const [refused, delivered, ...more] = posts(front.asked).filter((one) => !one.body.has('thread_ts'));
      expect((delivered?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(30_000);
      expect(more).toEqual([]);
      expect(world.messages()).toHaveLength(1);
    }));

  test('12: a 429 without a header waits and goes on, without a crash', () =>
    inWorld({ withoutBot: true }, async (world) => {
      let refused = 0;
      await using front = await openFront(world, ({ method }) => {
        if (method !== 'chat.postMessage' || refused > 0) return undefined;
        refused += 1;
        return { status: 429, body: '' };
      });
      await connect(world, await world.addBot({ slackApiUrl: front.url }));
      await scheduled(world, 'headless');
      await eventually('the refused post', () => refused === 1);
      expect(world.messages()).toHaveLength(0);
      // A refusal that is still on its way asks for patience from the moment it comes.
      await eventually('the card of headless', () => {
        pass(world, 1_000);
        return world.cards('alias/headless')[0];
      });
      await settled(world);
      expect(world.messages()).toHaveLength(1);
    }));
});

describe('13: Slack breaks while a card is posted: exactly one visible message', () => {
  const modes = [
    ['failBefore', 'an error 500'],
    ['failAfter', 'a connection cut after the message was taken'],
    ['hang', 'no answer at all'],
  ] as const;
  test.each(modes)('13: %s, %s', (mode) =>
    inWorld({}, async (world) => {
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode, count: 1 });
      const arn = await scheduled(world, 'broken');
      await eventually('the known card', async () => (await world.incident(arn))?.card.ts, 20_000);
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      expect((await world.incident(arn))?.card.ts).toBe(world.messages()[0]?.ts);
    }),
  );

  test('13: a reminder whose answer is lost stands in the thread once', () =>
    inWorld({ withRoles: false }, async (world) => {
      await scheduled(world, 'lost-reminder', 7);
      await cardOf(world, 'lost-reminder');
      await settled(world);
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failAfter', count: 1 });
      pass(world, 4 * 86_400_000 + 1_000);
      await eventually('the spent reminder', async () => {
        const pending = await world.bot.house.incidents.pending(world.clock.now() + 1_000, 100);
        return reminders(world).length > 0 && pending.length === 0;
      });
      await settled(world);
      const told = world.messages()[0]?.replies?.filter((reply) => String(reply.text).includes('Reminder'));
      expect(told).toHaveLength(1);
    }));
});

test('13: what comes after a thread entry whose answer is lost stands in the thread as well, each once', () =>
  inWorld({}, async (world) => {
    const arn = await scheduled(world, 'lost-note');
    await cardOf(world, 'lost-note');
    await settled(world);
    const replies = (): readonly string[] => (world.messages()[0]?.replies ?? []).map((reply) => world.words(reply));
    const times = (text: string): number => replies().join().split(text).length - 1;
    const { lanes } = world.bot.house;
    const { retry } = lanes;
    let tried = 0;
    Object.assign(lanes, {
      // It is looked for once more has happened.
      retry: (...[channel, token, notBefore]: Parameters<typeof retry>) => {
        tried += 1;
        return retry(channel, token, notBefore + 20_000);
      },
    });
    world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failAfter', count: 1 });
    await world.call('CancelKeyDeletion', { KeyId: arn });
    await eventually('the lost answer', () => tried === 1);
    Object.assign(lanes, { retry });
    const noted = (await world.incident(arn))?.notedSeq;
    await world.call('EnableKey', { KeyId: arn });
    await eventually('more entries', async () =>
      (await world.incident(arn))?.timeline.some(
        ({ body }) => body.kind === 'fact' && body.fact.body.kind === 'keyEnabled',
      ),
    );
    expect((await world.incident(arn))?.notedSeq).toBe(noted);
    pass(world, 30_000);
    await eventually('every entry', async () => {
      const incident = await world.incident(arn);
      return incident !== undefined && incident.notedSeq === incident.nextSeq - 1;
    });
    await settled(world);
    expect([times('Deletion cancelled by'), times('Key enabled by')]).toEqual([1, 1]);
  }));

describe('14: the channel is gone: the card and a notice go to the fallback channel', () => {
  const gone = async (world: Parameters<Parameters<typeof inWorld>[1]>[0], arn: string): Promise<void> => {
    const card = await eventually('the card in the fallback channel', () => world.messages(FALLBACK)[0]);
    expect(world.words(card)).toContain(CHANNEL);
    await settled(world);
    expect(world.messages(FALLBACK)).toHaveLength(1);
    expect((await world.incident(arn))?.card).toMatchObject({ channel: FALLBACK, movedFrom: CHANNEL });
    expect((await world.bot.readiness()).warnings.join()).toContain('fallback');
  };

  test.each(['archiveChannel', 'removeBotFrom'] as const)('14: %s', (kind) =>
    inWorld({}, async (world) => {
      world.slack.change({ kind, channel: CHANNEL });
      await gone(world, await scheduled(world, 'homeless'));
    }),
  );

  test.each(['channel_not_found', 'not_in_channel', 'is_archived'])('14: %s', (error) =>
    inWorld({ withoutBot: true }, async (world) => {
      await using front = await openFront(world, ({ method, body }) =>
        method === 'chat.postMessage' && body.get('channel') === CHANNEL ? refusal(error) : undefined,
      );
      await connect(world, await world.addBot({ slackApiUrl: front.url }));
      await gone(world, await scheduled(world, 'homeless'));
      expect(posts(front.asked).filter((one) => one.body.get('channel') === CHANNEL)).toHaveLength(1);
    }),
  );

  test('14: a channel archived under a standing card: the next change moves the card, with working buttons', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'moved');
      await cardOf(world, 'moved');
      await settled(world);
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 8 });
      const card = await cardOf(world, 'moved', FALLBACK);
      await world.slack.click({ channel: FALLBACK, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
      await eventually('the green card', () => world.words(world.cards('alias/moved', FALLBACK)[0]).includes('🟢'));
    }));
});

describe('Slack does not take the form, or has lost the message', () => {
  test.each(['invalid_blocks', 'msg_too_long'])('15: %s: the plain form, once, nothing dropped', (error) =>
    inWorld({ withoutBot: true }, async (world) => {
      const isRich = ({ body }: Asked): boolean => /mrkdwn|"header"/.test(body.get('blocks') ?? '');
      await using front = await openFront(world, (asked) =>
        asked.method.startsWith('chat.') && isRich(asked) ? refusal(error) : undefined,
      );
      await connect(world, await world.addBot({ slackApiUrl: front.url }));
      await scheduled(world, 'plain');
      const card = await cardOf(world, 'plain');
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      expect(world.words(card)).toContain('"Rescue"');
      const heads = posts(front.asked).filter((one) => !one.body.has('thread_ts'));
      expect(heads.map(isRich)).toEqual([true, false]);
    }),
  );

  test('17: a deleted message is posted again and its new ts kept', () =>
    inWorld({}, async (world) => {
      const arn = await scheduled(world, 'deleted-message');
      const card = await cardOf(world, 'deleted-message');
      await settled(world);
      world.slack.change({ kind: 'deleteMessage', channel: CHANNEL, ts: card.ts });
      await world.call('CancelKeyDeletion', { KeyId: arn });
      const again = await cardOf(world, 'deleted-message');
      await settled(world);
      expect(again.ts).not.toBe(card.ts);
      expect(world.cards('alias/deleted-message')).toHaveLength(1);
      expect((await world.incident(arn))?.card.ts).toBe(again.ts);
      expect(count(world, 'chat.postMessage')).toBeLessThan(10);
    }));

  test('16: a revoked token is not hammered; restored, everything is delivered once', () =>
    inWorld({}, async (world) => {
      world.slack.change({ kind: 'revokeToken' });
      await scheduled(world, 'revoked');
      await eventually('the refused post', () => count(world, 'chat.postMessage') > 0);
      for (let passed = 0; passed < 120; passed += 10) {
        pass(world, 10_000);
        await world.bot.pulse();
      }
      expect(count(world, 'chat.postMessage')).toBeLessThanOrEqual(6);
      expect(world.messages()).toEqual([]);
      world.slack.change({ kind: 'restoreToken' });
      // The pauses grow with each refusal, and the last one may have come a moment before the token was restored.
      for (let passed = 0; passed < 120 && world.messages().length === 0; passed += 10) {
        pass(world, 10_000);
        await world.bot.pulse();
      }
      await cardOf(world, 'revoked');
      await settled(world);
      expect(world.messages()).toHaveLength(1);
    }));

  test('17: a message deleted before a reminder: the card is posted again, the reminder stands in its thread', () =>
    inWorld({ withRoles: false }, async (world) => {
      await scheduled(world, 'deleted-thread', 7);
      const card = await cardOf(world, 'deleted-thread');
      await settled(world);
      world.slack.change({ kind: 'deleteMessage', channel: CHANNEL, ts: card.ts });
      pass(world, 4 * DAY + 1_000);
      await eventually('the reminder', () => reminders(world)[0]);
      await settled(world);
      expect(world.cards('alias/deleted-thread')).toHaveLength(1);
      expect(reminders(world)).toHaveLength(1);
    }));

  test('14: a channel archived before a reminder: card and reminder go to the fallback channel', () =>
    inWorld({ withRoles: false }, async (world) => {
      await scheduled(world, 'archived-thread', 7);
      await cardOf(world, 'archived-thread');
      await settled(world);
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      pass(world, 4 * DAY + 1_000);
      await eventually('the reminder', () => reminders(world, FALLBACK)[0]);
      await settled(world);
      expect(world.cards('alias/archived-thread', FALLBACK)).toHaveLength(1);
      expect(reminders(world, FALLBACK)).toHaveLength(1);
      expect(reminders(world)).toEqual([]);
    }));
});

test('18: a storm of cards waits its turn, and a rescue does not wait behind it', () =>
  inWorld({}, async (world) => {
    const arns: string[] = [];
    for (let key = 0; key < 40; key += 1) arns.push(await world.makeKey(`storm-${key}`));
    await sweepNow(world);
    for (const arn of arns) await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    const [card] = await eventually('the first card', () =>
      world.messages().length > 0 ? world.messages() : undefined,
    );
    const [, number] = /alias\/storm-(\d+)/.exec(world.words(card)) ?? [];
    const arn = arns[Number(number)] ?? '';
    await world.slack.click({ channel: CHANNEL, ts: card?.ts ?? '', user: 'alice', action: 'Rescue' });
    await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
    await eventually('the green card', () => world.messages().some((one) => world.words(one).includes('🟢')));
    // Nobody is told forty times: one card has all of them, beside the few that stood before it.
    const shared = () => world.messages().filter((one) => world.words(one).includes('Worst first'));
    await eventually('every key on one card', () => shared().some((one) => world.words(one).includes('*Keys*  40:')));
    expect(shared()).toHaveLength(1);
    expect(world.messages().length).toBeLessThanOrEqual(6);
    for (const one of arns) expect((await world.incident(one))?.wave).toBeDefined();
  }));

describe('Slack refuses for good', () => {
  test.each(['edit_window_closed', 'cant_update_message'])(
    '17: %s: the message stands there, but cannot be changed any more: one new card, no storm',
    (error) =>
      inWorld({ withoutBot: true }, async (world) => {
        let closed = '';
        await using front = await openFront(world, ({ method, body }) =>
          method === 'chat.update' && body.get('ts') === closed ? refusal(error) : undefined,
        );
        await connect(world, await world.addBot({ slackApiUrl: front.url }));
        const arn = await scheduled(world, 'frozen');
        const card = await cardOf(world, 'frozen');
        await settled(world);
        closed = card.ts;
        const before = front.asked.length;
        await world.call('CancelKeyDeletion', { KeyId: arn });
        const again = await eventually('the new card', () =>
          world.cards('alias/frozen').find(({ ts }) => ts !== card.ts),
        );
        await settled(world);
        expect((await world.incident(arn))?.card.ts).toBe(again.ts);
        expect(world.cards('alias/frozen')).toHaveLength(2);
        const refused = front.asked
          .slice(before)
          .filter(({ method, body }) => method === 'chat.update' && body.get('ts') === closed);
        expect(refused.length).toBeLessThanOrEqual(2);
      }),
  );

  test('an error nobody knows, on a card: it goes to the fallback channel instead of nowhere', () =>
    inWorld({ withoutBot: true }, async (world) => {
      await using front = await openFront(world, ({ method, body }) =>
        method === 'chat.postMessage' && body.get('channel') === CHANNEL ? refusal('some_new_policy') : undefined,
      );
      await connect(world, await world.addBot({ slackApiUrl: front.url }));
      await scheduled(world, 'unheard-of');
      await cardOf(world, 'unheard-of', FALLBACK);
      await eventually('the notice', () => world.words(world.messages(FALLBACK)[0]).includes('some_new_policy'));
    }));

  test('an error nobody knows, on a reminder: the reminder is heard in the fallback channel', () =>
    inWorld({ withRoles: false, withoutBot: true }, async (world) => {
      await using front = await openFront(world, ({ method, body }) =>
        method === 'chat.postMessage' && body.get('channel') === CHANNEL && body.get('text')?.includes('Reminder')
          ? refusal('some_new_policy')
          : undefined,
      );
      await connect(world, await world.addBot({ slackApiUrl: front.url }));
      await scheduled(world, 'unheard-reminder', 7);
      await cardOf(world, 'unheard-reminder');
      await settled(world);
      pass(world, 4 * DAY + 1_000);
      await eventually('the reminder', () => reminders(world, FALLBACK)[0]);
      await settled(world);
      expect(reminders(world, FALLBACK)).toHaveLength(1);
    }));

  test('an error nobody knows, on a thread: the card itself is kept up to date', () =>
    inWorld({ withoutBot: true }, async (world) => {
      await using front = await openFront(world, ({ method, body }) =>
        method === 'chat.postMessage' && body.has('thread_ts') ? refusal('some_new_policy') : undefined,
      );
      await connect(world, await world.addBot({ slackApiUrl: front.url }));
      const arn = await scheduled(world, 'threadless');
      const card = await cardOf(world, 'threadless');
      await settled(world);
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
      await eventually('the green card', () =>
        world.cards('alias/threadless').some((one) => world.words(one).includes('🟢')),
      );
    }));
});

describe('KMS is behind', () => {
  test('22: a read that still shows the key enabled: the card comes all the same, and turns red', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('stale');
      await sweepNow(world);
      world.aws.addFault({ service: 'kms', operation: 'DescribeKey', mode: 'stale', count: 2 });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await cardOf(world, 'stale');
      await eventually('the red card', async () => {
        world.clock.move(200);
        await world.bot.pulse();
        return world.words(world.cards('alias/stale')[0]).includes('"Rescue"');
      });
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      expect((await world.incident(arn))?.countdown?.deletionDate).toBeGreaterThan(world.clock.now());
    }));

  test('a KMS that does not answer does not hold up the first card', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('silent');
      await sweepNow(world);
      world.aws.addFault({ service: 'kms', operation: 'DescribeKey', mode: 'hang', count: 1 });
      const waited = ownTime();
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await cardOf(world, 'silent');
      expect(waited()).toBeLessThan(3_000);
      await eventually('the read', async () => (await world.incident(arn))?.read?.kind === 'read', 15_000);
      await eventually('the button', () => world.words(world.cards('alias/silent')[0]).includes('"Rescue"'));
      await settled(world);
      expect(world.messages()).toHaveLength(1);
    }));
});
