/** What is wrong with a sent form, under the field it is about; plain text, without markup. */
import { ACTION_KINDS, type ActionKind } from '../../../domain/action.ts';
import type { ApprovalStatus, Change } from '../../../domain/approval.ts';
import { type Person, samePerson } from '../../../domain/ids.ts';
import type { Decision, FormProblem } from '../../../domain/interaction.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { changeWords } from './change-words.ts';
import { personWords } from './names.ts';
import { denialWords } from './policy-words.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';

/**
 * Under a form's field, where Slack draws no markup: people are named by their ids, moments in UTC. What Slack would draw
 * elsewhere stays harmless, also where a client draws it after all.
 */
export const formError = (problem: FormProblem, reader?: Person): string =>
  problemWords(problem, reader)
    .replace(/<@([UW][A-Z0-9]+)>/g, '$1')
    .replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1')
    .replaceAll('`', '')
    // A name is typed as it stands there.
    .replaceAll('ˍ', '_')
    .replaceAll('&lt;', '‹')
    .replaceAll('&gt;', '›')
    .replaceAll('&amp;', '&');

/** For a whisper: Slack shows names and dates. */
export function problemWords(problem: FormProblem, reader?: Person): string {
  switch (problem.kind) {
    case 'notKnown':
      return 'Keywarden no longer knows this request. Close this, wait for the next sweep, and begin again.';
    case 'reasonMissing':
      return 'Say why: whoever reads the audit next year was not here.';
    case 'commentMissing':
      return 'Say why not: whoever asked needs to know what would be right.';
    case 'wrongName':
      return `This does not name the key. Type exactly: ${foreign(problem.name, 300)}`;
    case 'denied':
      return `${actName(problem.act)} was not done: ${denialWords(problem.why)} Nothing changed.`;
    case 'unsure':
      return `Slack could not say just now whether you may (${foreign(problem.message, 160)}). Nothing changed; try again.`;
    case 'keyUnread':
      return 'The key could not be read just now: nothing was done. Try again in a moment.';
    case 'keyGone':
      return 'KMS has deleted this key: there is nothing left to decide. Close this; the card says what is lost.';
    case 'changedSinceShown':
      return 'The key has changed since this dialog was opened: nothing was done. Close it and look at the card again.';
    case 'anotherMatter':
      return 'Something else is the matter than this form was opened for, or nothing any more: nothing was done. Close it and look at the card.';
    case 'tooSoon':
      return 'KMS may not show yet what was told of this key a moment ago: nothing was done. Try again in a minute.';
    case 'policyUnjudged':
      return 'The key policy was changed, and whether our rescue would pass could not be judged anew just now: nothing was done. Try again in a moment; if it stays so, the card says why.';
    case 'policyUnknown':
      return `The key policy could not be read, and a request is bound to it: nothing was done (${foreign(problem.message, 300)}). Try again; if AWS denied it, the read role must be allowed kms:GetKeyPolicy.`;
    case 'alreadyRunning':
      return 'Another action on this key is under way: nothing was done. Try again when its outcome stands on the card.';
    case 'alreadyWaiting':
      return `${ACTION_NAMES[problem.act]} of this key, asked for by ${personWords(problem.by)}, waits for approvers already. One request at a time: let it be decided, or withdrawn, first.`;
    case 'noApprover':
      return noApproverWords(problem);
    case 'codeMissing':
      return 'Type the six digits that your authenticator app shows for Keywarden.';
    case 'codeWrong':
      return `This code is not right: nothing was done. Wait for the next one and type that. ${problem.left} more wrong ${problem.left === 1 ? 'one' : 'ones'} and you are locked out for a while.`;
    case 'codeUsed':
      return 'This code was used already: each counts once. Wait for the next one (at most 30 seconds).';
    case 'codeLocked':
      return `Too many wrong codes: you are locked out until ${exactTime(problem.until)}. An operator can end that at a terminal: npm run keywarden -- mfa unlock, followed by your member id.`;
    case 'notEnrolled':
      return 'You are not enrolled for codes. An operator does that at a terminal: npm run keywarden -- mfa enrol, followed by your member id (in your Slack profile, under ⋮).';
    case 'codeUnavailable':
      return `Codes cannot be checked, so nothing was done: ${foreign(problem.message, 500)}`;
    case 'auditUnwritable':
      return 'The audit trail cannot be written, and nothing is destroyed without its trace: nothing was requested. Rescuing still works. Tell whoever runs Keywarden.';
    case 'ownRequest':
      return 'This is your own request: somebody else must agree to it. You can withdraw it with Reject.';
    case 'agreedAlready':
      return 'You agreed to this already. Another approver must agree as well.';
    case 'over':
      return overWords(problem.status, problem.agreedBy, reader);
    case 'voided':
      return voidWords(problem.changes);
  }
}

