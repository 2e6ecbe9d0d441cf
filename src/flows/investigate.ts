/**
 * Somebody stands behind an incident. Its search is shared with every other incident they are behind: the first one begins it and asks
 * them whether it was them, all later ones join, and are told what was found and said so far.
 */
import type { Effect } from '../domain/effect.ts';
import { ownerOf } from '../domain/identity.ts';
import type { ChannelId, EffectId, IncidentId, Instant } from '../domain/ids.ts';
import { isOpen, keyOfIncident } from '../domain/incident.ts';
import { suspectOf } from '../domain/intruder.ts';
import { BEGINS_AGAIN, foundBy, joined } from '../domain/investigation.ts';
import { asked, noThatStands } from '../domain/question.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { investigationOf, nameOfDeed, questionOf, stolenNameOf } from './question-ids.ts';

const MOST_AT_ONCE = 50;
const MOST_QUESTIONS = 5;

export async function investigate(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  const suspect = incident === undefined || !isOpen(incident) ? undefined : suspectOf(incident);
  if (incident === undefined || suspect === undefined) return house.incidents.forget(errand.effect);
  const { principal, actor, fact } = suspect;
  const id = investigationOf(house, principal);
  const name = nameOfDeed(actor, principal);
  const owner = ownerOf(actor, house.settings.identities);
  const question = owner === undefined ? stolenNameOf(house, name) : questionOf(house, owner, name);
  // Joined before the record is read: whoever ends a look writes the record first and reads who joined after that.
  await house.investigations.join(id, incident.id);
  const now = house.clock.now();
  const record = await house.investigations.change(id, (before) => joined(before, { id, actor, question }, now));
  if (record.nextAt !== undefined && record.nextAt <= now) {
    const { name: job, payload } = jobOf(house, id, record.nextAt);
    await house.queue.add('deeds', job, payload);
  }
  const intruder = foundBy(record);
  if (intruder !== undefined) await change(house, incident.id, { kind: 'investigated', principal, intruder });
  // After the record, for the same reason: whoever tells an answer goes from the question to the searches it names.
  const ofKey = keyOfIncident(incident) === undefined ? {} : { asks: incident.id };
  const deed = { id: question, name, investigation: id, at: fact.at, askedBy: errand.effect, ...ofKey };
  const standing =
    owner === undefined
      ? await house.investigations.question(question)
      : await house.investigations.changeQuestion(question, (before) => asked(before, { ...deed, owner }, now));
  const answer = owner === undefined ? noThatStands(standing, now) : standing?.answer;
  if (answer !== undefined) await change(house, incident.id, { kind: 'said', principal, answer });
  const asking = owner !== undefined && answer === undefined && standing?.askedBy === errand.effect;
  if (!asking || !(await mayBeAsked(house, owner))) return house.incidents.forget(errand.effect);
  await amend(house, incident.id, (known) => known, {
    add: [messageTo(owner, incident.id, { principal, question, of: errand.effect })],
    remove: [errand.effect],
  });
}

/** One message to the person, however many keys there are: the first one about a key asks. */
const messageTo = (
  owner: string,
  incident: IncidentId,
  { principal, question, of }: { readonly principal: string; readonly question: string; readonly of: EffectId },
): Effect => ({
  kind: 'remind',
  incident,
  reminder: { kind: 'wasThisYou', principal, question },
  volume: 'note',
  to: owner as ChannelId,
  of,
});

/** Every run of a script may be a session of its own: whoever is asked about five of them in a while has heard it. */
async function mayBeAsked(house: House, owner: string): Promise<boolean> {
  for (let place = 0; place < MOST_QUESTIONS; place += 1)
    if (await house.seen.first(`was this you ${owner} ${place}`, BEGINS_AGAIN)) return true;
  return false;
}

const jobOf = (house: House, investigation: string, slot: Instant) => ({
  name: `deeds-${house.hash(`${investigation} ${slot}`).slice(0, 32)}`,
  payload: { investigation, slot },
});

/** Looks that are due become jobs, and answers that are to be told. */
export async function wakeInvestigations(house: House, now: Instant): Promise<void> {
  for (const { id, at } of await house.investigations.due(now, MOST_AT_ONCE)) {
    const { name, payload } = jobOf(house, id, at);
    await house.queue.ensure('deeds', name, payload);
  }
}
