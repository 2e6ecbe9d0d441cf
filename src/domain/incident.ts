/**
 * An incident is everything known and done about one subject, from the first fact to the verified end. There is one
 * record per subject, and so never two open incidents about one key; a key endangered again after the end reopens the
 * record as its next round, on a fresh card.
 *
 * The card is desired state: `revision` rises with each visible change, `card.shownRevision` follows when Slack has it.
 * The thread is the timeline: entries up to `notedSeq` stand in it.
 *
 * Above 300 lines, nearly all of them types: what a record holds is listed in one place.
 */
import type { Action, Asker } from './action.ts';
import { type Approval, isWaiting } from './approval.ts';
import type { Attention } from './attention.ts';
import type { Losses, LossKind } from './clocks.ts';
import type { Hold } from './containment.ts';
import type { Plan } from './decommission.ts';
import type { Alarm, Fact } from './fact.ts';
import type {
  AccountId,
  ActionId,
  ApprovalId,
  ChannelId,
  Duration,
  GatheringId,
  IncidentId,
  Instant,
  KeyArn,
  KeyRef,
  MessageTs,
  Person,
  Place,
} from './ids.ts';
import type { Answer } from './investigation.ts';
import type { FamilyMember, KeyDetails, KeyRead, KeyState } from './key.ts';
import type { Knowledge } from './knowledge.ts';
import type { Matter } from './page.ts';
import type { Service } from './services.ts';

export type Subject =
  | { readonly kind: 'key'; readonly key: KeyRef }
  /** An alarm not (yet) resolved to a key. */
  | {
      readonly kind: 'alarm';
      readonly alarmArn: string;
      readonly name: string;
      readonly place: Place;
      readonly partition: string;
    }
  /** An account in a Region: unreadable for two sweeps, its trail blinded, a key store of it disconnected. */
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'topic'; readonly topicArn: string };

/** Why there is an incident. Kept once per kind, with its first and last moment. */
export type DangerKind =
  | 'ownRoleMisused'
  | 'deletionScheduled'
  | 'materialDeleted'
  | 'materialExpired'
  | 'useRefused'
  | 'keyDisabled'
  | 'keyStoreDisconnected'
  | 'materialExpiring'
  | 'policyChanged'
  /** A policy change took our rescue away, on a key that nothing else endangers. */
  | 'rescueBlocked'
  | 'trailBlinded'
  | 'attemptRefused'
  | 'keyDeleted'
  | 'nonCompliant'
  | 'alarm'
  | 'unreadable'
  | 'unsubscribed'
  | 'watched'
  /** Somebody means to delete the key, and says so beforehand. */
  | 'deletionPlanned'
  /** Touched by somebody whose owner says that it was not them. */
  | 'suspect'
  | 'action';

export interface Danger {
  readonly kind: DangerKind;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly count: number;
  /** The newest fact of this kind: the card's "by whom, from where". */
  readonly fact?: Fact;
}

/** The key's state before the danger, which a rescue restores. */
export type Prior =
  | {
      readonly kind: 'known';
      readonly state: 'Enabled' | 'Disabled';
      readonly from: 'sweep' | 'cloudtrail' | 'read';
      readonly at: Instant;
    }
  | { readonly kind: 'unknown'; readonly why: string };

