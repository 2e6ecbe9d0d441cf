/** Evidence in Markdown: people, approvals, actions and their calls, reminders. */
import type { Asker, Attribution } from '../../../domain/action.ts';
import { inWords } from '../../../domain/durations.ts';
import type {
  ActionEvidence,
  ApprovalEvidence,
  CallEvidence,
  ChangeEvidence,
  EndingEvidence,
  FailureEvidence,
  OutcomeEvidence,
} from '../../../domain/evidence-deeds.ts';
import type { Deed, PersonEvidence } from '../../../domain/evidence-people.ts';
import type { ReminderEvidence } from '../../../domain/evidence-story.ts';
import type { Person } from '../../../domain/ids.ts';
import type { Moment } from '../../../domain/moment.ts';
import type { ApprovalWhy } from '../../../domain/policy.ts';
import { at, code, learned, newest, pairs, paragraphs, said, table, yesNo } from './markdown.ts';

const MOST_DEEDS = 100;
const MOST_REQUESTS = 30;
const MOST_ACTIONS = 40;
const MOST_CALLS = 20;

export const personLine = ({ enterprise, team, user }: Person): string =>
  `${code(user)} of ${code(enterprise === '' ? team : `${enterprise}/${team}`)}`;

export const askerLine = (asker: Asker): string =>
  asker.via === 'slack' ? personLine(asker.person) : `${code(asker.user)} at the terminal`;

const DEEDS: Readonly<Record<Deed['did'], string>> = {
  askedForAction: 'asked for the action',
  askedForApproval: 'asked for approval',
  agreed: 'agreed',
  rejected: 'rejected',
  brokeGlass: 'broke the glass, alone, for',
  superseded: 'broke the glass over the request for',
  withdrew: 'withdrew the request',
  wasRefused: 'was told no',
};

export function peopleSection(people: readonly PersonEvidence[]): string {
  const deeds = people.flatMap(({ who, deeds: done }) => done.map((deed) => ({ who, deed })));
  const { shown, note } = newest(deeds, MOST_DEEDS);
  return paragraphs([
    '## People',
    'Slack people by user id and workspace: both are never given to anybody else. Who only looked stands nowhere.',
    note,
    deeds.length === 0
      ? 'Nobody is recorded.'
      : table(
          ['Person', 'Time', 'Did', 'What', 'Of'],
          shown.map(({ who, deed }) => [
            askerLine(who),
            at(deed.at),
            DEEDS[deed.did],
            code(deed.what),
            deed.of === undefined ? '-' : code(deed.of),
          ]),
        ),
  ]);
}

const WHY: Readonly<Record<ApprovalWhy, string>> = {
  destructive: 'what it destroys cannot be brought back',
  recentlyUsed: 'the key had been used within a day before',
  useUnknown: 'when the key was last used could not be learnt',
  fourthInAnHour: 'this person had asked for three disablings within the hour before',
  wasDisabled: 'the key was disabled before the danger',
  held: 'somebody kept the key off on purpose',
};

export function approvalsSection(
  approvals: readonly ApprovalEvidence[],
  gone: readonly string[],
  writtenAt: Moment,
): string {
  const { shown, note } = newest(approvals, MOST_REQUESTS);
  return paragraphs([
    '## Approvals',
    note,
    goneLine('requests', gone),
    approvals.length === 0 ? 'None is in the record.' : '',
    ...shown.flatMap((approval) => approvalParts(approval, writtenAt)),
  ]);
}

const goneLine = (what: string, gone: readonly string[]): string =>
  gone.length === 0
    ? ''
    : `Older ${what}, no longer in the record, are known from the timeline and the audit trail only: ${gone
        .slice(0, 50)
        .map((id) => code(id))
        .join(', ')}${gone.length > 50 ? ` and ${gone.length - 50} more` : ''}.`;

