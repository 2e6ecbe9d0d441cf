/** What the pager says: read on a telephone, in the middle of the night, by somebody who cannot ask back. */
import { describe, expect, test } from 'vitest';
import { subjectOf } from '../../../src/adapters/pager/headline.ts';
import { bodyOf, messageOf } from '../../../src/adapters/pager/words.ts';
import type { Cancelling } from '../../../src/domain/cancelling.ts';
import { PAGE_KINDS, type Page, type PageKind } from '../../../src/domain/page.ts';
import type { PageOutcome } from '../../../src/domain/page-outcome.ts';

const ARN = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const AT = Date.UTC(2026, 2, 20, 9, 12, 7);

const pageAbout = (kind: PageKind, more: Partial<Page> = {}): Page =>
  ({
    id: `${kind}:i1`,
    kind,
    at: AT,
    key: ARN,
    name: 'alias/payments-prod',
    account: '111122223333',
    region: 'us-west-2',
    deletionDate: Date.UTC(2026, 2, 21, 9, 12, 59),
    ...more,
  }) as Page;
const call = (page: Page, status: 'open' | 'over' = 'open') => ({ page, status, since: AT });

describe.each(PAGE_KINDS)('%s', (kind) => {
  test.each(['open', 'over'] as const)('%s: a subject that SNS takes, a summary in one line', (status) => {
    const subject = subjectOf(call(pageAbout(kind), status));
    expect(subject).toMatch(/^[A-Za-z][ -~]{0,98}$/);
    const { summary } = bodyOf(call(pageAbout(kind), status));
    expect(summary).not.toMatch(/[\n.]$/);
    expect(messageOf(call(pageAbout(kind), status)).split('\n')[0]).toBe(summary);
  });
  test('nothing in it ages: no length of time, only moments in UTC', () => {
    expect(messageOf(call(pageAbout(kind)))).not.toMatch(/\b(ago|in \d|\d+ (min|h|d)\b|today|tomorrow)/);
  });
});

test('the last day: which key, until when, and the commands to stop it', () => {
  const message = messageOf(call(pageAbout('lastDay')));
  for (const part of [
    `aws kms cancel-key-deletion --region us-west-2 --key-id ${ARN}`,
    `aws kms enable-key --region us-west-2 --key-id ${ARN}`,
    `npm run keywarden -- rescue ${ARN}`,
    'alias/payments-prod',
    '111122223333 in us-west-2',
    // Down to the minute below: a deadline is never named later than it is.
    'dies after 2026-03-21 09:12 UTC',
    '2026-03-21 09:12:59 UTC',
  ])
    expect(message).toContain(part);
  expect(messageOf(call(pageAbout('lastDay'), 'over'))).not.toContain('cancel-key-deletion');
});

test('the body of the web address, as it is documented', () => {
  expect(bodyOf(call(pageAbout('lastDay')))).toEqual({
    version: 1,
    id: 'lastDay:i1',
    status: 'open',
    kind: 'lastDay',
    severity: 'critical',
    summary: 'KMS key dies after 2026-03-21 09:12 UTC, nobody on it: alias/payments-prod (111122223333)',
    at: '2026-03-20T09:12:07.000Z',
    key: ARN,
    account: '111122223333',
    region: 'us-west-2',
    deletionDate: '2026-03-21T09:12:59.000Z',
    links: [
      {
        text: 'AWS console',
        href: 'https://us-west-2.console.aws.amazon.com/kms/home?region=us-west-2#/kms/keys/1234abcd-12ab-34cd-56ef-1234567890ab',
      },
    ],
  });
  expect(bodyOf(call({ id: 'tokenRevoked', kind: 'tokenRevoked', at: AT }))).toEqual({
    version: 1,
    id: 'tokenRevoked',
    status: 'open',
    kind: 'tokenRevoked',
    severity: 'critical',
    summary: "Slack refuses Keywarden's bot token",
    at: '2026-03-20T09:12:07.000Z',
  });
});

