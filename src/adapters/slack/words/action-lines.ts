/** What was asked of the key, by whom, and what became of it. */
import { type Action, type ActionKind, type Attribution, requestIdsOf } from '../../../domain/action.ts';
import { actionsOfRound, approvalOf, type Incident } from '../../../domain/incident.ts';
import { amberWords, failureWords } from './failures.ts';
import { askerWords, personWords } from './names.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';

/** The visible texts of the buttons, also the actions' names. */
export const ACTION_NAMES: Readonly<Record<ActionKind, string>> = {
  rescue: 'Rescue',
  cancelDeletion: 'Cancel Deletion',
  enable: 'Enable',
  disable: 'Disable',
  deleteMaterial: 'Delete Material',
  scheduleDeletion: 'Schedule Deletion',
};

/** The newest actions of this round, newest last: an earlier round's tick on a red card would be read as "already rescued". */
export function actionLines(incident: Incident): readonly string[] {
  return actionsOfRound(incident)
    .slice(-3)
    .map(
      (action) =>
        `*${ACTION_NAMES[action.kind]}*  ${askedWords(action)}${agreedWords(incident, action)}: ${progressWords(action)}`,
    );
}

/** `asked by @alice at 09:21, because …`. */
export function askedWords(action: Action): string {
  const reason = action.reason === undefined ? '' : `, because: “${foreign(action.reason, 200)}”`;
  const ticket = action.ticket === undefined ? '' : `, ticket ${foreign(action.ticket, 60)}`;
  return `asked by ${askerWords(action.by)} at ${exactTime(action.askedAt)}${reason}${ticket}`;
}

/** Who agreed to it, when somebody had to. */
export function agreedWords(incident: Incident, action: Action): string {
  const approval = approvalOf(incident, action.approval);
  if (approval === undefined) return '';
  if (approval.breakGlass) return ', *by an admin alone (break-glass)*';
  return `, approved by ${approval.agreements.map(({ by }) => personWords(by)).join(' and ')}`;
}

/** Under way or ended, with AWS's request ids: what CloudTrail will show. */
export function progressWords(action: Action): string {
  const ids = requestIdsOf(action).map((id) => foreign(id, 60));
  const trace = ids.length === 0 ? '' : ` · AWS request ${ids.slice(-4).join(', ')}`;
  return `${action.ending === undefined ? underWayWords(action) : endedWords(action, action.ending)}${trace}${sessionWords(action)}`;
}

/** Under which name CloudTrail has it; only where that is less than it could be. */
function sessionWords(action: Action): string {
  const attribution = action.calls.map(({ outcome }) => outcome?.attribution).findLast((one) => one !== undefined);
  return attribution?.kind === 'session' ? ` · ${attributionWords(attribution)}` : '';
}

/** Whom CloudTrail shows behind a call, and why not more. */
export function attributionWords(attribution: Attribution): string {
  switch (attribution.kind) {
    case 'person':
      return `CloudTrail: session ${foreign(attribution.session, 64)}, source identity ${foreign(attribution.sourceIdentity, 64)}`;
    case 'session':
      return attribution.why === 'chained'
        ? `CloudTrail names the person in the session only: the bot’s own session carries the source identity ${foreign(attribution.carried ?? 'of its own', 64)}, which cannot be changed`
        : 'CloudTrail names the person in the session only: the role’s trust policy does not allow `sts:SetSourceIdentity`';
    case 'bot':
      return 'CloudTrail shows the bot itself: no role is configured';
  }
}

function underWayWords(action: Action): string {
  const last = action.calls.at(-1);
  if (last === undefined) return '⏳ under way';
  switch (last.outcome?.kind) {
    case 'succeeded':
    case 'confirmedByRead':
      return `⏳ ${last.operation} done, reading the key until it shows`;
    case 'throttled':
    case 'notSent':
      return `⏳ ${last.operation} did not get through yet, trying again`;
    case 'ambiguous':
      return `⏳ the answer to ${last.operation} was lost, reading the key before anything else`;
    case 'refused':
    case 'denied':
      return `⏳ ${last.operation} was refused, reading the key`;
    case undefined:
      return `⏳ ${last.operation} under way`;
  }
}

/** A loss is never ticked green, however well it was carried out. */
export function endedWords(action: Action, ending: NonNullable<Action['ending']>): string {
  if (ending.kind !== 'verified') return endingWords(ending);
  switch (action.kind) {
    case 'deleteMaterial':
      return `done, the material is gone; the key reads ${ending.state} at ${exactTime(ending.at)}`;
    case 'scheduleDeletion':
      return `done, the key reads ${ending.state} at ${exactTime(ending.at)}; Rescue undoes it until the date`;
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
    case 'disable':
      return endingWords(ending);
  }
}

/** How an action ended. Green words only for what was read. */
export function endingWords(ending: NonNullable<Action['ending']>): string {
  switch (ending.kind) {
    case 'verified':
      return `✅ verified: the key reads ${ending.state} at ${exactTime(ending.at)}${ending.confirmedByRead ? ' (confirmed by read: an answer of KMS was lost)' : ''}`;
    case 'amber':
      return `🟠 ${amberWords(ending.why, ending.state, ending.message)}`;
    case 'failed':
      return `❌ failed at ${exactTime(ending.at)}: ${failureWords(ending.why)}`;
    case 'unknownOutcome':
      return `❓ outcome unknown: the call was sent and its answer lost (${foreign(ending.message, 200)}). It is not sent again. A person must read the key and CloudTrail.`;
  }
}
