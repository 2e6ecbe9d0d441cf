/** A request in the incident's thread: who wants what and why, what it breaks, who agreed, and how it ended. */
import type { ActionsBlock, KnownBlock } from '@slack/types';
import type { Approval } from '../../../domain/approval.ts';
import type { Incident } from '../../../domain/incident.ts';
import { isDestructive } from '../../../domain/policy.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { button, context, message, section, type Words } from './blocks.ts';
import { changeWords } from './change-words.ts';
import { consequenceLines, usageLines } from './consequences.ts';
import { aliasLine, keyLine } from './key-lines.ts';
import { nameOf, personWords } from './names.ts';
import { whyApprovalWords } from './policy-words.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

export const APPROVE_ID = 'approve';
export const REJECT_ID = 'reject';

/** Draws the request as it stands now. Buttons are there only while something is left to decide. */
export function drawApproval(
  incident: Incident,
  approval: Approval,
  view: View,
  form: { readonly plain: boolean },
): Words {
  const title = titleOf(incident, approval);
  const facts = approvalFacts(incident, approval, view);
  if (form.plain) return message([title, statusWords(approval), ...facts].filter((line) => line !== '').join('\n'), []);
  const blocks: KnownBlock[] = [section([`*${title}*`, ...facts])];
  if (approval.status.kind === 'waiting')
    blocks.push(section([...consequenceLines(approval.kind, approval.windowDays, incident), ...usageLines(incident)]));
  blocks.push(section([statusWords(approval)]));
  // Called when something is to be decided, and when somebody decided without them.
  const mentions =
    approval.status.kind === 'waiting' || approval.breakGlass ? view.approverMentions?.(incident) : undefined;
  if (mentions !== undefined && mentions !== '') blocks.push(context([mentions]));
  if (approval.status.kind === 'waiting') blocks.push(decisionButtons(incident, approval));
  return message(title, blocks);
}

/** `🔐 Approval needed: Delete Material of alias/orders`. */
function titleOf(incident: Incident, approval: Approval): string {
  const what = `${ACTION_NAMES[approval.kind]} of ${nameOf(incident)}`;
  if (approval.breakGlass) return `🚨 Break-glass: ${what}, by an admin alone`;
  switch (approval.status.kind) {
    case 'waiting':
      return `🔐 Approval needed: ${what}`;
    case 'granted':
      return `🔐 Approved: ${what}`;
    case 'rejected':
      return `🚫 Rejected: ${what}`;
    case 'withdrawn':
      return `🚫 Withdrawn: ${what}`;
    case 'expired':
      return `⌛ Expired: ${what}`;
    case 'superseded':
      return `🚫 Superseded: ${what}`;
    case 'voided':
      return `🚫 Void: ${what}`;
  }
}

/** In place of a request that the bot does not know any more. */
export function drawForgottenRequest(): Words {
  const text =
    '🔐 This request is not known any more, and nothing comes of it from here on. Look at the key’s card or `/kms status` before you ask again.';
  return message(text, [section([text])]);
}

/** Who asked for what, on which key, and why; also on the forms. The reason is last: whatever is cut, it is of that. */
export function approvalFacts(incident: Incident, approval: Approval, view: View): readonly string[] {
  const { by, askedAt, reason, ticket, windowDays, steppedUp, fingerprint } = approval;
  const days = windowDays === undefined ? '' : `, waiting period ${windowDays} days`;
  const code = steppedUp ? ', with a code' : '';
  return [
    `*${ACTION_NAMES[approval.kind]}* of ${nameOf(incident)}${days}, asked for by ${personWords(by)} at ${exactTime(askedAt)}${code}`,
    // An alias is what anybody with CreateAlias calls it: id, account and the other names say which key it really is.
    incident.subject.kind === 'key' ? keyLine(incident.subject.key, incident, view) : '',
    aliasLine(incident),
    approval.why === undefined || approval.breakGlass
      ? '*Nobody else agreed*: an admin broke the glass.'
      : `*Needs an approver*, because ${whyApprovalWords(approval.why)}.`,
    `*Decided on*  ${fingerprint.state}${fingerprint.deletionDate === undefined ? '' : `, deleted after ${dayAndTime(fingerprint.deletionDate)}`}${fingerprint.policy === undefined ? '; the key policy could not be read' : ''}. Any change to the key voids it.`,
    `*Reason*  “${foreign(reason, 600)}”${ticket === undefined ? '' : `  ·  *Ticket* ${foreign(ticket, 120)}`}`,
  ];
}

