/** The loudest reminder: besides the card's thread, the fallback channel hears it and every approver in person. */
import type { Effect } from '../domain/effect.ts';
import type { ChannelId, EffectId, IncidentId } from '../domain/ids.ts';
import { isOpen } from '../domain/incident.ts';
import { amend } from './commit.ts';
import type { House } from './house.ts';

/** However many approvers there are, so many are woken. */
const MOST_WOKEN = 30;

export async function alertEverybody(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const pending = await house.incidents.effect(errand.effect);
  const incident = await house.incidents.load(errand.incident);
  if (pending?.effect.kind !== 'alert' || incident === undefined || !isOpen(incident))
    return house.incidents.forget(errand.effect);
  const { reminder } = pending.effect;
  const holders = await house.people.holders('approver');
  if (holders.unsure !== undefined)
    house.log.warn({ incident: incident.id, reason: holders.unsure }, 'not every approver could be found to be woken');
  const people = [...new Set(holders.people.map(({ user }) => user))].slice(0, MOST_WOKEN);
  const fallback = house.settings.fallbackChannel;
  const elsewhere = fallback === undefined || fallback === incident.card.channel ? [] : [fallback];
  const add = [...elsewhere, ...people].map(
    (to): Effect => ({ kind: 'remind', incident: incident.id, reminder, volume: 'everyone', to: to as ChannelId }),
  );
  // One save: a second run finds the effect done.
  await amend(house, incident.id, (now) => now, { add, remove: [errand.effect] });
}
