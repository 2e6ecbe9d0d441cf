/** The keys that the bot itself depends on: what counts as danger, and how loud it is. */
import { describe, expect, test } from 'vitest';
import { volumeAt, volumeOfAsking } from '../../src/domain/attention.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Plan } from '../../src/domain/decommission.ts';
import type { DangerKind, Incident, Rules } from '../../src/domain/incident.ts';
import { pagesOf } from '../../src/domain/page.ts';
import { endangersSelf, isSelf, withSelf } from '../../src/domain/self.ts';
import { DAY, incident, key, opening, read, rules, T0 } from './samples.ts';

const own: Rules = { ...rules, selfKeys: new Set([key.arn]) };
const endangered = (kind: DangerKind, more: Partial<Incident> = {}): Incident =>
  incident({ self: true, dangers: [{ kind, firstAt: T0, lastAt: T0, count: 1 }], ...more });
const person = { enterprise: '', team: 'T1', user: 'U1' };
const acknowledged = { kind: 'acknowledged', by: person, at: T0, until: T0 + DAY } as const;
const countdown = { deletionDate: T0 + 30 * DAY, since: T0, told: [], endTold: false };

test('a key is ours by its ARN alone', () => {
  expect(isSelf(key.arn, own)).toBe(true);
  expect(isSelf(incident(), own)).toBe(true);
  expect(isSelf(key.arn, rules)).toBe(false);
  const place = { account: key.account, region: key.region };
  expect(isSelf(incident({ subject: { kind: 'place', place } }), own)).toBe(false);
});

test('the mark follows the configuration', () => {
  const marked = withSelf(incident(), own);
  expect(marked.self).toBe(true);
  expect(withSelf(marked, own)).toBe(marked);
  expect(withSelf(marked, rules)).toEqual(incident());
});

describe('what endangers it', () => {
  const cases: readonly (readonly [string, Incident, boolean])[] = [
    ['a scheduled deletion', endangered('deletionScheduled'), true],
    ['a changed policy of an enabled key', endangered('policyChanged', { read: read('Enabled') }), true],
    ['a refused attempt', endangered('attemptRefused', { read: read('Enabled') }), true],
    ['a wish of ours', endangered('action', { read: read('Enabled') }), false],
    ['a wish of ours that disabled it', endangered('action', { read: read('Disabled') }), true],
    ['a watch by hand', endangered('watched', { read: read('Enabled') }), false],
    [
      'what is over',
      endangered('deletionScheduled', { phase: { kind: 'closed', at: T0, outcome: 'restored' } }),
      false,
    ],
    ['any other key', { ...endangered('deletionScheduled'), self: undefined } as unknown as Incident, false],
  ];
  test.each(cases)('%s: %#', (_, one, dangerous) => {
    expect(endangersSelf(one)).toBe(dangerous);
    expect(pagesOf(one, own, T0).includes('ownKey')).toBe(dangerous);
  });
});

describe('how loud it is', () => {
  const dying = endangered('deletionScheduled', { countdown });
  const quiet = { ...dying, attention: acknowledged };
  const planned = { ...dying, plan: { status: { kind: 'agreed', by: person, at: T0 } } as Plan };
  test('as loud as can be, a month before as well, and whatever was planned', () => {
    expect(volumeAt(dying, 30 * DAY, own, T0)).toBe('everyone');
    expect(volumeAt(planned, 30 * DAY, own, T0)).toBe('everyone');
    expect(volumeOfAsking(endangered('keyDisabled'), own, T0)).toBe('everyone');
  });
  test('acknowledged: seen in the channel and mentioning nobody, until the last day', () => {
    expect(volumeAt(quiet, 30 * DAY, own, T0)).toBe('broadcast');
    expect(volumeAt(quiet, DAY, own, T0)).toBe('everyone');
    expect(pagesOf(quiet, own, T0)).toEqual([]);
    expect(pagesOf(quiet, own, T0 + DAY)).toEqual(['ownKey']);
  });
});

describe('what is decided', () => {
  const swept = { kind: 'swept', danger: 'deletionScheduled', opening, read: read('PendingDeletion') } as const;
  const context = { now: T0, rules: own };
  const effectsOf = (before: Incident | undefined, at = context) => {
    const verdict = decide(before, swept, at);
    if (verdict.kind !== 'decided') throw new Error(verdict.kind);
    const { incident: after, effects } = verdict.decision;
    return { after, kinds: effects.map((one) => ('reminder' in one ? `${one.kind} ${one.reminder.kind}` : one.kind)) };
  };
  test('everybody hears of it at once, and once a round; the pager too', () => {
    const first = effectsOf(undefined);
    expect(first.kinds).toEqual(expect.arrayContaining(['remind ownKey', 'alert ownKey', 'page']));
    expect(effectsOf(first.after).kinds).toEqual([]);
  });
  test('any other key is quiet at first', () => {
    expect(effectsOf(undefined, { now: T0, rules }).kinds).toEqual(['learn']);
  });
  test('its end is not planned', () => {
    const plan = {
      ticket: 'CHG-1',
      by: person,
      at: T0,
      fingerprint: {},
      status: { kind: 'proposed' },
    } as unknown as Plan;
    expect(decide(undefined, { kind: 'planned', plan, opening, read: read('Enabled') }, context)).toEqual({
      kind: 'nothing',
      why: 'own key',
    });
  });
});
