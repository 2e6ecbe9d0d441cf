/** The loudest reminder: besides the card's thread, the fallback channel hears it and every approver in person. */
import type { Effect, Reminder } from '../domain/effect.ts';
import { shownOn, speakerOf, spokenFor } from '../domain/gathering.ts';
import type { ChannelId, Duration, EffectId, IncidentId, Person } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { amend } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { alertMark } from './remind-together.ts';
import { amendGathering } from './send-shared.ts';

/** However many approvers there are, so many are woken. */
const MOST_WOKEN = 30;
/** So long approvers who could not be found are looked for; the next mark looks again. */
const LOOKED_FOR: Duration = 3_600_000;
const MOST_RACES = 20;

/** Hands the reminder on to everybody who can be found, each once. Rejects while somebody could not: the queue tries again. */
export async function alertEverybody(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const incident = await house.incidents.load(errand.incident);
    // After the record: what another run did since then has changed its version.
    const pending = await house.incidents.effect(errand.effect);
    if (pending === undefined) return;
    if (pending.effect.kind !== 'alert' || incident === undefined) return house.incidents.forget(errand.effect);
    const { reminder, told = [] } = pending.effect;
    // Open again, or closed: the one is no news any more, the other not true any more.
    if (isOpen(incident) === (reminder.kind === 'over')) return house.incidents.forget(errand.effect);
    if (told.length === 0 && (await isSaidByAnother(house, incident, reminder)))
      return house.incidents.forget(errand.effect);
    const { receivers, unsure } = await receiversOf(house, incident);
    const fresh = receivers.filter((to) => !told.includes(to));
    const waits = unsure !== undefined && house.clock.now() - pending.since < LOOKED_FOR;
    const missing = new Error('not every approver could be found to be woken');
    if (waits && fresh.length === 0) throw missing;
    const add = fresh.map(
      (to): Effect => ({ kind: 'remind', incident: incident.id, reminder, volume: 'everyone', to, of: errand.effect }),
    );
    const rest = { ...pending, effect: { ...pending.effect, told: [...told, ...fresh] } };
    const saved = await amend(
      house,
      incident.id,
      (now) => (now.version === incident.version ? now : undefined),
      waits ? { add, replace: [rest] } : { add, remove: [errand.effect] },
    );
    if (saved === undefined) continue;
    if (waits) throw missing;
    if (unsure !== undefined)
      house.log.warn({ incident: incident.id, reason: unsure }, 'not every approver could be found to be woken');
    return;
  }
  throw new Error('the record kept changing under every attempt to hand a reminder on');
}

/** Sixty keys of a wave wake nobody sixty times: one of them speaks for the wave, and says so. */
async function isSaidByAnother(house: House, incident: Incident, reminder: Reminder): Promise<boolean> {
  const shown = shownOn(incident);
  if (shown.on !== 'wave') return false;
  const now = house.clock.now();
  const wave = await amendGathering(house, shown.gathering, (gathering) =>
    spokenFor(gathering, alertMark(reminder), incident.id, now),
  );
  return wave !== undefined && speakerOf(wave, alertMark(reminder), now) !== incident.id;
}

async function receiversOf(
  house: House,
  incident: Incident,
): Promise<{ readonly receivers: readonly ChannelId[]; readonly unsure?: string }> {
  const { people, unsure } = await house.people.holders('approver');
  const able: string[] = [];
  for (const person of people) if (await mayAgree(house, person, incident)) able.push(person.user);
  if (able.length > MOST_WOKEN)
    house.log.warn({ incident: incident.id, count: able.length }, 'more approvers than are woken in person');
  const fallback = house.settings.fallbackChannel;
  const elsewhere = fallback === undefined || fallback === incident.card.channel ? [] : [fallback];
  const receivers = [...elsewhere, ...new Set(able)].slice(0, MOST_WOKEN + 1) as ChannelId[];
  return { receivers, ...(unsure === undefined ? {} : { unsure }) };
}

/** Whoever may do nothing about this key need not be woken, nor read of it. */
async function mayAgree(house: House, person: Person, incident: Incident): Promise<boolean> {
  const key = keyOfIncident(incident);
  if (key === undefined) return false;
  const { verdict } = await judgeNow(house, { act: 'approve', person, key, incident });
  return verdict.kind !== 'denied';
}
