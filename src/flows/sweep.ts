/**
 * The sweep: lists the keys of a place, reads the endangered and the new (all of them on a full one), opens what nobody
 * told us, and repairs cards and due times. It is what makes a lost event, a lost Redis and a lost week harmless.
 */
import { shownOn } from '../domain/gathering.ts';
import type { Duration, IncidentId, Instant, KeyRef, Place } from '../domain/ids.ts';
import { placeName } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import { isEndangered, type KeyRead } from '../domain/key.ts';
import { PlaceUnreadable } from '../domain/lost.ts';
import { dangerOfSweep } from '../domain/opening.ts';
import type { KeyMemory, SweepState } from '../ports.ts';
import { change, incidentIdOf, placeSubject } from './commit.ts';
import { changeAndGather } from './gather.ts';
import type { House } from './house.ts';
import { look, openingOfKey, remembered } from './look.ts';
import { surveySoon } from './survey.ts';

/** Under 10 % of DescribeKey's 2 000 requests per second: 200 a second, halved on each throttle. */
const READS_PER_SECOND = 200;
const SLOWEST = 1;
const MOST_AT_ONCE = 16;
/** Sweeps in a row that must fail before a key or a place is called inconclusive. */
const INCONCLUSIVE_AFTER = 2;

export interface SweepErrand extends Place {
  readonly slot: Instant;
  readonly full: boolean;
  readonly signal: AbortSignal;
}

export async function sweep(house: House, errand: SweepErrand): Promise<void> {
  const place: Place = { account: errand.account, region: errand.region };
  const before = await house.index.sweepState(place);
  const started: SweepState = {
    ...before,
    slot: errand.slot,
    startedAt: house.clock.now(),
    failures: before?.failures ?? 0,
  };
  await house.index.putSweepState(place, started);
  try {
    await checkIdentity(house, place);
    await sweepKeys(house, place, errand, before?.completedAt === undefined);
    const { problem: _problem, ...rest } = started;
    const completedAt = house.clock.now();
    await house.index.putSweepState(place, {
      ...rest,
      failures: 0,
      completedAt,
      ...(errand.full ? { lastFullAt: completedAt } : {}),
    });
    if (errand.full) await surveySoon(house, place, completedAt);
    await change(house, incidentIdOf(house, placeSubject(place)), (incident) =>
      incident?.dangers.some((danger) => danger.kind === 'unreadable') ? { kind: 'readableAgain' } : undefined,
    );
  } catch (error) {
    if (!(error instanceof PlaceUnreadable)) throw error;
    await placeFailed(house, place, started, error);
  }
}

async function checkIdentity(house: House, place: Place): Promise<void> {
  const identity = await house.keys.verifyIdentity(place);
  if (identity.kind === 'differs') {
    throw new PlaceUnreadable(
      place,
      'sts:GetCallerIdentity',
      'foreign',
      `The credentials for account ${identity.expected} belong to ${identity.actual}.`,
    );
  }
}

async function placeFailed(house: House, place: Place, started: SweepState, error: PlaceUnreadable): Promise<void> {
  const failures = started.failures + 1;
  house.log.warn(
    { account: place.account, region: place.region, operation: error.operation, count: failures, error },
    'a place could not be swept',
  );
  await house.index.putSweepState(place, {
    ...started,
    failures,
    completedAt: house.clock.now(),
    problem: `${error.operation}: ${error.message}`,
  });
  if (failures < INCONCLUSIVE_AFTER) return;
  const subject = placeSubject(place);
  const id = incidentIdOf(house, subject);
  const opening = { id, subject, prior: { kind: 'unknown', why: 'not a key' }, adopt: true } as const;
  await change(house, id, {
    kind: 'swept',
    danger: 'unreadable',
    opening,
    problem: `${error.operation}: ${error.message}`,
  });
}

async function sweepKeys(house: House, place: Place, errand: SweepErrand, first: boolean): Promise<void> {
  const aliases = await house.keys.listAliases(place);
  const listed = new Set<string>();
  const budget = readBudget(house);
  const open = new Set(await house.incidents.open());
  for await (const page of house.keys.list(place)) {
    const memories = await house.index.getMany(page);
    const wanted: { key: KeyRef; memory: KeyMemory | undefined }[] = [];
    for (const [index, key] of page.entries()) {
      listed.add(key.keyId);
      const memory = memories[index];
      const opened = open.has(incidentIdOf(house, { kind: 'key', key }));
      if (
        memory === undefined ||
        errand.full ||
        isEndangered(memory.state) ||
        memory.unreadable !== undefined ||
        opened
      )
        wanted.push({ key, memory });
    }
    for (let from = 0; from < wanted.length; from += MOST_AT_ONCE) {
      errand.signal.throwIfAborted();
      const batch = wanted.slice(from, from + MOST_AT_ONCE);
      await budget.take(batch.length, errand.signal);
      const reads = await Promise.all(
        batch.map(({ key, memory }) => sweepKey(house, key, memory, aliases.get(key.keyId) ?? [], first)),
      );
      if (reads.includes('throttled')) budget.halve();
    }
  }
  await sweepVanished(house, place, listed);
}

