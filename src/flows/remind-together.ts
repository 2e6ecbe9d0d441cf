/**
 * What the members of a wave are owed at about the same time is said in one message, in the wave's thread: sixty keys are one reminder.
 * Each is looked at first, as for a reminder of its own; the pulse calls here once they have had a few seconds to come together.
 */

import type { PendingEffect, Reminder, Volume } from '../domain/effect.ts';
import type { GatheredReminders } from '../domain/gathering.ts';
import type { ChannelId, Duration, GatheringId } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import type { Delivery } from '../ports.ts';
import { afterFailure, DAY, RETRY, type Sent } from './deliver.ts';
import type { House } from './house.ts';
import { readyToTell, told as toldAlone } from './send-reminder.ts';

/** As many as one message is about; the rest follows in the next. */
const MOST_TOGETHER = 2_000;
const AT_ONCE = 16;
const NOT_KNOWING: Duration = 30_000;
/** How long reminders of a wave wait for one another. */
export const COME_TOGETHER: Duration = 5_000;

const LOUDNESS: Readonly<Record<Volume, number>> = { note: 0, broadcast: 1, mention: 2, everyone: 3 };

interface Owed {
  readonly incident: Incident;
  readonly effect: PendingEffect;
}

export async function remindTogether(house: House, channel: ChannelId, id: GatheringId, again: boolean): Promise<Sent> {
  const gathering = await house.gatherings.load(id);
  const ids = await house.gatherings.owed(id, MOST_TOGETHER);
  if (gathering === undefined || ids.length === 0) return 'done';
  if (gathering.card.channel !== channel) {
    await house.lanes.put(gathering.card.channel, { kind: 'gatheringReminders', gathering: id }, 'deadline');
    return 'done';
  }
  // The card comes first, as with any reminder: this one stands in its thread.
  const threadTs = gathering.card.ts;
  if (threadTs === undefined) return { after: RETRY };
  const owed: Owed[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const looked = await Promise.all(
      ids.slice(from, from + AT_ONCE).map(async (effectId) => {
        const effect = await house.incidents.effect(effectId);
        return effect === undefined ? undefined : readyToTell(house, effect);
      }),
    );
    owed.push(...looked.filter((one) => one !== undefined));
  }
  if (owed.length === 0) {
    await house.gatherings.settle(id, ids);
    return 'done';
  }
  const mark = `reminders-${house.hash(ids.join(' ')).slice(0, 32)}`;
  if (again) {
    const found = await house.chat.find(channel, {
      incident: id,
      effect: mark,
      threadTs,
      oldest: house.clock.now() - DAY,
    });
    if (found.kind === 'found') return told(house, id, ids, owed);
    const since = Math.min(...owed.map(({ effect }) => effect.since));
    if (found.kind === 'unknown' && house.clock.now() - since < NOT_KNOWING) return { after: RETRY };
  }
  const delivery = await deliverTogether(
    house,
    channel,
    { gathering, reminders: owed, volume: loudest(owed) },
    { threadTs, mark },
  );
  switch (delivery.kind) {
    case 'delivered':
      house.counters.count('reminders', { kind: 'together' });
      return told(house, id, ids, owed);
    case 'ambiguous':
    case 'messageGone':
      await house.lanes.put(channel, { kind: 'gathering', gathering: id }, 'card');
      return { after: RETRY };
    default: {
      const [first] = owed;
      return first === undefined ? 'done' : afterTogether(house, channel, id, first.incident, delivery);
    }
  }
}

async function deliverTogether(
  house: House,
  channel: ChannelId,
  gathered: GatheredReminders,
  at: { readonly threadTs: GatheredReminders['gathering']['card']['ts'] & string; readonly mark: string },
): Promise<Delivery> {
  const delivery = await house.chat.remindTogether(channel, gathered, false, at);
  return delivery.kind === 'unshowable' ? house.chat.remindTogether(channel, gathered, true, at) : delivery;
}

/** A channel that is gone takes the card along; the reminders follow it there. */
async function afterTogether(
  house: House,
  channel: ChannelId,
  id: GatheringId,
  incident: Incident,
  delivery: Exclude<Delivery, { kind: 'delivered' | 'ambiguous' | 'messageGone' }>,
): Promise<Sent> {
  switch (delivery.kind) {
    case 'rateLimited':
    case 'notSent':
    case 'tokenDead':
      return afterFailure(house, channel, incident, delivery);
    case 'channelGone':
    case 'unshowable':
    case 'refused':
      house.counters.count('slack_failures', { kind: delivery.kind });
      // The card's own next drawing moves it to the fallback channel; nothing is forgotten meanwhile.
      await house.lanes.put(channel, { kind: 'gathering', gathering: id }, 'card');
      return { after: 15_000 };
  }
}

async function told(
  house: House,
  id: GatheringId,
  ids: readonly PendingEffect['id'][],
  owed: readonly Owed[],
): Promise<Sent> {
  for (const { incident, effect } of owed) await toldAlone(house, incident, effect);
  await house.gatherings.settle(id, ids);
  return 'done';
}

const volumeOf = ({ effect }: PendingEffect): Volume =>
  effect.kind === 'remind' ? (effect.volume ?? 'broadcast') : 'broadcast';

const loudest = (owed: readonly Owed[]): Volume =>
  owed
    .map(({ effect }) => volumeOf(effect))
    .reduce((loud, volume) => (LOUDNESS[volume] > LOUDNESS[loud] ? volume : loud), 'note' as Volume);

/** What makes two alerts of a wave one: the same thing, about the same mark. */
export function alertMark(reminder: Reminder): string {
  return reminder.kind === 'milestone' ? `milestone ${reminder.milestone}` : reminder.kind;
}
