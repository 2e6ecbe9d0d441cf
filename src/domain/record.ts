/** Small pure edits of an incident's record, shared by the decisions. Every list in the record is bounded here. */
import type { Fact, FactBody } from './fact.ts';
import { shownOn } from './gathering.ts';
import type { ChannelId, IncidentId, Instant } from './ids.ts';
import type { Danger, DangerKind, Entry, EntryBody, FormerCard, Incident, Prior, Subject } from './incident.ts';

const MOST_ENTRIES = 150;
const MOST_FACT_IDS = 200;

export function newIncident(opening: {
  readonly id: IncidentId;
  readonly subject: Subject;
  readonly channel: ChannelId;
  readonly prior: Prior;
  readonly now: Instant;
  readonly adopt: boolean;
}): Incident {
  return {
    id: opening.id,
    version: 0,
    subject: opening.subject,
    round: 1,
    openedAt: opening.now,
    phase: { kind: 'open' },
    dangers: [],
    prior: opening.prior,
    actions: [],
    approvals: [],
    timeline: [],
    nextSeq: 1,
    notedSeq: 0,
    factIds: [],
    alarmTimes: {},
    sawDanger: false,
    revision: 1,
    card: { channel: opening.channel, shownRevision: 0, adopt: opening.adopt },
  };
}

/** The next round of a closed record: a fresh card, the old story kept as the timeline's beginning. */
export function reopened(incident: Incident, channel: ChannelId, prior: Prior, now: Instant): Incident {
  const {
    countdown: _countdown,
    losses: _losses,
    outOfUse: _outOfUse,
    refused: _refused,
    search: _search,
    attention: _attention,
    asked: _asked,
    plan: _plan,
    stateSince: _stateSince,
    alarmed: _alarmed,
    selfTold: _selfTold,
    news: _news,
    knowledge: _knowledge,
    said: _said,
    nextReadAt: _nextReadAt,
    wave: _wave,
    calmSince: _calmSince,
    ...rest
  } = incident;
  const former = formerOf(incident);
  const round: Incident = {
    ...rest,
    round: incident.round + 1,
    openedAt: now,
    phase: { kind: 'open' },
    dangers: [],
    sawDanger: false,
    prior: priorOfNextRound(incident.prior, prior),
    revision: incident.revision + 1,
    // The fresh card's thread begins with this round.
    notedSeq: incident.nextSeq - 1,
    card: { channel, shownRevision: 0, adopt: false, ...(former === undefined ? {} : { former }) },
  };
  return round.round === 1 ? round : noted(round, now, { kind: 'reopened', round: round.round });
}

/** Reopened before Slack was shown the end: nothing else would ever draw that message again, and its buttons would stay. */
function formerOf(incident: Incident): FormerCard | undefined {
  const { phase, revision } = incident;
  const { channel, ts, shownRevision, former } = incident.card;
  if (phase.kind !== 'closed' || ts === undefined || shownRevision >= revision || shownOn(incident).on !== 'own')
    return former;
  return { channel, ts, at: phase.at, outcome: phase.outcome };
}

/** Only a disabling of our own leaves `read`: somebody holds this key off on purpose. */
export const isHeld = (prior: Prior): boolean =>
  prior.kind === 'known' && prior.state === 'Disabled' && prior.from === 'read';

/**
 * What an action of ours left counts until the key was seen otherwise after that: a memory of before says nothing. So a key that
 * was disabled on purpose stays held, and one that was enabled is brought back to that.
 */
export function priorOfNextRound(before: Prior, opening: Prior): Prior {
  if (before.kind !== 'known' || before.from !== 'read') return opening;
  const otherwise = opening.kind === 'known' && opening.at > before.at && opening.state !== before.state;
  return otherwise ? opening : before;
}

/** Adds an entry to the timeline. */
export function noted(incident: Incident, at: Instant, body: EntryBody): Incident {
  const entry: Entry = { seq: incident.nextSeq, at, body };
  return {
    ...incident,
    nextSeq: incident.nextSeq + 1,
    timeline: [...incident.timeline, entry].slice(-MOST_ENTRIES),
  };
}

export const touched = (incident: Incident): Incident => ({ ...incident, revision: incident.revision + 1 });

export function withDanger(incident: Incident, kind: DangerKind, at: Instant, fact?: Fact): Incident {
  const before = incident.dangers.find((danger) => danger.kind === kind);
  const newest = before?.fact === undefined || (fact !== undefined && fact.at >= before.fact.at) ? fact : before.fact;
  const danger: Danger = {
    kind,
    firstAt: Math.min(before?.firstAt ?? at, at),
    lastAt: Math.max(before?.lastAt ?? at, at),
    count: (before?.count ?? 0) + (isAnother(before, fact) ? 1 : 0),
    ...(newest === undefined ? {} : { fact: newest }),
  };
  return { ...incident, dangers: [...incident.dangers.filter((other) => other.kind !== kind), danger] };
}

/** Seen by reading and told by an event are one and the same; so is an event that comes by two roads. */
const isAnother = (before: Danger | undefined, fact: Fact | undefined): boolean =>
  before === undefined ||
  (before.fact !== undefined &&
    fact !== undefined &&
    before.fact.id !== fact.id &&
    !isSameEnd(before.fact.body, fact.body));

/** KMS tells what it does of itself twice, by CloudTrail and by an event of its own; only the latter names the material. */
function isSameEnd(one: FactBody, other: FactBody): boolean {
  if (one.kind === 'keyDeleted') return other.kind === 'keyDeleted';
  if (one.kind !== 'materialExpired' || other.kind !== 'materialExpired') return false;
  return one.materialId === undefined || other.materialId === undefined || one.materialId === other.materialId;
}

export const withFactId = (incident: Incident, id: string): Incident => ({
  ...incident,
  factIds: [...incident.factIds, id].slice(-MOST_FACT_IDS),
});
