/** The last days in trouble: Slack away, answers lost, channels gone, keys seen late, several processes; and what people press meanwhile. */
import { describe, expect, test } from 'vitest';
import type { ChannelId, EffectId } from '../../src/domain/ids.ts';
import { alertEverybody } from '../../src/flows/alert.ts';
import { sendReminder } from '../../src/flows/send-reminder.ts';
import { cardOf, inWorld, openFront, pass, refusal, scheduled, settled, sweepNow, takeOver } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, type World, type WorldOptions } from '../harness.ts';
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

/** Approvers who are only known through a user group. */
const byGroup: WorldOptions = {
  ...loud,
  config: { ...loud.config, roles: { responder: { users: ['U0ALICE'] }, approver: { usergroups: ['S0SECLEADS'] } } },
  userGroups: [
    { id: 'S0ONCALL', handle: 'oncall', users: ['U0ALICE'] },
    { id: 'S0SECLEADS', handle: 'leads', users: ['U0BOB', 'U0DAVE'] },
  ],
};

const slackAway = (world: World, operation: string): void =>
  world.slack.addFault({ service: 'slack', operation, mode: 'failBefore', count: 10_000 });

const pendingReminders = async (world: World): Promise<number> =>
  (await world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 100)).filter(
    ({ effect }) => effect.kind === 'remind',
  ).length;

/** Slack takes messages again: a refusal that was on its way meanwhile asks for patience from the moment it comes. */
const speaking = (world: World, what: string, look: () => boolean | Promise<boolean>): Promise<boolean> =>
  eventually(what, () => {
    pass(world, 1_000);
    return look();
  });

describe('who is woken', () => {
  test('Slack away as the last day begins: approvers of a user group are woken once it is back, each once', () =>
    inWorld(byGroup, async (world) => {
      const { date } = await dying(world, 'groups');
      for (const operation of ['usergroups.users.list', 'chat.postMessage']) slackAway(world, operation);
      passTo(world, date - DAY + 1_000);
      await eventually('the alert that waits', async () =>
        (await world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 100)).some(
          ({ effect }) => effect.kind === 'alert',
        ),
      );
      pass(world, 60_000);
      world.slack.clearFaults();
      pass(world, 60_000);
      await eventually('both', () => sentTo(world, 'bob').length === 1 && sentTo(world, 'dave').length === 1, 30_000);
      await speaking(world, 'nothing waits', async () => (await pendingReminders(world)) === 0);
      await settled(world);
      expect([sentTo(world, 'bob').length, sentTo(world, 'dave').length, inFallback(world).length]).toEqual([1, 1, 1]);
    }));

  test('an alert that runs twice at once wakes everybody once; one whose run comes late finds it done', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'twice');
      const incident = await world.incident(arn);
      const { house } = world.bot;
      const effect = `e${'7'.repeat(63)}` as EffectId;
      const reminder = { kind: 'milestone', milestone: DAY, deletionDate: date, collapsed: 1 } as const;
      const load = house.incidents.load.bind(house.incidents);
      await house.incidents.save({
        incident: { ...(await load(incident?.id as never)), version: (incident?.version ?? 0) + 1 } as never,
        add: [
          {
            id: effect,
            effect: { kind: 'alert', incident: incident?.id as never, reminder },
            since: world.clock.now(),
          },
        ],
        remove: [],
        lanes: [],
        facts: [],
      });
      const errand = { incident: incident?.id as never, effect };
      await Promise.all([alertEverybody(house, errand), alertEverybody(house, errand)]);
      await alertEverybody(house, errand);
      await eventually('bob', () => sentTo(world, 'bob').length === 1);
      await settled(world);
      expect([sentTo(world, 'bob').length, sentTo(world, 'dave').length, inFallback(world).length]).toEqual([1, 1, 1]);
    }));

  test('whoever may do nothing about this key is not woken', () =>
    inWorld(
      {
        ...loud,
        config: {
          ...loud.config,
          roles: {
            responder: { users: ['U0ALICE'] },
            approver: [{ users: ['U0BOB'] }, { users: ['U0DAVE'], aliases: ['payments-*'] }],
          },
        },
      },
      async (world) => {
        const { date } = await dying(world, 'orders');
        passTo(world, date - HOUR + 1_000);
        await eventually('bob', () => sentTo(world, 'bob').length === 1);
        await settled(world);
        expect(sentTo(world, 'dave')).toEqual([]);
      },
    ));

  test('a channel gone on the last day: the fallback channel hears it in the card’s thread, and not twice', () =>
    inWorld(loud, async (world) => {
      const { date } = await dying(world, 'moved');
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      passTo(world, date - DAY + 1_000);
      await eventually('the reminder', () => inFallback(world).length > 0, 20_000);
      await eventually('bob', () => sentTo(world, 'bob').length === 1);
      await settled(world);
      const words = inFallback(world).filter(({ text }) => text.includes('alias/moved'));
      expect(words.map(({ message }) => message.thread_ts !== undefined)).toEqual([true]);
    }));
});

