/** Posting a reminder: read the key at this very moment, look whether it stands there already, post it, write it down. */
import type { PendingEffect } from '../domain/effect.ts';
import type { ChannelId } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { countdownDateOf, type KeyRead } from '../domain/key.ts';
import { noted } from '../domain/record.ts';
import { amend, change } from './commit.ts';
import { afterFailure, DAY, deliver, otherChannel, RETRY, type Sent, withoutTs } from './deliver.ts';
import type { House } from './house.ts';
import { look } from './look.ts';

/** A reminder is only posted about the deletion date that the key shows at this very moment. */
export async function sendReminder(
  house: House,
  channel: ChannelId,
  pending: PendingEffect,
  again: boolean,
): Promise<Sent> {
  if (pending.effect.kind !== 'remind') return 'done';
  const { reminder } = pending.effect;
  let incident = await house.incidents.load(pending.effect.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return forget(house, pending);
  // The thread to answer in is not there yet.
  if (incident.card.ts === undefined && incident.card.undeliverable === undefined) {
    // Ahead of this reminder, which would else be taken again and again before the card it waits for.
    await house.lanes.put(incident.card.channel, { kind: 'card', incident: incident.id }, 'approval');
    return { after: 500 };
  }
  if (reminder.kind === 'milestone') {
    const read = await look(house, key);
    const outcome = await change(house, incident.id, { kind: 'read', read });
    if (outcome.kind === 'saved') incident = outcome.incident;
    const date = dateShown(read, reminder.deletionDate);
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
      // The card's message is gone: a new card first, then this reminder in its thread.
      await amend(house, incident.id, (now) => withoutTs(now));
      return { after: RETRY };
    case 'unshowable':
    case 'refused':
      if (otherChannel(house, channel) !== undefined) return afterFailure(house, channel, incident, delivery);
      // Nowhere left to say it; the card still counts down, and is not given up with it.
      house.log.error(
        { channel, incident: incident.id, reason: delivery.error },
        'Slack refuses a reminder in every form',
      );
      house.counters.count('slack_failures', { kind: delivery.kind });
      return forget(house, pending);
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}

/** The date the key shows now. What says nothing about it (not readable, a lagging NotFound, a silent replica) keeps the owed one. */
function dateShown(read: KeyRead, owed: number): number | undefined {
  switch (read.kind) {
    case 'unreadable':
    case 'gone':
      return owed;
    case 'read':
      return countdownDateOf(read.snapshot) ?? (read.snapshot.state === 'PendingReplicaDeletion' ? owed : undefined);
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
