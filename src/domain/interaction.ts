/**
 * What people do in Slack, and what they are answered: data only, drawn by the Slack adapter's words. Above 300 lines, because every
 * press, form and answer is listed here and nowhere else.
 */
import type { ActionKind } from './action.ts';
import type { Approval, ApprovalStatus, Change } from './approval.ts';
import type { Attention } from './attention.ts';
import type { Cancelling } from './cancelling.ts';
import type { DeletionGuard, Demand } from './deletion-guard.ts';
import type { Digest } from './digest.ts';
import type { AccountId, ApprovalId, ChannelId, GatheringId, IncidentId, Instant, Person } from './ids.ts';
import type { Incident, Outcome } from './incident.ts';
import type { KeyDetails, KeyMemory, KeyRead, KeyState } from './key.ts';
import type { KnownKey, NameAnswer } from './key-name.ts';
import type { ApprovalWhy, DeniedWhy, Held } from './policy.ts';

export interface Click {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
  readonly action: ActionKind;
  /** Slack's `action_ts` with message and trigger: the same press delivered twice has the same one. */
  readonly nonce: string;
}

export type Decision = 'approve' | 'reject';

/** Acknowledge or Snooze was pressed. */
export interface AttendPress {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
  readonly what: Attention['kind'];
  /** The deletion date its button was drawn with; absent: it had none. */
  readonly about?: Instant;
}

/** A button of a card that several incidents share. `picked`: what was ticked on the page that was shown. */
export type GatheringPress = {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly gathering: GatheringId;
  readonly nonce: string;
} & (
  | { readonly what: 'all' }
  | { readonly what: 'acknowledge' }
  | { readonly what: 'selected'; readonly picked: readonly IncidentId[] }
  | { readonly what: 'page'; readonly page: number }
);

/** Accept as it is was pressed. `comparedAt`: what was shown to differ when its button was drawn. */
export interface AcceptPress {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
  readonly comparedAt: Instant;
}

/** Close: looked into was chosen in a card's menu; why follows in a form. */
export interface ClosePress {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
}

/** Agree or Decline was pressed under a planned decommission. `planAt`: the moment it was asked for names it. */
export interface PlanPress {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
  readonly planAt: Instant;
  readonly agreed: boolean;
}

/** "Was this you?" was answered. `question`: whatever the button carried. */
export interface SaidPress {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly question: string;
  readonly wasMe: boolean;
}

/** Approve or Reject was pressed; what it says follows in a form. */
export interface ReviewPress {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
  readonly approval: ApprovalId;
  readonly decision: Decision;
  readonly nonce: string;
}

/** The form before what others must agree to. */
export interface AskForm {
  readonly kind: 'ask';
  readonly incident: Incident;
  readonly act: ActionKind;
  /** Why somebody must agree; absent: an admin may do it alone, and nobody else could ask for it here. */
  readonly why?: ApprovalWhy;
  readonly windowDays?: number;
  /** Whether a code is asked for. */
  readonly code: boolean;
  /** Whether an admin alone is offered. */
  readonly breakGlass: boolean;
  /** Digest of the key as the form shows it; sending it later is about that state or nothing. */
  readonly shown: string;
}

export interface ReviewForm {
  readonly kind: 'review';
  readonly incident: Incident;
  readonly approval: Approval;
  readonly decision: Decision;
  /** Who asked takes it back. */
  readonly own: boolean;
  readonly code: boolean;
}
/** The form before an incident is closed on a person's word. `matter`: what was the matter as the form shows it. */
export interface CloseForm {
  readonly kind: 'close';
  readonly incident: Incident;
  readonly matter: string;
}
export type Form = AskForm | ReviewForm | CloseForm;

/** A sent ask form. */
export interface Ask {
  readonly person: Person;
  readonly incident: IncidentId;
  readonly act: ActionKind;
  readonly reason: string;
  readonly keyName: string;
  readonly ticket?: string;
  readonly code?: string;
  readonly breakGlass: boolean;
  readonly windowDays?: number;
  readonly shown: string;
  readonly nonce: string;
}

/** A sent review form. */
export interface Review {
  readonly person: Person;
  readonly incident: IncidentId;
  readonly approval: ApprovalId;
  readonly decision: Decision;
  readonly comment?: string;
  readonly code?: string;
  readonly nonce: string;
}

/** A sent close form. */
export interface Closing {
  readonly person: Person;
  readonly incident: IncidentId;
  readonly reason: string;
  readonly matter: string;
}

export type FormField = 'reason' | 'key_name' | 'ticket' | 'code' | 'comment';

/** Errors go under the field they are about; the form stays open. */
export type FormAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'problem'; readonly field: FormField; readonly problem: FormProblem };

