/**
 * Draining a Slack channel's lane: take the first item when its slot has come, draw it as the record is now, send it,
 * and write down what Slack said. A message that may stand in Slack already is looked for before it is posted again.
 */
import type { LaneItem } from '../domain/effect.ts';
import { shownOn } from '../domain/gathering.ts';
import type { ChannelId, Duration } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import { closeFormer, withoutFormer } from './close-former.ts';
import { amend } from './commit.ts';
import { afterFailure, deliver, HISTORY, RETRY, type Sent, withoutTs } from './deliver.ts';
import type { House } from './house.ts';
import { remindTogether } from './remind-together.ts';
import { sendApproval } from './send-approval.ts';
import { sendReminder } from './send-reminder.ts';
import { sendShared } from './send-shared.ts';

const LEASE: Duration = 12_000;
const RENEW_EVERY: Duration = 4_000;
/** A drain that must wait longer than this ends; the pulse begins the next one. */
const MINUTE: Duration = 60_000;
const NOT_KNOWING: Duration = 30_000;
const LONGEST_WAIT: Duration = 2_000;

export async function drainLane(house: House, channel: ChannelId, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const taken = await house.lanes.take(channel, house.clock.now(), house.settings.channelPace, LEASE);
    if (taken.kind === 'empty') return;
    if (taken.kind === 'wait') {
      if (taken.ms > LONGEST_WAIT) return;
      await house.clock.sleep(taken.ms, signal);
      continue;
    }
    const next = await holding(house, channel, taken.token, () => sendItem(house, channel, taken.item, taken.again));
    if (next === 'done') await house.lanes.done(channel, taken.token);
    else if (next === 'unsent') await house.lanes.done(channel, taken.token, house.settings.channelPace);
    else await house.lanes.retry(channel, taken.token, house.clock.now() + next.after);
  }
}

/**
 * Keeps the lease while the work lasts, and no longer than its process does. Slack may take its time for a refused form and again for the
 * plain one, and looking for a message reads many pages: meanwhile every other process looks at the lane each second.
 */
async function holding<T>(house: House, channel: ChannelId, token: string, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const renewed = renewing(house, channel, token, over.signal);
  try {
    return await work();
  } finally {
    over.abort();
    await renewed;
  }
}

async function renewing(house: House, channel: ChannelId, token: string, over: AbortSignal): Promise<void> {
  const isOver = (): Promise<boolean> =>
    house.clock.sleep(RENEW_EVERY, over).then(
      () => false,
      () => true,
    );
  while (!(await isOver())) {
    try {
      if (await house.lanes.renew(channel, token, house.clock.now(), LEASE)) continue;
      house.log.warn({ channel }, 'a message took too long, and another process may send it as well');
      return;
    } catch (error) {
      house.log.warn({ channel, error }, 'a lease could not be renewed');
    }
  }
}