function noApproverWords(problem: Extract<FormProblem, { kind: 'noApprover' }>): string {
  const { found, quorum, codes, unsure } = problem;
  if (unsure !== undefined)
    return `Slack could not say just now who the approvers are (${foreign(unsure, 120)}): nothing was requested. Try again.`;
  const need = quorum === 1 ? 'an approver' : `${quorum} approvers`;
  const who = codes ? ', other than you, for this key, enrolled for codes' : ', other than you, for this key';
  return `No approver can be reached: it needs ${need}${who}; ${found === 0 ? 'none was found' : `only ${found} can be found`}. Nothing was requested. Approvers are named under roles.approver in keywarden.yaml${codes ? '; an operator enrols them for codes at a terminal: npm run keywarden -- mfa enrol' : ''}.`;
}

/** Who was first, or what ended it. It may have been the reader: a button pressed twice, a message drawn late. */
function overWords(status: ApprovalStatus, agreedBy: readonly Person[], reader: Person | undefined): string {
  const isReader = (person: Person): boolean => reader !== undefined && samePerson(person, reader);
  switch (status.kind) {
    case 'waiting':
      return 'The request still waits. Press Approve or Reject again.';
    case 'granted': {
      const who = agreedBy.some(isReader)
        ? 'You agreed already: it was approved'
        : `You were not the first: ${agreedBy.map(personWords).join(' and ') || 'an admin'} approved it`;
      return `${who} at ${exactTime(status.at)}, and it is carried out. Its outcome stands on the card.`;
    }
    case 'rejected': {
      const who = isReader(status.by) ? 'You' : `You were not the first: ${personWords(status.by)}`;
      return `${who} rejected it at ${exactTime(status.at)}. Nothing was done; it can be asked for again.`;
    }
    case 'withdrawn':
      return `It was withdrawn at ${exactTime(status.at)} by who asked. Nothing was done; it can be asked for again.`;
    case 'expired':
      return `The request expired at ${exactTime(status.at)}: it was not agreed to in time. Nothing was done; it can be asked for again.`;
    case 'superseded':
      return `The request was superseded at ${exactTime(status.at)}: ${isReader(status.by) ? 'you' : personWords(status.by)} broke the glass on this key. Nothing came of the request; the outcome stands on the card.`;
    case 'voided':
      return voidWords(status.changes);
  }
}

/** No changes named: the key itself is gone. */
const voidWords = (changes: readonly Change[]): string =>
  changes.length === 0
    ? 'The request is void: KMS has deleted the key. Nothing was done, and there is nothing left to decide.'
    : `The request is void, because the key has changed: ${changeWords(changes)}. Nothing was done; look at the card and ask again.`;

/** `Approve`, `Disable`. */
export const actName = (act: ActionKind | Decision | 'close'): string => {
  const kind = ACTION_KINDS.find((one) => one === act);
  if (kind !== undefined) return ACTION_NAMES[kind];
  if (act === 'close') return 'Close: looked into';
  return act === 'approve' ? 'Approve' : 'Reject';
};
