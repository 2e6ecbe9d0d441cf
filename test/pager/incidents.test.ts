/** Pages that follow from an incident's record: the last day, an account that cannot be read, our own role misused. */
import { describe, expect, test } from 'vitest';
import { cardOf, inWorld, pass, scheduled, settled, sweepNow, takeOver } from '../faults/given.ts';
import { called } from '../faults/traces.ts';
import { ACCOUNT, CHANNEL, DAY, eventually, REGION, type World } from '../harness.ts';
import { callsOf, live, liveUntil, openSink, pagerIdle, published, toTopic } from './given.ts';

const steady = { withRoles: false, config: toTopic } as const;

async function dateOf(world: World, arn: string): Promise<number> {
  const incident = await eventually('the countdown', async () => {
    const found = await world.incident(arn);
    return found?.countdown === undefined ? undefined : found;
  });
  return incident.countdown?.deletionDate ?? 0;
}

const outcomes = (world: World): readonly unknown[] =>
  world.aws
    .events()
    .filter(({ source, detail }) => source === 'pager' && detail.state === 'over')
    .map(({ detail }) => detail.outcome);

describe('the last day', () => {
  test('nobody says a word: called once by two processes, an hour into it; over when somebody has it in hand', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'forgotten', 7);
      const card = await cardOf(world, 'forgotten');
      const date = await dateOf(world, arn);
      await settled(world);
      await takeOver(world);
      pass(world, date - DAY + 1_000 - world.clock.now());
      await live(world, 120);
      expect(callsOf(published(world), 'lastDay')).toEqual([]);
      pass(world, 3_600_000);
      await liveUntil(world, 'the call', () => callsOf(published(world), 'lastDay').length > 0, 120);
      await live(world, 120);
      await pagerIdle(world);
      expect(callsOf(published(world), 'lastDay')).toEqual(['open']);
      const call = published(world).find(({ kind }) => kind === 'lastDay');
      expect(call?.summary).toContain('alias/forgotten');
      expect(call?.message).toContain(`aws kms cancel-key-deletion --region ${REGION} --key-id ${arn}`);
      expect(
        await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Acknowledge' }),
      ).toMatchObject({ ok: true });
      await liveUntil(world, 'the end', () => callsOf(published(world), 'lastDay').length > 1, 120);
      expect(callsOf(published(world), 'lastDay')).toEqual(['open', 'over']);
      expect(outcomes(world)).toEqual(['acknowledged']);
    }));

  test('the key policy is closed to our rescue: the call says so first, by whom, and what must be done before a rescue', () =>
    inWorld({ config: toTopic }, async (world) => {
      const arn = await scheduled(world, 'shut', 7);
      const rescue = { AWS: `arn:aws:iam::${ACCOUNT}:role/KeywardenRescue` };
      const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
      await world.call('PutKeyPolicy', {
        KeyId: arn,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
            { Effect: 'Deny', Principal: rescue, Action: 'kms:*', Resource: '*' },
          ],
        }),
      });
      await eventually(
        'who closed it',
        async () => (await world.incident(arn))?.knowledge?.cancelling?.by !== undefined,
      );
      const date = await dateOf(world, arn);
      await settled(world);
      pass(world, date - 20 * 3_600_000 - world.clock.now());
      await liveUntil(world, 'the call', () => callsOf(published(world), 'lastDay').length > 0, 120);
      const message = published(world).find(({ kind }) => kind === 'lastDay')?.message ?? '';
      expect(message.split('\n')[2]).toMatch(
        /^Keywarden cannot cancel it: key policy closed by arn:aws:sts::\d{12}:assumed-role\/Admins\/mallory, /,
      );
      expect(message).toContain(`principals of account ${ACCOUNT} whose IAM policy allows kms:PutKeyPolicy`);
      expect(message).toContain(`aws kms put-key-policy --region ${REGION} --key-id ${arn}`);
    }));

  test('rescued: over', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'saved', 7);
      const card = await cardOf(world, 'saved');
      const date = await dateOf(world, arn);
      await settled(world);
      pass(world, date - 20 * 3_600_000 - world.clock.now());
      await liveUntil(world, 'the call', () => callsOf(published(world), 'lastDay').length > 0, 120);
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
      await liveUntil(world, 'the end', () => callsOf(published(world), 'lastDay').length > 1, 120);
      expect(outcomes(world)).toEqual(['restored']);
    }));

  test('nobody came: over because KMS has deleted the key, and nothing calls that fine', () =>
    inWorld(steady, async (world) => {
      const arn = await scheduled(world, 'lost', 7);
      await cardOf(world, 'lost');
      const date = await dateOf(world, arn);
      await settled(world);
      pass(world, date - 20 * 3_600_000 - world.clock.now());
      await liveUntil(world, 'the call', () => callsOf(published(world), 'lastDay').length > 0, 120);
      await pagerIdle(world);
      pass(world, date + 2_000 - world.clock.now());
      await eventually('the closed incident', async () => (await world.incident(arn))?.phase.kind === 'closed');
      await sweepNow(world);
      await liveUntil(world, 'the end', () => callsOf(published(world), 'lastDay').length > 1, 300);
      expect(outcomes(world)).toEqual(['deleted']);
      const over = published(world).find(({ status }) => status === 'over');
      expect(over?.summary).toContain('LOST, KMS has deleted the key');
      expect(over?.message).not.toContain('Nothing is left to do');
    }));

  test('Slack is down on the last day: both sinks are called about the key, and told when the reminder is through', async () => {
    await using sink = await openSink();
    await inWorld({ ...steady, config: { pager: { ...toTopic.pager, webhook: sink.url } } }, async (world) => {
      const arn = await scheduled(world, 'worst-case', 7);
      await cardOf(world, 'worst-case');
      const date = await dateOf(world, arn);
      await settled(world);
      world.slack.addFault({ service: 'slack', operation: '*', mode: 'failBefore', count: 1_000_000 });
      pass(world, date - DAY + 1_000 - world.clock.now());
      await liveUntil(
        world,
        'the call that Slack is silent',
        () => callsOf(published(world), 'unposted').length > 0,
        600,
      );
      pass(world, 3_600_000);
      await liveUntil(world, 'the call about the last day', () => callsOf(published(world), 'lastDay').length > 0, 300);
      await pagerIdle(world);
      const open = sink.taken.filter(({ status }) => status === 'open');
      expect(open.map(({ kind }) => kind).sort()).toEqual(['lastDay', 'unposted']);
      expect(open.every(({ key }) => key === arn)).toBe(true);
      world.slack.clearFaults();
      await liveUntil(world, 'the end', () => callsOf(published(world), 'unposted').length > 1, 300);
      await pagerIdle(world);
      expect(callsOf(published(world), 'lastDay')).toEqual(['open']);
      expect(callsOf(sink.taken, 'unposted')).toEqual(['open', 'over']);
    });
  });
});

