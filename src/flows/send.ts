/**
 * Draining a Slack channel's lane: take the first item when its slot has come, draw it as the record is now, send it,
 * and write down what Slack said. A message that may stand in Slack already is looked for before it is posted again.
 */
import type { LaneItem, PendingEffect } from '../domain/effect.ts';
import type { ChannelId, Duration, MessageTs } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { countdownDateOf } from '../domain/key.ts';
import { noted } from '../domain/record.ts';
import type { Delivery, Post } from '../ports.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { look } from './look.ts';

const LEASE: Duration = 12_000;
/** A drain that must wait longer than this ends; the pulse begins the next one. */
const LONGEST_WAIT: Duration = 2_000;
const DAY: Duration = 86_400_000;
/** As far back as the longest window reaches. */
const HISTORY: Duration = 32 * DAY;
const RETRY: Duration = 2_000;
const TOKEN_DEAD: Duration = 30_000;

export async function drainLane(house: House, channel: ChannelId, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const taken = await house.lanes.take(channel, house.clock.now(), house.settings.channelPace, LEASE);
    if (taken.kind === 'empty') return;
    if (taken.kind === 'wait') {
      if (taken.ms > LONGEST_WAIT) return;
      await house.clock.sleep(taken.ms, signal);
      continue;
    }
    const next = await sendItem(house, channel, taken.item, taken.again);
    if (next === 'done') await house.lanes.done(channel, taken.token);
    else await house.lanes.retry(channel, taken.token, house.clock.now() + next.after);
  }
}

type Sent = 'done' | { readonly after: Duration };

async function sendItem(house: House, channel: ChannelId, item: LaneItem, again: boolean): Promise<Sent> {
  switch (item.kind) {
    case 'card':
      return sendCard(house, channel, await house.incidents.load(item.incident), again);
    case 'note':
      return sendNotes(house, channel, await house.incidents.load(item.incident), again);
    case 'effect': {
      const pending = await house.incidents.effect(item.effect);
      return pending === undefined || pending.effect.kind !== 'remind'
        ? 'done'
        : sendReminder(house, channel, pending, again);
    }
  }
}