/** What holds now comes first: however much people wrote, it is not cut away. */
function statusWords(approval: Approval): string {
  const { status, quorum, agreements, expiresAt } = approval;
  const agreed = agreements.map(
    ({ by, at, comment, steppedUp }) =>
      `${personWords(by)} agreed at ${exactTime(at)}${steppedUp ? ', with a code' : ''}${comment === undefined ? '' : `: “${foreign(comment, 300)}”`}`,
  );
  switch (status.kind) {
    case 'waiting':
      return [`⏳ ${agreements.length} of ${quorum} agreed. Expires ${dayAndTime(expiresAt)}.`, ...agreed].join('\n');
    case 'granted':
      return [`▶️ Granted at ${exactTime(status.at)}; its outcome stands on the card.`, ...agreed].join('\n');
    case 'rejected':
      return `Rejected by ${personWords(status.by)} at ${exactTime(status.at)}${commentWords(status.comment)}. Nothing was done.`;
    case 'withdrawn':
      return `Withdrawn by who asked at ${exactTime(status.at)}${commentWords(status.comment)}. Nothing was done.`;
    case 'expired':
      return [`${tooFew(approval)} in time; expired ${exactTime(status.at)}. Nothing was done.`, ...agreed].join('\n');
    case 'superseded':
      return `Superseded at ${exactTime(status.at)}: ${personWords(status.by)} broke the glass on this key. Nothing came of it.`;
    case 'voided':
      return [`Void since ${exactTime(status.at)}: ${changeWords(status.changes)}. Nothing was done.`, ...agreed].join(
        '\n',
      );
  }
}

const tooFew = ({ agreements, quorum }: Approval): string =>
  agreements.length === 0 ? 'Nobody agreed' : `Only ${agreements.length} of ${quorum} agreed`;

const commentWords = (comment: string | undefined): string =>
  comment === undefined ? '' : `: “${foreign(comment, 300)}”`;

/** Also at home. A button carries ids only; what they mean is looked up when it is pressed. */
export function decisionButtons(incident: Incident, approval: Approval): ActionsBlock {
  const value = `${incident.id}.${approval.id}`;
  const style = isDestructive(approval.kind) ? 'danger' : 'primary';
  return {
    type: 'actions',
    elements: [
      button({ text: 'Approve', actionId: APPROVE_ID, value, style }),
      button({ text: 'Reject', actionId: REJECT_ID, value }),
    ],
  };
}

/** On the card: what waits, and what was decided last. */
export function approvalLines(incident: Incident): readonly string[] {
  return incident.approvals
    .filter((approval) => approval.round === incident.round && approval.status.kind !== 'granted')
    .slice(-2)
    .map(
      (approval) =>
        `*${ACTION_NAMES[approval.kind]}*  asked for by ${personWords(approval.by)}: ${shortStatus(approval)}`,
    );
}

function shortStatus({ status, quorum, agreements, expiresAt }: Approval): string {
  switch (status.kind) {
    case 'waiting':
      return `🔐 waits for approval in the thread (${agreements.length} of ${quorum}), expires ${dayAndTime(expiresAt)}`;
    case 'granted':
      return 'approved';
    case 'rejected':
      return `rejected by ${personWords(status.by)}`;
    case 'withdrawn':
      return 'withdrawn';
    case 'expired':
      return 'expired, not agreed to in time';
    case 'superseded':
      return 'superseded by break-glass';
    case 'voided':
      return `void: ${changeWords(status.changes)}`;
  }
}
