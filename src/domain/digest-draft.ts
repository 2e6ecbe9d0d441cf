/**
 * Gathers a digest from what comes in pages, in memory that does not grow with the number of keys: of everything the first few
 * are kept and the rest is counted.
 */
import { acknowledgedBy } from './attention.ts';
import type { AuditEntry } from './audit.ts';
import { isPlanned } from './decommission.ts';
import {
  type Digest,
  type DisabledKey,
  type DyingKeys,
  familyOf,
  type NextLoss,
  type RememberedKey,
  type UnreadPlace,
} from './digest.ts';
import { countingDeeds } from './digest-deeds.ts';
import { foremost } from './foremost.ts';
import type { Duration, Instant, KeyArn, Place } from './ids.ts';
import { type Incident, isOpen, keyOfIncident } from './incident.ts';
import { isPending, type KeyMemory } from './key.ts';

/** More than a message shows of any of them. */
const MOST_ROWS = 15;
const EXPIRES_SOON: Duration = 30 * 86_400_000;
/**
 * USD a month, for a key of any kind and for each replica, also while it is disabled; nothing while it is pending deletion. Up to
 * two rotations add as much each, which nobody counts here (aws.amazon.com/kms/pricing, 2026).
 */
const MONTHLY_PRICE = 1;
/** Its price list is in yuan. */
const CHINA = 'aws-cn';

export interface DigestDraft {
  /** Open ones. Before the keys: they know what may be lost for a key before its own date. */
  incidents(page: readonly Incident[]): void;
  keys(page: readonly RememberedKey[]): void;
  entries(page: readonly AuditEntry[]): void;
  /** Incidents that ended because KMS has deleted the key. */
  deaths(page: readonly Incident[]): void;
  /** What is known of the last sweep of a place. */
  place(place: Place, sweep: LastSweep | undefined): void;
  /** What was done last: whose keys' names are to be looked up. */
  newest(): readonly AuditEntry[];
  /** Keys pending deletion whose family and incident are to be looked up: one of each family, soonest first. */
  dying(): readonly RememberedKey[];
  finished(rest: DraftRest): Digest;
}
export interface LastSweep {
  readonly completedAt?: Instant;
  readonly failures: number;
  readonly problem?: string;
}
export interface DraftRest {
  readonly timezone: string;
  readonly late?: Duration;
  readonly dying: readonly DyingKeys[];
  readonly names: Digest['names'];
  /** The audit trail could not be read to its end. */
  readonly incomplete: boolean;
}

/**
 * `at`: when it is gathered; `since`: when the last one was, ms since the epoch. `patience`: how old the last complete sweep of a place
 * may be; what is older says nothing about now.
 */
export function draftDigest(at: Instant, since: Instant, patience: Duration): DigestDraft {
  const losses = new Map<KeyArn, NextLoss>();
  const clockOf = ({ key, memory }: RememberedKey): Instant =>
    Math.min(memory.deletionDate ?? NO_DATE, losses.get(key.arn)?.deletionDate ?? NO_DATE);
  const byClock = (one: RememberedKey, other: RememberedKey): number =>
    clockOf(one) - clockOf(other) || bySoonest(one, other);
  const dying = foremost(MOST_ROWS, byClock, ({ key }) => familyOf(key));
  const disabled = foremost<DisabledKey>(MOST_ROWS, byLoss, nameOf);
  const material = foremost(MOST_ROWS, by(lossOf), nameOf);
  const unreadKeys = foremost(
    MOST_ROWS,
    by(({ readAt }) => readAt),
    nameOf,
  );
  const unattended = foremost<Incident>(
    MOST_ROWS,
    (one, other) => one.openedAt - other.openedAt || (one.id < other.id ? -1 : 1),
    ({ id }) => id,
  );
  const deleted = foremost<Incident>(
    MOST_ROWS,
    (one, other) => endOf(other) - endOf(one) || (one.id < other.id ? -1 : 1),
    ({ id }) => id,
  );
  const clockOfRow = ({ keys }: DyingKeys): Instant => Math.min(...keys.map(clockOf));
  const deeds = countingDeeds(since);
  const unreadPlaces: UnreadPlace[] = [];
  let sweptAt: Instant | undefined;
  let keys = 0;
  let inYuan = false;
  return {
    keys(page) {
      for (const entry of page) {
        const { key, memory } = entry;
        if (memory.manager === 'AWS') continue;
        keys += 1;
        if (isPending(memory.state)) dying.add(entry);
        if (memory.state === 'Disabled') {
          const lost = losses.get(key.arn);
          disabled.add(lost === undefined ? entry : { ...entry, losses: lost });
          if (key.partition === CHINA) inYuan = true;
        }
        if (losesMaterial(memory, at)) material.add(entry);
        if ((memory.unreadable ?? 0) > 0) unreadKeys.add(entry);
      }
    },
    incidents(page) {
      for (const incident of page) {
        if (isUnattended(incident, at)) unattended.add(incident);
        const key = keyOfIncident(incident);
        const { losses: next } = incident;
        if (key !== undefined && next !== undefined && isOpen(incident) && next.deletionDate > at)
          losses.set(key.arn, { of: next.of, deletionDate: next.deletionDate });
      }
    },
    deaths(page) {
      // What ended meanwhile is for the next one: it begins where this one was gathered.
      for (const incident of page) if (isDeleted(incident, since, at)) deleted.add(incident);
    },
    entries: (page) => deeds.add(page),
    place(place, sweep) {
      const { completedAt, failures = 0, problem = 'the last sweep failed' } = sweep ?? {};
      if (failures > 0) return void unreadPlaces.push({ place, problem });
      if (completedAt === undefined) return void unreadPlaces.push({ place });
      sweptAt = Math.min(sweptAt ?? completedAt, completedAt);
      if (at - completedAt > patience) unreadPlaces.push({ place, sweptAt: completedAt });
    },
    newest: () => deeds.counted(false).newest,
    dying: () => dying.gathered().rows,
    finished: ({ incomplete, dying: rows, ...rest }) => ({
      at,
      ...rest,
      keys,
      ...(sweptAt === undefined ? {} : { sweptAt }),
      dying: {
        rows: [...rows].sort(
          (one, other) => clockOfRow(one) - clockOfRow(other) || bySoonest(one.keys[0], other.keys[0]),
        ),
        total: dying.gathered().total,
      },
      disabled: disabled.gathered(),
      ...(inYuan ? {} : { monthlyCost: disabled.gathered().total * MONTHLY_PRICE }),
      material: material.gathered(),
      unattended: unattended.gathered(),
      deleted: deleted.gathered(),
      deeds: deeds.counted(incomplete),
      unreadPlaces,
      unreadKeys: unreadKeys.gathered(),
    }),
  };
}

