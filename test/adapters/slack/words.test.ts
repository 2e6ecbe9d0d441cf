/** The sentences beside the card: thread, reminders, whispers, forms, commands, Home. */
import { describe, expect, test } from 'vitest';
import { cliCommands, drawCliCommands } from '../../../src/adapters/slack/words/cli.ts';
import { drawCommandAnswer } from '../../../src/adapters/slack/words/commands.ts';
import { drawForm } from '../../../src/adapters/slack/words/forms.ts';
import { drawHome } from '../../../src/adapters/slack/words/home.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import { whisperText } from '../../../src/adapters/slack/words/whispers.ts';
import type { Cancelling } from '../../../src/domain/cancelling.ts';
import type { Reminder } from '../../../src/domain/effect.ts';
import { type ChannelId, type KeyRef, parseKeyArn } from '../../../src/domain/ids.ts';
import type { EntryBody, Incident } from '../../../src/domain/incident.ts';
import type { CommandAnswer, Refusal } from '../../../src/domain/interaction.ts';
import { type KeyRead, known, unknown } from '../../../src/domain/key.ts';
import type { KnownKey } from '../../../src/domain/key-name.ts';
import { noted } from '../../../src/domain/record.ts';
import {
  action,
  by,
  call,
  DAY,
  disabledBefore,
  fact,
  HOUR,
  imported,
  incident,
  incidentId,
  key,
  MINUTE,
  read,
  T0,
} from '../../domain/samples.ts';
import {
  expectBlockWithinLimits,
  expectNoStrayMarkup,
  expectTaken,
  expectWithinLimits,
  inputsOf,
  readable,
  rowsOf,
  view,
} from './drawn.ts';
import { boardOf, memberHome } from './homes.ts';

const details = { aliases: known(['alias/payments-prod']), tags: known({}), lastUse: unknown('not asked') };
const dying = incident({ read: read('PendingDeletion', imported), details });
const disabledByMallory = fact({ kind: 'keyDisabled', key, call: by('DisableKey') });
const gone: KeyRead = { kind: 'gone', key, readAt: T0 };
const unreadable: KeyRead = { kind: 'unreadable', key, readAt: T0, why: { kind: 'unreachable', message: 'timeout' } };

