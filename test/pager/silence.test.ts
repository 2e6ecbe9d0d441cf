/** Slack is silent: the pager is told once, and once that it is over. Fault rows 14 and 16. */
import { describe, expect, test } from 'vitest';
import { opened } from '../../src/domain/paging.ts';
import { tellPager } from '../../src/flows/page.ts';
import { cardOf, count, inWorld, pass, reminders, scheduled, settled, takeOver } from '../faults/given.ts';
import { quiet } from '../faults/traces.ts';
import { CHANNEL, DAY, eventually, type World } from '../harness.ts';
import { callsOf, live, liveUntil, openSink, pagerIdle, published, toTopic } from './given.ts';

/** Own credentials: a clock moved by days would end a role's session in the middle of a call. */
const steady = { withRoles: false, config: toTopic } as const;

/** Slack takes no message, and says so at once; every other call works. */
const mute = (world: World): void =>
  world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failBefore', count: 1_000_000 });

async function dateOf(world: World, arn: string): Promise<number> {
  const incident = await eventually('the countdown', async () => {
    const found = await world.incident(arn);
    return found?.countdown === undefined ? undefined : found;
  });
  return incident.countdown?.deletionDate ?? 0;
}

describe('16: the token is revoked', () => {
  test('noticed without a message to send, told once by two processes, over once restored, and a second time anew', () =>
    inWorld({ config: toTopic }, async (world) => {
      await takeOver(world);
      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'the call', () => callsOf(published(world), 'tokenRevoked').length > 0);
      await live(world, 120);
      await pagerIdle(world);
      expect(callsOf(published(world), 'tokenRevoked')).toEqual(['open']);
      expect(published(world)[0]).toMatchObject({
        id: 'tokenRevoked',
        summary: expect.stringContaining('token') as string,
      });
      expect((await world.bot.readiness()).warnings.join()).toContain('tokenRevoked');

      world.slack.change({ kind: 'restoreToken' });
      await liveUntil(world, 'the end', () => callsOf(published(world), 'tokenRevoked').length > 1);
      await live(world, 60);
      await pagerIdle(world);
      expect(callsOf(published(world), 'tokenRevoked')).toEqual(['open', 'over']);
      expect(await world.bot.house.pages.all()).toEqual([]);

      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'the second call', () => callsOf(published(world), 'tokenRevoked').length > 2);
      expect(callsOf(published(world), 'tokenRevoked')).toEqual(['open', 'over', 'open']);
      world.slack.change({ kind: 'restoreToken' });
    }));

  test('noticed by the message it refuses, at once; a process that starts afterwards neither calls again nor ends it', () =>
    inWorld({ config: toTopic }, async (world) => {
      const arn = await scheduled(world, 'refused-card');
      await cardOf(world, 'refused-card');
      await settled(world);
      world.slack.change({ kind: 'revokeToken' });
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await eventually('the call', () => callsOf(published(world), 'tokenRevoked').length > 0);
      await takeOver(world);
      await live(world, 90);
      await pagerIdle(world);
      expect(callsOf(published(world), 'tokenRevoked')).toEqual(['open']);
      world.slack.change({ kind: 'restoreToken' });
      await liveUntil(world, 'the end', () => callsOf(published(world), 'tokenRevoked').length > 1);
    }));
});

