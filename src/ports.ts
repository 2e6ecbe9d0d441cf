/**
 * What the flows need of the outside world. Types only; above 300 lines because it is the one list of every promise. Expected outcomes are values; a rejected promise means a lost
 * dependency (`StoreUnavailable`) or a bug.
 */
import type { CallOutcome } from './domain/action.ts';
import type { Approval, Proof } from './domain/approval.ts';
import type { AuditEntry, AuditEvent, AuditHead } from './domain/audit.ts';
import type { Assumable, Means } from './domain/cancelling.ts';
import type { CountdownChart } from './domain/countdown-chart.ts';
import type { Digest } from './domain/digest.ts';
import type { DeedsMark } from './domain/digest-deeds.ts';
import type { Ours } from './domain/echo.ts';
import type { JobName, JobPayloads, LaneItem, PendingEffect, Priority } from './domain/effect.ts';
import type { Attempt, Enrolment, KeptEnrolment, Settled } from './domain/enrolment.ts';
import type { Evidence } from './domain/evidence.ts';
import type { Fact } from './domain/fact.ts';
import type { GatheredReminders, Gathering, SharedCard } from './domain/gathering.ts';
import type { HomeChange, KeptHome, Said } from './domain/home.ts';
import type {
  AccountId,
  ActionId,
  ChannelId,
  Duration,
  EffectId,
  GatheringId,
  IncidentId,
  Instant,
  KeyArn,
  KeyRef,
  MessageTs,
  Person,
  Place,
} from './domain/ids.ts';
import type { Incident } from './domain/incident.ts';
import type { Inspection } from './domain/inspection.ts';
import type {
  AcceptPress,
  Ask,
  AttendPress,
  Click,
  ClosePress,
  Closing,
  Command,
  CommandAnswer,
  Form,
  FormAnswer,
  GatheringPress,
  HomeTab,
  HomeTurn,
  PlanPress,
  Refusal,
  Review,
  ReviewPress,
  SaidPress,
  Whisper,
} from './domain/interaction.ts';
import type { Deed } from './domain/intruder.ts';
import type { Investigation } from './domain/investigation.ts';
import type { KeyDetails, KeyMemory, KeyRead, KeySnapshot, LastUse, Learned, Mutation } from './domain/key.ts';
import type { Notice } from './domain/notice.ts';
import type { Page } from './domain/page.ts';
import type { PageOutcome } from './domain/page-outcome.ts';
import type { Answer, KeptPage, PageStatus, Sink } from './domain/paging.ts';
import type { Role, Standing } from './domain/policy.ts';
import type { Question } from './domain/question.ts';
import type { Slot } from './domain/schedule.ts';
import type { KeyShape } from './domain/shape.ts';
import type { WaveCount, WaveRow } from './domain/wave-row.ts';

export interface Clock {
  /** Milliseconds since the epoch. Tests move it. */
  now(): Instant;
  /** Real waiting, for polls and lane slots; rejects with the signal's reason when aborted. */
  sleep(duration: Duration, signal?: AbortSignal): Promise<void>;
}

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
/** The allow-list of what a log line may carry; everything else is dropped. Messages are static. */
export interface LogFields {
  readonly incident?: string;
  readonly action?: string;
  readonly effect?: string;
  readonly job?: string;
  readonly key?: string;
  readonly account?: string;
  readonly region?: string;
  readonly operation?: string;
  readonly channel?: string;
  readonly factId?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly ms?: number;
  readonly requestId?: string;
  readonly error?: unknown;
}

/** Counts for metrics and readiness. Label values come from fixed sets. */
export interface Counters {
  count(name: string, labels?: Readonly<Record<string, string>>): void;
}

/** sha256 of a canonical text, hex. */
export type Hash = (text: string) => string;

/* ── AWS ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

/** For whom a key is read: what runs by itself never takes the slots of a person who waits. */
export type ReadFor = 'person' | 'itself';

/** What a role allows; an absent one removes its buttons. */
export type Duty = 'read' | 'rescue' | 'disable' | 'destroy';

