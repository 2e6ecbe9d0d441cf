/** Alarms come twice, late, in the wrong order, a hundred times, forged, or without a key. */
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { incidentIdOf } from '../../src/flows/commit.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, TOKEN, type World } from '../harness.ts';
import {
  alarm,
  alarmTime,
  cardOf,
  connect,
  count,
  inWorld,
  openRelay,
  pass,
  publisher,
  scheduled,
  settled,
  subscribed,
  sweepNow,
  takeOver,
} from './given.ts';

const ALARM_NAME = 'KMS-key-pending-deletion-used';
const ALARM_ARN = `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${ALARM_NAME}`;

/** The incident of the alarm itself, while its key is not known. */
const alarmIncident = (world: World, bot = world.bot) =>
  bot.house.incidents.load(
    incidentIdOf(bot.house, {
      kind: 'alarm',
      alarmArn: ALARM_ARN,
      name: ALARM_NAME,
      place: { account: ACCOUNT, region: REGION },
      partition: 'aws',
    } as never),
  );

const change = (state: 'OK' | 'ALARM', at: number): string =>
  alarm({
    AlarmName: ALARM_NAME,
    AlarmArn: ALARM_ARN,
    AWSAccountId: ACCOUNT,
    NewStateValue: state,
    OldStateValue: state === 'OK' ? 'ALARM' : 'OK',
    StateChangeTime: alarmTime(at),
  });

/** Every key of the database that says something, without the queue's own bookkeeping. */
async function written(world: World): Promise<readonly string[]> {
  const redis = new Redis(world.redis.url);
  try {
    const keys = await redis.keys('*');
    return keys.filter((key) => /incident|inbox|seen|fact|pending|lane:/.test(key) && !key.includes('bull')).sort();
  } finally {
    redis.disconnect();
  }
}

describe('the same thing twice, or in the wrong order', () => {
  test('24: one SNS MessageId to two bots at once becomes one message', () =>
    inWorld({ withoutBot: true }, async (world) => {
      const [first, second] = [await world.addBot(), await world.addBot()];
      await using relay = await openRelay([first.url, second.url].map((url) => `${url}/webhooks/sns`));
      await connect(world, first, relay.url);
      await subscribed(world);
      using topic = publisher(world);
      await topic.publish(change('ALARM', world.clock.now()));
      await eventually('the card', () => world.messages()[0]);
      await Promise.all([settled(world, first), settled(world, second)]);
      expect(relay.bodies.some((body) => body.includes('StateChangeTime'))).toBe(true);
      expect(world.messages()).toHaveLength(1);
      expect((await alarmIncident(world))?.factIds).toHaveLength(1);
    }));

  test('24: an EventBridge event delivered twice, and the alarm of the same use, are one card', () =>
    inWorld({}, async (world) => {
      await subscribed(world);
      world.aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode: 'failAfter', count: 1_000 });
      const arn = await scheduled(world, 'twice');
      await cardOf(world, 'twice');
      const use = { principal: 'orders-api', account: ACCOUNT, region: REGION };
      await world.aws.call('Encrypt', { KeyId: arn, Plaintext: 'AAAA' }, use);
      await eventually('the alarm', () => world.aws.events().some(({ source }) => source === 'cloudwatch'));
      await eventually('the alarm on the card', async () =>
        (await world.incident(arn))?.dangers.some(({ kind }) => kind === 'alarm'),
      );
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      expect((await world.incident(arn))?.refused?.count).toBe(1);
    }));

  test('25: an OK that overtook its ALARM: the late ALARM opens nothing', () =>
    inWorld({}, async (world) => {
      await subscribed(world);
      using topic = publisher(world);
      const now = world.clock.now();
      await topic.publish(change('OK', now));
      await eventually('the remembered OK', () => alarmIncident(world));
      await topic.publish(change('ALARM', now - 60_000));
      await eventually('the late ALARM', async () => (await alarmIncident(world))?.factIds.length === 2);
      expect((await alarmIncident(world))?.phase.kind).toBe('closed');
      await settled(world);
      expect(world.messages()).toEqual([]);
      await topic.publish(change('ALARM', now + 60_000));
      await eventually('the card of a newer ALARM', () => world.messages()[0]);
    }));

  test('26: an alarm that flaps a hundred times is one card and a bounded number of posts', () =>
    inWorld({}, async (world) => {
      await subscribed(world);
      using topic = publisher(world);
      const from = world.clock.now() - 3_600_000;
      for (let flap = 0; flap < 100; flap += 1) {
        await topic.publish(change('ALARM', from + flap * 20_000));
        await topic.publish(change('OK', from + flap * 20_000 + 10_000));
      }
      await eventually('the last change', async () => {
        const newest = (await alarmIncident(world))?.alarmTimes[ALARM_ARN];
        return newest === from + 99 * 20_000 + 10_000;
      });
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      expect(count(world, 'chat.postMessage')).toBeLessThanOrEqual(30);
      expect(count(world, 'chat.postMessage') + count(world, 'chat.update')).toBeLessThanOrEqual(40);
    }));
});

