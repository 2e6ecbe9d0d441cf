/** The Home tab: who somebody is, what waits for them, what they asked for, what is open. */
import type { KnownBlock, StaticSelect } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { drawHome } from '../../../src/adapters/slack/words/home.ts';
import type { View } from '../../../src/adapters/slack/words/view.ts';
import type { AccountId, IncidentId } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { MemberHome } from '../../../src/domain/interaction.ts';
import { known, unknown } from '../../../src/domain/key.ts';
import { approval, bob } from '../../domain/proofs.ts';
import { action, DAY, imported, incident, incidentId, key, read, T0 } from '../../domain/samples.ts';
import { buttonsIn, expectNoStrayMarkup, expectTaken, readable, view } from './drawn.ts';
import { ACCOUNT, boardOf, holding, memberHome } from './homes.ts';

const details = { aliases: known(['alias/orders']), tags: known({}), lastUse: unknown('not asked') };
const about = incident({ details, read: read('Enabled', imported) });
const alice = { enterprise: '', team: 'T1', user: 'UALICE' };
const why = { kind: 'throttled', message: 'x' } as const;
type Request = MemberHome['requests'][number];
const request = (mine: boolean, more: Partial<Parameters<typeof approval>[1]> = {}): Request => ({
  incident: about,
  approval: approval('scheduleDeletion', { windowDays: 14, reason: 'replaced', ...more }),
  mine,
});
const home = (more: Partial<MemberHome> = {}, seen: Partial<View> = {}) => {
  const tab = drawHome(memberHome(more), () => ({ ...view, ...seen }));
  expectTaken(tab);
  expectNoStrayMarkup(tab.blocks);
  return tab;
};
const wordsOf = (...drawn: Parameters<typeof home>): string => readable(home(...drawn).blocks);
const dying = (days: number, more: Partial<Incident> = {}): Incident =>
  incident({
    details,
    read: read('PendingDeletion', { deletionDate: T0 + days * DAY }),
    countdown: { deletionDate: T0 + days * DAY, since: T0, told: [], endTold: false },
    ...more,
  });

test.each([
  ['notMember', 'for members of the workspace only'],
  ['unknown', 'could not say just now who you are'],
] as const)('%s: no names, and why', (sight, words) => {
  const tab = drawHome({ sight }, () => view);
  expect(readable(tab.blocks)).toContain(words);
  expectTaken(tab);
});

describe('who I am', () => {
  test.each<readonly [Partial<MemberHome>, string]>([
    [{ roles: [] }, 'none: you can look, but not act'],
    [{ roles: [holding('responder')] }, '*Your roles*  *responder* for all keys'],
    [
      { roles: [holding('responder', { limit: { accounts: [ACCOUNT] } }), holding('approver')] },
      '*responder* only for keys in payments-prod 111122223333; *approver* for all keys',
    ],
    [
      { roles: [holding('approver', { limit: { aliases: ['payments-?', 'x*'], tags: { team: 'pay' } } })] },
      '*approver* only for keys named payments-?, x∗ and tagged team=pay',
    ],
    [
      { roles: [holding('responder', { live: false, confirmedAt: T0 })], unsure: 'user groups: fatal_error' },
      '*responder* for all keys, as Slack last said 2026-03-14 09:12:00 UTC',
    ],
    [
      { unsure: 'user groups: fatal_error' },
      'could not say just now whether you hold others (user groups: fatal_error)',
    ],
    [{ codes: 'setUp' }, '*Your one-time codes*  set up'],
    [{ codes: 'missing' }, '`npm run keywarden -- mfa enrol UREADER`'],
    [{ codes: 'notNeeded' }, 'not set up, and nothing asks you for one'],
  ])('%#', (more, words) => expect(wordsOf(more)).toContain(words));

  test('many and strange grants fit', () => {
    const strange = Array.from({ length: 40 }, (_, index) => `<!channel>${'&'.repeat(200)}${index}`);
    const limit = {
      accounts: strange.map((_, index) => String(100_000_000_000 + index) as AccountId),
      aliases: strange,
      tags: Object.fromEntries(strange.map((one) => [one, one])),
    };
    const roles = strange.map((_, index) => holding('responder', { limit, confirmedAt: T0 + index, live: false }));
    expect(wordsOf({ roles })).toContain('*Your one-time codes*  set up');
    const many = Array.from({ length: 40 }, (_, index) => holding('viewer', { limit: { aliases: [`a${index}`] } }));
    expect(wordsOf({ roles: many })).toContain('and 32 more');
  });
});