describe('a loud message that Slack does not take', () => {
  test('five minutes: the pager is called about that key, once; over as soon as it is posted', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'unheard', 7);
      await cardOf(world, 'unheard');
      const date = await dateOf(world, arn);
      await settled(world);
      mute(world);
      pass(world, date - 6 * 3_600_000 + 1_000 - world.clock.now());
      await eventually('the refused reminder', () => count(world, 'chat.postMessage') > 2);
      await live(world, 240);
      expect(callsOf(published(world), 'unposted')).toEqual([]);
      await liveUntil(world, 'the call', () => callsOf(published(world), 'unposted').length > 0, 180);
      await live(world, 120);
      await pagerIdle(world);
      expect(callsOf(published(world), 'unposted')).toEqual(['open']);
      const [call] = published(world).filter(({ kind }) => kind === 'unposted');
      expect(call?.message).toContain('alias/unheard');
      expect(call?.message).toContain(`aws kms cancel-key-deletion --region us-west-2 --key-id ${arn}`);

      world.slack.clearFaults();
      await liveUntil(world, 'the reminder', () => reminders(world)[0], 300);
      await liveUntil(world, 'the end', () => callsOf(published(world), 'unposted').length > 1, 120);
      expect(callsOf(published(world), 'unposted')).toEqual(['open', 'over']);
    }));

  test('a card nobody has ever seen: called after five minutes, over once it is posted', () =>
    inWorld(steady, async (world) => {
      mute(world);
      await scheduled(world, 'unseen', 30);
      await eventually('the refused card', () => count(world, 'chat.postMessage') > 0);
      await liveUntil(world, 'the call', () => callsOf(published(world), 'unposted').length > 0, 420);
      world.slack.clearFaults();
      await liveUntil(world, 'the card', () => world.cards('alias/unseen')[0], 300);
      await liveUntil(world, 'the end', () => callsOf(published(world), 'unposted').length > 1, 120);
      await pagerIdle(world);
      expect(callsOf(published(world), 'unposted')).toEqual(['open', 'over']);
    }));

  test('14: no channel takes it, neither the configured one nor the fallback: called too', () =>
    inWorld(steady, async (world) => {
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      world.slack.change({ kind: 'archiveChannel', channel: 'C0OPS' });
      await scheduled(world, 'homeless', 30);
      await liveUntil(world, 'the call', () => callsOf(published(world), 'unposted').length > 0, 420);
      world.slack.change({ kind: 'unarchiveChannel', channel: CHANNEL });
      world.slack.change({ kind: 'unarchiveChannel', channel: 'C0OPS' });
    }));

  test('a quiet one may wait, and a machine that slept through the reminder lets it be posted first', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'quiet', 30);
      await cardOf(world, 'quiet');
      const date = await dateOf(world, arn);
      await settled(world);
      mute(world);
      pass(world, date - 14 * DAY + 1_000 - world.clock.now());
      await eventually('the refused reminder', () => count(world, 'chat.postMessage') > 2);
      await live(world, 600);
      expect(callsOf(published(world), 'unposted')).toEqual([]);
      world.slack.clearFaults();
      await liveUntil(world, 'the reminder', () => reminders(world)[0], 300);
      const posts = count(world, 'chat.postMessage');
      mute(world);
      pass(world, date - 6 * 3_600_000 + 1_000 - world.clock.now());
      await eventually('the loud reminder, refused', () => count(world, 'chat.postMessage') > posts);
      // The machine sleeps for an hour: when it wakes the reminder is old, and about to be posted.
      pass(world, 3_600_000);
      await world.bot.pulse();
      world.slack.clearFaults();
      // What was refused a moment ago is tried again within 15 seconds in a channel, 45 with a person.
      await liveUntil(world, 'the loud reminder', () => reminders(world).length > 1, 30);
      // Wherever else it goes, too: those wait in real time, and the world's clock is faster.
      await liveUntil(
        world,
        'nothing left to say',
        async () => (await world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 10)).length === 0,
        60,
      );
      await quiet(world);
      await live(world, 120);
      expect(callsOf(published(world), 'unposted')).toEqual([]);
    }));
});

