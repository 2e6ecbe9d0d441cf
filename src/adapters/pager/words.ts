/**
 * What the pager says. It is read on a telephone, later than it was sent, perhaps by somebody who has never seen the bot: what
 * is so, about which key, until when (UTC; nothing relative, for it stands), and what to do now, without Slack.
 *
 * The body of the web address (`WebhookBody`):
 *
 *     { "version": 1, "id": "lastDay:i1f…", "status": "open", "kind": "lastDay", "severity": "critical",
 *       "summary": "KMS key alias/payments-prod is deleted after 2026-03-21 09:12 UTC, nobody has it in hand",
 *       "at": "2026-03-20T09:12:00.000Z", "key": "arn:aws:kms:…", "account": "111122223333", "region": "us-west-2",
 *       "deletionDate": "2026-03-21T09:12:00.000Z", "links": [{ "text": "AWS console", "href": "https://…" }] }
 *
 * `id` is the same while a matter lasts; `status` is `open` or `over`; `at` is since when. The same `id` and `status` may come
 * twice when an answer was lost: take them for one. After `over` the same `id` may open again: that is a new call.
 */
import { type KeyRef, parseKeyArn } from '../../domain/ids.ts';
import type { Page, PageKind } from '../../domain/page.ts';
import type { PageStatus } from '../../domain/paging.ts';
import type { PageCall } from '../../ports.ts';

/** As PagerDuty and its like name them. */
export type Severity = 'critical' | 'error' | 'info';

export interface WebhookBody {
  readonly version: 1;
  readonly id: string;
  readonly status: PageStatus;
  readonly kind: PageKind;
  readonly severity: Severity;
  readonly summary: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly key?: string;
  readonly account?: string;
  readonly region?: string;
  /** ISO 8601, UTC. */
  readonly deletionDate?: string;
  readonly links?: readonly { readonly text: string; readonly href: string }[];
}

const SEVERITY: Readonly<Record<PageKind, Severity>> = {
  lastDay: 'critical',
  unposted: 'critical',
  tokenRevoked: 'critical',
  ownRole: 'critical',
  unreadable: 'error',
  sweepStopped: 'error',
  processStopped: 'error',
  test: 'info',
};

const MOST_SUBJECT = 99;
const MOST_DETAIL = 600;

export function bodyOf({ page, status, since }: PageCall): WebhookBody {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  return {
    version: 1,
    id: page.id,
    status,
    kind: page.kind,
    severity: SEVERITY[page.kind],
    summary: summaryOf(page, status),
    at: new Date(since).toISOString(),
    ...(page.key === undefined ? {} : { key: page.key }),
    ...(page.account === undefined ? {} : { account: page.account }),
    ...(page.region === undefined ? {} : { region: page.region }),
    ...(page.deletionDate === undefined ? {} : { deletionDate: new Date(page.deletionDate).toISOString() }),
    ...(key === undefined ? {} : { links: [{ text: 'AWS console', href: consoleUrl(key) }] }),
  };
}

/** One line of printable ASCII, under 100 characters. */
export const subjectOf = ({ page, status }: PageCall): string =>
  cut(`Keywarden: ${summaryOf(page, status)}`.replace(/[^ -~]/g, '?'), MOST_SUBJECT);

/** The mail. */
export function messageOf(call: PageCall): string {
  const { page, status, since } = call;
  const lines =
    status === 'open' ? [...facts(page), '', ...advice(page)] : [`Over since ${utc(since)}. Nothing is left to do.`];
  return [
    summaryOf(page, status),
    '',
    ...lines,
    '',
    `Page ${page.id} (${status}), from Keywarden. The same page and status twice is one call.`,
  ].join('\n');
}

/** One sentence, without a full stop. */
export function summaryOf(page: Page, status: PageStatus): string {
  const name = nameOf(page);
  const open = status === 'open';
  switch (page.kind) {
    case 'lastDay':
      return open
        ? `KMS key ${name} is deleted after ${minute(page.deletionDate)}, nobody has it in hand`
        : `KMS key ${name}: somebody has it in hand, or its last day is over`;
    case 'unposted':
      return open
        ? `Slack has not taken Keywarden's messages since ${minute(page.at)}`
        : "Slack takes Keywarden's messages again";
    case 'tokenRevoked':
      return open ? "Slack refuses Keywarden's bot token" : "Slack takes Keywarden's bot token again";
    case 'ownRole':
      return open
        ? `A role of Keywarden acted on KMS key ${name} without Keywarden`
        : `KMS key ${name}: somebody has seen that a role of Keywarden acted without it`;
    case 'unreadable':
      return `AWS account ${placeOf(page)} ${open ? 'cannot be read' : 'can be read again'}`;
    case 'sweepStopped':
      return open
        ? `Keywarden has not looked at its keys since ${minute(page.at)}`
        : 'Keywarden looks at its keys again';
    case 'processStopped':
      return 'A process of Keywarden stopped without saying goodbye';
    case 'test':
      return open ? 'This is a test of the pager' : 'The test of the pager is over';
  }
}

