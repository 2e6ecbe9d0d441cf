/**
 * "Was this you?": one record for each person and name they act under. Whatever is done under that name, in whichever account, is one
 * question, and one answer is for all of it.
 */
import type { Duration, EffectId, IncidentId, Instant } from './ids.ts';
import { type Answer, isCovered, LOOKS } from './investigation.ts';

const HOUR: Duration = 3_600_000;
/** So long a "no" is true of whatever is done next under that name. */
export const NO_STANDS: Duration = 48 * HOUR;
/** Whoever has not answered is asked again for what is done after so long: when the looks of a search are over. */
const ASKS_AGAIN: Duration = Math.max(...LOOKS);
const MOST_INVESTIGATIONS = 50;

export interface Question {
  /** Hash of the person and the name. */
  readonly id: string;
  /** Slack user id of who is asked; nobody else may answer. */
  readonly owner: string;
  /** User or session name that the deeds bear. */
  readonly name: string;
  readonly askedAt: Instant;
  /** The incident that asks: the first one about a key. */
  readonly asks?: IncidentId;
  /** What made it ask: run again, that asks the same once more; whatever comes later of the same key asks nothing. */
  readonly askedBy?: EffectId;
  /** The searches for the principals of that name, newest last; bounded. */
  readonly investigations: readonly string[];
  readonly answer?: Answer;
  /** The answer is to be told by then; absent: it was, or there is none. */
  readonly nextAt?: Instant;
}

/** With another deed under that name: the question that stands (perhaps the very same record), or a new one. */
export function asked(
  before: Question | undefined,
  deed: {
    readonly id: string;
    readonly owner: string;
    readonly name: string;
    readonly investigation: string;
    readonly asks?: IncidentId;
    readonly askedBy: EffectId;
    /** When it was done. */
    readonly at: Instant;
  },
  now: Instant,
): Question {
  const { id, owner, name, investigation, askedBy } = deed;
  const { investigations = [] } = before ?? {};
  const question: Question =
    before !== undefined && stands(before, deed.at, now) ? before : { id, owner, name, askedAt: now, investigations };
  const asks = question.asks ?? deed.asks;
  if (question.asks === asks && question.investigations.includes(investigation)) return question;
  return {
    ...question,
    ...(asks === undefined ? {} : { asks }),
    ...(question.asks === undefined && asks !== undefined ? { askedBy } : {}),
    investigations: [...new Set([...question.investigations, investigation])].slice(-MOST_INVESTIGATIONS),
  };
}

/** A "no" for two days, a "yes" for what was done by then; without an answer as long as it is fresh. */
function stands({ answer, askedAt }: Question, deedAt: Instant, now: Instant): boolean {
  if (answer === undefined) return now - askedAt < ASKS_AGAIN;
  return answer.wasMe ? isCovered(answer, deedAt) : now - answer.at < NO_STANDS;
}

/** The "no" that holds for whatever is done under that name. */
export const noThatStands = (question: Question | undefined, now: Instant): Answer | undefined =>
  question?.answer?.wasMe === false && now - question.answer.at < NO_STANDS ? question.answer : undefined;

/** With what they say, to be told at once. `undefined`: a "no" stands, a word is said once. */
export function answered(before: Question, answer: Answer): Question | undefined {
  const said = before.answer;
  if (said !== undefined && (!said.wasMe || answer.wasMe)) return undefined;
  return { ...before, answer, nextAt: answer.at };
}

/** The answer given at `slot` was told to everybody it is for. */
export function answerTold(before: Question, slot: Instant): Question {
  if (before.nextAt !== slot) return before;
  const { nextAt: _nextAt, ...rest } = before;
  return rest;
}
