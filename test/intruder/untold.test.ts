/** A look at CloudTrail whose telling fails: the next attempt tells what it found, once, and does not ask CloudTrail again. */
import { expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/domain/lost.ts';
import { sentTo } from '../countdown/given.ts';
import { inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { eventually, type World } from '../harness.ts';
import { lookups, mallory, mapped } from './given.ts';

const MINUTE = 60_000;
/** The last look of a search is after two hours. */
const TO_THE_LAST_LOOK = 125 * MINUTE;

const lost = () => Promise.reject(new StoreUnavailable('Redis: timed out'));

/** Once a look after this moment has written down what it found, Redis fails once: before it is told, or when all is told. */
function hesitates({ bot, clock }: World, when: 'untold' | 'told'): () => boolean {
  const { investigations } = bot.house;
  const { change, question } = investigations;
  const since = clock.now() + MINUTE;
  let found = false;
  let failed = false;
  const fails = (): boolean => {
    const now = found && !failed;
    failed ||= now;
    return now;
  };
  Object.assign(investigations, {
    change: async (...args: Parameters<typeof change>) => {
      if (when === 'told' && fails()) return lost();
      const after = await change(...args);
      found ||= (after.intruder?.lookedAt ?? 0) > since;
      return after;
    },
    question: (...args: Parameters<typeof question>) => (when === 'untold' && fails() ? lost() : question(...args)),
  });
  return () => failed;
}

const atRest = (world: World): Promise<true> =>
  eventually(
    'no look due',
    async () => {
      await world.bot.pulse();
      return (await world.bot.house.investigations.due(world.clock.now(), 10)).length === 0 || undefined;
    },
    20_000,
  );

/** What was told of looks, by what they found. */
const toldOf = async (world: World, arn: string) =>
  ((await world.incident(arn))?.timeline ?? []).flatMap(({ body }) =>
    body.kind === 'investigated' ? [{ count: body.count, uncovered: body.uncovered }] : [],
  );

/** A key that Mallory endangers, under Dave's name, and that is searched for; and another that nobody looks after. */
async function searched(world: World): Promise<{ readonly dying: string; readonly touched: string }> {
  const [dying, touched] = [await world.makeKey('dying'), await world.makeKey('touched')];
  await sweepNow(world);
  await world.call('ScheduleKeyDeletion', { KeyId: dying, PendingWindowInDays: 30 }, mallory());
  await eventually('the search', async () => (await toldOf(world, dying)).length === 1, 20_000);
  await atRest(world);
  return { dying, touched };
}

it(
  'Redis fails before it is told: the cards say what the last look found, and what was touched gets an incident',
  () =>
    inWorld(mapped, async (world) => {
      const { dying, touched } = await searched(world);
      const question = await eventually('the question', () => sentTo(world, 'dave')[0]);
      const channel = world.slack.channels().find(({ name }) => name === '@dave')?.id ?? '';
      await world.slack.click({ channel, ts: question.ts, user: 'dave', action: 'was_not_me' });
      await eventually('the no', async () => (await world.incident(dying))?.said?.wasMe === false, 20_000);
      pass(world, 2 * MINUTE);
      await atRest(world);
      await world.aws.call('CancelKeyDeletion', { KeyId: touched }, mallory());
      const failed = hesitates(world, 'untold');
      const [before, known] = [lookups(world), await toldOf(world, dying)];
      pass(world, TO_THE_LAST_LOOK);
      await eventually('Redis fails', async () => {
        await world.bot.pulse();
        return failed();
      });
      await eventually(
        'an incident of what was touched',
        async () => (await world.incident(touched))?.dangers.some(({ kind }) => kind === 'suspect'),
        20_000,
      );
      await eventually('what was found', async () => (await toldOf(world, dying)).length === known.length + 1, 20_000);
      expect((await toldOf(world, dying)).at(-1)).toMatchObject({ uncovered: 1 });
      // By their access key and by their name, once.
      expect(lookups(world) - before).toBe(2);
      await settled(world);
    }),
  60_000,
);

it(
  'Redis fails when all is told: it is not told twice, and the search is over',
  () =>
    inWorld(mapped, async (world) => {
      const { dying, touched } = await searched(world);
      await world.aws.call('CancelKeyDeletion', { KeyId: touched }, mallory());
      const failed = hesitates(world, 'told');
      const before = lookups(world);
      pass(world, TO_THE_LAST_LOOK);
      await eventually('Redis fails', async () => {
        await world.bot.pulse();
        return failed();
      });
      await atRest(world);
      expect(await toldOf(world, dying)).toEqual([
        { count: 1, uncovered: 0 },
        { count: 2, uncovered: 1 },
      ]);
      expect((await world.incident(dying))?.knowledge?.intruder?.nextLookAt).toBeUndefined();
      expect(lookups(world) - before).toBe(2);
      await settled(world);
    }),
  60_000,
);