test('a primary that waits: the date is that of its replicas, and it dies of none of its own yet', () => {
  const waiting = pageAbout('lastDay', { replicas: { windowDays: 7 } });
  const body = bodyOf(call(waiting));
  expect(body.summary).toBe(
    'Replicas of KMS key gone after 2026-03-21 09:12 UTC, nobody on it: alias/payments-prod (111122223333)',
  );
  expect(body).toMatchObject({ replicasGoneAfter: '2026-03-21T09:12:59.000Z' });
  expect(body).not.toHaveProperty('deletionDate');
  const message = messageOf(call(waiting));
  expect(message).toContain(
    'Its replicas are gone after: 2026-03-21 09:12:59 UTC; from then on it has 7 days of its own',
  );
  expect(message).not.toMatch(/Deleted after|at any moment|dies/);
  expect(message).toContain('cancel-key-deletion');
  const over = { ...call(waiting, 'over'), outcome: 'rescheduled' as const };
  expect(bodyOf(over).summary).toContain('Its replicas are gone or have another date, still dying: KMS key');
  const longest = { ...waiting, name: `alias/${'x'.repeat(240)}` };
  for (const told of [call(longest), { ...over, page: longest }])
    expect(subjectOf(told)).toMatch(/^[A-Za-z][ -~]{0,98}$/);
});

/** Why it is over, how the headline begins, and what the mail says besides. */
const ENDS: readonly (readonly [PageOutcome, string, string])[] = [
  ['restored', 'KMS key is out of danger', 'Nothing is left to do'],
  ['acknowledged', 'Somebody has it in hand, its deletion stands', 'this call comes again'],
  ['planned', 'Meant, an approver agreed', 'has not been stopped'],
  ['cancelled', 'Deletion cancelled, not usable yet', 'before it is enabled'],
  ['rescheduled', 'Another deletion date', 'begins anew'],
  ['deleted', 'LOST, KMS has deleted the key', 'nobody can bring it back'],
  ['memberDeleted', 'One key of a family deleted, others may live', 'in the other Regions'],
  ['passed', 'Nobody came in time', 'no call to KMS tells'],
  ['other', 'Not called for any more', 'look at the key itself'],
];

const loss = (more: Partial<Page> = {}): Page => {
  const { deletionDate: _date, ...page } = pageAbout('lastDay', { id: 'lossDay:i1' });
  return { ...page, lossAt: Date.UTC(2026, 2, 20, 21, 12, 59), detail: 'RDS databases', ...more };
};

test('the last day before a loss: of what, after when, and the commands that bring the key back', () => {
  const body = bodyOf(call(loss()));
  expect(body).toMatchObject({
    id: 'lossDay:i1',
    kind: 'lastDay',
    severity: 'critical',
    summary: 'Data may be lost after 2026-03-20 21:12 UTC, nobody on KMS key: alias/payments-prod (111122223333)',
    lossAt: '2026-03-20T21:12:59.000Z',
    detail: 'RDS databases',
  });
  expect(body.deletionDate).toBeUndefined();
  const message = messageOf(call(loss()));
  for (const part of [
    'May be lost after: 2026-03-20 21:12:59 UTC',
    'What may be lost: RDS databases',
    `aws kms enable-key --region us-west-2 --key-id ${ARN}`,
    `npm run keywarden -- rescue ${ARN}`,
  ])
    expect(message).toContain(part);
  expect(message).not.toContain('cancel-key-deletion');
  expect(messageOf(call(loss({ deletionDate: AT })))).toContain('cancel-key-deletion');
  const longest = loss({ name: `alias/${'x'.repeat(240)}` });
  expect(subjectOf(call(longest))).toMatch(/^Keywarden: Data may be lost after [ -~]{0,70}$/);
  for (const [outcome] of ENDS)
    expect(subjectOf({ ...call(longest, 'over'), outcome })).toMatch(/^[A-Za-z][ -~]{0,98}$/);
  const passed = { ...call(loss(), 'over'), outcome: 'passed' as const };
  expect(bodyOf(passed).summary).toContain('Nobody came, data may be lost already: KMS key: alias/payments-prod');
  expect(messageOf(passed)).not.toContain('Nothing is left to do');
});

