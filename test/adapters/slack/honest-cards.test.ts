/** A card does not contradict itself: what was accepted, what would fail, what is on offer, and what is over. */
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawCommandAnswer } from '../../../src/adapters/slack/words/commands.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import type { Cancelling } from '../../../src/domain/cancelling.ts';
import type { Reminder, Volume } from '../../../src/domain/effect.ts';
import type { ChannelId } from '../../../src/domain/ids.ts';
import type { DangerKind, Incident, Outcome } from '../../../src/domain/incident.ts';
import { type KeyRead, known } from '../../../src/domain/key.ts';
import { noted } from '../../../src/domain/record.ts';
import type { Comparison } from '../../../src/domain/shape-difference.ts';
import { action, by, DAY, fact, HOUR, imported, incident, key, MINUTE, read, T0 } from '../../domain/samples.ts';
import { expectWithinLimits, headerOf, readable, view } from './drawn.ts';

const alice = { enterprise: '', team: 'T1', user: 'U0ALICE' };
const details = {
  aliases: known(['alias/orders']),
  tags: known({}),
  lastUse: known({ kind: 'used' as const, usage: { operation: 'Decrypt', at: T0 - 14 * MINUTE } }),
};
const danger = (kind: DangerKind): Incident['dangers'][number] => ({ kind, firstAt: T0, lastAt: T0, count: 1 });
const draw = (about: Incident) => drawCard(about, view, { plain: false });
const text = (about: Incident): string => readable(draw(about).blocks);
const stylesOf = (about: Incident): readonly string[] =>
  draw(about).blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.flatMap((one) =>
          one.type === 'button' ? [`${one.text.text}: ${'style' in one ? (one.style ?? '') : ''}`] : [],
        )
      : [],
  );
const comparison: Comparison = {
  comparedAt: T0,
  checkedAt: T0,
  against: { kind: 'lastGood', takenAt: T0 - HOUR },
  standIns: [],
  differences: [{ part: 'policy', change: 'gone', text: '{}' }],
  more: 0,
  unsure: [],
};
const closed: Cancelling = {
  answer: 'no',
  checkedAt: T0,
  reasons: [
    { kind: 'denied', call: 'kms:CancelKeyDeletion', by: { place: 2 } },
    { kind: 'denied', call: 'kms:EnableKey', by: { place: 2 } },
  ],
  repairers: { listed: [{ kind: 'account', name: '111122223333', certain: true }], more: 0 },
};
const shut: Cancelling = { ...closed, repairers: { listed: [], more: 0 } };

describe('accepted as it is', () => {
  const accepted = { ...comparison, accepted: { by: alice, at: T0 } };
  const over = (outcome: Outcome): Incident =>
    noted(
      noted(incident({ details, read: read('Enabled'), knowledge: { comparison: accepted } }), T0, {
        kind: 'accepted',
        by: alice,
        what: 'policy: 1 gone',
      }),
      T0,
      { kind: 'closed', outcome },
    );
  const ended = (outcome: Outcome): Incident => ({ ...over(outcome), phase: { kind: 'closed', at: T0, outcome } });

  test.each<Outcome>(['restored', 'recovered'])('%s: says what was accepted by whom, never "as before"', (outcome) => {
    const about = ended(outcome);
    expect(headerOf(draw(about))).toBe('🟢  Key usable, changes accepted · alias/orders');
    expect(text(about)).toContain('what differs (policy: 1 gone) was accepted by <@U0ALICE>');
    expect(text(about)).not.toContain('works as before');
    const note = readable(drawNote(about, 0, { plain: false }).blocks);
    expect(note).toContain('Closed: out of danger, with the changes that <@U0ALICE> accepted');
    expect(note).not.toContain('restored to what it was before');
  });

  test('the question repeats what it is about', () => {
    const card = JSON.stringify(draw(incident({ details, read: read('Enabled'), knowledge: { comparison } })).blocks);
    expect(card).toContain('Accepts policy: 1 gone. For approvers.');
  });
});

