/**
 * One search for one principal, shared by every incident they are behind: a wave of two thousand keys asks CloudTrail once. It looks
 * again, because the history lags, and begins anew when they are at it again later.
 */
import type { Actor, Fact } from './fact.ts';
import type { Duration, IncidentId, Instant, Person } from './ids.ts';
import type { Intruder } from './intruder.ts';

const MINUTE: Duration = 60_000;
/** When it looks, after its beginning: CloudTrail's history lags by 25 to 85 minutes by one public measurement. */
export const LOOKS: readonly Duration[] = [0, 15 * MINUTE, 60 * MINUTE, 120 * MINUTE];
/** How often a principal's search may begin anew, however many incidents name them. */
export const BEGINS_AGAIN: Duration = 10 * MINUTE;

/** What the person themselves says of it. */
export interface Answer {
  readonly wasMe: boolean;
  readonly by: Person;
  readonly at: Instant;
}

export interface Investigation {
  /** Hash of the principal's name. */
  readonly id: string;
  readonly actor: Actor;
  readonly startedAt: Instant;
  /** When it looks next; absent: it has looked its last. */
  readonly nextAt?: Instant;
  /** The first incident about a key: that one asks the person. */
  readonly asks?: IncidentId;
  /** Slack user id of who is asked whether it was them; nobody else may answer. */
  readonly owner?: string;
  readonly answer?: Answer;
  readonly intruder?: Intruder;
  /** What they did to keys that had no incident, for when they say it was not them. */
  readonly uncovered: readonly Fact[];
}

/** With another incident: begun, begun anew, or the one under way (then the very same record). */
export function joined(
  before: Investigation | undefined,
  joining: {
    readonly id: string;
    readonly actor: Actor;
    readonly asks?: IncidentId;
    readonly owner?: string;
    /** When they did what it joins for. */
    readonly deedAt?: Instant;
  },
  now: Instant,
): Investigation {
  const { id, actor, asks, owner, deedAt } = joining;
  if (before !== undefined && now - before.startedAt < BEGINS_AGAIN && isCovered(before.answer, deedAt))
    return before.asks !== undefined || asks === undefined ? before : { ...before, asks };
  return {
    id,
    actor,
    startedAt: now,
    nextAt: now,
    ...(asks === undefined ? {} : { asks }),
    ...(owner === undefined ? {} : { owner }),
    // Who said it was not them says so of what comes after; a yes was about what they were shown.
    ...(before?.answer?.wasMe === false ? { answer: before.answer } : {}),
    ...(before?.intruder === undefined ? {} : { intruder: before.intruder }),
    uncovered: before?.uncovered ?? [],
  };
}

/** A "yes" is about what was done by then; of what they do next they are asked anew. */
export const isCovered = (answer: Answer | undefined, deedAt: Instant | undefined): boolean =>
  answer === undefined || !answer.wasMe || deedAt === undefined || deedAt <= answer.at;

/** The look after one at `now`; looks that an outage has swallowed are one. `undefined`: that is the last. */
export const nextLookOf = ({ startedAt }: Investigation, now: Instant): Instant | undefined =>
  LOOKS.map((after) => startedAt + after).find((at) => at > now);

const MOST_UNCOVERED = 50;

/** After a look at `slot`. What wants another look by now (a series that began anew, an answer) keeps its turn. */
export function looked(
  before: Investigation,
  look: { readonly slot: Instant; readonly intruder: Intruder; readonly uncovered: readonly Fact[] },
): Investigation {
  const found = { intruder: look.intruder, uncovered: look.uncovered.slice(0, MOST_UNCOVERED) };
  if (before.nextAt !== look.slot) return { ...before, ...found };
  const { nextAt: _nextAt, ...rest } = before;
  const { nextLookAt } = look.intruder;
  return { ...rest, ...found, ...(nextLookAt === undefined ? {} : { nextAt: nextLookAt }) };
}

/** With what they say; it looks at once, and so tells every incident of it. `undefined`: a "no" stands, a word is said once. */
export function answered(before: Investigation, answer: Answer): Investigation | undefined {
  const said = before.answer;
  if (said !== undefined && (!said.wasMe || answer.wasMe)) return undefined;
  return { ...before, answer, nextAt: answer.at };
}
