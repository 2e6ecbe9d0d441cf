/** Whose doing it was, where only the sweep tells of a danger: CloudTrail knows, and is asked until it has answered. */
import { describe, expect, it } from 'vitest';
import { cardOf, inWorld, pass, sweepNow } from '../faults/given.ts';
import { quiet } from '../faults/traces.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';

const MINUTE = 60_000;
const plain = { withRoles: false } as const;

/** Events go nowhere: what happens is left to the sweep to find. */
function silenced(world: World): void {
  const nowhere = 'http://127.0.0.1:9';
  world.aws.deliverTo({ snsUrl: nowhere, topicArn: 'x', eventBridgeUrl: nowhere, eventBridgeToken: 'x' });
}

/** The first grants of a key are not asked for: as in a storm. */
function storm({ bot }: World): void {
  const { keys } = bot.house;
  const { shape } = keys;
  let asked = 0;
  Object.assign(keys, {
    shape: async (...args: Parameters<typeof shape>) => {
      const answer = await shape(...args);
      asked += 1;
      return asked > 1
        ? answer
        : { ...answer, grants: { kind: 'unknown', why: 'not asked yet: too many keys at once' } };
    },
  });
}

type Search = World['bot']['house']['trail']['search'];

/** CloudTrail, as it is for the searches before `instead` answers `undefined`. Counts them. */
function trailing({ bot }: World, instead: (asked: number) => ReturnType<Search> | undefined): () => number {
  const { trail } = bot.house;
  const { search } = trail;
  let asked = 0;
  Object.assign(trail, {
    search: (...args: Parameters<Search>) => {
      asked += 1;
      return instead(asked) ?? search(...args);
    },
  });
  return () => asked;
}

const failing = async (): ReturnType<Search> => ({ kind: 'failed', why: 'unreachable', message: 'no answer' });
const interrupted = (): ReturnType<Search> => Promise.reject(new Error('interrupted: closing'));

const actorOf = async (world: World, arn: string): Promise<string | undefined> => {
  const { fact } = (await world.incident(arn))?.dangers.find(({ kind }) => kind === 'deletionScheduled') ?? {};
  return fact !== undefined && 'call' in fact.body ? fact.body.call?.actor.arn : undefined;
};

const schedule = (world: World, arn: string): Promise<void> =>
  world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });

const owing = (world: World) => world.bot.house.incidents.pending(Number.MAX_SAFE_INTEGER, 100);

/** Named, and searched for. */
const named = (world: World, arn: string): Promise<unknown> =>
  eventually(
    'whose doing it was',
    async () => {
      await world.bot.pulse();
      const { intruder } = (await world.incident(arn))?.knowledge ?? {};
      return intruder !== undefined && (await actorOf(world, arn)) === intruder.actor.arn;
    },
    25_000,
  );

/** Time goes on until all is done. */
const inTime = (world: World, what: string, look: () => boolean | Promise<boolean>): Promise<true> =>
  eventually(
    what,
    async () => {
      pass(world, MINUTE);
      await world.bot.pulse();
      return (await look()) || undefined;
    },
    25_000,
  );

describe('whose doing it was, where only the sweep tells', () => {
  it('CloudTrail is asked once', () =>
    inWorld(plain, async (world) => {
      const arn = await world.makeKey('plain');
      await sweepNow(world);
      silenced(world);
      const searches = trailing(world, () => undefined);
      await schedule(world, arn);
      await sweepNow(world);
      await named(world, arn);
      await quiet(world);
      expect(searches()).toBe(1);
      expect(await owing(world)).toEqual([]);
    }));

  it('interrupted while it waits for CloudTrail, in a storm: it is asked for again with what is owed', () =>
    inWorld(plain, async (world) => {
      const arn = await world.makeKey('interrupted');
      await sweepNow(world);
      silenced(world);
      storm(world);
      const searches = trailing(world, (asked) => (asked === 1 ? interrupted() : undefined));
      await schedule(world, arn);
      await sweepNow(world);
      await named(world, arn);
      await inTime(world, 'nothing owed', async () => (await owing(world)).length === 0);
      expect(searches()).toBe(2);
    }));

  it(
    'CloudTrail does not answer: it is asked again, ever more seldom, and names them',
    () =>
      inWorld(plain, async (world) => {
        const arn = await world.makeKey('unanswered');
        await sweepNow(world);
        silenced(world);
        const searches = trailing(world, (asked) => (asked <= 3 ? failing() : undefined));
        await schedule(world, arn);
        await sweepNow(world);
        let [due, pause] = [0, 0];
        for (const times of [1, 2, 3]) {
          const again = await eventually(`owed after ${times} times`, async () => {
            await world.bot.pulse();
            const one = (await owing(world)).find(({ since }) => since > Math.max(due, world.clock.now()));
            return searches() === times ? one : undefined;
          });
          expect(again.effect).toMatchObject({ kind: 'learn', owed: ['who'] });
          expect(again.since - world.clock.now()).toBeGreaterThan(pause);
          pause = again.since - world.clock.now();
          due = again.since;
          pass(world, pause + 6_000);
        }
        expect(await actorOf(world, arn)).toBeUndefined();
        await named(world, arn);
        await quiet(world);
        expect(searches()).toBe(4);
      }),
    60_000,
  );

  it('CloudTrail never answers: it is not asked any more once the incident is closed', () =>
    inWorld(plain, async (world) => {
      const arn = await world.makeKey('never');
      await sweepNow(world);
      silenced(world);
      const searches = trailing(world, failing);
      await schedule(world, arn);
      await sweepNow(world);
      await eventually(
        'asked, in vain',
        async () => (await owing(world))[0]?.effect.kind === 'learn' && searches() === 1,
      );
      const card = await cardOf(world, 'never');
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('closed', async () => (await world.incident(arn))?.phase.kind === 'closed', 20_000);
      const before = searches();
      await inTime(world, 'nothing owed', async () => (await owing(world)).length === 0);
      expect(searches()).toBe(before);
    }));

  it(
    'interrupted after they were named: what is theirs still becomes one wave',
    () =>
      inWorld(plain, async (world) => {
        const arns: string[] = [];
        for (const alias of ['a', 'b', 'c', 'd', 'e']) arns.push(await world.makeKey(alias));
        await sweepNow(world);
        silenced(world);
        const { trail, gatherings, incidents } = world.bot.house;
        const { deeds } = trail;
        const { opened } = gatherings;
        const dead = new Set<string>();
        // Whoever named one of them dies before it is gathered: each of them once.
        Object.assign(gatherings, {
          opened: async (...args: Parameters<typeof opened>) => {
            const { subject } = (await incidents.load(args[0].incident)) ?? {};
            return subject?.kind === 'key' && dead.has(subject.key.arn) ? opened(...args) : undefined;
          },
        });
        Object.assign(trail, {
          deeds: (...args: Parameters<typeof deeds>) => {
            const { name, value } = args[0].attribute;
            if (name !== 'ResourceName' || dead.has(value)) return deeds(...args);
            dead.add(value);
            return interrupted();
          },
        });
        for (const arn of arns) await schedule(world, arn);
        await sweepNow(world);
        await eventually(
          'one wave',
          async () => {
            const waves = await Promise.all(arns.map(async (arn) => (await world.incident(arn))?.wave?.id));
            return waves.every((wave) => wave !== undefined) && new Set(waves).size === 1;
          },
          25_000,
        );
        expect(dead).toEqual(new Set(arns));
      }),
    60_000,
  );
});
