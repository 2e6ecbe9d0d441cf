/**
 * What somebody answered to "Was this you?" is told to every incident done under their name, and a "no" to people: at each key that is
 * still in danger, or, where none is, once about the latest of them. That a name is stolen is news when all keys are safe, too.
 */
import { callOf, type Fact } from '../domain/fact.ts';
import type { IncidentId, Instant } from '../domain/ids.ts';
import { isOpen, keyOfIncident } from '../domain/incident.ts';
import { suspectOf } from '../domain/intruder.ts';
import { lookingSoon } from '../domain/investigation.ts';
import { principalOf } from '../domain/principal.ts';
import { answerTold, type Question } from '../domain/question.ts';
import { remindersOf } from '../domain/speaking.ts';
import { amend, change } from './commit.ts';
import { changeAndGather } from './gather.ts';
import type { House } from './house.ts';
import { lookWithin, openingOfKey } from './look.ts';
import { stolenNameOf } from './question-ids.ts';

const INCIDENTS_AT_ONCE = 8;
const LOADED_AT_ONCE = 100;

/** An incident done under the name. `theirs`: they are still the one behind it. */
interface Done {
  readonly id: IncidentId;
  readonly principal: string;
  readonly openedAt: Instant;
  readonly open: boolean;
  readonly theirs: boolean;
  readonly ofKey: boolean;
}

export async function tellAnswer(house: House, question: Question, slot: Instant): Promise<void> {
  const { answer } = question;
  if (question.nextAt !== slot || answer === undefined) return;
  const { id, owner, name, investigations } = question;
  if (!answer.wasMe) {
    // Found by the name alone, where the configuration names nobody for it.
    const stolen = stolenNameOf(house, name);
    await house.investigations.changeQuestion(stolen, () => ({
      id: stolen,
      owner,
      name,
      askedAt: answer.at,
      investigations: [],
      answer,
    }));
  }
  const done = await doneUnder(house, question);
  const theirs = done.filter((one) => one.theirs);
  const aloud = new Set(theirs.filter(({ open }) => open).map((one) => one.id));
  const [latest] = [...theirs].sort(newestFirst);
  if (aloud.size === 0 && latest !== undefined) aloud.add(latest.id);
  await inBatches(theirs, INCIDENTS_AT_ONCE, ({ id: incident, principal }) =>
    change(house, incident, { kind: 'said', principal, answer, quietly: !aloud.has(incident) }),
  );
  if (!answer.wasMe) {
    // Each of their keys is somebody else's story by now: the latest of them still says it.
    const [other] = theirs.length > 0 ? [] : done.filter(({ ofKey }) => ofKey).sort(newestFirst);
    const reminder = { kind: 'notMe', by: answer.by, at: answer.at, name } as const;
    if (other !== undefined)
      await amend(house, other.id, (incident) => incident, {
        add: remindersOf({ id: other.id }, reminder, 'everyone'),
      });
    for (const investigation of investigations) await raiseUncovered(house, investigation);
  }
  await house.investigations.changeQuestion(id, (before) => answerTold(before ?? question, slot));
}

/** How many incidents done under that name there are, and how many of them are open. */
export async function standingOf(
  house: House,
  question: Question,
): Promise<{ readonly all: number; readonly open: number }> {
  const done = await doneUnder(house, question);
  return { all: done.length, open: done.filter(({ open, theirs }) => open && theirs).length };
}

const newestFirst = (one: Done, other: Done): number => other.openedAt - one.openedAt;

async function doneUnder(house: House, { investigations }: Question): Promise<readonly Done[]> {
  const done = new Map<IncidentId, Done>();
  for (const id of investigations) {
    const record = await house.investigations.get(id);
    const principal = record === undefined ? undefined : principalOf(record.actor);
    if (principal === undefined) continue;
    await inBatches(chunked(await house.investigations.incidents(id)), 1, async (ids) => {
      for (const incident of await house.incidents.loadMany(ids)) {
        const theirs = suspectOf(incident)?.principal === principal;
        if (!theirs && done.has(incident.id)) continue;
        done.set(incident.id, {
          id: incident.id,
          principal,
          openedAt: incident.openedAt,
          open: isOpen(incident),
          theirs,
          ofKey: keyOfIncident(incident) !== undefined,
        });
      }
    });
  }
  return [...done.values()];
}

/** What they touched and nobody looks after; and CloudTrail is asked for more. */
async function raiseUncovered(house: House, investigation: string): Promise<void> {
  const record = await house.investigations.get(investigation);
  if (record === undefined) return;
  await raise(house, record.uncovered);
  const now = house.clock.now();
  await house.investigations.change(investigation, (before) => lookingSoon(before ?? record, now));
}

/** Keys that somebody touched under a name that was not theirs to use get incidents; each then joins the search, and hears the answer. */
export async function raise(house: House, facts: readonly Fact[]): Promise<void> {
  await inBatches(facts, INCIDENTS_AT_ONCE, async (fact) => {
    if (!('key' in fact.body)) return;
    const { key } = fact.body;
    const actor = callOf(fact.body)?.actor;
    // Whoever acts under our own roles without us is found as that, by the echo that is missing.
    if (actor !== undefined && house.keys.isOurs(actor) !== false) return;
    const [memory, read] = await Promise.all([
      house.index.get(key),
      lookWithin(house, key, house.settings.firstReadWithin),
    ]);
    const opening = openingOfKey(house, key, memory);
    const suspicion = { kind: 'suspected', fact, opening, ...(read === undefined ? {} : { read }) } as const;
    await changeAndGather(house, opening.id, suspicion);
  });
}

export const chunked = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / LOADED_AT_ONCE) }, (_, index) =>
    all.slice(index * LOADED_AT_ONCE, (index + 1) * LOADED_AT_ONCE),
  );

export async function inBatches<T, R>(
  all: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += atOnce)
    results.push(...(await Promise.all(all.slice(from, from + atOnce).map(work))));
  return results;
}