describe('where our rescue would fail', () => {
  const dying = (cancelling: Cancelling, more: Partial<Incident> = {}): Incident =>
    incident({
      details,
      read: read('PendingDeletion', imported),
      dangers: [danger('deletionScheduled')],
      knowledge: { cancelling },
      ...more,
    });
  test('the advice says so, and what comes first; the button stays, without its colour', () => {
    const about = dying(closed);
    expect(text(about)).toContain('As things stand our rescue will fail. First have the key policy opened again');
    expect(text(about)).not.toContain('restores the state before');
    expect(stylesOf(about)).toEqual(['Rescue: ', 'Cancel Deletion: ', 'Delete Material: ']);
    expect(stylesOf(dying({ ...closed, answer: 'yes' }))).toEqual([
      'Rescue: primary',
      'Cancel Deletion: ',
      'Delete Material: danger',
    ]);
  });
  test.each<[string, Cancelling, string]>([
    ['nobody may repair it', shut, 'First open the case with AWS Support'],
    [
      'no trust',
      { ...closed, reasons: [{ kind: 'notAssumable', arn: 'arn:aws:iam::111122223333:role/R', why: 'denied' }] },
      "First mend the rescue role's trust policy",
    ],
    [
      'refused',
      { ...closed, reasons: [{ kind: 'refused', operation: 'kms:EnableKey', message: 'no', at: T0 }] },
      'First have allowed what AWS refused us',
    ],
  ])('%s', (_name, cancelling, words) => expect(text(dying(cancelling))).toContain(words));

  test('the command that restores the policy stands there once', () => {
    const all = text(dying(closed, { knowledge: { cancelling: closed, comparison } }));
    expect(all.split('aws kms put-key-policy')).toHaveLength(2);
    expect(text(dying(closed)).split('aws kms put-key-policy')).toHaveLength(2);
  });

  test('a reminder says so, too', () => {
    const reminder: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 1 };
    const all = readable(drawReminder(dying(closed), { reminder }, view, { plain: false }).blocks);
    expect(all).toContain('Must it live: As things stand our rescue will fail.');
  });
});

describe('a closed policy on a healthy key', () => {
  const calm = (cancelling: Cancelling, state: KeyRead = read('Enabled')): Incident =>
    incident({ details, read: state, dangers: [danger('rescueBlocked')], knowledge: { cancelling } });
  test('Disable is not offered where Enable would be refused', () => {
    expect(stylesOf(calm(closed))).toEqual([]);
    const cancelOnly = { ...closed, reasons: closed.reasons.slice(0, 1) };
    expect(stylesOf(calm(cancelOnly))).toEqual(['Disable: ']);
  });
  const unreadable: KeyRead = {
    kind: 'unreadable',
    key,
    readAt: T0,
    why: { kind: 'denied', operation: 'DescribeKey', message: 'User: x is not authorized' },
  };
  test.each<[string, Incident, string]>([
    ['somebody may open it', calm(closed), '🟠'],
    ['nobody may', calm(shut), '🔴'],
    ['it shuts out our reading', calm(closed, unreadable), '🔴'],
  ])('%s: %#', (_name, about, colour) => expect(headerOf(draw(about)).startsWith(colour)).toBe(true));

  test('nobody may replace it: no advice to allow something, and no deletion that nobody heard of', () => {
    const about = calm(
      { ...shut, unread: 'permission kms:GetKeyPolicy is missing: User: x is not authorized' },
      unreadable,
    );
    const all = text(about);
    expect(all).toContain('Nobody in the account may replace the key policy');
    expect(all).not.toContain("allow it in the role's policy");
    expect(all.split('is not authorized')).toHaveLength(2);
    const reminder = drawReminder(about, { reminder: { kind: 'cannotCancel' } }, view, { plain: false });
    expect(reminder.text).toMatch(/^🚨 alias\/orders can no longer be rescued by us.*\(Reminder\)$/);
    expect(readable(reminder.blocks)).not.toContain('Take the deletion for running');
  });
});

test('what destroys is never the only button in colour', () => {
  const hold = { by: alice, at: T0, reason: 'look' };
  expect(stylesOf(incident({ details, read: read('Disabled', imported), hold }))).toEqual([
    'Enable: ',
    'Delete Material: ',
  ]);
  expect(stylesOf(incident({ details, read: read('Enabled'), dangers: [danger('watched')] }))).toEqual(['Disable: ']);
});

