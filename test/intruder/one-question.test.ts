/** One person, one name, one question: in every account, and for two days after a "no". */
import { describe, expect, it } from 'vitest';
import { HOUR, inFallback, sentTo, whispersTo } from '../countdown/given.ts';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { quiet } from '../faults/traces.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, type World, type WorldOptions } from '../harness.ts';
import { mallory, mapped, OTHER, pressQuestion, threeAccounts } from './given.ts';

const admins = (account: string): string => `arn:aws:iam::${account}:role/Admins`;

const accountsOf = ({ config }: WorldOptions): readonly unknown[] => config?.accounts as readonly unknown[];

/** Mallory's sessions are Dave's in both accounts, or in the first alone. */
const inAccounts = (mappedIn: readonly string[]): WorldOptions => ({
  withRoles: false,
  moreAccounts: (threeAccounts.moreAccounts ?? []).filter(({ id }) => id === OTHER),
  config: {
    ...mapped.config,
    accounts: accountsOf(threeAccounts).slice(0, 2),
    identities: mappedIn.map((account) => ({ principal: admins(account), session: 'mallory*', user: 'U0DAVE' })),
  },
});

const questions = (world: World) => sentTo(world, 'dave').filter(({ text }) => String(text).includes('Was this you?'));
const conversation = (world: World): string => world.slack.channels().find(({ name }) => name === '@dave')?.id ?? '';
const said = (world: World, arn: string, wasMe: boolean) =>
  eventually(`what they say of ${arn}`, async () => (await world.incident(arn))?.said?.wasMe === wasMe, 20_000);
const searched = (world: World, arn: string) =>
  eventually(`the search of ${arn}`, async () => (await world.incident(arn))?.knowledge?.intruder, 20_000);
const stolen = (world: World) => inFallback(world).filter(({ text }) => text.includes('stolen name'));
const press = async (world: World, action: string): Promise<void> => {
  const question = await eventually('the question', () => questions(world)[0]);
  await world.slack.click({ channel: conversation(world), ts: question.ts, user: 'dave', action });
};

async function keyIn(world: World, account: string, alias: string): Promise<string> {
  return world.makeKey(alias, {}, { principal: 'builder', account, region: REGION });
}

async function schedule(world: World, arn: string): Promise<void> {
  const account = arn.split(':')[4] ?? '';
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 }, mallory({ account }));
}

async function rescued(world: World, alias: string, arn: string): Promise<void> {
  const card = await cardOf(world, alias);
  await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
  await eventually(`${alias} is over`, async () => (await world.incident(arn))?.phase.kind === 'closed', 20_000);
}

describe('one question', () => {
  it('is not asked again by the same key, rescued and endangered again, as long as it may be answered', async () => {
    await inWorld(inAccounts([ACCOUNT]), async (world) => {
      const one = await keyIn(world, ACCOUNT, 'one');
      await sweepNow(world);
      await schedule(world, one);
      await eventually('the question', () => questions(world)[0]);
      await rescued(world, 'one', one);
      await schedule(world, one);
      await eventually(
        'the next round',
        async () => {
          const incident = await world.incident(one);
          return incident?.round === 2 && incident.knowledge?.intruder !== undefined;
        },
        20_000,
      );
      await quiet(world);
      expect(questions(world)).toHaveLength(1);
    });
  }, 40_000);

  it('is asked for the name in both accounts; a "no" holds for both, and for what is done next, which is loud and not asked about', async () => {
    await inWorld(inAccounts([ACCOUNT, OTHER]), async (world) => {
      const one = await keyIn(world, ACCOUNT, 'one');
      const two = await keyIn(world, OTHER, 'two');
      const three = await keyIn(world, OTHER, 'three');
      await sweepNow(world);
      await schedule(world, one);
      const question = await eventually('the question', () => questions(world)[0]);
      await schedule(world, two);
      for (const arn of [one, two]) await searched(world, arn);
      // A series of looks begins anew, the question does not.
      pass(world, 11 * 60_000);
      await settled(world);
      expect(questions(world)).toHaveLength(1);
      expect(JSON.stringify(question)).toContain('one answer is for all of it');

      await press(world, 'was_not_me');
      for (const arn of [one, two]) await said(world, arn, false);
      await eventually('both are loud', () => stolen(world).length === 2, 20_000);

      pass(world, 20 * HOUR);
      await schedule(world, three);
      await said(world, three, false);
      await eventually('what was done next is loud', () => stolen(world).length === 3, 20_000);
      expect(sentTo(world, 'dave').filter(({ text }) => String(text).includes('Was this you?'))).toHaveLength(0);

      // Whoever still has the buttons on an old screen is told what was answered, and when.
      await pressQuestion(world, 'U0DAVE', conversation(world), question, 'was_me');
      await eventually('what stands', () =>
        whispersTo(world, 'U0DAVE').some((text) => /You said that it was not you, .*<!date\^\d+/.test(text)),
      );
      expect((await world.incident(three))?.said?.wasMe).toBe(false);
    });
  });

  it('a "no" holds for the name in an account that names nobody for it, too', async () => {
    await inWorld(inAccounts([ACCOUNT]), async (world) => {
      const one = await keyIn(world, ACCOUNT, 'one');
      const two = await keyIn(world, OTHER, 'two');
      await sweepNow(world);
      await schedule(world, one);
      await press(world, 'was_not_me');
      await said(world, one, false);
      await settled(world);
      await schedule(world, two);
      await said(world, two, false);
      await eventually('both are loud', () => stolen(world).length === 2, 20_000);
    });
  });

  it('a "no" about keys that are all safe again is one loud message, and says so', async () => {
    await inWorld(mapped, async (world) => {
      const arns = [await world.makeKey('one'), await world.makeKey('two')] as const;
      await sweepNow(world);
      for (const arn of arns) await schedule(world, arn);
      await eventually('the question', () => questions(world)[0]);
      for (const arn of arns) await searched(world, arn);
      await rescued(world, 'one', arns[0]);
      await rescued(world, 'two', arns[1]);
      await press(world, 'was_not_me');
      for (const arn of arns) await said(world, arn, false);
      await eventually('the fallback channel', () => stolen(world).length > 0, 20_000);
      await eventually('an approver in person', () => JSON.stringify(sentTo(world, 'bob')).includes('stolen name'));
      await eventually('what was done with it', () =>
        whispersTo(world, 'U0DAVE').some((text) => text.includes('None of it is in danger any more')),
      );
      await settled(world);
      expect(stolen(world)).toHaveLength(1);
      for (const arn of arns) expect((await world.incident(arn))?.phase.kind).toBe('closed');
    });
  });

  it('a "no" is loud also when somebody else is behind the key by now', async () => {
    await inWorld(mapped, async (world) => {
      const arn = await world.makeKey('twice');
      await sweepNow(world);
      await schedule(world, arn);
      await eventually('the question', () => questions(world)[0]);
      await searched(world, arn);
      await rescued(world, 'twice', arn);
      pass(world, 60_000);
      await world.call(
        'ScheduleKeyDeletion',
        { KeyId: arn, PendingWindowInDays: 30 },
        { ...mallory(), principal: 'somebody' },
      );
      await eventually('another round', async () => (await world.incident(arn))?.round === 2);
      await press(world, 'was_not_me');
      const [told] = await eventually('the fallback channel', () => {
        const all = stolen(world);
        return all.length > 0 ? all : undefined;
      });
      expect(JSON.stringify(told?.message)).toContain('mallory');
      expect((await world.incident(arn))?.said).toBeUndefined();
    });
  });
});
