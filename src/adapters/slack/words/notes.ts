/** The thread: the incident's timeline, entry by entry. Several entries become one message. */

import type { Action } from '../../../domain/action.ts';
import { acceptanceOf } from '../../../domain/as-before.ts';
import { inWords } from '../../../domain/durations.ts';
import type { Fact } from '../../../domain/fact.ts';
import { callOf } from '../../../domain/fact.ts';
import type { ActionId } from '../../../domain/ids.ts';
import { approvalOf, type Entry, type Incident, keyOfIncident, type Outcome } from '../../../domain/incident.ts';
import { lossesNamed } from '../../../domain/loss-names.ts';
import { isExpiry } from '../../../domain/reimport.ts';
import { ACTION_NAMES, agreedWords, askedWords, attributionWords, endedWords } from './action-lines.ts';
import { attentionWords, planWords } from './attention-lines.ts';
import { message, section, type Words } from './blocks.ts';
import { changeWords } from './change-words.ts';
import { askerWords, lastPart, nameOf, personWords } from './names.ts';
import { wasSoAlready } from './standing.ts';
import { factWords, whoWords } from './story.ts';
import { cutMarkdown, foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';

/** Entries in one section; a section holds 3,000 characters. */
const ENTRY_LENGTH = 700;
const ENTRIES_A_SECTION = 4;
const MOST_ENTRIES = 40;

/** Draws the timeline entries with a number above `from` that are not in the thread yet. `approvers`: mentions of those who could agree. */
export function drawNote(incident: Incident, from: number, form: { readonly plain: boolean }, approvers = ''): Words {
  const entries = incident.timeline.filter((entry) => entry.seq > from);
  const skipped = Math.max(0, entries.length - MOST_ENTRIES);
  const lines = entries.slice(skipped).map((entry) => cutMarkdown(entryLine(entry, incident, approvers), ENTRY_LENGTH));
  if (skipped > 0) lines.unshift(`${skipped} older entries are left out here.`);
  if (lines.length === 0) lines.push('Nothing new.');
  const text = cutMarkdown(`${nameOf(incident)}: ${lines.at(-1)}`, 600);
  if (form.plain) return message(text, []);
  const sections = [];
  for (let start = 0; start < lines.length; start += ENTRIES_A_SECTION) {
    sections.push(section(lines.slice(start, start + ENTRIES_A_SECTION)));
  }
  return message(text, sections);
}

const entryLine = (entry: Entry, incident: Incident, approvers: string): string =>
  `${exactTime(entry.at)}  ${memberWords(incident)}${entryWords(entry, incident, approvers)}`;

/** A family's members share a thread: each entry says which of them it is about. */
const memberWords = (incident: Incident): string =>
  incident.family === undefined ? '' : `*${keyOfIncident(incident)?.region ?? ''}*  `;

function entryWords({ body }: Entry, incident: Incident, approvers: string): string {
  switch (body.kind) {
    case 'fact':
      return body.echoOf === undefined
        ? `${FACT_TITLES[body.fact.body.kind]}${whoWords(body.fact) === '' ? ':' : ' by'} ${factWords(body.fact)}`
        : `CloudTrail shows our own ${actionName(incident, body.echoOf)}: ${callOf(body.fact.body)?.operation ?? 'call'}`;
    case 'state':
      return stateWords(body.from, body.to, body.by === undefined ? undefined : actionName(incident, body.by));
    case 'asked': {
      const action = actionOf(incident, body.action);
      return action === undefined
        ? 'An action was asked for'
        : `*${ACTION_NAMES[action.kind]}* ${askedWords(action)}${agreedWords(incident, action)}`;
    }
    case 'called':
      return calledWords(actionOf(incident, body.action), body.call);
    case 'ended': {
      const action = actionOf(incident, body.action);
      return action?.ending === undefined
        ? 'An action ended'
        : `*${ACTION_NAMES[action.kind]}*: ${endedWords(action, action.ending)}`;
    }
    case 'approval':
      return approvalWords(incident, body);
    case 'reminded':
      return `Reminded ${inWords(body.milestone)} before ${body.of === undefined ? 'the deletion' : `${lossesNamed(body.of)} ${isExpiry(body.of) ? 'expires' : 'may be lost'}`}${body.late === undefined ? '' : `, late by ${inWords(body.late)}`}`;
    case 'askedAgain':
      return body.after === 'nobody'
        ? 'Asked again: nobody has decided'
        : `Asked again: what was ${body.after} ran out`;
    case 'held':
      return `✋ ${personWords(body.hold.by)} put the key on hold: ${foreign(body.hold.reason, 300)}`;
    case 'released':
      return `${askerWords(body.by)} ended the hold of ${personWords(body.hold.by)}`;
    case 'said':
      return body.answer.wasMe
        ? `${personWords(body.answer.by)} says it was them`
        : `🚨 ${personWords(body.answer.by)} says it was not them`;
    case 'investigated':
      return `CloudTrail searched in ${body.places} ${body.places === 1 ? 'place' : 'places'}: ${body.count} KMS ${body.count === 1 ? 'call' : 'calls'} by the same${body.uncovered === 0 ? '' : `, ${body.uncovered} more ${body.uncovered === 1 ? 'key' : 'keys'} touched`}${body.unsearched === 0 ? '' : `; ${body.unsearched} ${body.unsearched === 1 ? 'place' : 'places'} could not be searched`}. *Evidence* lists them.`;
    case 'accepted':
      return `${personWords(body.by)} accepted the key as it is (${foreign(body.what, 300)}): this is its last good shape from here on`;
    case 'lookedInto':
      return `🔎 ${personWords(body.by)} looked into it: ${foreign(body.reason, 500)}`;
    case 'attended':
      return attentionWords(body.attention);
    case 'plan':
      return planWords(body.plan, approvers);
    case 'overdue':
      return `KMS still shows the key a day after its date, ${dayAndTime(body.deletionDate)}`;
    case 'repaired':
      return body.what === 'dueEntry'
        ? 'Its next due moment was missing and was put back'
        : 'A reminder was lost before Slack had it and is posted again';
    case 'rescheduled':
      if (body.of === 'ownWindow')
        return `Its last replica is gone, and its own window has begun: deletion is due after ${dayAndTime(body.to)}.`;
      if (body.of === 'replicas')
        return `Its replicas have another date: gone after ${dayAndTime(body.to)}, not after ${dayAndTime(body.from)}. Earlier reminders are void.`;
      return `Scheduled anew: deletion was due after ${dayAndTime(body.from)}, now after ${dayAndTime(body.to)}. Earlier reminders are void.`;
    case 'linked':
      return `Key found: ${foreign(lastPart(body.key.arn), 80)} in ${body.key.region}; it has its own card`;
    case 'candidates':
      return body.keys.length === 0
        ? 'No key is pending deletion in that account and Region'
        : `One of these: ${body.keys
            .slice(0, 5)
            .map((arn) => foreign(arn, 120))
            .join(', ')}${body.keys.length > 5 ? ` and ${body.keys.length - 5} more` : ''}`;
    case 'rebuilt':
      return 'Found by reading KMS; what was noted before, if anything, is not known any more';
    case 'reopened':
      return `Opened again: round ${body.round}`;
    case 'closed':
      return `Closed: ${closedWords(incident, body.outcome)}`;
    case 'delivery':
      return `Slack: ${foreign(body.problem, 300)}`;
  }
}

function approvalWords(incident: Incident, body: Extract<Entry['body'], { kind: 'approval' }>): string {
  const approval = approvalOf(incident, body.approval);
  const what = approval === undefined ? 'an action' : `*${ACTION_NAMES[approval.kind]}*`;
  const who = body.by === undefined ? 'somebody' : personWords(body.by);
  switch (body.what) {
    case 'requested':
      return `${who} asked for approval of ${what}; the request stands in this thread`;
    case 'breakGlass':
      return `🚨 ${who} broke the glass: ${what} without a second person`;
    case 'agreed':
      return `${who} agreed to ${what}; more must agree`;
    case 'granted':
      return `${who} agreed to ${what}: it is carried out`;
    case 'rejected':
      return `${who} rejected ${what}`;
    case 'withdrawn':
      return `${who} withdrew the request for ${what}`;
    case 'expired':
      return `The request for ${what} expired: it was not agreed to in time`;
    case 'superseded':
      return `The request for ${what} is superseded: ${who} broke the glass on this key`;
    case 'voided':
      return approval?.status.kind === 'voided'
        ? `The request for ${what} is void: ${changeWords(approval.status.changes)}`
        : `The request for ${what} is void`;
  }
}

/** What somebody accepted is not what was before. */
function closedWords(incident: Incident, outcome: Outcome): string {
  if (outcome === 'restored' && wasSoAlready(incident)) return 'the key was so already, and nothing was sent';
  const accepted = acceptanceOf(incident);
  return accepted === undefined || (outcome !== 'restored' && outcome !== 'recovered')
    ? OUTCOMES[outcome]
    : `out of danger, with the changes that ${personWords(accepted.by)} accepted`;
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  restored: 'restored to what it was before, and verified',
  recovered: 'KMS reads the key as out of danger',
  deleted: 'KMS has deleted the key',
  linked: 'the key behind the alarm has its own card',
  readableAgain: 'it can be read again',
  alarmOver: 'the alarm is over, no key was found behind it',
  noDanger: 'KMS was read and shows no danger',
  lookedInto: 'somebody looked into it and says that it is dealt with',
};

const actionOf = (incident: Incident, id: ActionId): Action | undefined =>
  incident.actions.find((action) => action.id === id);

function actionName(incident: Incident, id: ActionId): string {
  const action = actionOf(incident, id);
  return action === undefined ? 'action' : ACTION_NAMES[action.kind];
}

function stateWords(from: string | undefined, to: string, by: string | undefined): string {
  const cause = by === undefined ? '' : `, by our ${by}`;
  return from === undefined ? `Key read: ${to}${cause}` : `Key went from ${from} to ${to}${cause}`;
}

function calledWords(action: Action | undefined, index: number): string {
  const call = action?.calls[index];
  if (call === undefined) return 'A call to KMS';
  const { outcome } = call;
  if (outcome === undefined) return `${call.operation} is being sent`;
  const id = outcome.requestId === undefined ? '' : ` · AWS request ${foreign(outcome.requestId, 60)}`;
  switch (outcome.kind) {
    case 'succeeded':
      return `${call.operation} done${id}${outcome.attribution === undefined ? '' : ` · ${attributionWords(outcome.attribution)}`}`;
    case 'confirmedByRead':
      return `${call.operation} done, confirmed by read: KMS's answer was lost${id}`;
    case 'refused':
      return `${call.operation} refused: ${foreign(outcome.error, 80)}: ${foreign(outcome.message, 200)}${id}`;
    case 'denied':
      return `${call.operation} denied: ${foreign(outcome.operation, 80)} is not allowed to our role${id}`;
    case 'throttled':
      return `${call.operation} throttled by KMS, nothing changed${id}`;
    case 'notSent':
      return `${call.operation} was not sent: ${foreign(outcome.message, 200)}`;
    case 'ambiguous':
      return `${call.operation} was sent, its answer lost: ${foreign(outcome.message, 200)}${id}`;
  }
}

const FACT_TITLES: Readonly<Record<Fact['body']['kind'], string>> = {
  keyCreated: 'Key created',
  deletionScheduled: 'Deletion scheduled',
  deletionCancelled: 'Deletion cancelled',
  keyDisabled: 'Key disabled',
  keyEnabled: 'Key enabled',
  materialDeleted: 'Key material deleted',
  materialImported: 'Key material imported',
  materialExpired: 'Key material expired',
  materialExpiring: 'Key material about to expire',
  policyChanged: 'Key policy changed',
  grantCreated: 'Grant created',
  useRefused: 'Use refused',
  attemptRefused: 'Attempt refused',
  keyDeleted: 'Key deleted',
  keyNonCompliant: 'Key reported by AWS Config',
  keyStoreDisconnected: 'Key store disconnected',
  trailBlinded: 'Recording stopped',
  alarm: 'Alarm',
  unsubscribed: 'Subscription removed',
  watchRequested: 'Watch requested',
};
