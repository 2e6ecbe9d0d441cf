/** The forms before what others must agree to, and before saying yes or no to it. */
import type { ActionsBlock, InputBlock, KnownBlock, ModalView } from '@slack/types';
import type { ActionKind } from '../../../domain/action.ts';
import { namesToType } from '../../../domain/buttons.ts';
import type { Incident } from '../../../domain/incident.ts';
import type { AskForm, CloseForm, Form, FormField, ReviewForm } from '../../../domain/interaction.ts';
import { isDestructive } from '../../../domain/policy.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { approvalFacts } from './approval-message.ts';
import { button, context, plain, section } from './blocks.ts';
import { stillCannotCancelLine } from './cancelling-lines.ts';
import { consequenceLines, saferWay, usageLines } from './consequences.ts';
import { disableConfirmation } from './controls.ts';
import { saidLine } from './intruder-lines.ts';
import { keyLine } from './key-lines.ts';
import { accountWords, nameOf } from './names.ts';
import { whyApprovalWords } from './policy-words.ts';
import { dangerLines } from './story.ts';
import { foreign, plainForeign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

/** What the forms are called on the wire. */
export const ASK_FORM = 'ask';
export const REVIEW_FORM = 'review';
export const CLOSE_FORM = 'close';
/** The button of the safe way, and the box of an admin alone. */
export const DISABLE_FIRST = 'disable_first';
export const BREAK_GLASS = 'break_glass';

export function drawForm(form: Form, view: View): ModalView {
  switch (form.kind) {
    case 'ask':
      return drawAskForm(form, view);
    case 'review':
      return drawReviewForm(form, view);
    case 'close':
      return drawCloseForm(form, view);
  }
}

function drawAskForm(form: AskForm, view: View): ModalView {
  const { incident, act, windowDays } = form;
  const [name = ''] = namesToType(incident);
  const title = ACTION_NAMES[act];
  const safer = saferWay(act, incident);
  const blocks: KnownBlock[] = [section(keyFacts(incident, view)), ...saferBlocks(form, safer)];
  blocks.push(section([...consequenceLines(act, windowDays, incident), ...usageLines(incident)]));
  blocks.push(
    context([
      form.why === undefined
        ? 'You may ask for this only by breaking the glass.'
        : `An approver must agree: ${whyApprovalWords(form.why)}.`,
    ]),
  );
  blocks.push(
    input('reason', REASONS[act], { multiline: true, most: 1_000 }),
    input('key_name', 'Type the key’s name', { hint: `Exactly: ${plainForeign(name, 300)}`, most: 300 }),
    input('ticket', 'Ticket', { optional: true, most: 200 }),
  );
  if (form.code)
    blocks.push(
      input('code', 'Your code', {
        hint: 'The six digits your authenticator app shows for Keywarden; each counts once.',
        optional: !isDestructive(act),
        most: 20,
      }),
    );
  if (form.breakGlass) blocks.push(breakGlassBox());
  return {
    type: 'modal',
    callback_id: ASK_FORM,
    title: plain(title, 24),
    submit: plain('Ask for approval', 24),
    close: plain(CLOSE[act], 24),
    private_metadata: JSON.stringify({
      incident: incident.id,
      act,
      shown: form.shown,
      ...(windowDays === undefined ? {} : { windowDays }),
    }),
    blocks,
  };
}

/** The safe way stands first, with its button where it can still be gone. */
function saferBlocks({ act, incident }: AskForm, words: string): readonly KnownBlock[] {
  if (words === '') return [];
  const enabled = incident.read?.kind === 'read' && incident.read.snapshot.state === 'Enabled';
  if (act !== 'scheduleDeletion' || !enabled) return [section([words])];
  const row: ActionsBlock = {
    type: 'actions',
    elements: [
      button({
        text: 'Disable first',
        actionId: DISABLE_FIRST,
        value: incident.id,
        style: 'primary',
        confirm: disableConfirmation(incident),
      }),
    ],
  };
  return [section([words]), row];
}

const REASONS: Readonly<Record<ActionKind, string>> = {
  scheduleDeletion: 'Why must the key go?',
  deleteMaterial: 'Why must the material go?',
  disable: 'Why must its use stop?',
  enable: 'Why may it be used again?',
  rescue: 'Why?',
  cancelDeletion: 'Why?',
};

const CLOSE: Readonly<Record<ActionKind, string>> = {
  scheduleDeletion: 'Keep it',
  deleteMaterial: 'Keep it',
  disable: 'Leave it enabled',
  enable: 'Leave it disabled',
  rescue: 'Close',
  cancelDeletion: 'Close',
};

function keyFacts(incident: Incident, view: View): readonly string[] {
  const { read } = incident;
  const state =
    read?.kind === 'read'
      ? `State: ${read.snapshot.state}, read ${exactTime(read.snapshot.readAt)}`
      : 'State: not read';
  const line = incident.subject.kind === 'key' ? keyLine(incident.subject.key, incident, view) : '';
  return [`*${nameOf(incident)}*`, line, state];
}

const breakGlassBox = (): InputBlock => ({
  type: 'input',
  block_id: BREAK_GLASS,
  label: plain('Break the glass', 2_000),
  optional: true,
  element: {
    type: 'checkboxes',
    action_id: BREAK_GLASS,
    options: [
      {
        value: 'alone',
        text: plain('Admins only: carry it out without a second person', 75),
        description: plain('Needs your code. Announced here, marked in the audit trail.', 75),
      },
    ],
  },
});

function drawReviewForm({ incident, approval, decision, own, code }: ReviewForm, view: View): ModalView {
  const approves = decision === 'approve';
  const title = approves ? 'Approve' : own ? 'Withdraw' : 'Reject';
  const blocks: KnownBlock[] = [
    section(approvalFacts(incident, approval, view)),
    section([...consequenceLines(approval.kind, approval.windowDays, incident), ...usageLines(incident)]),
    input('comment', approves || own ? 'Comment' : 'Why not?', {
      multiline: true,
      optional: approves || own,
      most: 1_000,
    }),
  ];
  if (code)
    blocks.push(
      input('code', 'Your code', {
        hint: 'The six digits your authenticator app shows for Keywarden; each counts once.',
        most: 20,
      }),
    );
  return {
    type: 'modal',
    callback_id: REVIEW_FORM,
    title: plain(title, 24),
    submit: plain(title, 24),
    close: plain('Decide later', 24),
    private_metadata: JSON.stringify({ incident: incident.id, approval: approval.id, decision }),
    blocks,
  };
}

/** What is closed stands there as it is known: what comes to light after that is not closed with it. */
function drawCloseForm({ incident, matter }: CloseForm, view: View): ModalView {
  return {
    type: 'modal',
    callback_id: CLOSE_FORM,
    title: plain('Close: looked into', 24),
    submit: plain('Close it', 24),
    close: plain('Leave it open', 24),
    private_metadata: JSON.stringify({ incident: incident.id, matter }),
    blocks: [
      section(subjectFacts(incident, view)),
      section([...dangerLines(incident), saidLine(incident), stillCannotCancelLine(incident)]),
      context(['Nothing is changed in AWS. What happens from here on has a card of its own.']),
      input('reason', 'What was found, and why is it dealt with?', { multiline: true, least: 3, most: 500 }),
    ],
  };
}

function subjectFacts(incident: Incident, view: View): readonly string[] {
  const { subject } = incident;
  switch (subject.kind) {
    case 'key':
      return keyFacts(incident, view);
    case 'alarm':
      return [`*Alarm*  ${foreign(subject.name, 160)}`];
    case 'place':
      return [`*Where*  ${accountWords(subject.place.account, view)}  ·  ${subject.place.region}`];
    case 'topic':
      return [`*Topic*  ${foreign(subject.topicArn, 300)}`];
  }
}

interface InputWords {
  readonly hint?: string;
  readonly optional?: boolean;
  readonly multiline?: boolean;
  readonly least?: number;
  readonly most: number;
}

/** An input block, named like its input, so that errors find their field. Labels hold 2,000 characters, typed text 3,000. */
const input = (field: FormField, label: string, words: InputWords): InputBlock => ({
  type: 'input',
  block_id: field,
  label: plain(label, 2_000),
  optional: words.optional ?? false,
  element: {
    type: 'plain_text_input',
    action_id: field,
    multiline: words.multiline ?? false,
    ...(words.least === undefined ? {} : { min_length: words.least }),
    max_length: words.most,
  },
  ...(words.hint === undefined ? {} : { hint: plain(words.hint, 2_000) }),
});

/** Under the first field, when nobody knows whether the form was written down. */
export const FORM_NOT_RECORDED =
  'Not recorded, send it again: the bot could not be sure to have written it down. If it was, the card shows it in a moment; the same form counts once.';
/** Under the first field, when the answer takes longer than Slack waits. */
export const FORM_STILL_CHECKING =
  'Still checking. Wait a moment and look at the card: if this was accepted, it is told there. Send again if not.';

/** Slack waits three seconds for a form, counted from the press. */
export const FORM_NOT_OPENED = 'The form did not open in time: nothing was done. Press the button again.';

/** What cannot be said in a channel is said in a window of its own. */
export const drawNotice = (title: string, text: string): ModalView => ({
  type: 'modal',
  title: plain(title, 24),
  close: plain('Close', 24),
  blocks: [section([text])],
});
