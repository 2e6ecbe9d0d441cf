/** Handing one message to Slack, and what each answer means for the lane, the card and its channel. */
import { shownOn } from '../domain/gathering.ts';
import type { ChannelId, Duration, MessageTs } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { noted } from '../domain/record.ts';
import type { Delivery, Post } from '../ports.ts';
import { amend } from './commit.ts';
import type { House } from './house.ts';
import { messageLost, moveGathering } from './shared-record.ts';

export const DAY: Duration = 86_400_000;
/** As far back as the longest window reaches. */
export const HISTORY: Duration = 32 * DAY;
export const RETRY: Duration = 2_000;
const TOKEN_DEAD: Duration = 30_000;

/** Dealt with, or to be tried again in so many ms. */
/** `unsent`: there was nothing to send. */
export type Sent = 'done' | 'unsent' | { readonly after: Duration };

export function withoutTs(incident: Incident): Incident {
  const { ts: _ts, postingSince: _postingSince, ...card } = incident.card;
  // What stood in its thread is posted anew in the thread of the next one.
  const approvals = incident.approvals.map((one) => ({
    ...one,
    message: {
      revision: one.message.revision,
      shownRevision: one.status.kind === 'waiting' ? 0 : one.message.revision,
    },
  }));
  return { ...incident, approvals, card: { ...card, shownRevision: 0 } };
}

/** The message it is shown in is gone, its own or one that it shares: it is posted anew, and its thread begins there. */
export async function cardLost(house: House, incident: Incident): Promise<void> {
  const shown = shownOn(incident);
  if (shown.on !== 'own') await messageLost(house, shown.gathering, incident.card.ts);
  await amend(house, incident.id, (now) => withoutTs(now));
}

/** Sends; what Slack will not show goes once more in the plain, shortened form. */
export async function deliver(
  house: House,
  channel: ChannelId,
  post: Post,
  at: { readonly ts?: MessageTs; readonly threadTs?: MessageTs },
): Promise<Delivery> {
  const delivery = await house.chat.send(channel, post, at);
  if (delivery.kind !== 'unshowable') return delivery;
  house.log.warn(
    { channel, incident: post.incident.id, reason: delivery.error },
    'Slack refused the form of a message, sending it plain',
  );
  return house.chat.send(channel, { ...post, plain: true }, at);
}

export async function afterFailure(
  house: House,
  channel: ChannelId,
  incident: Incident,
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
      return moveToFallback(house, channel, incident, delivery.error);
    case 'unshowable':
    case 'refused':
      // An error nobody knows may be about this channel only: the fallback is tried before anything is given up.
      if (otherChannel(house, channel) !== undefined) return moveToFallback(house, channel, incident, delivery.error);
      house.log.error(
        { channel, incident: incident.id, reason: delivery.error },
        'Slack refuses a message in every form',
      );
      await amend(house, incident.id, (now) => ({ ...now, card: { ...now.card, undeliverable: delivery.error } }));
      return 'done';
  }
}

/** The fallback channel, unless that is the very channel that failed. */
export function otherChannel(house: House, channel: ChannelId): ChannelId | undefined {
  const fallback = house.settings.fallbackChannel as ChannelId | undefined;
  return fallback === channel ? undefined : fallback;
}

/** The configured channel cannot take it: the card moves to the fallback channel and says so. Never dropped. */
async function moveToFallback(house: House, channel: ChannelId, incident: Incident, error: string): Promise<Sent> {
  const fallback = otherChannel(house, channel);
  house.log.error({ channel, incident: incident.id, reason: error }, 'the channel cannot take messages');
  house.counters.count('channel_gone', {});
  if (fallback === undefined) return { after: TOKEN_DEAD };
  const shown = shownOn(incident);
  if (shown.on !== 'own') await moveGathering(house, shown.gathering, channel, fallback);
  await amend(house, incident.id, (now) => {
    if (now.card.channel !== channel) return undefined;
    const moved = noted(withoutTs(now), house.clock.now(), { kind: 'delivery', problem: error });
    return { ...moved, revision: moved.revision + 1, card: { ...moved.card, channel: fallback, movedFrom: channel } };
  });
  const pending = await house.incidents.pending(house.clock.now(), 1_000);
  for (const { id, effect } of pending) {
    if (effect.kind === 'remind' && effect.incident === incident.id && effect.to === undefined)
      await house.lanes.put(fallback, { kind: 'effect', effect: id }, 'deadline');
  }
  return 'done';
}
