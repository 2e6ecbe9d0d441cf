/**
 * What somebody's Home tab is set to, and when it is drawn again. Slack keeps no state of a published tab, so what was chosen in
 * it stands here, as long as somebody opens it once a day.
 */
import type { AccountId, Duration, Instant, Person } from './ids.ts';
import type { HomeTurn, MemberHome } from './interaction.ts';

/** Incidents on one page: with the requests above them a tab stays within Slack's 100 blocks. */
export const PAGE_SIZE = 10;
export const FIRST_PAGE = 0;

const MINUTE: Duration = 60_000;
/** Whoever opened it so long ago at most is taken to be looking at it. */
const WATCHED: Duration = 15 * MINUTE;
/** A tab that nobody opened for so long is forgotten. */
export const FORGOTTEN_AFTER: Duration = 24 * 60 * MINUTE;
/** The least time between two drawings of one tab that nobody asked for: in front of somebody's eyes, and otherwise. */
const DRAWN_EVERY: Readonly<Record<'watched' | 'open', Duration>> = { watched: 5_000, open: MINUTE };
/** How long a refusal stands at the top of the tab. */
const SAID_FOR: Duration = 10 * MINUTE;

export interface KeptHome {
  readonly person: Person;
  /** Absent: incidents of all accounts. */
  readonly account?: AccountId;
  /** From 0. */
  readonly page: number;
  /** When something was last done in it. */
  readonly openedAt: Instant;
  /** Why the last press came to nothing, where no window could say so. */
  readonly said?: Said;
  readonly drawnAt?: Instant;
  /** How often the board had changed when it was last drawn; absent: it was not drawn, or Slack did not take it. */
  readonly changes?: number;
  /** Of what Slack was last given. */
  readonly digest?: string;
}
export type Said = NonNullable<MemberHome['said']>;

/** What somebody changed in their tab. What is absent stays as it is: several things may happen in a tab at once. */
export interface HomeChange {
  readonly openedAt: Instant;
  readonly page?: number;
  readonly account?: AccountId | 'all';
  /** What was said before then is over. */
  readonly saidBefore?: Instant;
}

/**
 * What changes when something is done in it. Whoever comes back to it later begins with what dies first. A refusal outlives that
 * somebody looks around: only the next press, or its time, ends it.
 */
export function homeAfter(kept: KeptHome | undefined, turn: HomeTurn, now: Instant): HomeChange {
  const opened = { openedAt: now };
  switch (turn.kind) {
    case 'opened':
      return kept !== undefined && isWatched(kept, now) ? opened : { ...opened, page: FIRST_PAGE };
    case 'pressed':
      // What an earlier press was told is over; what this one was told is not.
      return { ...opened, saidBefore: turn.at };
    case 'page':
      return { ...opened, page: turn.page };
    case 'account':
      return { ...opened, page: FIRST_PAGE, account: turn.account ?? 'all' };
  }
}

/** Whether it still says why a press came to nothing. */
export const isSaid = ({ at }: Said, now: Instant): boolean => now - at < SAID_FOR;

const isWatched = ({ openedAt }: KeptHome, now: Instant): boolean => now - openedAt < WATCHED;

/** Whether the tab shows something old. */
const isOld = (home: KeptHome, changes: number): boolean => home.changes !== changes;

/**
 * The old tab to draw next, and from when on: those in front of somebody's eyes first, and of them the one that was not drawn for
 * longest.
 */
export function nextToDraw(
  homes: readonly KeptHome[],
  changes: number,
  now: Instant,
): { readonly home: KeptHome; readonly from: Instant } | undefined {
  const every = (home: KeptHome): Duration => DRAWN_EVERY[isWatched(home, now) ? 'watched' : 'open'];
  const from = (home: KeptHome): Instant =>
    // A clock that was set back makes nobody wait for it.
    home.drawnAt === undefined || Math.abs(now - home.drawnAt) >= every(home) ? now : home.drawnAt + every(home);
  const [next] = homes
    .filter((home) => isOld(home, changes))
    .map((home) => ({ home, from: from(home), drawnAt: home.drawnAt ?? 0 }))
    .sort((a, b) => a.from - b.from || every(a.home) - every(b.home) || a.drawnAt - b.drawnAt);
  return next;
}
