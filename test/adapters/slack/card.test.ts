import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import type { Ending } from '../../../src/domain/action.ts';
import type { Alarm, Fact, FactBody } from '../../../src/domain/fact.ts';
import type { DangerKind, Incident, Outcome, Search, Subject } from '../../../src/domain/incident.ts';
import { type KeyRead, known, unknown } from '../../../src/domain/key.ts';
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
import { expectWithinLimits, headerOf, readable, rowsOf, view } from './drawn.ts';

const details = {
  aliases: known(['alias/payments-prod']),
  tags: known({ Team: 'team-pay' }),
  lastUse: known({ kind: 'used' as const, usage: { operation: 'Decrypt', at: T0 - 14 * MINUTE } }),
};
const danger = (kind: DangerKind, of?: Fact, count = 1): Incident['dangers'][number] => ({
  kind,
  firstAt: T0,
  lastAt: T0,
  count,
  ...(of === undefined ? {} : { fact: of }),
});
const actor = {
  type: 'AssumedRole',
  arn: 'arn:aws:sts::111122223333:assumed-role/Admins/mallory',
  issuerArn: 'arn:aws:iam::111122223333:role/Admins',
  sessionName: 'mallory',
  sourceAddress: '203.0.113.7',
  userAgent: 'https://console.aws.amazon.com signin.amazonaws.com',
  mfa: false,
};
const scheduling: FactBody = {
  kind: 'deletionScheduled',
  key,
  call: { operation: 'ScheduleKeyDeletion', eventId: '4f1c', actor },
  windowDays: 7,
};
const scheduled = danger('deletionScheduled', fact(scheduling, { seenAt: T0 + 4_000 }));
const dying = incident({ read: read('PendingDeletion', imported), details, dangers: [scheduled] });
const draw = (about: Incident, more: Partial<typeof view> = {}) =>
  drawCard(about, { ...view, ...more }, { plain: false });
const text = (about: Incident, more: Partial<typeof view> = {}): string => readable(draw(about, more).blocks);

