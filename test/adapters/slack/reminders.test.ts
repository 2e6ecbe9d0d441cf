/** What a reminder must not leave to the card: whoever is woken by it decides by it. */
import { describe, expect, test } from 'vitest';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import { whisperText } from '../../../src/adapters/slack/words/whispers.ts';
import type { Reminder } from '../../../src/domain/effect.ts';
import type { Danger, Incident } from '../../../src/domain/incident.ts';
import { by, DAY, fact, HOUR, incident, key, read, T0 } from '../../domain/samples.ts';
import { view } from './drawn.ts';

const alice = { enterprise: '', team: 'T1', user: 'UALICE' };
const attention = { kind: 'acknowledged', by: alice, at: T0 - HOUR, until: T0 } as const;
const danger = (kind: 'keyDisabled' | 'deletionScheduled', operation: string): Danger => ({
  kind,
  firstAt: T0,
  lastAt: T0,
  count: 1,
  fact: fact({ kind, key, call: by(operation) }),
});
const disabled = incident({ read: read('Disabled'), dangers: [danger('keyDisabled', 'DisableKey')] });
const deletionDate = T0 + 7 * DAY;
const dying = incident({
  read: read('PendingDeletion'),
  countdown: { deletionDate, since: T0, told: [], posted: [], endTold: false },
  dangers: [danger('deletionScheduled', 'ScheduleKeyDeletion')],
});
const no = { said: { wasMe: false, by: alice, at: T0 } };
const text = (about: Incident, reminder: Reminder): string =>
  drawReminder(about, { reminder, volume: 'mention' }, view, { plain: true }).text;

const undecided: Reminder = { kind: 'undecided', since: T0 };
const again: Reminder = { kind: 'again', attention };
const notMe: Reminder = { kind: 'notMe', by: alice, at: T0 };
const milestone: Reminder = { kind: 'milestone', milestone: DAY, deletionDate, collapsed: 1 };

describe('who brought it there', () => {
  test.each<[string, Incident, Reminder, string]>([
    ['still disabled', disabled, undecided, '*Disabled by*  Admins/mallory'],
    ['asked again, without a date', disabled, again, '*Disabled by*  Admins/mallory'],
    ['asked again, with one', dying, { ...again, deletionDate }, '*Scheduled by*  Admins/mallory'],
  ])('%s', (_what, about, reminder, words) => {
    expect(text(about, reminder)).toContain(words);
    expect(text(about, reminder)).not.toContain('says this was not them');
    expect(text({ ...about, ...no }, reminder)).toContain('<@UALICE> says this was not them');
    expect(text({ ...about, said: { ...no.said, wasMe: true } }, reminder)).not.toContain('was them');
  });
});

describe('a stolen name', () => {
  test.each<[string, Reminder]>([
    ['behind what the card shows', notMe],
    ['behind what it showed before', { ...notMe, name: 'mallory' }],
  ])('%s: until when the key can be saved', (_what, reminder) => {
    expect(text({ ...dying, ...no }, reminder)).toMatch(/\*Deleted after\* {2}<!date\^1774084320\^/);
    expect(text({ ...disabled, ...no }, reminder)).not.toContain('Deleted after');
    const over = { ...dying, ...no, phase: { kind: 'closed', at: T0, outcome: 'restored' } } as const;
    expect(text(over, reminder)).not.toContain('Deleted after');
  });
});

test('a plan is offered where there can be one: never for what the bot itself depends on', () => {
  expect(text(dying, milestone)).toContain('`/kms planned`');
  expect(text({ ...dying, self: true }, milestone)).not.toContain('/kms planned');
  expect(text({ ...dying, self: true }, milestone)).toContain('*Acknowledge*');
});

test('whoever acknowledges hears of loud marks where there are some', () => {
  const quiet = { kind: 'quiet', what: 'acknowledged', until: T0 + HOUR } as const;
  expect(whisperText({ ...quiet, before: 'deletion' })).toContain('The loud marks before the deletion speak');
  expect(whisperText({ ...quiet, before: 'loss' })).toContain('The loud marks before the loss speak');
  expect(whisperText(quiet)).not.toContain('loud marks');
});