describe('the sinks', () => {
  test('a web address that fails is told again until it takes it; it holds up no topic, and its address stays unsaid', async () => {
    await using sink = await openSink((visit) => (visit <= 2 ? 500 : 200));
    await inWorld({ config: { pager: { ...toTopic.pager, webhook: sink.url } } }, async (world) => {
      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'the topic’s call', () => published(world).length > 0);
      await eventually('a warning', async () =>
        (await world.bot.readiness()).warnings.join().includes('webhook: HTTP 500'),
      );
      expect(JSON.stringify(await world.bot.readiness())).not.toContain('secret-of-the-address');
      await liveUntil(world, 'the web address’s call', () => sink.taken.length > 0);
      expect(sink.visits).toHaveLength(3);
      await pagerIdle(world);
      expect((await world.bot.readiness()).warnings.join()).not.toContain('cannot be reached');
      world.slack.change({ kind: 'restoreToken' });
      await liveUntil(world, 'both ends', () => published(world).length > 1 && sink.taken.length > 1);
      expect(sink.taken.map(({ id, status }) => `${id} ${status}`)).toEqual(['tokenRevoked open', 'tokenRevoked over']);
      expect(published(world).map(({ id, status }) => `${id} ${status}`)).toEqual([
        'tokenRevoked open',
        'tokenRevoked over',
      ]);
    });
  });

  test('a topic that fails holds up no web address', async () => {
    await using sink = await openSink();
    await inWorld({ config: { pager: { ...toTopic.pager, webhook: sink.url } } }, async (world) => {
      world.aws.addFault({ service: 'sns', operation: 'Publish', mode: 'failBefore', count: 2 });
      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'the web address’s call', () => sink.taken.length > 0);
      expect(published(world)).toEqual([]);
      await liveUntil(world, 'the topic’s call', () => published(world).length > 0);
      await live(world, 60);
      expect(sink.visits).toHaveLength(1);
      expect(published(world)).toHaveLength(1);
      world.slack.change({ kind: 'restoreToken' });
    });
  });

  test('a topic whose answer was lost is told again: the same id and status, for one call', () =>
    inWorld({ config: toTopic }, async (world) => {
      world.aws.addFault({ service: 'sns', operation: 'Publish', mode: 'failAfter', count: 1 });
      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'both', () => published(world).length > 1);
      expect(published(world).map(({ id, status }) => `${id} ${status}`)).toEqual([
        'tokenRevoked open',
        'tokenRevoked open',
      ]);
      world.slack.change({ kind: 'restoreToken' });
    }));

  test('one that refuses is told of by readiness, and tried now and then', async () => {
    await using sink = await openSink((visit) => (visit === 1 ? 401 : 200));
    await inWorld({ config: { pager: { webhook: sink.url } } }, async (world) => {
      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'the refusal', () => sink.visits.length > 0);
      await eventually('a warning', async () =>
        (await world.bot.readiness()).warnings.join().includes('webhook: HTTP 401'),
      );
      await live(world, 240);
      expect(sink.visits).toHaveLength(1);
      await liveUntil(world, 'the call', () => sink.taken.length > 0, 120);
      world.slack.change({ kind: 'restoreToken' });
    });
  });

  test('two processes at it at the same moment: one call', async () => {
    await using sink = await openSink();
    await inWorld({ withoutBot: true, config: { pager: { webhook: sink.url } } }, async (world) => {
      const bots = [await world.addBot({ pulseByHand: true }), await world.addBot({ pulseByHand: true })];
      await Promise.all(bots.map((bot) => bot.redisWithin(5_000)));
      const page = { id: 'tokenRevoked', kind: 'tokenRevoked', at: world.clock.now() } as const;
      await bots[0]?.house.pages.change(page.id, (kept) => opened(kept, page));
      const { signal } = new AbortController();
      await Promise.all([...bots, ...bots, ...bots].map((bot) => tellPager(bot.house, page.id, signal)));
      expect(sink.visits).toHaveLength(1);
    });
  });

  test('over before a sink could be reached: that sink is left alone', async () => {
    await using sink = await openSink(() => 503);
    await inWorld({ config: { pager: { ...toTopic.pager, webhook: sink.url } } }, async (world) => {
      world.slack.change({ kind: 'revokeToken' });
      await liveUntil(world, 'the refused call', () => sink.visits.length > 0 && published(world).length > 0);
      world.slack.change({ kind: 'restoreToken' });
      await liveUntil(world, 'nothing owed', async () => (await world.bot.house.pages.all()).length === 0);
      const visits = sink.visits.length;
      await live(world, 330);
      expect(sink.visits).toHaveLength(visits);
      expect(callsOf(published(world), 'tokenRevoked')).toEqual(['open', 'over']);
    });
  });
});
