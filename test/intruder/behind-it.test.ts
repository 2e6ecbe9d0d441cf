/** Whose name in AWS stands behind a danger is no second person about it, whatever role they hold in Slack. */
import { describe, expect, it } from 'vitest';
import { commandForm, errorsOf, pressForm, requestOf, send, told } from '../approvals/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, DAY, eventually, MALLORY, type World } from '../harness.ts';
import { mallory, mapped } from './given.ts';

/** Dave, whose name in AWS Mallory's sessions bear, may agree as Bob may. */
const approving = {
  ...mapped,
  config: {
    ...mapped.config,
    roles: { responder: { users: ['U0ALICE'] }, approver: { users: ['U0BOB', 'U0DAVE'] } },
  },
};

const command = async (world: World, user: string, text: string): Promise<string> =>
  JSON.stringify((await world.slack.command({ channel: CHANNEL, user, text })).response ?? '');

async function refusals(world: World): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const page of world.bot.house.audit.entries())
    for (const { kind, actor, what, message } of page)
      if (kind === 'refused') lines.push(`${'user' in actor ? actor.user : ''} ${what} ${message}`);
  return lines;
}

async function dying(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias);
  await sweepNow(world);
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 }, mallory());
  await cardOf(world, alias);
  return arn;
}

describe('whoever is behind a danger, by the configuration', () => {
  it('cannot release its hold; another approver can', async () => {
    await inWorld(approving, async (world) => {
      const arn = await dying(world, 'kept-off');
      await command(world, 'alice', 'hold alias/kept-off an intruder');
      expect(await command(world, 'dave', 'release alias/kept-off')).toContain('under your name');
      expect((await world.incident(arn))?.hold).toBeDefined();
      await eventually('the trace', async () => (await refusals(world)).includes('U0DAVE release ownDeed'));
      expect(await command(world, 'bob', 'release alias/kept-off')).toContain('not on hold any more');
    });
  });

  it('cannot agree that a key is switched on again; another approver can', async () => {
    await inWorld(approving, async (world) => {
      const arn = await dying(world, 'agreed-to');
      await world.call('CancelKeyDeletion', { KeyId: arn }, MALLORY);
      await command(world, 'alice', 'hold alias/agreed-to an intruder');
      await settled(world);
      const form = await commandForm(world, 'alice', 'enable alias/agreed-to');
      await send(world, 'alice', form, { reason: 'needed', key_name: 'agreed-to' });
      const { ts } = await requestOf(world, 'agreed-to');
      await world.slack.click({ channel: CHANNEL, ts, user: 'dave', action: 'Approve' });
      await told(world, 'dave', 'under your name');
      expect(world.stateOf(arn)).toBe('Disabled');
      const review = await pressForm(world, 'bob', ts, 'Approve');
      expect(errorsOf(await send(world, 'bob', review, { comment: 'seen' }))).toBe('');
      await eventually('the key on', () => world.stateOf(arn) === 'Enabled');
    });
  });

  it('cannot agree that its deletion was planned', async () => {
    await inWorld(approving, async (world) => {
      const arn = await dying(world, 'meant');
      await command(world, 'alice', 'planned alias/meant CHG-1');
      const card = await eventually('the buttons', () =>
        world.cards('alias/meant').find(({ blocks }) => JSON.stringify(blocks).includes('Agree to decommission')),
      );
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'dave', action: 'Agree to decommission' });
      await told(world, 'dave', 'under your name');
      expect((await world.incident(arn))?.plan?.status.kind).toBe('proposed');
    });
  });

  it('is woken all the same: it may be a stolen name', async () => {
    await inWorld(
      { ...approving, config: { ...approving.config, reminders: { loudWithin: '60d', before: ['29d'] } } },
      async (world) => {
        const arn = await dying(world, 'woken');
        pass(world, 2 * DAY);
        await world.bot.pulse();
        await eventually(
          'the loud reminder to Dave himself',
          () =>
            world.slack
              .channels()
              .find(({ name }) => name === '@dave')
              ?.messages.some(({ text }) => !String(text).includes('Was this you?')) || undefined,
          20_000,
        );
        expect((await world.incident(arn))?.phase.kind).toBe('open');
      },
    );
  });
});
