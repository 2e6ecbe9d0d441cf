/** Who did what, who is hurt by it, and when the key last worked. */
import type { Call, Fact, FactSource } from '../../../domain/fact.ts';
import { callOf, isItself } from '../../../domain/fact.ts';
import { actionsOfRound, type Danger, type DangerKind, type Incident } from '../../../domain/incident.ts';
import { lookedIntoOf } from '../../../domain/looked-into.ts';
import type { RefusalsLooked } from '../../../domain/refused.ts';
import { actorCircumstances, actorName, askerWords, lastPart, personWords } from './names.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';

/** On whose word it was closed; empty: it ended otherwise. */
export function lookedIntoLine(incident: Incident): string {
  const said = lookedIntoOf(incident);
  return said === undefined
    ? ''
    : `🔎 *Looked into*, closed by ${personWords(said.by)} at ${exactTime(said.at)}: ${foreign(said.reason, 500)}`;
}

const SOURCES: Readonly<Record<FactSource, string>> = {
  sns: 'SNS',
  eventbridge: 'EventBridge',
  cloudtrail: 'CloudTrail history',
  sweep: 'the sweep',
  command: 'a command',
};

const LABELS: Readonly<Partial<Record<DangerKind, string>>> = {
  ownRoleMisused: 'Under our role by',
  deletionScheduled: 'Scheduled by',
  materialDeleted: 'Material deleted by',
  materialExpired: 'Material expired',
  keyDisabled: 'Disabled by',
  policyChanged: 'Policy changed by',
  rescueBlocked: 'Rescue taken away by',
  attemptRefused: 'Refused attempt by',
  suspect: 'Touched by',
  keyStoreDisconnected: 'Store disconnected by',
  trailBlinded: 'Recording stopped by',
  keyDeleted: 'Deleted',
  watched: 'Watched for',
  nonCompliant: 'Config rule',
  alarm: 'Alarm',
  materialExpiring: 'Expiry announced',
  unsubscribed: 'Unsubscribed',
};

/** One line per danger: by whom, from where, with which event. Refused uses have their own line. */
export function dangerLines(incident: Incident): readonly string[] {
  return explained(incident)
    .filter((danger) => danger.kind !== 'useRefused')
    .map((danger) => ownDeed(incident, danger) ?? dangerLine(danger));
}

/** One change of the policy that took the rescue away is told once, with its event, also where the policy was read before that came. */
function explained(incident: Incident): readonly Danger[] {
  const { timeline } = incident;
  const dangers = withoutRiddle(incident.dangers);
  const blocked = dangers.find(({ kind }) => kind === 'rescueBlocked');
  if (blocked === undefined) return dangers;
  const sinceRound = timeline.slice(timeline.findLastIndex(({ body }) => body.kind === 'reopened') + 1);
  const told = [
    ...dangers.map(({ fact }) => fact),
    ...sinceRound.map(({ body }) => (body.kind === 'fact' ? body.fact : undefined)),
  ].filter((one) => one?.body.kind === 'policyChanged' && one.at <= blocked.firstAt);
  const fact = blocked.fact ?? told.sort((one, other) => (other?.at ?? 0) - (one?.at ?? 0))[0];
  if (fact === undefined) return dangers;
  return dangers
    .filter(({ kind, count, fact: change }) => kind !== 'policyChanged' || count > 1 || change?.id !== fact.id)
    .map((danger) => (danger === blocked ? { ...danger, fact } : danger));
}

/** Material that was only read to be gone needs nobody who deleted it where it is known to have expired. */
const withoutRiddle = (dangers: readonly Danger[]): readonly Danger[] =>
  dangers.some(({ kind }) => kind === 'materialExpired')
    ? dangers.filter(({ kind, fact }) => kind !== 'materialDeleted' || fact !== undefined)
    : dangers;

/** What we did ourselves has no stranger behind it: no event will come that says more. */
function ownDeed(incident: Incident, danger: Danger): string | undefined {
  if (danger.fact !== undefined) return undefined;
  const kind =
    danger.kind === 'keyDisabled'
      ? 'disable'
      : danger.kind === 'materialDeleted'
        ? 'deleteMaterial'
        : danger.kind === 'deletionScheduled'
          ? 'scheduleDeletion'
          : undefined;
  if (kind === undefined) return undefined;
  const action = actionsOfRound(incident).findLast((one) => one.kind === kind && one.ending?.kind === 'verified');
  if (action !== undefined) {
    // Approvers may have taken half an hour: what counts is the call.
    const at = action.calls.at(-1)?.intendedAt ?? action.askedAt;
    return `*${LABELS[danger.kind]}*  ${askerWords(action.by)}, through Keywarden, ${exactTime(at)}`;
  }
  const cancelled = actionsOfRound(incident).some((one) =>
    one.calls.some((call) => call.operation === 'CancelKeyDeletion' && call.outcome !== undefined),
  );
  return danger.kind === 'keyDisabled' && cancelled ? '' : undefined;
}