describe('the thread', () => {
  const cancelled = action('rescue', [call('CancelKeyDeletion', { kind: 'succeeded', requestId: 'req-1' })], {
    ending: { kind: 'verified', state: 'Enabled', confirmedByRead: false, at: T0 },
  });
  const { id } = cancelled;
  const entries: readonly (readonly [EntryBody, string])[] = [
    [
      { kind: 'fact', fact: fact({ kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion'), windowDays: 30 }) },
      'Deletion scheduled by Admins/mallory; window 30 days;',
    ],
    [
      { kind: 'fact', fact: fact({ kind: 'deletionCancelled', key, call: by('CancelKeyDeletion') }), echoOf: id },
      'CloudTrail shows our own Rescue: CancelKeyDeletion',
    ],
    [{ kind: 'state', from: 'Disabled', to: 'Enabled', by: id }, 'Key went from Disabled to Enabled, by our Rescue'],
    [{ kind: 'state', to: 'PendingDeletion' }, 'Key read: PendingDeletion'],
    [{ kind: 'asked', action: id }, '*Rescue* asked by <@U1> at'],
    [{ kind: 'called', action: id, call: 0 }, 'CancelKeyDeletion done · AWS request req-1'],
    [{ kind: 'ended', action: id }, '*Rescue*: ✅ verified: the key reads Enabled'],
    [{ kind: 'reminded', milestone: DAY, late: HOUR }, 'Reminded 1 d before the deletion, late by 1 h'],
    [{ kind: 'rescheduled', from: T0, to: T0 + DAY }, 'Scheduled anew: deletion was due after'],
    [
      { kind: 'rescheduled', from: T0, to: T0 + DAY, of: 'ownWindow' },
      'its own window has begun: deletion is due after',
    ],
    [{ kind: 'rescheduled', from: T0, to: T0 + DAY, of: 'replicas' }, 'Its replicas have another date: gone after'],
    [{ kind: 'linked', key, incident: incidentId }, `Key found: ${key.keyId} in us-west-2`],
    [{ kind: 'candidates', keys: [key.arn] }, `One of these: ${key.arn}`],
    [{ kind: 'candidates', keys: [] }, 'No key is pending deletion'],
    [{ kind: 'rebuilt' }, 'Found by reading KMS'],
    [{ kind: 'reopened', round: 2 }, 'Opened again: round 2'],
    [{ kind: 'closed', outcome: 'restored' }, 'Closed: restored to what it was before, and verified'],
    [{ kind: 'delivery', problem: 'is_archived' }, 'Slack: is_archived'],
  ];
  test.each(entries)('%#', (body, words) => {
    const about = noted(incident({ details, actions: [cancelled] }), T0, body);
    expect(readable(drawNote(about, 0, { plain: false }).blocks)).toContain(words);
  });
  test('several entries become one message, older ones stay out', () => {
    const full = entries.reduce<Incident>(
      (about, [body]) => noted(about, T0, body),
      incident({ details, actions: [cancelled] }),
    );
    const words = drawNote(full, 15, { plain: false });
    const all = readable(words.blocks);
    expect(all).toContain('Opened again');
    expect(all).not.toContain('Rebuilt');
    expect(words.blocks).toHaveLength(1);
    const many = Array.from({ length: 120 }).reduce<Incident>((about) => noted(about, T0, { kind: 'rebuilt' }), full);
    expectWithinLimits(drawNote(many, 0, { plain: false }));
    expect(readable(drawNote(many, 0, { plain: false }).blocks)).toContain('older entries are left out');
    expect(drawNote(full, 0, { plain: true }).blocks).toEqual([]);
  });
});

describe('reminders', () => {
  const milestone: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 1 };
  const end: Reminder = { kind: 'end', deletionDate: T0 - MINUTE };
  const at = (about: Incident, reminder: Reminder): string =>
    readable(drawReminder(about, { reminder }, view, { plain: false }).blocks);
  test('say the word, the alias, the date and the state as read', () => {
    const all = at(dying, milestone);
    expect(all).toContain('⏰ Reminder, 1 d before: alias/payments-prod is deleted after 2026-03-15 09:12 UTC');
    expect(all).toContain('State: PendingDeletion, read 2026-03-14 09:12:00 UTC');
    expect(all).not.toContain('late');
  });
  test('late and collapsed', () => {
    const all = at(dying, { ...milestone, late: 2 * HOUR, collapsed: 3 });
    expect(all).toContain('late by 2 h');
    expect(all).toContain('stands for 3 reminders');
  });
  test('an unread key is taken for dying', () =>
    expect(at({ ...dying, read: unreadable }, milestone)).toContain('could not be read'));
  test.each<[KeyRead, string]>([
    [gone, '⚫ alias/payments-prod was deleted (Reminder)'],
    [read('PendingDeletion'), '🔴 alias/payments-prod is past its deletion date and still there (Reminder)'],
    [read('Enabled'), '🟢 alias/payments-prod was not deleted (Reminder)'],
    [unreadable, '⚪ Nobody knows whether alias/payments-prod was deleted (Reminder)'],
  ])('the end of the window %#', (state, words) => expect(at({ ...dying, read: state }, end)).toContain(words));
  test('the plain form says all of it in text', () => {
    const words = drawReminder(dying, { reminder: milestone }, view, { plain: true });
    expect(words.blocks).toEqual([]);
    expect(words.text).toContain('Reminder, 1 d before: alias/payments-prod');
  });
});

describe('imported material that expires', () => {
  const GET = `aws kms get-parameters-for-import --region us-west-2 --key-id ${key.arn} --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096`;
  const IMPORT = `aws kms import-key-material --region us-west-2 --key-id ${key.arn} `;
  const yes: Cancelling = { answer: 'yes', checkedAt: T0, reasons: [] };
  const expiring = (state: Incident['read'], more: Partial<Incident> = {}): Incident =>
    incident({
      details,
      dangers: [{ kind: 'watched', firstAt: T0, lastAt: T0, count: 1 }],
      knowledge: { cancelling: yes },
      ...(state === undefined ? {} : { read: state }),
      ...more,
    });
  const before: Reminder = { kind: 'loss', of: ['material'], lossAt: T0 + DAY, milestone: DAY, collapsed: 1 };
  const usable = expiring(read('Enabled', { ...imported, validTo: T0 + DAY }));
  const empty = expiring(read('PendingImport', imported));
  const again: Reminder = {
    kind: 'again',
    attention: { kind: 'snoozed', by: { enterprise: '', team: 'T1', user: 'U1' }, at: T0, until: T0 },
  };
  const worse: Reminder = { kind: 'worse', change: 'material' };

  test.each<[string, Incident, Reminder, ChannelId | undefined, readonly string[]]>([
    ['before', usable, before, undefined, ['by 2026-03-15 09:12 UTC']],
    ['before, in person', usable, before, 'U0ALICE' as ChannelId, ['by 2026-03-15 09:12 UTC']],
    ['after', empty, { kind: 'undecided', since: T0 }, undefined, ['Callers fail until', 'The key is Enabled then']],
    ['after, asked again', empty, again, undefined, ['The key is Enabled then']],
    ['just now', empty, worse, undefined, ['The key is Enabled then']],
  ])('%s: who holds it imports the same again, and no button destroys', (_when, about, reminder, to, parts) => {
    const words = drawReminder(about, { reminder, ...(to === undefined ? {} : { to }) }, view, { plain: false });
    const all = readable(words.blocks);
    for (const part of [GET, IMPORT, 'exactly the same', ...parts]) expect(all).toContain(part);
    for (const part of ['Can we cancel', 'Bring it back', 'enable-key']) expect(all).not.toContain(part);
    expect(rowsOf(words)).toEqual([['Acknowledge', 'Snooze', '⋯']]);
    expectWithinLimits(words);
    expectNoStrayMarkup(words.blocks);
  });

  test('while its deletion runs nothing can be imported: the rescue comes first, and its buttons stay', () => {
    const snapshot = { ...imported, validTo: T0 + DAY };
    const words = drawReminder(
      expiring(read('PendingDeletion', snapshot), {
        countdown: { deletionDate: T0 + 7 * DAY, since: T0, told: [], endTold: false },
      }),
      { reminder: before },
      view,
      { plain: false },
    );
    const all = readable(words.blocks);
    for (const part of ['Can we cancel? yes', '*Rescue* it first', GET]) expect(all).toContain(part);
    expect(rowsOf(words)).toEqual([['Rescue', 'Cancel Deletion', 'Acknowledge', 'Snooze', '⋯']]);
  });

  test('a private key is wrapped otherwise', () => {
    const ecc = expiring(read('PendingImport', { ...imported, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }));
    const words = drawReminder(ecc, { reminder: { kind: 'undecided', since: T0 } }, view, { plain: false });
    expect(readable(words.blocks)).toContain('--wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256');
  });
});

describe('whispers', () => {
  test.each<[Refusal, string]>([
    [{ kind: 'mayNot', why: { kind: 'barred', why: 'guest' }, action: 'rescue' }, 'Rescue was not done: guests'],
    [
      { kind: 'mayNot', why: { kind: 'notInRole', role: 'responder' }, action: 'watch' },
      'watch was not done: you are not in the role',
    ],
    [{ kind: 'roleUnknown', message: 'http 500' }, 'Slack could not say whether you may (http 500)'],
    [{ kind: 'notRecorded' }, 'Not recorded, try again'],
    [{ kind: 'alreadyRunning', action: 'cancelDeletion', by: 'U1' }, 'Cancel Deletion, asked by <@U1>, is under way'],
    [{ kind: 'alreadyRunning', action: 'disable', by: 'the operator' }, 'asked by the operator'],
    [{ kind: 'noSuchButton' }, 'Nothing was done'],
    [{ kind: 'notNow', message: '<!channel>' }, 'Not now: &lt;!channel&gt;'],
    [{ kind: 'needsRead' }, 'could not be read'],
  ])('%j', (words, text) => expect(whisperText(words)).toContain(text));
});

describe('the Delete Material form', () => {
  const enabled = incident({ read: read('Enabled', imported), details });
  const asked = { kind: 'ask', incident: enabled, act: 'deleteMaterial', why: 'destructive' } as const;
  const form = drawForm({ ...asked, code: true, breakGlass: false, shown: 'abc' }, view);
  test('says what is lost, offers the milder way, asks for reason, name and ticket', () => {
    const all = readable(form.blocks);
    for (const part of ['alias/payments-prod', 'AWS keeps no copy', 'Disable first', 'Exactly: payments-prod'])
      expect(all).toContain(part);
    expect(inputsOf(form)).toEqual([
      ['reason', false],
      ['key_name', false],
      ['ticket', true],
      ['code', false],
    ]);
    for (const part of [form.title, form.submit, form.close]) expect(part?.text.length).toBeLessThanOrEqual(24);
    for (const block of form.blocks) expectBlockWithinLimits(block as never);
    expectTaken(form);
  });
  test('remembers only opaque ids', () => {
    expect(JSON.parse(form.private_metadata ?? '')).toEqual({
      incident: incidentId,
      act: 'deleteMaterial',
      shown: 'abc',
    });
  });
});

describe('the same rescue without the bot', () => {
  const at = `--region us-west-2 --key-id ${key.arn}`;
  test('pending: cancel, then enable', () => {
    expect(cliCommands(dying, key)).toEqual([
      `aws kms describe-key ${at}`,
      `aws kms cancel-key-deletion ${at}`,
      `aws kms enable-key ${at}`,
      `aws kms describe-key ${at}`,
    ]);
  });
  test('disabled before: says so', () => {
    expect(cliCommands({ ...dying, prior: disabledBefore }, key)).toContain(
      '# it was disabled before: leave it so, or',
    );
  });
  test('on hold: says so before the command that would switch it on', () => {
    const person = { enterprise: '', team: 'T0HOME', user: 'U0ALICE' };
    const held: Incident = { ...dying, hold: { by: person, at: T0, reason: 'an intruder; aws kms enable-key' } };
    const commands = cliCommands(held, key);
    const at = commands.findIndex((line) => line.includes('enable-key'));
    expect(commands[at - 1]).toBe(
      '# it is on hold: leave it so until an approver has released it (/kms release), then',
    );
    // Whatever somebody gave as a reason is in no command.
    expect(commands.join(' ')).not.toContain('an intruder');
  });
  test('enabled: only look', () => expect(cliCommands(incident({ read: read('Enabled') }), key)).toHaveLength(1));
  test('material gone: who holds it imports it again, for enabling fails', () => {
    const empty = incident({ read: read('PendingImport', imported), details });
    const commands = cliCommands(empty, key);
    expect(commands.map((line) => line.split(' ')[2])).toEqual([
      'describe-key',
      'get-parameters-for-import',
      'import-key-material',
      'describe-key',
    ]);
    const { text } = drawCliCommands(empty, view);
    expect(text).toContain('whoever holds it');
    expect(text).not.toMatch(/The same rescue|enable-key/);
  });
  test('deleted: nothing can be done, and that is said', () => {
    const { text } = drawCliCommands({ ...dying, read: gone }, view);
    expect(text).toContain('KMS has deleted *alias/payments-prod*');
    expect(text).not.toContain('aws kms');
    expect(cliCommands({ ...dying, read: gone }, key)).toEqual([]);
  });
  const closed: Cancelling = {
    answer: 'no',
    checkedAt: T0,
    reasons: [{ kind: 'notAllowed', call: 'kms:EnableKey' }],
    repairers: { listed: [{ kind: 'account', name: '111122223333', certain: true }], more: 0 },
  };
  test.each([
    ['Enabled', ['describe-key', 'put-key-policy']],
    ['PendingDeletion', ['describe-key', 'put-key-policy', 'cancel-key-deletion', 'enable-key', 'describe-key']],
  ] as const)('%s, the key policy closed: it is opened first', (state, steps) => {
    const about = incident({ read: read(state), details, knowledge: { cancelling: closed } });
    const commands = cliCommands(about, key).filter((line) => !line.startsWith('#'));
    expect(commands.map((line) => line.split(' ')[2])).toEqual(steps);
    expect(commands[1]).toBe(
      `aws kms put-key-policy ${at} --policy-name default --policy file://policy-last-good.json`,
    );
    expect(drawCliCommands(about, view).text).not.toContain('nothing is to be rescued');
  });
  test('the key policy closed for good: no command of the account opens it', () => {
    const cancelling: Cancelling = { ...closed, repairers: { listed: [], more: 0 } };
    const commands = cliCommands(incident({ read: read('PendingDeletion'), knowledge: { cancelling } }), key);
    expect(commands.join()).toContain('# nobody in the account may replace the key policy: AWS Support first');
    expect(commands.join()).not.toContain('put-key-policy');
  });
  test('a key that works: nothing is to be rescued', () => {
    const { text } = drawCliCommands(incident({ read: read('Enabled'), details }), view);
    expect(text).toContain('nothing is to be rescued');
    expect(text).not.toContain('The same rescue');
  });
  test('a family: every member that the record knows, each as it was read', () => {
    const keyIn = (region: string): KeyRef =>
      parseKeyArn(`arn:aws:kms:${region}:111122223333:key/mrk-1234abcd`) as KeyRef;
    const [primary, replica, calm, lost, unseen] = [
      'us-west-2',
      'eu-west-1',
      'eu-west-3',
      'sa-east-1',
      'us-east-1',
    ].map(keyIn) as [KeyRef, KeyRef, KeyRef, KeyRef, KeyRef];
    const about = incident({
      subject: { kind: 'key', key: replica },
      details,
      read: read('PendingDeletion', {
        key: replica,
        multiRegion: { role: 'REPLICA', primary, replicas: [replica, calm, lost, unseen] },
        family: [
          { key: primary, role: 'PRIMARY', read: { kind: 'read', state: 'PendingReplicaDeletion', readAt: T0 } },
          { key: calm, role: 'REPLICA', read: { kind: 'read', state: 'Enabled', readAt: T0 } },
          { key: lost, role: 'REPLICA', read: { kind: 'gone', readAt: T0 } },
        ],
      }),
    });
    const words = drawCliCommands(about, view);
    for (const one of [replica, primary, unseen])
      for (const operation of ['cancel-key-deletion', 'enable-key'])
        expect(words.text).toContain(`aws kms ${operation} --region ${one.region} --key-id ${one.arn}`);
    expect(words.text).toContain('*us-west-2*, primary: PendingReplicaDeletion');
    expect(words.text).toContain('*us-east-1*, replica: not read');
    expect(words.text).not.toMatch(/--region (eu-west-3|sa-east-1)/);
    expectWithinLimits(words);
  });
  test('drawn with a hint at the profile', () => expect(drawCliCommands(dying, view).text).toContain('--profile'));
});

describe('/kms', () => {
  const orders: KnownKey = { key, aliases: ['alias/orders'], accountName: 'payments-prod' };
  const memory = {
    state: 'PendingDeletion',
    readAt: T0,
    aliases: ['alias/orders'],
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    deletionDate: T0 + 2 * DAY + 4 * HOUR,
  } as const;
  const channel = 'C0INCIDENT' as ChannelId;
  const asked = {
    kind: 'ask',
    incident: dying,
    act: 'deleteMaterial',
    why: 'destructive',
    code: true,
    breakGlass: false,
    shown: 'abc',
  } as const;
  const listed: Extract<CommandAnswer, { kind: 'list' }> = {
    kind: 'list',
    filter: 'pending',
    rows: [{ key: orders, memory }],
    total: 1,
    unread: ['audit 222233334444 us-west-2'],
  };
  test.each<[CommandAnswer, readonly string[]]>([
    [{ kind: 'help' }, ['/kms list', '/kms rescue', '/kms delete-material', '/kms schedule-deletion', '/kms report']],
    [
      listed,
      [
        '1 pending key',
        'alias/orders',
        'payments-prod 111122223333 us-west-2: PendingDeletion',
        '(2 d 4 h left)',
        'Not known to be fine',
        'audit 222233334444',
      ],
    ],
    [{ ...listed, rows: [], total: 0, unread: [] }, ['No pending keys found.']],
    [{ ...listed, total: 90 }, ['and 89 more']],
    [
      { kind: 'status', key: orders, read: read('PendingDeletion'), details },
      ['*alias/orders*', 'State: *PendingDeletion*', 'Deleted after', 'not known: not asked', 'No incident.'],
    ],
    [{ kind: 'status', key: orders, incident: dying }, ['KMS has not answered yet', `card in <#${channel}>`]],
    [
      {
        kind: 'status',
        key: orders,
        incident: incident({
          read: read('Disabled'),
          details,
          wave: { id: 'gwave' as never, own: false },
          dangers: [{ kind: 'keyDisabled', firstAt: T0, lastAt: T0, count: 1, fact: disabledByMallory }],
          hold: { by: { enterprise: '', team: 'T1', user: 'U1' }, at: T0, reason: 'an intruder' },
        }),
      },
      ['Disabled by', 'mallory', 'On hold', 'an intruder'],
    ],
    [{ kind: 'status', key: orders, read: gone }, ['Gone: KMS has deleted it']],
    [
      { kind: 'asked', action: 'rescue', key: orders, channel },
      ['Rescue of *alias/orders* is under way', `<#${channel}>`],
    ],
    [{ kind: 'alreadyRunning', action: 'enable', key: orders }, ['Enable was not started']],
    [{ kind: 'watching', key: orders }, ['is under watch']],
    [{ kind: 'noIncident', key: orders }, ['There is no incident about *alias/orders*', '/kms status']],
    [{ kind: 'form', form: asked }, ['did not open in time', 'Type the command again']],
    [{ kind: 'keyUnread', action: 'disable' }, ['could not be read just now', 'Disable was not begun', 'Try again']],
    [
      { kind: 'reporting', key: orders, incident: incidentId, channel },
      ['The evidence about *alias/orders* is on its way to the thread of its card', `<#${channel}>`],
    ],
    [
      { kind: 'refused', refusal: { kind: 'mayNot', action: 'deleteMaterial', why: { kind: 'destructiveOff' } } },
      ['Delete Material was not done: destructive actions are switched off'],
    ],
    [
      { kind: 'name', typed: 'ordrs', answer: { kind: 'none', nearest: ['alias/orders'] } },
      ['No key is known as ordrs', 'Nearest: alias/orders'],
    ],
    [
      { kind: 'name', typed: 'ledger', answer: { kind: 'several', keys: [orders] } },
      ['Several keys answer to ledger', key.arn],
    ],
    [{ kind: 'name', typed: '', answer: { kind: 'empty' } }, ['Which key?']],
    [{ kind: 'usage', problem: '`dance` is not a command' }, ['`dance` is not a command.', '/kms help']],
    [{ kind: 'usage', problem: '`<!channel>` is not a command' }, ['`&lt;!channel&gt;` is not a command.']],
    [{ kind: 'mayNot', why: { kind: 'barred', why: 'guest' }, action: 'status' }, ['guests of the workspace']],
    [{ kind: 'roleUnknown', message: 'http 500' }, ['could not say']],
  ])('%#', (answer, parts) => {
    const words = drawCommandAnswer(answer, view);
    for (const part of parts) expect(readable(words.blocks)).toContain(part);
    expectWithinLimits(words);
    expectNoStrayMarkup(words.blocks);
  });
});

test('the Home tab links to the card', () => {
  const home = drawHome(memberHome({ board: boardOf([dying]) }), () => ({
    ...view,
    cardUrl: () => 'https://example.slack.com/archives/C/p1',
  }));
  expect(readable(home.blocks)).toContain(
    '<https://example.slack.com/archives/C/p1|🔴 Key scheduled for deletion · alias/payments-prod>',
  );
});
