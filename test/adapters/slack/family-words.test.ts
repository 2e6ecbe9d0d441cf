/** What is said of one key of a multi-Region family: nothing is lost while another holds the material, and no date is another's. */
import { describe, expect, test } from 'vitest';
import { boardBlocks } from '../../../src/adapters/slack/words/board.ts';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import type { Reminder } from '../../../src/domain/effect.ts';
import { type GatheringId, type KeyRef, parseKeyArn } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { type FamilyMember, known } from '../../../src/domain/key.ts';
import { HOUR, incident, read, T0 } from '../../domain/samples.ts';
import { readable, view } from './drawn.ts';

const keyIn = (region: string): KeyRef => parseKeyArn(`arn:aws:kms:${region}:111122223333:key/mrk-1234abcd`) as KeyRef;
const PRIMARY = keyIn('us-west-2');
const REPLICA = keyIn('eu-west-1');
const details = {
  aliases: known(['alias/ledger']),
  tags: known({}),
  lastUse: known({ kind: 'neverSeen' as const }),
};
const told = (about: Incident, reminder: Reminder): string =>
  readable(drawReminder(about, { reminder, volume: 'everyone' }, view, { plain: false }).blocks);

describe('a primary that waits for its replicas', () => {
  const date = T0 + HOUR;
  const since = { deletionDate: date, since: T0, told: [], endTold: false };
  const waiting = incident({
    subject: { kind: 'key', key: PRIMARY },
    details,
    read: read('PendingReplicaDeletion', { key: PRIMARY, replicasGoneAt: date, pendingWindowInDays: 7 }),
    countdown: { ...since, replicas: { windowDays: 7 } },
  });
  const { by, at } = { by: { enterprise: '', team: 'T1', user: 'U0ALICE' }, at: T0 - HOUR };
  const OWN = 'from then on it has 7 d of its own';

  test.each<[string, Reminder]>([
    ['a mark', { kind: 'milestone', milestone: HOUR, deletionDate: date, collapsed: 1 }],
    ['asked again', { kind: 'again', deletionDate: date, attention: { kind: 'snoozed', by, at, until: T0 } }],
    ['it cannot be rescued', { kind: 'cannotCancel' }],
    ['our own key', { kind: 'ownKey' }],
    ['it became worse', { kind: 'worse', change: 'deletion', deletionDate: date }],
  ])('%s: no date of its own is claimed', (_what, reminder) => {
    const text = told(waiting, reminder);
    expect(text).toContain('its replicas are gone after');
    expect(text).toContain(OWN);
    expect(text).not.toMatch(/is deleted after|After that date, what only/);
  });

  test('a day after that date it still waits: it is not said to be overdue itself', () => {
    const text = told({ ...waiting, countdown: { ...since, replicas: {} } }, { kind: 'overdue', deletionDate: date });
    expect(text).toContain('alias/ledger still waits for its replicas, which should be gone since');
    expect(text).not.toContain('should be deleted since');
  });

  test('the Home tab and the notification say what its card says', () => {
    const board = readable(
      boardBlocks({ page: 0, total: 1, dated: 1, accounts: [], incidents: [waiting] }, () => view),
    );
    expect(board).toContain(
      '*Deleted after*  no date yet: its own window of 7 d begins when the last replica is deleted',
    );
    expect(board).not.toMatch(/\*Deleted after\* {2}(?!no date yet)/);
    expect(drawCard(waiting, view, { plain: false }).text).toContain(OWN);
  });

  test.each([
    [
      'on the card of its family',
      `g${'1'.repeat(31)}` as GatheringId,
      'Rescue on this card cancels it for every member of the family that we watch',
    ],
    ['alone', undefined, 'every replica needs its own rescue in its own Region'],
  ] as const)('%s: whom a rescue is for', (_where, family, said) => {
    const card = readable(
      drawCard({ ...waiting, ...(family === undefined ? {} : { family }) }, view, { plain: false }).blocks,
    );
    expect(card).toContain(said);
    expect(card).not.toContain('on its own card');
  });

  test('a replica: its date ends one key, and not the family', () => {
    const multiRegion = { role: 'REPLICA' as const, primary: PRIMARY, replicas: [REPLICA] };
    const dying = {
      ...waiting,
      read: read('PendingDeletion', { key: REPLICA, deletionDate: date, multiRegion }),
      countdown: since,
    };
    const text = told(dying, { kind: 'milestone', milestone: HOUR, deletionDate: date, collapsed: 1 });
    expect(text).toContain('alias/ledger is deleted after');
    expect(text).toContain('lost for good unless another key of it lives on');
  });
});

describe('a deleted replica', () => {
  const primary = (read: FamilyMember['read']): FamilyMember => ({ key: PRIMARY, role: 'PRIMARY', read });
  const gone = (relatives: readonly FamilyMember[] | undefined): Incident =>
    incident({
      subject: { kind: 'key', key: REPLICA },
      details,
      read: { kind: 'gone', key: REPLICA, readAt: T0 },
      phase: { kind: 'closed', at: T0, outcome: 'deleted' },
      ...(relatives === undefined ? {} : { relatives }),
    });
  const waiting = gone([primary({ kind: 'read', state: 'PendingReplicaDeletion', readAt: T0 })]);
  const calm = gone([primary({ kind: 'read', state: 'Enabled', readAt: T0 })]);
  const end: Reminder = { kind: 'end', deletionDate: T0 - 1_000 };
  const over: Reminder = { kind: 'over', outcome: 'deleted' };
  const FINAL = /(lost for good\.|Nothing can be rescued|lost for good$)/m;

  test.each([['end', end] as const, ['over', over] as const])(
    '%s: its primary can still be rescued',
    (_kind, reminder) => {
      const text = told(waiting, reminder);
      expect(text).toMatch(/the replica of alias\/ledger in eu-west-1/i);
      expect(text).toContain('the primary in us-west-2 still holds the material');
      expect(text).toContain('It was PendingReplicaDeletion, read ');
      expect(text).toContain('*Rescue it there*');
      expect(text).toContain('the replica in eu-west-1 can be created again');
      expect(text).not.toContain('Nothing can be rescued');
      expect(text.split('\n')[0]).not.toContain('lost for good');
      expect(told(calm, reminder)).not.toContain('Rescue it there');
      expect(told(calm, reminder)).not.toMatch(FINAL);
    },
  );

  test.each([['end', end] as const, ['over', over] as const])(
    '%s: whether any other exists is not known',
    (_kind, reminder) => {
      const text = told(gone(undefined), reminder);
      expect(text).toContain('lost for good unless another key of the family still exists');
      expect(text).toContain('look for the same key id in the other Regions');
      expect(text).not.toMatch(FINAL);
    },
  );

  test('all of them are gone: that is the end', () => {
    const last = gone([primary({ kind: 'gone', readAt: T0 })]);
    expect(told(last, end)).toContain('lost for good. Nothing can be rescued any more.');
    expect(told(last, over)).toContain(
      'Over: KMS has deleted alias/ledger; what only it could decrypt is lost for good',
    );
  });

  test('the card does not call it the end either', () => {
    const card = readable(drawCard(waiting, view, { plain: false }).blocks);
    expect(card).toContain('the primary in us-west-2 still holds the material');
    expect(card).not.toMatch(/What only it could decrypt is lost for good/);
  });
});