describe('a key scheduled for deletion', () => {
  const refused = {
    count: 3,
    lastAt: T0 + 8 * MINUTE,
    by: [{ who: 'arn:aws:iam::111122223333:role/orders-api', what: 's3://orders-archive', count: 3 }],
  };
  const words = draw({ ...dying, refused });

  test('says what, which, until when, who, and who is hurt', () => {
    expect(headerOf(words)).toBe('🔴  Key scheduled for deletion · alias/payments-prod');
    expect(words.text).toContain('Key scheduled for deletion · alias/payments-prod');
    const all = readable(words.blocks);
    for (const part of [
      `${key.keyId}  ·  payments-prod 111122223333  ·  us-west-2  ·  imported material  ·  owner: team-pay`,
      '*Deleted after*  2026-03-21 09:12 UTC   ▓▓▓▓▓▓▓▓▓▓',
      '*Before*  Enabled (seen by the sweep 2026-03-14 08:12:00 UTC)',
      '*Scheduled by*  Admins/mallory from 203.0.113.7, console, AWS recorded no MFA (usual with SSO)',
      'window 7 days: the shortest',
      '2026-03-14 09:12:00 UTC, seen 2026-03-14 09:12:04 UTC via EventBridge · event 4f1c',
      '*Still in use*  3 refused calls since, last 2026-03-14 09:20:00 UTC: orders-api, s3://orders-archive (3×)',
      '*Last success*  Decrypt, at least until 2026-03-14 08:58:00 UTC',
      'Somebody still tries to use it: rescue it.',
      'PendingDeletion, read 2026-03-14 09:12:00 UTC',
    ])
      expect(all).toContain(part);
  });
  test('two rows of buttons and a menu, each carrying only the incident’s id', () => {
    expect(rowsOf(words)).toEqual([['Rescue', 'Cancel Deletion', '⋯'], ['Delete Material']]);
    const elements = words.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
    expect(elements.map((element) => ('action_id' in element ? element.action_id : ''))).toEqual([
      'rescue',
      'cancel_deletion',
      'more',
      'delete_material',
    ]);
    expect(elements.flatMap((element) => (element.type === 'button' ? [element.value] : []))).toEqual(
      Array(3).fill(incidentId),
    );
    const menu = elements.find((element) => element.type === 'overflow');
    expect(menu?.options.map((option) => option.text.text)).toEqual([
      'Acknowledge',
      'Snooze',
      'Show AWS CLI commands',
      'Evidence',
      'Open in AWS console',
    ]);
    expect(menu?.options[4]).toMatchObject({
      url: `https://us-west-2.console.aws.amazon.com/kms/home?region=us-west-2#/kms/keys/${key.keyId}`,
    });
  });
  test('half the window later half the bar is left', () => {
    expect(text(dying, { now: T0 + 3.5 * DAY })).toContain('▓▓▓▓▓░░░░░');
    expect(text(dying, { now: T0 + 8 * DAY })).toContain('the window is over');
  });
  test('found by the sweep, nobody is named', () => {
    expect(text({ ...dying, dangers: [danger('deletionScheduled')] })).toContain(
      'nobody known: seen 2026-03-14 09:12:00 UTC by reading KMS',
    );
  });
  test('what is not known is said, with the reason', () => {
    const blind = {
      aliases: unknown('kms:ListAliases is not allowed'),
      tags: unknown('kms:ListResourceTags is not allowed'),
      lastUse: unknown('created before tracking began'),
    };
    const all = text({ ...dying, details: blind, prior: { kind: 'unknown', why: 'never seen by a sweep' } });
    for (const part of [
      'aliases not known: kms:ListAliases is not allowed',
      'tags not known: kms:ListResourceTags is not allowed',
      '*Last success*  not known: created before tracking began',
      '*Before*  not known: never seen by a sweep',
    ])
      expect(all).toContain(part);
    expect(headerOf(draw({ ...dying, details: blind }))).toContain(key.keyId);
  });
  test('silence is "no use seen", never "unused"', () => {
    const all = text({ ...dying, details: { ...details, lastUse: known({ kind: 'neverSeen' }) } });
    expect(all).toContain('no use seen');
    expect(all).not.toContain('unused');
  });
  test('an absent role takes its buttons away and says so', () => {
    const words = draw(dying, { can: (duty) => duty !== 'rescue' });
    expect(rowsOf(words)).toEqual([['⋯'], ['Delete Material']]);
    expect(readable(words.blocks)).toContain(
      'No role for rescuing and enabling configured in payments-prod 111122223333: button absent.',
    );
  });
  test('the short form keeps the buttons that save', () => {
    const words = drawCard(dying, view, { plain: true });
    expect(rowsOf(words)).toEqual([['Rescue', 'Cancel Deletion'], ['Delete Material']]);
    expect(readable(words.blocks)).toContain('State: PendingDeletion, read 2026-03-14 09:12:00 UTC');
    expectWithinLimits(words);
  });
});

describe('colour and title', () => {
  const closed = (outcome: Outcome, of: KeyRead) =>
    incident({ details, read: of, phase: { kind: 'closed', at: T0, outcome } });
  const gone: KeyRead = { kind: 'gone', key, readAt: T0 };
  const unreadable: KeyRead = {
    kind: 'unreadable',
    key,
    readAt: T0,
    why: { kind: 'denied', operation: 'DescribeKey', message: 'not authorized' },
  };
  test.each<[Incident, string]>([
    [incident({ details, read: read('PendingReplicaDeletion') }), '🔴  Key scheduled for deletion after its replicas'],
    [incident({ details, read: read('PendingImport', imported) }), '🔴  Key material gone'],
    [
      incident({ details, read: read('PendingImport', imported), dangers: [danger('materialExpired')] }),
      '🔴  Key material expired',
    ],
    [incident({ details, read: read('Disabled') }), '🟠  Key disabled'],
    [incident({ details, read: read('Unavailable') }), '🟠  Key store disconnected'],
    [incident({ details, read: read('Enabled'), dangers: [danger('policyChanged')] }), '🟡  Key policy changed'],
    [incident({ details, read: read('Enabled'), dangers: [danger('watched')] }), '🟡  Key under watch'],
    [incident({ details, dangers: [danger('deletionScheduled')] }), '🔴  Key scheduled for deletion'],
    [incident({ details, read: unreadable }), '⚪  Key under suspicion'],
    [incident({ details, read: unreadable, dangers: [danger('deletionScheduled')] }), '🔴  Key scheduled for deletion'],
    [incident({ details, read: gone }), '⚫  Key deleted'],
    [
      incident({ details, read: read('PendingDeletion'), dangers: [danger('ownRoleMisused')] }),
      '🔴  Our own role misused: key scheduled for deletion',
    ],
    [closed('restored', read('Enabled')), '🟢  Key restored and verified'],
    [closed('recovered', read('Enabled')), '🟢  Key usable again'],
    [closed('deleted', gone), '⚫  Key deleted'],
    [closed('noDanger', read('Enabled')), '🟢  No danger found'],
  ])('%#', (about, title) => {
    expect(headerOf(draw(about))).toBe(`${title} · alias/payments-prod`);
    expectWithinLimits(draw(about));
  });
});