function approvalParts(approval: ApprovalEvidence, writtenAt: Moment): readonly (string | readonly string[])[] {
  const { fingerprint, agreements } = approval;
  const live = [
    `state ${code(fingerprint.state)}`,
    fingerprint.deletionDate === undefined ? '' : `deletion date ${at(fingerprint.deletionDate)}`,
    fingerprint.materialId === undefined ? '' : `material ${code(fingerprint.materialId)}`,
    fingerprint.validTo === undefined ? '' : `material valid to ${at(fingerprint.validTo)}`,
    `digest of the key policy ${learned(fingerprint.policy, code)}`,
  ];
  return [
    `### Request ${code(approval.id)}: ${code(approval.kind)}`,
    [
      `- Asked by: ${personLine(approval.by)} at ${at(approval.askedAt)}, in round ${approval.round}`,
      approval.why === undefined ? '' : `- Why somebody had to agree: ${WHY[approval.why]}`,
      `- Reason: ${said(approval.reason)}`,
      `- Ticket: ${approval.ticket === undefined ? 'none given' : code(approval.ticket)}`,
      approval.windowDays === undefined ? '' : `- Waiting period: ${approval.windowDays} days`,
      `- For the key as it was: ${live.filter((part) => part !== '').join(', ')}`,
      `- Fingerprint: ${learned(fingerprint.line, (line) => code(line, 600))}`,
      `- One-time code given by who asked: ${yesNo(approval.steppedUp)}`,
      `- Break-glass, an admin alone: ${yesNo(approval.breakGlass)}`,
      `- Runs out: ${at(approval.expiresAt)}`,
      approval.breakGlass ? '' : `- Agreed: ${agreements.length} of ${approval.quorum} needed`,
      ...agreements.map(
        (agreement) =>
          `  - ${personLine(agreement.by)} at ${at(agreement.at)}, one-time code given: ${yesNo(agreement.steppedUp)}, comment: ${agreement.comment === undefined ? 'none' : said(agreement.comment)}`,
      ),
      `- Ended: ${statusWords(approval, writtenAt)}`,
    ],
  ];
}

function statusWords({ status, expiresAt }: ApprovalEvidence, writtenAt: Moment): string {
  const comment = (text: string | undefined): string => (text === undefined ? '' : `, comment: ${said(text)}`);
  switch (status.kind) {
    case 'waiting':
      return writtenAt < expiresAt ? 'not yet, it waits' : 'not written down, but its time has run out';
    case 'granted':
      return `granted at ${at(status.at)}, action ${code(status.action)}`;
    case 'rejected':
      return `rejected by ${personLine(status.by)} at ${at(status.at)}${comment(status.comment)}`;
    case 'withdrawn':
      return `withdrawn by who asked at ${at(status.at)}${comment(status.comment)}`;
    case 'expired':
      return `ran out at ${at(status.at)}`;
    case 'superseded':
      return `superseded at ${at(status.at)}: ${personLine(status.by)} broke the glass on this key`;
    case 'voided':
      return `void since ${at(status.at)}: ${changesWords(status.changes)}`;
  }
}

const changesWords = (changes: readonly ChangeEvidence[]): string =>
  changes.length === 0
    ? 'the key is gone'
    : changes.map(({ part, was, is }) => `${code(part)} was ${value(was)} and is ${value(is)}`).join(', ');
const value = (text: string | undefined): string => (text === undefined ? 'none' : code(text));

export function actionsSection(actions: readonly ActionEvidence[], gone: readonly string[]): string {
  const { shown, note } = newest(actions, MOST_ACTIONS);
  return paragraphs([
    '## Actions and calls to KMS',
    'Every call was written down before it was sent and again when its answer came.',
    note,
    goneLine('actions', gone),
    actions.length === 0 ? 'None is in the record.' : '',
    ...shown.flatMap(actionParts),
  ]);
}

function actionParts(action: ActionEvidence): readonly (string | readonly string[])[] {
  const { shown, note } = newest(action.calls, MOST_CALLS);
  return [
    `### Action ${code(action.id)}: ${code(action.kind)}`,
    [
      `- Asked by: ${askerLine(action.by)} at ${at(action.askedAt)}, in round ${action.round}`,
      `- Reason: ${action.reason === undefined ? 'none given' : said(action.reason)}`,
      `- Ticket: ${action.ticket === undefined ? 'none given' : code(action.ticket)}`,
      action.windowDays === undefined ? '' : `- Waiting period: ${action.windowDays} days`,
      `- Approval: ${action.approval === undefined ? 'none needed' : `request ${code(action.approval)}`}`,
      `- Ended: ${action.ending.kind === 'known' ? endingWords(action.ending.value) : 'not yet'}`,
    ],
    note,
    action.calls.length === 0 ? 'No call was written down.' : table(CALL_HEAD, shown.map(callCells)),
  ];
}