test('why a press came to nothing stands first', () => {
  const words = { kind: 'mayNot', why: { kind: 'notInRole', role: 'responder' }, action: 'rescue' } as const;
  const all = wordsOf({ said: { words, at: T0 } });
  expect(all).toContain('2026-03-14 09:12:00 UTC  Rescue was not done: you are not in the role it needs');
  expect(all.indexOf('Rescue was not done')).toBeLessThan(all.indexOf('Your roles'));
});

describe('requests', () => {
  test('nothing waits: nothing is said of it', () => {
    const tab = home();
    expect(readable(tab.blocks)).not.toContain('approval');
    expect(buttonsIn(tab.blocks)).toEqual([]);
  });

  test('of somebody else: all it takes to decide, and the two buttons', () => {
    const tab = home({ requests: [request(false)], board: boardOf([dying(3)]) });
    const all = readable(tab.blocks);
    for (const part of [
      '*Waiting for your approval*',
      '*Schedule Deletion* of alias/orders, waiting period 14 days, asked for by <@UALICE>',
      '*Key*  1234abcd-12ab-34cd-56ef-1234567890ab  ·  payments-prod 111122223333  ·  us-west-2  ·  imported material',
      '“replaced”',
      'After 14 days KMS deletes it',
      'Expires 2026-03-14 09:42 UTC',
      '0 of 1 agreed',
    ])
      expect(all).toContain(part);
    expect(
      buttonsIn(tab.blocks)
        .slice(0, 2)
        .map(({ text, value }) => [text, value]),
    ).toEqual([
      ['Approve', `${incidentId}.p${'0'.repeat(31)}`],
      ['Reject', `${incidentId}.p${'0'.repeat(31)}`],
    ]);
    // What waits for somebody comes before what is only open.
    expect(all.indexOf('Waiting for your approval')).toBeLessThan(all.indexOf('Open incidents'));
  });

  test('one’s own: how far it is, and no button to agree with oneself', () => {
    const agreements = [{ by: bob, at: T0, steppedUp: true }];
    const tab = home({ requests: [request(true, { quorum: 3, agreements })] });
    expect(readable(tab.blocks)).toContain('*Your requests*');
    expect(readable(tab.blocks)).toContain('1 of 3 agreed. Expires 2026-03-14 09:42 UTC');
    expect(readable(tab.blocks)).not.toContain('Waiting for your approval');
    expect(buttonsIn(tab.blocks)).toEqual([]);
  });
});

