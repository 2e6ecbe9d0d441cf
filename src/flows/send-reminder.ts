/**
 * Posting a reminder: read the key at this very moment, look whether it stands there already, post it, write it down.
 * Above 300 lines, because whatever is about to be said is first held against the key, and that is one piece with saying it.
 */
import { countdownOfMark, dateOfMark, isMark, postedAt } from '../domain/deadline.ts';
import type { PendingEffect, Reminder } from '../domain/effect.ts';
import { shownOn } from '../domain/gathering.ts';
import type { ChannelId, Duration, IncidentId, Instant, KeyRef } from '../domain/ids.ts';
import { type EntryBody, type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import { noted } from '../domain/record.ts';
import { volumeNow } from '../domain/speaking.ts';
import { isInDoubt, isStillSo } from '../domain/still-so.ts';
import { isDoneRow, type WaveCount } from '../domain/wave-row.ts';
import { knowPolicy } from './can-we-cancel.ts';
import { amend, change } from './commit.ts';
import { afterFailure, cardLost, DAY, deliver, otherChannel, RETRY, type Sent } from './deliver.ts';
import { handOn } from './hand-on.ts';
import type { House } from './house.ts';
import { look } from './look.ts';

const NOT_KNOWING: Duration = 30_000;
/** In a channel the history tells whether it stands there; of a person's messages there is none to look into. */
const CHANNEL_PAUSE: Duration = 15_000;
const PERSON_PAUSE: Duration = 45_000;

/** A reminder is only posted about the deletion date that the key shows at this very moment. */
export async function sendReminder(
  house: House,
  channel: ChannelId,
  pending: PendingEffect,
  again: boolean,
): Promise<Sent> {
  if (pending.effect.kind !== 'remind') return 'done';
  const { reminder, to } = pending.effect;
  let incident = await house.incidents.load(pending.effect.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return forget(house, pending);
  if (to !== undefined) return sendElsewhere(house, to, pending, again);
  const shown = shownOn(incident);
  // A wave has taken it in since: what its keys are owed is said together.
  if (shown.on === 'wave') {
    await house.gatherings.owe(shown.gathering, pending);
    return 'unsent';
  }
  // The thread to answer in is not there yet.
  if (incident.card.ts === undefined && incident.card.undeliverable === undefined) {
    // Ahead of this reminder, which would else be taken again and again before the card it waits for.
    const card =
      shown.on === 'own'
        ? ({ kind: 'card', incident: incident.id } as const)
        : ({ kind: 'gathering', gathering: shown.gathering } as const);
    await house.lanes.put(incident.card.channel, card, 'approval');
    return { after: 500 };
  }
  const holds = await stillSo(house, incident, reminder);
  if (holds === 'doubtful') return lookAgain(house, channel, pending, again);
  if (holds === undefined) return forget(house, pending);
  incident = holds;
  if (isSuperseded(incident, reminder)) return supersede(house, incident, pending);
  const due = asDueNow(house, incident, pending);
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
    if (found.kind === 'found') return told(house, incident, due);
    if (found.kind === 'unknown' && house.clock.now() - pending.since < NOT_KNOWING) return { after: RETRY };
  }
  const delivery = await deliver(house, channel, { kind: 'reminder', incident, effect: due, plain: false }, thread);
  switch (delivery.kind) {
    case 'delivered':
      house.counters.count('reminders', { kind: reminder.kind });
      return told(house, incident, due);
    case 'ambiguous':
      return { after: growing(house, pending, CHANNEL_PAUSE) };
    case 'messageGone':
      // The card's message is gone: a new card first, then this reminder in its thread.
      await cardLost(house, incident);
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
      // Nobody has heard what everybody must: it stays owed, and the vigil sees it.
      return isLoudVolume(due) ? { after: growing(house, pending, CHANNEL_PAUSE) } : forget(house, pending);
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}

interface Ready {
  readonly incident: Incident;
  readonly effect: PendingEffect;
}

/**
 * The incident as it reads now, and the reminder as loud as it is now; `undefined`: it has nothing to say any more, and is forgotten;
 * `doubtful`: it stays owed, and is looked at again.
 */
export const readyToTell = (house: House, pending: PendingEffect): Promise<Ready | 'doubtful' | undefined> =>
  readyAs(house, pending, (loaded, reminder) => stillSo(house, loaded, reminder));

/** The same by the record alone, loaded once more: of many, the first were looked at while the others were read. */
export const stillReady = (house: House, pending: PendingEffect): Promise<Ready | 'doubtful' | undefined> =>
  readyAs(house, pending, (loaded, reminder) => Promise.resolve(heldNow(house, loaded, reminder)));

async function readyAs(
  house: House,
  pending: PendingEffect,
  hold: (loaded: Incident, reminder: Reminder) => Promise<Held>,
): Promise<Ready | 'doubtful' | undefined> {
  const { effect } = pending;
  const loaded = effect.kind === 'remind' ? await house.incidents.load(effect.incident) : undefined;
  const incident = effect.kind === 'remind' && loaded !== undefined ? await hold(loaded, effect.reminder) : undefined;
  if (incident === 'doubtful') return 'doubtful';
  if (effect.kind !== 'remind' || incident === undefined) {
    await forget(house, pending);
    return undefined;
  }
  if (isSuperseded(incident, effect.reminder)) {
    await supersede(house, incident, pending);
    return undefined;
  }
  return { incident, effect: asDueNow(house, incident, pending) };
}

/**
 * Twice as long each time, up to `longest`: what Slack takes and does not answer for is said a few times, not every two seconds; and
 * once Slack answers again nothing loud waits much longer.
 */
const growing = (house: House, { since }: PendingEffect, longest: Duration): Duration =>
  Math.min(longest, Math.max(RETRY, house.clock.now() - since));

const isLoudVolume = ({ effect }: PendingEffect): boolean =>
  effect.kind === 'remind' && (effect.volume === 'mention' || effect.volume === 'everyone');

/** A later mark of the same date has been told since: it speaks for this one, too. */
const isSuperseded = (incident: Incident, reminder: Reminder): boolean =>
  isMark(reminder) && countdownOfMark(incident, reminder)?.told.some((mark) => mark < reminder.milestone) === true;

async function supersede(house: House, incident: Incident, pending: PendingEffect): Promise<Sent> {
  const { effect } = pending;
  if (effect.kind === 'remind')
    await amend(house, incident.id, (now) => withPosted(now, effect.reminder), { remove: [pending.id] });
  return 'done';
}

/** As loud and as late as it is at this moment: it may have waited for Slack. */
function asDueNow(house: House, incident: Incident, pending: PendingEffect): PendingEffect {
  const { effect } = pending;
  if (effect.kind !== 'remind') return pending;
  const now = house.clock.now();
  const { rules, reminderTolerance } = house.settings;
  const reminder = lateNow(withDateNow(incident, effect.reminder), now, reminderTolerance);
  // Effects from before reminders had a volume keep theirs.
  const volume = effect.volume === undefined ? {} : { volume: volumeNow(incident, reminder, rules, now) };
  return { ...pending, effect: { ...effect, ...volume, reminder } };
}

/** The moment of a loss may have been learnt to be earlier, and what is lost then to be more. */
const withDateNow = ({ losses }: Incident, reminder: Reminder): Reminder =>
  reminder.kind === 'loss' && losses !== undefined
    ? { ...reminder, lossAt: losses.deletionDate, of: losses.of }
    : reminder;

function lateNow(reminder: Reminder, now: Instant, tolerance: Duration): Reminder {
  if (!isMark(reminder)) return reminder;
  const late = now - (dateOfMark(reminder) - reminder.milestone);
  return late > tolerance ? { ...reminder, late } : reminder;
}

/**
 * The incident with the key and its policy as they read at this very moment, if what the reminder says is still so: whoever is reminded
 * is told whether a rescue would work.
 */
async function stillSo(house: House, incident: Incident, reminder: Reminder): Promise<Held> {
  const key = keyOfIncident(incident);
  if (key === undefined) return undefined;
  const read = heldNow(house, isAboutKey(reminder) ? await readAnew(house, incident, key) : incident, reminder);
  if (read === undefined || read === 'doubtful' || !isOpen(read)) return read;
  // Each read takes its time: somebody may have answered meanwhile.
  return heldNow(house, await knowPolicy(house, read, key), reminder);
}

type Held = Incident | 'doubtful' | undefined;

function heldNow(house: House, incident: Incident, reminder: Reminder): Held {
  const now = house.clock.now();
  if (isStillSo(incident, reminder, now)) return incident;
  return isInDoubt(incident, reminder, now) ? 'doubtful' : undefined;
}

/** Behind everything else that waits there: a pause would hold up the whole channel. It comes again at the channel's pace. */
async function lookAgain(house: House, channel: ChannelId, pending: PendingEffect, again: boolean): Promise<Sent> {
  // It may stand in Slack already: put in anew, nobody would look for it there.
  if (again) return { after: RETRY };
  await house.lanes.put(channel, { kind: 'effect', effect: pending.id }, 'note');
  return 'done';
}

/** What has happened does not change with the key. */
const isAboutKey = ({ kind }: Reminder): boolean => kind !== 'end' && kind !== 'wasThisYou' && kind !== 'over';

async function readAnew(house: House, incident: Incident, key: KeyRef): Promise<Incident> {
  const outcome = await change(house, incident.id, { kind: 'read', read: await look(house, key) });
  return outcome.kind === 'saved' ? outcome.incident : ((await house.incidents.load(incident.id)) ?? incident);
}

const isPerson = (to: ChannelId): boolean => /^[UW]/.test(to);

/** Where it is said besides: no thread, no card to wait for, and nothing to move elsewhere when it is refused. */
async function sendElsewhere(house: House, to: ChannelId, pending: PendingEffect, again: boolean): Promise<Sent> {
  const loaded = await house.incidents.load(
    pending.effect.kind === 'remind' ? pending.effect.incident : ('' as IncidentId),
  );
  if (loaded === undefined || pending.effect.kind !== 'remind') return forget(house, pending);
  const incident = await stillSo(house, loaded, pending.effect.reminder);
  if (incident === 'doubtful') return lookAgain(house, to, pending, again);
  if (incident === undefined) await handOn(house, loaded, { id: pending.id, reminder: pending.effect.reminder }, [to]);
  // The card may have moved there meanwhile, and its thread says it.
  if (incident === undefined || to === incident.card.channel || isSuperseded(incident, pending.effect.reminder))
    return forget(house, pending);
  const due = asDueNow(house, incident, pending);
  // With one person no history is looked through: better told twice than not at all.
  if (again && !isPerson(to)) {
    const wanted = { incident: incident.id, effect: pending.id, oldest: pending.since - DAY };
    const found = await house.chat.find(to, wanted);
    if (found.kind === 'found') return forget(house, pending);
    if (found.kind === 'unknown' && house.clock.now() - pending.since < NOT_KNOWING) return { after: RETRY };
  }
  const wave = await countOfWave(house, incident);
  const post = {
    kind: 'reminder',
    incident,
    effect: due,
    plain: false,
    ...(wave === undefined ? {} : { wave }),
  } as const;
  const delivery = await deliver(house, to, post, {});
  switch (delivery.kind) {
    case 'delivered':
      house.counters.count('reminders', { kind: 'elsewhere' });
      return forget(house, pending);
    case 'ambiguous':
      return { after: growing(house, pending, isPerson(to) ? PERSON_PAUSE : CHANNEL_PAUSE) };
    case 'notSent':
      return { after: RETRY };
    case 'rateLimited':
    case 'tokenDead':
      return afterFailure(house, to, incident, delivery);
    case 'channelGone':
    case 'messageGone':
    case 'unshowable':
    case 'refused':
      house.log.error({ channel: to, incident: incident.id, reason: delivery.error }, 'somebody could not be woken');
      house.counters.count('slack_failures', { kind: delivery.kind });
      return forget(house, pending);
  }
}

/** One is told for all of its wave: of how many. */
async function countOfWave(house: House, incident: Incident): Promise<WaveCount | undefined> {
  const shown = shownOn(incident);
  if (shown.on !== 'wave') return undefined;
  const rows = await house.gatherings.rows(shown.gathering);
  return rows.length === 0 ? undefined : { keys: rows.length, left: rows.filter((row) => !isDoneRow(row)).length };
}

/** Slack has taken it. The reminder itself stands in the thread: the entry is for the record, not to be posted again. */
export async function told(house: House, incident: Incident, pending: PendingEffect): Promise<Sent> {
  const { effect } = pending;
  const body = effect.kind === 'remind' ? entryOf(effect.reminder) : undefined;
  if (effect.kind !== 'remind' || body === undefined) return forget(house, pending);
  const { reminder } = effect;
  await amend(
    house,
    incident.id,
    (now) => {
      const upToDate = now.notedSeq === now.nextSeq - 1;
      const next = noted(withPosted(now, reminder), house.clock.now(), body);
      return upToDate ? { ...next, notedSeq: next.nextSeq - 1 } : next;
    },
    { remove: [pending.id] },
  );
  return 'done';
}

function withPosted(incident: Incident, reminder: Reminder): Incident {
  if (!isMark(reminder)) return incident;
  const countdown = countdownOfMark(incident, reminder);
  if (countdown === undefined) return incident;
  const posted = postedAt(countdown, reminder.milestone);
  const { losses } = incident;
  if (reminder.kind === 'milestone') return { ...incident, countdown: posted };
  return losses === undefined ? incident : { ...incident, losses: { ...losses, ...posted } };
}

/** What the timeline says of a reminder. The plan's end, and the key's, stand there already. */
function entryOf(reminder: Reminder): EntryBody | undefined {
  switch (reminder.kind) {
    case 'milestone':
    case 'loss': {
      const { milestone, late } = reminder;
      const of = reminder.kind === 'loss' ? { of: reminder.of } : {};
      return { kind: 'reminded', milestone, ...(late === undefined ? {} : { late }), ...of };
    }
    case 'again':
      return { kind: 'askedAgain', after: reminder.attention.kind };
    case 'undecided':
      return { kind: 'askedAgain', after: 'nobody' };
    case 'overdue':
      return { kind: 'overdue', deletionDate: reminder.deletionDate };
    case 'planVoid':
    case 'end':
    case 'cannotCancel':
    case 'ownKey':
    case 'worse':
    case 'wasThisYou':
    case 'notMe':
    case 'over':
      return undefined;
  }
}

async function forget(house: House, pending: PendingEffect): Promise<Sent> {
  await house.incidents.forget(pending.id);
  return 'done';
}
