/**
 * The card that several incidents share, drawn as all of them are now. What stands in Slack already is not sent again; members learn
 * where their card stands, so that threads and links find it.
 */

import type { Gathering, SharedCard } from '../domain/gathering.ts';
import { familyOf, newGathering, shownOn } from '../domain/gathering.ts';
import type { ChannelId, Duration, GatheringId, MessageTs } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import type { Delivery } from '../ports.ts';
import { amend } from './commit.ts';
import { HISTORY, otherChannel, RETRY, type Sent } from './deliver.ts';
import type { House } from './house.ts';

const MINUTE: Duration = 60_000;
const NOT_KNOWING: Duration = 30_000;
const TOKEN_DEAD: Duration = 30_000;
/** KMS knows some forty Regions. */
const MOST_FAMILY = 60;
/** Members told at once where their card stands. */
const AT_ONCE = 20;
const MOST_RACES = 50;

/** Changes a shared card's record, across processes. `undefined` as the edit's answer: leave it. */
export async function amendGathering(
  house: House,
  id: GatheringId,
  edit: (gathering: Gathering) => Gathering | undefined,
): Promise<Gathering | undefined> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const gathering = await house.gatherings.load(id);
    const next = gathering === undefined ? undefined : edit(gathering);
    if (next === undefined) return undefined;
    const saved = { ...next, version: next.version + 1 };
    if (await house.gatherings.save(saved)) return saved;
  }
  throw new Error('a shared card kept changing under every attempt to save it');
}

export async function sendShared(house: House, channel: ChannelId, id: GatheringId, again: boolean): Promise<Sent> {
  const card = await sharedCard(house, id);
  if (card === undefined) return 'unsent';
  const { gathering } = card;
  if (gathering.card.channel !== channel) {
    await house.lanes.put(gathering.card.channel, { kind: 'gathering', gathering: id }, 'card');
    return 'done';
  }
  // The memory may have been lost, and our card may stand in the channel already.
  const adopt = card.kind === 'family' && card.members.some((one) => isOpen(one) && one.card.adopt);
  const found = await standing(house, gathering, again || adopt, adopt);
  if (found.kind === 'wait') return { after: RETRY };
  const sent = await deliverShared(house, channel, card, found.ts);
  if (sent === 'same') {
    await placeMembers(house, card, found.ts);
    // Its slot is spent all the same: drawing a wave is work, and while it grows it is put in again all the time.
    return 'done';
  }
  const { delivery, shown } = sent;
  switch (delivery.kind) {
    case 'delivered':
      await amendGathering(house, id, (now) => {
        const { postingSince: _postingSince, ...rest } = now.card;
        return { ...now, card: { ...rest, ts: delivery.ts, shown } };
      });
      await placeMembers(house, card, delivery.ts, found.ts === undefined);
      house.counters.count('slack_messages', { kind: found.ts === undefined ? 'card' : 'card_update' });
      return 'done';
    case 'messageGone':
      await amendGathering(house, id, ({ card: { ts: _ts, shown: _shown, ...rest }, ...now }) => ({
        ...now,
        card: { ...rest, ...(found.ts === undefined ? {} : { replaced: found.ts }) },
      }));
      return { after: 0 };
    case 'ambiguous':
      if (found.ts === undefined)
        await amendGathering(house, id, (now) => ({
          ...now,
          card: { ...now.card, postingSince: now.card.postingSince ?? house.clock.now() },
        }));
      return { after: RETRY };
    default:
      return afterSharedFailure(house, channel, gathering, delivery);
  }
}

/** What it is drawn from; a family's record is made when its first card is due, and anew when it is endangered again after its end. */
export async function sharedCard(house: House, id: GatheringId): Promise<SharedCard | undefined> {
  const known = await house.gatherings.load(id);
  if (known?.what.kind === 'wave') return { kind: 'wave', gathering: known, rows: await house.gatherings.rows(id) };
  const ids = await house.gatherings.members(id, 0, MOST_FAMILY);
  const members = (await house.incidents.loadMany(ids)).filter(({ family }) => family === id);
  const [first] = members;
  const key = first === undefined ? undefined : keyOfIncident(first);
  const what = key === undefined ? undefined : familyOf(key);
  if (first === undefined || what === undefined) return undefined;
  const gathering = await familyCard(house, id, known, members, first, what);
  return gathering === undefined ? undefined : { kind: 'family', gathering, members };
}

