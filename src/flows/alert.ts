/** The loudest reminder: besides the card's thread, the fallback channel hears it and every approver in person. */
import type { Effect, Reminder } from '../domain/effect.ts';
import { type Gathering, shownOn, speaking, wokenBy, wokenByOthers } from '../domain/gathering.ts';
import type { ChannelId, Duration, EffectId, IncidentId } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import { amend } from './commit.ts';
import { alertMark, handOn, mayAgree } from './hand-on.ts';
import type { House } from './house.ts';
import { amendGathering } from './shared-record.ts';

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
    const wave = await waveOf(house, incident);
    // Open again, or closed: the one is no news any more, the other not true any more. A stolen name stays stolen.
    if (isOpen(incident) === (reminder.kind === 'over') && reminder.kind !== 'notMe') {
      const promised = wave === undefined ? [] : wokenBy(wave, alertMark(reminder), incident.id, house.clock.now());
      await handOn(
        house,
        incident,
        { id: errand.effect, reminder },
        promised.filter((to) => !told.includes(to)),
      );
      return house.incidents.forget(errand.effect);
    }
    if (wave !== undefined && isToldTogether(wave, reminder)) return house.incidents.forget(errand.effect);
    const heard = wave === undefined ? [] : wokenByOthers(wave, alertMark(reminder), incident.id, house.clock.now());
    const { receivers, unsure } = await receiversOf(house, incident, heard);
    const fresh = receivers.filter((to) => !told.includes(to));
    const waits = unsure !== undefined && house.clock.now() - pending.since < LOOKED_FOR;
    const missing = new Error('not every approver could be found to be woken');
    if (waits && fresh.length === 0) throw missing;
    const mine = wave === undefined ? fresh : await promise(house, wave, incident, reminder, fresh);
    const add = mine.map(
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

async function waveOf(house: House, incident: Incident): Promise<Gathering | undefined> {
  const shown = shownOn(incident);
  return shown.on === 'wave' ? house.gatherings.load(shown.gathering) : undefined;
}

/** Of a wave, everybody who was woken by it hears when all of it is over; what is lost they hear at once. */
const isToldTogether = ({ woken = [] }: Gathering, reminder: Reminder): boolean =>
  reminder.kind === 'over' && reminder.outcome !== 'deleted' && woken.length > 0;

/** Sixty keys of a wave wake nobody sixty times: each of them takes upon itself only whom no other has woken. */
async function promise(
  house: House,
  wave: Gathering,
  { id }: Incident,
  reminder: Reminder,
  receivers: readonly ChannelId[],
): Promise<readonly ChannelId[]> {
  const mark = alertMark(reminder);
  const now = house.clock.now();
  let after = wave;
  await amendGathering(house, wave.id, (stored) => {
    after = speaking(stored, { mark, by: id, receivers }, now);
    return after === stored ? undefined : after;
  });
  const promised = wokenBy(after, mark, id, now);
  return receivers.filter((to) => promised.includes(to));
}

/** `heard`: who knows already. */
async function receiversOf(
  house: House,
  incident: Incident,
  heard: readonly ChannelId[],
): Promise<{ readonly receivers: readonly ChannelId[]; readonly unsure?: string }> {
  const { people, unsure } = await house.people.holders('approver');
  const able: string[] = [];
  const knows = (to: string): boolean => (heard as readonly string[]).includes(to);
  for (const person of people)
    if (!knows(person.user) && (await mayAgree(house, person, incident))) able.push(person.user);
  if (able.length > MOST_WOKEN)
    house.log.warn({ incident: incident.id, count: able.length }, 'more approvers than are woken in person');
  const fallback = house.settings.fallbackChannel;
  const elsewhere = fallback === undefined || fallback === incident.card.channel || knows(fallback) ? [] : [fallback];
  const most = Math.max(0, MOST_WOKEN + 1 - heard.length);
  const receivers = [...elsewhere, ...new Set(able)].slice(0, most) as ChannelId[];
  return { receivers, ...(unsure === undefined ? {} : { unsure }) };
}