export interface Keys {
  /** One DescribeKey. Never rejects for what AWS answers. Refuses keys whose ARN does not match the client's place. */
  read(key: KeyRef, signal?: AbortSignal): Promise<KeyRead>;
  /** Aliases (this key's own), tags, last use; each part unknown on its own when it cannot be learnt. */
  details(key: KeyRef, readFor?: ReadFor): Promise<KeyDetails>;
  /** Only the aliases: cheap, for the first card. */
  aliases(key: KeyRef, readFor?: ReadFor): Promise<Learned<readonly string[]>>;
  /** Only the tags: roles may be limited by them. */
  tags(key: KeyRef): Promise<Learned<Readonly<Record<string, string>>>>;
  /** All keys of a place, page by page. Rejects with `PlaceUnreadable`. */
  list(place: Place): AsyncIterable<readonly KeyRef[]>;
  /** All aliases of a place: key id → alias names. Rejects with `PlaceUnreadable`. */
  listAliases(place: Place): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * Waits for a slot of the operation's lane: half of KMS's quota per account and Region. `many`: takes only what a single click would
   * not wait for. Rejects when aborted.
   */
  slot(operation: Mutation, place: Place, urgency: 'one' | 'many', signal?: AbortSignal): Promise<void>;
  /**
   * One call to KMS, sent at most once (`maxAttempts: 1`): exactly the one the proof is for, under a session of its own that is
   * named after person and action. Refuses, unsent, what no proof was minted for.
   */
  mutate(request: MutationRequest): Promise<CallOutcome>;
  /** The action is over: its sessions are forgotten. */
  discard(action: ActionId): void;
  /** Digest of the key policy (sha256 of its JSON in canonical form, hex); unknown with the missing permission. */
  policy(key: KeyRef, signal?: AbortSignal): Promise<Learned<string>>;
  /** The key policy's JSON, as KMS keeps it; unknown with the missing permission, or when the line is longer than `patience` ms. */
  policyText(key: KeyRef, patience: Duration, signal?: AbortSignal): Promise<Learned<string>>;
  /** Under which name a duty is carried out there. */
  means(duty: Duty, place: Place): Means;
  /** Whether AWS lets us carry it out under that name, as of a few minutes ago. Never rejects. */
  assumable(duty: Duty, place: Place): Promise<Assumable>;
  /** The last successful use alone. */
  lastUse(key: KeyRef, readFor?: ReadFor): Promise<Learned<LastUse>>;
  /**
   * Everything a key has beside its state, at a pace that leaves the account nine tenths of every quota; each part unknown on its
   * own when it cannot be learnt, or when the line is longer than `patience` ms. `state` is that of the snapshot.
   */
  shape(snapshot: KeySnapshot, patience: Duration, signal?: AbortSignal): Promise<KeyShape>;
  /** The key an alias of the place belongs to; `undefined`: to none, or it could not be learnt. Never rejects. */
  aliasTarget(place: Place, alias: string): Promise<KeyArn | undefined>;
  /** Whether a role (or own credentials) is configured for this duty in this account. */
  has(duty: Duty, place: Place): boolean;
  /** Whether a call of this duty runs under a role, and so under a person's name; else CloudTrail shows the bot itself. */
  assumes(duty: Duty, place: Place): boolean;
  /** Whether the account and Region are configured at all. */
  covers(place: Place): boolean;
  /** All configured places. */
  places(): readonly Place[];
  /** Checks that credentials really belong to the configured account (GetCallerIdentity, in the key's Region). */
  verifyIdentity(place: Place): Promise<IdentityCheck>;
  /** Whether an actor is one of ours: a configured role, or our own identity. Never enough for an echo. */
  isOurs(actor: { readonly arn?: string; readonly issuerArn?: string }): Ours;
}

export interface MutationRequest {
  readonly proof: Proof;
  readonly signal?: AbortSignal;
}

export type IdentityCheck =
  | { readonly kind: 'agrees'; readonly arn: string }
  | { readonly kind: 'differs'; readonly expected: string; readonly actual: string }
  /** STS did not answer: a warning. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface Trail {
  /**
   * CloudTrail event history around a time, newest first, at ≤ 1 request per second and place, with one attribute.
   * Every record that became a fact; pages are read until `from` or `maxPages`.
   */
  search(query: TrailQuery, signal?: AbortSignal): Promise<TrailAnswer>;
  /** Everything somebody called in a place, whatever it means for a key; at the same pace, newest first. */
  deeds(query: DeedsQuery, signal?: AbortSignal): Promise<DeedsAnswer>;
}
export interface DeedsQuery {
  readonly place: Place;
  readonly from: Instant;
  readonly to: Instant;
  /** `Username`: a session's name, a user's name, `root`. */
  readonly attribute: {
    readonly name: 'AccessKeyId' | 'Username' | 'ResourceName' | 'EventName';
    readonly value: string;
  };
  readonly maxPages: number;
  /** Fails as throttled where the line is longer, ms. Absent: waits. */
  readonly patience?: Duration;
}
export type DeedsAnswer =
  | { readonly kind: 'found'; readonly deeds: readonly Deed[]; readonly complete: boolean }
  | Extract<TrailAnswer, { readonly kind: 'failed' }>;
export interface TrailQuery {
  readonly place: Place;
  readonly from: Instant;
  readonly to: Instant;
  readonly attribute:
    | { readonly name: 'EventSource'; readonly value: 'kms.amazonaws.com' }
    | { readonly name: 'EventName'; readonly value: string }
    | { readonly name: 'ResourceName'; readonly value: string };
  readonly maxPages: number;
}
export type TrailAnswer =
  | { readonly kind: 'found'; readonly facts: readonly Fact[]; readonly complete: boolean }
  | { readonly kind: 'failed'; readonly why: 'denied' | 'throttled' | 'unreachable'; readonly message: string };

/* ── Memory (Redis) ──────────────────────────────────────────────────────────────────────────────────────────── */

