/** An incident's due moment: a milestone, a further look at the key, or the next step of a search. */
import type { IncidentId, Instant } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { recoveryDue } from '../domain/recovery.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { look } from './look.ts';
import { countRefusals } from './look-back.ts';
import { lookForUse } from './look-for-use.ts';
import { searchKey } from './search-key.ts';

export async function comeDue(
  house: House,
  errand: { readonly incident: IncidentId; readonly dueAt: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  // An entry without a record would stay due for ever, and stand before others.
  if (incident === undefined) return house.incidents.neverDue(errand.incident);
  if (!isOpen(incident)) return afterRescue(house, incident, errand.signal);
  if (incident.search?.state === 'searching' && incident.search.nextAt <= house.clock.now())
    return searchKey(house, incident, errand.signal);
  const key = keyOfIncident(incident);
  if (key === undefined) return;
  const read = await look(house, key, errand.signal);
  const outcome = await change(house, incident.id, { kind: 'due', read, late: house.settings.reminderTolerance });
  if (outcome.kind === 'saved' && marksTold(outcome.incident) > marksTold(incident))
    await countRefusals(house, outcome.incident, key, errand.signal);
}

/** Milestones of both countdowns that were reached. */
const marksTold = ({ countdown, losses }: Incident): number =>
  (countdown?.told.length ?? 0) + (losses?.told.length ?? 0);

/** A closed incident is looked after for a while: has anybody used the key again? */
async function afterRescue(house: House, incident: Incident, signal: AbortSignal): Promise<void> {
  const key = keyOfIncident(incident);
  if (key !== undefined && recoveryDue(incident, house.clock.now()) !== undefined)
    return lookForUse(house, incident, key, signal);
  // A save takes the entry out, unless the record was reopened meanwhile.
  await amend(house, incident.id, (now) => (isOpen(now) ? undefined : now));
}
