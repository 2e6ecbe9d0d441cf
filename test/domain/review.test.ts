/** Defects found by review, each as the story that showed it. */
import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../src/domain/action.ts';
import { decide } from '../../src/domain/decide.ts';
import type { FactBody } from '../../src/domain/fact.ts';
import type { Context, Happening } from '../../src/domain/happening.ts';
import type { DangerKind, Incident } from '../../src/domain/incident.ts';
import { dangerOfSweep } from '../../src/domain/opening.ts';
import { nextStep } from '../../src/domain/plan.ts';
import { priorFrom } from '../../src/domain/prior.ts';
import { withDanger } from '../../src/domain/record.ts';
import {
  action,
  by,
  call,
  DAY,
  enabledBefore,
  fact,
  HOUR,
  imported,
  incident,
  key,
  MINUTE,
  opening,
  read,
  rules,
  snapshot,
  T0,
} from './samples.ts';

const at = (now: number): Context => ({ now, rules });
function saved(before: Incident | undefined, happening: Happening, now = T0): Incident {
  const verdict = decide(before, happening, at(now));
  if (verdict.kind !== 'decided') throw new Error(JSON.stringify(verdict));
  return verdict.decision.incident;
}
const scheduled = (when: number) =>
  fact({ kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion') }, { id: `ct:${when}`, at: when });
const swept = (state: 'PendingDeletion', now: number): Incident =>
  saved(undefined, { kind: 'swept', danger: 'deletionScheduled', opening, read: read(state, { readAt: now }) }, now);
/** Opened at T0, over by T0 + 2 minutes. */
function over(): Incident {
  const calm = saved(
    swept('PendingDeletion', T0),
    { kind: 'read', read: read('Enabled', { readAt: T0 + MINUTE }) },
    T0 + MINUTE,
  );
  return saved(calm, { kind: 'read', read: read('Enabled', { readAt: T0 + 2 * MINUTE }) }, T0 + 2 * MINUTE);
}

describe('a closed record does not hide the next danger', () => {
  test.each<[string, Happening]>([
    ['KMS does not answer', { kind: 'fact', fact: scheduled(T0 + HOUR), opening, ours: false }],
    [
      'the read is a moment behind',
      { kind: 'fact', fact: scheduled(T0 + HOUR), opening, ours: false, read: read('Enabled', { readAt: T0 + HOUR }) },
    ],
    [
      'the key cannot be read',
      {
        kind: 'fact',
        fact: scheduled(T0 + HOUR),
        opening,
        ours: false,
        read: { kind: 'unreadable', key, readAt: T0 + HOUR, why: { kind: 'unreachable', message: '' } },
      },
    ],
  ])('scheduled again, and %s', (_name, happening) =>
    expect(saved(over(), happening, T0 + HOUR).phase.kind).toBe('open'),
  );
  test('older news still does not reopen it', () =>
    expect(decide(over(), { kind: 'fact', fact: scheduled(T0 + 1), opening, ours: false }, at(T0 + HOUR))).toEqual({
      kind: 'nothing',
      why: 'older news',
    }));
  test('nor a refused use of before, when the read is calm', () => {
    const used = fact({ kind: 'useRefused', key, refusal: 'pendingDeletion' }, { at: T0 + 2 * MINUTE + 1 });
    expect(
      decide(
        over(),
        { kind: 'fact', fact: used, opening, ours: false, read: read('Enabled', { readAt: T0 + HOUR }) },
        at(T0 + 3 * MINUTE),
      ).kind,
    ).toBe('nothing');
  });
});

describe('Delete Material', () => {
  const throttled: CallOutcome = { kind: 'throttled', message: 'slow down' };
  const asked = (calls: Parameters<typeof action>[1]) => action('deleteMaterial', calls);
  test('a lost answer after a throttle is never sent again', () => {
    const given = {
      action: asked([
        call('DeleteImportedKeyMaterial', throttled),
        call('DeleteImportedKeyMaterial', { kind: 'ambiguous', message: 'lost' }),
      ]),
      prior: enabledBefore,
      now: T0 + 11_000,
      priorAsked: true,
    };
    expect(nextStep({ ...given, read: read('Enabled', imported) })).toMatchObject({
      kind: 'end',
      ending: { kind: 'unknownOutcome' },
    });
  });
  test('a success after a throttle is no "key changed"', () => {
    const given = {
      action: asked([
        call('DeleteImportedKeyMaterial', throttled),
        call('DeleteImportedKeyMaterial', { kind: 'succeeded', requestId: 'r' }),
      ]),
      prior: enabledBefore,
      now: T0,
      priorAsked: true,
    };
    expect(nextStep({ ...given, read: read('PendingImport', { origin: 'EXTERNAL' }) })).toMatchObject({
      kind: 'end',
      ending: { kind: 'verified' },
    });
  });
});

describe('containment', () => {
  const disabled = (): Incident => {
    const asked = saved(swept('PendingDeletion', T0), { kind: 'asked', action: action('disable'), opening });
    return saved(
      asked,
      {
        kind: 'ended',
        action: action('disable').id,
        ending: { kind: 'verified', state: 'Disabled', confirmedByRead: false },
        read: read('Disabled', { readAt: T0 + 1 }),
      },
      T0 + 1,
    );
  };
  test('a key disabled by a person is restored to Disabled', () =>
    expect(disabled().prior).toMatchObject({ kind: 'known', state: 'Disabled' }));
  test('enabled by somebody else, it is not over', () => {
    const enabled = saved(disabled(), { kind: 'read', read: read('Enabled', { readAt: T0 + HOUR }) }, T0 + HOUR);
    expect(
      saved(enabled, { kind: 'read', read: read('Enabled', { readAt: T0 + 2 * HOUR }) }, T0 + 2 * HOUR).phase.kind,
    ).toBe('open');
  });
});

describe('the sweep', () => {
  test('Disabled again after a cancelled deletion is how it was', () => {
    expect(
      dangerOfSweep(snapshot('Disabled'), { state: 'PendingDeletion', calm: { state: 'Disabled' } }),
    ).toBeUndefined();
    expect(dangerOfSweep(snapshot('Disabled'), { state: 'PendingDeletion', calm: { state: 'Enabled' } })).toBe(
      'keyDisabled',
    );
  });
  test.each<[number | undefined, DangerKind]>([
    [undefined, 'materialDeleted'],
    [T0 + HOUR, 'materialDeleted'],
    [T0, 'materialExpired'],
    [T0 - HOUR, 'materialExpired'],
  ])('without its material, which was to expire at %s: %s', (validTo, danger) => {
    const memory = { state: 'Enabled', ...(validTo === undefined ? {} : { validTo }) };
    expect(dangerOfSweep(snapshot('PendingImport', imported), memory)).toBe(danger);
  });
  test.each<[string, number, FactBody, FactBody]>([
    [
      'one expiry, told twice',
      1,
      { kind: 'materialExpired', key },
      { kind: 'materialExpired', key, materialId: 'aa', call: by('DeleteExpiredKeyMaterial') },
    ],
    [
      'two materials that expired',
      2,
      { kind: 'materialExpired', key, materialId: 'aa' },
      { kind: 'materialExpired', key, materialId: 'bb' },
    ],
    ['one deletion, told twice', 1, { kind: 'keyDeleted', key }, { kind: 'keyDeleted', key, call: by('DeleteKey') }],
    [
      'two disablings',
      2,
      { kind: 'keyDisabled', key, call: by('DisableKey') },
      { kind: 'keyDisabled', key, call: by('DisableKey') },
    ],
  ])('%s: counted %i', (_name, count, first, second) => {
    const kind = first.kind as DangerKind;
    const once = withDanger(incident(), kind, T0, fact(first));
    expect(withDanger(once, kind, T0, fact(second, { id: 'other' })).dangers).toMatchObject([{ kind, count }]);
  });
  test('"readable again" leaves the other dangers of the place', () => {
    const place = { ...opening, subject: { kind: 'place', place: key } as const };
    const blinded = fact({ kind: 'trailBlinded', place: key, call: by('PutEventSelectors') });
    const both = saved(saved(undefined, { kind: 'swept', danger: 'unreadable', opening: place, problem: 'x' }), {
      kind: 'fact',
      fact: blinded,
      opening: place,
      ours: false,
    });
    expect(saved(both, { kind: 'readableAgain' })).toMatchObject({
      phase: { kind: 'open' },
      dangers: [{ kind: 'trailBlinded' }],
    });
  });
  test('unreadable first, pending when read: a danger, not "readable again"', () => {
    const unreadable = saved(undefined, {
      kind: 'swept',
      danger: 'unreadable',
      opening,
      read: { kind: 'unreadable', key, readAt: T0, why: { kind: 'unreachable', message: '' } },
    });
    expect(
      saved(unreadable, { kind: 'read', read: read('PendingDeletion', { readAt: T0 + 1 }) }, T0 + 1),
    ).toMatchObject({ phase: { kind: 'open' }, dangers: [{ kind: 'unreadable' }, { kind: 'deletionScheduled' }] });
  });
});

test('a replica that cannot be read does not end the family’s countdown', () => {
  const primary = saved(undefined, {
    kind: 'swept',
    danger: 'deletionScheduled',
    opening,
    read: read('PendingReplicaDeletion', { replicasGoneAt: T0 + 20 * DAY }),
  });
  expect(
    saved(primary, { kind: 'read', read: read('PendingReplicaDeletion', { readAt: T0 + DAY }) }, T0 + DAY).countdown,
  ).toMatchObject({ deletionDate: T0 + 20 * DAY });
});

test('a rescue asked for before an outage of an hour is still carried out', () => {
  expect(
    nextStep({
      action: action('rescue'),
      read: read('PendingDeletion'),
      prior: enabledBefore,
      now: T0 + HOUR,
      priorAsked: false,
    }),
  ).toEqual({ kind: 'call', operation: 'CancelKeyDeletion' });
});

describe('the state before, from CloudTrail', () => {
  type Told = 'keyCreated' | 'keyEnabled' | 'keyDisabled' | 'deletionCancelled' | 'deletionScheduled';
  const was = (kind: Told, minutesAgo: number) =>
    fact({ kind, key, call: by(kind) } as never, { at: T0 - minutesAgo * MINUTE });
  test.each([
    ['enabled, then scheduled', [was('deletionScheduled', 1), was('keyEnabled', 60)], { state: 'Enabled' }],
    [
      'disabled long ago, then scheduled',
      [was('deletionScheduled', 1), was('keyDisabled', 3_000)],
      { state: 'Disabled' },
    ],
    [
      'cancelled, enabled, scheduled earlier',
      [was('keyEnabled', 10), was('deletionCancelled', 20), was('deletionScheduled', 30)],
      { state: 'Enabled' },
    ],
    ['disabled is the danger', [was('keyDisabled', 1), was('keyEnabled', 60)], { state: 'Enabled' }],
    [
      'created, then scheduled',
      [was('deletionScheduled', 1), was('keyCreated', 2)],
      { state: 'Enabled', at: T0 - 2 * MINUTE },
    ],
    [
      'created and scheduled in one second, in either order',
      [was('keyCreated', 1), was('deletionScheduled', 1)],
      { state: 'Enabled' },
    ],
    ['created, then disabled: that is the danger', [was('keyDisabled', 1), was('keyCreated', 2)], { state: 'Enabled' }],
    [
      'created, disabled two days ago, then scheduled',
      [was('deletionScheduled', 1), was('keyDisabled', 3_000), was('keyCreated', 4_000)],
      { state: 'Disabled' },
    ],
  ])('%s', (_name, history, wanted) => expect(priorFrom(history)).toMatchObject(wanted));
  test.each([
    [
      'disabled just before the scheduling: the same attack, a person is asked',
      [was('deletionScheduled', 1), was('keyDisabled', 2)],
    ],
    [
      'created, disabled and scheduled in one second, in no order: asked too',
      [was('keyCreated', 1), was('deletionScheduled', 1), was('keyDisabled', 1)],
    ],
    ['nothing but the danger', [was('deletionScheduled', 1)]],
    ['nothing', []],
  ])('%s', (_name, history) => expect(priorFrom(history)).toBeUndefined());
});
