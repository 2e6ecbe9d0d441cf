/** An incident's due moment: a milestone, a further look at the key, or the next step of a search. */
import type { IncidentId, Instant } from '../domain/ids.ts';
import { isOpen, keyOfIncident } from '../domain/incident.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { look } from './look.ts';
import { searchKey } from './search-key.ts';

export async function comeDue(
  house: House,
  errand: { readonly incident: IncidentId; readonly dueAt: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  // An entry without a record would stay due for ever, and stand before others.
  if (incident === undefined) return house.incidents.neverDue(errand.incident);
  if (!isOpen(incident)) return;
  if (incident.search?.state === 'searching' && incident.search.nextAt <= house.clock.now())
    return searchKey(house, incident, errand.signal);
  const key = keyOfIncident(incident);
  if (key === undefined) return;
  const read = await look(house, key, errand.signal);
  await change(house, incident.id, { kind: 'due', read, late: house.settings.reminderTolerance });
}