/** Everything one decision changes, saved by one script or not at all. */
export interface Save {
  /** `version` is the new one; the stored one must be `version - 1` (0: must not exist). */
  readonly incident: Incident;
  /** Next moment this incident wants to be looked at; absent: never. */
  readonly dueAt?: Instant;
  readonly add: readonly PendingEffect[];
  readonly remove: readonly EffectId[];
  /** Places in Slack lanes. */
  readonly lanes: readonly { readonly channel: ChannelId; readonly item: LaneItem; readonly priority: Priority }[];
  /** Facts that are worked off by this save: taken out of the inbox. */
  readonly facts: readonly string[];
  /** What the gatherings this incident belongs to list of it; absent: it belongs to none. */
  readonly rows?: readonly { readonly gathering: GatheringId; readonly rank: number; readonly row: WaveRow }[];
  /** Reminders that the wave says together with those of its other members; absent: none. */
  readonly together?: readonly {
    readonly gathering: GatheringId;
    readonly effect: EffectId;
    readonly since: Instant;
  }[];
}

export interface Incidents {
  load(id: IncidentId): Promise<Incident | undefined>;
  loadMany(ids: readonly IncidentId[]): Promise<readonly Incident[]>;
  /** False: somebody else saved in between; load and decide again. */
  save(save: Save): Promise<boolean>;
  /** Ids of all open incidents. */
  open(): Promise<readonly IncidentId[]>;
  /** Takes out the due entry of an incident that has no record. */
  neverDue(id: IncidentId): Promise<void>;
  /** Incidents whose due moment has come, oldest first; where there are more, half of them from further on, another half each time. */
  due(now: Instant, limit: number): Promise<readonly { readonly id: IncidentId; readonly dueAt: Instant }[]>;
  /** When each of these wants to be looked at, as it stands there; `undefined`: no entry. */
  dueAt(ids: readonly IncidentId[]): Promise<readonly (Instant | undefined)[]>;
  /** Open incidents without a message in Slack since before `before`; what is new to the list counts from `now`. */
  cardless(now: Instant, before: Instant, limit: number): Promise<readonly IncidentId[]>;
  /** A page of the open incidents: what dies first, then what has no date, newest first. */
  board(page: {
    readonly account?: AccountId;
    readonly offset: number;
    readonly limit: number;
  }): Promise<{ readonly incidents: readonly Incident[]; readonly total: number; readonly dated: number }>;
  /** Open incidents with a request that waits for approvers, the oldest request first. */
  waiting(limit: number): Promise<readonly Incident[]>;
  /** Closed incidents whose key KMS has deleted, by when they ended: the newest of the last ninety days, bounded. */
  deaths(since: Instant): Promise<readonly IncidentId[]>;
  /** Discrete effects not yet done, oldest first. */
  pending(olderThan: Instant, limit: number): Promise<readonly PendingEffect[]>;
  effect(id: EffectId): Promise<PendingEffect | undefined>;
  /** Takes out an effect that nothing is left to do for. */
  forget(id: EffectId): Promise<void>;
}

/** Cards that several incidents share. */
export interface Gatherings {
  load(id: GatheringId): Promise<Gathering | undefined>;
  /** False: somebody else saved in between. The stored version must be `gathering.version - 1` (0: must not exist). */
  save(gathering: Gathering): Promise<boolean>;
  /** Members, worst first. */
  members(id: GatheringId, from: number, limit: number): Promise<readonly IncidentId[]>;
  /** What every member's row says as of one moment, worst first. */
  rows(id: GatheringId): Promise<readonly WaveRow[]>;
  /**
   * Notes an incident among the latest of a line (a channel's, a principal's). `at`: the moment that counts there, when it opened or
   * when it was done; in any order, as news comes. Answers the wave it belongs to, once there are `from` of them within `within` ms or a
   * wave of the line goes on; `latest`: the others that a wave begins with. `fresh`: the id a new wave would have. `beside`: the line that
   * this one's wave is the wave of, too, for as long as that has no pause, with the incident's own moment there; a wave that goes on there
   * is joined unless it began by another line.
   */
  opened(line: {
    readonly name: string;
    readonly incident: IncidentId;
    readonly at: Instant;
    readonly from: number;
    readonly within: Duration;
    readonly fresh: GatheringId;
    readonly beside?: { readonly name: string; readonly within: Duration; readonly at: Instant };
  }): Promise<{ readonly wave: GatheringId; readonly latest: readonly IncidentId[] } | undefined>;
  /** The latest openings of a line, and the wave that goes on there, if one does. */
  line(name: string): Promise<{ readonly wave?: GatheringId; readonly latest: readonly IncidentId[] }>;
  /** These are out of danger and count no more; nor does that wave go on. */
  leave(name: string, incidents: readonly IncidentId[], wave?: GatheringId): Promise<void>;
  /** Waves with reminders that have waited since before `before`. */
  owing(before: Instant): Promise<readonly GatheringId[]>;
  /** The reminders a wave owes, oldest first. */
  owed(id: GatheringId, limit: number): Promise<readonly EffectId[]>;
  /** A reminder of a member that is said with the others'. */
  owe(id: GatheringId, effect: Pick<PendingEffect, 'id' | 'since'>): Promise<void>;
  /** They have been said, or are void. */
  settle(id: GatheringId, effects: readonly EffectId[]): Promise<void>;
  /** Waves whose rescue of many is not worked off. */
  working(): Promise<readonly GatheringId[]>;
}

