/** The card's buttons and menu. A button carries an opaque incident id; what it means is looked up on the server. */
import type { ActionsBlock, Button, ConfirmationDialog, KnownBlock, Overflow } from '@slack/types';
import type { ActionKind } from '../../../domain/action.ts';
import { mayBeAccepted } from '../../../domain/as-before.ts';
import { type ActionDuty, buttonsOf, dutyOf } from '../../../domain/buttons.ts';
import { isLivePlan } from '../../../domain/decommission.ts';
import { differenceSummary } from '../../../domain/difference-summary.ts';
import type { KeyRef } from '../../../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../../../domain/incident.ts';
import { mayBeClosed } from '../../../domain/looked-into.ts';
import type { Comparison } from '../../../domain/shape-difference.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { button, confirmation, plain } from './blocks.ts';
import { stillCannotCancel } from './cancelling-lines.ts';
import { accountWords, rawNameOf } from './names.ts';
import { cutPlain, plainForeign } from './text.ts';
import { usageWords } from './usage-words.ts';
import type { View } from './view.ts';

/** What a button is called on the wire. */
export const ACTION_IDS: Readonly<Record<ActionKind, string>> = {
  rescue: 'rescue',
  cancelDeletion: 'cancel_deletion',
  enable: 'enable',
  disable: 'disable',
  deleteMaterial: 'delete_material',
  scheduleDeletion: 'schedule_deletion',
};
/** The `⋯` menu, and the value of its entry; the incident id follows the colon. */
export const MENU_ID = 'more';
export const CLI_VALUE = 'cli';
export const EVIDENCE_VALUE = 'evidence';
export const CLOSE_VALUE = 'close';
export const ACKNOWLEDGE_ID = 'acknowledge';
export const SNOOZE_ID = 'snooze';
/** Since when what differs was found so follows the incident's id. */
export const ACCEPT_ID = 'accept';
/** The plan's own moment follows the incident's id: an answer is about that plan or none. */
export const AGREE_PLAN_ID = 'plan_agree';
export const DECLINE_PLAN_ID = 'plan_decline';

/** Button rows; Delete Material stands alone, away from what saves. */
export function controlBlocks(
  incident: Incident,
  view: View,
  plainForm: boolean,
  on: 'card' | 'reminder' = 'card',
): readonly KnownBlock[] {
  const { offered } = buttonsOf(incident, view.can, view.destructive);
  const first: (Button | Overflow)[] = offered
    .filter((kind) => kind !== 'deleteMaterial')
    .map((kind) => actionButton(kind, incident, plainForm, stylesOf(incident, offered)));
  const key = keyOfIncident(incident);
  const asks = isOpen(incident) && key !== undefined;
  if (asks && on === 'reminder')
    first.push(
      button({ text: 'Acknowledge', actionId: ACKNOWLEDGE_ID, value: aboutDate(incident) }),
      button({ text: 'Snooze', actionId: SNOOZE_ID, value: aboutDate(incident) }),
    );
  const options = plainForm ? [] : [...menuOptions(incident, on)];
  if (options.length > 0) first.push({ type: 'overflow', action_id: MENU_ID, options });
  const rows: ActionsBlock[] = first.length === 0 ? [] : [{ type: 'actions', elements: first }];
  if (offered.includes('deleteMaterial')) {
    rows.push({
      type: 'actions',
      elements: [actionButton('deleteMaterial', incident, plainForm, stylesOf(incident, offered))],
    });
  }
  return [...rows, ...acceptButton(incident), ...planButtons(incident)];
}

/** Nothing anybody could do to such a key is on offer, here or on the command line. */
const isAwsManaged = ({ read }: Incident): boolean => read?.kind === 'read' && read.snapshot.manager === 'AWS';

function actionButton(kind: ActionKind, incident: Incident, plainForm: boolean, styles: Styles): Button {
  const style = styles[kind];
  const confirm = plainForm || kind !== 'disable' ? undefined : disableConfirmation(incident);
  return button({
    text: ACTION_NAMES[kind],
    actionId: ACTION_IDS[kind],
    value: incident.id,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm }),
  });
}

type Styles = Readonly<Partial<Record<ActionKind, 'primary' | 'danger'>>>;

/** A rescue that would fail is no way out, and where nothing that saves stands out, nothing that destroys does. */
const stylesOf = (incident: Incident, offered: readonly ActionKind[]): Styles =>
  offered.includes('rescue') && incident.knowledge?.cancelling?.answer !== 'no' ? STYLES : {};

const STYLES: Styles = {
  rescue: 'primary',
  disable: 'danger',
  deleteMaterial: 'danger',
};

/** Also before the button of the safe way: disabling asks once more, wherever it is pressed. */
export const disableConfirmation = (incident: Incident): ConfirmationDialog =>
  confirmation({
    title: `Disable ${plainForeign(rawNameOf(incident), 80)}?`,
    text: `Breaks: every call that uses the key fails within seconds. ${survivesWords(incident)}Undo: Enable, with an approver; nothing is lost. If the key is in use, an approver must agree first.`,
    yes: 'Disable',
    no: 'Leave it enabled',
  });

