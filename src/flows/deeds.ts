/**
 * One look for what somebody did: their calls in every configured account and Region, at CloudTrail's pace, then told to every
 * incident they are behind. What those incidents know of already does not wait for CloudTrail.
 */
import type { Actor } from '../domain/fact.ts';
import type { Duration, IncidentId, Instant, KeyArn, Place } from '../domain/ids.ts';
import { type Deed, dangerousDeeds, deedsOf, intruderOf, LOOKS_BACK, type PlaceSearch } from '../domain/intruder.ts';
import {
  foundBy,
  hasLookedAt,
  type Investigation,
  looked,
  looking,
  nextLookOf,
  withFindings,
} from '../domain/investigation.ts';
import { homeOf, principalOf, userNameOf } from '../domain/principal.ts';
import { noThatStands } from '../domain/question.ts';
import { deedsKnownBy } from '../domain/what-else.ts';
import { change, incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { chunked, inBatches, raise, tellAnswer } from './tell-answer.ts';

const MINUTE: Duration = 60_000;
/** Two hundred calls of an access key and a hundred of a name, the newest, in each place. */
const PAGES = { AccessKeyId: 4, Username: 2 } as const;
/** Every place has its own pace; so many are searched side by side. */
const PLACES_AT_ONCE = 16;
const INCIDENTS_AT_ONCE = 8;
/** Keys that were touched dangerously, looked up to see whether they have incidents. */
const MOST_TOUCHED = 500;
/** Incidents whose deeds are known without CloudTrail: a large wave. */
const MOST_INCIDENTS = 2_000;

export async function lookForDeeds(
  house: House,
  errand: { readonly investigation: string; readonly slot: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const { investigation: id, slot, signal } = errand;
  const record = await house.investigations.get(id);
  if (record === undefined) return tellIfQuestion(house, id, slot);
  const principal = principalOf(record.actor);
  if (record.nextAt !== slot || principal === undefined) return;
  // Whoever died while telling what was found tells it: CloudTrail is not asked twice for one look.
  const found = hasLookedAt(record, slot) ? record : await look(house, record, signal);
  const question = found.question === undefined ? undefined : await house.investigations.question(found.question);
  if (noThatStands(question, house.clock.now()) !== undefined) await raise(house, found.uncovered);
  const intruder = foundBy(looked(found, slot));
  if (intruder !== undefined)
    await forEach(house, id, (incident) => change(house, incident, { kind: 'investigated', principal, intruder }));
  // Last: what fails before this is told again, and the same twice is once.
  await house.investigations.change(id, (before) => looked(before ?? found, slot));
}

/** Searches, and writes down what was found. */
async function look(house: House, record: Investigation, signal: AbortSignal): Promise<Investigation> {
  const { id, actor } = record;
  await house.investigations.change(id, (before) => looking(before ?? record));
  const at = house.clock.now();
  const from = record.startedAt - LOOKS_BACK;
  const [known, searches] = await Promise.all([
    knownDeeds(house, record, from),
    inBatches(house.keys.places(), PLACES_AT_ONCE, (place) =>
      searchPlace(house, actor, place, { from, to: at + MINUTE }, signal),
    ),
  ]);
  const touched = dangerousDeeds(deedsOf(actor, searches, known)).slice(0, MOST_TOUCHED);
  const covered = await coveredOf(house, touched);
  const nextAt = nextLookOf(record, house.clock.now());
  const stretch = { from, at, ...(nextAt === undefined ? {} : { nextAt }) };
  const intruder = intruderOf(actor, searches, covered, stretch, known);
  const uncovered = touched
    .filter(({ key }) => !covered.has(key.arn) && house.keys.covers(key))
    .map(({ fact }) => fact);
  return house.investigations.change(id, (before) => withFindings(before ?? record, { intruder, uncovered }));
}

async function tellIfQuestion(house: House, id: string, slot: Instant): Promise<void> {
  const question = await house.investigations.question(id);
  return question === undefined ? house.investigations.neverDue(id) : tellAnswer(house, question, slot);
}

/** What the incidents of that name have learnt, long before CloudTrail shows it. */
async function knownDeeds(house: House, { id, question }: Investigation, from: Instant): Promise<readonly Deed[]> {
  const asked = question === undefined ? undefined : await house.investigations.question(question);
  const deeds: Deed[] = [];
  for (const investigation of new Set([id, ...(asked?.investigations ?? [])]))
    for (const ids of chunked((await house.investigations.incidents(investigation)).slice(0, MOST_INCIDENTS)))
      for (const incident of await house.incidents.loadMany(ids))
        deeds.push(...deedsKnownBy(incident).filter(({ at }) => at >= from));
  return deeds;
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