function dangerLine(danger: Danger): string {
  const label = LABELS[danger.kind];
  if (label === undefined) return '';
  const times = danger.count > 1 ? ` (${danger.count} times, last ${exactTime(danger.lastAt)})` : '';
  const { fact } = danger;
  if (fact === undefined) {
    const what = danger.kind === 'deletionScheduled' || danger.kind === 'keyDisabled' ? 'nobody known: ' : '';
    return `*${label}*  ${what}seen ${exactTime(danger.firstAt)} by reading KMS; no event about it has arrived${times}`;
  }
  return `*${label}*  ${danger.kind === 'keyDeleted' ? 'by ' : ''}${factWords(fact)}${times}`;
}

/** A fact in words: actor, circumstances, moments, event id. */
export function factWords(fact: Fact): string {
  const call = callOf(fact.body);
  const when = `${exactTime(fact.at)}, seen ${exactTime(fact.seenAt)} via ${SOURCES[fact.source]}`;
  const event = call === undefined ? '' : ` · event ${foreign(call.eventId, 40)}`;
  return [whoWords(fact), particulars(fact), `${when}${event}`].filter((part) => part !== '').join('; ');
}

/** Who did it; empty: nobody is known, or nobody did. */
export function whoWords({ body }: Fact): string {
  const call = callOf(body);
  if (call !== undefined && !isItself(call.actor)) return callWords(call);
  // Nobody but KMS deletes a key, and an expiry is nobody's deed.
  if (body.kind === 'keyDeleted') return 'KMS, at the end of the window';
  return call === undefined || body.kind === 'materialExpired' ? '' : 'KMS itself';
}

const callWords = (call: Call): string =>
  [actorName(call.actor), actorCircumstances(call.actor)].filter((part) => part !== '').join(' ');

function particulars(fact: Fact): string {
  const { body } = fact;
  switch (body.kind) {
    case 'deletionScheduled':
      return windowWords(body.windowDays);
    case 'policyChanged':
      return body.bypassedLockoutCheck ? 'with the lockout check bypassed' : '';
    case 'attemptRefused':
      return `${foreign(body.call.operation, 60)}: ${foreign(body.error, 160)}`;
    case 'grantCreated':
      return body.grantee === undefined ? '' : `for ${foreign(body.grantee, 120)}`;
    case 'trailBlinded':
      return body.trail === undefined ? '' : `trail ${foreign(body.trail, 120)}`;
    case 'keyStoreDisconnected':
      return body.keyStoreId === undefined ? '' : `key store ${foreign(body.keyStoreId, 80)}`;
    case 'alarm':
      return `${foreign(body.alarm.name, 120)}: ${foreign(body.alarm.reason, 240)}`;
    case 'watchRequested':
      return `${foreign(body.reason, 300)} (${personWords({ user: body.by })})`;
    case 'keyNonCompliant':
      return foreign(body.rule, 120);
    default:
      return '';
  }
}

function windowWords(days: number | undefined): string {
  if (days === undefined) return 'window not named: 30 days';
  return `window ${days} days${days === 7 ? ': the shortest' : ''}`;
}

/** Who still tries to use the key: the people the danger hurts. */
export function usesLine(incident: Incident): string {
  const { refused, knowledge } = incident;
  const looked = lookedWords(knowledge?.refusals);
  if (refused === undefined) return looked === '' ? '' : `*Refused calls*  none seen; ${looked}`;
  const callers = refused.by.slice(0, 3).map(({ who, via, what, count }) => {
    const named = /:role\/|:assumed-role\/|:user\//.test(who) ? lastPart(who) : who;
    const through = via === undefined ? '' : ` through ${foreign(via, 60)}`;
    return `${foreign(named, 80)}${through}${what === undefined ? '' : `, ${foreign(what, 120)}`}${count > 1 ? ` (${count}×)` : ''}`;
  });
  const calls = refused.count === 1 ? '1 refused call' : `${refused.count} refused calls`;
  const rest = refused.by.length > callers.length ? ' and others' : '';
  const proof = looked === '' ? '' : `. ${looked}`;
  return `*Still in use*  ${calls} since, last ${exactTime(refused.lastAt)}: ${callers.join('; ')}${rest}${proof}`;
}

/** How far the count can be trusted. */
function lookedWords(looked: RefusalsLooked | undefined): string {
  if (looked === undefined) return '';
  if (looked.problem !== undefined)
    return `CloudTrail could not be looked through ${exactTime(looked.at)}: ${foreign(looked.problem, 160)}`;
  const part = looked.complete ? '' : ' (its newest records only: there may be more)';
  return `CloudTrail looked through ${exactTime(looked.at)}${part}`;
}
