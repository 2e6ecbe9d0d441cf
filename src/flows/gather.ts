/**
 * Who belongs together: incidents that open by the same hand within ten minutes, or many within a minute, become one wave. Their
 * records stay their own; whatever fails here leaves an incident on a card of its own.
 */
import { isLoud } from '../domain/attention.ts';
import { soonestOf } from '../domain/deadline.ts';
import { callOf } from '../domain/fact.ts';
import { joined, newGathering, WAVE_OF_CHANNEL, WAVE_OF_PRINCIPAL } from '../domain/gathering.ts';
import type { ChannelId, GatheringId, IncidentId, Instant } from '../domain/ids.ts';
import { type DangerKind, type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { isSelf } from '../domain/self.ts';
import { amend, change, type Extras, gatheringIdOf, type Outcome } from './commit.ts';
import type { House } from './house.ts';

/** What somebody does to a key. Whoever is refused its use is hurt by it, not behind it. */
const DEEDS: readonly DangerKind[] = [
  'ownRoleMisused',
  'deletionScheduled',
  'materialDeleted',
  'keyDisabled',
  'policyChanged',
  'rescueBlocked',
  'suspect',
];

/**
 * Decides and saves, and gathers what that opened. Its lane is looked at each second: until its place is known, no drain of this process posts
 * a card of its own. One of another process may; that card then stays beside the wave's.
 */
export const changeAndGather = (
  house: House,
  id: IncidentId,
  happening: Parameters<typeof change>[2],
  extras: Pick<Extras, 'facts'> = {},
): Promise<Outcome> =>
  house.openings.during(id, async () => {
    const outcome = await change(house, id, happening, { ...extras, gathers: true });
    if (outcome.kind === 'saved' && outcome.opened) await gather(house, outcome.incident);
    return outcome;
  });

/** After an incident opened, or when it became known who is behind it. Its channel is woken once it is known where it is shown. */
export async function gather(house: House, incident: Incident): Promise<void> {
  await findWave(house, incident);
  house.drains.wake(incident.card.channel);
}

async function findWave(house: House, incident: Incident): Promise<void> {
  if (incident.wave !== undefined || keyOfIncident(incident) === undefined || !isOpen(incident)) return;
  try {
    const channel = homeOf(incident.card);
    const who = principalOf(incident);
    // What the sweep finds first has no name so far, and comes of the same hand: one wave at a time in a channel.
    if (
      who !== undefined &&
      (await joinLine(house, incident, { name: `${who.arn} ${who.account}`, who, beside: channel }))
    )
      return;
    await joinLine(house, incident, { name: channel });
  } catch (error) {
    house.log.warn({ incident: incident.id, error }, 'an incident could not be gathered, it keeps its own card');
  }
}

/** The channel that is meant: one that refused a card, and will refuse the wave's, makes no other line of them. */
const homeOf = ({ channel, movedFrom }: Incident['card']): ChannelId => movedFrom ?? channel;

interface Line {
  readonly name: string;
  readonly who?: Culprit;
  readonly beside?: string;
}

interface Culprit {
  readonly arn: string;
  readonly account: string;
  /** When they did it. */
  readonly at: Instant;
}

/** False: no wave so far. */
async function joinLine(house: House, incident: Incident, line: Line): Promise<boolean> {
  const channel = homeOf(incident.card);
  const now = house.clock.now();
  const limits = line.who === undefined ? WAVE_OF_CHANNEL : WAVE_OF_PRINCIPAL;
  const nameOf = (text: string): string => house.hash(`${text} ${channel}`).slice(0, 32);
  const name = nameOf(line.name);
  const fresh = gatheringIdOf(house, `wave ${name} ${now} ${incident.id} ${incident.round}`);
  // By when it was done, not by when we heard of it: after an outage the deeds of weeks are learnt in one minute.
  const opened = Math.min(incident.openedAt, now);
  const names = [line.name, line.beside].filter((text) => text !== undefined).map(nameOf);
  await Promise.all(names.map((one) => dropOver(house, one, limits.from, incident.id)));
  const found = await house.gatherings.opened({
    name,
    incident: incident.id,
    at: line.who === undefined ? opened : Math.min(line.who.at, now),
    ...limits,
    fresh,
    ...(line.beside === undefined
      ? {}
      : { beside: { name: nameOf(line.beside), within: WAVE_OF_CHANNEL.within, at: opened } }),
  });
  if (found === undefined) return false;
  const by = await begin(house, found.wave, incident, line, now);
  if (isByAnother(incident, by)) return false;
  // First the one that just opened: the others' joining wakes the channel, and its own card stands there already.
  for (const id of new Set([incident.id, ...found.latest])) await join(house, id, found.wave, incident, { by, now });
  return true;
}

/** Keys count while they are in danger: rescued one after the other they are no wave, and one that is over goes on no more. */
async function dropOver(house: House, name: string, from: number, opening: IncidentId): Promise<void> {
  const { wave, latest } = await house.gatherings.line(name);
  if (wave !== undefined && (await house.gatherings.load(wave))?.overAt === undefined) return;
  if (wave === undefined && latest.length + 1 < from) return;
  const open = new Set((await house.incidents.loadMany(latest)).filter(isOpen).map(({ id }) => id));
  const over = latest.filter((id) => id !== opening && !open.has(id));
  if (over.length > 0 || wave !== undefined) await house.gatherings.leave(name, over, wave);
}

/** Answers whose wave it is, where that is known. */
async function begin(
  house: House,
  wave: GatheringId,
  { card }: Incident,
  { who }: Line,
  now: Instant,
): Promise<string | undefined> {
  const known = await house.gatherings.load(wave);
  if (known !== undefined) return known.what.kind === 'wave' ? known.what.who : undefined;
  const what = { kind: 'wave', ...(who === undefined ? {} : { who: who.arn, account: who.account }) } as const;
  await house.gatherings.save({ ...newGathering(wave, what, card.channel, now), version: 1 });
  return who?.arn;
}

/** What somebody else has done is not shown under this name. */
function isByAnother(incident: Incident, by: string | undefined): boolean {
  const who = principalOf(incident)?.arn;
  return by !== undefined && who !== undefined && who !== by;
}

async function join(
  house: House,
  id: IncidentId,
  wave: GatheringId,
  { card }: Incident,
  { by, now }: { readonly by: string | undefined; readonly now: Instant },
): Promise<void> {
  await amend(house, id, (incident) => {
    if (!isOpen(incident) || incident.wave !== undefined || homeOf(incident.card) !== homeOf(card)) return undefined;
    if (isByAnother(incident, by)) return undefined;
    const date = soonestOf(incident);
    const { rules } = house.settings;
    // So close to its date that everything about it is loud.
    const soon = date !== undefined && isLoud(date - now, rules);
    return joined(incident, wave, soon || isSelf(incident, rules));
  });
}

/** Who endangered the key, when somebody did: the session, since a role may be many people's. */
function principalOf(incident: Incident): Culprit | undefined {
  for (const kind of DEEDS) {
    const fact = incident.dangers.find((danger) => danger.kind === kind)?.fact;
    const actor = fact === undefined ? undefined : callOf(fact.body)?.actor;
    if (actor?.arn !== undefined && actor.invokedBy === undefined)
      return { arn: actor.arn, account: actor.account ?? '', at: fact?.at ?? incident.openedAt };
  }
  return undefined;
}