describe('actions', () => {
  const ended = (ending: Ending, state = read('Disabled')): Incident =>
    incident({
      details,
      read: state,
      actions: [
        action('cancelDeletion', [call('CancelKeyDeletion', { kind: 'succeeded', requestId: 'req-1' })], {
          ending: { ...ending, at: T0 },
        }),
      ],
    });
  test('under way: no buttons but the menu', () => {
    const words = draw({ ...dying, actions: [action('rescue', [call('CancelKeyDeletion')])] });
    expect(rowsOf(words)).toEqual([['⋯']]);
    expect(readable(words.blocks)).toContain(
      '*Rescue*  asked by <@U1> at 2026-03-14 09:12:00 UTC: ⏳ CancelKeyDeletion under way',
    );
  });
  test('Cancel Deletion alone ends amber', () => {
    const about = ended({ kind: 'amber', state: 'Disabled', why: 'stillDisabled' });
    expect(headerOf(draw(about))).toContain('🟠  Deletion cancelled, key still disabled');
    expect(text(about)).toContain('still disabled, callers still fail');
    expect(text(about)).toContain('AWS request req-1');
    expect(rowsOf(draw(about))).toEqual([['Rescue', 'Enable', '⋯']]);
  });
  test('a disconnected store', () => {
    const about = ended({ kind: 'amber', state: 'Unavailable', why: 'storeDisconnected' }, read('Unavailable'));
    expect(text(about)).toContain('cancelled, usable once the key store is connected');
  });
  test('verified says by what and when', () => {
    const verified = ended({ kind: 'verified', state: 'Enabled', confirmedByRead: true }, read('Enabled'));
    expect(text(verified)).toContain(
      '✅ verified: the key reads Enabled at 2026-03-14 09:12:00 UTC (confirmed by read',
    );
  });
  test.each<[Ending, string]>([
    [
      { kind: 'failed', why: { kind: 'denied', operation: 'CancelKeyDeletion', message: 'no' } },
      'AWS denied kms:CancelKeyDeletion',
    ],
    [
      {
        kind: 'failed',
        why: { kind: 'approvalVoid', changes: [{ part: 'state', was: 'PendingDeletion', is: 'Enabled' }] },
      },
      'its state was PendingDeletion and is Enabled since it was agreed to',
    ],
    [{ kind: 'failed', why: { kind: 'keyGone' } }, 'KMS has deleted it'],
    [{ kind: 'failed', why: { kind: 'noRole', message: 'disable' } }, 'no role is configured'],
    [{ kind: 'unknownOutcome', message: 'timeout' }, 'outcome unknown'],
    [{ kind: 'amber', state: 'Disabled', why: 'enableDenied' }, 'kms:EnableKey'],
    [{ kind: 'amber', state: 'Disabled', why: 'familyStillPending' }, 'another Region'],
    [{ kind: 'amber', state: 'Disabled', why: 'priorStateUnknown' }, 'nobody knows whether it was enabled before'],
  ])('%j', (ending, part) => expect(text(ended(ending))).toContain(part));
});

