/**
 * One search for one principal, shared by every incident they are behind: a wave of two thousand keys asks CloudTrail once. It looks
 * again, because the history lags, soon where another incident of theirs opened since, and begins anew when they are at it again later.
 */
import type { Actor, Fact } from './fact.ts';
import type { Duration, Instant, Person } from './ids.ts';
import type { Intruder } from './intruder.ts';

const MINUTE: Duration = 60_000;
/** When it looks, after its beginning: CloudTrail's history lags by 25 to 85 minutes by one public measurement. */
export const LOOKS: readonly Duration[] = [0, 15 * MINUTE, 60 * MINUTE, 120 * MINUTE];
/** How often a principal's search may begin anew, however many incidents name them. */
export const BEGINS_AGAIN: Duration = 10 * MINUTE;
/** Each place is searched for the same principal once in so long, whatever else they do. */
const LOOKS_APART: Duration = MINUTE;

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
  /** Somebody joined while a look was due or under way: another one follows soon. */
  readonly again?: true;
  /** The question to the person whose name it is; its answer is about this, too. */
  readonly question?: string;
  readonly intruder?: Intruder;
  /** What they did to keys that had no incident, for when they say it was not them. */
  readonly uncovered: readonly Fact[];
}

/** With another incident: begun, begun anew, or the one under way, which looks again soon. */
export function joined(
  before: Investigation | undefined,
  joining: { readonly id: string; readonly actor: Actor; readonly question?: string },
  now: Instant,
): Investigation {
  const { id, actor } = joining;
  const question = joining.question ?? before?.question;
  const asked = question === undefined ? {} : { question };
  if (before !== undefined && now - before.startedAt < BEGINS_AGAIN) {
    const next = lookingSoon(before, now);
    return next.question === question ? next : { ...next, ...asked };
  }
  return {
    id,
    actor,
    startedAt: now,
    nextAt: soonest(before, now),
    ...asked,
    ...(before?.intruder === undefined ? {} : { intruder: before.intruder }),
    uncovered: before?.uncovered ?? [],
  };
}

/** There is more to find by now. The very same record where that is known already. */
export function lookingSoon(before: Investigation, now: Instant): Investigation {
  const { nextAt } = before;
  if (nextAt !== undefined && nextAt <= now) return before.again === true ? before : { ...before, again: true };
  const at = soonest(before, now);
  return nextAt !== undefined && nextAt <= at ? before : { ...before, nextAt: at };
}

const soonest = (before: Investigation | undefined, now: Instant): Instant =>
  before?.intruder === undefined ? now : Math.max(now, before.intruder.lookedAt + LOOKS_APART);

/** A look begins: whoever joined by now is seen by it. */
export function looking(before: Investigation): Investigation {
  if (before.again === undefined) return before;
  const { again: _again, ...rest } = before;
  return rest;
}

/** What was found, and when it really looks next; a slot that was looked at, and is being told, is no next one. */
export function foundBy({ intruder, nextAt }: Investigation): Intruder | undefined {
  if (intruder === undefined || nextAt === undefined || nextAt < intruder.lookedAt) return intruder;
  return { ...intruder, nextLookAt: nextAt };
}

/** A "yes" is about what was done by then; of what they do next they are asked anew. */
export const isCovered = (answer: Answer, deedAt: Instant): boolean => !answer.wasMe || deedAt <= answer.at;

/** The look after one at `now`; looks that an outage has swallowed are one. `undefined`: that is the last. */
export const nextLookOf = ({ startedAt }: Investigation, now: Instant): Instant | undefined =>
  LOOKS.map((after) => startedAt + after).find((at) => at > now);

const MOST_UNCOVERED = 50;

/** What a look found, before anybody is told: its slot stays due until they were. */
export const withFindings = (
  before: Investigation,
  { intruder, uncovered }: { readonly intruder: Intruder; readonly uncovered: readonly Fact[] },
): Investigation => ({ ...before, intruder, uncovered: uncovered.slice(0, MOST_UNCOVERED) });

/** Whether the look at `slot` has found what it is to tell: whoever looks at a slot does so after it, and before the next one. */
export const hasLookedAt = ({ intruder }: Investigation, slot: Instant): boolean =>
  intruder !== undefined && intruder.lookedAt > slot;

/** What the look at `slot` found was told. What wants another look by now (a series that began anew) keeps its turn. */
export function looked(before: Investigation, slot: Instant): Investigation {
  if (before.nextAt !== slot || before.intruder === undefined) return before;
  const { nextAt: _nextAt, again, ...rest } = before;
  const { nextLookAt, lookedAt } = before.intruder;
  const nextAt = again === true ? Math.min(nextLookAt ?? Infinity, lookedAt + LOOKS_APART) : nextLookAt;
  return { ...rest, ...(nextAt === undefined ? {} : { nextAt }) };
}
