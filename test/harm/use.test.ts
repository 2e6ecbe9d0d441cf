/** Who used the key, who was refused, who is outside: as events tell it, and as CloudTrail and KMS know it. */
import { describe, expect, test } from 'vitest';
import { loud } from '../countdown/given.ts';
import { cardOf, deliverAws, inWorld, pass, scheduled, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, MALLORY, TOPIC } from '../harness.ts';
import { cardSays, granted, PLACE, s3Reads } from './given.ts';

describe('the last use', () => {
  test('older than the tracking is not known, never unused: CloudTrail is looked at, and says what it has', () =>
    inWorld(loud, async (world) => {
      const made = await world.aws.kms.seed({}, PLACE, {
        aliases: ['alias/ancient'],
        createdAt: Date.parse('2021-03-01T00:00:00Z'),
      });
      const arn = String(made.Arn);
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const words = await cardSays(world, 'ancient', 'last used before AWS began to track uses (2026-04-23), or never');
      expect(await cardSays(world, 'ancient', 'CloudTrail shows none since')).toContain('silence proves nothing');
      expect(words).not.toMatch(/unused|no use seen/);
      await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'status alias/ancient' });
      await eventually('the status', () =>
        world.slack.ephemerals().some(({ text }) => text.includes('last used before AWS began to track uses')),
      );
    }));

  test('used: at least until then, and KMS may be an hour late', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('busy');
      expect(s3Reads(world, arn, 'invoices')).toBe(200);
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      expect(await cardSays(world, 'busy', 'at least until')).toContain('KMS tells of a use up to an hour late');
    }));
});

describe('refused calls', () => {
  test('events and CloudTrail tell of the same ones: each counts once, by whom and what after', () =>
    inWorld(loud, async (world) => {
      const arn = await scheduled(world, 'wanted');
      await cardOf(world, 'wanted');
      await settled(world);
      expect(s3Reads(world, arn, 'invoices')).toBe(400);
      await eventually('the event', async () => (await world.incident(arn))?.refused?.count === 1);
      // What the bot refuses to take is lost to it; the history keeps it.
      const { url } = world.bot;
      world.aws.deliverTo({
        snsUrl: `${url}/webhooks/sns`,
        topicArn: TOPIC,
        eventBridgeUrl: `${url}/webhooks/eventbridge`,
        eventBridgeToken: 'another bot’s',
      });
      for (const bucket of ['invoices', 'receipts']) s3Reads(world, arn, bucket);
      deliverAws(world, world.bot);
      const date = await eventually('the date', async () => (await world.incident(arn))?.countdown?.deletionDate);
      pass(world, date - 14 * DAY + 1_000 - world.clock.now());
      await eventually('all three', async () => (await world.incident(arn))?.refused?.count === 3);
      const words = await cardSays(world, 'wanted', '3 refused calls');
      for (const part of ['invoices (2×)', 'receipts', 'CloudTrail looked through', '*S3*', 'refused call'])
        expect(words).toContain(part);
      pass(world, 7 * DAY);
      await eventually('the next look', async () => (await world.incident(arn))?.countdown?.told.includes(7 * DAY));
      await settled(world);
      expect((await world.incident(arn))?.refused?.count).toBe(3);
    }));
});

test('other accounts that policy or grants let in are named: what AWS refuses them is not seen here', () =>
  inWorld(loud, async (world) => {
    const arn = await world.makeKey('shared');
    await granted(world, arn, 'arn:aws:iam::444455556666:role/partner', { tenant: '7' });
    await sweepNow(world);
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 }, MALLORY);
    const words = await cardSays(world, 'shared', 'their refusals may be invisible here');
    expect(words).toContain('444455556666 (grant)');
  }));