export type FormProblem =
  | { readonly kind: 'notKnown' }
  | { readonly kind: 'reasonMissing' }
  | { readonly kind: 'commentMissing' }
  | { readonly kind: 'wrongName'; readonly name: string }
  | { readonly kind: 'denied'; readonly act: ActionKind | Decision | 'close'; readonly why: DeniedWhy }
  | { readonly kind: 'unsure'; readonly message: string }
  | { readonly kind: 'keyUnread' }
  | { readonly kind: 'keyGone' }
  | { readonly kind: 'changedSinceShown' }
  /** Something else is the matter than the form was opened for, or nothing any more. */
  | { readonly kind: 'anotherMatter' }
  /** KMS may not show yet what was told a moment ago. */
  | { readonly kind: 'tooSoon' }
  /** The policy was changed, and could not be read and judged anew while the form waited. */
  | { readonly kind: 'policyUnjudged' }
  | { readonly kind: 'policyUnknown'; readonly message: string }
  | { readonly kind: 'alreadyRunning' }
  | { readonly kind: 'alreadyWaiting'; readonly act: ActionKind; readonly by: Person }
  | {
      readonly kind: 'noApprover';
      readonly found: number;
      readonly quorum: number;
      /** Only who is enrolled for codes counts. */
      readonly codes: boolean;
      readonly unsure?: string;
    }
  | { readonly kind: 'codeMissing' }
  | { readonly kind: 'codeWrong'; readonly left: number }
  | { readonly kind: 'codeUsed' }
  | { readonly kind: 'codeLocked'; readonly until: Instant }
  | { readonly kind: 'notEnrolled' }
  | { readonly kind: 'codeUnavailable'; readonly message: string }
  | { readonly kind: 'auditUnwritable' }
  | { readonly kind: 'ownRequest' }
  | { readonly kind: 'agreedAlready' }
  | { readonly kind: 'over'; readonly status: ApprovalStatus; readonly agreedBy: readonly Person[] }
  | { readonly kind: 'voided'; readonly changes: readonly Change[] };

export const LIST_FILTERS = ['pending', 'disabled', 'imported', 'all'] as const;
export type ListFilter = (typeof LIST_FILTERS)[number];

export type CommandAnswer =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'list';
      readonly filter: ListFilter;
      readonly rows: readonly ListRow[];
      readonly total: number;
      readonly unread: readonly string[];
    }
  | {
      readonly kind: 'status';
      readonly key: KnownKey;
      readonly read?: KeyRead;
      readonly details?: KeyDetails;
      readonly incident?: Incident;
      readonly cancelling?: Cancelling;
    }
  /** What the policy of one key demands before somebody deletes or disables it; a statement for what it does not. */
  | {
      readonly kind: 'guard';
      readonly key: KnownKey;
      readonly guard: DeletionGuard;
      readonly cancelling: Cancelling;
      readonly statements: readonly { readonly demand: Demand; readonly json: string }[];
    }
  | GuardList
  | { readonly kind: 'asked'; readonly action: ActionKind; readonly key: KnownKey; readonly channel: ChannelId }
  | { readonly kind: 'alreadyRunning'; readonly action: ActionKind; readonly key: KnownKey }
  | { readonly kind: 'watching'; readonly key: KnownKey }
  /** `enabled`: it is on hold, and can still be used. */
  | { readonly kind: 'held'; readonly key: KnownKey; readonly channel: ChannelId; readonly enabled: boolean }
  /** `state`: as it was last read; absent: it could not be read. */
  | { readonly kind: 'released'; readonly key: KnownKey; readonly channel: ChannelId; readonly state?: KeyState }
  | { readonly kind: 'notOnHold'; readonly key: KnownKey }
  /** The upload itself follows, once this was said. */
  | {
      readonly kind: 'reporting';
      readonly key: KnownKey;
      readonly incident: IncidentId;
      readonly channel: ChannelId;
    }
  /** Its picture follows, once this was said. */
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'noIncident'; readonly key: KnownKey }
  | {
      readonly kind: 'planned';
      readonly ticket: string;
      readonly results: readonly { readonly typed: string; readonly outcome: PlanOutcome }[];
    }
  /** What others must agree to goes through the same form as the button. */
  | { readonly kind: 'form'; readonly form: AskForm }
  | { readonly kind: 'keyUnread'; readonly action: ActionKind }
  | { readonly kind: 'name'; readonly typed: string; readonly answer: Exclude<NameAnswer, { kind: 'one' }> }
  | { readonly kind: 'usage'; readonly problem: string }
  | { readonly kind: 'mayNot'; readonly why: DeniedWhy; readonly action: string }
  | { readonly kind: 'roleUnknown'; readonly message: string };

/** What became of one key of `/kms planned`. */
export type PlanOutcome =
  /** `pending`: its deletion is scheduled already. */
  | { readonly kind: 'proposed'; readonly key: KnownKey; readonly channel: ChannelId; readonly pending: boolean }
  | { readonly kind: 'plannedAlready' }
  /** The bot itself depends on it. */
  | { readonly kind: 'ownKey' }
  | { readonly kind: 'keyUnread' }
  | { readonly kind: 'awsManaged' }
  | { readonly kind: 'refused'; readonly answer: CommandAnswer }
  | { readonly kind: 'name'; readonly answer: Exclude<NameAnswer, { kind: 'one' }> };