/** Kept facts: dedupe and keeping are one atomic step. */
export interface Inbox {
  /** Rejects with `StoreUnavailable`. */
  accept(fact: Fact): Promise<'kept' | 'duplicate'>;
  get(factId: string): Promise<Fact | undefined>;
  /** Takes a fact out that needs no save (it changed nothing). */
  done(factId: string): Promise<void>;
  /** Facts kept before `olderThan` and not done. */
  left(olderThan: Instant, limit: number): Promise<readonly string[]>;
}

/** Single-use marks: a click, a Slack body. True for the first caller. */
export interface Seen {
  first(mark: string, keep: Duration): Promise<boolean>;
}

export type { KeyMemory };
export interface KeyIndex {
  get(key: KeyRef): Promise<KeyMemory | undefined>;
  getMany(keys: readonly KeyRef[]): Promise<readonly (KeyMemory | undefined)[]>;
  put(entries: readonly { readonly key: KeyRef; readonly memory: KeyMemory }[]): Promise<void>;
  /** Keys no longer listed. */
  remove(keys: readonly KeyRef[]): Promise<void>;
  /** All remembered keys of a place, in pages. */
  scan(place: Place): AsyncIterable<readonly { readonly key: KeyRef; readonly memory: KeyMemory }[]>;
  sweepState(place: Place): Promise<SweepState | undefined>;
  /** In the order of the places. */
  sweepStates(places: readonly Place[]): Promise<readonly (SweepState | undefined)[]>;
  putSweepState(place: Place, state: SweepState): Promise<void>;
}
export interface SweepState {
  readonly slot: Instant;
  readonly startedAt: Instant;
  readonly completedAt?: Instant;
  readonly lastFullAt?: Instant;
  /** Consecutive failures of the place. */
  readonly failures: number;
  readonly problem?: string;
}

/** Shapes of keys: the last good one, and the one taken when an incident opened. Kept for `SHAPE_KEPT`, also when the key is gone. */
export interface Shapes {
  good(key: KeyRef): Promise<KeyShape | undefined>;
  putGood(key: KeyRef, shape: KeyShape): Promise<void>;
  /** Taken when an incident's round opened. */
  opening(id: IncidentId, round: number): Promise<KeyShape | undefined>;
  /** Replaces: the caller sees to it that what was known first stands. */
  putOpening(id: IncidentId, round: number, shape: KeyShape): Promise<void>;
  /** The full sweep (its end) whose keys were all surveyed last. */
  surveyed(place: Place): Promise<Instant | undefined>;
  putSurveyed(place: Place, sweptAt: Instant): Promise<void>;
}

/** Searches for what else somebody did, one per principal. Kept for `KEPT.investigation` after it last changed. */
export interface Investigations {
  get(id: string): Promise<Investigation | undefined>;
  /** Changes one, across processes. `edit` is asked anew when somebody else was quicker; the very record it was given: leave it so. */
  change(id: string, edit: (before: Investigation | undefined) => Investigation): Promise<Investigation>;
  /** Of those that it is under way for; bounded, the first ones stay. Before the record is read: whoever ends a look reads them after it. */
  join(id: string, incident: IncidentId): Promise<void>;
  incidents(id: string): Promise<readonly IncidentId[]>;
  /** Those that want to look, oldest first. */
  due(now: Instant, limit: number): Promise<readonly { readonly id: string; readonly at: Instant }[]>;
  /** Takes out the due entry of one that has no record any more. */
  neverDue(id: string): Promise<void>;
  /** What somebody was asked, and says. With an answer to tell it is among those that are due. */
  question(id: string): Promise<Question | undefined>;
  changeQuestion(id: string, edit: (before: Question | undefined) => Question): Promise<Question>;
}

/** What the pager is owed, one record per page. */
export interface Pages {
  all(): Promise<readonly KeptPage[]>;
  get(id: string): Promise<KeptPage | undefined>;
  /**
   * Changes one page, across processes. `edit` is asked anew when somebody else was quicker; the very record it was given: leave
   * it so; `undefined`: take it out.
   */
  change(
    id: string,
    edit: (kept: KeptPage | undefined) => KeptPage | undefined,
  ): Promise<{ readonly changed: boolean; readonly kept: KeptPage | undefined }>;
}

/** That this process lives, and whether the others do. */
export interface Beats {
  /** This process lives at `now`. Answers who has been silent for half a minute while this process was listening. */
  beat(now: Instant): Promise<readonly SilentProcess[]>;
  /** Takes a silent process out. True for the one that did; false: somebody else, or it is heard again. */
  bury(process: SilentProcess): Promise<boolean>;
  /** A clean goodbye. */
  leave(): Promise<void>;
  /** Since when this process has been beating without a gap; before that it slept, or its clock was moved. */
  steadySince(): Instant | undefined;
}
export interface SilentProcess {
  readonly id: string;
  /** By its own clock. */
  readonly lastAt: Instant;
}