test('an account goes unreadable: called after two sweeps, over with the first that reads it', () =>
  inWorld(steady, async (world) => {
    await world.makeKey('hidden');
    world.aws.addFault({ service: 'kms', operation: 'ListKeys', mode: 'failBefore', count: 1_000_000 });
    await sweepNow(world);
    await live(world, 30);
    expect(callsOf(published(world), 'unreadable')).toEqual([]);
    await sweepNow(world);
    await liveUntil(world, 'the call', () => callsOf(published(world), 'unreadable').length > 0, 120);
    const [call] = published(world);
    expect(call?.summary).toContain(`${ACCOUNT} in ${REGION}`);
    expect(call?.message).toContain('kms:ListKeys');
    await sweepNow(world);
    await pagerIdle(world);
    expect(callsOf(published(world), 'unreadable')).toEqual(['open']);
    world.aws.clearFaults();
    await sweepNow(world);
    await liveUntil(world, 'the end', () => callsOf(published(world), 'unreadable').length > 1, 120);
    expect(callsOf(published(world), 'unreadable')).toEqual(['open', 'over']);
  }));

test('our own role acts and nobody asked for it: called at once, with the call and the role', () =>
  inWorld({ config: toTopic }, async (world) => {
    const arn = await world.makeKey('touched');
    await sweepNow(world);
    await world.call(
      'DisableKey',
      { KeyId: arn },
      {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/KeywardenDisable/somebody-else`,
        account: ACCOUNT,
        region: REGION,
      },
    );
    expect(called(world, 'DisableKey')).toBe(0);
    await liveUntil(world, 'the call', () => callsOf(published(world), 'ownRole').length > 0, 120);
    const [call] = published(world);
    expect(call?.summary).toContain('alias/touched');
    expect(call?.message).toContain('DisableKey under');
    expect(call?.message).toContain('KeywardenDisable');
    await live(world, 60);
    await pagerIdle(world);
    expect(callsOf(published(world), 'ownRole')).toEqual(['open']);
  }));
