/** Home tabs follow what happens, without being opened again, and never faster than Slack takes. */
import { describe, expect, test } from 'vitest';
import type { Bot } from '../../src/compose.ts';
import type { MessageTs } from '../../src/domain/ids.ts';
import { type Asked, connect, inWorld, openFront, refusal } from '../faults/given.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import {
  dying,
  entryAbout,
  homeOf,
  incidentAbout,
  incidentIdOf,
  keyNumber,
  open,
  press,
  saving,
  says,
  saysNo,
  wordsAt,
} from './given.ts';

const VIEWERS = ['U0ALICE', 'U0BOB', 'U0CAROL', 'U0DAVE'];
/** Between two drawings of one tab, ms. */
const ONE_TAB = 5_000;

type Instead = Parameters<typeof openFront>[1];

/** A world whose Slack is seen from between it and the bot. */
const watched = (
  story: (world: World, bot: Bot, publishedTo: (user?: string) => readonly Asked[], slackUrl: string) => Promise<void>,
  instead?: Instead,
): Promise<void> =>
  inWorld({ withoutBot: true }, async (world, endsWith) => {
    await using front = await openFront(world, instead);
    const bot = await world.addBot({ slackApiUrl: front.url });
    endsWith(bot);
    await connect(world, bot);
    const publishedTo = (user?: string): readonly Asked[] =>
      front.asked.filter(
        ({ method, body }) => method === 'views.publish' && (user === undefined || body.get('user_id') === user),
      );
    await story(world, bot, publishedTo, front.url);
  });

/** Somebody says on the card that they know, or want to hear of it later: each time every tab says something else. */
async function attend(world: World, bot: Bot, arn: string, action: 'acknowledge' | 'snooze'): Promise<void> {
  const card = await eventually('its card', () =>
    world.messages(CHANNEL).find((one) => world.words(one).includes(arn.slice(-12))),
  );
  const answer = await world.slack.click({
    channel: CHANNEL,
    ts: card.ts,
    user: 'alice',
    action: 'more',
    value: await entryAbout(bot, arn, action),
  });
  expect(answer).toMatchObject({ ok: true });
}

/** Every tab shows the board as it is. */
const quiet = (bot: Bot): Promise<true> =>
  eventually('tabs that are all up to date', async () => !(await bot.house.homes.anyOld()), 40_000) as Promise<true>;

const gaps = (asked: readonly { readonly at: number }[]): readonly number[] =>
  asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));

