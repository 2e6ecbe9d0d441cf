/** Which key is behind an alarm that names none: CloudTrail's history, then the keys known to be pending there. */
import type { Alarm, Fact } from '../domain/fact.ts';
import { familyOf } from '../domain/gathering.ts';
import type { IncidentId, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import { isPending } from '../domain/key.ts';
import { culprits, historyIsThere, placeOfAlarm, searchWindow } from '../domain/search.ts';
import { change, incidentIdOf } from './commit.ts';
import { changeAndGather } from './gather.ts';
import type { House } from './house.ts';
import { lookWithin, openingOfKey } from './look.ts';

const MOST_PAGES = 10;
const MOST_OPEN = 500;
/** Keys asked one by one when the place is too busy for its whole history. */
const MOST_SINGLE = 5;

/**
 * An alarm about a use that another road (EventBridge) has already told of joins that key's incident: one danger, one card.
 * Only when exactly one open incident of that place has a refused use in the alarm's window.
 */
export async function attachToKnownKey(house: House, fact: Fact, alarm: Alarm): Promise<boolean> {
  if (alarm.state !== 'ALARM') return false;
  const ids = (await house.incidents.open()).slice(0, MOST_OPEN);
  const window = searchWindow(alarm);
  const matching = (await house.incidents.loadMany(ids)).filter((incident) => {
    const used = incident.refused?.lastAt;
    return isOpen(incident) && isIn(incident, alarm) && used !== undefined && used >= window.from && used <= window.to;
  });
  const [only] = matching;
  if (only === undefined || matching.length > 1 || only.subject.kind !== 'key') return false;
  const opening = openingOfKey(house, only.subject.key, await house.index.get(only.subject.key));
  const read = await lookWithin(house, only.subject.key, house.settings.firstReadWithin);
  const outcome = await change(
    house,
    only.id,
    { kind: 'fact', fact, opening, ours: false, ...(read === undefined ? {} : { read }) },
    { facts: [fact.id] },
  );
  if (outcome.kind === 'nothing') await house.inbox.done(fact.id);
  return true;
}

const isIn = (incident: Incident, alarm: Alarm): boolean =>
  incident.subject.kind === 'key' &&
  incident.subject.key.account === alarm.account &&
  incident.subject.key.region === alarm.region;

/** One look of the search; called when the incident's next look is due. */
export async function searchKey(house: House, incident: Incident, signal: AbortSignal): Promise<void> {
  const { search } = incident;
  if (search === undefined || search.state !== 'searching') return;
  const place = placeOfAlarm(search.alarm);
  const window = { ...searchWindow(search.alarm), from: search.from };
  const late = historyIsThere(search.alarm, house.clock.now());
  const candidates = await pendingKeys(house, search.alarm);
  const answer = await house.trail.search(
    { place, ...window, attribute: { name: 'EventSource', value: 'kms.amazonaws.com' }, maxPages: MOST_PAGES },
    signal,
  );
  const facts: Fact[] = answer.kind === 'found' ? [...culprits(answer.facts, late)] : [];
  if (facts.length === 0 && answer.kind === 'found' && !answer.complete) {
    for (const key of candidates.slice(0, MOST_SINGLE)) {
      const single = await house.trail.search(
        { place, ...window, attribute: { name: 'ResourceName', value: key.arn }, maxPages: 1 },
        signal,
      );
      if (single.kind === 'found') facts.push(...culprits(single.facts, late));
    }
  }
  if (facts.length > 0 && (await linkTo(house, incident, facts))) return;
  const problem = answer.kind === 'failed' ? `${answer.why}: ${answer.message}` : undefined;
  await change(house, incident.id, { kind: 'searched', candidates, ...(problem === undefined ? {} : { problem }) });
}

/** Each key found gets its own incident, by its own facts; the first one without a card takes over the alarm's. */
async function linkTo(house: House, incident: Incident, facts: readonly Fact[]): Promise<boolean> {
  const links = new Map<string, { key: KeyRef; incident: IncidentId }>();
  let adopted = false;
  for (const fact of [...facts].reverse()) {
    if (!('key' in fact.body)) continue;
    const { key } = fact.body;
    const id = incidentIdOf(house, { kind: 'key', key });
    const known = await house.incidents.load(id);
    const { ts, channel } = incident.card;
    // After a crash between the two saves the key's record has our card already.
    if (known?.card.ts !== undefined && known.card.ts === ts) adopted = true;
    // A family has a card of its own.
    const alone = familyOf(key) === undefined;
    const takeOver = alone && !adopted && ts !== undefined && (known === undefined || !isOpen(known));
    const read = await lookWithin(house, key, house.settings.firstReadWithin);
    const opening = {
      ...openingOfKey(house, key, await house.index.get(key)),
      ...(takeOver ? { card: { channel, ts } } : {}),
    };
    const call = 'call' in fact.body ? fact.body.call : undefined;
    const ours = call === undefined ? false : house.keys.isOurs(call.actor);
    const happening = { kind: 'fact', fact, opening, ours, ...(read === undefined ? {} : { read }) } as const;
    const outcome = await changeAndGather(house, id, happening);
    if (outcome.kind === 'saved' && takeOver && outcome.incident.card.ts === ts) adopted = true;
    const stands = outcome.kind === 'saved' ? isOpen(outcome.incident) : known !== undefined && isOpen(known);
    if (stands) links.set(key.arn, { key, incident: id });
  }
  // Facts that opened nothing lead nowhere: the search goes on.
  if (links.size === 0) return false;
  await change(house, incident.id, { kind: 'linked', to: [...links.values()], adopted });
  return true;
}

/** Keys of the alarm's place that the sweep saw pending: "one of these". */
async function pendingKeys(house: House, alarm: Alarm): Promise<readonly KeyRef[]> {
  const found: KeyRef[] = [];
  for await (const page of house.index.scan(placeOfAlarm(alarm))) {
    for (const { key, memory } of page) if (isPending(memory.state)) found.push(key);
    if (found.length >= 100) break;
  }
  return found;
}
