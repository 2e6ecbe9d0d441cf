/**
 * Requests in the record of an incident, through the one plot: asked, decided, run out, overtaken by the key. Above 300 lines:
 * one life of a request after the other, on the same few records.
 */
import { describe, expect, test } from 'vitest';
import type { Ending } from '../../src/domain/action.ts';
import type { Agreement, Approval, ApprovalEvent } from '../../src/domain/approval.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Context, Happening } from '../../src/domain/happening.ts';
import type { ActionId, ApprovalId, Person } from '../../src/domain/ids.ts';
import type { Incident, Prior } from '../../src/domain/incident.ts';
import type { KeyRead, KeyState } from '../../src/domain/key.ts';
import type { Decision } from '../../src/domain/reading.ts';
import { dueOf } from '../../src/domain/reading.ts';
import { actionOf } from '../../src/domain/requests.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { alice, approval, bob, carol } from './proofs.ts';
import {
  action,
  by,
  DAY,
  disabledBefore,
  enabledBefore,
  fact,
  HOUR,
  key,
  MINUTE,
  opening,
  read,
  rules,
  T0,
} from './samples.ts';

const at = (now: number): Context => ({ now, rules });
function decision(before: Incident | undefined, happening: Happening, now = T0): Decision {
  const verdict = decide(before, happening, at(now));
  if (verdict.kind !== 'decided') throw new Error(`nothing was decided: ${JSON.stringify(verdict)}`);
  return verdict.decision;
}
const saved = (before: Incident | undefined, happening: Happening, now = T0): Incident =>
  decision(before, happening, now).incident;

const ACTION = `a${'7'.repeat(31)}` as ActionId;
const wish = (more: Partial<Approval> = {}): Approval => approval('scheduleDeletion', { windowDays: 7, ...more });
const another = (id: string): Partial<Approval> => ({ id: `p${id.repeat(31)}` as ApprovalId });
const requested = (one = wish(), prior: Prior = enabledBefore, seen = read('Enabled')): Happening => ({
  kind: 'requested',
  approval: one,
  opening: { ...opening, prior },
  read: seen,
});
const agreement = (person: Person): Agreement => ({ by: person, at: T0 + 1, steppedUp: true });
const reviewed = (event: ApprovalEvent, one = wish()): Happening => ({
  kind: 'reviewed',
  approval: one.id,
  event,
  action: actionOf(one, ACTION),
});
const agree = (person: Person, one = wish()): Happening =>
  reviewed({ kind: 'agree', agreement: agreement(person), action: ACTION }, one);
const rejected = (person: Person): Happening => reviewed({ kind: 'reject', by: person });
const due = (state: KeyState, now: number): Happening => ({
  kind: 'due',
  read: read(state, { readAt: now }),
  late: MINUTE,
});
const seen = (state: KeyState, now: number): Happening => ({ kind: 'read', read: read(state, { readAt: now }) });

const status = (incident: Incident, index = 0): Approval['status'] | undefined => incident.approvals[index]?.status;
const story = (incident: Incident): readonly string[] =>
  incident.timeline
    .map(({ body }) => body)
    .filter((body) => body.kind === 'approval')
    .map(({ what, by: who }) => (who === undefined ? what : `${what} ${who.user}`));
const effects = (decided: Decision): readonly string[] => decided.effects.map(({ kind }) => kind);

