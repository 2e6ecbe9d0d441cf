/**
 * The pulse: each second, on every process, what is due becomes jobs under deterministic ids, and what was written down
 * but not worked off is driven again. The queue holds no deadline itself: delayed jobs and schedulers fire late, stop, or
 * double (measured), while a sorted set and a clock cannot.
 */
import { type Gathering, openErrands } from '../domain/gathering.ts';
import type { Duration, GatheringId } from '../domain/ids.ts';
import { placeName } from '../domain/ids.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { startEffect } from './commit.ts';
import { digestSlots } from './digest.ts';
import { startErrand } from './errand.ts';
import { wakeHomes } from './homes.ts';
import type { House } from './house.ts';
import { wakeInvestigations } from './investigate.ts';
import { dayOf } from './post-head.ts';
import { COME_TOGETHER } from './remind-together.ts';
import { recordOf } from './shared-card.ts';
import { surveySoon } from './survey.ts';
import { vigil } from './vigil.ts';

const MOST_AT_ONCE = 200;
/** Reminders that wait for Slack stand here too, and must not hide a click that waits behind them. */
const MOST_PENDING = 5_000;
/** Work this young is still being done by whoever wrote it down. */
const INBOX_PATIENCE: Duration = 3_000;
const EFFECT_PATIENCE: Duration = 5_000;

export async function pulse(house: House): Promise<void> {
  const now = house.clock.now();
  const due = await house.incidents.due(now, MOST_AT_ONCE);
  for (const { id, dueAt } of due)
    await house.queue.ensure('due', `due-${house.hash(`${id} ${dueAt}`).slice(0, 32)}`, { incident: id, dueAt });
  for (const { id, effect } of await house.incidents.pending(now - EFFECT_PATIENCE, MOST_PENDING))
    await startEffect(house, id, effect, true);
  for (const factId of await house.inbox.left(now - INBOX_PATIENCE, MOST_AT_ONCE)) {
    await house.queue.ensure('inbox', `fact-${house.hash(factId).slice(0, 32)}`, { factId });
  }
  await wakeGatherings(house, now);
  for (const channel of await house.lanes.waiting()) house.drains.wake(channel);
  // Before the next sweeps begin: what it inspects are complete ones.
  await vigil(house, now);
  await sweepSlots(house, now);
  await headOfDay(house, now);
  await digestSlots(house, now);
  await wakeInvestigations(house, now);
  await wakeHomes(house, now);
}

/**
 * With the first pulse of a day (UTC) the head of the audit trail is due. Any other day noted, also a later one, was not noted
 * by us: a head more does no harm, a missing one hides a rewrite.
 */
async function headOfDay(house: House, now: number): Promise<void> {
  const day = dayOf(now);
  const posted = await house.audit.lastPosted();
  if (posted !== day) await house.queue.ensure('auditHead', `audit-head-${day}`, { day });
}

/** What waves owe, once it has come together; and rescues of many that are not worked off. */
async function wakeGatherings(house: House, now: number): Promise<void> {
  for (const id of await house.gatherings.owing(now - COME_TOGETHER)) {
    const gathering = await readable(house, id, recordOf);
    if (gathering !== undefined)
      await house.lanes.put(gathering.card.channel, { kind: 'gatheringReminders', gathering: id }, 'deadline');
  }
  for (const id of await house.gatherings.working()) {
    const gathering = await readable(house, id, (from) => from.gatherings.load(id));
    for (const errand of gathering === undefined ? [] : openErrands(gathering))
      await startErrand(house, id, errand.id, true);
  }
}

/** A record that another version wrote waits for that one; it stops no pulse. */
async function readable(
  house: House,
  id: GatheringId,
  load: (house: House, id: GatheringId) => Promise<Gathering | undefined>,
): Promise<Gathering | undefined> {
  try {
    return await load(house, id);
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    house.log.warn({ reason: id, error }, 'a shared card cannot be read, what it owes waits');
    return undefined;
  }
}

/** The sweep slot of each place, begun once however many processes pulse. */
async function sweepSlots(house: House, now: number): Promise<void> {
  const { every, full } = house.settings.sweep;
  const slot = Math.floor(now / every) * every;
  for (const place of house.keys.places()) {
    const state = await house.index.sweepState(place);
    await surveySoon(house, place, state?.lastFullAt);
    // Far ahead is a clock that was set back since: not swept for this slot.
    const isAhead = state !== undefined && state.slot > slot + every;
    if (state !== undefined && state.slot >= slot && !isAhead && state.completedAt !== undefined) continue;
    const fullDue = state?.lastFullAt === undefined || now - state.lastFullAt >= full;
    await house.queue.ensure('sweep', `sweep-${house.hash(`${placeName(place)} ${slot}`).slice(0, 32)}`, {
      ...place,
      slot,
      full: fullDue,
    });
  }
}
