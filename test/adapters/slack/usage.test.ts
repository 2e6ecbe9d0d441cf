/** What is lost with a key follows from what it is for: a key that signs has encrypted nothing. */
import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/adapters/pager/words.ts';
import { adviceOf } from '../../../src/adapters/slack/words/advice.ts';
import { consequenceLines } from '../../../src/adapters/slack/words/consequences.ts';
import { disableConfirmation } from '../../../src/adapters/slack/words/controls.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import type { Reminder } from '../../../src/domain/effect.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { KeyState } from '../../../src/domain/key.ts';
import { pageOf } from '../../../src/domain/page.ts';
import { withRead } from '../../../src/domain/reading.ts';
import { DAY, incident, key, read, rules, T0 } from '../../domain/samples.ts';
import { view } from './drawn.ts';

const of = (usage: string, state: KeyState): Incident => withRead(incident(), read(state, { usage }), rules);
/** KMS tells nothing of a key that it has deleted. */
const gone = (usage: string): Incident =>
  withRead(of(usage, 'PendingDeletion'), { kind: 'gone', key, readAt: T0 + DAY }, rules);
const closed = (usage: string): Incident => ({
  ...gone(usage),
  phase: { kind: 'closed', at: T0 + DAY, outcome: 'deleted' },
});
const reminder = (about: Incident, said: Reminder): string =>
  drawReminder(about, { reminder: said, volume: 'mention' }, view, { plain: true }).text;
const milestone: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + 7 * DAY, collapsed: 1 };
const paged = (usage: string): string =>
  messageOf({ page: pageOf(gone(usage), 'lastDay', T0), status: 'over', since: T0, outcome: 'deleted' });

const LOST: readonly (readonly [string, (usage: string) => string])[] = [
  ['the card', (usage) => adviceOf(of(usage, 'PendingDeletion'), view)],
  ['the card, gone', (usage) => adviceOf(gone(usage), view)],
  ['the card, over', (usage) => adviceOf(closed(usage), view)],
  ['a reminder', (usage) => reminder(of(usage, 'PendingDeletion'), milestone)],
  ['the end', (usage) => reminder(gone(usage), { kind: 'end', deletionDate: T0 + 7 * DAY })],
  ['over', (usage) => reminder(closed(usage), { kind: 'over', outcome: 'deleted' })],
  ['a request to delete', (usage) => consequenceLines('scheduleDeletion', 30, of(usage, 'Enabled')).join()],
  [
    'a request to delete material',
    (usage) => consequenceLines('deleteMaterial', undefined, of(usage, 'Enabled')).join(),
  ],
  ['the pager', paged],
];
const OFF: readonly (readonly [string, (usage: string) => string])[] = [
  ['the card', (usage) => adviceOf(of(usage, 'Disabled'), view)],
  ['a request to disable', (usage) => consequenceLines('disable', undefined, of(usage, 'Enabled')).join()],
  ['the question before disabling', (usage) => JSON.stringify(disableConfirmation(of(usage, 'Enabled')))],
];

describe.each([
  ['SIGN_VERIFY', 'nothing can be signed with it any more'],
  ['GENERATE_VERIFY_MAC', 'no MAC can be made or verified with it any more'],
  ['KEY_AGREEMENT', 'no shared secret can be derived with it any more'],
])('%s', (usage, lost) => {
  test.each(LOST)('what is lost with it: %s', (_where, words) => {
    expect(words(usage)).toContain(lost);
    expect(words(usage)).not.toMatch(/crypt|cipher/i);
  });
  test.each(OFF)('nothing outlives its use: %s', (_where, words) => {
    expect(words(usage)).not.toMatch(/data keys|unwrapped/i);
  });
});

describe.each(['ENCRYPT_DECRYPT', '', 'SOMETHING_NEW'])('%j', (usage) => {
  test.each(LOST)('what is lost with it: %s', (_where, words) => expect(words(usage)).toMatch(/crypt|cipher/i));
  test.each(OFF)('what goes on for a while: %s', (_where, words) => expect(words(usage)).toMatch(/data keys/i));
});
