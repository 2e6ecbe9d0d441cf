/** One runner, and what may happen to it at each of its steps, one after the other: death, frost, a lost Redis, a lost trail. */
import { describe, expect, test } from 'vitest';
import type { ActionKind } from '../../src/domain/action.ts';
import { expectKept, expectTold } from './kept.ts';
import type { Given, World } from './model.ts';
import { calm, consent, make, opened, rest, settle, wish } from './play.ts';
import type { Actor, How } from './turns.ts';

const steady: Given = { state: 'Enabled', dies: 0, imported: true, lag: 0, quorum: 1, used: true };
const KINDS = ['scheduleDeletion', 'deleteMaterial', 'disable'] as const satisfies readonly ActionKind[];
/** More than a runner has. */
const STEPS = 80;

/** A request of alice's that bob has agreed to, and a runner that begins to carry it out. */
async function begun(kind: ActionKind): Promise<{ readonly world: World; readonly runner: Actor }> {
  const world = await opened(steady);
  for (const move of [wish('UALICE', kind), consent('UBOB')]) {
    await make(world, move);
    await rest(world);
  }
  for (const [id, { effect }] of world.effects) if (effect.kind !== 'carryOut') world.effects.delete(id);
  await make(world, { kind: 'work' });
  const runner = world.turns.actors.at(-1);
  if (runner?.name.startsWith('runner') !== true) throw new Error('nobody carries it out');
  return { world, runner };
}

async function steps(world: World, count: number): Promise<void> {
  for (let step = 0; step < count; step += 1) if (!(await world.turns.step(0)) && !(await world.turns.wake())) return;
}

const effective = (world: World): number => world.sent.filter((one) => one.effective).length;
const ending = (world: World): string | undefined => world.stored()?.actions.at(-1)?.ending?.kind;

describe.each(KINDS)('%s', (kind) => {
  test('goes well, once', async () => {
    const { world } = await begun(kind);
    await settle(world);
    expect([effective(world), ending(world)]).toEqual([1, 'verified']);
    expectKept(world);
    expectTold(world);
  });

  test.each<How>(['dieBefore', 'dieAfter', 'storeBefore', 'storeAfter', 'stop'])('%s at any step', async (how) => {
    let wrong = 0;
    const endings = new Set<string>();
    for (let after = 0; after < STEPS; after += 1) {
      const { world, runner } = await begun(kind);
      runner.fault = { after, how };
      await calm(world);
      if (runner.fault !== undefined) break;
      wrong += 1;
      await settle(world);
      expectKept(world);
      expectTold(world);
      const ended = ending(world) ?? '';
      const destroys = kind !== 'disable';
      // What destroys goes to a person when it died between intent and answer, and is not done where its trace failed once.
      const allowed = destroys
        ? ['verified', 'unknownOutcome', ...(how.startsWith('store') ? ['failed'] : [])]
        : ['verified'];
      expect(allowed, `after ${after} steps`).toContain(ended);
      endings.add(ended);
      expect(effective(world)).toBe(ended === 'verified' ? 1 : 0);
    }
    expect(wrong).toBeGreaterThan(8);
    expect(endings).toContain('verified');
  });

  test('frozen at any step while everything changes: nothing that was seen before counts', async () => {
    let sent = 0;
    for (let before = 0; before < STEPS; before += 1) {
      const { world, runner } = await begun(kind);
      await steps(world, before);
      if (runner.state !== 'running') break;
      sent = effective(world);
      runner.state = 'frozen';
      world.become('UBOB', { account: 'deactivated', roles: [] });
      await world.turns.pass(20 * 60_000);
      runner.state = 'running';
      await settle(world);
      expectKept(world);
      expectTold(world);
      expect(effective(world), `frozen after ${before} steps`).toBe(sent);
    }
    expect(sent, 'the last ones were frozen after the call').toBe(1);
  });

  test('frozen at any step while another runner takes over: done once', async () => {
    for (let before = 0; before < STEPS; before += 1) {
      const { world, runner } = await begun(kind);
      await steps(world, before);
      if (runner.state !== 'running') break;
      runner.state = 'frozen';
      await make(world, { kind: 'work' });
      await calm(world);
      const decided = ending(world);
      runner.state = 'running';
      await settle(world);
      expectKept(world);
      expectTold(world);
      expect(effective(world), `frozen after ${before} steps`).toBeLessThanOrEqual(1);
      // Whatever the other one found stays so.
      if (decided !== undefined) expect(ending(world)).toBe(decided);
    }
  });

  test('the trail is lost from any step on: nothing is destroyed without it, and it is told later', async () => {
    for (let before = 0; before < STEPS; before += 1) {
      const { world, runner } = await begun(kind);
      await steps(world, before);
      if (runner.state !== 'running') break;
      const sent = effective(world);
      world.mood.auditDown = true;
      await calm(world);
      expectKept(world);
      if (kind !== 'disable') expect(effective(world), `lost after ${before} steps`).toBe(sent);
      else expect(effective(world)).toBe(1);
      await settle(world);
      expectKept(world);
      expectTold(world);
    }
  });
});

describe('what the trail lacks', () => {
  test('since it was last settled is not forgotten with what it lacked before', async () => {
    for (let before = 0; before < STEPS; before += 1) {
      const { world } = await begun('disable');
      world.mood.auditDown = true;
      await calm(world);
      world.mood.auditDown = false;
      // Both are owed under one name: the one who settles has read the record, and freezes before it says so.
      await make(world, { kind: 'work' });
      const settling = world.turns.actors.at(-1);
      await steps(world, before);
      if (settling === undefined || settling.state !== 'running') return expect(before).toBeGreaterThan(3);
      settling.state = 'frozen';
      world.mood.auditDown = true;
      await make(world, { kind: 'rescue', user: 'UALICE' });
      await calm(world);
      await make(world, { kind: 'work' });
      await calm(world);
      settling.state = 'running';
      await settle(world);
      expectTold(world);
    }
  });

  /** Worlds in which one trace is missing, and one job alone would write it. */
  const missing = {
    /** Enabled already: it ends without a call. */
    runner: async () => {
      const world = await opened(steady);
      await make(world, wish('UALICE', 'enable'));
      await calm(world);
      return world;
    },
    /** Run out: nobody was there to write it down. */
    approvers: async () => {
      const world = await opened(steady);
      await make(world, wish('UALICE', 'disable'));
      await calm(world);
      await make(world, { kind: 'work' });
      await calm(world);
      await world.turns.pass(30 * 60_000);
      await make(world, { kind: 'due' });
      await calm(world);
      return world;
    },
  };
  test.each(['runner', 'approvers'] as const)(
    'is not forgotten where that could not be noted either: %s',
    async (name) => {
      for (let after = 0; after < STEPS; after += 1) {
        const world = await missing[name]();
        world.mood.auditDown = true;
        await make(world, { kind: 'work' });
        const actor = world.turns.actors.findLast((one) => one.name.startsWith(name));
        if (actor === undefined) throw new Error(`no ${name}`);
        actor.fault = { after, how: 'storeBefore' };
        await calm(world);
        if (actor.fault !== undefined) return expect(after).toBeGreaterThan(3);
        await settle(world);
        expectKept(world);
        expectTold(world);
      }
    },
  );
});
