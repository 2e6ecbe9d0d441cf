/**
 * Containment, and what the person behind a danger says of it. A hold is somebody's will that a key stays off: a rescue cancels the
 * deletion and leaves it off, enabling takes an approver, and the incident stays open until the hold is released. It outlives rounds.
 */
import type { Asker } from './action.ts';
import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import type { Instant, Person } from './ids.ts';
import type { Incident } from './incident.ts';
import { type Intruder, saysTheSame, suspectOf } from './intruder.ts';
import { type Answer, isCovered } from './investigation.ts';
import type { Decision } from './reading.ts';
import { noted, touched, withDanger, withFactId } from './record.ts';
import { remindersOf } from './speaking.ts';

export interface Hold {
  readonly by: Person;
  readonly at: Instant;
  readonly reason: string;
}

/** Puts a key on hold. */
export const withHold = (incident: Incident, hold: Hold): Incident =>
  touched(noted({ ...incident, hold }, hold.at, { kind: 'held', hold }));

/** Ends a hold; whoever released it may also be who had the key enabled with an approver's consent. */
export function released(incident: Incident, by: Asker, now: Instant): Incident {
  const { hold, ...rest } = incident;
  return hold === undefined ? incident : touched(noted(rest, now, { kind: 'released', by, hold }));
}

/** A call of somebody who says it was not them, on a key that had no incident. */
export function withSuspicion(incident: Incident, fact: Fact): Incident {
  const known = incident.dangers.find(({ kind }) => kind === 'suspect')?.fact;
  if (known !== undefined && known.id === fact.id) return incident;
  const told = incident.factIds.includes(fact.id)
    ? incident
    : noted(withFactId(incident, fact.id), fact.at, { kind: 'fact', fact });
  return touched(withDanger(told, 'suspect', fact.at, fact));
}

/**
 * What they say is noted; a "no" is as loud as can be, once, unless it is only noted here (`quietly`). `undefined`: it changes nothing, because that was said before, or
 * somebody else is behind it.
 */
export function withAnswer(
  incident: Incident,
  principal: string,
  answer: Answer,
  quietly = false,
): Decision | undefined {
  const { said } = incident;
  const suspect = suspectOf(incident);
  if (suspect?.principal !== principal || !isCovered(answer, suspect.fact.at)) return undefined;
  // A "no" stands: nothing said later makes it quieter.
  if (said !== undefined && (!said.wasMe || answer.wasMe)) return undefined;
  const next = touched(noted({ ...incident, said: answer }, answer.at, { kind: 'said', answer }));
  const effects: readonly Effect[] =
    answer.wasMe || quietly ? [] : remindersOf(next, { kind: 'notMe', by: answer.by, at: answer.at }, 'everyone');
  return { incident: next, effects };
}

/** Takes in what a look at CloudTrail found; `undefined`: nothing new, or it is about somebody else. */
export function withIntruder(incident: Incident, principal: string, intruder: Intruder): Incident | undefined {
  if (suspectOf(incident)?.principal !== principal) return undefined;
  const before = incident.knowledge?.intruder;
  if (before !== undefined && saysTheSame(before, intruder)) return undefined;
  const next: Incident = { ...incident, knowledge: { ...incident.knowledge, intruder } };
  if (before !== undefined && before.count === intruder.count && before.uncoveredCount === intruder.uncoveredCount)
    return touched(next);
  const { count, uncoveredCount, placesSearched, unsearchedCount } = intruder;
  const body = {
    kind: 'investigated',
    count,
    uncovered: uncoveredCount,
    places: placesSearched,
    unsearched: unsearchedCount,
  } as const;
  return touched(noted(next, intruder.lookedAt, body));
}