test('27, 28, 30: forged, foreign and stale input changes nothing, in Redis or in Slack', () =>
  inWorld({ withoutBot: true }, async (world) => {
    const bot = await world.addBot();
    await using relay = await openRelay([`${bot.url}/webhooks/sns`]);
    await connect(world, bot, relay.url);
    await subscribed(world);
    using topic = publisher(world);
    await topic.publish(change('OK', world.clock.now() - 60_000));
    const genuine = await eventually('a genuine message', () =>
      relay.bodies.find((body) => body.includes('StateChangeTime')),
    );
    await eventually('the remembered OK', () => alarmIncident(world));
    await settled(world);
    const before = await written(world);
    const sns = (body: string): Promise<number> =>
      fetch(`${bot.url}/webhooks/sns`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } }).then(
        (answer) => answer.status,
      );
    const message = JSON.parse(genuine) as Record<string, string>;
    const forged = { ...message, MessageId: 'forged', Message: change('ALARM', world.clock.now()) };
    expect(await sns(JSON.stringify(forged))).toBe(403);
    const foreign = { ...message, TopicArn: `arn:aws:sns:${REGION}:999988887777:kms-alarms` };
    expect(await sns(JSON.stringify(foreign))).toBe(403);
    const evil = { ...message, SigningCertURL: 'https://sns.us-west-2.amazonaws.com.evil.example/x.pem' };
    expect(await sns(JSON.stringify(evil))).toBe(403);
    const event = (token: string, account: string): Promise<number> =>
      fetch(`${bot.url}/webhooks/eventbridge`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-keywarden-token': token },
        body: JSON.stringify({
          version: '0',
          id: '0b2f5a3e-5c55-4c9a-9d54-7a3c0f0e1d2c',
          'detail-type': 'KMS CMK Deletion',
          source: 'aws.kms',
          account,
          time: new Date(world.clock.now()).toISOString(),
          region: REGION,
          resources: [`arn:aws:kms:${REGION}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`],
          detail: { 'key-id': '1234abcd-12ab-34cd-56ef-1234567890ab' },
        }),
      }).then((answer) => answer.status);
    expect(await event('not-the-token', ACCOUNT)).toBe(403);
    expect(await event(TOKEN, '999988887777')).toBe(403);
    expect(await written(world)).toEqual(before);
    expect(world.messages()).toEqual([]);
    world.clock.move(2 * 3_600_000);
    expect(await sns(genuine)).toBe(403);
  }));

describe('an alarm that names no key', () => {
  /** Only the alarm gets through, as where no EventBridge rule is set up. */
  const alarmsOnly = (world: World): void =>
    world.aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode: 'failBefore', count: 1_000 });

  test('is resolved by CloudTrail: its card becomes the card of the key', () =>
    inWorld({}, async (world) => {
      await subscribed(world);
      alarmsOnly(world);
      const arn = await scheduled(world, 'unnamed');
      await world.aws.call(
        'Encrypt',
        { KeyId: arn, Plaintext: 'AAAA' },
        { principal: 'orders-api', account: ACCOUNT, region: REGION },
      );
      const card = await cardOf(world, 'unnamed');
      await eventually('the linked alarm', async () => (await alarmIncident(world))?.phase.kind === 'closed');
      await settled(world);
      expect(world.messages()).toHaveLength(1);
      expect((await alarmIncident(world))?.phase).toMatchObject({ kind: 'closed', outcome: 'linked' });
      expect((await world.incident(arn))?.card.ts).toBe(card.ts);
      expect(world.words(world.messages()[0])).toContain('orders-api');
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
    }));

  test('whose key has a card already links to that card and closes', () =>
    inWorld({}, async (world) => {
      await subscribed(world);
      const arn = await scheduled(world, 'carded');
      await cardOf(world, 'carded');
      // Nobody looks into CloudTrail any more: else that look may tell of the refused use before the alarm does.
      await eventually('the look back', async () => (await world.incident(arn))?.knowledge?.refusals);
      alarmsOnly(world);
      await world.aws.call(
        'Encrypt',
        { KeyId: arn, Plaintext: 'AAAA' },
        { principal: 'orders-api', account: ACCOUNT, region: REGION },
      );
      await eventually('the linked alarm', async () => (await alarmIncident(world))?.phase.kind === 'closed');
      await settled(world);
      expect(world.cards('alias/carded')).toHaveLength(1);
      expect(world.words(world.cards('alias/carded')[0])).toContain('orders-api');
    }));

  test('and whose key is never found stays a card with candidates, over a restart too', () =>
    inWorld({}, async (world, endsWith) => {
      await subscribed(world);
      alarmsOnly(world);
      const arn = await world.makeKey('candidate');
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await sweepNow(world);
      await cardOf(world, 'candidate');
      // Hours later: what CloudTrail has of the scheduling is outside the alarm's window.
      pass(world, 6 * 3_600_000);
      using topic = publisher(world);
      await topic.publish(change('ALARM', world.clock.now()));
      const shown = (): boolean => world.cards(ALARM_NAME).some((card) => world.words(card).includes(arn));
      await eventually('the candidates', shown);
      await world.bot.stop();
      const next = await takeOver(world);
      for (let hours = 0; hours < 9; hours += 1) {
        const attempts = (await alarmIncident(world, next))?.search?.attempts ?? 0;
        pass(world, 3_600_001);
        await eventually('a further look', async () => {
          const search = (await alarmIncident(world, next))?.search;
          return search?.state === 'gaveUp' || (search?.attempts ?? 0) > attempts;
        });
      }
      await eventually(
        'the end of the search',
        async () => (await alarmIncident(world, next))?.search?.state === 'gaveUp',
      );
      await settled(world, next);
      expect((await alarmIncident(world, next))?.phase.kind).toBe('open');
      expect(world.cards(ALARM_NAME)).toHaveLength(1);
      expect(world.words(world.cards(ALARM_NAME)[0])).toContain('not found in CloudTrail');
      expect(shown()).toBe(true);
      endsWith(next);
    }));
});