/** One family: its keys that are pending deletion, soonest first, with the incident that tells most. */
export function dyingKeysOf(
  first: RememberedKey,
  others: readonly RememberedKey[],
  incidentOf: (key: RememberedKey) => Incident | undefined,
): DyingKeys {
  const [alias] = [first, ...others].flatMap(({ memory }) => memory.aliases);
  const pending = others.filter(({ key, memory }) => isPending(memory.state) && key.arn !== first.key.arn);
  const [soonest = first, ...later] = [first, ...pending].sort(bySoonest);
  const keys = [soonest, ...later] as const;
  const [incident] = keys
    .map(incidentOf)
    .filter((one) => one !== undefined && isOpen(one))
    .sort((one, other) => (one?.losses?.deletionDate ?? NO_DATE) - (other?.losses?.deletionDate ?? NO_DATE));
  return { name: alias ?? first.key.keyId, keys, ...(incident === undefined ? {} : { incident }) };
}

const endOf = ({ phase }: Incident): Instant => (phase.kind === 'closed' ? phase.at : 0);

const isDeleted = ({ phase }: Incident, since: Instant, until: Instant): boolean =>
  phase.kind === 'closed' && phase.outcome === 'deleted' && phase.at >= since && phase.at < until;

const nameOf = ({ key }: RememberedKey): string => key.arn;
const byName = (one: RememberedKey, other: RememberedKey): number => (nameOf(one) < nameOf(other) ? -1 : 1);

const by =
  (measure: (memory: KeyMemory) => number) =>
  (one: RememberedKey, other: RememberedKey): number =>
    measure(one.memory) - measure(other.memory) || byName(one, other);

/** What waits for its replicas has no date yet: last. */
const NO_DATE = Number.MAX_SAFE_INTEGER;
const bySoonest = by(({ deletionDate }) => deletionDate ?? NO_DATE);

const sinceOf = ({ stateSince, readAt }: KeyMemory): Instant => stateSince?.at ?? readAt;

/** Whoever needs a key that was switched off lately loses something long before it is the oldest one. */
const byLoss = (one: DisabledKey, other: DisabledKey): number =>
  (one.losses?.deletionDate ?? NO_DATE) - (other.losses?.deletionDate ?? NO_DATE) || by(sinceOf)(one, other);

/** When the material was seen to be gone or, of what still has it, when it goes: the former is past. */
const lossOf = (memory: KeyMemory): Instant =>
  memory.state === 'PendingImport' ? sinceOf(memory) : (memory.validTo ?? Number.MAX_SAFE_INTEGER);

function losesMaterial({ state, origin, validTo }: KeyMemory, at: Instant): boolean {
  if (origin !== 'EXTERNAL' || isPending(state)) return false;
  return state === 'PendingImport' || (validTo !== undefined && validTo - at < EXPIRES_SOON);
}

/** Opened, and nobody has said that they know: an agreed plan is such a word, too. */
const isUnattended = (incident: Incident, now: Instant): boolean =>
  isOpen(incident) && acknowledgedBy(incident, now) === undefined && !isPlanned(incident);