/** The last inspection of the countdown. */
export interface Inspections {
  last(): Promise<Inspection | undefined>;
  keep(inspection: Inspection): Promise<void>;
}

/** What was sent of each digest of the configuration. `id`: of channel, cron expression and time zone. */
export interface Digests {
  /** `undefined`: never seen. */
  get(id: string): Promise<DigestMemory | undefined>;
  /** Remembers where a digest begins, unless it is known: slots up to `last` count as sent. */
  firstSeen(id: string, last: Slot, since: Instant): Promise<void>;
  /** An attempt to post begins. */
  posting(id: string, attempt: PostingDigest): Promise<void>;
  /** It stands in Slack, and told everything up to `mark`. `furthest`: the latest slot that a right clock can have noted before. */
  sent(id: string, slot: Slot, mark: DeedsMark, furthest: Slot): Promise<void>;
}
export interface DigestMemory extends DeedsMark {
  readonly last: Slot;
  readonly posting?: PostingDigest;
}
/** An attempt that is under way, or failed. */
export interface PostingDigest {
  readonly slot: Slot;
  readonly channel: ChannelId;
  /** When the first attempt for this slot was gathered. */
  readonly at: Instant;
  /** Up to where it told what was done; absent: up to `at`. */
  readonly mark?: DeedsMark;
  /** It may have arrived: how it ended is not known. */
  readonly unsure: boolean;
  /** It failed, and the next waits for so long. */
  readonly notBefore?: Instant;
}

/** What each person's Home tab is set to, and which tabs show something old. */
export interface Homes {
  /** `undefined`: this tab was not opened for a day, or never. */
  get(person: Person): Promise<KeptHome | undefined>;
  /** Remembers that a tab is open, and what was chosen in it. What is not named stays as it is, also when others write it meanwhile. */
  change(person: Person, change: HomeChange): Promise<void>;
  /** Remembers what is to be said in a tab, whatever is chosen in it. */
  say(person: Person, said: Said): Promise<void>;
  /** A drawing begins. `draw` tells it from others of the same tab; `changes`: how often the board has changed so far. */
  begin(
    person: Person,
    now: Instant,
  ): Promise<{ readonly home: KeptHome | undefined; readonly draw: number; readonly changes: number }>;
  /**
   * A drawing ended. Without `digest` nobody knows what Slack shows, as when another drawing began after this one: the tab
   * is owed another.
   */
  drawn(
    person: Person,
    drawing: { readonly draw: number; readonly changes: number; readonly digest?: string },
  ): Promise<void>;
  /** The tab shows something old, whatever the board says. */
  owe(person: Person): Promise<void>;
  forget(person: Person): Promise<void>;
  /** Whether there may be a tab that shows something old. */
  anyOld(): Promise<boolean>;
  /** All tabs that were opened within a day, bounded. */
  list(now: Instant): Promise<{ readonly changes: number; readonly homes: readonly KeptHome[] }>;
  /** Every tab shows the board as it was after so many changes. */
  settle(changes: number): Promise<void>;
  /** Reserves the next drawing that nobody asked for: one a second over all. Answers how long to wait for it, ms. */
  reserve(): Promise<Duration>;
  /** None for so long, ms. */
  pause(duration: Duration): Promise<void>;
}

/** The trail could not be written: Redis is away, or what stands under its key is not the trail. */
export interface Audit {
  /**
   * Appends, in this order and as one step, those events that do not stand there yet. Rejects with `StoreUnavailable` when
   * the trail cannot be written.
   */
  append(events: readonly AuditEvent[]): Promise<void>;
  /** `undefined`: the trail is empty. */
  head(): Promise<AuditHead | undefined>;
  /** The day (since the epoch, UTC) whose head was posted last. */
  lastPosted(): Promise<number | undefined>;
  notePosted(day: number): Promise<void>;
  /** Oldest first, in pages; `since`: by the moment they happened. What is no entry is told by the verification, not here. */
  entries(since?: Instant): AsyncIterable<readonly AuditEntry[]>;
  /** Those behind one that was read before; all of them where that one stands there no more, as after a trail was set aside. */
  entriesAfter(head: AuditHead): AsyncIterable<readonly AuditEntry[]>;
}

/** Everything rejects with `StoreUnavailable` when the memory is away. */
export interface StepUpStore {
  get(person: Person): Promise<KeptEnrolment | undefined>;
  list(): Promise<readonly KeptEnrolment[]>;
  /** Replaces an earlier enrolment with all its failures, locks and used steps. */
  put(enrolment: Enrolment): Promise<void>;
  /** False: there was nothing. */
  remove(person: Person): Promise<boolean>;
  /** Forgets failures and lock; used steps stay used. False: not enrolled. */
  unlock(person: Person): Promise<boolean>;
  /** Puts the same secret in under another key, unless something else stands there by now. */
  reseal(person: Person, from: string, to: string): Promise<void>;
  /** Counts an attempt in one step, across processes: of two identical codes one is right, and a lock holds for all. */
  settle(person: Person, attempt: Attempt): Promise<Settled>;
}

