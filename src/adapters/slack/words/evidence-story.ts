/** Evidence in Markdown: dangers, refused uses, callers and the timeline. */

import { inWords } from '../../../domain/durations.ts';
import type { Evidence } from '../../../domain/evidence.ts';
import type { ActionEvidence, ApprovalEvidence, CallEvidence } from '../../../domain/evidence-deeds.ts';
import type { CallerEvidence } from '../../../domain/evidence-people.ts';
import type {
  DangerEvidence,
  FactEvidence,
  PlanStanding,
  RefusedUsesEvidence,
  TimelineEntry,
} from '../../../domain/evidence-story.ts';
import type { Call } from '../../../domain/fact.ts';
import type { ActionId, ApprovalId } from '../../../domain/ids.ts';
import type { DangerKind, Outcome } from '../../../domain/incident.ts';
import { lossesNamed } from '../../../domain/loss-names.ts';
import { answerWords, askerLine, endingWords, personLine } from './evidence-deeds.ts';
import { at, code, learned, newest, pairs, paragraphs, table } from './markdown.ts';

const MOST_ENTRIES = 200;
const MOST_CALLS = 100;

const DANGERS: Readonly<Record<DangerKind, string>> = {
  ownRoleMisused: 'A role of this bot was used by somebody else',
  deletionScheduled: 'Deletion scheduled',
  materialDeleted: 'Key material deleted',
  materialExpired: 'Key material expired',
  useRefused: 'Use refused by KMS',
  keyDisabled: 'Key disabled',
  keyStoreDisconnected: 'Custom key store disconnected',
  materialExpiring: 'Key material about to expire',
  policyChanged: 'Key policy changed',
  rescueBlocked: 'A change of the key policy took the rescue away from this bot',
  trailBlinded: 'Recording of KMS calls stopped',
  attemptRefused: 'A dangerous call was tried and refused by AWS',
  keyDeleted: 'Key deleted',
  nonCompliant: 'Reported by AWS Config',
  alarm: 'A CloudWatch alarm rang',
  unreadable: 'It could not be read',
  unsubscribed: 'Alarms no longer reach this bot: subscription removed',
  watched: 'Somebody asked for it to be watched',
  deletionPlanned: 'Somebody said they mean to delete it',
  suspect: 'Touched under the name of somebody who says that it was not them',
  action: 'Somebody asked for an action',
};

export const OUTCOMES: Readonly<Record<Outcome, string>> = {
  restored: 'its state restored to what it was before, and verified by reading KMS',
  recovered: 'KMS was read and shows the key out of danger',
  deleted: 'KMS has deleted the key',
  linked: 'the key behind the alarm has an incident of its own',
  readableAgain: 'it could be read again',
  alarmOver: 'the alarm was over; no key was found behind it',
  noDanger: 'KMS was read and shows no danger',
  lookedInto: 'somebody looked into it and said that it is dealt with',
};

export const dangersSection = (dangers: readonly DangerEvidence[]): string =>
  paragraphs([
    '## What put it in danger',
    'Of this round; the timeline has the rounds before.',
    dangers.length === 0 ? 'Nothing is recorded.' : '',
    ...dangers.flatMap((danger) => [
      `### ${DANGERS[danger.kind]}`,
      [
        `- Seen: ${danger.count === 1 ? 'once' : `${danger.count} times`}, first ${at(danger.firstAt)}, last ${at(danger.lastAt)}`,
        ...(danger.fact.kind === 'known'
          ? factLines(danger.fact.value)
          : [`- Who: not known: ${code(danger.fact.why)}`]),
      ],
    ]),
  ]);

function factLines(fact: FactEvidence): readonly string[] {
  const told = pairs(fact.told);
  return [
    ...(fact.call.kind === 'known' ? callLines(fact.call.value) : [`- Who: not known: ${code(fact.call.why)}`]),
    `- When: ${at(fact.at)}; reached this bot ${at(fact.seenAt)} through ${code(fact.source)}, message ${code(fact.id)}`,
    told === '' ? '' : `- Also told: ${told}`,
  ];
}

