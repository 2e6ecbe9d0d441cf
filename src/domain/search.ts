/**
 * Which key is behind an alarm that names none? AWS's documented pending-deletion alarm names neither key nor operation.
 * CloudTrail's event history does, but lags: one public measurement says 25–85 minutes. So the search goes on for hours,
 * with growing pauses, and shows meanwhile which keys it could be.
 */
import { type Alarm, callOf, type Fact } from './fact.ts';
import type { Duration, Instant, KeyRef, Place } from './ids.ts';
import type { Search } from './incident.ts';

/** Pauses before each further look; the last one repeats until the search ends. */
const PAUSES: readonly Duration[] = [5_000, 15_000, 60_000, 180_000, 600_000, 1_200_000, 1_800_000, 3_600_000];
const SEARCH_FOR: Duration = 8 * 3_600_000;
/** An event's own time may precede the evaluated window: CloudTrail → metric filter → period. */
const SLACK_BEFORE: Duration = 900_000;
const SLACK_AFTER: Duration = 60_000;
const MOST_CANDIDATES = 20;

export const newSearch = (alarm: Alarm, now: Instant): Search => ({
  alarm,
  from: alarm.changedAt - alarm.lookback - SLACK_BEFORE,
  attempts: 0,
  nextAt: now,
  until: now + SEARCH_FOR,
  candidates: [],
  state: 'searching',
});

export const placeOfAlarm = (alarm: Alarm): Place => ({ account: alarm.account, region: alarm.region });

/** The stretch of history in which the cause of the alarm must lie. */
export const searchWindow = (alarm: Alarm): { readonly from: Instant; readonly to: Instant } => ({
  from: alarm.changedAt - alarm.lookback - SLACK_BEFORE,
  to: alarm.changedAt + SLACK_AFTER,
});

/**
 * The facts that can have raised the alarm: refused uses. Other dangerous calls of that time count only once history has had
 * time to show the refused use itself (`late`); until then they would settle the search on the wrong key.
 */
export function culprits(
  facts: readonly Fact[],
  late: boolean,
): readonly (Fact & { readonly body: { readonly key: KeyRef } })[] {
  const withKey = facts.filter(
    (fact): fact is Fact & { readonly body: { readonly key: KeyRef } } =>
      'key' in fact.body && callOf(fact.body) !== undefined,
  );
  const refused = withKey.filter((fact) => fact.body.kind === 'useRefused');
  if (refused.length > 0 || !late) return refused;
  return withKey.filter((fact) => DANGEROUS.has(fact.body.kind));
}
const DANGEROUS: ReadonlySet<string> = new Set([
  'deletionScheduled',
  'keyDisabled',
  'materialDeleted',
  'materialExpired',
  'policyChanged',
  'attemptRefused',
]);

/** Whether CloudTrail's history has surely caught up with the alarm (one public measurement: 25–85 minutes). */
export const historyIsThere = (alarm: Alarm, now: Instant): boolean => now - alarm.changedAt > 90 * 60_000;

/** The search after a look that found nothing. */
export function searchedInVain(search: Search, candidates: readonly KeyRef[], now: Instant, problem?: string): Search {
  const { problem: _problem, ...rest } = search;
  const pause = PAUSES[Math.min(search.attempts, PAUSES.length - 1)] ?? SEARCH_FOR;
  const over = now + pause > search.until;
  return {
    ...rest,
    attempts: search.attempts + 1,
    nextAt: now + pause,
    candidates: candidates.slice(0, MOST_CANDIDATES),
    state: over ? 'gaveUp' : 'searching',
    ...(problem === undefined ? {} : { problem }),
  };
}
