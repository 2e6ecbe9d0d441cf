/** KMS that throttles, fails, loses its answer, lags behind or says no, in the middle of a rescue. */
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox/world.ts';
import { ACCOUNT, CHANNEL, eventually, type World } from '../harness.ts';
import { cardOf, inWorld, scheduled, sweepNow } from './given.ts';
import { called, changesByUs, quiet } from './traces.ts';

const fault = (world: World, operation: string, mode: Fault['mode'], count = 1): void =>
  world.aws.addFault({ service: 'kms', operation, mode, count });

/** The card of a key that was enabled and is to be deleted; nothing is left to do but what a click asks. */
async function endangered(world: World, alias: string): Promise<string> {
  const arn = await scheduled(world, alias);
  await cardOf(world, alias);
  await quiet(world);
  return arn;
}

async function rescue(world: World, alias: string): Promise<void> {
  const { ts } = await cardOf(world, alias);
  expect(await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' })).toMatchObject({
    ok: true,
  });
}

const shows = (world: World, alias: string, words: string, within = 15_000): Promise<true> =>
  eventually(
    `${words} on the card`,
    () => (world.words(world.cards(`alias/${alias}`)[0]).includes(words) ? true : undefined),
    within,
  );

const actionOf = async (world: World, arn: string) => (await world.incident(arn))?.actions.at(-1);

const FULL = ['CancelKeyDeletion', 'EnableKey'];

describe('a rescue through a bad KMS', () => {
  test('19: throttled: tried again after a pause, one change each', () =>
    inWorld({}, async (world) => {
      const arn = await endangered(world, 'throttled');
      fault(world, 'CancelKeyDeletion', 'throttle', 2);
      fault(world, 'EnableKey', 'throttle', 1);
      await rescue(world, 'throttled');
      await shows(world, 'throttled', '🟢');
      expect(changesByUs(world, arn)).toEqual(FULL);
      expect(called(world, 'CancelKeyDeletion')).toBe(3);
      expect(called(world, 'EnableKey')).toBe(2);
      const outcomes = (await actionOf(world, arn))?.calls.map((call) => call.outcome?.kind);
      expect(outcomes).toEqual(['throttled', 'throttled', 'succeeded', 'throttled', 'succeeded']);
    }));

  test('19: two keys of one place throttled: each is rescued, each call of one key after the other', () =>
    inWorld({}, async (world) => {
      const arns = [await endangered(world, 'busy-one'), await endangered(world, 'busy-two')];
      fault(world, 'CancelKeyDeletion', 'throttle', 2);
      await Promise.all([rescue(world, 'busy-one'), rescue(world, 'busy-two')]);
      await Promise.all([shows(world, 'busy-one', '🟢'), shows(world, 'busy-two', '🟢')]);
      for (const arn of arns) expect(changesByUs(world, arn)).toEqual(FULL);
      expect(called(world, 'CancelKeyDeletion')).toBe(4);
    }));

  test('20: KMSInternalException: read before it is sent again', { timeout: 40_000 }, () =>
    inWorld({}, async (world) => {
      const arn = await endangered(world, 'internal');
      const reads = called(world, 'DescribeKey');
      fault(world, 'CancelKeyDeletion', 'failBefore');
      await rescue(world, 'internal');
      await eventually('the failed call', async () => (await actionOf(world, arn))?.calls[0]?.outcome);
      await eventually('reads before a second call', () => called(world, 'DescribeKey') >= reads + 3 || undefined);
      expect(called(world, 'CancelKeyDeletion')).toBe(1);
      world.clock.move(11_000);
      await shows(world, 'internal', '🟢');
      expect(changesByUs(world, arn)).toEqual(FULL);
      expect(called(world, 'CancelKeyDeletion')).toBe(2);
    }),
  );

  test('21: done, and the answer lost: confirmed by reading, not sent again', () =>
    inWorld({}, async (world) => {
      const arn = await endangered(world, 'lost-answer');
      fault(world, 'CancelKeyDeletion', 'failAfter');
      fault(world, 'EnableKey', 'failAfter');
      await rescue(world, 'lost-answer');
      await shows(world, 'lost-answer', '🟢');
      expect(changesByUs(world, arn)).toEqual(FULL);
      expect(called(world, 'CancelKeyDeletion')).toBe(1);
      expect(called(world, 'EnableKey')).toBe(1);
      expect((await actionOf(world, arn))?.ending).toMatchObject({ kind: 'verified', confirmedByRead: true });
      // The echo brings the request id that the answer did not.
      await eventually('the echoes', async () =>
        (await actionOf(world, arn))?.calls.every((call) => call.outcome?.requestId !== undefined),
      );
      expect((await world.incident(arn))?.dangers.map((danger) => danger.kind)).not.toContain('ownRoleMisused');
    }));

  test('21: silence: given up after five seconds, confirmed by reading', () =>
    inWorld({}, async (world) => {
      const arn = await endangered(world, 'silent');
      fault(world, 'EnableKey', 'hang');
      await rescue(world, 'silent');
      await eventually('the call given up', async () => {
        const outcome = (await actionOf(world, arn))?.calls[1]?.outcome;
        return outcome?.kind === 'ambiguous' ? true : undefined;
      });
      world.clock.move(11_000);
      await shows(world, 'silent', '🟢');
      expect(changesByUs(world, arn)).toEqual(FULL);
      expect(called(world, 'EnableKey')).toBe(2);
    }));

  test('22: stale reads after the change: read again, not sent again, no false word', () =>
    inWorld({}, async (world) => {
      const arn = await endangered(world, 'stale');
      const before = called(world, 'DescribeKey');
      // Slow, so that the stale reads come after the change and not before it.
      fault(world, 'CancelKeyDeletion', 'slow');
      await rescue(world, 'stale');
      await eventually('the cancelled deletion', () => world.stateOf(arn) === 'Disabled' || undefined);
      fault(world, 'DescribeKey', 'stale', 4);
      await shows(world, 'stale', '🟢');
      expect(called(world, 'DescribeKey')).toBeGreaterThan(before + 5);
      expect(changesByUs(world, arn)).toEqual(FULL);
      expect(called(world, 'CancelKeyDeletion')).toBe(1);
      expect((await actionOf(world, arn))?.ending).toMatchObject({ kind: 'verified', confirmedByRead: false });
    }));

  test('22: a stale read right after the event: the card says what AWS said, and no second incident follows', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('behind');
      fault(world, 'DescribeKey', 'stale', 2);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await eventually('the pending key on its card', async () => {
        world.clock.move(200);
        await world.bot.pulse();
        const read = (await world.incident(arn))?.read;
        return read?.kind === 'read' && read.snapshot.state === 'PendingDeletion' ? true : undefined;
      });
      await quiet(world);
      expect(world.cards('mallory')).toHaveLength(1);
      expect((await world.incident(arn))?.countdown).toBeDefined();
    }));
});

