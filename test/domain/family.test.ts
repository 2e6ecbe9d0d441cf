/** A multi-Region family as it stands: every member anybody knows of, by whoever read it last, and never green too early. */
import { describe, expect, test } from 'vitest';
import {
  estimateOf,
  type FamilyLine,
  familyLines,
  familyStanding,
  lastReplicaGone,
  memberOf,
  relativesOf,
} from '../../src/domain/family.ts';
import { type IncidentId, type KeyRef, parseKeyArn } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { FamilyMember, KeySnapshot, KeyState } from '../../src/domain/key.ts';
import { DAY, HOUR, incident, snapshot, T0 } from './samples.ts';

const keyIn = (region: string): KeyRef => parseKeyArn(`arn:aws:kms:${region}:111122223333:key/mrk-1234abcd`) as KeyRef;
const PRIMARY = keyIn('us-west-2');
const IRELAND = keyIn('eu-west-1');
const TOKYO = keyIn('ap-northeast-1');
const multiRegion = { role: 'PRIMARY' as const, primary: PRIMARY, replicas: [IRELAND, TOKYO] };
const roleOf = (key: KeyRef) => (key.region === PRIMARY.region ? ('PRIMARY' as const) : ('REPLICA' as const));

function shot(key: KeyRef, state: KeyState, more: Partial<KeySnapshot> = {}): KeySnapshot {
  return { ...snapshot(state), key, multiRegion: { ...multiRegion, role: roleOf(key) }, ...more };
}
const member = (key: KeyRef, state: KeyState, more: Partial<KeySnapshot> = {}): Incident =>
  incident({
    id: `i${key.region}` as IncidentId,
    subject: { kind: 'key', key },
    read: { kind: 'read', snapshot: shot(key, state, more) },
  });
const closed = (about: Incident): Incident => ({ ...about, phase: { kind: 'closed', at: T0, outcome: 'restored' } });
const seen = (key: KeyRef, read: FamilyMember['read']): FamilyMember => ({ key, role: roleOf(key), read });
const statesOf = (lines: readonly FamilyLine[]): readonly string[] =>
  lines.map(({ key, state }) => `${key.region} ${state}`);

describe('lines', () => {
  test('by deadline, then what has none, then what is gone; what nobody watches stands last', () => {
    const family = [
      seen(IRELAND, { kind: 'read', state: 'PendingDeletion', readAt: T0, deletionDate: T0 + 9 * DAY }),
      seen(TOKYO, { kind: 'unwatched' }),
    ];
    const primary = member(PRIMARY, 'PendingReplicaDeletion', {
      family,
      replicasGoneAt: T0 + 9 * DAY,
      pendingWindowInDays: 7,
    });
    expect(statesOf(familyLines([primary]))).toEqual([
      'eu-west-1 PendingDeletion',
      'us-west-2 PendingReplicaDeletion',
      'ap-northeast-1 unwatched',
    ]);
    const gone = { ...family[0], read: { kind: 'gone', readAt: T0 } } as FamilyMember;
    const calm = member(PRIMARY, 'Enabled', { family: [gone, seen(TOKYO, { kind: 'unwatched' })] });
    expect(statesOf(familyLines([calm]))).toEqual(['us-west-2 Enabled', 'eu-west-1 gone', 'ap-northeast-1 unwatched']);
  });

  test('a member that nobody has read is listed all the same', () => {
    expect(statesOf(familyLines([member(PRIMARY, 'PendingReplicaDeletion')]))).toEqual([
      'ap-northeast-1 unread',
      'eu-west-1 unread',
      'us-west-2 PendingReplicaDeletion',
    ]);
  });

  test('the newer read of two counts, and keeps the record of its own', () => {
    const replica = member(IRELAND, 'PendingDeletion', { readAt: T0 });
    const newer = [seen(IRELAND, { kind: 'read', state: 'Disabled', readAt: T0 + HOUR })];
    const line = familyLines([replica, member(PRIMARY, 'Enabled', { readAt: T0 + HOUR, family: newer })]).find(
      ({ key }) => key.arn === IRELAND.arn,
    );
    expect(line).toMatchObject({ state: 'Disabled', readAt: T0 + HOUR, incident: { id: replica.id } });
    const older = [seen(IRELAND, { kind: 'read', state: 'Enabled', readAt: T0 - HOUR })];
    expect(
      familyLines([replica, member(PRIMARY, 'Enabled', { family: older })]).find(({ key }) => key.arn === IRELAND.arn)
        ?.state,
    ).toBe('PendingDeletion');
  });

  test('the estimate of a primary stays while another member reads it later', () => {
    const primary = member(PRIMARY, 'PendingReplicaDeletion', {
      readAt: T0,
      replicasGoneAt: T0 + 9 * DAY,
      pendingWindowInDays: 7,
    });
    const later = [seen(PRIMARY, { kind: 'read', state: 'PendingReplicaDeletion', readAt: T0 + HOUR })];
    const replica = member(IRELAND, 'PendingDeletion', { readAt: T0 + HOUR, family: later });
    const estimates = [
      [primary, replica],
      [replica, primary],
    ].map((members) => familyLines(members).find(({ key }) => key.arn === PRIMARY.arn));
    for (const line of estimates) expect(line).toMatchObject({ estimate: T0 + 16 * DAY, readAt: T0 + HOUR });
    const cancelled = [seen(PRIMARY, { kind: 'read', state: 'Disabled', readAt: T0 + HOUR })];
    const after = familyLines([primary, member(IRELAND, 'PendingDeletion', { family: cancelled, readAt: T0 + HOUR })]);
    expect(after.find(({ key }) => key.arn === PRIMARY.arn)?.estimate).toBeUndefined();
  });

  test('that nobody watches a Region says more than that its key could not be read', () => {
    const [unreadable, unwatched] = [
      member(PRIMARY, 'PendingReplicaDeletion', { family: [seen(TOKYO, { kind: 'unreadable', readAt: T0 })] }),
      member(IRELAND, 'PendingDeletion', { family: [seen(TOKYO, { kind: 'unwatched' })] }),
    ];
    for (const members of [
      [unreadable, unwatched],
      [unwatched, unreadable],
    ])
      expect(familyLines(members).find(({ key }) => key.arn === TOKYO.arn)?.state).toBe('unwatched');
  });
});

