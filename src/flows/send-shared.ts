/**
 * The card that several incidents share, drawn as all of them are now. What stands in Slack already is not sent again; members learn
 * where their card stands, so that threads and links find it.
 */
import { type Gathering, type SharedCard, shownOn } from '../domain/gathering.ts';
import type { ChannelId, Duration, EffectId, GatheringId, MessageTs } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import { isDoneRow } from '../domain/wave-row.ts';
import type { Delivery } from '../ports.ts';
import { amend } from './commit.ts';
import { HISTORY, otherChannel, RETRY, type Sent } from './deliver.ts';
import type { House } from './house.ts';
import { settlePage } from './page.ts';
import { sharedCard } from './shared-card.ts';
import { amendGathering, moveGathering, withoutMessage } from './shared-record.ts';

const MINUTE: Duration = 60_000;
const NOT_KNOWING: Duration = 30_000;
const TOKEN_DEAD: Duration = 30_000;
/** Members told at once where their card stands. */
const AT_ONCE = 20;
const MOST_OWED = 5_000;

export async function sendShared(house: House, channel: ChannelId, id: GatheringId, again: boolean): Promise<Sent> {
  const card = await sharedCard(house, id);
  if (card === undefined) return 'unsent';
  const { gathering } = card;
  if (gathering.card.channel !== channel) {
    await house.lanes.put(gathering.card.channel, { kind: 'gathering', gathering: id }, 'card');
    house.drains.wake(gathering.card.channel);
    return 'unsent';
  }
  // The memory may have been lost, and our card may stand in the channel already.
  const adopt = card.kind === 'family' && card.members.some((one) => isOpen(one) && one.card.adopt);
  const found = await standing(house, card, again || adopt, adopt);
  if (found.kind === 'wait') return { after: RETRY };
  const sent = await deliverShared(house, channel, card, found.ts);
  if (sent === 'same') {
    await placeMembers(house, card, found.ts);
    await tellEnd(house, card);
    // Its slot is spent all the same: drawing a wave is work, and while it grows it is put in again all the time.
    return 'done';
  }
  const { delivery, shown } = sent;
  switch (delivery.kind) {
    case 'delivered': {
      const told = await amendGathering(house, id, (now) => {
        if (isAnotherBeginning(gathering, now)) return undefined;
        const { postingSince: _postingSince, ...rest } = now.card;
        return { ...now, card: { ...rest, ts: delivery.ts, shown } };
      });
      if (told === undefined) return { after: 0 };
      await placeMembers(house, card, delivery.ts);
      await tellEnd(house, card);
      house.counters.count('slack_messages', { kind: found.ts === undefined ? 'card' : 'card_update' });
      return 'done';
    }
    case 'messageGone':
      await amendGathering(house, id, (now) =>
        isAnotherBeginning(gathering, now) ? undefined : withoutMessage(now, found.ts),
      );
      return { after: 0 };
    case 'ambiguous':
      if (found.ts === undefined)
        await amendGathering(house, id, (now) => ({
          ...now,
          card: { ...now.card, postingSince: now.card.postingSince ?? house.clock.now() },
        }));
      return { after: RETRY };
    default:
      return afterSharedFailure(house, channel, card, delivery);
  }
}

/** While it was sent, a member that is endangered again began it anew, on a fresh card, or it moved to another channel. */
const isAnotherBeginning = (sent: Gathering, now: Gathering): boolean =>
  now.begunAt !== sent.begunAt || now.card.channel !== sent.card.channel;

/** Where it stands, as far as is known; `wait`: it may stand there, and Slack does not say. */
async function standing(
  house: House,
  { gathering: { id, card, begunAt } }: SharedCard,
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

/** Members that do not know yet where they are shown: their threads and links begin there. What is over stays with the card it ended on. */
async function placeMembers(house: House, card: SharedCard, ts: MessageTs | undefined): Promise<void> {
  if (ts === undefined) return;
  const { id, card: place } = card.gathering;
  const lost =
    card.kind === 'wave'
      ? card.rows
          .filter((row) => !row.own && (!row.placed || (row.ts !== ts && !isDoneRow(row))))
          .map(({ incident }) => incident)
      : card.members
          .filter((one) => one.card.ts !== ts || one.card.channel !== place.channel)
          .map((incident) => incident.id);
  await forEachMember(house, lost, (now) => {
    const shown = shownOn(now);
    if (shown.on === 'own' || shown.gathering !== id) return undefined;
    if (now.card.ts === ts && now.card.channel === place.channel) return undefined;
    const { postingSince: _postingSince, ...rest } = now.card;
    return { ...now, card: { ...rest, channel: place.channel, ts, adopt: false } };
  });
}

async function forEachMember(
  house: House,
  ids: readonly Incident['id'][],
  edit: (incident: Incident) => Incident | undefined,
): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE)
    await Promise.all(ids.slice(from, from + AT_ONCE).map((incident) => amend(house, incident, edit)));
}

