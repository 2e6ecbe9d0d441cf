/** When an incident waits for its key to be as it was, and when that is compared again. */
import { describe, expect, test } from 'vitest';
import type { Ending } from '../../src/domain/action.ts';
import {
  comparedAgainAt,
  comparesAgain,
  isNotAsBefore,
  isPolicyBack,
  mayBeAccepted,
} from '../../src/domain/as-before.ts';
import type { Fact } from '../../src/domain/fact.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { KeyState } from '../../src/domain/key.ts';
import type { Comparison } from '../../src/domain/shape-difference.ts';
import { action, HOUR, incident, MINUTE, read, T0 } from './samples.ts';

const by = { enterprise: '', team: 'T1', user: 'UBOB' };
const equal: Comparison = {
  comparedAt: T0,
  checkedAt: T0,
  against: { kind: 'lastGood', takenAt: T0 - HOUR },
  standIns: [],
  differences: [],
  more: 0,
  unsure: [],
};
const differs: Comparison = { ...equal, differences: [{ part: 'aliases', change: 'gone', alias: 'alias/a' }] };
const tagged: Comparison = { ...equal, differences: [{ part: 'tags', tag: 'a', now: 'b' }] };
const unsure: Comparison = { ...equal, unsure: [{ part: 'grants', why: 'no' }] };

const ended = (ending: Ending) => action('rescue', [], { ending: { ...ending, at: T0 } });
const VERIFIED: Ending = { kind: 'verified', state: 'Enabled', confirmedByRead: false };
const AMBER: Ending = { kind: 'amber', state: 'Enabled', why: 'notAsBefore' };
const of = (comparison: Comparison, state: KeyState = 'Enabled', more: Partial<Incident> = {}): Incident =>
  incident({ read: read(state), knowledge: { comparison }, ...more });

describe('not as before', () => {
  test.each<[string, Incident, boolean]>([
    ['nothing was compared', incident({ read: read('Enabled') }), false],
    ['it is as it was', of(equal), false],
    ['something differs', of(differs), true],
    ['something differs, and the key is still in danger', of(differs, 'PendingDeletion'), false],
    ['only a tag differs', of(tagged), false],
    ['somebody accepted it', of({ ...differs, accepted: { by, at: T0 } }), false],
    ['something could not be compared, and nobody rescued it', of(unsure), false],
    [
      'something could not be compared after a rescue of ours',
      of(unsure, 'Enabled', { actions: [ended(AMBER)] }),
      true,
    ],
    ['a rescue ended green', of(equal, 'Enabled', { actions: [ended(VERIFIED)] }), false],
    ['a rescue ended amber, and it is as it was by now', of(equal, 'Enabled', { actions: [ended(AMBER)] }), false],
  ])('%s', (_name, one, expected) => {
    expect(isNotAsBefore(one)).toBe(expected);
  });
});

describe('a policy that somebody changed', () => {
  const changed = (comparison: Comparison, at = T0 - 10 * MINUTE): Incident =>
    of(comparison, 'Enabled', {
      dangers: [{ kind: 'policyChanged', firstAt: at, lastAt: at, count: 1, fact: {} as Fact }],
    });
  test.each<[string, Incident, boolean]>([
    ['as before the change, seen long after it', changed(equal), true],
    ['as before the change, seen a moment after it: the read may be stale', changed(equal, T0 - 30_000), false],
    ['as the survey found it after the change', changed(equal, T0 - 2 * HOUR), false],
    ['held against the opening only', changed({ ...equal, against: { kind: 'opening', takenAt: T0 - HOUR } }), false],
    ['its policy held against the opening', changed({ ...equal, standIns: ['policy'] }), false],
    ['another', changed(differs), false],
    ['accepted after the change', changed({ ...differs, accepted: { by, at: T0 } }), true],
    ['accepted before it was changed again', changed({ ...differs, accepted: { by, at: T0 } }, T0 + 1), false],
  ])('%s', (_name, one, expected) => {
    expect(isPolicyBack(one)).toBe(expected);
  });
});

describe('a person may say that it is as it should be', () => {
  const changed = (comparison: Comparison, state: KeyState = 'Enabled', at = T0 - 2 * HOUR): Incident =>
    of(comparison, state, {
      dangers: [{ kind: 'policyChanged', firstAt: at, lastAt: at, count: 1, fact: {} as Fact }],
    });
  const young: Comparison = { ...equal, against: { kind: 'opening', takenAt: T0 - HOUR } };
  test.each<[string, Incident, boolean]>([
    ['nothing is the matter', of(equal), false],
    ['something differs', of(differs), true],
    ['the policy was changed before last good was taken', changed(equal), true],
    ['the policy was changed, and there is no last good', changed(young), true],
    ['the same a moment after the change: the read may be stale', changed(young, 'Enabled', T0 - 30_000), false],
    ['the same while the key is in danger', changed(young, 'PendingDeletion'), false],
    ['the policy could not be compared', changed({ ...young, unsure: [{ part: 'policy', why: 'no' }] }), false],
    ['the policy was changed, and is back', changed(equal, 'Enabled', T0 - 10 * MINUTE), false],
    ['somebody accepted it after the change', changed({ ...equal, accepted: { by, at: T0 } }), false],
  ])('%s', (_name, one, expected) => {
    expect(mayBeAccepted(one)).toBe(expected);
  });
});

describe('compared again', () => {
  test('ever more rarely, an hour at most', () => {
    const pauses = [0, 10 * MINUTE, HOUR, 5 * HOUR].map(
      (age) => (comparedAgainAt(of(differs), T0 + age) ?? 0) - T0 - age,
    );
    expect(pauses).toEqual([30_000, 5 * MINUTE, 30 * MINUTE, HOUR]);
  });
  test('not where nothing waits for it', () => {
    for (const one of [of(equal), of(differs, 'PendingDeletion'), incident({ read: read('Enabled') })])
      expect([comparedAgainAt(one, T0), comparesAgain(one, T0 + HOUR)]).toEqual([undefined, []]);
  });
  test('whenever the key is looked at, unless it just was', () => {
    expect(comparesAgain(of(differs), T0 + 1_000)).toEqual([]);
    expect(comparesAgain(of(differs), T0 + MINUTE)).toEqual([
      { kind: 'learn', incident: of(differs).id, owed: ['shape'] },
    ]);
  });
});