async function sendCard(
  house: House,
  channel: ChannelId,
  incident: Incident | undefined,
  again: boolean,
): Promise<Sent> {
  if (incident === undefined || incident.card.channel !== channel || incident.revision <= incident.card.shownRevision)
    return 'done';
  let { ts } = incident.card;
  if (ts === undefined && (again || incident.card.adopt || incident.card.postingSince !== undefined)) {
    const found = await house.chat.find(channel, {
      incident: incident.id,
      effect: 'card',
      oldest: house.clock.now() - HISTORY,
    });
    if (found.kind === 'unknown' && incident.card.postingSince !== undefined) return { after: RETRY };
    if (found.kind === 'found' && !found.closed) ts = found.ts;
  }
  const delivery = await deliver(
    house,
    channel,
    { kind: 'card', incident, plain: false },
    ts === undefined ? {} : { ts },
  );
  switch (delivery.kind) {
    case 'delivered':
      await amend(house, incident.id, (now) => {
        const { postingSince: _postingSince, ...card } = now.card;
        return {
          ...now,
          card: {
            ...card,
            ts: delivery.ts,
            adopt: false,
            shownRevision: Math.max(card.shownRevision, incident.revision),
          },
        };
      });
      house.counters.count('slack_messages', { kind: ts === undefined ? 'card' : 'card_update' });
      return 'done';
    case 'messageGone':
      // Deleted, or too old to edit: a new one is posted, and its ts remembered.
      await amend(house, incident.id, (now) => withoutTs(now));
      return { after: 0 };
    case 'ambiguous':
      if (ts === undefined)
        await amend(house, incident.id, (now) => ({
          ...now,
          card: { ...now.card, postingSince: now.card.postingSince ?? house.clock.now() },
        }));
      return { after: RETRY };
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}

function withoutTs(incident: Incident): Incident {
  const { ts: _ts, postingSince: _postingSince, ...card } = incident.card;
  return { ...incident, card: { ...card, shownRevision: 0 } };
}

async function sendNotes(
  house: House,
  channel: ChannelId,
  incident: Incident | undefined,
  again: boolean,
): Promise<Sent> {
  const threadTs = incident?.card.ts;
  if (
    incident === undefined ||
    threadTs === undefined ||
    incident.card.channel !== channel ||
    incident.nextSeq - 1 <= incident.notedSeq
  )
    return 'done';
  const from = incident.notedSeq;
  const upTo = incident.nextSeq - 1;
  const settle = async (): Promise<Sent> => {
    await amend(house, incident.id, (now) => ({ ...now, notedSeq: Math.max(now.notedSeq, upTo) }));
    return 'done';
  };
  if (again) {
    const found = await house.chat.find(channel, {
      incident: incident.id,
      effect: `note-${from}`,
      threadTs,
      oldest: house.clock.now() - HISTORY,
    });
    if (found.kind === 'found') return settle();
  }
  const delivery = await deliver(house, channel, { kind: 'note', incident, from, plain: false }, { threadTs });
  switch (delivery.kind) {
    case 'delivered':
      return settle();
    case 'ambiguous':
      return { after: RETRY };
    case 'messageGone':
      return settle();
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}

/** A reminder is only posted about the deletion date that the key shows at this very moment. */
async function sendReminder(house: House, channel: ChannelId, pending: PendingEffect, again: boolean): Promise<Sent> {
  if (pending.effect.kind !== 'remind') return 'done';
  const { reminder } = pending.effect;
  let incident = await house.incidents.load(pending.effect.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return forget(house, pending);
  // The thread to answer in is not there yet.
  if (incident.card.ts === undefined && incident.card.undeliverable === undefined) return { after: 500 };
  if (reminder.kind === 'milestone') {
    const read = await look(house, key);
    const outcome = await change(house, incident.id, { kind: 'read', read });
    if (outcome.kind === 'saved') incident = outcome.incident;
    const date =
      read.kind === 'read'
        ? countdownDateOf(read.snapshot)
        : read.kind === 'unreadable'
          ? reminder.deletionDate
          : undefined;
    if (!isOpen(incident) || date !== reminder.deletionDate || house.clock.now() > reminder.deletionDate)
      return forget(house, pending);
  }
  if (incident.card.channel !== channel) {
    await house.lanes.put(incident.card.channel, { kind: 'effect', effect: pending.id }, 'deadline');
    return 'done';
  }
  const threadTs = incident.card.ts;
  const thread = threadTs === undefined ? {} : { threadTs };
  if (again) {
    const found = await house.chat.find(channel, {
      incident: incident.id,
      effect: pending.id,
      ...thread,
      oldest: pending.since - DAY,
    });
    if (found.kind === 'found') return told(house, incident, pending);
  }
  const delivery = await deliver(house, channel, { kind: 'reminder', incident, effect: pending, plain: false }, thread);
  switch (delivery.kind) {
    case 'delivered':
      house.counters.count('reminders', { kind: reminder.kind });
      return told(house, incident, pending);
    case 'ambiguous':
      return { after: RETRY };
    case 'messageGone':
      return { after: RETRY };
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}

async function told(house: House, incident: Incident, pending: PendingEffect): Promise<Sent> {
  const { effect } = pending;
  if (effect.kind !== 'remind' || effect.reminder.kind !== 'milestone') return forget(house, pending);
  const { milestone, late } = effect.reminder;
  // The reminder itself stands in the thread: the entry is for the record, not to be posted again.
  await amend(
    house,
    incident.id,
    (now) => {
      const upToDate = now.notedSeq === now.nextSeq - 1;
      const next = noted(now, house.clock.now(), {
        kind: 'reminded',
        milestone,
        ...(late === undefined ? {} : { late }),
      });
      return upToDate ? { ...next, notedSeq: next.nextSeq - 1 } : next;
    },
    { remove: [pending.id] },
  );
  return 'done';
}

async function forget(house: House, pending: PendingEffect): Promise<Sent> {
  await house.incidents.forget(pending.id);
  return 'done';
}

/** Sends; what Slack will not show goes once more in the plain, shortened form. */
async function deliver(
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

async function afterFailure(
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
      house.log.error(
        { channel, incident: incident.id, reason: delivery.error },
        'Slack refuses a message in every form',
      );
      await amend(house, incident.id, (now) => ({ ...now, card: { ...now.card, undeliverable: delivery.error } }));
      return 'done';
  }
}

/** The configured channel cannot take it: the card moves to the fallback channel and says so. Never dropped. */
async function moveToFallback(house: House, channel: ChannelId, incident: Incident, error: string): Promise<Sent> {
  const fallback = house.settings.fallbackChannel as ChannelId | undefined;
  house.log.error({ channel, incident: incident.id, reason: error }, 'the channel cannot take messages');
  house.counters.count('channel_gone', {});
  if (fallback === undefined || fallback === channel) return { after: TOKEN_DEAD };
  await amend(house, incident.id, (now) => {
    if (now.card.channel !== channel) return undefined;
    const moved = noted(withoutTs(now), house.clock.now(), { kind: 'delivery', problem: error });
    return { ...moved, revision: moved.revision + 1, card: { ...moved.card, channel: fallback, movedFrom: channel } };
  });
  const pending = await house.incidents.pending(house.clock.now(), 1_000);
  for (const { id, effect } of pending) {
    if (effect.kind === 'remind' && effect.incident === incident.id)
      await house.lanes.put(fallback, { kind: 'effect', effect: id }, 'deadline');
  }
  return 'done';
}
