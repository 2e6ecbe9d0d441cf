/** Processes that die or freeze between two writes: after the record was saved, after a card was posted, after an intent. */
import { expect, test } from 'vitest';
import { type BotProcess, deliverTo, end, startBotProcess } from '../crash-processes.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import { cardOf, inWorld, pass, takeOver } from './given.ts';
import { called, changesByUs, quiet, redisCommand } from './traces.ts';

async function beside(world: World, story: (child: BotProcess) => Promise<void>): Promise<void> {
  const child = await startBotProcess(world);
  try {
    await eventually('the first sweep', async () => {
      const sweeps = (await redisCommand(world, 'HVALS', '{kw}:sweeps')) as string[];
      return (sweeps.length > 0 && sweeps.every((sweep) => sweep.includes('completedAt'))) || undefined;
    });
    deliverTo(world, child);
    await story(child);
  } finally {
    await end(child);
  }
}

const kill = async (child: BotProcess): Promise<void> => {
  child.child.kill('SIGKILL');
  await child.exited;
};

test('killed after the record was saved, before its card was posted: the card comes, once', { timeout: 40_000 }, () =>
  inWorld({ withoutBot: true }, async (world, endsWith) => {
    const arn = await world.makeKey('saved-only');
    await beside(world, async (child) => {
      world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'hang', count: 1 });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await eventually('the post that hangs', () => (world.slack.calls().get('slack chat.postMessage') ?? 0) > 0);
      await kill(child);
    });
    expect(world.messages()).toEqual([]);
    endsWith(await takeOver(world));
    pass(world, 60_000);
    await cardOf(world, 'saved-only');
    await quiet(world);
    expect(world.messages()).toHaveLength(1);
  }),
);

test(
  'killed after Slack took the card, before its answer: found in the channel, not posted again',
  {
    timeout: 40_000,
  },
  () =>
    inWorld({ withoutBot: true }, async (world, endsWith) => {
      const arn = await world.makeKey('posted-only');
      await beside(world, async (child) => {
        world.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'slow', count: 1 });
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
        await cardOf(world, 'posted-only');
        await kill(child);
      });
      const [posted] = world.messages();
      endsWith(await takeOver(world));
      pass(world, 60_000);
      await eventually(
        'the adopted card',
        async () => (await world.incident(arn))?.card.ts === posted?.ts || undefined,
      );
      await quiet(world);
      expect(world.messages()).toHaveLength(1);
    }),
);

test(
  '4: frozen between the intent and its call: the thawed one changes nothing that was done',
  { timeout: 60_000 },
  () =>
    inWorld({ withoutBot: true }, async (world, endsWith) => {
      const arn = await world.makeKey('thawed');
      await beside(world, async (child) => {
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
        const { ts } = await cardOf(world, 'thawed');
        await quiet(world);
        world.aws.addFault({ service: 'sts', operation: 'AssumeRole', mode: 'slow', count: 1 });
        const sessions = called(world, 'AssumeRole', 'sts');
        await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
        await eventually('the session asked for', () => called(world, 'AssumeRole', 'sts') > sessions || undefined);
        child.child.kill('SIGSTOP');
        expect(called(world, 'CancelKeyDeletion')).toBe(0);
        endsWith(await takeOver(world));
        // The intent grows old: only then is the call sent again.
        pass(world, 11_000);
        const outcome = async () => (await world.incident(arn))?.actions[0]?.calls[0]?.outcome;
        await eventually('the intent given up', outcome, 20_000);
        pass(world, 11_000);
        await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled' || undefined, 20_000);
        const before = changesByUs(world, arn);
        expect(before).toEqual(['CancelKeyDeletion', 'EnableKey']);
        await eventually('the end', async () => (await world.incident(arn))?.actions[0]?.ending);
        child.child.kill('SIGCONT');
        // Alive again, with a turn of its own: it takes and answers what comes.
        await eventually(
          'the thawed process',
          async () => (await fetch(`${child.url}/readyz`)).status === 200 || undefined,
        );
        const late = await world.makeKey('after-thaw');
        deliverTo(world, child);
        await world.call('ScheduleKeyDeletion', { KeyId: late, PendingWindowInDays: 7 });
        // With its name, although this world's clock is ahead of the child's by now: the pace of reading is Redis's.
        await cardOf(world, 'after-thaw');
        await quiet(world);
        expect(changesByUs(world, arn)).toEqual(before);
        expect(world.stateOf(arn)).toBe('Enabled');
        expect((await world.incident(arn))?.phase).toMatchObject({ kind: 'closed', outcome: 'restored' });
        expect(world.cards('alias/thawed')).toHaveLength(1);
      });
    }),
);
