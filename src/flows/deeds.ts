/**
 * One look for what somebody did: their calls in every configured account and Region, at CloudTrail's pace, then told to every
 * incident they are behind. What they said of it themselves is told first, and does not wait for CloudTrail.
 */
import type { Actor, Fact } from '../domain/fact.ts';
import { callOf } from '../domain/fact.ts';
import type { Duration, IncidentId, Instant, KeyArn, Place } from '../domain/ids.ts';
import { type Deed, dangerousDeeds, deedsOf, intruderOf, LOOKS_BACK, type PlaceSearch } from '../domain/intruder.ts';
import { type Investigation, looked, nextLookOf } from '../domain/investigation.ts';
import { homeOf, principalOf, userNameOf } from '../domain/principal.ts';
import { change, incidentIdOf } from './commit.ts';
import { gather } from './gather.ts';
import type { House } from './house.ts';
import { lookWithin, openingOfKey } from './look.ts';

const MINUTE: Duration = 60_000;
/** Two hundred calls of an access key and a hundred of a name, the newest, in each place. */
const PAGES = { AccessKeyId: 4, Username: 2 } as const;
/** Every place has its own pace; so many are searched side by side. */
const PLACES_AT_ONCE = 16;
const INCIDENTS_AT_ONCE = 8;
/** Keys that were touched dangerously, looked up to see whether they have incidents. */
const MOST_TOUCHED = 500;

export async function lookForDeeds(
  house: House,
  errand: { readonly investigation: string; readonly slot: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const { investigation: id, slot, signal } = errand;
  const record = await house.investigations.get(id);
  if (record === undefined) return house.investigations.neverDue(id);
  const principal = principalOf(record.actor);
  if (record.nextAt !== slot || principal === undefined) return;
  await tellAnswer(house, record, principal);
  const at = house.clock.now();
  const from = record.startedAt - LOOKS_BACK;
  const searches = await inBatches(house.keys.places(), PLACES_AT_ONCE, (place) =>
    searchPlace(house, record.actor, place, { from, to: at + MINUTE }, signal),
  );
  const touched = dangerousDeeds(deedsOf(record.actor, searches)).slice(0, MOST_TOUCHED);
  const covered = await coveredOf(house, touched);
  const nextAt = nextLookOf(record, house.clock.now());
  const look = { from, at, ...(nextAt === undefined ? {} : { nextAt }) };
  const intruder = intruderOf(record.actor, searches, covered, look);
  const uncovered = touched
    .filter(({ key }) => !covered.has(key.arn) && house.keys.covers(key))
    .map(({ fact }) => fact);
  const after = await house.investigations.change(id, (before) =>
    looked(before ?? record, { slot, intruder, uncovered }),
  );
  if (after.answer?.wasMe === false) await raise(house, after.uncovered);
  await forEach(house, id, (incident) => change(house, incident, { kind: 'investigated', principal, intruder }));
}

/** Every incident they are behind hears it; a "no" raises what they touched and nobody looks after. */
async function tellAnswer(house: House, { id, answer, uncovered }: Investigation, principal: string): Promise<void> {
  if (answer === undefined) return;
  await forEach(house, id, (incident) => change(house, incident, { kind: 'said', principal, answer }));
  if (!answer.wasMe) await raise(house, uncovered);
}

/** Keys that somebody touched under a name that was not theirs to use get incidents; each then joins the search, and hears the answer. */
async function raise(house: House, facts: readonly Fact[]): Promise<void> {
  await inBatches(facts, INCIDENTS_AT_ONCE, async (fact) => {
    if (!('key' in fact.body)) return;
    const { key } = fact.body;
    const actor = callOf(fact.body)?.actor;
    // Whoever acts under our own roles without us is found as that, by the echo that is missing.
    if (actor !== undefined && house.keys.isOurs(actor) !== false) return;
    const [memory, read] = await Promise.all([
      house.index.get(key),
      lookWithin(house, key, house.settings.firstReadWithin),
    ]);
    const opening = openingOfKey(house, key, memory);
    const suspicion = { kind: 'suspected', fact, opening, ...(read === undefined ? {} : { read }) } as const;
    const outcome = await change(house, opening.id, suspicion, { gathers: true });
    if (outcome.kind === 'saved' && outcome.opened) await gather(house, outcome.incident);
  });
}

async function forEach(house: House, id: string, tell: (incident: IncidentId) => Promise<unknown>): Promise<void> {
  await inBatches(await house.investigations.incidents(id), INCIDENTS_AT_ONCE, tell);
}

/**
 * In the principal's own account by access key, and by name, which finds the same session under renewed keys; elsewhere by name:
 * no access key is good in two accounts. CloudTrail takes one attribute a search.
 */
async function searchPlace(
  house: House,
  actor: Actor,
  place: Place,
  stretch: { readonly from: Instant; readonly to: Instant },
  signal: AbortSignal,
): Promise<PlaceSearch> {
  const attributes = attributesFor(actor, place);
  const deeds: Deed[] = [];
  let complete = true;
  let why: string | undefined;
  let answered = false;
  for (const attribute of attributes) {
    const query = { place, ...stretch, attribute, maxPages: PAGES[attribute.name] };
    const answer = await house.trail.deeds(query, signal);
    if (answer.kind === 'failed') {
      why ??= answer.message;
      complete = false;
      continue;
    }
    answered = true;
    deeds.push(...answer.deeds);
    complete = complete && answer.complete;
  }
  if (!answered && why !== undefined) return { kind: 'failed', place, why };
  return { kind: 'searched', place, deeds, complete };
}

function attributesFor(
  actor: Actor,
  place: Place,
): readonly { readonly name: keyof typeof PAGES; readonly value: string }[] {
  const home = homeOf(actor);
  const atHome = home === undefined || home === place.account;
  const name = userNameOf(actor);
  // Every account has a root user of its own.
  const byName =
    name === undefined || (actor.type === 'Root' && !atHome) ? [] : [{ name: 'Username', value: name } as const];
  const key = actor.accessKeyId;
  return atHome && key !== undefined && key !== '' ? [{ name: 'AccessKeyId', value: key }, ...byName] : byName;
}

/** Keys that an incident is about, or was until after the deed. */
async function coveredOf(house: House, touched: ReturnType<typeof dangerousDeeds>): Promise<ReadonlySet<KeyArn>> {
  const incidents = await house.incidents.loadMany(touched.map(({ key }) => incidentIdOf(house, { kind: 'key', key })));
  const untilOf = new Map(
    incidents.map(({ id, phase }) => [id, phase.kind === 'open' ? Number.POSITIVE_INFINITY : phase.at]),
  );
  return new Set(
    touched
      .filter(({ key, at }) => (untilOf.get(incidentIdOf(house, { kind: 'key', key })) ?? 0) >= at)
      .map(({ key }) => key.arn),
  );
}

async function inBatches<T, R>(all: readonly T[], atOnce: number, work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += atOnce)
    results.push(...(await Promise.all(all.slice(from, from + atOnce).map(work))));
  return results;
}