function callLines({ operation, actor, eventId, requestId }: Call): readonly string[] {
  const { arn, account, issuerArn, sessionName, sourceIdentity, accessKeyId, invokedBy, mfa } = actor;
  const parts = { account, role: issuerArn, session: sessionName, sourceIdentity, accessKey: accessKeyId, invokedBy };
  const named = Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `, ${name} ${code(value ?? '')}`)
    .join('');
  return [
    `- Who: ${arn === undefined ? 'no ARN was told' : code(arn)} (type ${code(actor.type)}${named})`,
    `- MFA: ${mfa === undefined ? 'not told' : mfa ? 'yes' : 'none recorded by AWS, which is usual with single sign-on'}`,
    `- From: ${told(actor.sourceAddress)}; program: ${told(actor.userAgent)}`,
    `- Call: ${code(operation)}, CloudTrail event ${code(eventId)}, AWS request ${told(requestId)}`,
  ];
}

const told = (text: string | undefined): string => (text === undefined ? 'not told' : code(text));

export const refusedSection = ({ count, lastAt, by }: RefusedUsesEvidence): string =>
  paragraphs([
    '## Refused uses',
    count === 0
      ? 'None was reported in this round. That is no proof that nobody tried: data keys in use keep working, and some services report late or not at all.'
      : `${count} reported in this round, the last one at ${learned(lastAt, at)}. The most frequent callers:`,
    by.length === 0
      ? ''
      : table(
          ['Times', 'Who', 'What for'],
          by.map((caller) => [String(caller.count), code(caller.who), told(caller.what)]),
        ),
  ]);

export function callersSection(callers: readonly CallerEvidence[]): string {
  const calls = callers.flatMap((caller) => caller.calls.map((call) => ({ caller, call })));
  const { shown, note } = newest(calls, MOST_CALLS);
  return paragraphs([
    '## AWS callers',
    'Whom CloudTrail names behind the calls in this record.',
    note,
    calls.length === 0
      ? 'None is recorded.'
      : table(
          ['Time', 'Caller', 'Operation', 'From', 'CloudTrail event', 'Our own action'],
          shown.map(({ caller, call }) => [
            at(call.at),
            code(caller.who),
            code(call.operation),
            told(call.sourceAddress),
            code(call.eventId),
            call.echoOf === undefined ? 'no' : code(call.echoOf),
          ]),
        ),
  ]);
}

/** Each line says by itself what happened; ids lead to the sections with all of it. */
export function timelineSection({ timeline, leftOut, actions, approvals }: Evidence): string {
  const { shown, note } = newest(timeline, MOST_ENTRIES);
  const known = {
    actions: new Map(actions.map((action) => [action.id, action])),
    approvals: new Map(approvals.map((approval) => [approval.id, approval])),
  };
  return paragraphs([
    '## Timeline',
    leftOut.timeline === 0 ? '' : `${leftOut.timeline} older entries are no longer in the record.`,
    note,
    timeline.length === 0
      ? 'Nothing is recorded.'
      : shown.map((entry) => `- ${at(entry.at)} · ${entryLine(entry, known)}`),
  ]);
}

interface Known {
  readonly actions: ReadonlyMap<ActionId, ActionEvidence>;
  readonly approvals: ReadonlyMap<ApprovalId, ApprovalEvidence>;
}

