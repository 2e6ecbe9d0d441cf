/** What must be so of every world in which approvals are asked for, given and carried out. */
import { expect } from 'vitest';
import type { World } from './model.ts';

export const DESTROYING: readonly string[] = ['ScheduleKeyDeletion', 'DeleteImportedKeyMaterial'];
/** Answers after which nothing was done. */
const HARMLESS = ['throttled', 'denied', 'notSent', 'refused'];

/** What must be so of every world, at any time. */
export function expectKept(world: World): void {
  expect(world.violations, 'what KMS was asked, and what was saved').toEqual([]);
  const failures = world.turns.actors.map(({ name, failure }) => ({ name, failure })).filter(({ failure }) => failure);
  expect(failures, 'nothing fails but what the test lets fail').toEqual([]);
  const destroyed = world.sent.filter(({ right, effective }) => effective && DESTROYING.includes(right.operation));
  const actions = destroyed.map(({ right }) => right.action);
  expect(new Set(actions).size, 'at most one effective call that destroys per action').toBe(actions.length);
  const approvals = actions.map((id) => world.stored()?.actions.find((one) => one.id === id)?.approval);
  expect(new Set(approvals).size, 'and per approval').toBe(actions.length);
  expect(world.codesGivenTwice()).toEqual([]);
}

/** At rest everything has ended, the record says what happened, and the trail has it all, intents before outcomes. */
export function expectTold(world: World): void {
  const incident = world.stored();
  const ids = world.trail.map(({ id }) => id);
  for (const action of incident?.actions ?? []) {
    const { ending } = action;
    expect(ending, `${action.kind} has ended`).toBeDefined();
    const sent = world.sent.filter(({ right }) => right.action === action.id);
    const destroyed = sent.some(({ right, effective }) => effective && DESTROYING.includes(right.operation));
    expect(destroyed && ending?.kind === 'failed', `${action.kind} failed, and was done`).toBe(false);
    action.calls.forEach(({ outcome }, at) => {
      const calls = sent.filter(({ index }) => index === at);
      if (outcome?.kind === 'succeeded') expect(calls, 'what succeeded was sent').toHaveLength(1);
      if (HARMLESS.includes(outcome?.kind ?? '')) expect(calls.filter(({ effective }) => effective)).toEqual([]);
    });
    const wanted = action.calls.flatMap((_call, index) => [
      `${action.id}.${index}.intent`,
      `${action.id}.${index}.outcome`,
    ]);
    const told = ids.filter((id) => wanted.includes(id));
    expect(told, 'each call: an intent, then an outcome').toEqual(wanted);
    expect(ids).toContain(`${action.id}.asked`);
    expect(ids).toContain(`${action.id}.ended`);
  }
  for (const { id, status, agreements } of incident?.approvals ?? []) {
    expect(status.kind).not.toBe('waiting');
    expect(ids).toContain(`${id}.requested`);
    for (const { by } of agreements) expect(ids).toContain(`${id}.approved.${by.user}`);
    if (status.kind !== 'granted') expect(ids).toContain(`${id}.${status.kind}`);
  }
}