const CALL_HEAD = ['Intended', 'Operation', 'Answer', 'Answered', 'AWS request', 'Session', 'Source identity'];

function callCells({ operation, materialId, intendedAt, outcome }: CallEvidence): readonly string[] {
  const named = `${code(operation)}${materialId === undefined ? '' : ` of material ${code(materialId)}`}`;
  if (outcome.kind === 'unknown')
    return [at(intendedAt), named, `not known: ${code(outcome.why)}`, '-', 'not known', 'not known', 'not known'];
  const { requestId, attribution } = outcome.value;
  return [
    at(intendedAt),
    named,
    answerWords(outcome.value),
    at(outcome.value.at),
    learned(requestId, code),
    learned(attribution, sessionWords),
    learned(attribution, identityWords),
  ];
}

/** What came back of a call. */
export function answerWords(outcome: OutcomeEvidence): string {
  switch (outcome.kind) {
    case 'succeeded':
      return 'done';
    case 'confirmedByRead':
      return 'the answer was lost; done, as reading the key shows';
    case 'refused':
      return `refused: ${code(outcome.error)}: ${code(outcome.message)}`;
    case 'denied':
      return `denied, ${code(outcome.operation)} is not allowed: ${code(outcome.message)}`;
    case 'throttled':
      return `throttled, nothing changed: ${code(outcome.message)}`;
    case 'notSent':
      return `not sent, nothing changed: ${code(outcome.message)}`;
    case 'ambiguous':
      return `the answer was lost, it may or may not have been done: ${code(outcome.message)}`;
  }
}

const sessionWords = (attribution: Attribution): string =>
  attribution.kind === 'bot' ? 'none: CloudTrail shows the bot itself' : code(attribution.session);

function identityWords(attribution: Attribution): string {
  switch (attribution.kind) {
    case 'person':
      return code(attribution.sourceIdentity);
    case 'session':
      return attribution.why === 'trustPolicy'
        ? 'none: the role does not allow it'
        : `none of its own; carries ${value(attribution.carried)}`;
    case 'bot':
      return 'none';
  }
}

/** How an action ended. */
export function endingWords(ending: EndingEvidence): string {
  const when = at(ending.at);
  switch (ending.kind) {
    case 'verified':
      return `verified at ${when}: the key was read as ${code(ending.state)}${ending.confirmedByRead ? '; at least one answer of KMS was lost' : ''}`;
    case 'amber':
      return `not wholly, at ${when}: the key was read as ${code(ending.state)}, ${code(ending.why)}${ending.message === undefined ? '' : `: ${code(ending.message)}`}`;
    case 'failed':
      return `failed at ${when}: ${failureWords(ending.why)}`;
    case 'unknownOutcome':
      return `at ${when}, outcome unknown: a call that destroys was sent and its answer lost, ${code(ending.message)}`;
  }
}

function failureWords(why: FailureEvidence): string {
  switch (why.kind) {
    case 'approvalExpired':
      return `its approval had run out at ${at(why.at)}`;
    case 'approvalVoid':
      return `the key was no longer the one that was agreed on: ${changesWords(why.changes)}`;
    case 'keyGone':
      return 'the key does not exist any more';
    case 'denied':
    case 'refused':
    case 'wrongState':
    case 'noLongerAllowed':
    case 'notPermitted':
    case 'needsApproval':
    case 'auditUnwritable':
    case 'unreadable':
    case 'noRole':
    case 'gaveUp': {
      const { kind, ...told } = why;
      return `${code(kind)}: ${pairs(told)}`;
    }
  }
}

export const remindersSection = (reminders: readonly ReminderEvidence[]): string =>
  paragraphs([
    '## Reminders sent',
    reminders.length === 0
      ? 'None is in the timeline.'
      : reminders.map(
          ({ at: when, before, late }) =>
            `- ${at(when)}: due ${inWords(before)} before the deletion${late === undefined ? '' : `, late by ${inWords(late)}`}`,
        ),
  ]);