function entryLine(entry: TimelineEntry, known: Known): string {
  switch (entry.kind) {
    case 'fact':
      return entry.echoOf === undefined
        ? factLine(entry.fact)
        : `CloudTrail shows our own action ${code(entry.echoOf)}: ${factLine(entry.fact)}`;
    case 'state': {
      const cause = entry.by === undefined ? '' : `, by our action ${code(entry.by)}`;
      return entry.from === undefined
        ? `Key read as ${code(entry.to)}${cause}`
        : `Key went from ${code(entry.from)} to ${code(entry.to)}${cause}`;
    }
    case 'asked': {
      const action = known.actions.get(entry.action);
      return `${actionName(entry.action, action)} asked for${action === undefined ? '' : ` by ${askerLine(action.by)}`}`;
    }
    case 'called': {
      const action = known.actions.get(entry.action);
      return `${actionName(entry.action, action)}, call ${entry.call + 1}${callWords(action?.calls[entry.call])}`;
    }
    case 'ended': {
      const action = known.actions.get(entry.action);
      return `${actionName(entry.action, action)} ended${action?.ending.kind === 'known' ? `: ${endingWords(action.ending.value)}` : ''}`;
    }
    case 'approval': {
      const kind = known.approvals.get(entry.approval)?.kind;
      const by = entry.by === undefined ? '' : ` by ${personLine(entry.by)}`;
      return `Request ${code(entry.approval)}${kind === undefined ? '' : ` for ${code(kind)}`}: ${code(entry.what)}${by}`;
    }
    case 'reminded':
      return `Reminder sent, due ${inWords(entry.milestone)} before ${entry.of === undefined ? 'the deletion' : `${lossesNamed(entry.of)} may be lost`}${entry.late === undefined ? '' : `, late by ${inWords(entry.late)}`}`;
    case 'askedAgain':
      return entry.after === 'nobody'
        ? 'Asked to decide: nobody had'
        : `Asked to decide: what was ${entry.after} had run out`;
    case 'attended':
      return `${entry.attention.kind === 'acknowledged' ? 'Acknowledged' : 'Snoozed'} by ${personLine(entry.attention.by)} until ${at(entry.attention.until)}`;
    case 'accepted':
      return `Accepted as it is by ${personLine(entry.by)}: ${code(entry.what)}`;
    case 'lookedInto':
      return `Looked into and closed by ${personLine(entry.by)}: ${code(entry.reason)}`;
    case 'held':
      return `Put on hold by ${personLine(entry.hold.by)}: ${code(entry.hold.reason)}`;
    case 'released':
      return `Hold of ${personLine(entry.hold.by)} ended by ${askerLine(entry.by)}`;
    case 'said':
      return `${personLine(entry.answer.by)} said that it ${entry.answer.wasMe ? 'was' : 'was NOT'} them`;
    case 'investigated':
      return `CloudTrail searched in ${entry.places} places, ${entry.unsearched} could not be: ${entry.count} KMS calls, ${entry.uncovered} keys touched without an incident`;
    case 'plan':
      return `Planned decommission ${code(entry.plan.ticket)}, by ${personLine(entry.plan.by)}: ${planStatus(entry.plan.status)}`;
    case 'overdue':
      return `KMS still showed the key a day after ${at(entry.deletionDate)}`;
    case 'repaired':
      return entry.what === 'dueEntry'
        ? 'Its next due moment was missing and was put back'
        : 'A lost reminder was posted again';
    case 'rescheduled':
      if (entry.of === 'ownWindow')
        return `Its last replica is gone (due after ${at(entry.from)}): its own window has begun, its deletion is due after ${at(entry.to)}`;
      if (entry.of === 'replicas')
        return `The date of its last replica moved from ${at(entry.from)} to ${at(entry.to)}; earlier reminders are void`;
      return `Deletion date moved from ${at(entry.from)} to ${at(entry.to)}; earlier reminders are void`;
    case 'linked':
      return `Key found: ${code(entry.key)}, incident ${code(entry.incident)}`;
    case 'candidates':
      return entry.keys.length === 0
        ? 'No key was pending deletion there'
        : `One of these keys: ${entry.keys.map((key) => code(key)).join(', ')}`;
    case 'rebuilt':
      return 'Found by reading KMS; what was recorded before, if anything, is lost';
    case 'reopened':
      return `In danger again: round ${entry.round}`;
    case 'closed':
      return `Closed: ${OUTCOMES[entry.outcome]}`;
    case 'delivery':
      return `Slack did not take a message: ${code(entry.problem)}`;
  }
}

function planStatus(status: PlanStanding): string {
  switch (status.kind) {
    case 'proposed':
      return 'asked for';
    case 'agreed':
    case 'declined':
      return `${status.kind} by ${personLine(status.by)}`;
    case 'void':
      return `void: ${code(status.why)}`;
  }
}

const actionName = (id: ActionId, action: ActionEvidence | undefined): string =>
  action === undefined ? `Action ${code(id)}` : `Action ${code(id)} (${code(action.kind)})`;

function callWords(call: CallEvidence | undefined): string {
  if (call === undefined) return '';
  const { operation, outcome } = call;
  return `, ${code(operation)}: ${outcome.kind === 'known' ? answerWords(outcome.value) : `not known: ${code(outcome.why)}`}`;
}

function factLine({ kind, call, told, source, seenAt }: FactEvidence): string {
  const rest = pairs(told);
  return `Fact ${code(kind)}${call.kind === 'known' ? `: ${calledWords(call.value)}` : ''}${rest === '' ? '' : `; ${rest}`}; reached this bot ${at(seenAt)} through ${code(source)}`;
}

function calledWords({ operation, actor, eventId, requestId }: Call): string {
  const who = actor.arn ?? actor.issuerArn ?? actor.invokedBy ?? actor.type;
  const from = actor.sourceAddress === undefined ? ', from where is not told' : ` from ${code(actor.sourceAddress)}`;
  const request = requestId === undefined ? '' : `, request ${code(requestId)}`;
  return `${code(operation)} by ${code(who)}${from}, event ${code(eventId)}${request}`;
}