describe('imported material that expires', () => {
  const expiry = (more: Partial<Page> = {}): Page =>
    loss({ expires: true, detail: 'the imported key material', ...more });
  const COMMANDS = [
    `aws kms get-parameters-for-import --region us-west-2 --key-id ${ARN} --wrapping-algorithm RSAES_OAEP_SHA_256`,
    `aws kms import-key-material --region us-west-2 --key-id ${ARN} `,
    'RSA_AES_KEY_WRAP_SHA_256',
  ];

  test('before: whoever holds it imports the same again, for no rescue of ours brings it back', () => {
    expect(bodyOf(call(expiry())).summary).toBe(
      'Imported material expires 2026-03-20 21:12 UTC, nobody on KMS key: alias/payments-prod (111122223333)',
    );
    const message = messageOf(call(expiry()));
    for (const part of [...COMMANDS, 'exactly the same', 'Material expires: 2026-03-20 21:12:59 UTC'])
      expect(message).toContain(part);
    for (const part of ['enable-key', 'rescue', 'lost']) expect(message.toLowerCase()).not.toContain(part);
  });
  test('of a key whose deletion runs: cancel first', () => {
    const message = messageOf(call(expiry({ deletionDate: AT })));
    const [cancel, get] = ['cancel-key-deletion', 'get-parameters-for-import'].map((one) => message.indexOf(one));
    expect(cancel).toBeGreaterThan(0);
    expect(get).toBeGreaterThan(cancel ?? 0);
  });
  test('after: it has expired, and how it comes back', () => {
    const over = { ...call(expiry(), 'over'), outcome: 'passed' as const };
    expect(bodyOf(over).summary).toContain('Imported material has expired, nobody came: KMS key: alias/payments-prod');
    const message = messageOf(over);
    for (const part of [...COMMANDS, 'restores everything']) expect(message).toContain(part);
    expect(message).not.toMatch(/lost|Bring the key back/);
  });
  test.each(ENDS)('over as %s: nothing of data that may be lost, in a subject that SNS takes', (outcome) => {
    const over = { ...call(expiry({ name: `alias/${'x'.repeat(240)}` }), 'over'), outcome };
    expect(subjectOf(over)).toMatch(/^[A-Za-z][ -~]{0,98}$/);
    expect(subjectOf(over)).not.toContain('may be lost');
  });
});

test.each(PAGE_KINDS)(
  '%s: over for whatever reason, with the longest of names, is a subject that SNS takes',
  (kind) => {
    const page = pageAbout(kind, { name: `alias/${'x'.repeat(240)}` });
    for (const [outcome] of ENDS)
      expect(subjectOf({ ...call(page, 'over'), outcome })).toMatch(/^[A-Za-z][ -~]{0,98}$/);
  },
);