export type EntryBody =
  /** `echoOf`: our own action come back as an event. */
  | { readonly kind: 'fact'; readonly fact: Fact; readonly echoOf?: ActionId }
  | {
      readonly kind: 'state';
      readonly from?: KeyState | 'gone' | 'unreadable';
      readonly to: KeyState | 'gone' | 'unreadable';
      readonly by?: ActionId;
    }
  | { readonly kind: 'asked'; readonly action: ActionId }
  | { readonly kind: 'called'; readonly action: ActionId; readonly call: number }
  | { readonly kind: 'ended'; readonly action: ActionId }
  /** What became of a request, in its order; `by`: who agreed, refused or asked. */
  | {
      readonly kind: 'approval';
      readonly approval: ApprovalId;
      readonly what: 'requested' | 'agreed' | 'breakGlass' | Exclude<Approval['status']['kind'], 'waiting'>;
      readonly by?: Person;
    }
  /** `of`: what may be lost then; absent: the key's own date. */
  | {
      readonly kind: 'reminded';
      readonly milestone: Duration;
      readonly late?: Duration;
      readonly of?: readonly LossKind[];
    }
  /** Asked to decide, without a milestone: an acknowledgement ran out, or nothing has a date. */
  | { readonly kind: 'askedAgain'; readonly after: 'acknowledged' | 'snoozed' | 'nobody' }
  | { readonly kind: 'attended'; readonly attention: Attention }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'released'; readonly by: Asker; readonly hold: Hold }
  /** Whoever acts in AWS under the name behind the danger said whether it was them. */
  | { readonly kind: 'said'; readonly answer: Answer }
  /** CloudTrail was searched for what else they did: how many calls, how many keys without an incident, in how many places. */
  | {
      readonly kind: 'investigated';
      readonly count: number;
      readonly uncovered: number;
      readonly places: number;
      readonly unsearched: number;
    }
  /** Somebody said that the key is as it should be, though it is not as last good; `what` differs, in a few words. */
  | { readonly kind: 'accepted'; readonly by: Person; readonly what: string }
  /** Somebody looked into what no read of the key ends, says why it is dealt with, and closed it. */
  | { readonly kind: 'lookedInto'; readonly by: Person; readonly reason: string }
  /** What became of a planned decommission. */
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** KMS has not deleted the key a day after its date. */
  | { readonly kind: 'overdue'; readonly deletionDate: Instant }
  /** Something of the countdown was missing and was put back. */
  | { readonly kind: 'repaired'; readonly what: 'dueEntry' | 'reminder' }
  /** `ownWindow`: of a primary, whose replicas are gone; `replicas`: their date is another, and it has none of its own yet. */
  | {
      readonly kind: 'rescheduled';
      readonly from: Instant;
      readonly to: Instant;
      readonly of?: 'ownWindow' | 'replicas';
    }
  | { readonly kind: 'linked'; readonly key: KeyRef; readonly incident: IncidentId }
  | { readonly kind: 'candidates'; readonly keys: readonly KeyArn[] }
  | { readonly kind: 'rebuilt' }
  | { readonly kind: 'reopened'; readonly round: number }
  | { readonly kind: 'closed'; readonly outcome: Outcome }
  | { readonly kind: 'delivery'; readonly problem: string };

export interface Entry {
  /** Rises by one; survives the trimming of old entries. */
  readonly seq: number;
  readonly at: Instant;
  readonly body: EntryBody;
}

/** How an incident ended. */
export type Outcome =
  | 'restored'
  | 'recovered'
  | 'deleted'
  | 'linked'
  | 'readableAgain'
  | 'alarmOver'
  | 'noDanger'
  /** On a person's word. */
  | 'lookedInto';

export type Phase =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly at: Instant; readonly outcome: Outcome };

/** The countdown of one deletion date. A re-scheduled deletion is another generation; the old one's reminders are void. */
export interface Countdown {
  readonly deletionDate: Instant;
  /** Of a primary that waits: the date is that of its last replica, and its own window (days, where KMS names them) begins only then. */
  readonly replicas?: { readonly windowDays?: number };
  /** When this generation was first read; earlier milestones are not owed. */
  readonly since: Instant;
  /** Milestones (ms before the date) already told or skipped. */
  readonly told: readonly Duration[];
  /** Those of them whose message Slack has taken; records from before this was kept have none. */
  readonly posted?: readonly Duration[];
  /** The end of the window has been looked up and told. */
  readonly endTold: boolean;
  /** That KMS still shows the key a day after its date has been told. */
  readonly overdueTold?: boolean;
}