/** Whoever was woken by a wave hears that all of it is over, once; what was deleted they have heard key by key. */
async function tellEnd(house: House, card: SharedCard): Promise<void> {
  const { owesEnd, id, overAt } = card.gathering;
  if (card.kind !== 'wave' || owesEnd === undefined) return;
  const [last] = card.rows.filter(({ own }) => !own);
  const deleted = card.rows.filter(({ progress }) => progress === 'deleted').length;
  if (last !== undefined) {
    const reminder = {
      kind: 'over',
      outcome: deleted > 0 ? 'deleted' : 'recovered',
      wave: { keys: card.rows.length, deleted },
    } as const;
    // Its name makes it the same message, should this process die before the next save.
    const of = `e${house.hash(`end ${id} ${overAt}`).slice(0, 63)}` as EffectId;
    await amend(house, last.incident, (now) => now, {
      add: owesEnd.map((to) => ({ kind: 'remind', incident: last.incident, reminder, volume: 'everyone', to, of })),
    });
  }
  await amendGathering(house, id, ({ owesEnd: _owesEnd, ...now }) => now);
}

async function afterSharedFailure(
  house: House,
  channel: ChannelId,
  card: SharedCard,
  delivery: Exclude<Delivery, { kind: 'delivered' | 'ambiguous' | 'messageGone' }>,
): Promise<Sent> {
  house.counters.count('slack_failures', { kind: delivery.kind });
  const fallback = otherChannel(house, channel);
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
      house.log.error({ channel, reason: delivery.error }, 'the channel cannot take messages');
      house.counters.count('channel_gone', {});
      if (fallback === undefined) return { after: TOKEN_DEAD };
      await moveGathering(house, card.gathering.id, channel, fallback);
      return 'done';
    case 'unshowable':
    case 'refused':
      house.log.error({ channel, reason: delivery.error }, 'Slack refuses the card of several keys in every form');
      // An error nobody knows may be about this channel only: the fallback is tried before anything is given up.
      if (fallback === undefined) await giveBack(house, card);
      else await moveGathering(house, card.gathering.id, channel, fallback);
      return 'done';
  }
}

/** There is nowhere to show them together: each is shown on a card of its own, and says alone what it owes. */
async function giveBack(house: House, card: SharedCard): Promise<void> {
  const { id } = card.gathering;
  const ids = card.kind === 'wave' ? card.rows.map(({ incident }) => incident) : card.members.map((one) => one.id);
  await forEachMember(house, ids, (now) => {
    const shown = shownOn(now);
    if (shown.on === 'own' || shown.gathering !== id || !isOpen(now)) return undefined;
    const { family, wave, ...rest } = now;
    const apart: Incident =
      shown.on === 'wave' && wave !== undefined
        ? { ...rest, ...(family === undefined ? {} : { family }), wave: { ...wave, own: true } }
        : { ...rest, ...(wave === undefined ? {} : { wave }) };
    const { ts: _ts, ...place } = apart.card;
    return { ...apart, revision: apart.revision + 1, card: { ...place, shownRevision: 0 } };
  });
  // What the pager was told of all of them is about each of them now.
  if (card.kind === 'wave')
    for (const { own, incident, paged, lossPaged } of card.rows) {
      if (own) continue;
      if (paged) await settlePage(house, incident, 'lastDay');
      if (lossPaged === true) await settlePage(house, incident, 'lossDay');
    }
  const owed = await house.gatherings.owed(id, MOST_OWED);
  for (const effect of owed) await house.lanes.put(card.gathering.card.channel, { kind: 'effect', effect }, 'deadline');
  await house.gatherings.settle(id, owed);
}