/** Time-based one-time codes. Secrets are encrypted before they leave the process, and never shown again. */
export interface StepUp {
  /** Checks and uses up a code: each time step counts once. Rejects with `StoreUnavailable`. */
  verify(person: Person, code: string): Promise<StepUpAnswer>;
  isEnrolled(person: Person): Promise<boolean>;
}
export type StepUpAnswer =
  | { readonly kind: 'right' }
  /** `left`: wrong codes until the lock. */
  | { readonly kind: 'wrong'; readonly left: number }
  /** A right code, used before. */
  | { readonly kind: 'used' }
  /** Too many wrong ones. `fresh`: this very code made it so. */
  | { readonly kind: 'locked'; readonly until: Instant; readonly fresh: boolean }
  | { readonly kind: 'notEnrolled' }
  /** `KEYWARDEN_SECRET_KEY` is missing, or none of its keys opens the secret. */
  | { readonly kind: 'unavailable'; readonly message: string };

/** What one person asked for within the last hour. */
export interface Tally {
  /** Counts a wish once, and answers how many other ones this person made in the hour before it. */
  note(person: Person, what: 'disable', id: ActionId, at: Instant): Promise<number>;
  /** How many there are in the hour before a moment. */
  count(person: Person, what: 'disable', at: Instant): Promise<number>;
}

/* ── Work (BullMQ) and pace ──────────────────────────────────────────────────────────────────────────────────── */

export interface Queue {
  /** Adds a job under a deterministic id; an id that is known (also completed within 48 h) adds nothing. */
  add<N extends JobName>(
    name: N,
    id: string,
    payload: JobPayloads[N],
    options?: { readonly priority?: number; readonly delay?: Duration },
  ): Promise<void>;
  /** Like `add`, and starts anew a job of that id that has failed, or completed without its effect being done. */
  ensure<N extends JobName>(name: N, id: string, payload: JobPayloads[N]): Promise<void>;
}

/** Slots of a paced lane, reserved atomically across processes. */
export interface Pace {
  /** Reserves the next slot; answers how long to wait for it, ms. `burst` slots may be taken at once. */
  reserve(lane: string, every: Duration, burst: number): Promise<Duration>;
  /** The same where the next slot comes within `longest` ms; else takes none and answers `undefined`. */
  reserveWithin(lane: string, every: Duration, burst: number, longest: Duration): Promise<Duration | undefined>;
  /** No slot of the lane for so long, ms: a 429 or throttle said so. */
  pause(lane: string, duration: Duration): Promise<void>;
}

/** Slack lanes: what stands to be sent in a channel. */
export interface Lanes {
  /**
   * Takes the first item when the lane's next slot has come, and leases it; `wait`: ms until the next slot;
   * `empty`: nothing stands there (or all of it is leased).
   */
  take(
    channel: ChannelId,
    now: Instant,
    pace: { readonly every: Duration; readonly burst: number },
    lease: Duration,
  ): Promise<
    | {
        readonly kind: 'item';
        readonly item: LaneItem;
        readonly priority: Priority;
        readonly token: string;
        readonly again: boolean;
      }
    | { readonly kind: 'wait'; readonly ms: Duration }
    | { readonly kind: 'empty' }
  >;
  /** The lease lasts for `lease` ms from now. False: it ran out, and the item is somebody else's. */
  renew(channel: ChannelId, token: string, now: Instant, lease: Duration): Promise<boolean>;
  /**
   * The item was dealt with. An item put in again meanwhile stays. `unspent`: the pace that its slot was taken by, where nothing was sent: whoever comes next has it.
   */
  done(channel: ChannelId, token: string, unspent?: { readonly every: Duration }): Promise<void>;
  /** Gives the item back, and lets nothing out of the lane before `notBefore`. */
  retry(channel: ChannelId, token: string, notBefore: Instant): Promise<void>;
  /** Puts an item in outside a save. */
  put(channel: ChannelId, item: LaneItem, priority: Priority): Promise<void>;
  /** Lanes with something in them. */
  waiting(): Promise<readonly ChannelId[]>;
}

/* ── Slack ───────────────────────────────────────────────────────────────────────────────────────────────────── */

export interface People {
  /**
   * What Slack says of a person, and what is remembered where it does not answer. `live`: past every cache, as before a call
   * that destroys. Never rejects.
   */
  standing(person: Person, freshness: 'cached' | 'live'): Promise<Standing>;
  /** Everybody the configuration and Slack's user groups name for a role; `unsure`: a group could not be asked. */
  holders(role: Role): Promise<{ readonly people: readonly Person[]; readonly unsure?: string }>;
}