export interface Card {
  readonly channel: ChannelId;
  readonly ts?: MessageTs;
  /** Highest revision that Slack has shown. */
  readonly shownRevision: number;
  /** A post was begun and its answer never came: look in the history before posting again. */
  readonly postingSince?: Instant;
  /** A message that can no longer be changed; another takes its place, and it is never adopted again. */
  readonly replaced?: MessageTs;
  /** Posted elsewhere than configured, because the configured channel refused. */
  readonly movedFrom?: ChannelId;
  /** Slack refused this message in every form; told in the log and by readiness. */
  readonly undeliverable?: string;
  /** Look for a card of ours before the first post: the memory may have been lost. */
  readonly adopt: boolean;
  /** The message of the round before, which does not say yet that it is over. */
  readonly former?: FormerCard;
}

/** A message that shows a round as running, and how that round ended. */
export interface FormerCard {
  readonly channel: ChannelId;
  readonly ts: MessageTs;
  readonly at: Instant;
  readonly outcome: Outcome;
}

/** How bad it has been with a key, in a canonical form, and since when: the same after a stale read is no news. */
export interface News {
  readonly what: string;
  readonly at: Instant;
}

/** The search for the key behind an alarm. */
export interface Search {
  /** The newest ALARM; a flapping alarm moves it on. */
  readonly alarm: Alarm;
  /** Begin of the stretch that is searched: that of the first ALARM. */
  readonly from: Instant;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly until: Instant;
  /** Keys pending in that place: "one of these". */
  readonly candidates: readonly KeyRef[];
  readonly problem?: string;
  readonly state: 'searching' | 'found' | 'gaveUp';
}

/** Refused uses since the danger began; the lists are bounded, the count is not. */
export interface RefusedUses {
  readonly count: number;
  readonly lastAt: Instant;
  /**
   * By whom and what after. `via`: the service that called for them. `service`: whose the resource is, where that is known; `name`: as
   * AWS names it.
   */
  readonly by: readonly {
    readonly who: string;
    readonly via?: string;
    readonly what?: string;
    readonly service?: Service;
    readonly name?: string;
    readonly count: number;
  }[];
  /** Short forms of the newest counted events' ids: CloudTrail shows what events told already. */
  readonly counted?: readonly string[];
}

export interface Incident {
  readonly id: IncidentId;
  /** Rises with each save; a save against another version is refused. */
  readonly version: number;
  readonly subject: Subject;
  readonly round: number;
  readonly openedAt: Instant;
  readonly phase: Phase;
  readonly dangers: readonly Danger[];
  /** Last read of the key, with its time. */
  readonly read?: KeyRead;
  /** KeyUsage as it was last read, where it is another than to encrypt: a key that is gone tells it no more. */
  readonly usage?: string;
  readonly details?: KeyDetails;
  readonly knowledge?: Knowledge;
  readonly prior: Prior;
  readonly countdown?: Countdown;
  /** The countdown to what may be lost before that, or without any date of the key's own. */
  readonly losses?: Losses;
  readonly refused?: RefusedUses;
  /** Since when nobody can use the key, as it was read; when it was last read usable. */
  readonly outOfUse?: { readonly since?: Instant; readonly usableAt?: Instant };
  /** The other members of its family as they were last looked at: what is left when this one is deleted. */
  readonly relatives?: readonly FamilyMember[];
  /** The state the key was last read in, and since when. */
  readonly stateSince?: { readonly state: KeyState; readonly at: Instant };
  /** Somebody knows, or wants to hear of it later. */
  readonly attention?: Attention;
  /** How often it asked without a milestone since somebody last said something, and when last. */
  readonly asked?: { readonly count: number; readonly lastAt: Instant };
  readonly plan?: Plan;
  /** Somebody keeps the key off on purpose, over all rounds, until an approver releases it. */
  readonly hold?: Hold;
  /** What the person behind the danger says of it, in this round. */
  readonly said?: Answer;
  /** The configuration names its key as one that the bot depends on, as of the last decision. */
  readonly self?: true;
  /** That such a key is in danger has been told this round. */
  readonly selfTold?: true;
  /** What has been the matter in this round, newest last; bounded. */
  readonly news?: readonly News[];
  /** Everybody was woken by it, and is told how it ends. */
  readonly alarmed?: boolean;
  /** What the pager was told of, and not yet that it is over. */
  readonly paged?: readonly Matter[];
  readonly search?: Search;
  /** What is wrong with a place: the operation that failed, and how. */
  readonly problem?: string;
  readonly actions: readonly Action[];
  /** Newest last; at most one of them waits. */
  readonly approvals: readonly Approval[];
  readonly timeline: readonly Entry[];
  readonly nextSeq: number;
  readonly notedSeq: number;
  /** The newest fact ids, to make a redelivery harmless. */
  readonly factIds: readonly string[];
  /** `StateChangeTime` of the newest alarm seen, per alarm ARN: older news is timeline only. */
  readonly alarmTimes: Readonly<Record<string, Instant>>;
  /** The key was read endangered at least once this round; before that, a calm read may just be stale. */
  readonly sawDanger: boolean;
  /** Since when the key reads calm again; one such read may be stale. */
  readonly calmSince?: Instant;
  /** When a person's view should be read again even if nothing is told (amber, disabled, unreadable). */
  readonly nextReadAt?: Instant;
  readonly revision: number;
  /** Of a multi-Region key: its family's card is its card. */
  readonly family?: GatheringId;
  /** It is one of many. `own`: it keeps its other card as well. */
  readonly wave?: { readonly id: GatheringId; readonly own: boolean };
  readonly card: Card;
}