describe('what happens', () => {
  test('stands in every open tab soon: a new incident, its acknowledgement, its end', { timeout: 90_000 }, () =>
    watched(async (world, bot) => {
      for (const user of VIEWERS) await open(world, user);
      const arn = await dying(world, 'new-here', 7, bot);
      for (const user of VIEWERS) await says(world, user, 'alias/new-here', 15_000);
      await attend(world, bot, arn, 'acknowledge');
      for (const user of VIEWERS) await says(world, user, 'Acknowledged by <@U0ALICE>', 15_000);
      await press(world, 'U0ALICE', 'Rescue', incidentIdOf(bot, arn));
      for (const user of VIEWERS) await saysNo(world, user, 'alias/new-here', 20_000);
    }),
  );

  test(
    'often: one tab at most every five seconds, all of them together one a second, and the last word everywhere',
    { timeout: 90_000 },
    () =>
      watched(async (world, bot, publishedTo, slackUrl) => {
        // Two processes keep one pace.
        await world.addBot({ slackApiUrl: slackUrl });
        // When each drawing begins, by the bots: how long it is on its way to Slack is nobody's pace.
        const begun: { readonly user: string; readonly at: number }[] = [];
        for (const { house } of world.bots()) {
          const { homes } = house;
          const { begin } = homes;
          Object.assign(homes, {
            begin: (...asked: Parameters<typeof begin>) => {
              begun.push({ user: asked[0].user, at: asked[1] });
              return begin(...asked);
            },
          });
        }
        const arn = await dying(world, 'much-ado', 7, bot);
        for (const user of VIEWERS) await open(world, user);
        await quiet(bot);
        const before = publishedTo().length;
        const begunBefore = begun.length;
        const from = world.clock.now();
        for (let times = 0; world.clock.now() - from < 12_000; times += 1) {
          await attend(world, bot, arn, times % 2 === 0 ? 'acknowledge' : 'snooze');
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        await attend(world, bot, arn, 'acknowledge');
        await quiet(bot);
        for (const user of VIEWERS) expect(wordsAt(world, user)).toContain('Acknowledged by <@U0ALICE>');
        const drawn = publishedTo().slice(before);
        const seconds = ((drawn.at(-1)?.at ?? from) - from) / 1_000;
        expect(drawn.length).toBeGreaterThan(VIEWERS.length);
        expect(drawn.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
        for (const user of VIEWERS) {
          const own = drawn.filter(({ body }) => body.get('user_id') === user);
          expect(own.length, user).toBeGreaterThan(0);
          const times = begun.slice(begunBefore).filter((one) => one.user === user);
          for (const gap of gaps(times)) expect(gap, user).toBeGreaterThanOrEqual(ONE_TAB);
        }
      }),
  );

  test('nothing that a tab shows: nothing is sent', () =>
    watched(async (world, bot, publishedTo) => {
      for (let number = 1; number <= 11; number += 1) {
        const incident = incidentAbout(world, keyNumber(number), 6 + number);
        const shown = { ...incident.card, ts: `1.${number}` as MessageTs, shownRevision: incident.revision };
        await bot.house.incidents.save(saving({ ...incident, card: shown }));
      }
      await open(world, 'U0BOB');
      await quiet(bot);
      await open(world, 'U0ALICE');
      await press(world, 'U0ALICE', 'Next');
      await says(world, 'U0ALICE', '11–11 of 11');
      await press(world, 'U0ALICE', 'more', await entryAbout(bot, keyNumber(11).arn, 'acknowledge'));
      await says(world, 'U0ALICE', 'Acknowledged by <@U0ALICE>');
      await quiet(bot);
      expect(publishedTo('U0BOB')).toHaveLength(1);
      await press(world, 'U0BOB', 'Next');
      await says(world, 'U0BOB', 'Acknowledged by <@U0ALICE>');
    }));
});

describe('a Slack in trouble', () => {
  test('that asks for patience is given it, and is told all the same', () => {
    let limits = 0;
    return watched(
      async (world, bot, publishedTo) => {
        await open(world, 'U0BOB');
        await quiet(bot);
        limits = 1;
        await dying(world, 'patience', 7, bot);
        await says(world, 'U0BOB', 'alias/patience', 20_000);
        const [refused, next] = publishedTo('U0BOB').slice(-2);
        expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(4_000);
      },
      ({ method }) => {
        if (method !== 'views.publish' || limits === 0) return undefined;
        limits -= 1;
        return { status: 429, headers: { 'retry-after': '4' }, body: '' };
      },
    );
  });

  test('that cannot say who somebody is empties no tab', () => {
    let silent = false;
    return watched(
      async (world, bot) => {
        await dying(world, 'still-there', 7, bot);
        await open(world, 'U0BOB');
        await quiet(bot);
        silent = true;
        // What Slack said of him half a minute ago does not count any more.
        world.clock.move(31_000);
        const arn = await dying(world, 'hidden-for-now', 8, bot);
        await eventually('a drawing that came to nothing', () => bot.house.homes.anyOld());
        expect(wordsAt(world, 'U0BOB')).toContain('alias/still-there');
        expect(wordsAt(world, 'U0BOB')).not.toContain('alias/hidden-for-now');
        silent = false;
        await says(world, 'U0BOB', 'alias/hidden-for-now', 30_000);
        expect(arn).not.toBe('');
      },
      ({ method }) => (silent && method === 'users.info' ? refusal('fatal_error') : undefined),
    );
  });

  test('that says somebody is no member any more: their tab is emptied, and forgotten', () =>
    watched(async (world, bot) => {
      await dying(world, 'no-longer-yours', 7, bot);
      await open(world, 'U0DAVE');
      expect(wordsAt(world, 'U0DAVE')).toContain('alias/no-longer-yours');
      await quiet(bot);
      world.slack.change({ kind: 'deactivate', user: 'U0DAVE' });
      world.clock.move(31_000);
      await dying(world, 'another', 8, bot);
      await says(world, 'U0DAVE', 'for members of the workspace only', 15_000);
      expect(wordsAt(world, 'U0DAVE')).not.toContain('alias/');
      expect((await bot.house.homes.list(world.clock.now())).homes).toEqual([]);
      expect(homeOf(world, 'U0DAVE')).toBeDefined();
    }));
});
