/** A rescue by us would fail: why, and what must be done first. Whoever is called would else press a button that cannot help. */
import { type Cancelling, type CancellingReason, isPolicyClosed, isShutForGood } from '../../domain/cancelling.ts';
import type { Actor } from '../../domain/fact.ts';
import { type KeyRef, parseKeyArn } from '../../domain/ids.ts';
import type { Repairer, Repairers } from '../../domain/key-policy-repairers.ts';
import type { Page } from '../../domain/page.ts';
import { clean } from './headline.ts';
import { utc } from './moments.ts';

/** The names of so many fit a telephone; the card has all. */
const MOST_REPAIRERS = 4;
const LONGEST_NAME = 200;
const LONGEST_WHY = 300;

/** Before everything else of the mail; empty: a rescue may work, or nobody knows. */
export function cannotCancelLines(page: Page): readonly string[] {
  const { cannotCancel } = page;
  // Where material expires, whoever holds it brings it back, and no rescue of ours.
  if (cannotCancel === undefined || (page.expires === true && page.deletionDate === undefined)) return [];
  const what = page.deletionDate === undefined ? 'rescue' : 'cancel';
  // What Slack does not take is about Slack first: its headline names no key. A wave's names many.
  const it =
    page.kind === 'unposted' || page.keys !== undefined ? clean(page.name ?? page.key ?? 'it', LONGEST_NAME) : 'it';
  return [`Keywarden cannot ${what} ${it}: ${whyWords(cannotCancel)}`, ...firstLines(cannotCancel, page), ''];
}

/** What decided, in one sentence; when it was judged. */
function whyWords(cancelling: Cancelling): string {
  const judged = `As judged ${utc(cancelling.checkedAt)}.`;
  if (isPolicyClosed(cancelling)) return `${closedWords(cancelling)}. ${judged}`;
  const said = cancelling.reasons.map(reasonWords).find((words) => words !== '') ?? 'AWS would not let it';
  return `${said}. ${judged}`;
}

/** Whoever replaced the policy last need not have closed it. */
function closedWords({ by, since }: Cancelling): string {
  if (by === undefined) return 'key policy closed to our rescue, by whom is not known';
  const who = `by ${actorWords(by.actor)}, ${utc(by.at)}`;
  return since?.from === 'change' && since.at === by.at
    ? `key policy closed ${who}`
    : `key policy closed to our rescue; it was replaced last ${who}`;
}

function actorWords({ type, arn, account, invokedBy, accessKeyId }: Actor): string {
  if (type === 'Root') return `the root user${account === undefined ? '' : ` of ${account}`}`;
  const name = arn ?? invokedBy ?? (accessKeyId === undefined ? type : `access key ${accessKeyId}`);
  return clean(name, LONGEST_NAME);
}

/** Empty: it decides nothing by itself. */
function reasonWords(reason: CancellingReason): string {
  switch (reason.kind) {
    case 'noRole':
      return 'no role for rescuing is configured (accounts[].roles.rescue)';
    case 'roleElsewhere':
      return `its rescue role ${clean(reason.arn, LONGEST_NAME)} belongs to another account`;
    case 'notAssumable':
      return `AWS does not give it the rescue role: ${clean(reason.why, LONGEST_WHY)}`;
    case 'refused':
      return `AWS denied ${clean(reason.operation, LONGEST_NAME)} ${utc(reason.at)}: ${clean(reason.message, LONGEST_WHY)}`;
    case 'named':
    case 'delegated':
    case 'assumableUnknown':
    case 'callerUnknown':
    case 'policyUnread':
    case 'policyMalformed':
    case 'denied':
    case 'notAllowed':
    case 'open':
      return '';
  }
}

/** What comes before a rescue. */
function firstLines(cancelling: Cancelling, page: Page): readonly string[] {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  if (key === undefined) return [];
  if (isShutForGood(cancelling)) return supportLines(key, page);
  if (!isPolicyClosed(cancelling))
    return ['Have that mended first, or use rights of your own in the account: the commands stand below.'];
  return [
    ...repairerLines(cancelling.repairers),
    'Have one of them open it first, with the policy as it should be (where it is known, among the files of Evidence on its card):',
    `  aws kms put-key-policy --region ${key.region} --key-id ${key.arn} --policy-name default --policy file://policy-last-good.json`,
  ];
}

function repairerLines(repairers: Repairers | undefined): readonly string[] {
  if (repairers === undefined) return ['Who may still replace the key policy could not be read.'];
  const shown = repairers.listed.slice(0, MOST_REPAIRERS);
  const more = repairers.listed.length - shown.length + repairers.more;
  return [
    'Who may still replace the key policy:',
    ...shown.map((repairer) => `  ${repairerWords(repairer)}`),
    ...(more === 0 ? [] : [`  and ${more} more: on its card`]),
  ];
}

function repairerWords({ kind, name, certain }: Repairer): string {
  const perhaps = certain ? '' : 'perhaps ';
  switch (kind) {
    case 'principal':
      return `${perhaps}${clean(name, LONGEST_NAME)}`;
    case 'account':
      return `${perhaps}principals of account ${clean(name, 20)} whose IAM policy allows kms:PutKeyPolicy`;
    case 'everybody':
      return `${perhaps}everybody in account ${clean(name, 20)}`;
  }
}

/** Only AWS can give access back to such a key (KMS guide, "Allow key administrators"). */
const supportLines = (key: KeyRef, { deletionDate, replicas }: Page): readonly string[] => [
  'Nobody in the account may replace the key policy. Open a case with AWS Support now:',
  '  Service: AWS KMS. Severity: business-critical system down.',
  `  Key ${key.arn}${deletionDate === undefined ? '' : `, ${replicas === undefined ? '' : 'its replicas '}deleted after ${utc(deletionDate)}`}`,
  '  Its key policy lets no principal of the account call kms:PutKeyPolicy any more, nor our rescue cancel its deletion.',
  `  Please give the account access to the key again${deletionDate === undefined ? '' : ' before that date'}; we prove ownership of the account on request.`,
];