describe('answers that are lost', () => {
  test('a direct message whose answer is lost is said a few times, further and further apart, not every two seconds', () =>
    inWorld({ ...loud, withoutBot: true }, async (world) => {
      const lost: number[] = [];
      await using front = await openFront(world, ({ method, body, at }) => {
        if (method !== 'chat.postMessage' || !String(body.get('channel')).startsWith('D')) return undefined;
        lost.push(at);
        return { status: 502, body: '' };
      });
      const bot = await world.addBot({ slackApiUrl: front.url });
      world.slack.deliverTo(`${bot.url}/slack/events`);
      await eventually('the first sweep', () => bot.firstSweepDone().then(() => true));
      const arn = await scheduled(world, 'unanswered', 7, bot);
      await sweepNow(world, bot);
      const date = await eventually('the countdown', async () => (await world.incident(arn))?.countdown?.deletionDate);
      passTo(world, date - HOUR + 1_000);
      await eventually('four posts to each', () => lost.length >= 8, 40_000);
      const gaps = lost.filter((_, index) => index % 2 === 0).map((at, index, all) => at - (all[index - 1] ?? at));
      expect(Math.max(...gaps)).toBeGreaterThan(3_500);
    }));
});

describe('seen late, told late', () => {
  test('first seen within the last day, as after a lost memory: loud at once', () =>
    inWorld(loud, async (world, endsWith) => {
      const arn = await world.makeKey('late');
      await sweepNow(world);
      await world.bot.stop();
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      pass(world, 7 * DAY - 5 * HOUR);
      const next = await takeOver(world);
      endsWith(next);
      await eventually('the first sweep', () => next.firstSweepDone().then(() => true));
      const first = await eventually('the reminder', () => heard(world)[0], 20_000);
      expect(first.text).toContain(MENTION);
      await eventually('everybody', () => inFallback(world).length === 1 && sentTo(world, 'bob').length === 1);
    }));

  test('Slack away over three marks: the newest speaks for all of them, and says how late it is', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'silent');
      slackAway(world, 'chat.postMessage');
      for (const before of [3 * DAY, DAY, 6 * HOUR]) {
        passTo(world, date - before + 1_000);
        await eventually('the mark', async () => (await world.incident(arn))?.countdown?.told.includes(before));
      }
      pass(world, 2 * HOUR);
      // What an earlier mark owed is dropped at its next turn: nothing of it is on its way when Slack is back.
      await speaking(world, 'the newest alone is owed', async () => {
        const owed = (await world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 100)).flatMap(({ effect }) =>
          effect.kind === 'remind' || effect.kind === 'alert' ? [effect.reminder] : [],
        );
        return owed.length > 0 && owed.every((one) => one.kind === 'milestone' && one.milestone === 6 * HOUR);
      });
      world.slack.clearFaults();
      pass(world, HOUR);
      await speaking(world, 'the newest', () => heard(world).length > 0);
      const last = await heardTimes(world, 1);
      expect(last.text).toContain('6 h before');
      expect(JSON.stringify(last.message.blocks)).toContain('late by');
      await speaking(
        world,
        'all of it',
        async () => sentTo(world, 'bob').length > 0 && (await pendingReminders(world)) === 0,
      );
      await settled(world);
      expect([heard(world).length, inFallback(world).length, sentTo(world, 'bob').length]).toEqual([1, 1, 1]);
    }));

  test('a mark where it begins to be loud, although none is configured there', () =>
    inWorld(
      { ...loud, config: { ...loud.config, reminders: { mention: 'S0ONCALL', before: ['3d'] } } },
      async (world) => {
        const { date } = await dying(world, 'between');
        passTo(world, date - 3 * DAY + 1_000);
        await heardTimes(world, 1);
        passTo(world, date - DAY + 1_000);
        expect((await heardTimes(world, 2)).text).toContain(MENTION);
        await eventually('the fallback channel', () => inFallback(world).length === 1);
      },
    ));

  test('past its date nothing stays due: a key that KMS takes its time with is looked at ever more rarely', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'tarrying');
      world.aws.kms.holdUp(arn, DAY);
      passTo(world, date - HOUR);
      await settled(world);
      passTo(world, date + 2 * HOUR);
      const incident = await eventually('the look after the date', async () => {
        const found = await world.incident(arn);
        return (found?.nextReadAt ?? 0) > date + 2 * HOUR ? found : undefined;
      });
      const [due] = await world.bot.house.incidents.dueAt([incident.id]);
      expect(due).toBeGreaterThan(world.clock.now());
    }));
});