/** How Slack answered a post or an update, classified where it happened. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly ts: MessageTs }
  | { readonly kind: 'rateLimited'; readonly retryAfter: Duration }
  /** May or may not have arrived (5xx, timeout, connection lost). */
  | { readonly kind: 'ambiguous'; readonly message: string }
  /** Never left us. */
  | { readonly kind: 'notSent'; readonly message: string }
  /** `channel_not_found`, `not_in_channel`, `is_archived`, externally shared: another channel must take it. */
  | { readonly kind: 'channelGone'; readonly error: string }
  /** `message_not_found`, `cant_update_message`, `edit_window_closed`: post it again. */
  | { readonly kind: 'messageGone'; readonly error: string }
  /** `msg_too_long`, `invalid_blocks`, …: the plain form may still get through. */
  | { readonly kind: 'unshowable'; readonly error: string }
  /** `token_revoked`, `invalid_auth`, `account_inactive`: stop asking. */
  | { readonly kind: 'tokenDead'; readonly error: string }
  | { readonly kind: 'refused'; readonly error: string };

/** A message to send: data, drawn by the Slack adapter at the moment it is sent. `plain`: the truncated fallback form. */
export type Post =
  | { readonly kind: 'card'; readonly incident: Incident; readonly plain: boolean }
  /** The card of a round that is over, where the next one has a card already. `incident`: with that round's end as its phase. */
  | { readonly kind: 'formerCard'; readonly incident: Incident; readonly plain: boolean }
  /** Timeline entries after the one numbered `from`. */
  | { readonly kind: 'note'; readonly incident: Incident; readonly from: number; readonly plain: boolean }
  /** `wave`: of the wave that it is told for, where it is told elsewhere than on its card. */
  | {
      readonly kind: 'reminder';
      readonly incident: Incident;
      readonly effect: PendingEffect;
      readonly plain: boolean;
      readonly wave?: WaveCount;
    }
  /** A request for approval, in the incident's thread. */
  | { readonly kind: 'approval'; readonly incident: Incident; readonly approval: Approval; readonly plain: boolean };

export interface Chat {
  /** Posts, or with `ts` updates, the card that several incidents share. `same`: what stands there says the same already. */
  sendShared(
    channel: ChannelId,
    card: SharedCard,
    plain: boolean,
    ts?: MessageTs,
  ): Promise<{ readonly delivery: Delivery; readonly shown: string } | 'same'>;
  /** One reminder for many, in their card's thread. `mark`: what it is found again by. */
  remindTogether(
    channel: ChannelId,
    gathered: GatheredReminders,
    plain: boolean,
    at: { readonly threadTs?: MessageTs; readonly mark: string },
  ): Promise<Delivery>;
  /** Posts, or with `ts` updates, a message. Carries metadata `{ incident, effect }` for adoption. */
  send(
    channel: ChannelId,
    post: Post,
    at: { readonly ts?: MessageTs; readonly threadTs?: MessageTs },
  ): Promise<Delivery>;
  /** Looks in the channel's history (or thread) for our own message with this metadata; newest first. */
  find(
    channel: ChannelId,
    wanted: {
      readonly incident: IncidentId | GatheringId;
      readonly effect: string;
      readonly threadTs?: MessageTs;
      readonly oldest: Instant;
    },
  ): Promise<
    /** `upTo`: the last entry of a note; absent in those of an older version. */
    | { readonly kind: 'found'; readonly ts: MessageTs; readonly closed: boolean; readonly upTo?: number }
    | { readonly kind: 'none' }
    | { readonly kind: 'unknown'; readonly message: string }
  >;
  /** To one person in a channel; best effort, never durable. */
  whisper(channel: ChannelId, person: Person, words: Whisper): Promise<void>;
  /** Draws a person's Home tab. `shown`: the digest of what stands there, which is not sent again. Never rejects. */
  home(person: Person, tab: HomeTab, shown?: string): Promise<HomeDrawn>;
  /**
   * The head of the audit trail, where a later rewrite of the whole trail can be held against it. `setAside`: the entry the
   * trail begins with, where the one before it was set aside.
   */
  auditHead(channel: ChannelId, head: AuditHead, day: number, setAside?: AuditEntry): Promise<Delivery>;
  /** What is about no incident, to whoever runs the bot. Carries metadata `{ incident: 'notice', effect: noticeName }`. */
  notice(channel: ChannelId, notice: Notice): Promise<Delivery>;
  /** A digest; carries metadata `{ incident: 'digest', effect: mark }`. A picture that Slack will not show holds nothing up. */
  digest(channel: ChannelId, digest: Digest, post: DigestPost): Promise<Delivery>;
  /** A picture, to one person in a channel; best effort, never durable. */
  showPicture(channel: ChannelId, person: Person, picture: DigestPicture): Promise<void>;
  /** One message with the incident's evidence as files. */
  upload(channel: ChannelId, evidence: Evidence, at: { readonly threadTs?: MessageTs }): Promise<Uploaded>;
}
export type Uploaded = { readonly kind: 'uploaded' } | { readonly kind: 'failed'; readonly message: string };
export type { Whisper };
/** What became of a Home tab that was drawn. */
export type HomeDrawn =
  /** Slack shows it. `digest`: of all it says but when it was drawn. */
  | { readonly kind: 'shown'; readonly digest: string }
  /** It would say the same as the one that stands there: nothing was sent. */
  | { readonly kind: 'same'; readonly digest: string }
  /** Slack does not take it, and would not the next time. */
  | { readonly kind: 'refused'; readonly digest: string }
  /** Whether Slack has it is not known, or it asked for patience. */
  | { readonly kind: 'silent'; readonly retryAfter: Duration };

