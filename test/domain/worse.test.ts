/** When an open incident has become worse, who is told of it, and when nobody is. */
import { describe, expect, test } from 'vitest';
import type { ActionKind, Ending } from '../../src/domain/action.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Happening } from '../../src/domain/happening.ts';
import type { DangerKind, Incident } from '../../src/domain/incident.ts';
import type { KeyRead, KeyState } from '../../src/domain/key.ts';
import { reopened } from '../../src/domain/record.ts';
import type { Service } from '../../src/domain/services.ts';
import { isWorseNow, mayBeWorse, worseningNow } from '../../src/domain/worse.ts';
import {
  action,
  by,
  DAY,
  enabledBefore,
  fact,
  HOUR,
  incident,
  key,
  MINUTE,
  opening,
  read,
  rules,
  T0,
} from './samples.ts';

const person = { enterprise: '', team: 'T1', user: 'U1' };
const NOW = T0 + HOUR;
const acknowledged = { kind: 'acknowledged', by: person, at: T0 + MINUTE, until: T0 + 12 * HOUR } as const;
const danger = (kind: DangerKind) => ({ kind, firstAt: T0, lastAt: T0, count: 1 });

/** An incident as it stands once its card is posted. */
function standing(state: KeyState, more: Partial<Incident> = {}, date = T0 + 7 * DAY): Incident {
  const seen = decide(
    undefined,
    {
      kind: 'swept',
      danger: 'watched',
      opening,
      read: read(state, state === 'PendingDeletion' ? { deletionDate: date } : {}),
    },
    { now: T0, rules },
  );
  if (seen.kind !== 'decided') throw new Error(seen.kind);
  const { card, ...rest } = seen.decision.incident;
  return { ...rest, card: { ...card, ts: '1.0' as never }, ...more };
}

function decided(before: Incident, happening: Happening, now = NOW) {
  const verdict = decide(before, happening, { now, rules });
  if (verdict.kind !== 'decided') throw new Error(verdict.kind);
  return verdict.decision;
}

const seen = (state: KeyState, readAt = NOW, more: object = {}): Happening => ({
  kind: 'read',
  read: read(state, { readAt, ...(state === 'PendingDeletion' ? { deletionDate: T0 + 30 * DAY } : {}), ...more }),
});
const said = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.kind === 'remind' ? [`${effect.reminder.kind} ${effect.volume}`] : []));
const changes = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'remind' && effect.reminder.kind === 'worse' ? [effect.reminder.change] : [],
  );