describe('asking', () => {
  test('opens the record of a calm key, and says who asked', () => {
    const first = decision(undefined, requested());
    expect(first.incident).toMatchObject({ phase: { kind: 'open' }, round: 1, dangers: [{ kind: 'action' }] });
    expect(first.incident.approvals).toMatchObject([{ id: wish().id, round: 1, status: { kind: 'waiting' } }]);
    expect(story(first.incident)).toEqual(['requested UALICE']);
    expect(effects(first)).toEqual(['learn', 'approvers']);
    expect(first.incident.actions).toEqual([]);
  });
  test('joins the record of a key in danger', () => {
    const dying = saved(undefined, {
      kind: 'swept',
      danger: 'deletionScheduled',
      opening,
      read: read('PendingDeletion'),
    });
    const asked = decision(dying, requested(approval('deleteMaterial'), enabledBefore, read('PendingDeletion')));
    expect(asked.incident.dangers.map(({ kind }) => kind)).toEqual(['deletionScheduled']);
    expect(effects(asked)).toEqual(['approvers']);
  });
  test('one at a time, and the same one once', () => {
    const waiting = saved(undefined, requested());
    expect(decide(waiting, requested(), at(T0))).toEqual({ kind: 'nothing', why: 'known already' });
    expect(decide(waiting, requested(wish(another('1'))), at(T0))).toEqual({ kind: 'nothing', why: 'already waiting' });
    const over = saved(waiting, rejected(bob));
    expect(decide(over, requested(), at(T0))).toEqual({ kind: 'nothing', why: 'known already' });
    expect(saved(over, requested(wish(another('1')))).approvals.map((one) => one.status.kind)).toEqual([
      'rejected',
      'waiting',
    ]);
  });
  test('none beside an action under way, also one of a record that is over', () => {
    const running = saved(undefined, {
      kind: 'asked',
      action: action('rescue'),
      opening,
      read: read('PendingDeletion'),
    });
    const busy: Verdict = { kind: 'nothing', why: 'already running' };
    expect(decide(running, requested(), at(T0))).toEqual(busy);
    const over: Incident = { ...running, phase: { kind: 'closed', at: T0, outcome: 'recovered' } };
    expect(decide(over, requested(), at(T0))).toEqual(busy);
  });
  test('a request does not stand in the way of a rescue', () => {
    const waiting = saved(undefined, requested());
    const rescued = decision(waiting, { kind: 'asked', action: action('rescue'), opening });
    expect(effects(rescued)).toEqual(['carryOut']);
    expect(status(rescued.incident)?.kind).toBe('waiting');
  });
  test('an admin alone: the action begins at once', () => {
    const one = wish({ breakGlass: true, status: { kind: 'granted', at: T0, action: ACTION } });
    const begun = decision(undefined, { ...requested(one), action: actionOf(one, ACTION) } as Happening);
    expect(story(begun.incident)).toEqual(['breakGlass UALICE']);
    expect(begun.incident.actions).toMatchObject([
      { id: ACTION, kind: 'scheduleDeletion', approval: one.id, round: 1 },
    ]);
    expect(effects(begun)).toEqual(['carryOut', 'learn', 'approvers']);
  });
  test('an admin alone takes the place of what waits, in the same moment', () => {
    const waiting = saved(undefined, requested());
    const emergency = wish({
      ...another('1'),
      by: carol,
      breakGlass: true,
      status: { kind: 'granted', at: T0, action: ACTION },
    });
    const begun = decision(
      waiting,
      { ...requested(emergency), action: actionOf(emergency, ACTION) } as Happening,
      T0 + 1,
    );
    expect(begun.incident.approvals.map((one) => one.status)).toEqual([
      { kind: 'superseded', at: T0 + 1, by: carol },
      emergency.status,
    ]);
    expect(story(begun.incident)).toEqual(['requested UALICE', 'superseded UCAROL', 'breakGlass UCAROL']);
    expect(effects(begun)).toEqual(['carryOut', 'approvers', 'approvers']);
    expect(decide(begun.incident, agree(bob), at(T0 + 2))).toEqual({ kind: 'nothing', why: 'decided before' });
    // Not beside an action under way, and what has run out is not superseded.
    const busy = saved(waiting, { kind: 'asked', action: action('rescue'), opening });
    expect(
      decide(busy, { ...requested(emergency), action: actionOf(emergency, ACTION) } as Happening, at(T0 + 1)),
    ).toEqual({ kind: 'nothing', why: 'already running' });
    const late = { ...requested(emergency), action: actionOf(emergency, ACTION) } as Happening;
    expect(status(saved(waiting, late, wish().expiresAt))?.kind).toBe('expired');
  });
  test('the record keeps the newest twenty', () => {
    let record: Incident | undefined;
    const ids = Array.from({ length: 25 }, (_, index) => `p${String(index).padStart(31, '0')}` as ApprovalId);
    for (const id of ids) {
      record = saved(record, requested(wish({ id })));
      record = saved(record, reviewed({ kind: 'reject', by: bob }, wish({ id })));
    }
    expect(record?.approvals.map(({ id }) => id)).toEqual(ids.slice(-20));
  });
});