async function sendItem(house: House, channel: ChannelId, item: LaneItem, again: boolean): Promise<Sent> {
  switch (item.kind) {
    case 'card':
      await house.openings.over(item.incident);
      return closeFormer(
        house,
        item.incident,
        await sendCard(house, channel, await house.incidents.load(item.incident), again),
      );
    case 'note':
      return sendNotes(house, channel, await house.incidents.load(item.incident), again);
    case 'approval':
      return sendApproval(house, channel, await house.incidents.load(item.incident), item.approval, again);
    case 'gathering':
      return sendShared(house, channel, item.gathering, again);
    case 'gatheringReminders':
      return remindTogether(house, channel, item.gathering, again);
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
  if (incident === undefined || incident.card.channel !== channel) return 'unsent';
  // A wave or a family has taken it in since.
  if (shownOn(incident).on !== 'own') return again ? keepStanding(house, channel, incident) : 'unsent';
  if (incident.revision <= incident.card.shownRevision) return 'unsent';
  let { ts } = incident.card;
  const { postingSince } = incident.card;
  if (ts === undefined && (again || incident.card.adopt || incident.card.postingSince !== undefined)) {
    const found = await house.chat.find(channel, {
      incident: incident.id,
      effect: 'card',
      oldest: incident.card.adopt || postingSince === undefined ? house.clock.now() - HISTORY : postingSince - MINUTE,
    });
    // Better one message twice than none: after half a minute of not knowing it is posted.
    if (found.kind === 'unknown' && postingSince !== undefined && house.clock.now() - postingSince < NOT_KNOWING)
      return { after: RETRY };
    const { former, replaced } = incident.card;
    if (found.kind === 'found' && !found.closed && found.ts !== replaced && found.ts !== former?.ts) ts = found.ts;
  }
  const delivery = await deliver(
    house,
    channel,
    { kind: 'card', incident, plain: false },
    ts === undefined ? {} : { ts },
  );
  switch (delivery.kind) {
    case 'delivered': {
      const told = await amend(house, incident.id, (now) => {
        // Its last round's end stands there now, in full.
        if (isAnotherStory(incident, now)) return isOpen(incident) ? undefined : withoutFormer(now, delivery.ts);
        const { postingSince: _postingSince, ...card } = now.card;
        // Posted while a wave took it in: it stands there, and so it stays.
        const { wave } = now;
        // What was decided meanwhile of a record without a card counts as shown, and stands on no card yet.
        const shown = incident.card.ts === undefined || wave?.own === false ? 0 : card.shownRevision;
        return {
          ...now,
          ...(wave === undefined ? {} : { wave: { ...wave, own: true } }),
          card: { ...card, ts: delivery.ts, adopt: false, shownRevision: Math.max(shown, incident.revision) },
        };
      });
      house.counters.count('slack_messages', { kind: ts === undefined ? 'card' : 'card_update' });
      // Looked for again: what stands there open and belongs to nobody becomes the next round's card.
      return told === undefined ? { after: 0 } : 'done';
    }
    case 'messageGone':
      // Deleted, or too old to edit: a new one is posted, and its ts remembered.
      await amend(house, incident.id, (now) => {
        if (isAnotherStory(incident, now)) return undefined;
        const next = withoutTs(now);
        return ts === undefined ? next : { ...next, card: { ...next.card, replaced: ts } };
      });
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

/**
 * While it was sent, the next round began on a fresh card, or the message became the card of the key behind the alarm: where it stands
 * says nothing of the record that is there now.
 */
const isAnotherStory = (sent: Incident, now: Incident): boolean =>
  now.round !== sent.round || (sent.card.ts !== undefined && now.card.ts !== sent.card.ts);

/**
 * Whoever began to post it did not live to say whether it stands there, and a wave has taken it in since: what stands in Slack must
 * not go stale there, and so it stays its card, too.
 */
async function keepStanding(house: House, channel: ChannelId, { id, wave, openedAt, card }: Incident): Promise<Sent> {
  if (wave?.own !== false) return 'unsent';
  const found = await house.chat.find(channel, { incident: id, effect: 'card', oldest: openedAt - MINUTE });
  if (found.kind === 'unknown') return { after: RETRY };
  if (found.kind === 'none' || found.closed || found.ts === card.former?.ts) return 'unsent';
  await amend(house, id, (now) =>
    now.wave?.own !== false || !isOpen(now)
      ? undefined
      : {
          ...now,
          revision: now.revision + 1,
          wave: { ...now.wave, own: true },
          card: { ...now.card, channel, ts: found.ts, shownRevision: 0 },
        },
  );
  return 'done';
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
  const settle = async (posted = upTo): Promise<Sent> => {
    await amend(house, incident.id, (now) => ({ ...now, notedSeq: Math.max(now.notedSeq, posted) }));
    return 'done';
  };
  if (again) {
    const found = await house.chat.find(channel, {
      incident: incident.id,
      effect: `note-${from}`,
      threadTs,
      oldest: house.clock.now() - HISTORY,
    });
    // What came since then is not in it: it stands in the lane again with this save, as a note of its own.
    if (found.kind === 'found') return settle(Math.min(upTo, found.upTo ?? upTo));
  }
  const delivery = await deliver(house, channel, { kind: 'note', incident, from, plain: false }, { threadTs });
  switch (delivery.kind) {
    case 'delivered':
      return settle();
    case 'ambiguous':
      return { after: RETRY };
    case 'messageGone':
      return settle();
    case 'unshowable':
    case 'refused':
      // The card says what matters; a thread that Slack refuses must not take the card with it.
      house.log.error(
        { channel, incident: incident.id, reason: delivery.error },
        'Slack refuses the entries of a thread in every form',
      );
      house.counters.count('slack_failures', { kind: delivery.kind });
      return settle();
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}
