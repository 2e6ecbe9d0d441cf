/** What happens to a request: the one setter, what differs between two keys, and until when it counts. */
import { describe, expect, test } from 'vitest';
import {
  type Agreement,
  type Approval,
  type ApprovalEvent,
  type ApprovalStatus,
  type ApprovalVerdict,
  type Change,
  changesBetween,
  decideOn,
  expiryOf,
  type Fingerprint,
  fingerprintLine,
  fingerprintOf,
} from '../../src/domain/approval.ts';
import type { ActionId, Person } from '../../src/domain/ids.ts';
import { known, unknown } from '../../src/domain/key.ts';
import { alice, approval, bob, carol } from './proofs.ts';
import { DAY, HOUR, imported, key, MINUTE, snapshot, T0 } from './samples.ts';

const NOW = T0 + MINUTE;
const ACTION = `a${'7'.repeat(31)}` as ActionId;
const agreement = (by: Person, more: Partial<Agreement> = {}): Agreement => ({ by, at: NOW, steppedUp: true, ...more });
const agree = (by: Person): ApprovalEvent => ({ kind: 'agree', agreement: agreement(by), action: ACTION });
const wish = (more: Partial<Approval> = {}): Approval => approval('scheduleDeletion', more);
const { fingerprint } = wish();

const EVENTS: Readonly<Record<string, ApprovalEvent>> = {
  agree: agree(bob),
  reject: { kind: 'reject', by: bob, comment: 'no' },
  time: { kind: 'time' },
  'the key as it was': { kind: 'key', fingerprint },
  'the key changed': { kind: 'key', fingerprint: { ...fingerprint, state: 'Disabled' } },
  'the key gone': { kind: 'gone' },
  'an admin alone': { kind: 'supersede', by: carol },
};

describe('whatever happens to what is over', () => {
  const STATUSES: readonly ApprovalStatus[] = [
    { kind: 'granted', at: T0, action: ACTION },
    { kind: 'rejected', at: T0, by: bob },
    { kind: 'withdrawn', at: T0 },
    { kind: 'expired', at: T0 },
    { kind: 'superseded', at: T0, by: carol },
    { kind: 'voided', at: T0, changes: [] },
  ];
  const rows = STATUSES.flatMap((status) => Object.keys(EVENTS).map((name) => [status.kind, name, status] as const));
  test.each(rows)('%s stays so: %s', (_kind, name, status) => {
    const event = EVENTS[name] as ApprovalEvent;
    expect(decideOn(wish({ status }), event, NOW)).toEqual({ kind: 'over' });
    // Also where its time has run out since.
    expect(decideOn(wish({ status }), event, T0 + DAY)).toEqual({ kind: 'over' });
  });
});