describe('deciding', () => {
  const two = wish({ quorum: 2 });
  test('agreed to, it becomes the action it was asked for', () => {
    const granted = decision(saved(undefined, requested(wish({ reason: 'unused', ticket: 'CHG-7' }))), {
      ...agree(bob),
      action: actionOf(wish({ reason: 'unused', ticket: 'CHG-7' }), ACTION),
    } as Happening);
    expect(status(granted.incident)).toEqual({ kind: 'granted', at: T0, action: ACTION });
    expect(granted.incident.actions).toEqual([
      {
        id: ACTION,
        kind: 'scheduleDeletion',
        by: { via: 'slack', person: alice },
        askedAt: T0,
        reason: 'unused',
        ticket: 'CHG-7',
        windowDays: 7,
        approval: wish().id,
        round: 1,
        calls: [],
      },
    ]);
    expect(effects(granted)).toEqual(['carryOut', 'approvers']);
    expect(story(granted.incident)).toEqual(['requested UALICE', 'granted UBOB']);
  });
  test('the first of two only agrees', () => {
    const half = decision(saved(undefined, requested(two)), agree(bob, two));
    expect(status(half.incident)).toEqual({ kind: 'waiting' });
    expect(half.incident.actions).toEqual([]);
    expect(effects(half)).toEqual(['approvers']);
    const whole = decision(half.incident, agree(carol, two));
    expect(effects(whole)).toEqual(['carryOut', 'approvers']);
    expect(story(whole.incident)).toEqual(['requested UALICE', 'agreed UBOB', 'granted UCAROL']);
  });
  test.each<[string, Happening, string]>([
    ['who asked', agree(alice, two), 'own request'],
    ['somebody who has agreed', agree(bob, two), 'agreed already'],
    ['somebody, about another request', agree(carol, wish(another('1'))), 'not ours to say'],
    ['time, before its end', reviewed({ kind: 'time' }, two), 'known already'],
    ['the key as it was', reviewed({ kind: 'key', fingerprint: two.fingerprint }, two), 'known already'],
  ])('%s changes nothing', (_name, happening, why) => {
    const half = saved(saved(undefined, requested(two)), agree(bob, two));
    expect(decide(half, happening, at(T0 + 1))).toEqual({ kind: 'nothing', why });
  });
  test('of two who agree at once one wins, and the other learns that it is decided', () => {
    const granted = saved(saved(undefined, requested()), agree(bob));
    // Its action is under way by now: that is not what the other one must hear.
    for (const late of [agree(carol), agree(bob), rejected(carol), agree(alice)])
      expect(decide(granted, late, at(T0 + 1))).toEqual({ kind: 'nothing', why: 'decided before' });
  });
  test('nobody agrees beside another action: the key is about to change; refusing it is possible', () => {
    const waiting = saved(undefined, requested(two));
    const busy = saved(waiting, { kind: 'asked', action: action('rescue'), opening });
    for (const person of [bob, carol])
      expect(decide(busy, agree(person, two), at(T0 + 1))).toEqual({ kind: 'nothing', why: 'already running' });
    expect(status(saved(busy, reviewed({ kind: 'reject', by: bob }, two)))?.kind).toBe('rejected');
    expect(status(saved(busy, reviewed({ kind: 'gone' }, two)))?.kind).toBe('voided');
  });
  test.each<[string, ApprovalEvent, string, readonly string[]]>([
    ['refused', { kind: 'reject', by: bob }, 'rejected', ['rejected UBOB']],
    ['taken back', { kind: 'reject', by: alice }, 'withdrawn', ['withdrawn UALICE']],
    ['gone', { kind: 'gone' }, 'voided', ['voided']],
    ['changed', { kind: 'key', fingerprint: { state: 'Disabled' } }, 'voided', ['voided']],
  ])('%s: told with who it was', (_name, event, kind, told) => {
    const ended = decision(saved(undefined, requested()), reviewed(event));
    expect(status(ended.incident)?.kind).toBe(kind);
    expect(story(ended.incident)).toEqual(['requested UALICE', ...told]);
    expect(effects(ended)).toEqual(['approvers']);
    expect(ended.incident.approvals[0]?.message.revision).toBe(2);
  });
  test('what ran out before somebody pressed was ended by nobody', () => {
    const waiting = saved(undefined, requested());
    for (const late of [agree(bob), rejected(bob), rejected(alice)]) {
      const ended = saved(waiting, late, wish().expiresAt);
      expect(status(ended)).toEqual({ kind: 'expired', at: wish().expiresAt });
      expect(story(ended).at(-1)).toBe('expired');
      expect(ended.actions).toEqual([]);
    }
  });
});