/** A role, and a key policy, that do not allow what is asked. */
describe('23: a missing permission is named exactly', () => {
  const refusing = (denied: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Root',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
        { Sid: 'No', Effect: 'Deny', Principal: '*', Action: denied, Resource: '*', Condition: ours },
      ],
    });
  const ours = { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/Keywarden*` } };

  test('23: the key policy denies kms:CancelKeyDeletion: failed at once, the action named, one call', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('no-cancel', { Policy: refusing('kms:CancelKeyDeletion') });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await cardOf(world, 'no-cancel');
      await quiet(world);
      await rescue(world, 'no-cancel');
      await shows(world, 'no-cancel', 'kms:CancelKeyDeletion');
      expect(world.stateOf(arn)).toBe('PendingDeletion');
      expect(called(world, 'CancelKeyDeletion')).toBe(1);
      expect((await actionOf(world, arn))?.ending).toMatchObject({
        kind: 'failed',
        why: { kind: 'denied', operation: 'kms:CancelKeyDeletion' },
      });
    }));

  test('23: the key policy denies kms:EnableKey: amber, cancelled, and the action named', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('no-enable', { Policy: refusing('kms:EnableKey') });
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await cardOf(world, 'no-enable');
      await quiet(world);
      await rescue(world, 'no-enable');
      await eventually('the end', async () => (await actionOf(world, arn))?.ending);
      await quiet(world);
      expect(world.stateOf(arn)).toBe('Disabled');
      expect(changesByUs(world, arn)).toEqual(['CancelKeyDeletion']);
      expect((await actionOf(world, arn))?.ending).toMatchObject({ kind: 'amber', why: 'enableDenied' });
      expect(world.words(world.cards('alias/no-enable')[0])).toContain('kms:EnableKey');
    }));

  test('23: a key policy that does not delegate to the account: the card says what cannot be read', () =>
    inWorld({}, async (world) => {
      const own = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/Admins` },
            Action: 'kms:*',
            Resource: '*',
          },
        ],
      });
      const arn = await world.makeKey('walled-off', { Policy: own, BypassPolicyLockoutSafetyCheck: true });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await eventually('the card', () => (world.cards(arn.split('/')[1] ?? '').length > 0 ? true : undefined));
      await quiet(world);
      const [card] = world.cards(arn.split('/')[1] ?? '');
      expect(world.words(card)).toContain('kms:DescribeKey');
      expect(world.words(card)).toContain('key policy');
      expect(world.words(card)).not.toContain('🟢');
      expect((await world.incident(arn))?.phase.kind).toBe('open');
    }));
});