describe('what happens to what waits', () => {
  const moved: Person = { enterprise: 'E9', team: 'T9', user: alice.user };
  const halfAgreed = wish({ quorum: 2, agreements: [agreement(bob)] });
  const voided = (changes: readonly Change[]): Partial<Approval> => ({ status: { kind: 'voided', at: NOW, changes } });
  const granted = (by: readonly Person[]): Partial<Approval> => ({
    status: { kind: 'granted', at: NOW, action: ACTION },
    agreements: by.map((one) => agreement(one)),
  });

  test.each<[string, Approval, ApprovalEvent, Partial<Approval> | Exclude<ApprovalVerdict['kind'], 'changed'>]>([
    ['an approver agrees', wish(), agree(bob), granted([bob])],
    ['who asked agrees', wish(), agree(alice), 'ownRequest'],
    ['who asked agrees, moved to another workspace and organisation since', wish(), agree(moved), 'ownRequest'],
    ['who asked was moved between, and agrees from the old one', wish({ by: moved }), agree(alice), 'ownRequest'],
    ['who asked agrees to what somebody else agreed to already', halfAgreed, agree(alice), 'ownRequest'],
    [
      'the first of two agrees',
      wish({ quorum: 2 }),
      agree(bob),
      { status: { kind: 'waiting' }, agreements: [agreement(bob)] },
    ],
    ['the second of two agrees', halfAgreed, agree(carol), granted([bob, carol])],
    ['the first of two agrees again', halfAgreed, agree(bob), 'agreedAlready'],
    [
      'the first of two agrees again, from another workspace',
      halfAgreed,
      agree({ ...bob, team: 'T9' }),
      'agreedAlready',
    ],
    [
      'the second of three agrees',
      wish({ quorum: 3, agreements: [agreement(bob)] }),
      agree(carol),
      { status: { kind: 'waiting' }, agreements: [agreement(bob), agreement(carol)] },
    ],
    [
      'the third of three agrees',
      wish({ quorum: 3, agreements: [agreement(bob), agreement(carol)] }),
      agree({ ...carol, user: 'UDAVE' }),
      granted([bob, carol, { ...carol, user: 'UDAVE' }]),
    ],
    [
      'an approver refuses',
      wish(),
      { kind: 'reject', by: bob, comment: 'still used' },
      { status: { kind: 'rejected', at: NOW, by: bob, comment: 'still used' } },
    ],
    [
      'one of two refuses what the other has agreed to',
      halfAgreed,
      { kind: 'reject', by: carol },
      { status: { kind: 'rejected', at: NOW, by: carol }, agreements: [agreement(bob)] },
    ],
    [
      'somebody refuses what they have agreed to themselves',
      halfAgreed,
      { kind: 'reject', by: bob },
      { status: { kind: 'rejected', at: NOW, by: bob } },
    ],
    [
      'who asked takes it back',
      wish(),
      { kind: 'reject', by: alice, comment: 'a mistake' },
      { status: { kind: 'withdrawn', at: NOW, comment: 'a mistake' } },
    ],
    [
      'who asked takes it back, moved since',
      wish(),
      { kind: 'reject', by: moved },
      { status: { kind: 'withdrawn', at: NOW } },
    ],
    ['time passes', wish(), { kind: 'time' }, 'unchanged'],
    ['the key is read as it was', wish(), { kind: 'key', fingerprint }, 'unchanged'],
    [
      'the key is read without its policy',
      wish(),
      { kind: 'key', fingerprint: { state: fingerprint.state } },
      'unchanged',
    ],
    [
      'the key is read otherwise',
      wish(),
      { kind: 'key', fingerprint: { ...fingerprint, state: 'Disabled' } },
      voided([{ part: 'state', was: 'Enabled', is: 'Disabled' }]),
    ],
    ['the key is gone', wish(), { kind: 'gone' }, voided([])],
    [
      'an admin takes its place',
      halfAgreed,
      { kind: 'supersede', by: carol },
      { status: { kind: 'superseded', at: NOW, by: carol }, agreements: [agreement(bob)] },
    ],
  ])('%s', (_name, given, event, wanted) => {
    const verdict = decideOn(given, event, NOW);
    if (typeof wanted === 'string') return expect(verdict).toEqual({ kind: wanted });
    // Everything else stays as it was, and the message is drawn anew.
    const message = { ...given.message, revision: given.message.revision + 1 };
    expect(verdict).toEqual({ kind: 'changed', approval: { ...given, ...wanted, message } });
  });
});

describe('the end of its time', () => {
  const { expiresAt } = wish();
  test.each(Object.keys(EVENTS))('comes before everything else: %s', (name) => {
    const event = EVENTS[name] as ApprovalEvent;
    for (const now of [expiresAt, expiresAt + 1, expiresAt + DAY])
      expect(decideOn(wish(), event, now)).toMatchObject({
        kind: 'changed',
        approval: { status: { kind: 'expired', at: expiresAt }, agreements: [] },
      });
  });
  test('a millisecond before it counts', () => {
    expect(decideOn(wish(), agree(bob), expiresAt - 1)).toMatchObject({ approval: { status: { kind: 'granted' } } });
    expect(decideOn(wish(), { kind: 'time' }, expiresAt - 1)).toEqual({ kind: 'unchanged' });
  });
  test('nobody’s second consent comes too late to be too late', () => {
    const half = wish({ quorum: 2, agreements: [agreement(bob)] });
    expect(decideOn(half, agree(carol), expiresAt)).toMatchObject({
      approval: { status: { kind: 'expired' }, agreements: [agreement(bob)] },
    });
  });

  test.each<[string, number | undefined, number]>([
    ['so long after it was asked for', undefined, T0 + 30 * MINUTE],
    ['before the key’s deletion date', T0 + 7 * DAY, T0 + 30 * MINUTE],
    ['at the very date', T0 + 30 * MINUTE, T0 + 30 * MINUTE],
    ['never past the date', T0 + 5 * MINUTE, T0 + 5 * MINUTE],
    ['a millisecond less', T0 + 30 * MINUTE - 1, T0 + 30 * MINUTE - 1],
    ['at once, when the date is now', T0, T0],
    ['and over already, when the date has passed', T0 - HOUR, T0 - HOUR],
  ])('%s', (_name, deletionDate, wanted) => expect(expiryOf(T0, 30 * MINUTE, deletionDate)).toBe(wanted));
});

