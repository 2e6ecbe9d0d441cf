/**
 * Whatever people, other people's hands on the key, and dying processes do, in whatever order: nothing is done to a key that
 * was not agreed to, and nothing twice.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DESTROYING, expectKept, expectTold } from './kept.ts';
import type { World } from './model.ts';
import { consent, make, opened, type Play, play, plays, rescued, rest, settle, wish } from './play.ts';

/** More of them are worth a night. */
const RUNS = Number(process.env.KEYWARDEN_TEST_RUNS ?? 12_000);
test('nothing is done that was not agreed to, and nothing twice', { timeout: 120_000 }, async () => {
  let destroyed = 0;
  let alone = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(plays, async ({ given, turns }) => {
      const world = await opened(given);
      await play(world, turns);
      expectKept(world);
      await settle(world);
      expectKept(world);
      expectTold(world);
      if (world.sent.some(({ right, effective }) => effective && DESTROYING.includes(right.operation))) destroyed += 1;
      if (world.stored()?.approvals.some(({ breakGlass }) => breakGlass)) alone += 1;
      if (world.stored()?.actions.some(({ approval, ending }) => approval !== undefined && ending?.kind === 'failed'))
        refused += 1;
    }),
    { numRuns: RUNS },
  );
  // Plays in which nobody ever agrees would prove nothing.
  expect(destroyed).toBeGreaterThan(RUNS / 20);
  expect(alone).toBeGreaterThan(RUNS / 100);
  expect(refused).toBeGreaterThan(RUNS / 50);
});

test('while the trail cannot be written nothing is destroyed, and a key is still rescued', {
  timeout: 120_000,
}, async () => {
  let saved = 0;
  const untraced = plays.map(
    ({ given, turns }: Play): Play => ({ given, turns: turns.filter(({ move }) => move.kind !== 'audit') }),
  );
  await fc.assert(
    fc.asyncProperty(untraced, async ({ given, turns }) => {
      const world = await opened(given);
      world.mood.auditDown = true;
      await play(world, turns);
      await settle(world, { auditDown: true });
      expectKept(world);
      expect(world.sent.filter(({ right }) => DESTROYING.includes(right.operation))).toEqual([]);
      expect(
        world.stored()?.approvals.filter(({ kind }) => kind.endsWith('Deletion') && kind !== 'cancelDeletion'),
      ).toEqual([]);
      if (world.live().state !== 'gone') {
        await rescued(world);
        await settle(world, { auditDown: true });
        expect(world.stored()?.actions.at(-1)).toMatchObject({ kind: 'rescue', ending: { kind: 'verified' } });
        expect(world.live().state).toMatch(/^(Enabled|Disabled)$/);
        saved += 1;
      }
      expect(world.trail).toEqual([]);
      await settle(world);
      expectKept(world);
      expectTold(world);
    }),
    { numRuns: Math.ceil(RUNS / 6) },
  );
  expect(saved).toBeGreaterThan(RUNS / 12);
});

const steady = { state: 'Enabled', dies: 0, imported: true, lag: 0, quorum: 1, used: false } as const;
const answers = (world: World, name: string): readonly unknown[] =>
  world.turns.actors.filter((actor) => actor.name.startsWith(name)).map(({ answer }) => answer);

test('of two who agree at once one wins, and the other learns who it was', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1), { maxLength: 40, size: 'max' }), async (choices) => {
      const world = await opened(steady);
      await play(world, [{ move: wish('UALICE', 'scheduleDeletion'), steps: [], rest: true }]);
      await make(world, consent('UBOB'));
      await make(world, consent('UCAROL'));
      for (const choice of choices) await world.turns.step(choice);
      await rest(world);
      const [approval] = world.stored()?.approvals ?? [];
      const winner = approval?.agreements[0]?.by;
      expect(approval?.status.kind).toBe('granted');
      expect(approval?.agreements).toHaveLength(1);
      expect(world.stored()?.actions).toHaveLength(1);
      const [lost, ...won] = [...answers(world, 'review')].sort((one, other) =>
        kindOf(other).localeCompare(kindOf(one)),
      );
      expect(won).toEqual([{ kind: 'accepted' }]);
      expect(lost).toMatchObject({ problem: { kind: 'over', status: { kind: 'granted' }, agreedBy: [winner] } });
    }),
    { numRuns: 200 },
  ));
const kindOf = (answer: unknown): string => (answer as { readonly kind: string }).kind;

test.each(['scheduleDeletion', 'disable'] as const)(
  'the same form sent twice is one wish, and right both times: %s',
  async (act) => {
    const world = await opened(steady);
    for (const _time of [1, 2]) {
      await make(world, wish('UALICE', act));
      await rest(world);
    }
    expect(answers(world, 'ask')).toEqual([{ kind: 'accepted' }, { kind: 'accepted' }]);
    const { approvals = [], actions = [] } = world.stored() ?? {};
    expect(approvals.length + actions.length).toBe(1);
  },
);
