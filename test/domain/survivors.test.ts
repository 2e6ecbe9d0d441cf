/** What is left of a multi-Region family when one of its keys is deleted: nothing is called lost that another still decrypts. */
import { describe, expect, test } from 'vitest';
import { type KeyRef, parseKeyArn } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { FamilyMember } from '../../src/domain/key.ts';
import type { Page } from '../../src/domain/page.ts';
import { outcomeOf } from '../../src/domain/page-outcome.ts';
import { withRead } from '../../src/domain/reading.ts';
import { survivalOf } from '../../src/domain/survivors.ts';
import { DAY, incident, key, rules, snapshot, T0 } from './samples.ts';

const keyIn = (region: string): KeyRef => parseKeyArn(`arn:aws:kms:${region}:111122223333:key/mrk-1234abcd`) as KeyRef;
const PRIMARY = keyIn('us-west-2');
const IRELAND = keyIn('eu-west-1');
const TOKYO = keyIn('ap-northeast-1');
const END = T0 + 7 * DAY;

const seen = (member: KeyRef, read: FamilyMember['read']): FamilyMember => ({
  key: member,
  role: member === PRIMARY ? 'PRIMARY' : 'REPLICA',
  read,
});
const waiting = seen(PRIMARY, { kind: 'read', state: 'PendingReplicaDeletion', readAt: T0 });
const gone = (of: KeyRef): FamilyMember => seen(of, { kind: 'gone', readAt: T0 });
const about = (one: KeyRef): Incident => incident({ subject: { kind: 'key', key: one } });

/** The replica in Ireland, read with its family and then gone. */
function deleted(family: readonly FamilyMember[] | undefined): Incident {
  const multiRegion = { role: 'REPLICA' as const, primary: PRIMARY, replicas: [IRELAND, TOKYO] };
  const shown = {
    ...snapshot('PendingDeletion', { multiRegion, ...(family === undefined ? {} : { family }) }),
    key: IRELAND,
  };
  const read = withRead(about(IRELAND), { kind: 'read', snapshot: shown }, rules);
  const unseen = { kind: 'unreachable' as const, message: 'away' };
  const blind = withRead(read, { kind: 'unreadable', key: IRELAND, readAt: T0 + DAY, why: unseen }, rules);
  return withRead(blind, { kind: 'gone', key: IRELAND, readAt: END + 1 }, rules);
}

describe('what is left of a family', () => {
  const pendingTo = (deletionDate: number): FamilyMember =>
    seen(TOKYO, { kind: 'read', state: 'PendingDeletion', readAt: T0, deletionDate });
  test.each<[string, readonly FamilyMember[] | undefined, string]>([
    ['the primary that waits', [gone(TOKYO), waiting], 'alive us-west-2'],
    ['the primary rather than a replica', [pendingTo(END + DAY), waiting], 'alive us-west-2'],
    ['another replica that lives longer', [pendingTo(END + DAY), gone(PRIMARY)], 'alive ap-northeast-1'],
    ['nobody knows: its date is over as well', [pendingTo(END), gone(PRIMARY)], 'unknown'],
    ['nobody knows: nobody watches there', [seen(PRIMARY, { kind: 'unwatched' }), gone(TOKYO)], 'unknown'],
    ['nobody knows: not readable', [seen(PRIMARY, { kind: 'unreadable', readAt: T0 })], 'unknown'],
    ['nobody knows: it was never looked at', undefined, 'unknown'],
    ['none: all of them are gone', [gone(PRIMARY), gone(TOKYO)], 'none'],
  ])('%s', (_what, family, expected) => {
    const survival = survivalOf(deleted(family));
    const where = survival.kind === 'alive' ? ` ${survival.member.key.region}` : '';
    expect(`${survival.kind}${where}`).toBe(expected);
  });

  test('looked at again when it was gone: that counts, also past its date', () => {
    const family = [seen(TOKYO, { kind: 'read', state: 'PendingDeletion', readAt: END + 2, deletionDate: END })];
    const end = withRead(deleted(undefined), { kind: 'gone', key: IRELAND, readAt: END + 2, family }, rules);
    expect(survivalOf(end)).toMatchObject({ kind: 'alive', member: { key: TOKYO } });
  });

  test('a primary read without any replica is the last of its family', () => {
    const alone = { role: 'PRIMARY' as const, primary: PRIMARY, replicas: [] };
    const stale = { ...about(PRIMARY), relatives: [waiting] };
    const shown = { ...snapshot('PendingDeletion', { multiRegion: alone }), key: PRIMARY };
    const last = withRead(stale, { kind: 'read', snapshot: shown }, rules);
    const end = withRead(last, { kind: 'gone', key: PRIMARY, readAt: END + 1 }, rules);
    expect(survivalOf(end)).toEqual({ kind: 'none' });
  });

  test('a key without a family leaves nothing', () =>
    expect(survivalOf(incident({ read: { kind: 'gone', key, readAt: T0 } }))).toEqual({ kind: 'none' }));
});

test.each<[string, readonly FamilyMember[] | undefined, string]>([
  ['the primary lives on', [waiting], 'memberDeleted'],
  ['nobody knows', undefined, 'memberDeleted'],
  ['all of them are gone', [gone(PRIMARY)], 'deleted'],
])('the pager hears of a deleted replica: %s', (_what, family, outcome) => {
  const closed: Incident = { ...deleted(family), phase: { kind: 'closed', at: END + 1, outcome: 'deleted' } };
  const page = { id: 'lastDay:i1', kind: 'lastDay', at: T0, deletionDate: END } as Page;
  expect(outcomeOf(closed, page, END + 2)).toBe(outcome);
});