describe('what is worse', () => {
  test.each<readonly [KeyState, KeyState, readonly string[]]>([
    ['Disabled', 'PendingDeletion', ['deletion']],
    ['Enabled', 'PendingDeletion', ['deletion']],
    ['PendingImport', 'PendingDeletion', ['deletion']],
    ['Disabled', 'PendingImport', ['material']],
    ['Enabled', 'PendingImport', ['material']],
    ['Enabled', 'Disabled', ['unusable']],
    ['Enabled', 'Unavailable', ['unusable']],
    ['Disabled', 'Unavailable', []],
    ['Disabled', 'Disabled', []],
    ['PendingImport', 'Disabled', []],
    ['PendingDeletion', 'Disabled', []],
    ['PendingDeletion', 'PendingDeletion', []],
    ['Disabled', 'Enabled', []],
  ])('%s, then %s: %j', (from, to, expected) => {
    const before = standing(from, { attention: acknowledged });
    const date = from === to ? { deletionDate: before.countdown?.deletionDate } : {};
    const { incident: now, effects } = decided(before, seen(to, NOW, date.deletionDate === undefined ? {} : date));
    expect(changes(effects)).toEqual(expected);
    // Whoever knew of the lesser danger is asked anew; what became better leaves it.
    expect(now.attention === undefined).toBe(expected.length > 0);
  });

  test.each<readonly [string, number, readonly string[]]>([
    ['earlier', T0 + 20 * DAY, ['deletion']],
    ['by seconds', T0 + 30 * DAY - 5_000, []],
    ['later', T0 + 37 * DAY, []],
  ])('another date, %s: %j', (_what, deletionDate, expected) => {
    const before = standing('Enabled');
    const dated = decided(before, seen('PendingDeletion')).incident;
    expect(changes(decided(dated, seen('PendingDeletion', NOW + DAY, { deletionDate }), NOW + DAY).effects)).toEqual(
      expected,
    );
  });

  test('an event about a key that cannot be read', () => {
    const unreadable: KeyRead = {
      kind: 'unreadable',
      key,
      readAt: NOW,
      why: { kind: 'denied', message: 'no' },
    } as never;
    const body = { kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion') } as never;
    const happening = {
      kind: 'fact',
      fact: fact(body, { id: 'late', at: NOW, seenAt: NOW }),
      opening,
      ours: false,
      read: unreadable,
    } as const;
    const { incident: now, effects } = decided(standing('Disabled', { attention: acknowledged }), happening);
    expect(changes(effects)).toEqual(['deletion']);
    expect(now.attention).toBeUndefined();
    // That it cannot be read is no news, and neither is that it can be again.
    expect(changes(decided(standing('Disabled'), { kind: 'read', read: unreadable }).effects)).toEqual([]);
    expect(changes(decided(now, seen('PendingDeletion', NOW + MINUTE), NOW + MINUTE).effects)).toEqual([]);
  });
});

describe('an earlier loss', () => {
  const learnt = (...services: readonly Service[]): Happening => ({
    kind: 'learnt',
    knowledge: {
      victims: { listed: services.map((service) => ({ service, seen: ['grant'] as const })), more: 0, unread: [] },
    },
    round: 1,
  });
  test.each<readonly [string, Incident, Happening, readonly string[]]>([
    ['of a key without a date', standing('Disabled'), learnt('rds'), ['loss']],
    ['before a deletion', standing('PendingDeletion', {}, T0 + 30 * DAY), learnt('rds'), ['loss']],
    ['one that comes with the deletion', standing('PendingDeletion'), learnt('rds'), []],
    ['one so close that its mark is told at once', standing('Disabled'), learnt('dynamodbReplica'), []],
    ['of nothing', standing('Disabled'), learnt('s3'), []],
  ])('%s', (_what, before, happening, expected) => {
    const { incident: now, effects } = decided({ ...before, attention: acknowledged }, happening);
    expect(changes(effects)).toEqual(expected);
    if (expected.length > 0) expect(now.attention).toBeUndefined();
  });

  test('learnt again, of the same stretch out of use, it is known', () => {
    const known = decided(standing('Disabled'), learnt('rds')).incident;
    const forgotten = decided(known, learnt(), NOW + HOUR).incident;
    expect(forgotten.losses).toBeUndefined();
    expect(changes(decided(forgotten, learnt('rds'), NOW + 2 * HOUR).effects)).toEqual([]);
  });
});

describe('how loud', () => {
  test.each<readonly [string, Incident, Happening, readonly string[]]>([
    ['a month away', standing('Disabled'), seen('PendingDeletion'), ['worse broadcast']],
    [
      'days away',
      standing('Disabled'),
      seen('PendingDeletion', NOW, { deletionDate: NOW + 3 * DAY }),
      ['worse mention'],
    ],
    ['without a date', standing('Disabled'), seen('PendingImport'), ['worse mention']],
    [
      'without a date, a loss within the day',
      standing('Disabled', {
        losses: { deletionDate: NOW + 2 * HOUR, since: T0, told: [DAY, 6 * HOUR], endTold: false, of: ['material'] },
      }),
      seen('PendingImport', NOW, { validTo: NOW + 2 * HOUR }),
      ['worse everyone'],
    ],
    // The mark of the last day is owed at once, and says it.
    ['within the day', standing('Disabled'), seen('PendingDeletion', NOW, { deletionDate: NOW + DAY }), []],
  ])('%s', (_what, before, happening, expected) => {
    expect(said(decided(before, happening).effects)).toEqual(expected);
  });
});

describe('not', () => {
  const deed = (kind: ActionKind, ending?: Ending & { readonly at: number }) => ({
    actions: [action(kind, [], { round: 1, ...(ending === undefined ? {} : { ending }) })],
  });
  const { ts: _ts, ...unposted } = standing('Disabled').card;
  const plan = {
    ticket: 'CHG-1',
    by: person,
    at: T0,
    fingerprint: { state: 'Disabled' },
    status: { kind: 'agreed', by: { ...person, user: 'U2' }, at: T0 },
  } as const;
  test.each<readonly [string, Incident, number, readonly string[]]>([
    ['for comparison: an hour after its card', standing('Disabled'), NOW, ['deletion']],
    ['within its first minute', standing('Disabled'), T0 + 50_000, []],
    ['before its card is posted', standing('Disabled', { card: unposted }), NOW, []],
    [
      'in a wave, which has a card',
      standing('Disabled', { card: unposted, wave: { id: 'g1' as never, own: false } }),
      NOW,
      ['deletion'],
    ],
    ['our own, under way', standing('Disabled', deed('scheduleDeletion')), NOW, []],
    [
      'our own, of which nobody knew what became',
      standing('Disabled', deed('scheduleDeletion', { kind: 'unknownOutcome', message: 'lost', at: NOW - MINUTE })),
      NOW,
      [],
    ],
    [
      'our own, which KMS refused',
      standing('Disabled', deed('scheduleDeletion', { kind: 'failed', why: { kind: 'keyGone' }, at: NOW - MINUTE })),
      NOW,
      ['deletion'],
    ],
    [
      'our own, done before',
      standing(
        'Disabled',
        deed('scheduleDeletion', {
          kind: 'verified',
          state: 'PendingDeletion',
          confirmedByRead: false,
          at: NOW - MINUTE,
        }),
      ),
      NOW,
      ['deletion'],
    ],
    ['another deed of ours', standing('Disabled', deed('disable')), NOW, ['deletion']],
    ['meant, and agreed to', standing('Disabled', { plan }), NOW, []],
    ['proposed only', standing('Disabled', { plan: { ...plan, status: { kind: 'proposed' } } }), NOW, ['deletion']],
  ])('%s', (_what, before, now, expected) => {
    expect(changes(decided(before, seen('PendingDeletion', now), now).effects)).toEqual(expected);
  });

  test('twice: a read that was a moment behind makes nothing new; a new round, or another date, does', () => {
    const worse = decided(standing('Disabled'), seen('PendingDeletion'));
    expect(changes(worse.effects)).toEqual(['deletion']);
    expect(changes(decided(worse.incident, seen('PendingDeletion', NOW + 1_000), NOW + 1_000).effects)).toEqual([]);
    const stale = decided(worse.incident, seen('Disabled', NOW + 2_000), NOW + 2_000).incident;
    expect(changes(decided(stale, seen('PendingDeletion', NOW + 3_000), NOW + 3_000).effects)).toEqual([]);
    const other = { deletionDate: T0 + 31 * DAY };
    expect(changes(decided(stale, seen('PendingDeletion', NOW + 3_000, other), NOW + 3_000).effects)).toEqual([
      'deletion',
    ]);
    expect(reopened(worse.incident, worse.incident.card.channel, enabledBefore, NOW).news).toBeUndefined();
  });

  test('of the date it was opened with, when a rescue was seen out of order', () => {
    const opened = standing('PendingDeletion');
    const deletionDate = opened.countdown?.deletionDate;
    const cancelled = decided(opened, seen('Disabled')).incident;
    const stale = decided(cancelled, seen('PendingDeletion', NOW + 1_000, { deletionDate }), NOW + 1_000);
    expect(changes(stale.effects)).toEqual([]);
  });

  test('material that was imported and is deleted again is told again, not within the same minute', () => {
    const gone = decided(standing('Disabled'), seen('PendingImport')).incident;
    const back = decided(gone, seen('Enabled', NOW + 1_000), NOW + 1_000).incident;
    expect(changes(decided(back, seen('PendingImport', NOW + 2_000), NOW + 2_000).effects)).toEqual([]);
    expect(changes(decided(back, seen('PendingImport', NOW + HOUR), NOW + HOUR).effects)).toEqual(['material']);
  });

  test('beside what says it already: a key of ours, a rescue that would fail', () => {
    const own = { ...rules, selfKeys: new Set([key.arn]) };
    const verdict = decide(standing('Enabled'), seen('Disabled'), { now: NOW, rules: own });
    expect(verdict.kind === 'decided' && said(verdict.decision.effects)).toEqual(['ownKey everyone']);
  });
});

describe('still so when it is about to be said', () => {
  const deletion = { kind: 'worse', change: 'deletion', deletionDate: T0 + 7 * DAY } as const;
  test.each<readonly [string, Incident, Parameters<typeof isWorseNow>[1], boolean]>([
    ['the same date', standing('PendingDeletion'), deletion, true],
    ['another date', standing('PendingDeletion'), { ...deletion, deletionDate: T0 + 9 * DAY }, false],
    ['cancelled meanwhile', standing('Disabled'), deletion, false],
    ['off, and by now dying', standing('PendingDeletion'), { kind: 'worse', change: 'unusable' }, false],
    ['material, back', standing('Enabled'), { kind: 'worse', change: 'material' }, false],
    ['a loss that does not come', standing('Disabled'), { kind: 'worse', change: 'loss', of: ['rds'] }, false],
  ])('%s', (_what, about, reminder, holds) => {
    expect(isWorseNow(about, reminder)).toBe(holds);
  });

  const date = T0 + 30 * DAY;
  const since = NOW + 1_000;
  const asOf = (worse: Incident, happening: Happening): Incident => decided(worse, happening, since).incident;
  const wasDated = decided(standing('Disabled'), seen('PendingDeletion')).incident;
  const wasGone = decided(standing('Disabled'), seen('PendingImport')).incident;
  const toldDeletion = { ...deletion, deletionDate: date };
  test.each<readonly [string, Incident, Parameters<typeof isWorseNow>[1], number, boolean]>([
    ['a date that the next read does not show', asOf(wasDated, seen('Disabled', since)), toldDeletion, since, true],
    ['nor one after a minute', asOf(wasDated, seen('Disabled', since)), toldDeletion, NOW + MINUTE, false],
    [
      'a later date than was read',
      asOf(wasDated, seen('PendingDeletion', since, { deletionDate: date + DAY })),
      toldDeletion,
      since,
      true,
    ],
    [
      'an earlier one, which says more',
      asOf(wasDated, seen('PendingDeletion', since, { deletionDate: date - DAY })),
      toldDeletion,
      since,
      false,
    ],
    [
      'material gone, and there again',
      asOf(wasGone, seen('Disabled', since)),
      { kind: 'worse', change: 'material' },
      since,
      true,
    ],
    [
      'material gone, and by now dying',
      asOf(wasGone, seen('PendingDeletion', since)),
      { kind: 'worse', change: 'material' },
      since,
      false,
    ],
    ['a date nobody has read', standing('Disabled'), deletion, NOW, false],
    ['over', { ...wasDated, phase: { kind: 'closed', at: since, outcome: 'restored' } }, toldDeletion, since, false],
  ])('in doubt: %s', (_what, about, reminder, now, doubt) => {
    expect(mayBeWorse(about, reminder, now)).toBe(doubt);
  });

  test('another key of the wave says it of itself', () => {
    expect(worseningNow(standing('PendingDeletion'), 'deletion')).toEqual(deletion);
    expect(worseningNow(standing('Disabled'), 'deletion')).toBeUndefined();
    expect(worseningNow(incident({ dangers: [danger('materialDeleted')] }), 'material')).toEqual({
      kind: 'worse',
      change: 'material',
    });
  });
});
