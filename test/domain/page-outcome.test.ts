/** Why a page is over: a lost key, an acknowledged one and a rescued one are three things. */
import { expect, test } from 'vitest';
import type { Incident, Outcome } from '../../src/domain/incident.ts';
import type { Page } from '../../src/domain/page.ts';
import { outcomeOf, type PageOutcome } from '../../src/domain/page-outcome.ts';
import { key } from './samples.ts';

const NOW = 1_000_000;
const DATE = NOW + 50_000;
const page = { id: 'lastDay:i1', kind: 'lastDay', at: NOW - 10_000, deletionDate: DATE } as Page;
const countdown = { deletionDate: DATE, since: 0, told: [], endTold: false };
const open = { subject: { kind: 'key', key }, phase: { kind: 'open' }, countdown } as unknown as Incident;
const closedAs = (outcome: Outcome): Incident => ({ ...open, phase: { kind: 'closed', at: NOW, outcome } });
const acknowledged = {
  ...open,
  attention: { kind: 'acknowledged', by: { user: 'U0ALICE', name: 'alice' }, at: NOW - 1, until: NOW + 1_000 },
} as unknown as Incident;
const planned = { ...open, plan: { status: { kind: 'agreed' } } } as unknown as Incident;
const { countdown: _, ...undated } = acknowledged;

const CASES: readonly (readonly [string, Incident | undefined, PageOutcome | undefined, number?])[] = [
  ['rescued by us', closedAs('restored'), 'restored'],
  ['restored by somebody else', closedAs('recovered'), 'restored'],
  ['readable again', closedAs('readableAgain'), 'restored'],
  ['deleted by KMS', closedAs('deleted'), 'deleted'],
  ['deleted, past its date', closedAs('deleted'), 'deleted', DATE + 1],
  ['never a danger', closedAs('noDanger'), 'other'],
  ['closed on a person’s word', closedAs('lookedInto'), 'other'],
  ['in hand', acknowledged, 'acknowledged'],
  ['an acknowledgement that has run out', acknowledged, 'other', NOW + 1_000],
  ['meant', planned, 'planned'],
  ['cancelled, and still disabled', undated as Incident, 'cancelled'],
  ['another date', { ...acknowledged, countdown: { ...countdown, deletionDate: DATE + 1 } }, 'rescheduled'],
  ['still there', open, 'other'],
  ['past its date, and KMS still shows it', open, undefined, DATE + 1],
  ['past its date, and meant', planned, 'planned', DATE + 1],
  ['its record is lost', undefined, 'other'],
];

test.each(CASES.map(([name, incident, outcome, now = NOW]) => ({ name, incident, outcome, now })))(
  '$name',
  ({ incident, outcome, now }) => {
    expect(outcomeOf(incident, page, now)).toBe(outcome);
  },
);

const LOSS = NOW + 30_000;
const losses = { deletionDate: LOSS, since: 0, told: [], endTold: false, of: ['rds'] };
const losing = { ...open, losses } as unknown as Incident;
const LOSSES: typeof CASES = [
  ['rescued', closedAs('restored'), 'restored'],
  ['deleted', closedAs('deleted'), 'deleted'],
  ['in hand', { ...acknowledged, losses } as unknown as Incident, 'acknowledged'],
  ['meant', { ...planned, losses } as unknown as Incident, 'planned'],
  [
    'its moment has come, and the next loss counts',
    { ...losing, losses: { ...losses, deletionDate: LOSS + 1 } } as never,
    'passed',
    LOSS,
  ],
  ['its moment has come, and nothing more can be lost', open, 'passed', LOSS],
  [
    'learnt to be at another moment',
    { ...losing, losses: { ...losses, deletionDate: LOSS + 1 } } as never,
    'rescheduled',
  ],
  ['nobody is hurt after all', open, 'other'],
  ['its record is lost', undefined, 'other'],
];
test.each(LOSSES.map(([name, incident, outcome, now = NOW]) => ({ name, incident, outcome, now })))(
  'a day before a loss: $name',
  ({ incident, outcome, now }) => {
    expect(outcomeOf(incident, { ...page, id: 'lossDay:i1', lossAt: LOSS }, now)).toBe(outcome);
  },
);

test('a role of ours that acted: seen or not, whatever becomes of a date', () => {
  const misused = { ...page, kind: 'ownRole' } as Page;
  expect(outcomeOf(undated as Incident, misused, NOW)).toBe('acknowledged');
  expect(outcomeOf(planned, misused, NOW)).toBe('other');
});
