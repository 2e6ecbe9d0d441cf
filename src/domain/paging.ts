/**
 * What is owed to the pager. A page is desired state: open, or over. Each sink (a topic, a web address, the fallback channel) is
 * told what it does not believe yet, and again until it has taken it; so one matter is one call per sink, and one more when it
 * is over. A sink that never heard of it need not hear of its end. Begun again after the end is a new call.
 *
 * `nextAt` of a sink is pause and lease in one: whoever is about to tell it moves it on first, and nobody else tells it before that.
 */
import type { Duration, Instant } from './ids.ts';
import type { Page, PageKind } from './page.ts';
import type { PageOutcome } from './page-outcome.ts';

export type Sink = 'sns' | 'webhook' | 'channel';
export type PageStatus = 'open' | 'over';

/** How a sink answered. */
export type Answer =
  | { readonly kind: 'told' }
  /** Not taken, or nobody knows: again. `after`: not before so many ms. */
  | { readonly kind: 'again'; readonly problem: string; readonly after?: Duration }
  /** Not taken, and a person must look why; tried again now and then. */
  | { readonly kind: 'refused'; readonly problem: string };

/** What a sink knows. */
export interface SinkMemory {
  /** What it was told last. */
  readonly told?: PageStatus;
  /** Answers in a row other than "told". */
  readonly failures: number;
  readonly problem?: string;
  readonly nextAt?: Instant;
}

export interface KeptPage {
  readonly page: Page;
  readonly status: PageStatus;
  /** Since when that is its status. */
  readonly since: Instant;
  /** Why it is over, where it follows from an incident. */
  readonly outcome?: PageOutcome;
  readonly sinks: Readonly<Partial<Record<Sink, SinkMemory>>>;
  /** Rises with each change. */
  readonly version: number;
}

/** Longer than any call takes. */
const LEASE: Duration = 15_000;
const FIRST_PAUSE: Duration = 5_000;
const LONGEST_PAUSE: Duration = 300_000;

/** A dead process is told to the channel; all else is for whoever carries the pager. */
export function sinksOf(kind: PageKind, configured: readonly Sink[]): readonly Sink[] {
  return kind === 'processStopped' ? ['channel'] : configured;
}

/** Some matters are over by having been told. */
const isMomentary = (kind: PageKind): boolean => kind === 'processStopped';

/** The page is so. Without a change the very record that was there. */
export function opened(kept: KeptPage | undefined, page: Page): KeptPage {
  if (kept?.status === 'open') return kept;
  return { page, status: 'open', since: page.at, sinks: kept?.sinks ?? {}, version: (kept?.version ?? 0) + 1 };
}

/** The page is over. A sink that has not heard so yet is told the newest reason: acknowledged, and deleted in the end. */
export function ended(kept: KeptPage | undefined, now: Instant, outcome?: PageOutcome): KeptPage | undefined {
  if (kept === undefined) return kept;
  if (kept.status === 'over' && (outcome === undefined || outcome === kept.outcome)) return kept;
  const since = kept.status === 'over' ? kept.since : now;
  return { ...kept, status: 'over', since, ...(outcome === undefined ? {} : { outcome }), version: kept.version + 1 };
}

const believes = (kept: KeptPage, sink: Sink): PageStatus => kept.sinks[sink]?.told ?? 'over';

/** Sinks that do not know yet, whatever their pause. */
export const unaware = (kept: KeptPage, configured: readonly Sink[]): readonly Sink[] =>
  sinksOf(kept.page.kind, configured).filter((sink) => believes(kept, sink) !== kept.status);

/** Whether a sink may be told at `now`. A pause longer than any is the work of a clock that was set back. */
export function isDue(kept: KeptPage, sink: Sink, now: Instant): boolean {
  const { nextAt } = kept.sinks[sink] ?? {};
  return nextAt === undefined || nextAt <= now || nextAt - now > LONGEST_PAUSE;
}

/** Somebody is about to tell it. */
export const leased = (kept: KeptPage, sink: Sink, now: Instant): KeptPage =>
  withSink(kept, sink, { failures: 0, ...kept.sinks[sink], nextAt: now + LEASE });

/** What the sink answered to being told `status`, which may be out of date by now. */
export function answered(kept: KeptPage, sink: Sink, status: PageStatus, answer: Answer, now: Instant): KeptPage {
  const { told, failures = 0 } = kept.sinks[sink] ?? {};
  if (answer.kind === 'told') return withSink(kept, sink, { told: status, failures: 0 });
  const pause = answer.kind === 'refused' ? LONGEST_PAUSE : FIRST_PAUSE * 2 ** Math.min(failures, 10);
  const after = answer.kind === 'again' ? (answer.after ?? 0) : 0;
  return withSink(kept, sink, {
    ...(told === undefined ? {} : { told }),
    failures: failures + 1,
    problem: answer.problem,
    nextAt: now + Math.min(Math.max(pause, after), LONGEST_PAUSE),
  });
}

/** Nothing is left to do for it. */
export const isSettled = (kept: KeptPage, configured: readonly Sink[]): boolean =>
  unaware(kept, configured).length === 0 && (kept.status === 'over' || isMomentary(kept.page.kind));

const withSink = (kept: KeptPage, sink: Sink, memory: SinkMemory): KeptPage => ({
  ...kept,
  sinks: { ...kept.sinks, [sink]: memory },
  version: kept.version + 1,
});