test('a planned deletion names who agreed and who scheduled it, and still says that it was in use', () => {
  const scheduled = fact({ kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion'), windowDays: 7 });
  const about = incident({
    details,
    read: read('PendingDeletion'),
    dangers: [{ ...danger('deletionScheduled'), fact: scheduled }],
    plan: {
      ticket: 'OPS-1',
      by: { ...alice, user: 'U0BOB' },
      at: T0,
      fingerprint: { state: 'PendingDeletion' },
      status: { kind: 'agreed', by: alice, at: T0 },
    },
  });
  const all = text(about);
  expect(all).toContain('(OPS-1) was agreed to by <@U0ALICE>; it was scheduled by Admins/mallory.');
  expect(all).toContain('in use until shortly before');
  expect(all).not.toContain('agreed to here');
});

test('a closed card says what happened and how it ended, and asks nothing any more', () => {
  const about = incident({
    details,
    read: read('Enabled'),
    dangers: [danger('deletionScheduled')],
    actions: [action('rescue', [], { ending: { kind: 'verified', state: 'Enabled', confirmedByRead: false, at: T0 } })],
    knowledge: {
      cancelling: closed,
      comparison: { ...comparison, differences: [] },
      guard: { checkedAt: T0, demands: { ScheduleKeyDeletion: { mfa: 'absent' }, DisableKey: { mfa: 'absent' } } },
      recovery: { lookedAt: T0, looks: 1 } as never,
    },
    phase: { kind: 'closed', at: T0, outcome: 'restored' },
  });
  const words = draw(about);
  const all = readable(words.blocks);
  for (const part of ['*Key*', '*Scheduled by*', '*Rescue*', 'as last good', '*Used again*', 'works as before'])
    expect(all).toContain(part);
  for (const part of ['Can we cancel?', '*No guard*', 'Who gets hurt', '*Last success*', '*Before*'])
    expect(all).not.toContain(part);
  expectWithinLimits(words);
});

test.each<[Volume, boolean]>([
  ['everyone', true],
  ['mention', false],
])('a reminder for %s: whoever acknowledges on the last day hears that it goes on: %s', (volume, goesOn) => {
  const dying = incident({ details, read: read('PendingDeletion') });
  const reminder: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 1 };
  const all = readable(drawReminder(dying, { reminder, volume }, view, { plain: false }).blocks);
  expect(all.includes('the loud marks of this last stretch speak all the same')).toBe(goesOn);
});

test.each<[string, string | undefined, KeyRead | undefined, boolean]>([
  ['an approver in person, whom to wake', 'U0BOB', read('PendingDeletion'), true],
  [
    'an approver in person, of a key that nothing brings back, nobody',
    'U0BOB',
    { kind: 'gone', key, readAt: T0 },
    false,
  ],
  ['a channel, nobody: whoever reads there is called by the mention', 'C0OPS', read('PendingDeletion'), false],
  ['the thread, nobody', undefined, read('PendingDeletion'), false],
])('a reminder tells %s', (_whom, to, seen, named) => {
  const dying = incident({ details, ...(seen === undefined ? {} : { read: seen }) });
  const reminder: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 1 };
  const naming = { ...view, responderMentions: () => '<!subteam^S0ONCALL> <@U0ALICE>' };
  const words = drawReminder(
    dying,
    { reminder, volume: 'everyone', ...(to === undefined ? {} : { to: to as ChannelId }) },
    naming,
    { plain: false },
  );
  expect(readable(words.blocks).includes('Rescuing is for responders: <!subteam^S0ONCALL> <@U0ALICE>')).toBe(named);
});

test('who asked for the watch is a person', () => {
  const body = { kind: 'watchRequested', key, by: 'U0ALICE', reason: 'odd calls' } as const;
  const about = incident({ details, read: read('Enabled'), dangers: [{ ...danger('watched'), fact: fact(body) }] });
  expect(text(about)).toContain('*Watched for*  odd calls (<@U0ALICE>)');
});

describe('/kms release', () => {
  const channel = 'C0INCIDENT' as ChannelId;
  const orders = { key, aliases: ['alias/orders'], accountName: 'payments-prod' };
  const said = (state?: 'Enabled' | 'Disabled' | 'PendingDeletion'): string =>
    drawCommandAnswer({ kind: 'released', key: orders, channel, ...(state === undefined ? {} : { state }) }, view).text;
  test('says what the key is now', () => {
    expect(said('Enabled')).toContain('It is Enabled');
    expect(said('Enabled')).not.toContain('*Enable*');
    expect(said('Disabled')).toContain('*Enable* or *Rescue* on its card');
    expect(said('PendingDeletion')).toContain('*Rescue* on its card');
    expect(said()).toContain('could not be read');
  });
});

test('an ARN with a pattern can be copied', () => {
  const arn = 'arn:aws:iam::111122223333:role/team-*';
  const cancelling: Cancelling = {
    ...closed,
    repairers: { listed: [{ kind: 'principal', name: arn, certain: false }], more: 0 },
  };
  const all = text(incident({ details, read: read('PendingDeletion'), knowledge: { cancelling } }));
  expect(all).toContain(`perhaps \`${arn}\``);
});
