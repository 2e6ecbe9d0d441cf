/**
 * What the pager says. It is read on a telephone, later than it was sent, perhaps by somebody who has never seen the bot: what
 * is so, about which key, until when (UTC; nothing relative, for it stands), and what to do now, without Slack.
 *
 * The body of the web address (`WebhookBody`):
 *
 *     { "version": 1, "id": "lastDay:i1f…", "status": "open", "kind": "lastDay", "severity": "critical",
 *       "summary": "KMS key dies after 2026-03-21 09:12 UTC, nobody on it: alias/payments-prod (111122223333)",
 *       "at": "2026-03-20T09:12:00.000Z", "key": "arn:aws:kms:…", "account": "111122223333", "region": "us-west-2",
 *       "deletionDate": "2026-03-21T09:12:00.000Z", "links": [{ "text": "AWS console", "href": "https://…" }] }
 *
 * `id` is the same while a matter lasts; `status` is `open` or `over`; `at` is since when. The same `id` and `status` may come
 * twice when an answer was lost: take them for one. `lossAt`: the last day is that before something may be lost, which `detail`
 * names. `replicasGoneAfter` in place of `deletionDate`: of a primary that waits for its replicas. `keys`: of a wave, for how many
 * of them it calls; `key` is the worst. `cannotCancel`: our rescue would fail; why, and what comes first. After `over` the same
 * `id` may open again: that is a new call. `outcome`, with `over` and about an incident only, says why (`PageOutcome`): over does
 * not mean that the key is saved.
 */
import { isPolicyClosed } from '../../domain/cancelling.ts';
import { type KeyRef, parseKeyArn } from '../../domain/ids.ts';
import type { Page, PageKind } from '../../domain/page.ts';
import type { PageOutcome } from '../../domain/page-outcome.ts';
import type { PageStatus } from '../../domain/paging.ts';
import type { PageCall } from '../../ports.ts';
import { afterwards, keyLine } from './afterwards.ts';
import { cannotCancelLines } from './cannot-cancel.ts';
import { clean, placeOf, summaryOf } from './headline.ts';
import { utc } from './moments.ts';
import { reimporting } from './reimporting.ts';

/** As PagerDuty and its like name them. */
export type Severity = 'critical' | 'error' | 'info';

export interface WebhookBody {
  readonly version: 1;
  readonly id: string;
  readonly status: PageStatus;
  /** With `over`, about an incident. */
  readonly outcome?: PageOutcome;
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
  /** ISO 8601, UTC. Instead of `deletionDate`, of a primary that has no date of its own before its replicas are gone. */
  readonly replicasGoneAfter?: string;
  /** ISO 8601, UTC. Of a last day before a possible loss; `detail`: of what. */
  readonly lossAt?: string;
  readonly detail?: string;
  /** Of a wave: for how many keys it stands; `key` is the worst of them. */
  readonly keys?: number;
  /** With `open`: a rescue by us would fail; why, and what must be done first, in lines. */
  readonly cannotCancel?: string;
  readonly links?: readonly { readonly text: string; readonly href: string }[];
}

const SEVERITY: Readonly<Record<PageKind, Severity>> = {
  lastDay: 'critical',
  unposted: 'critical',
  tokenRevoked: 'critical',
  ownRole: 'critical',
  ownKey: 'critical',
  unreadable: 'error',
  sweepStopped: 'error',
  processStopped: 'error',
  test: 'info',
};

export function bodyOf(call: PageCall): WebhookBody {
  const { page, status, since, outcome } = call;
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  const cannotCancel = status === 'open' ? cannotCancelLines(page).join('\n').trim() : '';
  return {
    version: 1,
    id: page.id,
    status,
    ...(outcome === undefined ? {} : { outcome }),
    kind: page.kind,
    severity: SEVERITY[page.kind],
    summary: summaryOf(call),
    at: new Date(since).toISOString(),
    ...(page.key === undefined ? {} : { key: page.key }),
    ...(page.account === undefined ? {} : { account: page.account }),
    ...(page.region === undefined ? {} : { region: page.region }),
    ...(page.deletionDate === undefined
      ? {}
      : {
          [page.replicas === undefined ? 'deletionDate' : 'replicasGoneAfter']: new Date(
            page.deletionDate,
          ).toISOString(),
        }),
    ...(page.lossAt === undefined ? {} : { lossAt: new Date(page.lossAt).toISOString() }),
    ...(page.detail === undefined ? {} : { detail: clean(page.detail) }),
    ...(page.keys === undefined ? {} : { keys: page.keys }),
    ...(cannotCancel === '' ? {} : { cannotCancel }),
    ...(key === undefined ? {} : { links: [{ text: 'AWS console', href: consoleUrl(key) }] }),
  };
}

/** The mail. */
export function messageOf(call: PageCall): string {
  const { page, status, since } = call;
  const lines =
    status === 'open'
      ? [...cannotCancelLines(page), ...facts(page), '', ...advice(page)]
      : [`Over since ${utc(since)}.`, ...afterwards(call)];
  return [
    summaryOf(call),
    '',
    ...lines,
    '',
    `Page ${page.id} (${status}), from Keywarden. The same page and status twice is one call.`,
  ].join('\n');
}

