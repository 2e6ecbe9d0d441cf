/**
 * The vigil: each pulse, on every process, what must reach somebody although no incident says it: Slack that takes nothing, a
 * token it refuses, a sweep or a process that has stopped. And whatever the pager is owed.
 */
import type { PendingEffect } from '../domain/effect.ts';
import { type Duration, type Instant, placeName } from '../domain/ids.ts';
import { pageOf, patienceOf } from '../domain/page.ts';
import type { KeptPage } from '../domain/paging.ts';
import { sweepPatience } from '../domain/sweep-patience.ts';
import type { SweepState } from '../ports.ts';
import type { House } from './house.ts';
import { endPage, openPage, wakePager } from './page.ts';

/** As many as the pulse drives again: quiet reminders that wait for Slack must not hide a loud one behind them. */
const MOST_PENDING = 5_000;
/** A process that has just come up, or whose clock has jumped, first lets begin what is due, before it complains. */
const SETTLING_IN: Duration = 60_000;

export async function vigil(house: House, now: Instant): Promise<void> {
  const places = house.keys.places();
  const [silent, pages, states] = await Promise.all([
    house.beats.beat(now),
    house.pages.all(),
    house.index.sweepStates(places),
  ]);
  const open = new Map(pages.filter(({ status }) => status === 'open').map((kept) => [kept.page.id, kept]));
  for (const process of silent)
    if (await house.beats.bury(process))
      await openPage(house, {
        id: `processStopped:${process.id}`,
        kind: 'processStopped',
        at: process.lastAt,
        detail: process.id,
      });
  await watchToken(house, open.get('tokenRevoked'), now);
  await watchPosts(house, open.get('unposted'), now);
  await watchSweeps(house, states, open.get('sweepStopped'), now);
  for (const kept of pages) await wakePager(house, kept);
  await inspectionOfSlot(house, states);
}

async function watchToken(house: House, open: KeptPage | undefined, now: Instant): Promise<void> {
  if (open === undefined) {
    const token = house.token.state();
    if (token.kind === 'refused')
      await openPage(house, { id: 'tokenRevoked', kind: 'tokenRevoked', at: now, detail: token.error });
    return;
  }
  // What this process heard before the page was opened, perhaps by another one, says nothing of now.
  if (house.token.stateSince(`${open.page.id} ${open.since}`).kind === 'taken') await endPage(house, open.page.id);
}

/** What must be heard, and Slack has not taken for minutes: loud reminders, and cards that nobody has seen yet. */
async function watchPosts(house: House, open: KeptPage | undefined, now: Instant): Promise<void> {
  const before = now - patienceOf(house.settings.rules);
  const [pending, cardless] = await Promise.all([
    house.incidents.pending(before, MOST_PENDING),
    house.incidents.cardless(now, before, MOST_PENDING),
  ]);
  const loud = pending.filter(isLoud);
  const waiting = loud.length + cardless.length;
  if (waiting === 0) {
    if (open !== undefined) await endPage(house, open.page.id);
    return;
  }
  if (open !== undefined || isSettlingIn(house, now)) return;
  const urgent = [...loud].sort((one, other) => dateOf(one) - dateOf(other))[0]?.effect.incident ?? cardless[0];
  const incident = urgent === undefined ? undefined : await house.incidents.load(urgent);
  const about = incident === undefined ? {} : pageOf(incident, 'unposted', now);
  const at = Math.min(before, ...loud.map(({ since }) => since));
  const what = `${waiting} ${waiting === 1 ? 'message waits' : 'messages wait'}${'key' in about ? ', the most urgent about this key' : ''}`;
  await openPage(house, { ...about, id: 'unposted', kind: 'unposted', at, detail: what });
}

const isLoud = ({ effect }: PendingEffect): boolean =>
  effect.kind === 'alert' ||
  (effect.kind === 'remind' && (effect.volume === 'mention' || effect.volume === 'everyone'));

function dateOf({ effect }: PendingEffect): Instant {
  if (!('reminder' in effect)) return Number.POSITIVE_INFINITY;
  if ('lossAt' in effect.reminder) return effect.reminder.lossAt;
  return ('deletionDate' in effect.reminder ? effect.reminder.deletionDate : undefined) ?? Number.POSITIVE_INFINITY;
}

/** No sweep of a place has begun or ended for three slots. One that meets an unreadable place does end. */
async function watchSweeps(
  house: House,
  states: readonly (SweepState | undefined)[],
  open: KeptPage | undefined,
  now: Instant,
): Promise<void> {
  const steady = house.beats.steadySince() ?? now;
  const patience = sweepPatience(house.settings.sweep.every);
  const stopped = house.keys.places().flatMap((place, index) => {
    const sign = lastSign(states[index]);
    // Never swept, or by a clock that was set back since: counted from when this process began to look.
    const at = sign === undefined || sign > now + patience ? steady : sign;
    return now - at > patience ? [{ place, at }] : [];
  });
  if (stopped.length === 0) {
    if (open !== undefined) await endPage(house, open.page.id);
    return;
  }
  const [first, ...others] = stopped;
  if (open !== undefined || first === undefined || isSettlingIn(house, now)) return;
  await openPage(house, {
    id: 'sweepStopped',
    kind: 'sweepStopped',
    at: Math.min(...stopped.map(({ at }) => at)),
    ...(others.length === 0 ? first.place : {}),
    detail: `not swept: ${stopped
      .slice(0, MOST_NAMED)
      .map(({ place }) => placeName(place))
      .join(', ')}${stopped.length > MOST_NAMED ? `, and ${stopped.length - MOST_NAMED} more` : ''}`,
  });
}

const isSettlingIn = (house: House, now: Instant): boolean => now - (house.beats.steadySince() ?? now) < SETTLING_IN;

const MOST_NAMED = 10;

/** A sweep under way still carries the end of the one before it. */
const isComplete = (state: SweepState | undefined): boolean =>
  state?.completedAt !== undefined && state.completedAt >= state.startedAt;

const lastSign = (state: SweepState | undefined): Instant | undefined =>
  state === undefined ? undefined : Math.max(state.startedAt, state.completedAt ?? 0);

/**
 * One inspection for each slot that all places have been swept in, once none of them is at it. One whose findings nobody was told
 * of is begun again until somebody was.
 */
async function inspectionOfSlot(house: House, states: readonly (SweepState | undefined)[]): Promise<void> {
  if (states.length === 0 || !states.every(isComplete)) return;
  const slot = Math.min(...states.map((state) => state?.slot ?? 0));
  const last = await house.inspections.last();
  if (last?.slot === slot && last.told) return;
  await house.queue.ensure('inspect', `inspect-${slot}`, { slot });
}
