/**
 * The way of a fact: kept (by the intake, before its 200) → which key? → read the key → decide → save → effects.
 * The fact stays in the inbox until the save that uses it takes it out; a crash in between repeats it.
 */
import { type Fact, keyOf } from '../domain/fact.ts';
import type { KeyRef } from '../domain/ids.ts';
import { isOpen, type Subject } from '../domain/incident.ts';
import { change, incidentIdOf } from './commit.ts';
import { changeAndGather } from './gather.ts';
import type { House } from './house.ts';
import { lookWithin, openingOfKey } from './look.ts';
import { attachToKnownKey } from './search-key.ts';
import { policyChanged } from './watch-policy.ts';
import { within } from './within.ts';

const ALIAS_PATIENCE = 300;

/** Keeps a fact and hurries it on. Rejects with `StoreUnavailable` when it could not be kept. */
export async function keepFact(house: House, fact: Fact): Promise<'kept' | 'duplicate'> {
  const kept = await house.inbox.accept(fact);
  house.counters.count('facts', { source: fact.source, kind: fact.body.kind, result: kept });
  if (kept === 'kept') hurry(house, fact);
  return kept;
}

/**
 * Facts worked off at once per process. More would compete with the accepting of a storm for one event loop (measured: with
 * 2,000 at once 600–900 accepted a second, with 4 at once above 3,000, and the first card sooner).
 */
const AT_ONCE = 4;
const waiting = new WeakMap<House, { running: number; readonly facts: Fact[] }>();

function hurry(house: House, fact: Fact): void {
  const line = waiting.get(house) ?? { running: 0, facts: [] };
  waiting.set(house, line);
  line.facts.push(fact);
  if (line.running >= AT_ONCE) return;
  line.running += 1;
  void workOff(house, line);
}

/** Whatever fails here stays in the inbox, and the pulse tries again. */
async function workOff(house: House, line: { running: number; readonly facts: Fact[] }): Promise<void> {
  for (let fact = line.facts.shift(); fact !== undefined; fact = line.facts.shift()) {
    try {
      // In a long line the pulse may have been quicker.
      if (line.facts.length < LONG_LINE || (await house.inbox.get(fact.id)) !== undefined)
        await receiveFact(house, fact);
    } catch (error) {
      house.log.warn({ factId: fact.id, error }, 'the fact stays in the inbox, the pulse tries again');
    }
  }
  line.running -= 1;
}
const LONG_LINE = 50;

/** Works a kept fact off. Safe to repeat. */
export async function receiveFact(house: House, fact: Fact): Promise<void> {
  const { body } = fact;
  if (body.kind === 'alarm') return receiveAlarm(house, fact, body.alarm.keys);
  const key = keyOf(body);
  if (key !== undefined) return receiveForKey(house, fact, key);
  const subject = subjectOf(fact);
  if (subject === undefined) return house.inbox.done(fact.id);
  await receiveForSubject(house, fact, subject);
}

function subjectOf(fact: Fact): Subject | undefined {
  switch (fact.body.kind) {
    case 'keyStoreDisconnected':
    case 'trailBlinded':
      return { kind: 'place', place: fact.body.place };
    case 'unsubscribed':
      return { kind: 'topic', topicArn: fact.body.topicArn };
    default:
      return undefined;
  }
}

async function receiveAlarm(house: House, fact: Fact, keys: readonly KeyRef[]): Promise<void> {
  if (fact.body.kind !== 'alarm') return;
  const { alarm } = fact.body;
  for (const key of keys) await receiveForKey(house, fact, key, keys.length === 1);
  if (keys.length > 0) return house.inbox.done(fact.id);
  if (await attachToKnownKey(house, fact, alarm)) return;
  await receiveForSubject(house, fact, {
    kind: 'alarm',
    alarmArn: alarm.arn,
    name: alarm.name,
    place: { account: alarm.account, region: alarm.region },
    partition: alarm.partition,
  });
}

/** Rejects when the answer of our own call is still awaited, or KMS does not show yet what was done: the inbox offers the fact again. */
export class TooEarly extends Error {
  constructor() {
    super('our own call has no outcome yet, or KMS lags behind');
    this.name = 'TooEarly';
  }
}

async function receiveForKey(house: House, fact: Fact, key: KeyRef, last = true): Promise<void> {
  // A new key is no news where none is in danger: nothing is read for it.
  if (fact.body.kind === 'keyCreated' && !(await isAbout(house, key))) return house.inbox.done(fact.id);
  // All at once: the first card waits for the slowest of them, not for their sum.
  const remembered = house.index.get(key);
  const [memory, aliases, read, mayBeLost] = await Promise.all([
    remembered,
    remembered.then((known) => (known === undefined ? aliasesWithin(house, key) : undefined)),
    lookWithin(house, key, house.settings.firstReadWithin),
    memoryMayBeLost(house),
  ]);
  const call = 'call' in fact.body ? fact.body.call : undefined;
  const ours = call === undefined ? false : house.keys.isOurs(call.actor);
  const opening = {
    ...openingOfKey(house, key, memory, mayBeLost),
    ...(aliases === undefined ? {} : { aliases }),
  };
  // Such a fact is worked off only when the policy itself was judged, too.
  const isPolicys = fact.body.kind === 'policyChanged';
  const outcome = await changeAndGather(
    house,
    opening.id,
    { kind: 'fact', fact, opening, ours, ...(read === undefined ? {} : { read }) },
    last && !isPolicys ? { facts: [fact.id] } : {},
  );
  if (outcome.kind === 'later') throw new TooEarly();
  if (isPolicys && (await policyChanged(house, key, fact)) === 'behind') throw new TooEarly();
  if ((outcome.kind === 'nothing' || isPolicys) && last) await house.inbox.done(fact.id);
}

/** Whether an incident is open about it. */
async function isAbout(house: House, key: KeyRef): Promise<boolean> {
  const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key }));
  return incident !== undefined && isOpen(incident);
}

async function receiveForSubject(house: House, fact: Fact, subject: Subject): Promise<void> {
  const id = incidentIdOf(house, subject);
  const call = 'call' in fact.body ? fact.body.call : undefined;
  const ours = call === undefined ? false : house.keys.isOurs(call.actor);
  const opening = {
    id,
    subject,
    prior: { kind: 'unknown', why: 'not a key' },
    adopt: await memoryMayBeLost(house),
  } as const;
  const outcome = await change(house, id, { kind: 'fact', fact, opening, ours }, { facts: [fact.id] });
  if (outcome.kind === 'nothing') await house.inbox.done(fact.id);
}

/** A key the sweep has not met: its names are worth a short wait, for the first card to say them. */
async function aliasesWithin(house: House, key: KeyRef): Promise<readonly string[] | undefined> {
  const aliases = await within(house, ALIAS_PATIENCE, house.keys.aliases(key));
  return aliases?.kind === 'known' ? aliases.value : undefined;
}

/** Until a first sweep stands in the memory, the memory may have been lost, and our card may stand in the channel already. */
async function memoryMayBeLost(house: House): Promise<boolean> {
  const [place] = house.keys.places();
  return place !== undefined && (await house.index.sweepState(place))?.completedAt === undefined;
}
