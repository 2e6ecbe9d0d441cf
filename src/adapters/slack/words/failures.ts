/** Endings that are not green, in words that help: what is missing, who can change it, what to do now. */
import type { AmberReason, FailureReason } from '../../../domain/action.ts';
import type { KeyState } from '../../../domain/key.ts';
import { changeWords } from './change-words.ts';
import { denialWords, whyApprovalWords } from './policy-words.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';

/** Why an action did not bring the key back as it was, and what to do about it. */
export function amberWords(why: AmberReason, state: KeyState, message?: string): string {
  switch (why) {
    case 'stillDisabled':
      return 'deletion cancelled, but the key is still disabled, callers still fail. Click Enable to let them in again.';
    case 'held':
      return `no deletion is scheduled any more, and the key is left disabled: it is on hold${holderWords(message)}. Callers still fail. *Enable* asks an approver; \`/kms release\` ends the hold.`;
    case 'priorStateUnknown':
      return 'deletion cancelled, key still disabled: nobody knows whether it was enabled before. Ask its owner, then click Enable or leave it.';
    case 'materialMissing':
      return 'the key has no key material: callers still fail until whoever holds the material imports exactly the same again.';
    case 'storeDisconnected':
      return 'cancelled, usable once the key store is connected. Connect the custom key store; nothing else is missing.';
    case 'enableDenied':
      return 'deletion cancelled, but enabling was refused: the key is still disabled, callers still fail. The rescue role needs `kms:EnableKey` in its own policy and in the key policy.';
    case 'enableFailed':
      return 'deletion cancelled, but enabling failed: the key is still disabled, callers still fail. Click Enable to try again.';
    case 'enableNotAllowed':
      return 'deletion cancelled, but the key was not enabled: whoever asked may not (any more), somebody must agree first, or Slack could not say who asked. It is still disabled, callers still fail. Click Enable to ask for it.';
    case 'notRestored':
      return `the key is ${state}, not as it was before: callers may still fail. Read its state and act again.`;
    case 'notVerified':
      return `KMS accepted the call, but the key still reads ${state}. Look at the key before acting again.`;
    case 'notAsBefore':
      return `the key read ${state} again, but was not as before: ${foreign(message ?? 'what it was like could not be compared', 400)}.`;
    case 'familyStillPending':
      return 'this key is back, but another Region of the same multi-Region key is still scheduled for deletion. Rescue it as well: the card that names it has the button.';
  }
}

/** `U0ALICE: reason` */
function holderWords(held: string | undefined): string {
  const [, user, reason] = /^([UW][A-Z0-9]{1,30}): (.*)$/su.exec(held ?? '') ?? [];
  return user === undefined || reason === undefined ? '' : ` by <@${user}>, ${foreign(reason, 300)}`;
}

/** Why nothing (more) was done. */
export function failureWords(why: FailureReason): string {
  switch (why.kind) {
    case 'denied':
      return deniedWords(why.operation, why.message);
    case 'refused':
      return `KMS refused: ${foreign(why.error, 80)}: ${foreign(why.message, 300)} The key did not change by us.`;
    case 'keyGone':
      return 'the key does not exist any more: KMS has deleted it. What only this key could decrypt is lost.';
    case 'wrongState':
      return `a key in state ${why.state} does not take this call. ${foreign(why.message, 240)}`;
    case 'notPermitted':
      return `${/^[UW][A-Z0-9]{1,30}$/.test(why.who) ? `<@${why.who}>` : foreign(why.who, 60)} may not (any more): ${denialWords(why.why, 'they')} Nothing was done.`;
    case 'needsApproval':
      return `an approver must agree, because ${whyApprovalWords(why.why)}. Nothing was done; ask again, and a form opens for it.`;
    case 'approvalExpired':
      return `the approval expired ${exactTime(why.at)}, before it could be carried out. Nothing was done; ask again.`;
    case 'approvalVoid':
      return `the approval is void: ${changeWords(why.changes)} since it was agreed to. Nothing was done; look at the card and ask again.`;
    case 'auditUnwritable':
      return 'the audit trail cannot be written, and nothing is destroyed without its trace. Nothing was done; rescuing still works.';
    case 'noLongerAllowed':
      return `no longer allowed: ${foreign(why.message, 240)}. Nothing was done.`;
    case 'unreadable':
      return `the key could not be read, so the outcome is not verified: ${foreign(why.message, 300)}`;
    case 'noRole':
      return `no role is configured for this: ${foreign(why.message, 240)}. Add it to the account in keywarden.yaml, or use the AWS CLI commands under ⋯.`;
    case 'gaveUp':
      return `given up: ${foreign(why.message, 300)} Read the key's state before trying again.`;
  }
}

/** Why something was not learnt, without what AWS said word for word: that stands on a card once. */
export const shortWhy = (why: string): string => /^permission [\w:]{1,80} is missing(?=: )/.exec(why)?.[0] ?? why;

/** A missing permission by name, and where it can be missing. */
export function deniedWords(operation: string, message: string): string {
  const action = foreign(operation.startsWith('kms:') ? operation : `kms:${operation}`, 80);
  return `AWS denied ${action}: allow it in the role's policy, and check that the key policy lets this account's IAM policies decide (or names the role). AWS said: ${foreign(message, 300)}`;
}
