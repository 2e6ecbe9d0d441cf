/** A message is under way to Slack while its record becomes another story: another round, or an alarm whose key was found. */
import { describe, expect, test } from 'vitest';
import { incidentIdOf } from '../../src/flows/commit.ts';
import type { Delivery, Post } from '../../src/ports.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, type World } from '../harness.ts';
import { cardOf, inWorld, scheduled, settled, subscribed } from './given.ts';

/** Slack has taken the first such message; its answer comes when it is let go. */
function heldUp(world: World, isMeant: (post: Post) => boolean): { readonly taken: () => boolean; letGo: () => void } {
  const { chat } = world.bot.house;
  const { send } = chat;
  const answer = Promise.withResolvers<void>();
  let taken = false;
  Object.assign(chat, {
    send: async (...args: Parameters<typeof send>): Promise<Delivery> => {
      const delivery = await send.apply(chat, args);
      if (taken || !isMeant(args[1])) return delivery;
      taken = true;
      await answer.promise;
      return delivery;
    },
  });
  return { taken: () => taken, letGo: () => answer.resolve() };
}

const reopenedBy = async (world: World, arn: string) => {
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  await eventually('the next round', async () => (await world.incident(arn))?.round === 2);
};

test('endangered again while the closing card is being drawn: a card of its own, and the closed one stays', () =>
  inWorld({}, async (world) => {
    const arn = await scheduled(world, 'again');
    const { ts } = await cardOf(world, 'again');
    await settled(world);
    const closing = heldUp(world, (post) => post.kind === 'card' && post.incident.phase.kind === 'closed');
    await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
    await eventually('the closing card', closing.taken);
    await reopenedBy(world, arn);
    closing.letGo();
    await eventually('the next card', () => world.messages()[1]);
    await settled(world);
    expect(world.messages().map(({ text }) => text)).toEqual([
      '🟢 Key restored and verified · alias/again',
      expect.stringMatching(/^🔴 Key scheduled for deletion · alias\/again, deleted after /),
    ]);
    expect((await world.incident(arn))?.card.ts).toBe(world.messages()[1]?.ts);
  }));

test('over and endangered again while the first card is being posted: one message, of what is now', () =>
  inWorld({}, async (world) => {
    const first = heldUp(world, (post) => post.kind === 'card');
    const arn = await scheduled(world, 'quick');
    await eventually('the first card', first.taken);
    await world.call('CancelKeyDeletion', { KeyId: arn });
    await world.call('EnableKey', { KeyId: arn });
    await eventually('the end', async () => {
      world.clock.move(1_000);
      await world.bot.pulse();
      return (await world.incident(arn))?.phase.kind === 'closed';
    });
    await reopenedBy(world, arn);
    first.letGo();
    await eventually('its place', async () => (await world.incident(arn))?.card.ts);
    await settled(world);
    expect(world.messages().map(({ text }) => text)).toEqual([
      expect.stringMatching(/^🔴 Key scheduled for deletion · alias\/quick, deleted after /),
    ]);
    expect(await world.incident(arn)).toMatchObject({ round: 2, card: { ts: world.messages()[0]?.ts } });
  }));

test('an alarm whose key is found while its first card is being posted does not search on for ever', () =>
  inWorld({}, async (world) => {
    await subscribed(world);
    const arn = await world.makeKey('behind');
    const posted = heldUp(world, (post) => post.kind === 'card' && post.incident.subject.kind === 'alarm');
    world.aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode: 'failBefore', count: 1_000 });
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    const use = { principal: 'orders-api', account: ACCOUNT, region: REGION };
    await world.aws.call('Encrypt', { KeyId: arn, Plaintext: 'AAAA' }, use);
    await eventually('the card of the alarm', posted.taken, 20_000);
    const name = 'KMS-key-pending-deletion-used';
    const alarmArn = `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${name}`;
    const place = { account: ACCOUNT as never, region: REGION as never };
    const id = incidentIdOf(world.bot.house, { kind: 'alarm', alarmArn, name, place, partition: 'aws' });
    await eventually(
      'the key behind it',
      async () => {
        world.clock.move(5_000);
        await world.bot.pulse();
        return (await world.bot.house.incidents.load(id))?.phase.kind === 'closed';
      },
      20_000,
    );
    posted.letGo();
    const drawn = await eventually('the end on its card', () =>
      world.messages().find((message) => JSON.stringify(message.blocks).includes('has its own card')),
    );
    await settled(world);
    expect(drawn.text).toBe(`⚪ Alarm resolved to its key · ${name}`);
    expect(JSON.stringify(world.messages().map(({ blocks }) => blocks))).not.toContain('Searching CloudTrail');
  }));

