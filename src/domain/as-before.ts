/** Whether an incident waits for its key to be as it was beside its state, and when that is looked at again. */

import type { Effect } from './effect.ts';
import type { Duration, Instant, Person } from './ids.ts';
import { actionsOfRound, type DangerKind, type Incident, isOpen } from './incident.ts';
import { isAsBefore, isOtherwise } from './shape-difference.ts';

export interface Acceptance {
  readonly by: Person;
  readonly at: Instant;
  readonly what?: string;
}

const WISHES: readonly DangerKind[] = ['action', 'deletionPlanned'];

/** Nothing was ever the matter but a wish of ours. */
export const isOnlyWished = ({ dangers }: Incident): boolean => dangers.every(({ kind }) => WISHES.includes(kind));

/** How long a read of KMS may lag behind a change: a policy that reads as before right after it was changed proves nothing. */
const CONSISTENCY: Duration = 60_000;
const SOONEST: Duration = 30_000;
const LATEST: Duration = 3_600_000;

/** What a change of the policy makes a danger of. */
const OF_POLICY: readonly DangerKind[] = ['policyChanged', 'rescueBlocked'];

/** The newest change of the policy that is known of. Once a rescue is blocked, another one stands in the timeline alone. */
export function policyChangedAt({ dangers, timeline }: Incident): Instant | undefined {
  const told = timeline.map(({ body }) => (body.kind === 'fact' ? body.fact : undefined));
  const moments = [
    ...dangers.filter(({ kind }) => OF_POLICY.includes(kind)).map(({ lastAt }) => lastAt),
    ...told.filter((fact) => fact?.body.kind === 'policyChanged').map((fact) => fact?.at ?? 0),
  ];
  return moments.length === 0 ? undefined : Math.max(...moments);
}

/** A change of the policy is a danger here, and whether a rescue would pass was not judged since KMS must show it. */
export function isUnjudged(incident: Incident): boolean {
  const changedAt = policyChangedAt(incident);
  if (changedAt === undefined || !incident.dangers.some(({ kind }) => OF_POLICY.includes(kind))) return false;
  return (incident.knowledge?.cancelling?.checkedAt ?? 0) < changedAt + CONSISTENCY;
}

const isCalm = ({ read }: Incident): boolean =>
  read?.kind === 'read' && (read.snapshot.state === 'Enabled' || read.snapshot.state === 'Disabled');

/**
 * The key is out of danger and not as it was: nobody may take that for over. After an action of ours also what could not be
 * compared counts; after somebody else's only what is known to be otherwise.
 */
export function isNotAsBefore(incident: Incident): boolean {
  const comparison = incident.knowledge?.comparison;
  if (comparison === undefined || !isCalm(incident)) return false;
  const ending = actionsOfRound(incident).at(-1)?.ending;
  return ending?.kind === 'amber' && ending.why === 'notAsBefore' ? !isAsBefore(comparison) : isOtherwise(comparison);
}

/**
 * The policy that somebody changed is again as it was before that, or was accepted. Last good must be older than the change: a
 * survey may have taken the changed one for good before the event was here.
 */
export function isPolicyBack(incident: Incident): boolean {
  const danger = incident.dangers.find(({ kind }) => kind === 'policyChanged');
  const comparison = incident.knowledge?.comparison;
  if (danger === undefined || comparison === undefined) return false;
  if (comparison.accepted !== undefined) return comparison.accepted.at > danger.lastAt;
  return (
    isAsBefore(comparison) &&
    comparison.against.kind === 'lastGood' &&
    !comparison.standIns.includes('policy') &&
    comparison.against.takenAt < danger.firstAt &&
    comparison.checkedAt >= danger.lastAt + CONSISTENCY
  );
}

/**
 * The policy was changed, and nothing here can tell whether it is as before: last good is no older than the change, or there is none.
 * Only a person can say that it is how it should be.
 */
export function isPolicyUntold(incident: Incident): boolean {
  const danger = incident.dangers.find(({ kind }) => kind === 'policyChanged');
  const comparison = incident.knowledge?.comparison;
  if (danger === undefined || comparison === undefined || !isCalm(incident) || !isAsBefore(comparison)) return false;
  return comparison.checkedAt >= danger.lastAt + CONSISTENCY && !isPolicyBack(incident);
}

/** Who said that a key which is not as it was is how it should be, and what of it, in a few words; of this round. */
export function acceptanceOf({ knowledge, timeline }: Incident): Acceptance | undefined {
  const { accepted } = knowledge?.comparison ?? {};
  if (accepted === undefined) return undefined;
  const told = timeline.findLast(({ body }) => body.kind === 'accepted')?.body;
  return { ...accepted, ...(told?.kind === 'accepted' ? { what: told.what } : {}) };
}

/** A person's word may end what no comparison ends. */
export const mayBeAccepted = (incident: Incident): boolean => isNotAsBefore(incident) || isPolicyUntold(incident);

const waits = (incident: Incident): boolean =>
  isOpen(incident) &&
  isCalm(incident) &&
  incident.knowledge?.comparison !== undefined &&
  (isNotAsBefore(incident) ||
    isUnjudged(incident) ||
    (incident.dangers.some(({ kind }) => kind === 'policyChanged') && !isPolicyBack(incident)));

/** When it is compared again: soon at first and after each change of the policy, then ever more rarely, an hour at most. */
export function comparedAgainAt(incident: Incident, now: Instant): Instant | undefined {
  if (!waits(incident)) return undefined;
  const foundAt = incident.knowledge?.comparison?.comparedAt ?? incident.openedAt;
  const since = Math.max(foundAt, policyChangedAt(incident) ?? foundAt);
  return now + Math.min(LATEST, Math.max(SOONEST, (now - since) / 2));
}

/** What is to be read again; not twice within a moment. */
export function comparesAgain(incident: Incident, now: Instant): readonly Effect[] {
  const checkedAt = incident.knowledge?.comparison?.checkedAt ?? 0;
  return waits(incident) && now - checkedAt >= SOONEST / 2
    ? [{ kind: 'learn', incident: incident.id, owed: ['shape'] }]
    : [];
}
