/** Whether what a reminder would say is so by the record. */
import { describe, expect, test } from 'vitest';
import type { Reminder } from '../../src/domain/effect.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { isStillSo } from '../../src/domain/still-so.ts';
import { DAY, HOUR, incident, key, MINUTE, read, T0 } from './samples.ts';

const NOW = T0 + HOUR;
const DATE = T0 + 7 * DAY;
const person = { enterprise: '', team: 'T1', user: 'U1' };
const attention = { kind: 'acknowledged', by: person, at: T0 + MINUTE, until: T0 + 12 * HOUR } as const;
const countdown = { deletionDate: DATE, since: T0, told: [], endTold: false };
const closed = { phase: { kind: 'closed', at: T0 + MINUTE, outcome: 'restored' } } as const;
const judged = (answer: 'yes' | 'no') => ({
  knowledge: { cancelling: { answer, reasons: [], checkedAt: T0 } as never },
});

const dying = (more: Partial<Incident> = {}): Incident =>
  incident({ read: read('PendingDeletion'), countdown, ...more });
const disabled = (more: Partial<Incident> = {}): Incident => incident({ read: read('Disabled'), ...more });

const milestone: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: DATE, collapsed: 1 };
const again: Reminder = { kind: 'again', attention, deletionDate: DATE };
const undecided: Reminder = { kind: 'undecided', since: T0 };
const overdue: Reminder = { kind: 'overdue', deletionDate: DATE };
const worse: Reminder = { kind: 'worse', change: 'deletion', deletionDate: DATE };
const cannotCancel: Reminder = { kind: 'cannotCancel', deletionDate: DATE };
const wasThisYou: Reminder = { kind: 'wasThisYou', principal: 'arn:aws:iam::111122223333:user/else', question: 'q' };
const over: Reminder = { kind: 'over', outcome: 'restored' };
const unreadable = { kind: 'unreadable', key, readAt: NOW, why: { kind: 'denied', message: 'no' } } as never;

describe('still so', () => {
  test.each<readonly [string, Incident, Reminder]>([
    ['a mark of the date that is shown', dying(), milestone],
    ['a mark of a key that cannot be read', dying({ read: unreadable }), milestone],
    ['a mark that somebody has acknowledged, quieter', dying({ attention }), milestone],
    ['a question, after the answer ran out', dying({ attention: { ...attention, until: NOW } }), again],
    ['a question without a date', disabled(), undecided],
    ['what should be over', dying(), overdue],
    ['worse', dying(), worse],
    ['a rescue that would fail', dying(judged('no')), cannotCancel],
    ['the end', dying(closed), { kind: 'end', deletionDate: DATE }],
    ['a stolen name', dying(closed), { kind: 'notMe', by: person, at: T0 }],
    ['that it is over', dying(closed), over],
  ])('%s', (_what, about, reminder) => {
    expect(isStillSo(about, reminder, NOW)).toBe(true);
  });
});

describe('not any more', () => {
  test.each<readonly [string, Incident, Reminder]>([
    ['a mark of another date', dying({ read: read('PendingDeletion', { deletionDate: DATE + DAY }) }), milestone],
    ['a mark of a date that is gone', disabled(), milestone],
    ['a question that was answered', dying({ attention }), again],
    ['a question about a date that is gone', disabled(), again],
    ['a question without a date that was answered', disabled({ attention }), undecided],
    ['a question about a key that works', incident({ read: read('Enabled') }), undecided],
    ['what should be over, and is scheduled anew', disabled(), overdue],
    ['worse, and cancelled', disabled(), worse],
    ['a rescue that would work by now', dying(judged('yes')), cannotCancel],
    ['the name of somebody else', dying(), wasThisYou],
    ['that it is over, and is open again', dying(), over],
    ...[milestone, again, overdue, worse, cannotCancel].map(
      (reminder) => [`${reminder.kind}, rescued`, dying({ ...judged('no'), ...closed }), reminder] as const,
    ),
  ])('%s', (_what, about, reminder) => {
    expect(isStillSo(about, reminder, NOW)).toBe(false);
  });

  test('a mark after its date', () => {
    expect(isStillSo(dying(), milestone, DATE)).toBe(true);
    expect(isStillSo(dying(), milestone, DATE + 1)).toBe(false);
  });
});
