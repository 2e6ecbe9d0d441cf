/** The heartbeat: visited after an inspection while all is well, and never otherwise. */
import { expect, test } from 'vitest';
import { inWorld, sweepNow } from '../faults/given.ts';
import { redisCommand } from '../faults/traces.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import { liveUntil, openSink, pagerIdle } from '../pager/given.ts';
import { dying, idle, incidentId, inspectNow, steady } from './given.ts';

const withHeartbeat = async (
  story: (world: World, visits: () => number) => Promise<void>,
  answer?: (visit: number) => number,
): Promise<void> => {
  await using sink = await openSink(answer);
  await inWorld({ ...steady, config: { heartbeat: sink.url } }, async (world) => {
    // The first inspection follows the first sweep.
    await eventually('the first inspection', () => world.bot.house.inspections.last());
    await story(world, () => sink.visits.length);
    expect(sink.visits.every(({ method }) => method === 'GET')).toBe(true);
  });
};

test('once for each inspection that finds nothing; withheld while something is found, and there again when it is clean', () =>
  withHeartbeat(async (world, visits) => {
    expect(visits()).toBe(1);
    const { arn } = await dying(world, 'watched');
    const before = visits();
    expect((await inspectNow(world)).heartbeat).toEqual({ kind: 'pinged' });
    expect(visits()).toBe(before + 1);
    await redisCommand(world, 'ZREM', '{kw}:due', incidentId(arn));
    expect((await inspectNow(world)).heartbeat).toEqual({
      kind: 'withheld',
      why: 'this inspection found something',
    });
    expect(visits()).toBe(before + 1);
    expect((await world.bot.readiness()).warnings.join()).toContain('heartbeat was withheld');
    expect((await inspectNow(world)).heartbeat).toEqual({ kind: 'pinged' });
    expect(visits()).toBe(before + 2);
  }));

test('withheld while the pager is called', () =>
  withHeartbeat(async (world, visits) => {
    world.slack.change({ kind: 'revokeToken' });
    await liveUntil(world, 'the page', async () => (await world.bot.house.pages.all()).length > 0);
    expect((await inspectNow(world)).heartbeat).toEqual({
      kind: 'withheld',
      why: 'the pager was called: tokenRevoked',
    });
    world.slack.change({ kind: 'restoreToken' });
    await liveUntil(world, 'its end', async () => (await world.bot.house.pages.all()).length === 0);
    await pagerIdle(world);
    const before = visits();
    expect((await inspectNow(world)).heartbeat).toEqual({ kind: 'pinged' });
    expect(visits()).toBe(before + 1);
  }));

test('withheld while a place cannot be swept', () =>
  withHeartbeat(async (world) => {
    world.aws.addFault({ service: 'kms', operation: 'ListKeys', mode: 'failBefore', count: 1_000_000 });
    await sweepNow(world);
    await idle(world);
    expect((await inspectNow(world)).heartbeat).toEqual({
      kind: 'withheld',
      why: '1 of 1 places could not be swept',
    });
    world.aws.clearFaults();
    await sweepNow(world);
    await idle(world);
    expect((await inspectNow(world)).heartbeat).toEqual({ kind: 'pinged' });
  }));

test('an address that does not take it is told of by readiness, and no incident', () =>
  withHeartbeat(
    async (world) => {
      expect((await world.bot.house.inspections.last())?.heartbeat).toEqual({ kind: 'failed', problem: 'HTTP 500' });
      const { warnings } = await world.bot.readiness();
      expect(warnings.join()).toContain('the heartbeat could not be sent');
      expect(warnings.join()).not.toContain('secret-of-the-address');
      expect(world.messages(CHANNEL)).toEqual([]);
      expect((await inspectNow(world)).heartbeat).toEqual({ kind: 'pinged' });
    },
    (visit) => (visit === 1 ? 500 : 200),
  ));

test('two processes: one visit for each slot', async () => {
  await using sink = await openSink();
  await inWorld({ ...steady, config: { heartbeat: sink.url, sweep: { every: '60s', full: '6h' } } }, async (world) => {
    const next = await world.addBot();
    await eventually('the first inspection', () => world.bot.house.inspections.last());
    const first = sink.visits.length;
    const slot = (await world.bot.house.inspections.last())?.slot ?? 0;
    for (let minute = 1; minute <= 5; minute += 1) {
      world.clock.move(60_000);
      await Promise.all([world.bot.pulse(), next.pulse()]);
      await eventually(
        'the inspection of the next slot',
        async () => ((await world.bot.house.inspections.last())?.slot ?? 0) >= slot + minute * 60_000,
      );
    }
    await Promise.all([world.bot.pulse(), next.pulse()]);
    expect(sink.visits).toHaveLength(first + 5);
  });
});

test('sweeps as frequent as the pulse are inspected too', () =>
  inWorld({ ...steady, config: { sweep: { every: '1s', full: '6h' } } }, async (world) => {
    const slots = new Set<number>();
    await eventually('three inspections', async () => {
      slots.add((await world.bot.house.inspections.last())?.slot ?? 0);
      return slots.size > 3;
    });
  }));
