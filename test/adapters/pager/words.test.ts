/** What the pager says: read on a telephone, in the middle of the night, by somebody who cannot ask back. */
import { describe, expect, test } from 'vitest';
import { bodyOf, messageOf, subjectOf } from '../../../src/adapters/pager/words.ts';
import { PAGE_KINDS, type Page, type PageKind } from '../../../src/domain/page.ts';

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
    'is deleted after 2026-03-21 09:12 UTC',
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
    summary: 'KMS key alias/payments-prod is deleted after 2026-03-21 09:12 UTC, nobody has it in hand',
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
