import { describe, expect, it, test } from 'vitest';
import { released, withAnswer, withHold, withIntruder } from '../../src/domain/containment.ts';
import type { Actor } from '../../src/domain/fact.ts';
import { ownerOf } from '../../src/domain/identity.ts';
import {
  type AccountId,
  type EffectId,
  type IncidentId,
  type KeyRef,
  type Place,
  parseKeyArn,
  type Region,
} from '../../src/domain/ids.ts';
import type { DangerKind, Incident } from '../../src/domain/incident.ts';
import {
  type Deed,
  dangerousDeeds,
  type Intruder,
  intruderOf,
  namesNewSuspect,
  suspectOf,
} from '../../src/domain/intruder.ts';
import {
  foundBy,
  hasLookedAt,
  type Investigation,
  joined,
  looked,
  looking,
  nextLookOf,
  withFindings,
} from '../../src/domain/investigation.ts';
import { nextStep } from '../../src/domain/plan.ts';
import { principalOf, sameHand, userNameOf } from '../../src/domain/principal.ts';
import { answered, answerTold, asked, noThatStands, type Question } from '../../src/domain/question.ts';
import { action, by, call, disabledBefore, enabledBefore, fact, incident, key, MINUTE, read, T0 } from './samples.ts';

const ACCOUNT = '111122223333' as AccountId;
const OTHER = '444455556666' as AccountId;
const session = (name: string, more: Partial<Actor> = {}, account = ACCOUNT): Actor => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::${account}:assumed-role/Admins/${name}`,
  account,
  issuerArn: `arn:aws:iam::${account}:role/path/Admins`,
  sessionName: name,
  ...more,
});
const user = (name: string, more: Partial<Actor> = {}): Actor => ({
  type: 'IAMUser',
  arn: `arn:aws:iam::${ACCOUNT}:user/team/${name}`,
  account: ACCOUNT,
  ...more,
});
const root: Actor = { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root`, account: ACCOUNT };
const service: Actor = { type: 'AWSService', invokedBy: 's3.amazonaws.com' };