describe('the standing', () => {
  const all = (states: readonly FamilyMember['read'][], primary: Incident): readonly FamilyLine[] => {
    const { read } = primary;
    if (read?.kind !== 'read') throw new Error('not read');
    const family = [IRELAND, TOKYO].map((key, index) => seen(key, states[index] as FamilyMember['read']));
    return familyLines([{ ...primary, read: { kind: 'read', snapshot: { ...read.snapshot, family } } }]);
  };
  const enabled = { kind: 'read', state: 'Enabled', readAt: T0 } as const;
  const restored = closed(member(PRIMARY, 'Enabled'));
  test.each<readonly [string, readonly FamilyMember['read'][], Incident, string]>([
    ['all enabled and over', [enabled, enabled], restored, 'calm'],
    ['one gone long ago', [enabled, { kind: 'gone', readAt: T0 }], restored, 'calm'],
    ['one pending', [enabled, { ...enabled, state: 'PendingDeletion' }], restored, 'endangered'],
    ['its incident open', [enabled, enabled], member(PRIMARY, 'Enabled'), 'endangered'],
    ['one in a Region nobody watches', [enabled, { kind: 'unwatched' }], restored, 'unknown'],
    ['one that cannot be read', [enabled, { kind: 'unreadable', readAt: T0 }], restored, 'unknown'],
    [
      'one pending, another unknown',
      [{ ...enabled, state: 'PendingDeletion' }, { kind: 'unwatched' }],
      restored,
      'endangered',
    ],
  ])('%s', (_what, states, primary, standing) => {
    expect(familyStanding(all(states, primary))).toBe(standing);
  });

  test('members of whom nothing was read are not known', () => {
    expect(familyStanding(familyLines([restored]))).toBe('unknown');
  });
});

describe('the estimate of a primary that waits', () => {
  const pending = (key: KeyRef, days: number): FamilyMember =>
    seen(key, { kind: 'read', state: 'PendingDeletion', readAt: T0, deletionDate: T0 + days * DAY });

  test('its own window begins when the last replica is gone', () => {
    expect(
      estimateOf(shot(PRIMARY, 'PendingReplicaDeletion', { replicasGoneAt: T0 + 9 * DAY, pendingWindowInDays: 7 })),
    ).toBe(T0 + 16 * DAY);
    expect(estimateOf(shot(PRIMARY, 'PendingReplicaDeletion', { pendingWindowInDays: 7 }))).toBeUndefined();
    expect(estimateOf(shot(PRIMARY, 'PendingReplicaDeletion', { replicasGoneAt: T0 }))).toBeUndefined();
  });

  test.each<readonly [string, readonly FamilyMember[], number | undefined]>([
    ['the latest of all', [pending(IRELAND, 7), pending(TOKYO, 30)], T0 + 30 * DAY],
    ['what is gone does not count', [pending(IRELAND, 7), seen(TOKYO, { kind: 'gone', readAt: T0 })], T0 + 7 * DAY],
    ['unknown where one was not read', [pending(IRELAND, 7), seen(TOKYO, { kind: 'unwatched' })], undefined],
    [
      'unknown where one is not pending',
      [pending(IRELAND, 7), seen(TOKYO, { kind: 'read', state: 'Enabled', readAt: T0 })],
      undefined,
    ],
    ['no replica left', [seen(IRELAND, { kind: 'gone', readAt: T0 })], undefined],
  ])('%s', (_what, members, at) => {
    expect(lastReplicaGone(members)).toBe(at);
  });
});

test('relatives are all the others, with their roles', () => {
  const of = (key: KeyRef): readonly string[] =>
    relativesOf(shot(key, 'Enabled')).map(({ key: one, role }) => `${one.region} ${role}`);
  expect(of(PRIMARY)).toEqual(['eu-west-1 REPLICA', 'ap-northeast-1 REPLICA']);
  expect(of(TOKYO)).toEqual(['us-west-2 PRIMARY', 'eu-west-1 REPLICA']);
  expect(relativesOf(snapshot('Enabled'))).toEqual([]);
});

test('a read of a relative is remembered with its date', () => {
  const relative = { key: IRELAND, role: 'REPLICA' as const };
  const read = { kind: 'read', snapshot: shot(IRELAND, 'PendingDeletion') } as const;
  expect(memberOf(relative, read).read).toEqual({
    kind: 'read',
    state: 'PendingDeletion',
    readAt: T0,
    deletionDate: T0 + 7 * DAY,
  });
  expect(memberOf(relative, { kind: 'gone', key: IRELAND, readAt: T0 }).read).toEqual({ kind: 'gone', readAt: T0 });
});