describe('dead ends', () => {
  test('no material: who can help, and how', () => {
    const all = text(incident({ details, read: read('PendingImport', imported) }));
    for (const part of [
      'holds the material',
      'GetParametersForImport',
      'ImportKeyMaterial',
      'must never pass through Slack',
    ])
      expect(all).toContain(part);
  });
  test('a deleted key gives no false hope', () => {
    const all = text(incident({ details, read: { kind: 'gone', key, readAt: T0 } }));
    expect(all).toContain('lost for good');
  });
  test('a primary without a date', () => {
    const state = read('PendingReplicaDeletion', { pendingWindowInDays: 7, replicasGoneAt: T0 + 9 * DAY });
    expect(text(incident({ details, read: state }))).toContain(
      'no date yet: its own window of 7 d begins when the last replica is deleted; replicas: 2026-03-23 09:12 UTC',
    );
  });
  test('disabled before, too', () => {
    expect(text(incident({ details, read: read('Disabled'), prior: disabledBefore }))).toContain(
      'disabled before, too',
    );
  });
  test('an AWS managed key has neither buttons nor a menu, but to end what no read of it ends', () => {
    const about = (kind: DangerKind): Incident =>
      incident({ details, read: read('Enabled', { manager: 'AWS' }), dangers: [danger(kind)] });
    expect(rowsOf(draw(about('attemptRefused')))).toEqual([]);
    expect(rowsOf(draw(about('watched')))).toEqual([['⋯']]);
    expect(JSON.stringify(draw(about('watched')).blocks)).not.toContain('"evidence:');
    expect(text(about('watched'))).toContain('viewed only');
  });
  test('a permission is missing', () => {
    const why = { kind: 'denied', operation: 'DescribeKey', message: 'not authorized to perform' } as const;
    const all = text(incident({ details, read: { kind: 'unreadable', key, readAt: T0, why } }));
    expect(all).toContain('AWS denied kms:DescribeKey');
    expect(all).toContain('key policy');
  });
  test('Disable asks first: what breaks, what does not at once, how to undo', () => {
    const words = draw(incident({ details, read: read('Enabled'), dangers: [danger('watched')] }));
    const confirm = words.blocks.flatMap((block) =>
      block.type === 'actions'
        ? block.elements.flatMap((one) => (one.type === 'button' ? [one.confirm?.text.text] : []))
        : [],
    )[0];
    for (const part of ['Breaks:', 'Does not break at once:', 'Undo:']) expect(confirm).toContain(part);
  });
});

describe('cards that are not about one key', () => {
  const subject: Subject = { kind: 'alarm', alarmArn: 'arn:alarm', name: 'kms-pending', place: key, partition: 'aws' };
  const alarm: Alarm = {
    arn: 'arn:alarm',
    name: 'kms-pending',
    account: key.account,
    region: key.region,
    partition: 'aws',
    state: 'ALARM',
    changedAt: T0,
    reason: 'Threshold Crossed: 1 datapoint',
    keys: [],
    lookback: 300_000,
    aboutKms: true,
  };
  const search: Search = {
    alarm,
    from: 0,
    attempts: 1,
    nextAt: T0 + MINUTE,
    until: T0 + HOUR,
    candidates: [],
    state: 'searching',
  };
  const alarmed = (more: Partial<Search>) =>
    incident({ subject, dangers: [danger('alarm')], search: { ...search, ...more } });
  test.each<[string, Incident, readonly string[], string?]>([
    ['searching', alarmed({}), ['does not name a key', 'next look 2026-03-14 09:13:00 UTC', 'Threshold Crossed']],
    ['candidates', alarmed({ candidates: [key] }), ['one of these', key.arn]],
    ['gave up', alarmed({ state: 'gaveUp' }), ['not found', 'does not mean no key is in danger']],
    ['CloudTrail denied', alarmed({ problem: 'cloudtrail:LookupEvents is not allowed' }), ['cloudtrail:LookupEvents']],
    [
      'an account that cannot be read',
      incident({
        subject: { kind: 'place', place: key },
        dangers: [danger('unreadable')],
        problem: 'kms:ListKeys: not authorized',
      }),
      ['Inconclusive', 'payments-prod 111122223333', 'not known to be fine', 'kms:ListKeys: not authorized'],
    ],
    [
      'a blinded trail',
      incident({
        subject: { kind: 'place', place: key },
        dangers: [danger('trailBlinded', fact({ kind: 'trailBlinded', place: key, call: by('PutEventSelectors') }))],
      }),
      ['blind from here on', 'Admins/mallory'],
      '⋯',
    ],
    [
      'a topic that went silent',
      incident({
        subject: { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:1:t' },
        dangers: [danger('unsubscribed')],
      }),
      ['arn:aws:sns:us-west-2:1:t', 'no longer reach'],
      '⋯',
    ],
  ])('%s', (_name, about, parts, menu) => {
    const words = draw(about);
    for (const part of parts) expect(readable(words.blocks)).toContain(part);
    expect(rowsOf(words)).toEqual(menu === undefined ? [] : [[menu]]);
    expectWithinLimits(words);
  });
});