describe('the board', () => {
  test('nothing is dying', () => {
    expect(wordsOf()).toContain('*Nothing is dying.*');
    expect(wordsOf()).toContain('No open incidents.');
    const one = boardOf([incident({ details, read: read('Disabled') })]);
    expect(wordsOf({ board: one })).toContain('none with a deletion date  ·  1 without one');
    // It may be dying unseen.
    const unseen = boardOf([incident({ read: { kind: 'unreadable', key, readAt: T0, why } })]);
    expect(wordsOf({ board: unseen })).not.toContain('Nothing is dying');
    expect(wordsOf({ board: boardOf([], { account: ACCOUNT }) })).toContain(
      '*Nothing is dying in payments-prod 111122223333.*',
    );
  });

  test('a dying key: until when, who has it in hand, whether it is planned, and the buttons of its card', () => {
    const attention = { kind: 'acknowledged', by: alice, at: T0, until: T0 + DAY } as const;
    const tab = home({ board: boardOf([dying(3, { attention }), dying(5)]) });
    const all = readable(tab.blocks);
    for (const part of [
      '🔴 Key scheduled for deletion · alias/orders',
      'payments-prod 111122223333  ·  us-west-2  ·  1234abcd-12ab-34cd-56ef-1234567890ab',
      '*Deleted after*  2026-03-17 09:12 UTC  ·  PendingDeletion, read 2026-03-14 09:12:00 UTC',
      '👀 Acknowledged by <@UALICE>; asks again 2026-03-15 09:12 UTC  ·  not planned',
      '*Deleted after*  2026-03-19 09:12 UTC',
      'nobody has acknowledged it  ·  not planned',
      '*Open incidents*  2\n2 with a deletion date',
    ])
      expect(all).toContain(part);
    expect(buttonsIn(tab.blocks).map(({ text, value }) => [text, value])).toEqual([
      ['Rescue', incidentId],
      ['Cancel Deletion', incidentId],
      ['Rescue', incidentId],
      ['Cancel Deletion', incidentId],
    ]);
    expect(JSON.stringify(tab)).toContain(`acknowledge:${incidentId}`);
  });

  test.each<readonly [Partial<Incident>, string]>([
    [{ countdown: { deletionDate: T0 - 1, since: 0, told: [], endTold: false } }, 'KMS deletes within a day after it'],
    [{ actions: [action('rescue')] }, '*Rescue*  asked by <@U1> at 2026-03-14 09:12:00 UTC: ⏳ under way'],
    [
      { approvals: [approval('deleteMaterial')] },
      'Delete Material, asked for by <@UALICE>, waits for approval: 0 of 1',
    ],
    [{ card: { channel: 'C0INCIDENT' as never, ts: '1.2' as never, shownRevision: 1, adopt: false } }, '<#C0INCIDENT>'],
    [{ read: { kind: 'unreadable', key, readAt: T0, why } }, 'not readable, tried'],
    [
      {
        plan: {
          ticket: 'CHG-7',
          by: alice,
          at: T0,
          fingerprint: { state: 'Enabled' },
          status: { kind: 'agreed', by: bob, at: T0 },
        },
      },
      '🗓️ planned decommission CHG-7, agreed by <@UBOB>',
    ],
    [
      {
        plan: { ticket: 'CHG-7', by: alice, at: T0, fingerprint: { state: 'Enabled' }, status: { kind: 'proposed' } },
      },
      '🗓️ decommission proposed by <@UALICE>, CHG-7: an approver must agree',
    ],
  ])('%#', (more, words) => expect(wordsOf({ board: boardOf([dying(3, more)]) })).toContain(words));

  test('what is no key has no buttons, and says where it is', () => {
    const place = { account: ACCOUNT, region: 'us-west-2' } as never;
    const subjects = [
      { kind: 'place', place },
      { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:111122223333:kms-alarms' },
      { kind: 'alarm', alarmArn: 'arn', name: 'kms-in-use', place, partition: 'aws' },
    ] as const;
    const tab = home({ board: boardOf(subjects.map((subject) => incident({ subject }))) });
    const all = readable(tab.blocks);
    for (const part of ['payments-prod 111122223333  ·  us-west-2', 'kms-alarms', 'alarm kms-in-use', 'open since'])
      expect(all).toContain(part);
    expect(buttonsIn(tab.blocks)).toEqual([]);
  });

  test('without a role for it: no button, and why', () => {
    expect(wordsOf({ board: boardOf([dying(3)]) }, { can: () => false })).toContain('No role for rescuing');
  });

  test('dated ones under one heading, the others under the next', () => {
    const disabled = incident({ details, read: read('Disabled') });
    const all = wordsOf({ board: boardOf([dying(3), disabled]) });
    const order = ['*⏳ Countdown*', 'Key scheduled for deletion', '*Without a date*', 'Key disabled'];
    expect(order.map((part) => all.indexOf(part))).toEqual(
      order.map((part) => all.indexOf(part)).sort((a, b) => a - b),
    );
    expect(order.every((part) => all.includes(part))).toBe(true);
  });

  test('a page between others: which one, and the way to both', () => {
    const incidents = Array.from({ length: 10 }, () => dying(3));
    const tab = home({ board: boardOf(incidents, { page: 1, total: 2_345, dated: 2_300 }) });
    expect(readable(tab.blocks)).toContain('11–20 of 2,345');
    expect(readable(tab.blocks)).toContain('2,300 with a deletion date  ·  45 without one');
    expect(
      buttonsIn(tab.blocks)
        .filter(({ id }) => id.startsWith('home_'))
        .map(({ id, text, value }) => [id, text, value]),
    ).toEqual([
      ['home_previous', 'Previous', '0'],
      ['home_next', 'Next', '2'],
    ]);
  });

  test('a record that cannot be read is counted', () => {
    expect(wordsOf({ board: boardOf([dying(3)], { total: 3, dated: 3 }) })).toContain(
      '2 of this page could not be read',
    );
  });
});

describe('the filter', () => {
  const accounts = (count: number) =>
    Array.from({ length: count }, (_, index) => String(100_000_000_000 + index) as AccountId);
  const selectIn = (tab: ReturnType<typeof home>): StaticSelect | undefined =>
    (tab.blocks as readonly KnownBlock[])
      .flatMap((block) => (block.type === 'section' ? [block.accessory] : []))
      .find((accessory) => accessory?.type === 'static_select');
  test('all accounts first, then by name; the chosen one is shown', () => {
    const two = ['222233334444', '111122223333'] as AccountId[];
    const names = (account: string) => (account === '222233334444' ? 'archive' : 'payments');
    const board = boardOf([], { accounts: two, account: ACCOUNT });
    const select = selectIn(home({ board }, { accountName: names }));
    expect(select?.options?.map(({ text, value }) => [text.text, value])).toEqual([
      ['All accounts', 'all'],
      ['archive 222233334444', '222233334444'],
      ['payments 111122223333', '111122223333'],
    ]);
    expect(select?.initial_option?.value).toBe(ACCOUNT);
  });
  test('more than a select holds: in groups', () => {
    const select = selectIn(home({ board: boardOf([], { accounts: accounts(250) }) }));
    expect(select?.options).toBeUndefined();
    expect(select?.option_groups?.map(({ options }) => options.length)).toEqual([100, 100, 51]);
    expect(select?.initial_option?.value).toBe('all');
  });
  test('more than a view holds: cut, and said so; the chosen one stands there all the same', () => {
    const many = accounts(500);
    const account = many.at(-1) as AccountId;
    const tab = home({ board: boardOf([], { accounts: many, account }) });
    expect(readable(tab.blocks)).toContain('first 300 of 500 accounts');
    expect(selectIn(tab)?.initial_option?.value).toBe(account);
  });
});

describe('the most there can be', () => {
  const LONG = ['&'.repeat(1_000), '"'.repeat(1_000), '<!channel> <@U1> '.repeat(60), '漢'.repeat(1_000)];
  const many = (count: number, mine: boolean, reason: string): readonly Request[] =>
    Array.from({ length: count }, (_, index) => ({
      ...request(mine, { reason, ticket: reason }),
      incident: { ...about, id: `i${String(index).padStart(31, '0')}` as IncidentId },
    }));
  test.each(LONG)('fits, and what is left out is counted', (reason) => {
    const strange = { aliases: known([reason, reason]), tags: known({ owner: reason }), lastUse: unknown(reason) };
    const plan = { ticket: reason, by: alice, at: T0, fingerprint: { state: 'Enabled' }, status: { kind: 'proposed' } };
    const actions = [{ ...action('rescue'), reason, ending: { kind: 'failed', at: T0, why: { kind: 'keyGone' } } }];
    const row = dying(3, {
      details: strange,
      read: read('PendingDeletion', imported),
      plan: plan as never,
      actions: actions as never,
    });
    const board = boardOf(
      Array.from({ length: 10 }, (_, index) => (index < 5 ? row : (({ countdown: _countdown, ...rest }) => rest)(row))),
      {
        accounts: Array.from({ length: 500 }, (_, index) => String(100_000_000_000 + index) as AccountId),
        page: 3,
        total: 999,
        dated: 35,
      },
    );
    const said = { words: { kind: 'notNow', message: reason }, at: T0 } as const;
    const tab = home(
      { requests: [...many(25, false, reason), ...many(14, true, reason)], board, said },
      { accountName: () => reason },
    );
    const all = readable(tab.blocks);
    expect(buttonsIn(tab.blocks).filter(({ id }) => id === 'approve')).toHaveLength(10);
    expect(all).toContain('and 15 more wait for you');
    expect(all).toContain('and 4 more of yours');
    // However long the reason: until when (also one's own), and what it breaks, is never cut away.
    expect(all.split('Expires 2026-03-14 09:42 UTC')).toHaveLength(21);
    expect(all.split('After 14 days KMS deletes it')).toHaveLength(11);
    // Near what Slack takes, never above it.
    expect(tab.blocks.length).toBeGreaterThan(85);
    expect(Buffer.byteLength(JSON.stringify(tab))).toBeLessThan(225_000);
  });
});