describe('what differs between two keys', () => {
  const whole: Fingerprint = {
    state: 'Enabled',
    deletionDate: T0 + DAY,
    materialId: 'one',
    validTo: T0 + HOUR,
    policy: 'digest',
  };
  const without = (part: keyof Fingerprint): Fingerprint => {
    const { [part]: _gone, ...rest } = whole;
    return rest as Fingerprint;
  };
  test.each<[string, Fingerprint, Fingerprint, readonly object[]]>([
    ['nothing', whole, { ...whole }, []],
    ['nothing, where there is little', { state: 'Enabled' }, { state: 'Enabled' }, []],
    ['the state', whole, { ...whole, state: 'Disabled' }, [{ part: 'state', was: 'Enabled', is: 'Disabled' }]],
    [
      'the deletion date',
      whole,
      { ...whole, deletionDate: T0 + DAY + 1 },
      [{ part: 'deletionDate', was: T0 + DAY, is: T0 + DAY + 1 }],
    ],
    ['a date that went', whole, without('deletionDate'), [{ part: 'deletionDate', was: T0 + DAY }]],
    ['a date that came', without('deletionDate'), whole, [{ part: 'deletionDate', is: T0 + DAY }]],
    ['the material', whole, { ...whole, materialId: 'two' }, [{ part: 'materialId', was: 'one', is: 'two' }]],
    ['material that went', whole, without('materialId'), [{ part: 'materialId', was: 'one' }]],
    ['its end', whole, { ...whole, validTo: T0 }, [{ part: 'validTo', was: T0 + HOUR, is: T0 }]],
    ['an end that came', without('validTo'), whole, [{ part: 'validTo', is: T0 + HOUR }]],
    ['the policy', whole, { ...whole, policy: 'other' }, [{ part: 'policy', was: 'digest', is: 'other' }]],
    ['a policy that is not read now is no difference', whole, without('policy'), []],
    ['nor one that was not bound', without('policy'), whole, []],
    [
      'several, in their order',
      whole,
      { ...whole, policy: 'other', validTo: T0, state: 'PendingDeletion' },
      [{ part: 'state' }, { part: 'validTo' }, { part: 'policy' }],
    ],
  ])('%s', (_name, was, is, wanted) => {
    const changes = changesBetween(was, is);
    expect(changes).toMatchObject(wanted);
    expect(changes).toHaveLength(wanted.length);
  });

  test('a fingerprint holds what the read holds, and the policy when it is known', () => {
    const dying = snapshot('PendingDeletion', { ...imported, validTo: T0 + HOUR });
    const bare = {
      state: 'PendingDeletion',
      deletionDate: dying.deletionDate,
      materialId: imported.currentMaterialId,
      validTo: T0 + HOUR,
    };
    expect(fingerprintOf(dying, known('digest'))).toEqual({ ...bare, policy: 'digest' });
    expect(fingerprintOf(dying, unknown('denied'))).toEqual(bare);
    expect(fingerprintOf(dying, undefined)).toEqual(bare);
    expect(fingerprintOf(snapshot('Enabled'), undefined)).toEqual({ state: 'Enabled' });
  });
  test('as a line, no two of them are alike', () => {
    const lines = [whole, without('deletionDate'), without('materialId'), without('validTo'), without('policy')].map(
      (one) => fingerprintLine(key, one),
    );
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines[0]).toBe(`${key.arn}|Enabled|${T0 + DAY}|one|${T0 + HOUR}|digest`);
  });
});