describe('what is pressed meanwhile', () => {
  test('acknowledged while the question waits for Slack: it is not asked any more', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'answered');
      await press(world, 'alice', world.cards('alias/answered')[0] as never, 'Snooze');
      await eventually('the snooze', async () => (await world.incident(arn))?.attention);
      slackAway(world, 'chat.postMessage');
      pass(world, 4 * HOUR);
      await eventually('the question that waits', async () => (await pendingReminders(world)) === 1);
      await press(world, 'alice', world.cards('alias/answered')[0] as never, 'Acknowledge');
      await eventually(
        'the acknowledgement',
        async () => (await world.incident(arn))?.attention?.kind === 'acknowledged',
      );
      world.slack.clearFaults();
      pass(world, 60_000);
      await speaking(world, 'nothing waits', async () => (await pendingReminders(world)) === 0);
      expect(heard(world)).toEqual([]);
      expect(date).toBeGreaterThan(world.clock.now());
    }));

  test.each(['acknowledged', 'enabled'] as const)(
    '%s while the key policy is read for the question: it is not asked any more',
    (answer) =>
      inWorld(loud, async (world) => {
        const arn = await world.makeKey('asked');
        await sweepNow(world);
        await world.call('DisableKey', { KeyId: arn });
        const card = await cardOf(world, 'asked');
        const { id } = await eventually('what is known of its policy', async () => {
          const incident = await world.incident(arn);
          return incident?.knowledge?.cancelling === undefined ? undefined : incident;
        });
        await settled(world);
        pass(world, 60_000);
        const { house } = world.bot;
        let answered = 0;
        const policyText: typeof house.keys.policyText = async (...asked) => {
          answered += 1;
          if (answer === 'acknowledged') await press(world, 'alice', card, 'Acknowledge');
          else await world.call('EnableKey', { KeyId: arn });
          await eventually('the answer', async () => {
            const now = await world.incident(arn);
            return now?.attention ?? (now?.phase.kind === 'closed' || undefined);
          });
          return house.keys.policyText(...asked);
        };
        const since = world.clock.now();
        const effect = {
          kind: 'remind',
          incident: id,
          volume: 'mention',
          reminder: { kind: 'undecided', since },
        } as const;
        const pending = { id: 'e1' as EffectId, since, effect };
        await sendReminder({ ...house, keys: { ...house.keys, policyText } }, CHANNEL as ChannelId, pending, false);
        expect(answered).toBe(1);
        expect(heard(world)).toEqual([]);
      }),
  );

  test('an old reminder’s Acknowledge does not speak for a new date', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'stale');
      passTo(world, date - 3 * DAY + 1_000);
      const old = await heardTimes(world, 1);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 9 });
      await eventually('the new date', async () => {
        const now = (await world.incident(arn))?.countdown?.deletionDate;
        return now !== undefined && now !== date;
      });
      await press(world, 'alice', old.message, 'acknowledge');
      await eventually('told', () =>
        whispersTo(world, 'U0ALICE').some((text) => text.includes('does not hold any more')),
      );
      expect((await world.incident(arn))?.attention).toBeUndefined();
    }));

  test('nor for one that comes while Slack is asked who pressed it', () =>
    inWorld(loud, async (world) => {
      const { arn, date } = await dying(world, 'moved');
      const { people } = world.bot.house;
      const { standing } = people;
      let moves = 0;
      Object.assign(people, {
        standing: async (...asked: Parameters<typeof standing>) => {
          moves += 1;
          if (moves > 1) return standing(...asked);
          await world.call('CancelKeyDeletion', { KeyId: arn });
          await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 9 });
          await eventually('the new date', async () => {
            const now = (await world.incident(arn))?.countdown?.deletionDate;
            return now !== undefined && now !== date;
          });
          return standing(...asked);
        },
      });
      await press(world, 'alice', world.cards('alias/moved')[0] as never, 'Acknowledge');
      await eventually('told', () =>
        whispersTo(world, 'U0ALICE').some((text) => text.includes('does not hold any more')),
      );
      expect((await world.incident(arn))?.attention).toBeUndefined();
    }));
});

test('a loud reminder that Slack refuses in every form stays owed, and is heard once Slack takes it', () =>
  inWorld({ ...loud, withoutBot: true, config: { ...loud.config, channels: { default: CHANNEL } } }, async (world) => {
    let refuse = false;
    await using front = await openFront(world, ({ method, body }) =>
      refuse && method === 'chat.postMessage' && String(body.get('text')).includes('Reminder')
        ? refusal('no_idea')
        : undefined,
    );
    const bot = await world.addBot({ slackApiUrl: front.url });
    world.slack.deliverTo(`${bot.url}/slack/events`);
    await eventually('the first sweep', () => bot.firstSweepDone().then(() => true));
    const arn = await scheduled(world, 'unspeakable', 7, bot);
    await sweepNow(world, bot);
    const date = await eventually('the countdown', async () => (await world.incident(arn))?.countdown?.deletionDate);
    await settled(world, bot);
    refuse = true;
    passTo(world, date - 3 * DAY + 1_000);
    await eventually('refused', () => front.asked.some(({ body }) => String(body.get('text')).includes('Reminder')));
    expect(await pendingReminders(world)).toBe(1);
    refuse = false;
    pass(world, HOUR);
    await speaking(world, 'heard after all', () => heard(world).length === 1);
  }));