test('words from outside cannot break the subject, add lines or grow without end', () => {
  const hostile = pageAbout('unreadable', {
    name: `alias/ü\r\nBcc: everybody@example.com ${'x'.repeat(500)}`,
    detail: `kms:ListKeys: \u202etxet\u0007\r\n\r\naws kms schedule-key-deletion ${'y'.repeat(5_000)}`,
  });
  for (const kind of PAGE_KINDS) {
    const page = { ...hostile, kind };
    expect(subjectOf(call(page))).toMatch(/^[A-Za-z][ -~]{0,98}$/);
    const message = messageOf(call(page));
    expect(message.length).toBeLessThan(3_000);
    // The lines are ours; nothing else in it is invisible.
    expect(message.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    expect(message.split('\n').some((line) => line.startsWith('Bcc:') || line.startsWith('aws kms sched'))).toBe(false);
  }
});

describe('the headline', () => {
  const LONG = 'alias/payments-prod-eu-central-1-customer-records-2026';
  test.each([
    ['alias/pay', 'KMS key dies after 2026-03-21 09:12 UTC, nobody on it: alias/pay (111122223333)'],
    ['alias/payments-prod', 'KMS key dies after 2026-03-21 09:12 UTC, nobody on it: alias/payments-prod'],
    [LONG, 'KMS key dies after 2026-03-21 09:12 UTC, nobody on it: alias/payments-...er-records-2026'],
  ])('%s: what is so and until when, then the key with its beginning and its end', (name, line) => {
    expect(subjectOf(call(pageAbout('lastDay', { name })))).toBe(`Keywarden: ${line}`);
  });
  test('in a body there is room for the account, and for all of the name', () => {
    expect(bodyOf(call(pageAbout('lastDay', { name: LONG }))).summary).toContain(`${LONG} (111122223333)`);
  });
});

test.each(ENDS)('over as %s: says so in the headline, the mail and the body', (outcome, headline, said) => {
  const over = { ...call(pageAbout('lastDay'), 'over'), outcome };
  const body = bodyOf(over);
  expect(body).toMatchObject({ status: 'over', outcome });
  expect(body.summary.startsWith(headline)).toBe(true);
  expect(subjectOf(over)).toContain(`: ${headline}`);
  expect(subjectOf(over)).toContain('payments-prod');
  expect(subjectOf(over).length).toBeLessThan(100);
  const message = messageOf(over);
  expect(message).toContain(said);
  expect(message.includes('Nothing is left to do')).toBe(outcome === 'restored');
});

describe('of a wave', () => {
  const wave = (more: Partial<Page> = {}): Page =>
    pageAbout('lastDay', { id: 'lastDay:g1', name: 'alias/shard-03', keys: 14, ...more });
  test('the subject, the mail and the body say of how many keys, and that the commands are for one', () => {
    expect(subjectOf(call(wave()))).toBe(
      'Keywarden: 14 KMS keys die, nobody on them, the worst after 2026-03-21 09:12 UTC: alias/shard-03',
    );
    const message = messageOf(call(wave({ detail: 'and 13 more keys of the same wave' })));
    for (const part of [
      `Keys: 14 of one wave; the one that stood worst: alias/shard-03  ${ARN}`,
      `npm run keywarden -- rescue ${ARN}`,
      'These commands are for one key. The other 13 stand on the card of the wave in Slack',
      'aws cloudtrail lookup-events --region us-west-2',
    ])
      expect(message).toContain(part);
    expect(message.indexOf('The other 13')).toBeGreaterThan(message.indexOf('npm run keywarden'));
    expect(message).not.toContain('What was seen');
    expect(bodyOf(call(wave())).keys).toBe(14);
    expect(bodyOf(call(pageAbout('lastDay')))).not.toHaveProperty('keys');
  });

  test.each(ENDS)('over as %s: of how many, and where they stand', (outcome) => {
    for (const page of [wave(), wave({ lossAt: AT, detail: 'RDS databases' })]) {
      const over = { ...call(page, 'over'), outcome };
      expect(subjectOf(over)).toContain('14 KMS keys');
      const message = messageOf(over);
      expect(message).toMatch(/of the 14 keys/);
      expect(message.includes('Nothing is left to do')).toBe(outcome === 'restored');
      expect(message.includes('card of the wave')).toBe(outcome !== 'restored');
    }
  });
  test('a policy that is closed to our rescue holds back the one it is about, and no other', () => {
    const cannotCancel: Cancelling = {
      answer: 'no',
      checkedAt: AT,
      reasons: [{ kind: 'denied', call: 'kms:CancelKeyDeletion', by: { place: 1 } }],
    };
    const message = messageOf(call(wave({ cannotCancel })));
    expect(message).toContain('Keywarden cannot cancel alias/shard-03: ');
    expect(message).toContain('Rescue them: the card of the wave in Slack has the buttons for all.');
    expect(message).toContain('For the one named above it helps only after that.');
  });

  test('of material that expires: no data is lost, and the import is for one key', () => {
    const expiring = wave({ lossAt: AT, expires: true });
    expect(subjectOf(call(expiring))).toContain('14 KMS keys: material expires');
    expect(messageOf(call(expiring))).toContain('This is for one key. The other 13 stand on the card of the wave');
    const over = messageOf({ ...call(expiring, 'over'), outcome: 'passed' as const });
    expect(over).toContain('import-key-material');
    expect(over).not.toContain('no call to KMS tells');
  });

  test('a lost one is not said to be the one that is named', () => {
    const over = { ...call(wave(), 'over'), outcome: 'deleted' as const };
    expect(subjectOf(over)).not.toContain('shard-03');
    expect(messageOf(over)).toContain('one or more of the 14 keys');
  });

  test.each(ENDS)('over as %s, of thousands with the longest of names, is a subject that SNS takes', (outcome) => {
    for (const more of [{}, { lossAt: AT }]) {
      const page = wave({ keys: 9_999, name: `alias/${'x'.repeat(240)}`, ...more });
      expect(subjectOf(call(page))).toMatch(/^[A-Za-z][ -~]{0,98}$/);
      expect(subjectOf({ ...call(page, 'over'), outcome })).toMatch(/^[A-Za-z][ -~]{0,98}$/);
    }
  });
});

describe('a key that our rescue cannot reach', () => {
  test('is no news where material expires: whoever holds it brings it back, and no rescue', () => {
    const { deletionDate: _date, ...page } = pageAbout('lastDay', { lossAt: AT, expires: true });
    const cannotCancel: Cancelling = { answer: 'no', checkedAt: AT, reasons: [{ kind: 'noRole' }] };
    expect(messageOf(call({ ...page, cannotCancel }))).not.toContain('Keywarden cannot');
    expect(bodyOf(call({ ...page, cannotCancel }))).not.toHaveProperty('cannotCancel');
  });

  const MALLORY = 'arn:aws:sts::111122223333:assumed-role/Admins/mallory';
  const closed: Cancelling = {
    answer: 'no',
    checkedAt: AT,
    reasons: [{ kind: 'denied', call: 'kms:CancelKeyDeletion', by: { place: 2, sid: 'Out' } }],
    since: { at: AT - 60_000, from: 'change' },
    by: { at: AT - 60_000, actor: { type: 'AssumedRole', arn: MALLORY, accessKeyId: 'ASIAEXAMPLE' } },
    repairers: {
      listed: [
        { kind: 'principal', name: 'arn:aws:iam::111122223333:role/Break-Glass', certain: true },
        { kind: 'account', name: '111122223333', certain: false },
      ],
      more: 0,
    },
  };
  const { by: _by, ...byNobody } = closed;
  const { repairers: _repairers, ...unread } = closed;
  const reason = (one: Cancelling['reasons'][number]): Cancelling => ({
    answer: 'no',
    checkedAt: AT,
    reasons: [one],
    since: { at: AT, from: 'found' },
  });
  const PUT = `aws kms put-key-policy --region us-west-2 --key-id ${ARN} --policy-name default --policy file://policy-last-good.json`;
  const blocked = (cannotCancel: Cancelling, kind: PageKind = 'lastDay') => call(pageAbout(kind, { cannotCancel }));

  test.each<[string, Cancelling, string, readonly string[]]>([
    [
      'closed, by somebody known',
      closed,
      `cannot cancel it: key policy closed by ${MALLORY}, 2026-03-20 09:11:07 UTC. As judged 2026-03-20 09:12:07 UTC.`,
      ['  arn:aws:iam::111122223333:role/Break-Glass\n', '  perhaps principals of account 111122223333', PUT],
    ],
    [
      'replaced since by somebody else',
      { ...closed, since: { at: AT - 120_000, from: 'change' } },
      `cannot cancel it: key policy closed to our rescue; it was replaced last by ${MALLORY}`,
      [PUT],
    ],
    [
      'closed, by whom is not known',
      byNobody,
      'cannot cancel it: key policy closed to our rescue, by whom is not',
      [PUT],
    ],
    ['who may repair it was not read', unread, 'cannot cancel it: key policy closed by', ['could not be read', PUT]],
    [
      'nobody may repair it',
      { ...closed, repairers: { listed: [], more: 0 } },
      'cannot cancel it: key policy closed by',
      ['Open a case with AWS Support now', `Key ${ARN}, deleted after 2026-03-21 09:12:59 UTC`],
    ],
    [
      'no role is configured',
      reason({ kind: 'noRole' }),
      'cannot cancel it: no role for rescuing is configured',
      ['use rights of your own'],
    ],
    [
      'the role belongs to another account',
      reason({ kind: 'roleElsewhere', arn: 'arn:aws:iam::999999999999:role/Rescue' }),
      'cannot cancel it: its rescue role arn:aws:iam::999999999999:role/Rescue belongs to another account',
      ['use rights of your own'],
    ],
    [
      'AWS does not give the role',
      reason({ kind: 'notAssumable', arn: MALLORY, why: 'sts:AssumeRole was denied' }),
      'cannot cancel it: AWS does not give it the rescue role: sts:AssumeRole was denied.',
      ['use rights of your own'],
    ],
    [
      'AWS has denied a call',
      reason({ kind: 'refused', operation: 'kms:EnableKey', message: 'with an explicit deny', at: AT }),
      'cannot cancel it: AWS denied kms:EnableKey 2026-03-20 09:12:07 UTC: with an explicit deny.',
      ['use rights of your own'],
    ],
  ])('%s: said first, then what must be done before a rescue', (_name, cannotCancel, first, parts) => {
    const message = messageOf(blocked(cannotCancel));
    expect(message.split('\n')[2]).toContain(`Keywarden ${first}`);
    for (const part of parts) expect(message).toContain(part);
    const rescue = message.indexOf(`npm run keywarden -- rescue ${ARN}`);
    expect(message.indexOf('Keywarden cannot')).toBeLessThan(message.indexOf('Only after that does Rescue'));
    expect(message.indexOf('once our rescue would pass')).toBeLessThan(rescue);
    expect(message).not.toContain('ASIAEXAMPLE');
    expect(message).not.toMatch(/\b(ago|in \d|\d+ (min|h|d)\b|today|tomorrow)/);
    expect(bodyOf(blocked(cannotCancel)).cannotCancel).toMatch(/^Keywarden cannot cancel it: /);
    expect(bodyOf({ ...blocked(cannotCancel), status: 'over' }).cannotCancel).toBeUndefined();
    expect(messageOf({ ...blocked(cannotCancel), status: 'over' })).not.toContain('cannot cancel');
  });

  test('nobody may repair it: no command that nobody can run before AWS has acted', () => {
    const message = messageOf(blocked({ ...closed, repairers: { listed: [], more: 0 } }));
    expect(message).not.toContain('put-key-policy');
    expect(message).toContain('once the key policy is open again, with rights of your own');
  });

  test('without a deletion it is a rescue that fails', () => {
    expect(messageOf(call(loss({ cannotCancel: closed })))).toContain(
      'Keywarden cannot rescue it: key policy closed by',
    );
  });

  test('where the headline names no key, the line does', () => {
    expect(messageOf(blocked(closed, 'unposted')).split('\n')[2]).toContain(
      'cannot cancel alias/payments-prod: key policy',
    );
  });

  test.each(PAGE_KINDS)('%s: however many and long the names are, a body has its bounds', (kind) => {
    const long = `arn:aws:iam::111122223333:role/\r\naws kms \u202e${'x'.repeat(2_000)}`;
    const page = pageAbout(kind, {
      detail: 'y'.repeat(5_000),
      cannotCancel: {
        ...closed,
        by: { at: AT, actor: { type: 'AssumedRole', arn: long as never } },
        repairers: {
          listed: Array.from({ length: 8 }, () => ({ kind: 'principal', name: long, certain: false })),
          more: 3,
        },
      },
    });
    expect(subjectOf(call(page))).toMatch(/^[A-Za-z][ -~]{0,98}$/);
    const message = messageOf(call(page));
    expect(message.length).toBeLessThan(5_000);
    expect(message).toContain('and 7 more');
    expect(message.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    expect(message.split('\n').some((line) => line.startsWith('aws kms'))).toBe(false);
  });
});

test('to acknowledge is no leave to let it go: the last day says what it is, and what says that it may go', () => {
  const message = messageOf(call(pageAbout('lastDay')));
  expect(message).not.toContain('if it may go');
  expect(message).toContain(
    'Acknowledge there says that somebody has it in hand: it ends this call, and stops nothing.',
  );
  expect(message).toContain('May it go: /kms planned');
  expect(message).not.toContain('Only after that');
});