describe('endangered again before Slack was shown the end', () => {
  /** The rescue closes the record; `instead` answers for Slack when the card is to say so. Returns the old card's ts. */
  async function twice(world: World, instead: (post: Post, ts: string | undefined) => Delivery | undefined) {
    const arn = await scheduled(world, 'fight');
    const { ts } = await cardOf(world, 'fight');
    await settled(world);
    const { chat } = world.bot.house;
    const { send } = chat;
    let refused = false;
    Object.assign(chat, {
      send: async (...args: Parameters<typeof send>): Promise<Delivery> => {
        const [, post, at] = args;
        if (!refused && post.kind === 'card' && post.incident.phase.kind === 'closed') {
          refused = true;
          return { kind: 'rateLimited', retryAfter: 20_000 };
        }
        return instead(post, at.ts) ?? send.apply(chat, args);
      },
    });
    await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
    await eventually('the card that is not drawn', () => refused);
    await reopenedBy(world, arn);
    await eventually(
      'the end of it',
      async () => {
        world.clock.move(1_000);
        await world.bot.pulse();
        return world.messages()[1] !== undefined && (await world.incident(arn))?.card.former === undefined;
      },
      20_000,
    );
    await settled(world);
    return { arn, ts };
  }

  test('the old card says that it is over, without a button, and links the new one', () =>
    inWorld({}, async (world) => {
      const { arn, ts } = await twice(world, () => undefined);
      const [old, fresh, ...more] = world.messages();
      expect(more).toEqual([]);
      expect(old?.ts).toBe(ts);
      expect(old?.text).toBe('🟢  Over: the key was brought back · alias/fight');
      expect(JSON.stringify(old?.blocks)).not.toContain('"actions"');
      expect(world.words(old)).toContain(`p${fresh?.ts.replace('.', '')}|a new card>`);
      expect(fresh?.text).toMatch(/^🔴 Key scheduled for deletion · alias\/fight, deleted after /);
      expect((await world.incident(arn))?.card.ts).toBe(fresh?.ts);
    }));

  test('Slack hesitates about the old card: it is tried again, and the new one does not wait for it', () =>
    inWorld({}, async (world) => {
      const answers: Delivery[] = [
        { kind: 'ambiguous', message: 'socket hang up' },
        { kind: 'rateLimited', retryAfter: 5_000 },
      ];
      const standing: number[] = [];
      const { ts } = await twice(world, (post) => {
        if (post.kind !== 'formerCard') return undefined;
        standing.push(world.messages().length);
        return answers.shift();
      });
      expect(standing).toEqual([2, 2, 2]);
      expect(world.messages().map((message) => [message.ts === ts, message.text?.slice(0, 2)])).toEqual([
        [true, '🟢'],
        [false, '🔴'],
      ]);
    }));

  test.each<Delivery>([
    { kind: 'messageGone', error: 'message_not_found' },
    { kind: 'channelGone', error: 'is_archived' },
    { kind: 'refused', error: 'cant_update' },
  ])('the old card cannot be changed ($kind): it is let go', (answer) =>
    inWorld({}, async (world) => {
      let asked = 0;
      const { arn } = await twice(world, ({ kind }) => {
        if (kind !== 'formerCard') return undefined;
        asked += 1;
        return answer;
      });
      expect(asked).toBe(1);
      expect(world.messages()).toHaveLength(2);
      expect((await world.incident(arn))?.card.undeliverable).toBeUndefined();
    }),
  );

  test('the answer to the new card is lost: the old one is not taken for it', () =>
    inWorld({}, async (world) => {
      let lost = false;
      const { arn, ts } = await twice(world, (post, at) => {
        if (lost || post.kind !== 'card' || at !== undefined) return undefined;
        lost = true;
        return { kind: 'ambiguous', message: 'never arrived' };
      });
      expect(lost).toBe(true);
      expect(world.messages()).toHaveLength(2);
      expect((await world.incident(arn))?.card.ts).not.toBe(ts);
    }));
});