/** The keys whose policies were looked at. The lists are bounded, the counts are not. */
export interface GuardList {
  readonly kind: 'guards';
  /** Without a guard. */
  readonly rows: readonly GuardRow[];
  readonly bare: number;
  /** Keys that our rescue could not save. */
  readonly unsaved: readonly KnownKey[];
  readonly lost: number;
  /** Not fully understood. */
  readonly unsure: number;
  /** Whose policy is not known, and some of them. */
  readonly unread: number;
  readonly unknown: readonly KnownKey[];
  readonly looked: number;
  /** Beyond what could be looked at in time. */
  readonly unlooked: number;
}

export interface GuardRow {
  readonly key: KnownKey;
  readonly guard: DeletionGuard;
}

export interface ListRow {
  readonly key: KnownKey;
  readonly memory: KeyMemory;
}

export interface Command {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly text: string;
  /** Tells one invocation from another. */
  readonly nonce: string;
}

/** Why a click did nothing; the sentence stands in the words. `by`: a Slack user id, or `the operator`. */
export type Refusal =
  | { readonly kind: 'mayNot'; readonly why: DeniedWhy; readonly action: string }
  | { readonly kind: 'roleUnknown'; readonly message: string }
  | { readonly kind: 'notRecorded' }
  | { readonly kind: 'alreadyRunning'; readonly action: string; readonly by: string }
  | { readonly kind: 'alreadyWaiting'; readonly act: ActionKind; readonly by: Person }
  /** What needed nobody a moment ago needs an approver now: the next press opens the form. */
  | { readonly kind: 'needsApproval'; readonly act: ActionKind; readonly why: ApprovalWhy }
  | { readonly kind: 'notReviewed'; readonly problem: FormProblem }
  /** The incident behind the button has ended. */
  | { readonly kind: 'over'; readonly outcome: Outcome }
  | { readonly kind: 'ownPlan' }
  | { readonly kind: 'scheduledIt' }
  | { readonly kind: 'noSuchButton' }
  | { readonly kind: 'notNow'; readonly message: string }
  /** What differs was accepted as it is by an earlier press. */
  | { readonly kind: 'acceptedBefore'; readonly by: Person; readonly at: Instant }
  | { readonly kind: 'answeredBefore'; readonly wasMe: boolean; readonly at: Instant }
  | { readonly kind: 'sharedChannel' }
  | { readonly kind: 'notUploaded'; readonly message: string }
  | { readonly kind: 'needsRead' };

/** What only one person reads; every sentence stands in `adapters/slack/words`. */
export type Whisper =
  | Refusal
  | { readonly kind: 'text'; readonly text: string }
  /** It was noted whether it was them. `told`: what is known of it stands so. */
  | { readonly kind: 'heard'; readonly wasMe: boolean; readonly told: 'inDanger' | 'safe' | 'nothing' }
  /** Nobody is mentioned until then. `before`: what has loud marks all the same; absent: nothing has a date. */
  | {
      readonly kind: 'quiet';
      readonly what: Attention['kind'];
      readonly until: Instant;
      readonly before?: 'deletion' | 'loss';
    };

/** What somebody did in their Home tab. */
export type HomeTurn =
  | { readonly kind: 'opened' }
  /** A button of an incident or request, at this moment. */
  | { readonly kind: 'pressed'; readonly at: Instant }
  /** From 0. */
  | { readonly kind: 'page'; readonly page: number }
  /** Absent: all accounts. */
  | { readonly kind: 'account'; readonly account?: AccountId };

/** What the Home tab shows one person. */
export type HomeTab =
  /** Only members of the workspace see names of keys; `unknown`: Slack did not say just now. */
  { readonly sight: 'notMember' | 'unknown' } | MemberHome;

export interface MemberHome {
  readonly sight: 'member';
  readonly person: Person;
  readonly roles: readonly Held[];
  /** Why there may be more roles than these. */
  readonly unsure?: string;
  /** One-time codes; `notNeeded`: nothing this person may do asks for one. */
  readonly codes: 'setUp' | 'missing' | 'notNeeded';
  /** Why the last press came to nothing, where no window could say so. */
  readonly said?: { readonly words: Whisper; readonly at: Instant };
  /** Requests this person could decide, or made; oldest first. */
  readonly requests: readonly { readonly incident: Incident; readonly approval: Approval; readonly mine: boolean }[];
  readonly board: HomeBoard;
}

/** One page of the open incidents: what dies first, then what has no date, newest first. */
export interface HomeBoard {
  /** All there are to choose from. */
  readonly accounts: readonly AccountId[];
  /** The chosen one; absent: all. */
  readonly account?: AccountId;
  /** From 0. */
  readonly page: number;
  readonly incidents: readonly Incident[];
  /** Open incidents of the chosen account or of all, and how many of them have a date. */
  readonly total: number;
  readonly dated: number;
}