describe('running out', () => {
  const { expiresAt } = wish();
  test('the record is due then', () => {
    const calm = saved(saved(undefined, requested()), seen('Enabled', T0 + 2 * MINUTE), T0 + 2 * MINUTE);
    expect(dueOf(calm, rules, T0)).toBe(expiresAt);
    expect(dueOf(saved(calm, rejected(bob), T0 + 2 * MINUTE), rules, T0)).toBeUndefined();
  });
  test('a millisecond before, it waits', () => {
    const waiting = saved(undefined, requested());
    expect(status(saved(waiting, due('Enabled', expiresAt - 1), expiresAt - 1))?.kind).toBe('waiting');
    const ended = decision(waiting, due('Enabled', expiresAt), expiresAt);
    expect(status(ended.incident)).toEqual({ kind: 'expired', at: expiresAt });
    expect(story(ended.incident)).toEqual(['requested UALICE', 'expired']);
    expect(effects(ended)).toContain('approvers');
  });
  test.each<[string, KeyRead | undefined]>([
    ['cannot be read', { kind: 'unreadable', key, readAt: expiresAt, why: { kind: 'unreachable', message: '' } }],
    ['was not read', undefined],
    ['is gone', { kind: 'gone', key, readAt: expiresAt }],
    ['is not as it was', read('Disabled', { readAt: expiresAt })],
  ])('also where the key %s', (_name, last) => {
    const happening: Happening = { kind: 'due', late: MINUTE, ...(last === undefined ? {} : { read: last }) };
    expect(status(saved(saved(undefined, requested()), happening, expiresAt))?.kind).toBe('expired');
  });
  test('also beside an action under way', () => {
    const busy = saved(saved(undefined, requested()), { kind: 'asked', action: action('rescue'), opening });
    expect(dueOf(busy, rules, T0)).toBe(expiresAt);
    expect(status(saved(busy, due('Enabled', expiresAt), expiresAt))?.kind).toBe('expired');
  });
});

