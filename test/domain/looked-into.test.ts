/** What a person's word may end, every reason why not, and what may begin anew after that. */
import { describe, expect, test } from 'vitest';
import { comparedAgainAt } from '../../src/domain/as-before.ts';
import { eventsOfTimeline } from '../../src/domain/audit-events.ts';
import type { Cancelling } from '../../src/domain/cancelling.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Fact } from '../../src/domain/fact.ts';
import type { Happening } from '../../src/domain/happening.ts';
import type { Danger, DangerKind, Entry, Incident, Subject } from '../../src/domain/incident.ts';
import type { KeyRead } from '../../src/domain/key.ts';
import type { Knowledge } from '../../src/domain/knowledge.ts';
import { type Closable, closableOf, lookedIntoOf, matterOf, mayBeClosed } from '../../src/domain/looked-into.ts';
import type { Comparison } from '../../src/domain/shape-difference.ts';
import { alice, approval, bob } from './proofs.ts';
import {
  action,
  by,
  DAY,
  disabledBefore,
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

const danger = (kind: DangerKind, more: Partial<Danger> = {}): Danger => ({
  kind,
  firstAt: T0 - 2 * HOUR,
  lastAt: T0 - 2 * HOUR,
  count: 1,
  ...more,
});
const enabled = read('Enabled');
const of = (kinds: readonly DangerKind[], more: Partial<Incident> = {}): Incident =>
  incident({ prior: enabledBefore, read: enabled, dangers: kinds.map((kind) => danger(kind)), ...more });

const YES: Cancelling = {
  answer: 'yes',
  checkedAt: T0,
  reasons: [{ kind: 'delegated', arn: 'arn:role', by: 'a' as never }],
};
const NO: Cancelling = { answer: 'no', checkedAt: T0, reasons: [{ kind: 'notAllowed', call: 'kms:EnableKey' }] };
const NO_ROLE: Cancelling = { answer: 'no', checkedAt: T0, reasons: [{ kind: 'noRole' }] };
const NOT_JUDGED: Cancelling = {
  answer: 'unknown',
  checkedAt: T0,
  reasons: [{ kind: 'policyUnread', why: 'denied' }],
};
const equal: Comparison = {
  comparedAt: T0,
  checkedAt: T0,
  against: { kind: 'opening', takenAt: T0 - HOUR },
  standIns: [],
  differences: [],
  more: 0,
  unsure: [],
};
const differs: Comparison = { ...equal, differences: [{ part: 'aliases', change: 'gone', alias: 'alias/a' }] };
const accepted: Comparison = { ...differs, accepted: { by: bob, at: T0 } };
const changedAt = (lastAt: number, knowledge: Knowledge): Incident =>
  of([], { dangers: [danger('policyChanged', { lastAt })], knowledge });
const policyChange = (at: number): Entry => ({
  seq: 1,
  at,
  body: {
    kind: 'fact',
    fact: fact({ kind: 'policyChanged', key, bypassedLockoutCheck: false, call: by('PutKeyPolicy') }, { at }),
  },
});
const unreadable: KeyRead = {
  kind: 'unreadable',
  key,
  readAt: T0,
  why: { kind: 'denied', operation: 'kms:DescribeKey', message: '' },
};
const gone: KeyRead = { kind: 'gone', key, readAt: T0 };

describe('a danger that lasts, of a key that works', () => {
  test.each<[string, Incident, boolean]>([
    ['own role misused', of(['ownRoleMisused']), true],
    ['watched', of(['watched']), true],
    ['suspect', of(['suspect']), true],
    ['several of them', of(['ownRoleMisused', 'watched', 'suspect']), true],
    ['one of them, and what the read has settled', of(['deletionScheduled', 'useRefused', 'suspect']), true],
    ['policy changed, and a rescue would pass', of(['policyChanged'], { knowledge: { cancelling: YES } }), true],
    ['policy changed, and a rescue would fail', of(['policyChanged'], { knowledge: { cancelling: NO } }), false],
    [
      'policy changed, and a rescue is not judged',
      of(['policyChanged'], { knowledge: { cancelling: NOT_JUDGED } }),
      false,
    ],
    ['policy changed, and nothing is known of a rescue', of(['policyChanged']), false],
    [
      'policy changed, is not as before, and a rescue would pass',
      of(['policyChanged'], { knowledge: { cancelling: YES, comparison: differs } }),
      false,
    ],
    [
      'policy changed, where no rescue is configured',
      of(['policyChanged'], { knowledge: { cancelling: NO_ROLE } }),
      true,
    ],
    [
      'policy changed, is not as before, where no rescue is configured',
      of(['policyChanged'], { knowledge: { cancelling: NO_ROLE, comparison: differs } }),
      false,
    ],
    ['rescue blocked', of(['rescueBlocked'], { knowledge: { cancelling: NO } }), false],
    [
      'rescue blocked, and the policy was accepted',
      of(['rescueBlocked'], { knowledge: { cancelling: NO, comparison: accepted } }),
      true,
    ],
    [
      'rescue blocked again after the policy was accepted',
      of([], {
        dangers: [danger('rescueBlocked', { lastAt: T0 + 1 })],
        knowledge: { cancelling: NO, comparison: accepted },
      }),
      false,
    ],
    [
      'rescue would pass again: that closes by itself',
      of(['rescueBlocked'], { knowledge: { cancelling: YES } }),
      false,
    ],
    [
      'rescue would pass again, and it is watched',
      of(['rescueBlocked', 'watched'], { knowledge: { cancelling: YES } }),
      true,
    ],
    ['rescue blocked, and it is watched', of(['rescueBlocked', 'watched'], { knowledge: { cancelling: NO } }), false],
    ['policy changed after a rescue was judged', changedAt(T0 + 1, { cancelling: YES }), false],
    ['policy changed a moment before a rescue was judged', changedAt(T0 - MINUTE + 1, { cancelling: YES }), false],
    ['policy changed a minute before a rescue was judged', changedAt(T0 - MINUTE, { cancelling: YES }), true],
    ['policy changed after no rescue was configured', changedAt(T0 + 1, { cancelling: NO_ROLE }), false],
    [
      'rescue blocked and watched, and the policy was changed again after a rescue was judged',
      of(['rescueBlocked', 'watched'], { knowledge: { cancelling: YES }, timeline: [policyChange(T0 + 1)] }),
      false,
    ],
    [
      'rescue blocked, the policy was accepted, and then changed again',
      of(['rescueBlocked'], { knowledge: { cancelling: NO, comparison: accepted }, timeline: [policyChange(T0 + 1)] }),
      false,
    ],
    ['material that expires no more', of(['materialExpiring']), true],
    ['material that expires', of(['materialExpiring'], { read: read('Enabled', { validTo: T0 + 90 * DAY }) }), false],
    [
      'watched, and its material expires some day',
      of(['watched'], { read: read('Enabled', { validTo: T0 + DAY }) }),
      true,
    ],
  ])('%s', (_name, one, expected) => {
    expect(mayBeClosed(one)).toBe(expected);
  });
});

describe('a state that KMS may not show yet', () => {
  const readAfter = (ms: number, dangers: readonly Danger[], more: Partial<Incident> = {}): Incident =>
    of([], { read: read('Enabled', { readAt: T0 + ms }), dangers, calmSince: T0 - HOUR, ...more });
  const misused = danger('ownRoleMisused', { lastAt: T0 });
  const told = (kind: DangerKind): Danger => danger(kind, { lastAt: T0 });
  const STATES: readonly DangerKind[] = ['deletionScheduled', 'keyDisabled', 'materialDeleted', 'materialExpired'];
  test.each(STATES)('%s, told a moment ago, and the key reads calm: in a minute', (kind) => {
    expect(closableOf(readAfter(1_000, [misused, told(kind)]))).toBe('soon');
    expect(closableOf(readAfter(MINUTE - 1, [misused, told(kind)]))).toBe('soon');
    expect(closableOf(readAfter(MINUTE, [misused, told(kind)]))).toBe('yes');
  });
  test.each<[string, Incident, Closable]>([
    ['a suspicion alone', readAfter(1_000, [told('watched'), told('suspect')]), 'yes'],
    ['our role misused for what no state shows', readAfter(1_000, [misused]), 'yes'],
    ['a use refused', readAfter(1_000, [misused, told('useRefused')]), 'yes'],
    ['nothing lasts: that closes by itself', readAfter(1_000, [told('keyDisabled')]), 'no'],
    [
      'seen before, and told anew while it reads calm',
      readAfter(1_000, [misused, told('keyDisabled')], { sawDanger: true }),
      'soon',
    ],
    [
      'seen, and calm since a moment',
      readAfter(4_999, [misused, told('keyDisabled')], { sawDanger: true, calmSince: T0 + 2_000 }),
      'soon',
    ],
    [
      'seen, and calm at a second look',
      readAfter(5_000, [misused, told('keyDisabled')], { sawDanger: true, calmSince: T0 + 2_000 }),
      'yes',
    ],
    [
      'calm since it was told, and never seen otherwise',
      readAfter(5_000, [misused, told('keyDisabled')], { calmSince: T0 + 2_000 }),
      'soon',
    ],
  ])('%s', (_name, about, expected) => {
    expect(closableOf(about)).toBe(expected);
  });
  test('it is read again until KMS must show it, and its card drawn anew then', () => {
    const before = saved(of(['watched'], { openedAt: T0 - HOUR }), heard(misuse('late', T0)), T0 + 1_000);
    expect(closableOf(before)).toBe('soon');
    expect(before.nextReadAt).toBe(T0 + 3_000);
    const happening: Happening = { kind: 'read', read: read('Enabled', { readAt: T0 + MINUTE }) };
    const later = saved(before, happening, T0 + MINUTE);
    expect(closableOf(later)).toBe('yes');
    expect(later.revision).toBe(before.revision + 1);
    expect(later.nextReadAt).toBeUndefined();
  });
});

describe('why not', () => {
  const watched = (more: Partial<Incident>): Incident => of(['watched'], more);
  const plan = { at: T0, by: alice, ticket: 'CHG-1', status: { kind: 'proposed' } } as never;
  test.each<[string, Incident]>([
    ['nothing lasts', of(['deletionScheduled'])],
    ['closed', watched({ phase: { kind: 'closed', at: T0, outcome: 'recovered' } })],
    ['an action runs', watched({ actions: [action('disable')] })],
    ['a request waits', watched({ approvals: [approval('disable')] })],
    ['on hold', watched({ hold: { by: alice, at: T0, reason: 'odd' } })],
    ['a decommission is proposed', watched({ plan })],
    ['not read', incident({ dangers: [danger('watched')] })],
    ['not readable', watched({ read: unreadable })],
    ['gone', watched({ read: gone })],
    ['pending deletion', watched({ read: read('PendingDeletion') })],
    ['without its material', watched({ read: read('PendingImport') })],
    ['its store disconnected', watched({ read: read('Unavailable') })],
    ['disabled', watched({ read: read('Disabled') })],
    ['pending deletion, and disabled before', watched({ read: read('PendingDeletion'), prior: disabledBefore })],
    ['still being changed by KMS', watched({ read: read('Updating') })],
    ['not as before', watched({ knowledge: { comparison: differs } })],
    [
      'what destroys was sent a moment ago, and its answer lost',
      watched({
        actions: [
          action('scheduleDeletion', [], { round: 1, ending: { kind: 'unknownOutcome', message: 'lost', at: T0 } }),
        ],
      }),
    ],
  ])('%s', (_name, one) => {
    expect(mayBeClosed(one)).toBe(false);
  });
  test('disabled, as it was before', () => {
    expect(mayBeClosed(watched({ read: read('Disabled'), prior: disabledBefore }))).toBe(true);
  });
  test('disabled as it was before, and what was told a moment ago would show as another state', () => {
    const dangers = [danger('ownRoleMisused'), danger('deletionScheduled', { lastAt: T0 })];
    const about = (readAt: number): Incident =>
      watched({ read: read('Disabled', { readAt }), prior: disabledBefore, sawDanger: true, dangers });
    expect(closableOf(about(T0 + 1_000))).toBe('soon');
    expect(closableOf(about(T0 + MINUTE))).toBe('yes');
  });
  test('enabled, though it was disabled before', () => {
    expect(mayBeClosed(watched({ prior: disabledBefore }))).toBe(true);
  });
  test('not as before, and accepted', () => {
    expect(mayBeClosed(watched({ knowledge: { comparison: accepted } }))).toBe(true);
  });
});

describe('what is no key', () => {
  const place = { account: key.account, region: key.region };
  const PLACE: Subject = { kind: 'place', place };
  const TOPIC: Subject = { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:111122223333:alarms' };
  const ALARM: Subject = { kind: 'alarm', alarmArn: 'arn:alarm', name: 'a', place, partition: 'aws' };
  test.each<[string, Subject, readonly DangerKind[], boolean]>([
    ['a blinded trail', PLACE, ['trailBlinded'], true],
    ['a blinded trail of a place that cannot be read', PLACE, ['trailBlinded', 'unreadable'], false],
    ['a key store that was disconnected: nothing tells of its return', PLACE, ['keyStoreDisconnected'], true],
    ['a place that cannot be read', PLACE, ['unreadable'], false],
    ['a topic that went silent', TOPIC, ['unsubscribed'], true],
    ['an alarm', ALARM, ['alarm'], false],
  ])('%s', (_name, subject, kinds, expected) => {
    expect(mayBeClosed(incident({ subject, dangers: kinds.map((kind) => danger(kind)) }))).toBe(expected);
  });
});

describe('what is closed', () => {
  test('the order of dangers is no other matter; one more of the same is, and so is another round', () => {
    const one = of(['watched', 'suspect']);
    expect(matterOf(of(['suspect', 'watched']))).toBe(matterOf(one));
    expect(matterOf({ ...one, dangers: [danger('watched', { count: 2 }), danger('suspect')] })).not.toBe(matterOf(one));
    expect(matterOf({ ...one, round: 2 })).not.toBe(matterOf(one));
  });
});

const at = (now: number) => ({ now, rules });
const LATER = T0 + HOUR;
const misuse = (id: string, when: number): Fact =>
  fact({ kind: 'keyDisabled', key, call: by('DisableKey') }, { id, at: when, seenAt: when });
const heard = (what: Fact): Happening => ({ kind: 'fact', fact: what, opening, ours: 'role', read: enabled });
const watch = (id: string, when: number): Happening => ({
  kind: 'fact',
  fact: fact({ kind: 'watchRequested', key, by: 'U1', reason: 'odd' }, { id, at: when, seenAt: when }),
  opening,
  ours: false,
  read: enabled,
});

function saved(before: Incident | undefined, happening: Happening, now: number): Incident {
  const verdict = decide(before, happening, at(now));
  if (verdict.kind !== 'decided') throw new Error(`nothing was decided: ${JSON.stringify(verdict)}`);
  return verdict.decision.incident;
}
const closing = (about: Incident, more: Partial<Extract<Happening, { kind: 'lookedInto' }>> = {}): Happening => ({
  kind: 'lookedInto',
  by: bob,
  reason: 'a test of ours, CHG-9',
  matter: matterOf(about),
  read: read('Enabled', { readAt: LATER }),
  ...more,
});
const open = saved(undefined, heard(misuse('first', T0)), T0);

describe('closed on a person’s word', () => {
  const closed = saved(open, closing(open), LATER);
  test('says who and why, in the timeline and in the audit trail', () => {
    expect(closed.phase).toEqual({ kind: 'closed', at: LATER, outcome: 'lookedInto' });
    expect(lookedIntoOf(closed)).toEqual({ by: bob, reason: 'a test of ours, CHG-9', at: LATER });
    expect(closed.timeline.slice(-2).map(({ body }) => body.kind)).toEqual(['lookedInto', 'closed']);
    expect(eventsOfTimeline(closed, open.nextSeq)).toMatchObject([
      { kind: 'closed', actor: { user: 'UBOB' }, reason: 'a test of ours, CHG-9', key: key.arn },
    ]);
  });
  const told = (what: Fact): Happening => ({ kind: 'fact', fact: what, opening, ours: false, read: enabled });
  const fromOutside = (at: number): Fact =>
    fact(
      {
        kind: 'policyChanged',
        key,
        bypassedLockoutCheck: false,
        call: { ...by('PutKeyPolicy'), actor: { type: 'AWSAccount', account: '999988887777' as never } },
      },
      { id: `ct:outside ${at}`, at },
    );
  test.each<[string, Incident, Happening]>([
    ['one more of the same came meanwhile', saved(open, heard(misuse('second', T0 + 1)), T0 + 1), closing(open)],
    ['the key is dying by now', open, closing(open, { read: read('PendingDeletion', { readAt: LATER }) })],
    ['it is over', saved(open, closing(open), LATER), closing(open)],
  ])('not where %s', (_name, about, happening) => {
    expect(decide(about, happening, at(LATER))).toEqual({ kind: 'nothing', why: 'not ours to say' });
  });
  test.each<[string, Happening, number | undefined]>([
    ['the same misuse told again', heard(misuse('first', T0)), undefined],
    ['another misuse', heard(misuse('second', LATER + MINUTE)), 2],
    ['a wish to watch from before', watch('w1', T0 - MINUTE), undefined],
    ['a wish to watch from after that', watch('w2', LATER + MINUTE), 2],
    ['a policy change by somebody outside, from before that and told only now', told(fromOutside(LATER - MINUTE)), 2],
    [
      'a use refused before that',
      told(fact({ kind: 'useRefused', key, refusal: 'disabled', call: by('Decrypt') }, { at: T0 })),
      undefined,
    ],
    ['a calm read', { kind: 'read', read: read('Enabled', { readAt: LATER + HOUR }) }, 1],
  ])('%s', (_name, happening, round) => {
    const verdict = decide(closed, happening, at(LATER + 2 * HOUR));
    if (round === undefined) return expect(verdict.kind).toBe('nothing');
    expect(verdict).toMatchObject({
      decision: { incident: { round, phase: { kind: round === 1 ? 'closed' : 'open' } } },
    });
  });
  test('a key that is disabled as it was before stays closed however often it is read', () => {
    const disabled = read('Disabled', { readAt: LATER });
    const about = of(['watched'], { prior: disabledBefore, read: read('Disabled'), sawDanger: true });
    const over = saved(about, closing(about, { read: disabled }), LATER);
    const seen = saved(over, { kind: 'read', read: read('Disabled', { readAt: LATER + HOUR }) }, LATER + HOUR);
    for (const one of [over, seen])
      expect(one).toMatchObject({ round: 1, phase: { kind: 'closed', outcome: 'lookedInto' } });
  });
  test('a suspicion that was looked into is no news; another call under that name is', () => {
    const suspected = (id: string): Happening => ({
      kind: 'suspected',
      fact: misuse(id, T0),
      opening,
      read: enabled,
    });
    const about = saved(undefined, suspected('first'), T0);
    const over = saved(about, closing(about), LATER);
    expect(decide(over, suspected('first'), at(LATER + 1))).toEqual({ kind: 'nothing', why: 'known already' });
    expect(saved(over, suspected('other'), LATER + 1)).toMatchObject({ round: 2, phase: { kind: 'open' } });
  });
});

describe('a policy that was judged while somebody closed it', () => {
  const change = { at: LATER - MINUTE, from: 'change' } as const;
  const shut: Cancelling = { ...NO, checkedAt: LATER + 1, since: change };
  const learnt = (cancelling: Cancelling): Happening => ({ kind: 'learnt', knowledge: { cancelling }, round: 1 });
  const before = of(['watched'], { knowledge: { cancelling: YES } });
  const closed = saved(before, closing(before), LATER);
  test.each<[string, Incident, Cancelling, number]>([
    ['it takes our rescue away: the next round', closed, shut, 2],
    ['a rescue would pass', closed, { ...YES, checkedAt: LATER + 1 }, 1],
    ['nobody told of a change: it may always have been so', closed, { ...NO, checkedAt: LATER + 1 }, 1],
    ['it was shut before, and closed so', { ...closed, knowledge: { cancelling: NO } }, shut, 1],
    [
      'what ended by itself stays so',
      { ...closed, phase: { kind: 'closed', at: LATER, outcome: 'recovered' } },
      shut,
      1,
    ],
  ])('%s', (_name, about, cancelling, round) => {
    const after = saved(about, learnt(cancelling), LATER + 2);
    expect(after).toMatchObject({ round, phase: { kind: round === 1 ? 'closed' : 'open' } });
    if (round === 1) return;
    expect(after.dangers).toMatchObject([{ kind: 'rescueBlocked', lastAt: change.at }]);
    expect(after.knowledge?.cancelling).toEqual(shut);
  });
});

test('what may be closed by now is drawn anew, though nothing else is news', () => {
  const about = changedAt(T0, { cancelling: YES });
  const verdict = saved(
    about,
    { kind: 'learnt', knowledge: { cancelling: { ...YES, checkedAt: T0 + MINUTE } }, round: 1 },
    T0 + MINUTE,
  );
  expect(mayBeClosed(verdict)).toBe(true);
  expect(verdict.revision).toBe(about.revision + 1);
});

test('a rescue that is open again is judged once more, when KMS must show every change', () => {
  const one = of(['rescueBlocked', 'watched'], { knowledge: { cancelling: YES, comparison: equal } });
  const dangers = [danger('rescueBlocked', { lastAt: T0 }), danger('watched')];
  expect(comparedAgainAt(one, T0)).toBeUndefined();
  expect(comparedAgainAt({ ...one, dangers }, T0 + 1_000)).toBe(T0 + 31_000);
});