function survivesWords(incident: Incident): string {
  const { survives } = usageWords(incident);
  return survives === '' ? '' : `Does not break at once: ${survives} until a service asks KMS again. `;
}

/** Whoever acknowledges acknowledges the date they see: an old message must not speak for a new one. */
const aboutDate = ({ id, countdown }: Incident): string =>
  countdown === undefined ? id : `${id}:${countdown.deletionDate}`;

/** What is gone and what is new, counted: the card shows which. */
const acceptedWords = (comparison: Comparison): string =>
  `Accepts ${differenceSummary({ ...comparison, unsure: [] }) || 'the policy as it was changed'}${comparison.unsure.length === 0 ? '' : ', and what could not be compared'}`;

function acceptButton(incident: Incident): readonly ActionsBlock[] {
  const { comparison } = incident.knowledge ?? {};
  if (comparison === undefined || !isOpen(incident) || !mayBeAccepted(incident)) return [];
  const still = stillCannotCancel(incident);
  const confirm = confirmation({
    title: 'Is this how the key should be?',
    text: `${cutPlain(plainForeign(acceptedWords(comparison)), 110)}. ${still === '' ? '' : `${still}. `}For approvers. Nothing of the key is changed: what it is like now becomes its last good shape, and this incident may close.`,
    yes: 'Accept as it is',
    no: 'Not now',
  });
  const value = `${incident.id}:${comparison.comparedAt}`;
  return [{ type: 'actions', elements: [button({ text: 'Accept as it is', actionId: ACCEPT_ID, value, confirm })] }];
}

function planButtons(incident: Incident): readonly ActionsBlock[] {
  const { plan } = incident;
  if (plan === undefined || !isLivePlan(plan) || !isOpen(incident)) return [];
  const value = `${incident.id}:${plan.at}`;
  // What was agreed to can be taken back.
  if (plan.status.kind === 'agreed')
    return [{ type: 'actions', elements: [button({ text: 'Withdraw plan', actionId: DECLINE_PLAN_ID, value })] }];
  const confirm = confirmation({
    title: 'Agree to the decommission?',
    text: 'Nothing is deleted by this. The countdown goes on in a quieter tone; on its last day, and at the first use of the key, it is loud again.',
    yes: 'Agree',
    no: 'Not now',
  });
  return [
    {
      type: 'actions',
      elements: [
        button({ text: 'Agree to decommission', actionId: AGREE_PLAN_ID, value, confirm }),
        button({ text: 'Decline', actionId: DECLINE_PLAN_ID, value }),
      ],
    },
  ];
}

/**
 * Five entries at most (docs.slack.dev, overflow menu element): where it may be closed, Close takes Snooze's place. What somebody is
 * asked about, a key that was disabled before, has Snooze on its reminders.
 */
function menuOptions(incident: Incident, on: 'card' | 'reminder'): readonly Overflow['options'][number][] {
  const key = keyOfIncident(incident);
  const close =
    on === 'card' && mayBeClosed(incident)
      ? [{ text: plain('Close: looked into', 75), value: `${CLOSE_VALUE}:${incident.id}` }]
      : [];
  if (key === undefined || isAwsManaged(incident)) return close;
  const snooze = { text: plain('Snooze', 75), value: `${SNOOZE_ID}:${aboutDate(incident)}` };
  return [
    ...(isOpen(incident) && on === 'card'
      ? [
          { text: plain('Acknowledge', 75), value: `${ACKNOWLEDGE_ID}:${aboutDate(incident)}` },
          ...(close.length > 0 ? close : [snooze]),
        ]
      : []),
    { text: plain('Show AWS CLI commands', 75), value: `${CLI_VALUE}:${incident.id}` },
    { text: plain('Evidence', 75), value: `${EVIDENCE_VALUE}:${incident.id}` },
    { text: plain('Open in AWS console', 75), value: `link:${incident.id}`, url: consoleUrl(key) },
  ];
}

const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** The key's page in the AWS console. Every part was checked when the ARN was parsed. */
export const consoleUrl = (key: KeyRef): string =>
  `https://${CONSOLES[key.partition] ?? `${key.region}.console.aws.amazon.com`}/kms/home?region=${key.region}#/kms/keys/${key.keyId}`;

const DUTY_NAMES: Readonly<Record<ActionDuty, string>> = {
  rescue: 'rescuing and enabling',
  disable: 'disabling',
  destroy: 'deleting material',
};

/** Buttons that are absent because no role is configured for them, and in whose name the others act. */
export function missingRoleLines(incident: Incident, view: View): readonly string[] {
  const key = keyOfIncident(incident);
  if (key === undefined) return [];
  const { offered, missing } = buttonsOf(incident, view.can, view.destructive);
  const nameless = offered.some((kind) => !view.assumes(dutyOf(kind)))
    ? [
        `No role is configured in ${accountWords(key.account, view)}: CloudTrail will show the bot itself, not the person.`,
      ]
    : [];
  return [
    ...missing.map(
      (duty) => `No role for ${DUTY_NAMES[duty]} configured in ${accountWords(key.account, view)}: button absent.`,
    ),
    ...nameless,
  ];
}
