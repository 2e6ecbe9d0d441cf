/** What only the person who clicked or typed reads: why not, and what to do instead. */
import type { KnownBlock } from '@slack/types';
import { ACTION_KINDS, type ActionKind } from '../../../domain/action.ts';
import type { Attention } from '../../../domain/attention.ts';
import type { Instant, Person } from '../../../domain/ids.ts';
import type { Outcome } from '../../../domain/incident.ts';
import type { Refusal } from '../../../domain/interaction.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { message, section, type Words } from './blocks.ts';
import { problemWords } from './form-problems.ts';
import { personWords } from './names.ts';
import { denialWords, whyApprovalWords } from './policy-words.ts';
import { cutMarkdown, foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import { answeredBeforeWords, heardWords } from './was-this-you.ts';

/** Equal to the port's `Whisper`. */
export type WhisperWord =
  | Refusal
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'heard'; readonly wasMe: boolean; readonly told: 'inDanger' | 'safe' | 'nothing' }
  | {
      readonly kind: 'quiet';
      readonly what: Attention['kind'];
      readonly until: Instant;
      readonly before?: 'deletion' | 'loss';
    };

/** The sentence of a whisper. `text` is already words of ours, so its markup stays. */
export function whisperText(words: WhisperWord, reader?: Person): string {
  switch (words.kind) {
    case 'mayNot':
      return `${actionWords(words.action)} was not done: ${denialWords(words.why)} Nothing changed.`;
    case 'roleUnknown':
      return `Not done: Slack could not say whether you may (${foreign(words.message, 200)}). Nothing changed. Try again, or ask somebody whom the bot knows.`;
    case 'notRecorded':
      return 'Not recorded, try again: the bot could not be sure to have written your click down. If it was, the card shows it in a moment.';
    case 'alreadyRunning':
      return `${actionWords(words.action)}, asked by ${byWords(words.by)}, is under way on this key. One action at a time; its outcome appears on the card.`;
    case 'alreadyWaiting':
      return `${ACTION_NAMES[words.act]}, asked for by ${personWords(words.by)}, waits for approvers in the thread already. One request at a time: let it be decided, or withdrawn, first.`;
    case 'needsApproval':
      return `${ACTION_NAMES[words.act]} was not done: an approver must agree, because ${whyApprovalWords(words.why)}. Nothing changed; ask again, and a form opens for it.`;
    case 'notReviewed':
      return problemWords(words.problem, reader);
    case 'sharedChannel':
      return 'This channel is shared with another organisation: nobody acts on keys from here. Nothing was done; do it from a channel of your own.';
    case 'notUploaded':
      return `The evidence could not be uploaded: ${foreign(words.message, 400)}`;
    case 'noSuchButton':
      return 'This button belongs to nothing the bot knows any more. Nothing was done; look for the newer card, or use `/kms status &lt;key&gt;`.';
    case 'notNow':
      return `Not now: ${foreign(words.message, 400)}`;
    case 'over':
      return `${OVER[words.outcome]} Nothing was done by this button.`;
    case 'ownPlan':
      return 'Not agreed: this plan is your own. Another approver must agree to it; you can decline it.';
    case 'scheduledIt':
      return 'Not agreed: whoever scheduled the deletion cannot also agree that it was planned. Ask another approver.';
    case 'heard':
      return heardWords(words.wasMe, words.told);
    case 'acceptedBefore':
      return `${personWords(words.by)} accepted this key as it is already, ${exactTime(words.at)}. Nothing was done by this button.`;
    case 'answeredBefore':
      return answeredBeforeWords(words.wasMe, words.at);
    case 'quiet':
      return `${words.what === 'acknowledged' ? 'Acknowledged' : 'Snoozed'}: nobody is mentioned until ${dayAndTime(words.until)}, then it asks again if nobody has decided.${words.before === undefined ? '' : ` The loud marks before the ${words.before} speak all the same.`}`;
    case 'needsRead':
      return 'The key could not be read, so nothing was decided about it. Try again when the card shows its state.';
    case 'text':
      return words.text;
  }
}

const OVER: Readonly<Record<Outcome, string>> = {
  restored: 'The key was restored, and the incident is over; its card says how.',
  recovered: 'The key is out of danger, and the incident is over.',
  deleted: 'KMS has deleted this key: nothing can bring it back any more. Its report stands in the thread of its card.',
  linked: 'This alarm led to a key that has its own card: look there.',
  readableAgain: 'It can be read again, and the incident is over.',
  alarmOver: 'The alarm is over, and no key was found behind it.',
  noDanger: 'KMS shows no danger, and the incident is over.',
  lookedInto: 'Somebody looked into it, and the incident is over; its card says who, and why.',
};

/** A whisper as a message. */
export function drawWhisper(words: WhisperWord, reader?: Person): Words {
  const text = cutMarkdown(whisperText(words, reader), 2_900);
  const blocks: readonly KnownBlock[] = [section([text])];
  return message(text, blocks);
}

const byWords = (by: string): string => (/^[UW][A-Z0-9]{1,30}$/.test(by) ? `<@${by}>` : foreign(by, 60));

/** Actions come by their domain name, commands as they were typed. */
export const actionWords = (action: string): string =>
  ACTION_KINDS.some((kind) => kind === action) ? ACTION_NAMES[action as ActionKind] : foreign(action, 60);
