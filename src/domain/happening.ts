/** What can happen to an incident, whichever door it came through, and what it is decided with. */
import type { Action, Asker, CallOutcome, CallRecord, Ending } from './action.ts';
import type { Approval, ApprovalEvent } from './approval.ts';
import type { Attention } from './attention.ts';
import type { Cancelling } from './cancelling.ts';
import type { Hold } from './containment.ts';
import type { Plan } from './decommission.ts';
import type { Ours } from './echo.ts';
import type { Fact } from './fact.ts';
import type {
  ActionId,
  ApprovalId,
  ChannelId,
  Duration,
  GatheringId,
  IncidentId,
  Instant,
  KeyRef,
  MessageTs,
  Person,
} from './ids.ts';
import type { DangerKind, Prior, Rules, Subject } from './incident.ts';
import type { Intruder } from './intruder.ts';
import type { Answer } from './investigation.ts';
import type { KeyDetails, KeyRead } from './key.ts';
import type { Knowledge } from './knowledge.ts';
import type { RefusalsLooked } from './refused.ts';

/** What a decision may use beside the record and the happening. */
export interface Context {
  readonly now: Instant;
  readonly rules: Rules;
}

/** What an incident would be opened with. */
export interface Opening {
  readonly id: IncidentId;
  readonly subject: Subject;
  readonly prior: Prior;
  /** The memory may have been lost: look for our card before posting. */
  readonly adopt: boolean;
  /** Aliases already known, for the first card. */
  readonly aliases?: readonly string[];
  /** Of a multi-Region key. */
  readonly family?: GatheringId;
  /** A card to take over: that of the alarm that led to this key. */
  readonly card?: { readonly channel: ChannelId; readonly ts: MessageTs };
}

