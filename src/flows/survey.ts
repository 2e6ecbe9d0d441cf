/**
 * The survey: behind each full sweep of a place, what every calm key looks like is kept as last good. Hours long in a large
 * account, at the pace of ListGrants: it begins anew anywhere, and passes over keys it has taken already.
 */
import type { Duration, Instant, KeyRef, Place } from '../domain/ids.ts';
import { isOpen } from '../domain/incident.ts';
import { nextGood } from '../domain/shape-difference.ts';
import { incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { look } from './look.ts';
import { policySeen } from './watch-policy.ts';

export interface SurveyErrand extends Place {
  /** The end of the full sweep it follows. */
  readonly sweptAt: Instant;
  readonly signal: AbortSignal;
}

/** Keys at once: enough to fill the slowest lane, and few enough that nobody waits behind them. */
const AT_ONCE = 4;
const PATIENCE: Duration = 60_000;

export async function survey(house: House, errand: SurveyErrand): Promise<void> {
  const place: Place = { account: errand.account, region: errand.region };
  if (((await house.shapes.surveyed(place)) ?? 0) >= errand.sweptAt) return;
  for await (const page of house.index.scan(place)) {
    const calm = page.filter(
      ({ memory }) => memory.manager !== 'AWS' && (memory.state === 'Enabled' || memory.state === 'Disabled'),
    );
    for (let from = 0; from < calm.length; from += AT_ONCE) {
      errand.signal.throwIfAborted();
      await Promise.all(calm.slice(from, from + AT_ONCE).map(({ key }) => surveyKey(house, key, errand)));
    }
  }
  await house.shapes.putSurveyed(place, errand.sweptAt);
}

async function surveyKey(house: House, key: KeyRef, { sweptAt, signal }: SurveyErrand): Promise<void> {
  const before = await house.shapes.good(key);
  if (before !== undefined && before.takenAt >= sweptAt) return;
  if (await isInIncident(house, key)) return;
  const read = await look(house, key, signal);
  if (read.kind !== 'read' || (read.snapshot.state !== 'Enabled' && read.snapshot.state !== 'Disabled')) return;
  const shape = await house.keys.shape(read.snapshot, PATIENCE, signal);
  // What came up meanwhile: that is no good shape to go back to.
  if (await isInIncident(house, key)) return;
  if (await policySeen(house, read.snapshot, shape, before)) return;
  await house.shapes.putGood(key, nextGood(shape, before));
}

async function isInIncident(house: House, key: KeyRef): Promise<boolean> {
  const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key }));
  return incident !== undefined && isOpen(incident);
}

/** Starts the survey of a place whose full sweep it has not followed yet; the same one twice is one. */
export async function surveySoon(house: House, place: Place, sweptAt: Instant | undefined): Promise<void> {
  if (sweptAt === undefined || ((await house.shapes.surveyed(place)) ?? 0) >= sweptAt) return;
  const id = `survey-${house.hash(`${place.account} ${place.region} ${sweptAt}`).slice(0, 32)}`;
  await house.queue.ensure('survey', id, { account: place.account, region: place.region, sweptAt });
}
