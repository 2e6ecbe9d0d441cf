/**
 * What the members of a wave are owed at about the same time is said in one message, in the wave's thread: sixty keys are one reminder.
 * Each is looked at first, as for a reminder of its own; the pulse calls here once they have had a few seconds to come together.
 */
import { soonestOf } from '../domain/deadline.ts';
import type { PendingEffect, Volume } from '../domain/effect.ts';
import type { GatheredReminders } from '../domain/gathering.ts';
import type { ChannelId, Duration, GatheringId } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { isSelf } from '../domain/self.ts';
import { rankOf, rowOf } from '../domain/wave-row.ts';
import type { Delivery } from '../ports.ts';
import { afterFailure, DAY, otherChannel, RETRY, type Sent } from './deliver.ts';
import type { House } from './house.ts';
import { readyToTell, stillReady, told as toldAlone } from './send-reminder.ts';
import { recordOf } from './shared-card.ts';
import { messageLost, moveGathering } from './shared-record.ts';

/**
 * As many as one message is about; the rest follows in the next. Each is read first, at the pace of our share of GetKeyPolicy: the
 * channel waits some five seconds meanwhile, well within the lease of its lane.
 */
const MOST_TOGETHER = 400;
const AT_ONCE = 16;
/** The longest pause after which Slack is asked again to take what must be heard. */
const LONGEST_PAUSE: Duration = 15_000;
const NOT_KNOWING: Duration = 30_000;
/** How long reminders of a wave wait for one another. */
export const COME_TOGETHER: Duration = 5_000;

const LOUDNESS: Readonly<Record<Volume, number>> = { note: 0, broadcast: 1, mention: 2, everyone: 3 };

interface Owed {
  readonly incident: Incident;
  readonly effect: PendingEffect;
}

export async function remindTogether(house: House, channel: ChannelId, id: GatheringId, again: boolean): Promise<Sent> {
  const gathering = await recordOf(house, id);
  const all = await house.gatherings.owed(id, MOST_TOGETHER);
  if (gathering === undefined || all.length === 0) return 'unsent';
  if (gathering.card.channel !== channel) {
    await house.lanes.put(gathering.card.channel, { kind: 'gatheringReminders', gathering: id }, 'deadline');
    return 'unsent';
  }
  // The card comes first, as with any reminder: this one stands in its thread. Ahead of this one, which would else be taken before it for ever.
  const threadTs = gathering.card.ts;
  if (threadTs === undefined) {
    await house.lanes.put(channel, { kind: 'gathering', gathering: id }, 'approval');
    return { after: 500 };
  }
  // What is in doubt stays owed, and comes again with a next pulse.
  const doubtful = new Set<PendingEffect['id']>();
  const sure = async (effect: PendingEffect, looking: typeof readyToTell): Promise<Owed | undefined> => {
    const ready = await looking(house, effect);
    if (ready !== 'doubtful') return ready;
    doubtful.add(effect.id);
    return undefined;
  };
  const looked = await someAtOnce(all, async (effectId) => {
    const effect = await house.incidents.effect(effectId);
    return effect === undefined ? undefined : sure(effect, readyToTell);
  });
  // Looking at all of them takes seconds: somebody may have answered for the first ones meanwhile.
  const owed = await someAtOnce(looked, ({ effect }) => sure(effect, stillReady));
  const ids = all.filter((effectId) => !doubtful.has(effectId));
  if (owed.length === 0) {
    await house.gatherings.settle(id, ids);
    return 'unsent';
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
    { gathering, reminders: worstFirst(house, owed), volume: loudest(owed) },
    { threadTs, mark },
  );
  switch (delivery.kind) {
    case 'delivered':
      house.counters.count('reminders', { kind: 'together' });
      return told(house, id, ids, owed);
    case 'ambiguous':
      return { after: RETRY };
    case 'messageGone':
      // The card's message is gone: a new card first, then this in its thread.
      await messageLost(house, id, threadTs);
      await house.lanes.put(channel, { kind: 'gathering', gathering: id }, 'approval');
      return { after: 500 };
    default:
      return afterTogether(house, channel, id, owed, delivery);
  }
}

/** What the work answers, in order, without what it has no answer for. */
async function someAtOnce<From, To>(
  all: readonly From[],
  work: (one: From) => Promise<To | undefined>,
): Promise<readonly To[]> {
  const answers: To[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = await Promise.all(all.slice(from, from + AT_ONCE).map(work));
    answers.push(...some.filter((one) => one !== undefined));
  }
  return answers;
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
  owed: readonly Owed[],
  delivery: Exclude<Delivery, { kind: 'delivered' | 'ambiguous' | 'messageGone' }>,
): Promise<Sent> {
  const [first] = owed;
  switch (delivery.kind) {
    case 'rateLimited':
    case 'notSent':
    case 'tokenDead':
      return first === undefined ? { after: RETRY } : afterFailure(house, channel, first.incident, delivery);
    case 'channelGone':
    case 'unshowable':
    case 'refused': {
      house.counters.count('slack_failures', { kind: delivery.kind });
      house.log.error({ channel, reason: delivery.error }, 'a reminder of several keys could not be posted');
      const fallback = otherChannel(house, channel);
      if (fallback !== undefined) {
        await moveGathering(house, id, channel, fallback);
        await house.lanes.put(fallback, { kind: 'gatheringReminders', gathering: id }, 'deadline');
        return 'done';
      }
      if (delivery.kind === 'channelGone') return { after: LONGEST_PAUSE };
      // Nowhere left to say it; the card still counts down. What everybody must hear stays owed, and the vigil sees it.
      const quiet = owed.filter(({ effect }) => !['mention', 'everyone'].includes(volumeOf(effect)));
      for (const { effect } of quiet) await house.incidents.forget(effect.id);
      await house.gatherings.settle(
        id,
        quiet.map(({ effect }) => effect.id),
      );
      return quiet.length === owed.length ? 'done' : { after: LONGEST_PAUSE };
    }
  }
}

async function told(
  house: House,
  id: GatheringId,
  ids: readonly PendingEffect['id'][],
  owed: readonly Owed[],
): Promise<Sent> {
  for (let from = 0; from < owed.length; from += AT_ONCE)
    await Promise.all(
      owed.slice(from, from + AT_ONCE).map(({ incident, effect }) => toldAlone(house, incident, effect)),
    );
  await house.gatherings.settle(id, ids);
  return 'done';
}

function worstFirst(house: House, owed: readonly Owed[]): readonly Owed[] {
  const { rules } = house.settings;
  const rank = ({ incident }: Owed): number => {
    const row = rowOf(incident, { self: isSelf(incident, rules), clock: soonestOf(incident) });
    return row === undefined ? Number.MAX_SAFE_INTEGER : rankOf(row);
  };
  const ranked = owed.map((one) => ({ one, at: rank(one) }));
  return ranked.sort((a, b) => a.at - b.at).map(({ one }) => one);
}

const volumeOf = ({ effect }: PendingEffect): Volume =>
  effect.kind === 'remind' ? (effect.volume ?? 'broadcast') : 'broadcast';

const loudest = (owed: readonly Owed[]): Volume =>
  owed
    .map(({ effect }) => volumeOf(effect))
    .reduce((loud, volume) => (LOUDNESS[volume] > LOUDNESS[loud] ? volume : loud), 'note' as Volume);
