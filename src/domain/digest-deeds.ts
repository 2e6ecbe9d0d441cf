/** What was done since the last digest, counted from the audit trail: its newest entries, and how many of which kind. */
import { ACTION_KINDS, type ActionKind, type Ending } from './action.ts';
import type { AuditEntry, AuditHead, AuditKind } from './audit.ts';
import { foremost } from './foremost.ts';
import type { Instant } from './ids.ts';

/** Entries that say how something went; what was asked for, sent and answered on the way there is counted by its end. */
const TELLING = [
  'ended',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  'acknowledged',
  'closed',
  'locked',
  'setAside',
] as const satisfies readonly AuditKind[];
const COUNTED = [
  'requested',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  'acknowledged',
  'snoozed',
  'closed',
  'refused',
  'enrolled',
  'unenrolled',
  'locked',
  'unlocked',
  'setAside',
] as const satisfies readonly AuditKind[];
export type CountedKind = (typeof COUNTED)[number];

export const ENDINGS = ['verified', 'amber', 'failed', 'unknownOutcome'] as const satisfies readonly Ending['kind'][];

export interface EndedActions {
  readonly what: ActionKind;
  readonly outcome: Ending['kind'];
  readonly count: number;
}

/** Up to where the trail was told. */
export interface DeedsMark {
  /** When that was gathered, ms since the epoch. */
  readonly since: Instant;
  /**
   * The last entry that was told: moments do not tell, because an entry is written down after it happened. Absent: nothing was told
   * yet, and everything from `since` on is.
   */
  readonly told?: AuditHead;
}

export interface Deeds {
  readonly since: Instant;
  /** Everything below, counted. */
  readonly total: number;
  /** In the order of the actions, then of the endings. */
  readonly ended: readonly EndedActions[];
  readonly counts: Readonly<Partial<Record<CountedKind, number>>>;
  /** Newest first. */
  readonly newest: readonly AuditEntry[];
  /** The trail could not be read to its end. */
  readonly incomplete: boolean;
}

const MOST_NEWEST = 5;

export interface CountingDeeds {
  add(entries: readonly AuditEntry[]): void;
  counted(incomplete: boolean): Deeds;
}

/** Counts entries in any order. `since`: when the last digest was gathered; who gives the entries knows which come after it. */
export function countingDeeds(since: Instant): CountingDeeds {
  const ended = new Map<string, number>();
  const counts = new Map<CountedKind, number>();
  const newest = foremost<AuditEntry>(
    MOST_NEWEST,
    (one, other) => other.at - one.at || other.seq - one.seq,
    ({ id }) => id,
  );
  return {
    add(entries) {
      for (const entry of entries) {
        const kind = COUNTED.find((one) => one === entry.kind);
        if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
        if (entry.kind === 'ended') {
          const name = `${entry.what} ${entry.outcome}`;
          ended.set(name, (ended.get(name) ?? 0) + 1);
        }
        if (TELLING.some((one) => one === entry.kind)) newest.add(entry);
      }
    },
    counted(incomplete) {
      const list = ACTION_KINDS.flatMap((what) =>
        ENDINGS.map((outcome) => ({ what, outcome, count: ended.get(`${what} ${outcome}`) ?? 0 })),
      ).filter(({ count }) => count > 0);
      const all = [...list.map(({ count }) => count), ...counts.values()];
      return {
        since,
        total: all.reduce((sum, count) => sum + count, 0),
        ended: list,
        counts: Object.fromEntries(counts),
        newest: newest.gathered().rows,
        incomplete,
      };
    },
  };
}