export type Happening =
  | {
      readonly kind: 'fact';
      readonly fact: Fact;
      readonly opening: Opening;
      readonly ours: Ours;
      readonly read?: KeyRead;
    }
  /** The sweep saw a danger that nobody told us. */
  | {
      readonly kind: 'swept';
      readonly danger: DangerKind;
      readonly opening: Opening;
      readonly read?: KeyRead;
      readonly problem?: string;
    }
  /** A policy change took our rescue away from a key that nothing else endangers. `fact`: that change, where it was told. */
  | {
      readonly kind: 'rescueBlocked';
      readonly cancelling: Cancelling;
      readonly fact?: Fact;
      readonly opening: Opening;
      readonly read: KeyRead;
    }
  /** Somebody is about to decide about a key that nothing endangers: the record for their form, with no card. */
  | { readonly kind: 'considered'; readonly opening: Opening; readonly read: KeyRead }
  | { readonly kind: 'read'; readonly read: KeyRead }
  | { readonly kind: 'details'; readonly details: KeyDetails }
  /** Parts of what is known of the key were judged anew, in that round. */
  | { readonly kind: 'learnt'; readonly knowledge: Knowledge; readonly round: number }
  /** CloudTrail told what else the principal behind it did. */
  | { readonly kind: 'investigated'; readonly principal: string; readonly intruder: Intruder }
  /** Whoever acts under that principal's name said whether it was them. `quietly`: somewhere else it is said aloud. */
  | { readonly kind: 'said'; readonly principal: string; readonly answer: Answer; readonly quietly?: boolean }
  /** A key without an incident was touched by somebody who says it was not them. */
  | { readonly kind: 'suspected'; readonly fact: Fact; readonly opening: Opening; readonly read?: KeyRead }
  /** Somebody wants a key to stay off. `fact`: their wish, for an incident that it opens. */
  | {
      readonly kind: 'held';
      readonly hold: Hold;
      readonly fact: Fact;
      readonly opening: Opening;
      readonly read?: KeyRead;
    }
  /** Somebody who may end that hold does. */
  | { readonly kind: 'released'; readonly by: Asker }
  /** CloudTrail was looked through for refused uses, in that round. */
  | {
      readonly kind: 'refusals';
      readonly facts: readonly Fact[];
      readonly looked: RefusalsLooked;
      readonly round: number;
    }
  /** `round`: in which it was looked up. */
  | { readonly kind: 'prior'; readonly prior: Prior; readonly round: number }
  | { readonly kind: 'asked'; readonly action: Action; readonly opening: Opening; readonly read?: KeyRead }
  /** Somebody asked for what others must agree to. `action`: of a break-glass, which starts at once. */
  | {
      readonly kind: 'requested';
      readonly approval: Approval;
      readonly action?: Action;
      readonly opening: Opening;
      readonly read: KeyRead;
    }
  /** Something happened to a waiting request. `action`: what it becomes when it is granted by this. */
  | {
      readonly kind: 'reviewed';
      readonly approval: ApprovalId;
      readonly event: ApprovalEvent;
      readonly action: Action;
      readonly read?: KeyRead;
    }
  /** Somebody who may says that this is how the key should be; about what was found to differ since `comparedAt`. */
  | { readonly kind: 'accepted'; readonly by: Person; readonly comparedAt: Instant }
  /** Somebody who may says that it was looked into and is dealt with. `matter`: what they saw to be the matter (`matterOf`). */
  | {
      readonly kind: 'lookedInto';
      readonly by: Person;
      readonly reason: string;
      readonly matter: string;
      /** Of a key. */
      readonly read?: KeyRead;
    }
  /** Somebody says they know, or wants to be asked later. */
  | { readonly kind: 'attended'; readonly attention: Pick<Attention, 'kind' | 'by'> }
  /** Somebody means to delete the key on purpose. */
  | { readonly kind: 'planned'; readonly plan: Plan; readonly opening: Opening; readonly read: KeyRead }
  /** Somebody who may agree said yes or no to the plan that was asked for at `planAt`. */
  | {
      readonly kind: 'planDecided';
      readonly planAt: Instant;
      readonly agreed: boolean;
      readonly by: Person;
      /** What Slack calls them. */
      readonly names: readonly string[];
      readonly read: KeyRead;
    }
  | { readonly kind: 'intended'; readonly action: ActionId; readonly call: CallRecord }
  | {
      readonly kind: 'answered';
      readonly action: ActionId;
      readonly runner: string;
      readonly outcome: CallOutcome | { readonly kind: 'confirmedByRead' };
    }
  | { readonly kind: 'ended'; readonly action: ActionId; readonly ending: Ending; readonly read?: KeyRead }
  | { readonly kind: 'due'; readonly read?: KeyRead; readonly late: Duration }
  | { readonly kind: 'searched'; readonly candidates: readonly KeyRef[]; readonly problem?: string }
  /** The keys behind the alarm are known; each has its own incident. `adopted`: one of them took over this card. */
  | {
      readonly kind: 'linked';
      readonly to: readonly { readonly key: KeyRef; readonly incident: IncidentId }[];
      readonly adopted: boolean;
    }
  | { readonly kind: 'readableAgain' }
  | { readonly kind: 'redraw' };

export type FactHappening = Extract<Happening, { kind: 'fact' }>;

export type SweptHappening = Extract<Happening, { kind: 'swept' }>;

export type AskedHappening = Extract<Happening, { kind: 'asked' }>;

export type RequestedHappening = Extract<Happening, { kind: 'requested' }>;

export type ReviewedHappening = Extract<Happening, { kind: 'reviewed' }>;

export type ConsideredHappening = Extract<Happening, { kind: 'considered' }>;

export type PlannedHappening = Extract<Happening, { kind: 'planned' }>;

export type HeldHappening = Extract<Happening, { kind: 'held' }>;

export type SuspectedHappening = Extract<Happening, { kind: 'suspected' }>;

export type BlockedHappening = Extract<Happening, { kind: 'rescueBlocked' }>;

export type KnownHappening = Exclude<
  Happening,
  | FactHappening
  | SweptHappening
  | AskedHappening
  | RequestedHappening
  | ConsideredHappening
  | PlannedHappening
  | HeldHappening
  | SuspectedHappening
  | BlockedHappening
>;