describe('overtaken by the key', () => {
  const waiting = () => saved(undefined, requested());
  const later = T0 + MINUTE;
  test('one read that differs may be stale: it is looked at again soon', () => {
    const once = saved(waiting(), seen('Disabled', later), later);
    expect(status(once)?.kind).toBe('waiting');
    expect(dueOf(once, rules, T0)).toBe(later + 3_000);
    const same = saved(once, seen('Enabled', later + 3_000), later + 3_000);
    expect(status(same)?.kind).toBe('waiting');
    expect(status(saved(same, seen('Disabled', later + 6_000), later + 6_000))?.kind).toBe('waiting');
  });
  test.each<[string, number, string]>([
    ['at once', 0, 'waiting'],
    ['a moment too early', 2_999, 'waiting'],
    ['three seconds later', 3_000, 'voided'],
    ['much later', HOUR / 4, 'voided'],
  ])('a second one %s', (_name, after, kind) => {
    const once = saved(waiting(), seen('Disabled', later), later);
    expect(status(saved(once, seen('Disabled', later + after), later + after))?.kind).toBe(kind);
  });
  test('both may differ in their own way; what is told is how it reads now', () => {
    const once = saved(waiting(), seen('Disabled', later), later);
    const twice = decision(once, seen('PendingDeletion', later + 3_000), later + 3_000);
    expect(status(twice.incident)).toEqual({
      kind: 'voided',
      at: later + 3_000,
      changes: [
        { part: 'state', was: 'Enabled', is: 'PendingDeletion' },
        { part: 'deletionDate', is: T0 + 7 * DAY },
      ],
    });
    expect(story(twice.incident)).toEqual(['requested UALICE', 'voided']);
    expect(effects(twice)).toContain('approvers');
  });
  test('a read that failed in between proves nothing', () => {
    const once = saved(waiting(), seen('Disabled', later), later);
    const failed: KeyRead = {
      kind: 'unreadable',
      key,
      readAt: later + 3_000,
      why: { kind: 'unreachable', message: '' },
    };
    const between = saved(once, { kind: 'read', read: failed }, later + 3_000);
    const again = saved(between, seen('Disabled', later + 6_000), later + 6_000);
    expect(status(again)?.kind).toBe('waiting');
    expect(status(saved(again, seen('Disabled', later + 9_000), later + 9_000))?.kind).toBe('voided');
  });
  test('an older read than the one there says nothing', () => {
    const once = saved(waiting(), seen('Disabled', later), later);
    expect(status(saved(once, seen('Disabled', later - 5_000), later + 3_000))?.kind).toBe('waiting');
  });
  test('every door sees it: the sweep, an event, a due moment, the end of another action', () => {
    const once = saved(waiting(), seen('Disabled', later), later);
    const next = read('Disabled', { readAt: later + 3_000 });
    const told = fact({ kind: 'keyDisabled', key, call: by('DisableKey') });
    const doors: readonly Happening[] = [
      { kind: 'swept', danger: 'keyDisabled', opening, read: next },
      { kind: 'fact', fact: told, opening, ours: false, read: next },
      { kind: 'due', late: MINUTE, read: next },
    ];
    for (const door of doors) expect(status(saved(once, door, later + 3_000))?.kind).toBe('voided');
    const busy = saved(once, { kind: 'asked', action: action('enable'), opening }, later);
    const ending: Ending = { kind: 'failed', why: { kind: 'gaveUp', message: '' } };
    const ended = saved(busy, { kind: 'ended', action: action('enable').id, ending, read: next }, later + 3_000);
    expect(status(ended)?.kind).toBe('voided');
  });
  test('a key that is gone is nobody’s to agree on', () => {
    const gone = saved(waiting(), { kind: 'read', read: { kind: 'gone', key, readAt: later } }, later);
    expect(status(gone)).toEqual({ kind: 'voided', at: later, changes: [] });
    expect(gone.phase).toMatchObject({ kind: 'closed', outcome: 'deleted' });
  });

  const policy = (when: number): Happening => ({
    kind: 'fact',
    fact: fact(
      { kind: 'policyChanged', key, call: by('PutKeyPolicy'), bypassedLockoutCheck: false },
      { id: `ct:policy-${when}`, at: when, seenAt: when },
    ),
    opening,
    ours: false,
    read: read('Enabled', { readAt: later }),
  });
  test('another policy voids what was bound to the old one', () => {
    const voided = decision(waiting(), policy(later), later);
    expect(status(voided.incident)).toMatchObject({ kind: 'voided', changes: [{ part: 'policy', was: 'digest' }] });
    expect(story(voided.incident)).toEqual(['requested UALICE', 'voided']);
    expect(effects(voided)).toContain('approvers');
  });
  test('not one of before it was asked for, and not what was not bound', () => {
    expect(status(saved(waiting(), policy(T0 - 1), later))?.kind).toBe('waiting');
    const unbound = saved(undefined, requested(wish({ fingerprint: { state: 'Enabled' } })));
    expect(status(saved(unbound, policy(later), later))?.kind).toBe('waiting');
  });
  test('what is decided stays decided', () => {
    const granted = saved(waiting(), agree(bob));
    const record = saved(granted, policy(later), later);
    expect(status(record)?.kind).toBe('granted');
    const once = saved(record, seen('Disabled', later + 3_000), later + 3_000);
    const twice = saved(once, seen('Disabled', later + 6_000), later + 6_000);
    expect(status(twice)?.kind).toBe('granted');
  });
});