/** The countdown settings and routing that decisions need; from the configuration. */
export interface Rules {
  /** `reminders.before`, ms, any order. */
  readonly milestones: readonly Duration[];
  /** `reminders.loudWithin`, ms. */
  readonly loudWithin: Duration;
  /** `reminders.acknowledgeFor`, ms. */
  readonly acknowledgeFor: Duration;
  /** `reminders.timezone`: whose nights and weekends count (IANA name). */
  readonly timezone: string;
  /** `self.keys`: the keys that the bot itself depends on. */
  readonly selfKeys: ReadonlySet<KeyArn>;
  /** The channel for a subject's card. */
  readonly channelOf: (subject: Subject) => ChannelId;
}

/** Canonical text of a subject; hashed by adapters into the incident's id. */
export function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case 'key':
      return `key ${subject.key.arn}`;
    case 'alarm':
      return `alarm ${subject.alarmArn}`;
    case 'place':
      return `place ${subject.place.account} ${subject.place.region}`;
    case 'topic':
      return `topic ${subject.topicArn}`;
  }
}

/** The account a subject lives in, when it has one: decides the channel. */
export function accountOf(subject: Subject): AccountId | undefined {
  switch (subject.kind) {
    case 'key':
      return subject.key.account;
    case 'alarm':
    case 'place':
      return subject.place.account;
    case 'topic':
      return undefined;
  }
}

export const keyOfIncident = (incident: Incident): KeyRef | undefined =>
  incident.subject.kind === 'key' ? incident.subject.key : undefined;

export const isOpen = (incident: Incident): boolean => incident.phase.kind === 'open';

/** The actions of this round; earlier rounds are other stories. */
export const actionsOfRound = (incident: Incident): readonly Action[] =>
  incident.actions.filter((action) => (action.round ?? 1) === incident.round);

/** The action that is still under way, if any: one at a time per incident. */
export const runningAction = (incident: Incident): Action | undefined =>
  incident.actions.find((action) => action.ending === undefined);

/** The request that waits for approvers, if any: one at a time per incident. */
export const waitingApproval = (incident: Incident): Approval | undefined => incident.approvals.find(isWaiting);

export const approvalOf = (incident: Incident, id: ApprovalId | undefined): Approval | undefined =>
  id === undefined ? undefined : incident.approvals.find((approval) => approval.id === id);