function facts(page: Page): readonly string[] {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  return [
    page.key === undefined ? '' : `Key: ${page.name === undefined ? '' : `${clean(page.name)}  `}${page.key}`,
    page.account === undefined ? '' : `Account: ${placeOf(page)}`,
    page.deletionDate === undefined
      ? ''
      : `Deleted after: ${utc(page.deletionDate)}; KMS may do it at any moment from then on`,
    `Since: ${utc(page.at)}`,
    page.detail === undefined ? '' : `What was seen: ${clean(page.detail)}`,
    key === undefined ? '' : `Console: ${consoleUrl(key)}`,
  ].filter((line) => line !== '');
}

/** What to do now. */
function advice(page: Page): readonly string[] {
  switch (page.kind) {
    case 'lastDay':
      return [
        'Rescue it, or acknowledge it in Slack if it may go: its card has the buttons, and acknowledging ends this call.',
        ...withoutSlack(page),
      ];
    case 'unposted':
      return [
        'Nobody reads reminders in Slack until this is over. Look at the status of Slack, and at GET /readyz of Keywarden.',
        ...withoutSlack(page),
      ];
    case 'tokenRevoked':
      return [
        'No card, no reminder and no button works until this is over.',
        'Install the Slack app again or put a valid token into SLACK_BOT_TOKEN, and start Keywarden anew.',
        'Until then keys are rescued from a terminal: npm run keywarden -- rescue <key ARN>',
      ];
    case 'ownRole':
      return [
        'Somebody may hold credentials of this role. Look at its calls in CloudTrail and revoke its sessions (IAM: Revoke active',
        'sessions), then look at what was done to the key. Acknowledging in Slack ends this call.',
        ...withoutSlack(page),
      ];
    case 'unreadable':
      return [
        'Keys there may be dying unseen. Look at the read role and its trust policy in that account, and at the reason above.',
        'Keywarden tries again with every sweep; GET /readyz tells what it meets.',
      ];
    case 'sweepStopped':
      return [
        'A deletion that no event tells goes unseen meanwhile. Look at the processes of Keywarden, their log and Redis; GET /readyz',
        'says what they wait for. A process that hangs may be started anew at any time: nothing is lost by it.',
      ];
    case 'processStopped':
      return ['Look at its log and at what runs it.'];
    case 'test':
      return ['Nothing is the matter, and nothing is to be done. Close it where it rings.'];
  }
}

/** The same rescue by hand. The ARN was checked when it was parsed. */
function withoutSlack(page: Page): readonly string[] {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  if (key === undefined) return [];
  const line = (operation: string): string => `  aws kms ${operation} --region ${key.region} --key-id ${key.arn}`;
  return [
    '',
    'Without Slack, with rights of your own in the account:',
    line('describe-key'),
    ...(page.deletionDate === undefined ? [] : [line('cancel-key-deletion')]),
    ...(page.deletionDate === undefined ? [] : [`${line('enable-key')}    (unless it was disabled before)`]),
    'or, where Keywarden is installed:',
    `  npm run keywarden -- rescue ${key.arn}`,
  ];
}

const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};
const consoleUrl = (key: KeyRef): string =>
  `https://${CONSOLES[key.partition] ?? `${key.region}.console.aws.amazon.com`}/kms/home?region=${key.region}#/kms/keys/${key.keyId}`;

const nameOf = ({ name, key }: Page): string => clean(name ?? key?.split('/').at(-1) ?? 'not known yet', 60);
const placeOf = ({ account, region }: Page): string =>
  [account, region].filter((part) => part !== undefined).join(' in ');

/** Words from outside: one line, no control or invisible characters, cut. */
const clean = (text: string, most = MOST_DETAIL): string =>
  cut(
    text
      .toWellFormed()
      .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
      .replace(/\s+/gu, ' ')
      .trim(),
    most,
  );
const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 3)}...`);

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
/** Rounded down: a deadline is never named later than it is. */
const minute = (at: number | undefined): string =>
  at === undefined ? 'an unknown time' : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