function facts(page: Page): readonly string[] {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  return [
    keyLine(page),
    page.account === undefined ? '' : `Account: ${placeOf(page)}`,
    page.deletionDate === undefined
      ? ''
      : page.replicas === undefined
        ? `Deleted after: ${utc(page.deletionDate)}; KMS may do it at any moment from then on`
        : `Its replicas are gone after: ${utc(page.deletionDate)}; from then on it has ${ownWindow(page.replicas)}`,
    page.lossAt === undefined ? '' : `${page.expires ? 'Material expires' : 'May be lost after'}: ${utc(page.lossAt)}`,
    `Since: ${utc(page.at)}`,
    // That there are more of them is said of the keys.
    page.detail === undefined || page.expires || (page.keys !== undefined && page.lossAt === undefined)
      ? ''
      : `${page.lossAt === undefined ? 'What was seen' : 'What may be lost'}: ${clean(page.detail)}`,
    key === undefined ? '' : `Console: ${consoleUrl(key)}`,
  ].filter((line) => line !== '');
}

const ownWindow = ({ windowDays }: NonNullable<Page['replicas']>): string =>
  windowDays === undefined ? 'a window of its own' : `${windowDays} days of its own`;

/** What to do now. */
function advice(page: Page): readonly string[] {
  switch (page.kind) {
    case 'lastDay':
      if (page.expires) return expiryAdvice(page);
      return [
        ...rescuing(page),
        'Acknowledge there says that somebody has it in hand: it ends this call, and stops nothing.',
        'May it go: /kms planned <key> <ticket> in Slack, and an approver agrees.',
        ...withoutSlack(page),
        ...theOthers(page),
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
    case 'ownKey':
      return [
        'It is under Redis, secrets, topics or the trail of Keywarden (self.keys). Rescue it before any other key: once they fail,',
        'Keywarden tells nobody anything any more. Acknowledging in Slack ends this call.',
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

/** A wave's other keys do not wait for what the worst of them needs first. */
function rescuing({ keys, cannotCancel }: Page): readonly string[] {
  const all = 'Rescue them: the card of the wave in Slack has the buttons for all.';
  if (cannotCancel === undefined) return [keys === undefined ? 'Rescue it: its card in Slack has the buttons.' : all];
  return keys === undefined
    ? ['Only after that does Rescue on its card in Slack help.']
    : [all, 'For the one named above it helps only after that.'];
}

/** No call of ours brings material back, and none is needed by whoever holds it. */
const expiryAdvice = (page: Page): readonly string[] => [
  'Then every call with this key fails. Whoever holds the material imports exactly the same again by then; that restores everything,',
  'afterwards as well. Acknowledging in Slack ends this call.',
  '',
  'With rights of your own in the account:',
  ...reimporting(page),
  ...(page.keys === undefined
    ? []
    : ['', `This is for one key. The other ${page.keys - 1} stand on the card of the wave in Slack.`]),
];

/** The same rescue by hand. The ARN was checked when it was parsed. */
function withoutSlack(page: Page): readonly string[] {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  if (key === undefined) return [];
  const line = (operation: string): string => `  aws kms ${operation} --region ${key.region} --key-id ${key.arn}`;
  return [
    '',
    isShut(page)
      ? 'Without Slack, once the key policy is open again, with rights of your own in the account:'
      : 'Without Slack, with rights of your own in the account:',
    line('describe-key'),
    ...(page.deletionDate === undefined ? [] : [line('cancel-key-deletion')]),
    ...(page.deletionDate === undefined && page.lossAt === undefined
      ? []
      : [`${line('enable-key')}    (unless it was disabled before)`]),
    page.cannotCancel === undefined
      ? 'or, where Keywarden is installed:'
      : 'or, once our rescue would pass, where Keywarden is installed:',
    `  npm run keywarden -- rescue ${key.arn}`,
  ];
}

/** Whoever has rescued the one must not take it for all. */
function theOthers({ keys, key, deletionDate }: Page): readonly string[] {
  const region = key === undefined ? undefined : parseKeyArn(key)?.region;
  if (keys === undefined || region === undefined) return [];
  return [
    '',
    `These commands are for one key. The other ${keys - 1} stand on the card of the wave in Slack, where Rescue all is for all of them.`,
    ...(deletionDate === undefined
      ? []
      : [
          'Without Slack, CloudTrail names them, in each Region by itself:',
          `  aws cloudtrail lookup-events --region ${region} --lookup-attributes AttributeKey=EventName,AttributeValue=ScheduleKeyDeletion`,
        ]),
  ];
}
const isShut = ({ cannotCancel }: Page): boolean => isPolicyClosed(cannotCancel);

const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};
const consoleUrl = (key: KeyRef): string =>
  `https://${CONSOLES[key.partition] ?? `${key.region}.console.aws.amazon.com`}/kms/home?region=${key.region}#/kms/keys/${key.keyId}`;