describe('the end of an incident that is only about a wish', () => {
  const ends: readonly (readonly [string, Happening, number])[] = [
    ['refused', rejected(bob), T0 + MINUTE],
    ['taken back', rejected(alice), T0 + MINUTE],
    ['run out', due('Enabled', wish().expiresAt), wish().expiresAt],
  ];
  test.each(ends)('open while it waits, over when it is %s', (_name, happening, now) => {
    let record = saved(undefined, requested());
    // Calm since long ago, by any number of looks: somebody may still agree.
    for (const later of [3_000, 6_000, 2 * MINUTE, 20 * MINUTE])
      if (T0 + later < now) record = saved(record, seen('Enabled', T0 + later), T0 + later);
    expect(record.phase.kind).toBe('open');
    expect(saved(record, happening, now).phase).toEqual({ kind: 'closed', at: now, outcome: 'noDanger' });
  });
  test('also about a key that was Disabled all the time', () => {
    const asked = requested(
      approval('enable', { fingerprint: { state: 'Disabled' } }),
      disabledBefore,
      read('Disabled'),
    );
    const record = saved(undefined, asked);
    const later = T0 + MINUTE;
    expect(saved(record, seen('Disabled', later), later).phase.kind).toBe('open');
    expect(saved(record, rejected(bob), later).phase).toMatchObject({ outcome: 'noDanger' });
  });
  test('not over: the key has changed meanwhile', () => {
    const later = T0 + MINUTE;
    const once = saved(saved(undefined, requested()), seen('Disabled', later), later);
    const voided = saved(once, seen('Disabled', later + 3_000), later + 3_000);
    expect(voided.phase.kind).toBe('open');
    expect(saved(once, rejected(bob), later).phase.kind).toBe('open');
  });
  test('not over: something else is the matter', () => {
    const watched = saved(undefined, {
      kind: 'fact',
      fact: fact({ kind: 'watchRequested', key, by: 'U1', reason: 'odd' }),
      opening,
      ours: false,
      read: read('Enabled'),
    });
    expect(saved(saved(watched, requested()), rejected(bob), T0 + MINUTE).phase.kind).toBe('open');
  });
  test('the next wish is the next round', () => {
    const over = saved(saved(undefined, requested()), rejected(bob), T0 + MINUTE);
    const again = saved(over, requested(wish(another('1'))), T0 + HOUR);
    expect(again).toMatchObject({ round: 2, phase: { kind: 'open' }, dangers: [{ kind: 'action' }] });
    expect(again.approvals.map(({ round }) => round)).toEqual([1, 2]);
  });

  const carriedOut = (ending: Ending, state: KeyState, now = T0 + MINUTE): Incident =>
    saved(
      saved(saved(undefined, requested()), agree(bob)),
      { kind: 'ended', action: ACTION, ending, read: read(state, { readAt: now }) },
      now,
    );
  test('agreed to and not carried out: over', () => {
    const expired: Ending = { kind: 'failed', why: { kind: 'approvalExpired', at: T0 } };
    expect(carriedOut(expired, 'Enabled').phase).toMatchObject({ kind: 'closed', outcome: 'noDanger' });
  });
  test('carried out: a danger like any other', () => {
    const done = carriedOut({ kind: 'verified', state: 'PendingDeletion', confirmedByRead: false }, 'PendingDeletion');
    expect(done).toMatchObject({ phase: { kind: 'open' }, countdown: { deletionDate: T0 + 7 * DAY } });
    expect(done.dangers.map(({ kind }) => kind)).toEqual(['action', 'deletionScheduled']);
  });
  test('whether it was carried out is not known: not over while KMS may still show it', () => {
    const lost = carriedOut({ kind: 'unknownOutcome', message: 'the answer was lost' }, 'Enabled');
    expect(lost.phase.kind).toBe('open');
    const endedAt = T0 + MINUTE;
    let record = lost;
    for (
      let now = dueOf(record, rules, T0) ?? 0;
      now < endedAt + 10 * MINUTE;
      now = dueOf(record, rules, T0) ?? Number.NaN
    ) {
      expect(now).toBeGreaterThan(record.read?.kind === 'read' ? record.read.snapshot.readAt : now);
      record = saved(record, due('Enabled', now), now);
      expect(record.phase.kind, `${now - endedAt} ms later`).toBe('open');
    }
    const last = dueOf(record, rules, T0) ?? Number.NaN;
    expect(saved(record, due('Enabled', last), last).phase.kind).toBe('closed');
    const shown = saved(lost, seen('PendingDeletion', endedAt + MINUTE), endedAt + MINUTE);
    expect(shown).toMatchObject({ phase: { kind: 'open' }, countdown: { deletionDate: T0 + 7 * DAY } });
  });
});

describe('whose message and Home are drawn anew', () => {
  test('of what changed, and of nothing else', () => {
    const waiting = saved(undefined, requested());
    expect(effects(decision(waiting, seen('Enabled', T0 + 1), T0 + 1))).toEqual([]);
    expect(effects(decision(waiting, { kind: 'redraw' }))).toEqual([]);
    const over = saved(waiting, rejected(bob));
    const second = decision(over, requested(wish(another('1'))));
    expect(second.effects.filter(({ kind }) => kind === 'approvers')).toEqual([
      { kind: 'approvers', incident: opening.id, approval: another('1').id },
    ]);
  });
});
