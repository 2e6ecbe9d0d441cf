/** What a shared card is drawn from. A family's record is made when its first card is due; over and endangered again, it gets a fresh card. */
import {
  begunAnew,
  familyOf,
  type Gathering,
  type GatheringKind,
  newGathering,
  overSince,
  type SharedCard,
  shownOn,
} from '../domain/gathering.ts';
import type { ChannelId, GatheringId } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { isDoneRow } from '../domain/wave-row.ts';
import type { House } from './house.ts';
import { amendGathering } from './shared-record.ts';

/** KMS knows some forty Regions. */
const MOST_FAMILY = 60;

/** `undefined`: there is nothing to show. */
export async function sharedCard(house: House, id: GatheringId): Promise<SharedCard | undefined> {
  const known = await recordOf(house, id);
  return known?.what.kind === 'wave' ? waveCard(house, known) : familyCard(house, id, known);
}

/** The record of a wave may be lost before its members are: then it is made anew from them. */
export async function recordOf(house: House, id: GatheringId): Promise<Gathering | undefined> {
  const known = await house.gatherings.load(id);
  if (known !== undefined) return known;
  const [worst] = await house.incidents.loadMany(await house.gatherings.members(id, 0, 1));
  return worst?.wave?.id === id ? made(house, id, { kind: 'wave' }, worst.card.channel) : undefined;
}

async function made(
  house: House,
  id: GatheringId,
  what: GatheringKind,
  channel: ChannelId,
): Promise<Gathering | undefined> {
  const fresh = { ...newGathering(id, what, channel, house.clock.now()), version: 1 };
  return (await house.gatherings.save(fresh)) ? fresh : house.gatherings.load(id);
}

async function waveCard(house: House, known: Gathering): Promise<SharedCard | undefined> {
  const rows = await house.gatherings.rows(known.id);
  if (rows.length === 0) return undefined;
  const now = house.clock.now();
  const gathering = rows.every(isDoneRow)
    ? await edited(house, known, (one) => overSince(one, now))
    : await edited(house, known, (one) =>
        one.overAt === undefined ? one : begunAnew(one, one.card.movedFrom ?? one.card.channel, now),
      );
  const [worst] = rows;
  const lead = worst === undefined ? undefined : await house.incidents.load(worst.incident);
  return { kind: 'wave', gathering, rows, ...(lead === undefined ? {} : { lead }) };
}

async function familyCard(
  house: House,
  id: GatheringId,
  known: Gathering | undefined,
): Promise<SharedCard | undefined> {
  const ids = await house.gatherings.members(id, 0, MOST_FAMILY);
  const members = (await house.incidents.loadMany(ids)).filter(({ family }) => family === id);
  const open = members.filter(isOpen);
  if (known === undefined) {
    // Never endangered, or only among the many of a wave: it has no card.
    const first = open.find((one) => shownOn(one).on === 'family');
    const what = first === undefined ? undefined : kindOf(first);
    if (first === undefined || what === undefined) return undefined;
    const gathering = await made(house, id, what, first.card.channel);
    return gathering === undefined ? undefined : { kind: 'family', gathering, members };
  }
  if (members.length === 0) return undefined;
  const gathering = await edited(house, known, (one) => turned(one, members, house.clock.now()));
  return { kind: 'family', gathering, members };
}

const kindOf = (incident: Incident): GatheringKind | undefined => {
  const key = keyOfIncident(incident);
  return key === undefined ? undefined : familyOf(key);
};

/** Over since the last of its members is; what opened before that is an old story. */
function turned(family: Gathering, members: readonly Incident[], now: number): Gathering {
  const open = members.filter(isOpen);
  const ends = members.map(({ phase }) => (phase.kind === 'closed' ? phase.at : 0));
  if (open.length === 0) return overSince(family, Math.max(...ends));
  const { overAt, ...rest } = family;
  if (overAt === undefined) return family;
  const fresh = open.find(({ openedAt }) => openedAt >= overAt);
  return fresh === undefined ? rest : begunAnew(family, fresh.card.channel, now);
}

/** As it is after the edit; not saved where that changes nothing. */
async function edited(house: House, known: Gathering, edit: (gathering: Gathering) => Gathering): Promise<Gathering> {
  if (edit(known) === known) return known;
  const saved = await amendGathering(house, known.id, (now) => {
    const next = edit(now);
    return next === now ? undefined : next;
  });
  return saved ?? (await house.gatherings.load(known.id)) ?? known;
}
