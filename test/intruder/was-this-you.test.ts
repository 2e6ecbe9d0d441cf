import { describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { inFallback, sentTo, whispersTo } from '../countdown/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, type World } from '../harness.ts';
import { mallory, mapped, pressQuestion } from './given.ts';

const questions = (world: World) => sentTo(world, 'dave').filter(({ text }) => String(text).includes('Was this you?'));

const conversation = (world: World): string => world.slack.channels().find(({ name }) => name === '@dave')?.id ?? '';

const said = (world: World, arn: string, wasMe: boolean) =>
  eventually('what they say', async () => (await world.incident(arn))?.said?.wasMe === wasMe, 20_000);

async function audited(world: World): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const page of world.bot.house.audit.entries())
    for (const { kind, outcome, message, what } of page)
      lines.push([kind, outcome ?? what ?? '', message ?? ''].join(' ').trim());
  return lines;
}

const pressAs = (world: World, user: string, question: SlackMessage, action: string): Promise<void> =>
  pressQuestion(world, user, conversation(world), question, action);

async function threeKeys(world: World): Promise<readonly [string, string, string]> {
  const arns = [await world.makeKey('one'), await world.makeKey('two'), await world.makeKey('three')] as const;
  await sweepNow(world);
  return arns;
}

describe('was this you?', () => {
  it('the person is asked once for all keys; "no" is loud at every one of them, and what they touched besides gets a card', async () => {
    await inWorld(mapped, async (world) => {
      const [one, two, three] = await threeKeys(world);
      await world.aws.call('CancelKeyDeletion', { KeyId: three }, mallory());
      for (const arn of [one, two])
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 }, mallory());
      const question = await eventually('the question', () => questions(world)[0]);
      expect(JSON.stringify(question)).toContain('ScheduleKeyDeletion');
      await eventually('the search', async () => (await world.incident(two))?.knowledge?.intruder, 20_000);
      expect(questions(world)).toHaveLength(1);
      expect(await world.incident(three)).toBeUndefined();

      // Somebody else finds the button.
      await pressAs(world, 'U0ALICE', question, 'was_not_me');
      await eventually('the refusal', async () => (await audited(world)).includes('refused notMe notAsked'));
      expect((await world.incident(one))?.said).toBeUndefined();

      await world.slack.click({ channel: conversation(world), ts: question.ts, user: 'dave', action: 'was_not_me' });
      for (const arn of [one, two, three]) await said(world, arn, false);
      const raised = await world.incident(three);
      expect(raised?.dangers.map(({ kind }) => kind)).toContain('suspect');
      await eventually(
        'three loud reminders',
        () => inFallback(world).filter(({ text }) => text.includes('under a stolen name')).length === 3,
        30_000,
      );
      const incident = await world.incident(one);
      await eventually(
        'the card',
        () =>
          JSON.stringify(world.messages().find(({ ts }) => ts === incident?.card.ts)?.blocks).includes(
            '<@U0DAVE> says this was not them',
          ),
        20_000,
      );
      expect(JSON.stringify(sentTo(world, 'bob'))).toContain('under a stolen name');
      await eventually(
        'all three in the audit trail',
        async () => (await audited(world)).filter((line) => line === 'said notMe').length === 3,
      );
      // The buttons are gone, and a "no" stands.
      const [answered] = sentTo(world, 'dave').filter(({ ts }) => ts === question.ts);
      expect(JSON.stringify(answered)).not.toContain('was_me');
    });
  });

  it('"yes" is noted with every incident and makes nothing quieter; "no" may still follow, "yes" never after it', async () => {
    await inWorld(mapped, async (world) => {
      const [one, two] = await threeKeys(world);
      for (const arn of [one, two])
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 }, mallory());
      const question = await eventually('the question', () => questions(world)[0]);
      const press = (action: string) =>
        world.slack.click({ channel: conversation(world), ts: question.ts, user: 'dave', action });
      await eventually('both joined', async () => (await world.incident(two))?.knowledge?.intruder, 20_000);
      await press('was_me');
      for (const arn of [one, two]) await said(world, arn, true);
      expect(inFallback(world)).toHaveLength(0);
      expect((await world.incident(one))?.phase.kind).toBe('open');
      await eventually(
        'both in the audit trail',
        async () => (await audited(world)).filter((line) => line === 'said wasMe').length === 2,
      );
      // The message has no buttons any more; whoever still has them on an old screen may become louder, never quieter.
      await pressAs(world, 'U0DAVE', question, 'was_not_me');
      for (const arn of [one, two]) await said(world, arn, false);
      await pressAs(world, 'U0DAVE', question, 'was_me');
      await eventually('what a "no" is worth', () =>
        whispersTo(world, 'U0DAVE').some((text) => text.includes('A "no" stands')),
      );
      expect((await world.incident(one))?.said?.wasMe).toBe(false);
    });
  });

  it('a "yes" is about what was done by then: a later deed under the name is asked about anew, and nothing is said of it', async () => {
    await inWorld(mapped, async (world) => {
      const [one, two] = await threeKeys(world);
      await world.call('ScheduleKeyDeletion', { KeyId: one, PendingWindowInDays: 30 }, mallory());
      const question = await eventually('the question', () => questions(world)[0]);
      await world.slack.click({ channel: conversation(world), ts: question.ts, user: 'dave', action: 'was_me' });
      await said(world, one, true);
      pass(world, 60_000);
      await world.call('ScheduleKeyDeletion', { KeyId: two, PendingWindowInDays: 30 }, mallory());
      // What was answered is no question any more.
      const again = await eventually('a second question', () => questions(world)[0], 20_000);
      expect(JSON.stringify(again)).toContain('alias/two');
      await settled(world);
      expect((await world.incident(two))?.said).toBeUndefined();
      expect((await world.incident(one))?.said?.wasMe).toBe(true);
    });
  });

  it('a key that was rescued before they said "no" is told of it all the same, loudly; "yes" is noted there, too', async () => {
    await inWorld(mapped, async (world) => {
      const [one] = await threeKeys(world);
      await world.call('ScheduleKeyDeletion', { KeyId: one, PendingWindowInDays: 30 }, mallory());
      const question = await eventually('the question', () => questions(world)[0]);
      await eventually('the search', async () => (await world.incident(one))?.knowledge?.intruder, 20_000);
      const card = await cardOf(world, 'one');
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('over', async () => (await world.incident(one))?.phase.kind === 'closed', 20_000);
      const press = (action: string) =>
        world.slack.click({ channel: conversation(world), ts: question.ts, user: 'dave', action });
      await press('was_me');
      await said(world, one, true);
      await eventually('the trace', async () => (await audited(world)).includes('said wasMe'));
      await pressAs(world, 'U0DAVE', question, 'was_not_me');
      await said(world, one, false);
      await eventually(
        'a loud reminder in the fallback channel',
        () => inFallback(world).some(({ text }) => text.includes('under a stolen name')) || undefined,
        20_000,
      );
      await eventually('the thread', () =>
        JSON.stringify(world.messages().find(({ ts }) => ts === card.ts)?.replies ?? []).includes(
          'under a stolen name',
        ),
      );
      await eventually('an approver in person', () =>
        JSON.stringify(sentTo(world, 'bob')).includes('under a stolen name'),
      );
      await eventually('the trace', async () => (await audited(world)).includes('said notMe'));
      // The key is safe, and stays so.
      expect((await world.incident(one))?.phase.kind).toBe('closed');
    });
  });

  it('a person is asked a handful of times at most, however many sessions act under their name', {
    timeout: 90_000,
  }, async () => {
    const everySession = { principal: `arn:aws:iam::${ACCOUNT}:role/Admins`, user: 'U0DAVE' };
    await inWorld({ ...mapped, config: { ...mapped.config, identities: [everySession] } }, async (world) => {
      const arns: string[] = [];
      for (let index = 0; index < 7; index += 1) arns.push(await world.makeKey(`of-session-${index}`));
      await sweepNow(world);
      for (const [index, arn] of arns.entries())
        await world.call(
          'ScheduleKeyDeletion',
          { KeyId: arn, PendingWindowInDays: 30 },
          { ...mallory(), principal: `mallory-${index}` },
        );
      for (const arn of arns)
        await eventually('each search', async () => (await world.incident(arn))?.knowledge?.intruder, 40_000);
      const isQuiet = async () => (await world.bot.house.lanes.waiting()).length === 0 || undefined;
      await eventually('nothing left to say', isQuiet, 30_000);
      expect(questions(world)).toHaveLength(5);
    });
  });

  it('nobody is asked about a principal the configuration does not name', async () => {
    await inWorld(mapped, async (world) => {
      const [one] = await threeKeys(world);
      await world.call(
        'ScheduleKeyDeletion',
        { KeyId: one, PendingWindowInDays: 30 },
        { ...mallory(), principal: 'somebody' },
      );
      await eventually('the search', async () => (await world.incident(one))?.knowledge?.intruder, 20_000);
      expect(questions(world)).toHaveLength(0);
    });
  });
});