interface Budget {
  /** Waits until so many reads may be sent. */
  take(reads: number, signal: AbortSignal): Promise<void>;
  /** KMS throttled a read: half the pace for the rest of this sweep. */
  halve(): void;
}

/** Spreads the reads, so that the application's own calls keep nine tenths of the quota. */
function readBudget(house: House): Budget {
  let free = house.clock.now();
  let perSecond = READS_PER_SECOND;
  return {
    async take(reads, signal) {
      const now = house.clock.now();
      const wait: Duration = Math.max(0, free - now);
      free = Math.max(free, now) + (reads * 1_000) / perSecond;
      if (wait > 0) await house.clock.sleep(wait, signal);
    },
    halve() {
      perSecond = Math.max(SLOWEST, perSecond / 2);
    },
  };
}

async function sweepKey(
  house: House,
  key: KeyRef,
  memory: KeyMemory | undefined,
  aliases: readonly string[],
  first: boolean,
): Promise<'read' | 'throttled'> {
  const read = await look(house, key);
  const known = openingOfKey(house, key, memory, first || memory === undefined);
  // As just listed: the first card of a key nobody has met has its name. One that lost its names keeps the last known.
  const opening = aliases.length === 0 ? known : { ...known, aliases };
  const incident = await house.incidents.load(opening.id);
  const open = incident !== undefined && isOpen(incident);
  if (read.kind === 'gone') return 'read';
  if (read.kind === 'unreadable') {
    const unreadable = (memory?.unreadable ?? 0) + 1;
    const base: KeyMemory = memory ?? { state: 'Updating', readAt: 0, aliases, origin: 'unknown', manager: 'unknown' };
    await house.index.put([{ key, memory: { ...base, unreadable } }]);
    if (open) await change(house, opening.id, { kind: 'read', read });
    else if (unreadable >= INCONCLUSIVE_AFTER)
      await sweptOpen(house, opening.id, { kind: 'swept', danger: 'unreadable', opening, read });
    return read.why.kind === 'throttled' ? 'throttled' : 'read';
  }
  const danger = dangerOfSweep(read.snapshot, memory?.readAt === 0 ? undefined : memory);
  if (danger !== undefined) {
    await sweptOpen(house, opening.id, { kind: 'swept', danger, opening, read });
  } else if (open) await change(house, opening.id, { kind: 'read', read });
  const after = await house.incidents.load(opening.id);
  const endangered = after !== undefined && isOpen(after);
  // Read just before the incident opened: that is the state before the danger, which the event was too quick for.
  const { state, readAt } = read.snapshot;
  const before = endangered && readAt < after.openedAt && (state === 'Enabled' || state === 'Disabled');
  if (before && after.prior.kind === 'unknown') {
    const prior = { kind: 'known', state, from: 'sweep', at: readAt } as const;
    await change(house, opening.id, { kind: 'prior', prior, round: after.round });
  }
  await house.index.put([{ key, memory: remembered(memory, read.snapshot, aliases, endangered && !before) }]);
  if (endangered) await repairCard(house, after);
  return 'read';
}

/** What a sweep finds, it finds at many keys at once. */
async function sweptOpen(house: House, id: IncidentId, what: Parameters<typeof change>[2]): Promise<void> {
  await changeAndGather(house, id, what);
}

/** Brings a card back into its lane when Slack does not show the newest revision, or shows an old reading; a shared one that nobody has seen yet. */
async function repairCard(house: House, incident: Incident): Promise<void> {
  const { undeliverable, channel, shownRevision, ts } = incident.card;
  if (undeliverable !== undefined) return;
  const shown = shownOn(incident);
  if (shown.on === 'own') {
    if (incident.revision > shownRevision)
      await house.lanes.put(channel, { kind: 'card', incident: incident.id }, 'card');
  } else if (ts === undefined)
    await house.lanes.put(channel, { kind: 'gathering', gathering: shown.gathering }, 'card');
}

/** A key that died while nobody looked is told about all the same, once. */
async function tellVanished(house: House, key: KeyRef, read: KeyRead, memory: KeyMemory | undefined): Promise<void> {
  const opening = openingOfKey(house, key, memory, true);
  await sweptOpen(house, opening.id, (incident) => {
    if (incident !== undefined && isOpen(incident)) return { kind: 'read', read };
    if (memory?.manager === 'AWS' || (incident?.phase.kind === 'closed' && incident.phase.outcome === 'deleted'))
      return undefined;
    return { kind: 'swept', danger: 'keyDeleted', opening, read };
  });
}

/** Keys remembered but no longer listed: deleted. Their incidents get to know it. */
async function sweepVanished(house: House, place: Place, listed: ReadonlySet<string>): Promise<void> {
  for await (const page of house.index.scan(place)) {
    const vanished = page.filter(({ key }) => !listed.has(key.keyId)).map(({ key }) => key);
    for (const key of vanished) {
      const read = await house.keys.read(key);
      if (read.kind !== 'gone') continue;
      await tellVanished(house, key, read, page.find((one) => one.key.arn === key.arn)?.memory);
      await house.index.remove([key]);
      house.log.info({ key: key.arn, reason: placeName(place) }, 'a key is no longer listed');
    }
  }
}
