/**
 * Somebody stands behind an incident. Its search is shared with every other incident they are behind: the first one begins it and asks
 * them whether it was them, all later ones join, and are told what was found and said so far.
 */
import type { Effect } from '../domain/effect.ts';
import { ownerOf } from '../domain/identity.ts';
import type { ChannelId, EffectId, IncidentId, Instant } from '../domain/ids.ts';
import { isOpen, keyOfIncident } from '../domain/incident.ts';
import { suspectOf } from '../domain/intruder.ts';
import { BEGINS_AGAIN, type Investigation, joined } from '../domain/investigation.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';

const MOST_AT_ONCE = 50;
const MOST_QUESTIONS = 5;

export const investigationOf = (house: House, principal: string): string =>
  house.hash(`principal ${principal}`).slice(0, 32);

export async function investigate(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  const suspect = incident === undefined || !isOpen(incident) ? undefined : suspectOf(incident);
  if (incident === undefined || suspect === undefined) return house.incidents.forget(errand.effect);
  const { principal, actor, fact } = suspect;
  const id = investigationOf(house, principal);
  const owner = ownerOf(actor, house.settings.identities);
  const asks = keyOfIncident(incident) === undefined ? {} : { asks: incident.id };
  const joining = { id, actor, deedAt: fact.at, ...asks, ...(owner === undefined ? {} : { owner }) };
  // Joined before the record is read: whoever ends a look writes the record first and reads who joined after that.
  await house.investigations.join(id, incident.id);
  const now = house.clock.now();
  const record = await house.investigations.change(id, (before) => joined(before, joining, now));
  if (record.nextAt !== undefined && record.nextAt <= now) {
    const { name, payload } = jobOf(house, id, record.nextAt);
    await house.queue.add('deeds', name, payload);
  }
  const { intruder, answer } = record;
  if (intruder !== undefined) await change(house, incident.id, { kind: 'investigated', principal, intruder });
  if (answer !== undefined) await change(house, incident.id, { kind: 'said', principal, answer });
  const question = questionOf(record, incident.id, principal, errand.effect);
  if (question === undefined || !(await mayBeAsked(house, record.owner ?? '')))
    return house.incidents.forget(errand.effect);
  await amend(house, incident.id, (known) => known, { add: [question], remove: [errand.effect] });
}

/** One message to the person, however many keys there are: the first one about a key asks. */
function questionOf(
  { id, owner, answer, asks }: Investigation,
  incident: IncidentId,
  principal: string,
  of: EffectId,
): Effect | undefined {
  if (owner === undefined || answer !== undefined || asks !== incident) return undefined;
  const reminder = { kind: 'wasThisYou', principal, investigation: id } as const;
  return { kind: 'remind', incident, reminder, volume: 'note', to: owner as ChannelId, of };
}

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

/** Looks that are due become jobs. */
export async function wakeInvestigations(house: House, now: Instant): Promise<void> {
  for (const { id, at } of await house.investigations.due(now, MOST_AT_ONCE)) {
    const { name, payload } = jobOf(house, id, at);
    await house.queue.ensure('deeds', name, payload);
  }
}
