/**
 * The auditor of ourselves: after each sweep every key that is pending deletion is held against its record, what is missing is
 * put back, and whoever runs the bot is told once. What looks wrong is read again before it is believed: records change while
 * they are looked at.
 */
import type { IncidentId, Instant, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import {
  type Finding,
  type FindingKind,
  type HeartbeatResult,
  type Inspection,
  isDueKept,
  lostReminder,
  MOST_LISTED,
  mayBeLost,
  type StandingReminders,
  standingReminders,
} from '../domain/inspection.ts';
import { countdownDateOf, isPending, type KeyMemory } from '../domain/key.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { patienceOf } from '../domain/page.ts';
import { noted } from '../domain/record.ts';
import { amend, change, incidentIdOf } from './commit.ts';
import { comeDue } from './due.ts';
import type { House } from './house.ts';
import { look, openingOfKey } from './look.ts';
import { postNotice } from './notice.ts';
import { settleKept } from './page.ts';

/** Records are some 10 KB: a page of them is what this holds at once. */
const PAGE = 100;
/** Far more than wait for Slack at once; with more, whether one is among them cannot be told. */
const MOST_PENDING = 50_000;

export interface InspectErrand {
  readonly slot: Instant;
  readonly signal: AbortSignal;
}

/** Inspects, unless that is done for this slot; tells of what was found. Rejects when nobody could be told yet. */
export async function inspect(house: House, { slot, signal }: InspectErrand): Promise<void> {
  const last = await house.inspections.last();
  const inspection = last?.slot === slot ? last : await inspectKeys(house, slot, last, signal);
  if (inspection.told) return;
  const problem = await postNotice(house, { kind: 'inspection', inspection });
  if (problem !== undefined) throw new Error(`what an inspection found was not told: ${problem}`);
  await house.inspections.keep({ ...inspection, told: true });
}

async function inspectKeys(
  house: House,
  slot: Instant,
  last: Inspection | undefined,
  signal: AbortSignal,
): Promise<Inspection> {
  const startedAt = house.clock.now();
  let keys = 0;
  // What nobody was told of the last time is told with this one.
  let found = last?.told === false ? last.found : 0;
  let repaired = last?.told === false ? last.repaired : 0;
  const findings: Finding[] = last?.told === false ? [...last.findings] : [];
  let fresh = 0;
  for (const place of house.keys.places()) {
    for await (const page of house.index.scan(place)) {
      const pending = page.filter(({ memory }) => isPending(memory.state));
      keys += pending.length;
      for (let from = 0; from < pending.length; from += PAGE) {
        signal.throwIfAborted();
        for (const finding of await inspectPage(house, pending.slice(from, from + PAGE), signal)) {
          fresh += 1;
          found += 1;
          if (finding.repaired) repaired += 1;
          if (findings.length < MOST_LISTED) findings.push(finding);
          tell(house, finding);
        }
      }
    }
  }
  for (const { page } of await house.pages.all()) await settleKept(house, page);
  const heartbeat = await beatIfWell(house, fresh, signal);
  house.counters.count('inspections', { result: fresh === 0 ? 'clean' : 'found' });
  const endedAt = house.clock.now();
  const took = Math.max(0, endedAt - startedAt);
  const told = found === 0;
  const inspection: Inspection = { slot, endedAt, took, keys, found, repaired, findings, told, heartbeat };
  await house.inspections.keep(inspection);
  return inspection;
}

function tell(house: House, { kind, key, repaired }: Finding): void {
  house.counters.count('inspection_findings', { kind, repaired: String(repaired) });
  house.log[repaired ? 'warn' : 'error'](
    { key, reason: kind },
    repaired ? 'the countdown of a key had a gap, it was repaired' : 'the countdown of a key has a gap',
  );
}

interface Inspected {
  readonly key: KeyRef;
  readonly memory: KeyMemory;
}

/** First all of a page at once, cheaply; then what looks wrong, one by one. */
async function inspectPage(house: House, page: readonly Inspected[], signal: AbortSignal): Promise<readonly Finding[]> {
  const ids = page.map(({ key }) => incidentIdOf(house, { kind: 'key', key }));
  const [records, due] = await Promise.all([loadAll(house, ids), house.incidents.dueAt(ids)]);
  const now = house.clock.now();
  const doubted: Inspected[] = [];
  const findings: Finding[] = [];
  for (const [index, one] of page.entries()) {
    const incident = records.get(ids[index] as IncidentId);
    const dueAt = due[index];
    if (incident === undefined || !isOpen(incident) || isElsewhere(incident, one.memory))
      findings.push(...(await finding(house, one, () => compareWithKey(house, one, signal))));
    else if (
      !isDueKept(incident, dueAt, house.settings.rules, now) ||
      mayBeLost(incident, now) ||
      isStuck(house, dueAt)
    )
      doubted.push(one);
  }
  if (doubted.length > 0) findings.push(...(await lookAgain(house, doubted, signal)));
  return findings;
}

const loadAll = async (house: House, ids: readonly IncidentId[]): Promise<ReadonlyMap<IncidentId, Incident>> =>
  new Map((await house.incidents.loadMany(ids)).map((incident) => [incident.id, incident]));

/** A primary that waits for its replicas has no date of its own to compare. */
const isElsewhere = ({ countdown }: Incident, { deletionDate }: KeyMemory): boolean =>
  deletionDate !== undefined && countdown?.deletionDate !== deletionDate;

/** The pulse brings what is due within a second. A process that was away for a while has some catching up to do. */
function isStuck(house: House, dueAt: Instant | undefined): boolean {
  const now = house.clock.now();
  const since = now - patienceOf(house.settings.rules);
  return dueAt !== undefined && dueAt < since && (house.beats.steadySince() ?? now) < since;
}

type Verdict = { readonly kind: FindingKind; readonly repaired: boolean } | undefined;

/** A record that cannot be read or changed is found too, and holds nobody else up. */
async function finding(
  house: House,
  { key, memory }: Inspected,
  judge: () => Promise<Verdict>,
): Promise<readonly Finding[]> {
  const [name] = memory.aliases;
  const about = { key: key.arn, ...(name === undefined ? {} : { name }) };
  try {
    const verdict = await judge();
    return verdict === undefined ? [] : [{ ...about, ...verdict }];
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    house.log.error({ key: key.arn, error }, 'the record of a key could not be inspected');
    return [{ ...about, kind: 'failed', repaired: false }];
  }
}

/** The sweep's memory may be older than the record: the key itself says who is right. */
async function compareWithKey(house: House, { key, memory }: Inspected, signal: AbortSignal): Promise<Verdict> {
  const read = await look(house, key, signal);
  if (read.kind !== 'read' || !isPending(read.snapshot.state)) return undefined;
  const opening = openingOfKey(house, key, memory, true);
  let before: Incident | undefined;
  const outcome = await change(house, opening.id, (incident) => {
    before = incident;
    return incident !== undefined && isOpen(incident)
      ? { kind: 'read', read }
      : { kind: 'swept', danger: 'deletionScheduled', opening, read };
  });
  const date = countdownDateOf(read.snapshot);
  const after = outcome.kind === 'saved' ? outcome.incident : undefined;
  const repaired =
    after !== undefined && isOpen(after) && (date === undefined || after.countdown?.deletionDate === date);
  if (before === undefined || !isOpen(before)) return { kind: 'incident', repaired };
  return date === undefined || before.countdown?.deletionDate === date ? undefined : { kind: 'date', repaired };
}

/**
 * Record, entries, record: what stands between two readings of the same version belonged together, for a save changes all of it
 * at once.
 */
async function lookAgain(house: House, page: readonly Inspected[], signal: AbortSignal): Promise<readonly Finding[]> {
  const ids = page.map(({ key }) => incidentIdOf(house, { kind: 'key', key }));
  const before = await loadAll(house, ids);
  const due = await house.incidents.dueAt(ids);
  const pending = await house.incidents.pending(Number.MAX_SAFE_INTEGER, MOST_PENDING);
  const after = await loadAll(house, ids);
  const standing = pending.length < MOST_PENDING ? standingReminders(pending) : undefined;
  const findings: Finding[] = [];
  for (const [index, one] of page.entries()) {
    signal.throwIfAborted();
    const incident = after.get(ids[index] as IncidentId);
    if (incident === undefined || !isOpen(incident)) continue;
    if (incident.version !== before.get(incident.id)?.version) continue;
    if (standing !== undefined)
      findings.push(...(await finding(house, one, () => repairReminder(house, incident, standing))));
    findings.push(...(await finding(house, one, () => repairDue(house, incident, due[index], signal))));
  }
  return findings;
}

async function repairReminder(house: House, incident: Incident, standing: StandingReminders): Promise<Verdict> {
  // Put in again, an item that stands there is still one item.
  for (const effect of standing.of(incident))
    await house.lanes.put(incident.card.channel, { kind: 'effect', effect }, 'deadline');
  const lost = lostReminder(incident, standing, house.settings.rules, house.clock.now());
  if (lost === undefined) return undefined;
  const saved = await amend(
    house,
    incident.id,
    // Changed meanwhile: the next inspection looks again.
    (now) => (now.version === incident.version ? lost.incident : undefined),
    { add: [lost.effect] },
  );
  return { kind: 'reminder', repaired: saved !== undefined };
}

async function repairDue(
  house: House,
  incident: Incident,
  dueAt: Instant | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  const now = house.clock.now();
  if (!isDueKept(incident, dueAt, house.settings.rules, now)) {
    // Any save writes the due entry and the places in the lanes again.
    const saved = await amend(house, incident.id, (known) => noted(known, now, { kind: 'repaired', what: 'dueEntry' }));
    return { kind: 'dueEntry', repaired: saved !== undefined };
  }
  if (dueAt === undefined || !isStuck(house, dueAt)) return undefined;
  await comeDue(house, { incident: incident.id, dueAt, signal });
  const [next] = await house.incidents.dueAt([incident.id]);
  return { kind: 'stuck', repaired: next !== dueAt };
}

/** Whoever watches the heartbeat hears of it only while all is well. */
async function beatIfWell(house: House, found: number, signal: AbortSignal): Promise<HeartbeatResult> {
  if (house.heartbeat === undefined) return { kind: 'notConfigured' };
  const why = await whyNotWell(house, found);
  if (why !== undefined) return { kind: 'withheld', why };
  const answer = await house.heartbeat.ping(signal);
  house.counters.count('heartbeats', { answer: answer.kind });
  if (answer.kind === 'failed') house.log.warn({ error: new Error(answer.problem) }, 'the heartbeat could not be sent');
  return answer;
}

async function whyNotWell(house: House, found: number): Promise<string | undefined> {
  if (found > 0) return 'this inspection found something';
  const open = (await house.pages.all()).filter(({ status }) => status === 'open');
  if (open.length > 0) return `the pager was called: ${[...new Set(open.map(({ page }) => page.kind))].join(', ')}`;
  const states = await house.index.sweepStates(house.keys.places());
  const unswept = states.filter((state) => state?.completedAt === undefined || state.failures > 0).length;
  return unswept > 0 ? `${unswept} of ${states.length} places could not be swept` : undefined;
}
