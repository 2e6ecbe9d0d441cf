/** A message stands for days: drawn an hour later it says the same of time, or it would be wrong by an hour where it stands. */
import { expect, test } from 'vitest';
import type { Words } from '../../../src/adapters/slack/words/blocks.ts';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import type { View } from '../../../src/adapters/slack/words/view.ts';
import type { Reminder } from '../../../src/domain/effect.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { known } from '../../../src/domain/key.ts';
import { noted } from '../../../src/domain/record.ts';
import { by, DAY, fact, HOUR, incident, key, read, T0 } from '../../domain/samples.ts';
import { view } from './drawn.ts';

const alice = { enterprise: '', team: 'T1', user: 'UALICE' };
const attention = { kind: 'acknowledged', by: alice, at: T0 - HOUR, until: T0 + 11 * HOUR } as const;
const plan = {
  ticket: 'CHG-1',
  by: alice,
  at: T0 - DAY,
  fingerprint: { state: 'PendingDeletion' },
  status: { kind: 'agreed', by: { ...alice, user: 'UBOB' }, at: T0 - HOUR },
} as const;
const dying: Incident = noted(
  incident({
    read: read('PendingDeletion'),
    details: { aliases: known(['alias/payments-prod']), tags: known({}), lastUse: known({ kind: 'neverSeen' }) },
    countdown: { deletionDate: T0 + 7 * DAY, since: T0, told: [], posted: [], endTold: false },
    dangers: [
      {
        kind: 'deletionScheduled',
        firstAt: T0,
        lastAt: T0,
        count: 1,
        fact: fact({ kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion') }),
      },
    ],
    refused: { count: 2, lastAt: T0, by: [{ who: 'orders-api', count: 2 }] },
    attention,
    plan,
  }),
  T0,
  { kind: 'reminded', milestone: 3 * DAY, late: HOUR },
);

const deletionDate = T0 + 7 * DAY;
const REMINDERS: { readonly [Kind in Reminder['kind']]: Extract<Reminder, { kind: Kind }> } = {
  milestone: { kind: 'milestone', milestone: 3 * DAY, deletionDate, collapsed: 2, late: HOUR, ahead: DAY },
  loss: {
    kind: 'loss',
    of: ['rds', 'dynamodb'],
    lossAt: deletionDate,
    milestone: 3 * DAY,
    collapsed: 2,
    late: HOUR,
    ahead: DAY,
  },
  cannotCancel: { kind: 'cannotCancel', deletionDate },
  again: { kind: 'again', attention, deletionDate },
  undecided: { kind: 'undecided', since: T0 },
  planVoid: { kind: 'planVoid', plan: { ...plan, status: { kind: 'void', at: T0, why: 'used' } }, deletionDate },
  overdue: { kind: 'overdue', deletionDate },
  end: { kind: 'end', deletionDate },
  ownKey: { kind: 'ownKey' },
  worse: { kind: 'worse', change: 'deletion', deletionDate, attention },
  wasThisYou: { kind: 'wasThisYou', principal: 'mallory', question: '0'.repeat(32) },
  notMe: { kind: 'notMe', by: attention.by, at: T0 },
  over: { kind: 'over', outcome: 'deleted' },
};

const MESSAGES: readonly (readonly [string, (at: View) => Words])[] = [
  ['the card', (at) => drawCard(dying, at, { plain: false })],
  ['the plain card', (at) => drawCard(dying, at, { plain: true })],
  ['the thread', () => drawNote(dying, 0, { plain: false })],
  ...Object.values(REMINDERS).map(
    (reminder) =>
      [`the reminder ${reminder.kind}`, (at: View) => drawReminder(dying, { reminder }, at, { plain: false })] as const,
  ),
];

/** The bar of the window is drawn, not said; the card is drawn anew at marks and sweeps. */
const said = (words: Words): string => JSON.stringify(words).replaceAll(/[▓░]/g, '');

test.each(MESSAGES)('%s', (_, draw) => {
  const now = said(draw({ ...view, now: T0 }));
  expect(said(draw({ ...view, now: T0 + 5 * HOUR }))).toBe(now);
  expect(now).not.toMatch(/\bago\b|\b\d+ (?:d|h|min|s) left\b/);
});