export interface DigestPost {
  /** What its message is found again by. */
  readonly mark: string;
  /** Absent: there is nothing to draw. `failed`: the digest says so. */
  readonly picture?: DigestPicture | { readonly kind: 'failed'; readonly message: string };
  /** The configured channel, where that one refused it. */
  readonly movedFrom?: ChannelId;
}
export interface DigestPicture {
  readonly kind: 'drawn';
  readonly png: Uint8Array;
  /** What the file is called, with its ending. */
  readonly name: string;
  readonly altText: string;
}

/** Pictures for digests. */
export interface Charts {
  /** A PNG of at most 15 rows. Never rejects; a digest goes without a picture that fails. */
  draw(chart: CountdownChart, signal?: AbortSignal): Promise<Drawn>;
}
export type Drawn =
  /** `width` and `height` in pixels. */
  | { readonly kind: 'drawn'; readonly png: Uint8Array; readonly width: number; readonly height: number }
  | { readonly kind: 'failed'; readonly message: string };

/** What a press answers at once. */
export type ClickAnswer =
  /** Written down: acknowledge now, then run `follow`. */
  | { readonly kind: 'written'; readonly follow: () => Promise<void> }
  | { readonly kind: 'whisper'; readonly words: Refusal }
  | { readonly kind: 'form'; readonly form: Form };

/** The doors Slack's side opens; each answers at once, or rejects with `StoreUnavailable`. */
export interface Doors {
  click(click: Click): Promise<ClickAnswer>;
  /** The safe way, pressed in the form of an irreversible one. */
  disableFirst(click: Click): Promise<ClickAnswer>;
  ask(ask: Ask): Promise<FormAnswer>;
  reviewPressed(press: ReviewPress): Promise<ClickAnswer>;
  review(review: Review): Promise<FormAnswer>;
  attend(press: AttendPress): Promise<ClickAnswer>;
  accept(press: AcceptPress): Promise<ClickAnswer>;
  closePressed(press: ClosePress): Promise<ClickAnswer>;
  close(closing: Closing): Promise<FormAnswer>;
  gathering(press: GatheringPress): Promise<ClickAnswer>;
  /** Answered by whoever was asked whether it was them. */
  wasMe(press: SaidPress): Promise<ClickAnswer>;
  decidePlan(press: PlanPress): Promise<ClickAnswer>;
  command(command: Command): Promise<CommandAnswer>;
  /** The incident behind a card's menu. */
  incident(id: IncidentId): Promise<Incident | undefined>;
  /** Uploads an incident's evidence; answers why not, or nothing. */
  evidence(person: Person, id: IncidentId, channel: ChannelId): Promise<Refusal | undefined>;
  /** Draws the picture of a digest that was asked for, and shows it to that person. */
  digestPicture(person: Person, digest: Digest, channel: ChannelId): Promise<void>;
  /** Somebody opened their Home tab or did something in it: it is drawn anew. */
  home(person: Person, turn: HomeTurn): Promise<void>;
  /** What no window could say any more: it stands in the person's Home tab. */
  tellAtHome(person: Person, words: Whisper): Promise<void>;
}

/** Whether Slack takes the bot's token, as far as this process has heard. */
export interface SlackToken {
  /** The newest answer; asks again in the background when it is old. `refused`: Slack's word for it. */
  state(): TokenState;
  /** The same from what was heard after the first call with this occasion, which is asked for at once. */
  stateSince(occasion: string): TokenState;
}
export type TokenState =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unknown' };

/* ── Beside Slack ────────────────────────────────────────────────────────────────────────────────────────────── */

export interface Pager {
  /** What is configured; may be none. */
  readonly sinks: readonly Sink[];
  /**
   * Tells one sink once. Never rejects. An answer that was lost is `again`: whoever receives takes calls with the same id and
   * status for one.
   */
  tell(sink: Sink, call: PageCall, signal?: AbortSignal): Promise<Answer>;
}
export interface PageCall {
  readonly page: Page;
  readonly status: PageStatus;
  /** Since when that is its status. */
  readonly since: Instant;
  /** Why it is over, where it follows from an incident. */
  readonly outcome?: PageOutcome;
}

/** An address outside that raises the alarm when it is not visited for too long. */
export interface Heartbeat {
  /** Never rejects; a problem never holds the address. */
  ping(
    signal?: AbortSignal,
  ): Promise<{ readonly kind: 'pinged' } | { readonly kind: 'failed'; readonly problem: string }>;
}