async function familyCard(
  house: House,
  id: GatheringId,
  known: Gathering | undefined,
  members: readonly Incident[],
  first: Incident,
  what: Gathering['what'],
): Promise<Gathering | undefined> {
  const now = house.clock.now();
  if (known === undefined) {
    // A family that was never endangered has no card to show.
    if (!members.some(isOpen)) return undefined;
    const fresh = { ...newGathering(id, what, first.card.channel, now), version: 1 };
    return (await house.gatherings.save(fresh)) ? fresh : house.gatherings.load(id);
  }
  const { overAt } = known;
  const open = members.filter(isOpen);
  if (open.length === 0)
    return overAt === undefined
      ? ((await amendGathering(house, id, (one) => ({ ...one, overAt: now }))) ?? known)
      : known;
  if (overAt === undefined) return known;
  const again = open.some(({ openedAt }) => openedAt >= overAt);
  const next = await amendGathering(house, id, ({ overAt: _overAt, ...one }) =>
    again ? { ...one, begunAt: now, card: { channel: open[0]?.card.channel ?? one.card.channel } } : one,
  );
  return next ?? known;
}

/** Where it stands, as far as is known; `wait`: it may stand there, and Slack does not say. */
async function standing(
  house: House,
  { id, card, begunAt }: Gathering,
  look: boolean,
  adopt: boolean,
): Promise<{ readonly kind: 'known'; readonly ts: MessageTs | undefined } | { readonly kind: 'wait' }> {
  const { ts, postingSince } = card;
  if (ts !== undefined || (!look && postingSince === undefined)) return { kind: 'known', ts };
  const now = house.clock.now();
  const oldest = adopt ? now - HISTORY : Math.max((postingSince ?? begunAt) - MINUTE, now - HISTORY);
  const found = await house.chat.find(card.channel, { incident: id, effect: 'card', oldest });
  // Better one message twice than none: after half a minute of not knowing it is posted.
  if (found.kind === 'unknown' && postingSince !== undefined && now - postingSince < NOT_KNOWING)
    return { kind: 'wait' };
  const adopted = found.kind === 'found' && !found.closed && found.ts !== card.replaced ? found.ts : undefined;
  return { kind: 'known', ts: adopted };
}

async function deliverShared(house: House, channel: ChannelId, card: SharedCard, ts: MessageTs | undefined) {
  const sent = await house.chat.sendShared(channel, card, false, ts);
  if (sent === 'same' || sent.delivery.kind !== 'unshowable') return sent;
  house.log.warn({ channel, reason: sent.delivery.error }, 'Slack refused the form of a message, sending it plain');
  return house.chat.sendShared(channel, card, true, ts);
}

/** Members that do not know yet where they are shown: their threads and links begin there. */
async function placeMembers(house: House, card: SharedCard, ts: MessageTs | undefined, isNew = false): Promise<void> {
  if (ts === undefined) return;
  const { id, card: place } = card.gathering;
  const lost =
    card.kind === 'wave'
      ? card.rows.filter(({ own, placed }) => !own && (isNew || !placed)).map(({ incident }) => incident)
      : card.members
          .filter((one) => one.card.ts !== ts || one.card.channel !== place.channel)
          .map((incident) => incident.id);
  for (let from = 0; from < lost.length; from += AT_ONCE)
    await Promise.all(
      lost.slice(from, from + AT_ONCE).map((incident) =>
        amend(house, incident, (now) => {
          const shown = shownOn(now);
          if (shown.on === 'own' || shown.gathering !== id) return undefined;
          if (now.card.ts === ts && now.card.channel === place.channel) return undefined;
          const { postingSince: _postingSince, ...rest } = now.card;
          return { ...now, card: { ...rest, channel: place.channel, ts, adopt: false } };
        }),
      ),
    );
}

async function afterSharedFailure(
  house: House,
  channel: ChannelId,
  { id }: Gathering,
  delivery: Exclude<Delivery, { kind: 'delivered' | 'ambiguous' | 'messageGone' }>,
): Promise<Sent> {
  house.counters.count('slack_failures', { kind: delivery.kind });
  switch (delivery.kind) {
    case 'rateLimited':
      return { after: delivery.retryAfter };
    case 'notSent':
      return { after: RETRY };
    case 'tokenDead':
      house.log.error(
        { channel, reason: delivery.error },
        'Slack refuses the bot token: nothing can be posted until it is replaced',
      );
      return { after: TOKEN_DEAD };
    case 'channelGone':
    case 'unshowable':
    case 'refused': {
      const fallback = otherChannel(house, channel);
      house.log.error({ channel, reason: delivery.error }, 'a shared card could not be posted');
      if (fallback === undefined) return { after: TOKEN_DEAD };
      await amendGathering(house, id, ({ card: { ts: _ts, shown: _shown, ...rest }, ...now }) => ({
        ...now,
        card: { ...rest, channel: fallback, movedFrom: channel },
      }));
      await house.lanes.put(fallback, { kind: 'gathering', gathering: id }, 'card');
      return 'done';
    }
  }
}