describe('who it was', () => {
  test.each<[string, Actor, string | undefined, string | undefined]>([
    ['a session', session('m-17'), `arn:aws:sts::${ACCOUNT}:assumed-role/Admins/m-17`, 'm-17'],
    ['a user', user('mallory'), `arn:aws:iam::${ACCOUNT}:user/team/mallory`, 'mallory'],
    ['the root user', root, `root ${ACCOUNT}`, 'root'],
    ['an AWS service', service, undefined, undefined],
    ['a key of which nothing else is known', { type: 'Unknown', accessKeyId: 'AKIA1' }, 'access key AKIA1', undefined],
    ['nobody', { type: 'Unknown' }, undefined, undefined],
  ])('%s', (_, actor, principal, name) => {
    expect(principalOf(actor)).toBe(principal);
    expect(userNameOf(actor)).toBe(name);
  });

  test.each<[string, Actor, Actor, ReturnType<typeof sameHand>]>([
    [
      'a session renewed under another key',
      session('m', { accessKeyId: 'ASIA1' }),
      session('m', { accessKeyId: 'ASIA2' }),
      'same',
    ],
    ['another session of the role', session('m'), session('n'), 'other'],
    [
      'the same key, whatever it calls itself',
      user('m', { accessKeyId: 'AKIA1' }),
      session('x', { accessKeyId: 'AKIA1' }),
      'same',
    ],
    ['the name in another account', session('m'), session('m', {}, OTHER), 'byName'],
    [
      'the name in another account, another source identity',
      session('m', { sourceIdentity: 'mallory' }),
      session('m', { sourceIdentity: 'alice' }, OTHER),
      'other',
    ],
    [
      'the name in another account, the same source identity',
      session('m', { sourceIdentity: 'm' }),
      session('m', { sourceIdentity: 'm' }, OTHER),
      'byName',
    ],
    ['the root users of two accounts', root, { ...root, account: OTHER, arn: `arn:aws:iam::${OTHER}:root` }, 'other'],
    ['a session and the service that used the key', session('m'), service, 'other'],
  ])('%s', (_, one, other, expected) => {
    expect(sameHand(one, other)).toBe(expected);
  });

  test.each<[string, Actor, string | undefined]>([
    ['a session of a role by its name', session('m-17'), 'U0M'],
    ['another session of that role', session('x-1'), 'U0ROLE'],
    ['a user', user('bob'), 'U0BOB'],
    ['a user nobody named', user('eve'), undefined],
    [
      'a session of which only its own ARN is known',
      { type: 'AssumedRole', arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Plain/s`, sessionName: 's' },
      'U0PLAIN',
    ],
    ['an AWS service', service, undefined],
  ])('the configuration names %s', (_, actor, owner) => {
    const role = `arn:aws:iam::${ACCOUNT}:role/path/Admins`;
    expect(
      ownerOf(actor, [
        { principal: role, session: 'm-*', user: 'U0M' },
        { principal: role, user: 'U0ROLE' },
        { principal: `arn:aws:iam::${ACCOUNT}:user/team/bob`, user: 'U0BOB' },
        { principal: `arn:aws:iam::${ACCOUNT}:role/Plain`, user: 'U0PLAIN' },
      ]),
    ).toBe(owner);
  });
});

const dangerous = (kind: DangerKind, actor: Actor, more: Partial<Incident> = {}): Incident =>
  incident({
    dangers: [
      {
        kind,
        firstAt: T0,
        lastAt: T0,
        count: 1,
        fact: fact({ kind: 'deletionScheduled', key, call: { ...by('ScheduleKeyDeletion'), actor } }),
      },
    ],
    ...more,
  });

describe('whom an incident makes suspect', () => {
  test.each<[DangerKind, boolean]>([
    ['deletionScheduled', true],
    ['policyChanged', true],
    ['ownRoleMisused', true],
    ['suspect', true],
    // A refused use is by a victim.
    ['useRefused', false],
    ['watched', false],
    ['alarm', false],
  ])('%s: %s', (kind, expected) => {
    expect(suspectOf(dangerous(kind, session('m'))) !== undefined).toBe(expected);
  });

  it('is searched for once: again only when it is somebody else, or another round', () => {
    const before = dangerous('deletionScheduled', session('m'));
    expect(namesNewSuspect(undefined, before)).toBe(true);
    expect(namesNewSuspect(before, { ...before, revision: 9 })).toBe(false);
    expect(namesNewSuspect(before, dangerous('deletionScheduled', session('m', { accessKeyId: 'ASIA9' })))).toBe(false);
    expect(namesNewSuspect(before, dangerous('deletionScheduled', session('n')))).toBe(true);
    expect(namesNewSuspect(before, { ...before, round: 2 })).toBe(true);
    expect(namesNewSuspect(undefined, dangerous('deletionScheduled', service))).toBe(false);
  });
});

const place: Place = { account: ACCOUNT, region: 'us-west-2' as Region };
const keyNumber = (number: number): KeyRef =>
  parseKeyArn(
    `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(number).padStart(12, '0')}`,
  ) as KeyRef;
const deed = (id: number, operation: string, more: Partial<Deed> = {}): Deed => ({
  id: `event-${id}`,
  at: T0 + id,
  place,
  service: 'kms.amazonaws.com',
  operation,
  actor: session('m'),
  ...more,
});
const scheduledDeed = (number: number): Deed => {
  const one = keyNumber(number);
  const body = { kind: 'deletionScheduled', key: one, call: by('ScheduleKeyDeletion') } as const;
  return deed(number, 'ScheduleKeyDeletion', { key: one, fact: fact(body) });
};

describe('what else they did', () => {
  it('is bounded, however much it was: a thousand keys, fifty operations, many places', () => {
    const deeds = [
      ...Array.from({ length: 1_000 }, (_, index) => scheduledDeed(index)),
      ...Array.from({ length: 50 }, (_, index) => deed(2_000 + index, `Get${index}`, { readOnly: true })),
      ...Array.from({ length: 30 }, (_, index) =>
        deed(3_000 + index, 'X', { service: `service-${index}.amazonaws.com` }),
      ),
    ];
    const failed = Array.from({ length: 40 }, () => ({ kind: 'failed', place, why: 'x'.repeat(1_000) }) as const);
    const found = intruderOf(
      session('m'),
      [{ kind: 'searched', place, deeds, complete: false }, ...failed],
      new Set(),
      { from: T0, at: T0 },
    );
    expect(found).toMatchObject({ count: 1_050, uncoveredCount: 1_000, unsearchedCount: 40, otherOperations: 36 });
    expect(found.groups[0]).toMatchObject({ operation: 'ScheduleKeyDeletion', count: 1_000, keyCount: 1_000 });
    expect(found.groups[0]?.keys).toHaveLength(20);
    expect(JSON.stringify(found).length).toBeLessThan(12_000);
  });

  it('counts each call once, though it was found by key and by name, and none of somebody else', () => {
    const twice = deed(1, 'DisableKey', { key });
    const searches = [
      { kind: 'searched', place, deeds: [twice, deed(2, 'DisableKey', { actor: session('n') })], complete: true },
      { kind: 'searched', place, deeds: [twice], complete: true },
    ] as const;
    expect(intruderOf(session('m'), searches, new Set(), { from: T0, at: T0 }).count).toBe(1);
  });

  it('a key is dangerous once, by the newest deed; what only reads is not', () => {
    const later = { ...scheduledDeed(1), id: 'later', at: T0 + MINUTE };
    const found = dangerousDeeds([scheduledDeed(1), later, deed(9, 'DescribeKey', { key: keyNumber(9) })]);
    expect(found.map(({ id }) => id)).toEqual(['later']);
  });
});

const start: Investigation = joined(undefined, { id: '0'.repeat(32), actor: session('m') }, T0);
const found = (nextLookAt?: number) => ({
  ...intruderOf(session('m'), [], new Set(), { from: T0, at: T0 }),
  ...(nextLookAt === undefined ? {} : { nextLookAt }),
});

const lookedAt = (before: Investigation, intruder: Intruder) =>
  looked(withFindings(before, { intruder, uncovered: [] }), T0);

describe('one search for all', () => {
  it('looks at once, after 15, 60 and 120 minutes, and not again; looks that an outage swallowed are one', () => {
    expect(start.nextAt).toBe(T0);
    expect([0, 15, 60, 120].map((minutes) => nextLookOf(start, T0 + minutes * MINUTE))).toEqual([
      T0 + 15 * MINUTE,
      T0 + 60 * MINUTE,
      T0 + 120 * MINUTE,
      undefined,
    ]);
    expect(nextLookOf(start, T0 + 70 * MINUTE)).toBe(T0 + 120 * MINUTE);
  });

  it('begins anew after ten minutes, not before; a look that is due does not end with it', () => {
    const joining = { id: start.id, actor: session('m') };
    expect(joined(start, joining, T0 + 9 * MINUTE)).toMatchObject({ startedAt: T0, nextAt: T0, again: true });
    expect(joined(start, joining, T0 + 10 * MINUTE)).toMatchObject({ startedAt: T0 + 10 * MINUTE });
  });

  it('looks again soon for whoever joins after a look, a minute after the last one at the earliest', () => {
    const joining = { id: start.id, actor: session('m') };
    const seen = lookedAt(start, found(T0 + 15 * MINUTE));
    expect(seen.nextAt).toBe(T0 + 15 * MINUTE);
    const soon = joined(seen, joining, T0 + MINUTE / 2);
    expect(soon.nextAt).toBe(T0 + MINUTE);
    expect(joined(soon, joining, T0 + MINUTE / 2)).toBe(soon);
    expect(joined(seen, joining, T0 + 5 * MINUTE).nextAt).toBe(T0 + 5 * MINUTE);
    // During the look: once more after it, unless it began after they had joined.
    const during = joined(start, joining, T0 + 1);
    expect(joined(during, joining, T0 + 2)).toBe(during);
    expect(lookedAt(during, found(T0 + 15 * MINUTE)).nextAt).toBe(T0 + MINUTE);
    expect(lookedAt(looking(during), found(T0 + 15 * MINUTE)).nextAt).toBe(T0 + 15 * MINUTE);
  });

  it('a series that begins anew during a look keeps its own turn', () => {
    const anew = { ...start, nextAt: T0 + 5 };
    expect(lookedAt(anew, found(T0 + 15 * MINUTE)).nextAt).toBe(T0 + 5);
    expect(lookedAt(start, found()).nextAt).toBeUndefined();
  });

  it('is due until what it found was told, and asks CloudTrail once for it', () => {
    const intruder = { ...found(T0 + 15 * MINUTE), lookedAt: T0 + 1 };
    const untold = withFindings(start, { intruder, uncovered: [] });
    expect(untold.nextAt).toBe(T0);
    expect([start, untold].map((record) => hasLookedAt(record, T0))).toEqual([false, true]);
    // Who joins meanwhile hears what was found, and is seen by another look soon.
    expect(foundBy(untold)).toBe(intruder);
    const during = joined(untold, { id: start.id, actor: session('m') }, T0 + 2);
    const told = looked(during, T0);
    expect(told.nextAt).toBe(T0 + 1 + MINUTE);
    expect(hasLookedAt(told, T0 + 1 + MINUTE)).toBe(false);
    expect(looked(told, T0)).toBe(told);
  });
});

describe('one question for a name', () => {
  const by = { enterprise: '', team: 'T', user: 'U' };
  const deed = (at: number, investigation = 'one') => ({
    id: 'q',
    owner: 'U',
    name: 'm',
    investigation,
    asks: `i${at}` as IncidentId,
    askedBy: `e${at}` as EffectId,
    at,
  });
  const first = asked(undefined, deed(T0), T0);
  const later = (before: Question | undefined, minutes: number) =>
    asked(before, deed(T0 + minutes * MINUTE), T0 + minutes * MINUTE);

  it('is asked by the first incident, for every search of that name, and again after two hours without an answer', () => {
    expect(first).toMatchObject({ asks: `i${T0}`, askedBy: `e${T0}`, investigations: ['one'] });
    expect(later(first, 119)).toBe(first);
    expect(asked(first, deed(T0, 'two'), T0)).toMatchObject({ asks: `i${T0}`, investigations: ['one', 'two'] });
    expect(later(first, 120)).toMatchObject({ asks: `i${T0 + 120 * MINUTE}`, askedBy: `e${T0 + 120 * MINUTE}` });
  });

  it('a "no" stands for two days of whatever comes; a "yes" is about what was done by then, and may become a "no"', () => {
    const yes = answered(first, { wasMe: true, by, at: T0 });
    const no = yes === undefined ? undefined : answered(yes, { wasMe: false, by, at: T0 + MINUTE });
    expect(no?.answer?.wasMe).toBe(false);
    expect(no?.nextAt).toBe(T0 + MINUTE);
    expect(no === undefined ? undefined : answered(no, { wasMe: true, by, at: T0 })).toBeUndefined();
    expect(later(no, 48 * 60)).toBe(no);
    expect(noThatStands(no, T0 + 48 * 60 * MINUTE)).toBe(no?.answer);
    expect(noThatStands(no, T0 + 49 * 60 * MINUTE)).toBeUndefined();
    expect(later(no, 49 * 60).answer).toBeUndefined();
    expect(asked(yes, deed(T0), T0 + 60 * MINUTE)).toBe(yes);
    expect(later(yes, 1).answer).toBeUndefined();
    expect(noThatStands(yes, T0)).toBeUndefined();
  });

  it('an answer is told once', () => {
    const no = answered(first, { wasMe: false, by, at: T0 }) ?? first;
    expect(answerTold(no, T0 - 1)).toBe(no);
    expect(answerTold(no, T0).nextAt).toBeUndefined();
  });
});

describe('what they say, and what was found, on the record', () => {
  const person = { enterprise: '', team: 'T', user: 'U0M' };
  const principal = principalOf(session('m')) ?? '';
  const open = dangerous('deletionScheduled', session('m'));

  it('"yes" wakes nobody, "no" everybody, once', () => {
    const yes = withAnswer(open, principal, { wasMe: true, by: person, at: T0 });
    expect(yes).toMatchObject({ effects: [] });
    const no = withAnswer(yes?.incident ?? open, principal, { wasMe: false, by: person, at: T0 });
    expect(no?.effects.map(({ kind }) => kind)).toEqual(['remind', 'alert']);
    expect(withAnswer(no?.incident ?? open, principal, { wasMe: false, by: person, at: T0 })).toBeUndefined();
    expect(withAnswer(no?.incident ?? open, principal, { wasMe: true, by: person, at: T0 })).toBeUndefined();
  });

  it('somebody else is not answered for, nor found', () => {
    const other = principalOf(session('n')) ?? '';
    expect(withAnswer(open, other, { wasMe: false, by: person, at: T0 })).toBeUndefined();
    expect(withIntruder(open, other, found())).toBeUndefined();
  });

  it('another look that finds the same changes nothing, but that it was the last one', () => {
    const first = withIntruder(open, principal, found(T0 + MINUTE)) ?? open;
    expect(first.timeline.at(-1)?.body.kind).toBe('investigated');
    const again = { ...found(T0 + 2 * MINUTE), lookedAt: T0 + MINUTE / 2 };
    expect(withIntruder(first, principal, again)).toBeUndefined();
    // The moment that the card promises is over: it says the next one.
    const promised = withIntruder(first, principal, { ...again, lookedAt: T0 + MINUTE });
    expect(promised?.nextSeq).toBe(first.nextSeq);
    expect(promised?.knowledge?.intruder?.nextLookAt).toBe(T0 + 2 * MINUTE);
    const last = withIntruder(first, principal, { ...found(), lookedAt: T0 + MINUTE });
    expect(last?.revision).toBe(first.revision + 1);
    expect(last?.nextSeq).toBe(first.nextSeq);
  });
});

describe('a rescue of a key on hold', () => {
  const hold = { by: { enterprise: '', team: 'T', user: 'U0ALICE' }, at: T0, reason: 'an intruder' };
  const cancelled = action('rescue', [call('CancelKeyDeletion', { kind: 'succeeded' })]);
  const step = (state: Parameters<typeof read>[0], more: object = {}) =>
    nextStep({ action: cancelled, read: read(state), prior: enabledBefore, hold, now: T0, priorAsked: true, ...more });

  it('cancels the deletion, and leaves it off', () => {
    expect(
      nextStep({
        action: action('rescue'),
        read: read('PendingDeletion'),
        prior: enabledBefore,
        hold,
        now: T0,
        priorAsked: false,
      }),
    ).toEqual({ kind: 'call', operation: 'CancelKeyDeletion' });
    expect(step('Disabled')).toMatchObject({
      kind: 'end',
      ending: { kind: 'amber', why: 'held', message: 'U0ALICE: an intruder' },
    });
    expect(step('Unavailable')).toMatchObject({ kind: 'end', ending: { why: 'storeDisconnected' } });
  });

  it('asks nobody what it was before, and is green where it was off already', () => {
    expect(step('Disabled', { prior: { kind: 'unknown', why: 'never read' }, priorAsked: false })).toMatchObject({
      kind: 'end',
      ending: { why: 'held' },
    });
    expect(step('Disabled', { prior: disabledBefore })).toMatchObject({ kind: 'end', ending: { kind: 'verified' } });
  });

  it('is over once it is released', () => {
    const held = withHold(incident(), hold);
    const free = released(held, { via: 'terminal', user: 'root' }, T0);
    expect(free.hold).toBeUndefined();
    expect(free.timeline.map(({ body }) => body.kind)).toEqual(['held', 'released']);
    expect(released(free, { via: 'terminal', user: 'root' }, T0)).toBe(free);
  });
});
