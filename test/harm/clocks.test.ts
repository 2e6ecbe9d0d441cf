/** Who needs a key gets hurt before the key is gone: the card counts to that, and it is said as loudly. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KeyDeeds } from '../../src/sandbox/key-deeds.ts';
import { HOUR, heardTimes, inFallback, loud, passTo } from '../countdown/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, MALLORY, TOKEN, TOPIC, type World } from '../harness.ts';
import { cardSays, disabled, granted, REPLICATION } from './given.ts';

const RDS = ['rds.us-west-2.amazonaws.com', { 'aws:rds:db-id': 'db-ORDERS01' }] as const;

/** The moment of the next loss, once its countdown runs. */
const lossOf = (world: World, arn: string): Promise<number> =>
  eventually('the countdown to a loss', async () => (await world.incident(arn))?.losses?.deletionDate);

describe('a disabled key has clocks, too', () => {
  test('RDS: its card counts to a week after the disabling, marked may, and reminders come', () =>
    inWorld(loud, async (world) => {
      const at = world.clock.now();
      const arn = await disabled(world, 'rds-orders', [RDS]);
      const lossAt = await lossOf(world, arn);
      expect(Math.abs(lossAt - at - 7 * DAY)).toBeLessThan(60_000);
      const words = await cardSays(world, 'rds-orders', 'May be lost after');
      for (const part of ['RDS databases', '▓', 'Who gets hurt', 'db-ORDERS01', 'only a backup helps', 'seen: grant'])
        expect(words).toContain(part);
      passTo(world, lossAt - 3 * DAY + 1_000);
      await eventually('the reminder', async () => (await world.incident(arn))?.losses?.posted?.includes(3 * DAY));
      passTo(world, lossAt - DAY + 1_000);
      await eventually('everybody', () => inFallback(world).length > 0);
      const { text, message } = inFallback(world).at(-1) ?? { text: '', message: {} };
      expect(text).toContain('RDS databases may be lost after');
      expect(JSON.stringify(message)).toContain('7 days to get its key back');
      pass(world, DAY);
      await cardSays(world, 'rds-orders', 'May be lost already');
      expect((await world.incident(arn))?.losses).toBeUndefined();
    }));

  test('a global table’s replica: twenty hours, loud from the start, and then the table’s week', () =>
    inWorld(loud, async (world) => {
      const at = world.clock.now();
      const arn = await disabled(world, 'carts', [[REPLICATION, { 'aws:dynamodb:tableName': 'carts' }]]);
      const lossAt = await lossOf(world, arn);
      expect(Math.abs(lossAt - at - 20 * HOUR)).toBeLessThan(60_000);
      await cardSays(world, 'carts', 'the replica of a DynamoDB global table');
      await eventually('everybody', () => inFallback(world).length === 1);
      passTo(world, lossAt + 1_000);
      await eventually('the next clock', async () => (await world.incident(arn))?.losses?.of.includes('dynamodb'));
      const words = await cardSays(world, 'carts', 'May be lost already');
      expect(words).toContain('DynamoDB tables');
    }));
});

describe('beside a deletion', () => {
  test('what comes first counts; what the deletion outruns makes no reminders of its own', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('books');
      await granted(world, arn, ...RDS);
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await cardOf(world, 'books');
      const lossAt = await lossOf(world, arn);
      const words = await cardSays(world, 'books', 'May be lost after');
      expect(words).toMatch(/May be lost after.*Then.*deleted after/s);
      passTo(world, lossAt - 3 * DAY + 1_000);
      expect((await heardTimes(world, 1)).text).toContain('may be lost after');

      const other = await world.makeKey('week');
      await granted(world, other, ...RDS);
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: other, PendingWindowInDays: 7 });
      const both = await cardSays(world, 'week', 'db-ORDERS01');
      expect(both).toContain('Deleted after');
      expect((await world.incident(other))?.losses).toBeUndefined();
    }));

  test('imported material that expires before: no may, and a reminder before it does', () =>
    inWorld(loud, async (world) => {
      const arn = await world.makeKey('vault', { Origin: 'EXTERNAL' });
      const deeds = new KeyDeeds(world.aws);
      deeds.keepMaterial(arn, randomBytes(32));
      const validTo = Math.floor((world.clock.now() + 5 * DAY) / 1000) * 1000;
      await deeds.importMaterial(arn, MALLORY, validTo);
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      expect(await lossOf(world, arn)).toBe(validTo);
      const words = await cardSays(world, 'vault', 'Material expires');
      expect(words).not.toContain('May be lost after');
      passTo(world, validTo - 3 * DAY + 1_000);
      const reminder = await heardTimes(world, 1);
      expect(reminder.text).toContain('the imported key material expires');
    }));
});

test('imported material that expires, and nothing else: who holds it is told how, and then it has expired once', () =>
  inWorld(loud, async (world) => {
    const arn = await world.makeKey('exchange', { Origin: 'EXTERNAL' });
    const deeds = new KeyDeeds(world.aws);
    deeds.keepMaterial(arn, randomBytes(32));
    const validTo = Math.floor((world.clock.now() + 5 * DAY) / 1000) * 1000;
    await deeds.importMaterial(arn, MALLORY, validTo);
    await sweepNow(world);
    await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'watch exchange it expires' });
    expect(await lossOf(world, arn)).toBe(validTo);
    passTo(world, validTo - DAY + 1_000);
    const reminded = await eventually('everybody', () => inFallback(world).at(-1));
    const words = JSON.stringify(reminded.message);
    expect(words).toContain('aws kms import-key-material');
    for (const part of ['Can we cancel', '"Disable"', '"Delete Material"']) expect(words).not.toContain(part);
    passTo(world, validTo + 1_000);
    await cardSays(world, 'exchange', 'Key material expired');
    await sweepNow(world);
    await settled(world);
    const card = await cardSays(world, 'exchange', '*Material expired*');
    expect(card).not.toMatch(/deleted by|times, last|AWS Internal/);
    expect((await world.incident(arn))?.dangers.map(({ kind }) => kind)).toContain('materialExpired');
  }));

test('the sweep alone finds that imported material has expired, and accuses nobody', () =>
  inWorld(loud, async (world) => {
    const arn = await world.makeKey('unheard', { Origin: 'EXTERNAL' });
    const deeds = new KeyDeeds(world.aws);
    deeds.keepMaterial(arn, randomBytes(32));
    const validTo = Math.floor((world.clock.now() + DAY) / 1000) * 1000;
    await deeds.importMaterial(arn, MALLORY, validTo);
    await sweepNow(world);
    const nowhere = 'http://127.0.0.1:9';
    world.aws.deliverTo({ snsUrl: nowhere, topicArn: TOPIC, eventBridgeUrl: nowhere, eventBridgeToken: TOKEN });
    passTo(world, validTo + 1_000);
    await sweepNow(world);
    await cardSays(world, 'unheard', 'Key material expired');
    expect((await world.incident(arn))?.dangers.map(({ kind }) => kind)).toEqual(['materialExpired']);
  }));

test('enabled again in time, nothing counts any more', () =>
  inWorld(loud, async (world) => {
    const arn = await disabled(world, 'saved', [RDS]);
    await lossOf(world, arn);
    await world.call('EnableKey', { KeyId: arn });
    await eventually('the end', async () => (await world.incident(arn))?.phase.kind === 'closed', 20_000);
    expect((await world.incident(arn))?.losses).toBeUndefined();
    const words = await cardSays(world, 'saved', 'the danger is over');
    expect(words).not.toContain('May be lost');
  }));
