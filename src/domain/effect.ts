/**
 * Effects: things the bot wants done, decided as data. Discrete effects live in `{kw}:pending` until a save removes
 * them; cards and thread notes are desired state and only need a place in their channel's lane. Payload types of the
 * queue's jobs live here too, so that a payload follows from the job's name.
 */
import type { Action } from './action.ts';
import type { Attention } from './attention.ts';
import type { AuditEvent } from './audit.ts';
import type { LossKind } from './clocks.ts';
import type { Plan } from './decommission.ts';
import type {
  AccountId,
  ActionId,
  ApprovalId,
  ChannelId,
  Duration,
  EffectId,
  GatheringId,
  IncidentId,
  Instant,
  Person,
  Place,
  Region,
} from './ids.ts';
import type { Outcome } from './incident.ts';
import type { Matter } from './page.ts';

export type Effect =
  /** A click was written down; check who it was, then ask for its action. */
  | { readonly kind: 'click'; readonly incident: IncidentId; readonly action: Action; readonly channel: ChannelId }
  /** Carry an action out on KMS. */
  | {
      readonly kind: 'carryOut';
      readonly incident: IncidentId;
      readonly action: ActionId;
      /** One of many: it waits in a queue of their own. */
      readonly many?: true;
    }
  /** Learn what the first card could not wait for: aliases, tags, last use, the shape, the state before. `owed`: only these. */
  | { readonly kind: 'learn'; readonly incident: IncidentId; readonly owed?: readonly LearnPart[] }
  /** Somebody stands behind it: what else did they do? Asks them, and joins the search for it. */
  | { readonly kind: 'investigate'; readonly incident: IncidentId }
  /** A request was made or decided: its approvers' Home tabs are drawn again. */
  | { readonly kind: 'approvers'; readonly incident: IncidentId; readonly approval: ApprovalId }
  /** The audit trail could not be written: what this incident owes it is written later. */
  | {
      readonly kind: 'audit';
      readonly incident: IncidentId /** Exactly these, where the record need not be asked. */;
      readonly events?: readonly AuditEvent[];
    }
  /** A reminder: its own message in the card's thread, or, with `to`, in another channel or with one person (a user's id). */
  | {
      readonly kind: 'remind';
      readonly incident: IncidentId;
      readonly reminder: Reminder;
      /** Absent in effects from before reminders had one: `broadcast`. */
      readonly volume?: Volume;
      readonly to?: ChannelId;
      /** The alert it was handed on by: the same twice is one. */
      readonly of?: EffectId;
    }
  /** The loudest: a reminder also goes to the fallback channel and to every approver. */
  | {
      readonly kind: 'alert';
      readonly incident: IncidentId;
      readonly reminder: Reminder;
      /** Channels and users it was handed on to already. */
      readonly told?: readonly string[];
    }
  /** The pager is told that something is so, or is over. */
  | { readonly kind: 'page'; readonly incident: IncidentId; readonly page: Matter; readonly over: boolean }
  /** The key is gone: the incident's evidence is posted as the report at its end. */
  | { readonly kind: 'report'; readonly incident: IncidentId };

/** `who`: whose doing it was, where CloudTrail could not be asked. */
export type LearnPart = 'shape' | 'lastUse' | 'who';

/** How loud a reminder is: in the thread, in the channel too, with a mention of whoever is on call, everywhere. */
export type Volume = 'note' | 'broadcast' | 'mention' | 'everyone';

export type Reminder =
  | {
      readonly kind: 'milestone';
      readonly milestone: Duration;
      readonly deletionDate: Instant;
      /** How late the reminder is, when it was owed during an outage. */
      readonly late?: Duration;
      /** How many milestones it stands for. */
      readonly collapsed: number;
      /** The last working day before a milestone that falls on a night or weekend; that milestone, ms before the date. */
      readonly ahead?: Duration;
    }
  /** Before the key's own date, or without any, something may be lost. */
  | {
      readonly kind: 'loss';
      readonly of: readonly LossKind[];
      /** The moment it may be lost. */
      readonly lossAt: Instant;
      readonly milestone: Duration;
      readonly late?: Duration;
      readonly collapsed: number;
      readonly ahead?: Duration;
    }
  /** An acknowledgement or a snooze has run out, and nobody has decided. */
  | { readonly kind: 'again'; readonly attention: Attention; readonly deletionDate?: Instant }
  /** Nothing has a date, and callers still fail: decide. */
  | { readonly kind: 'undecided'; readonly since: Instant }
  /** The plan to delete the key does not hold any more. */
  | { readonly kind: 'planVoid'; readonly plan: Plan; readonly deletionDate?: Instant }
  /** A day past its date, and KMS still shows the key. */
  | { readonly kind: 'overdue'; readonly deletionDate: Instant }
  /** The window is over: what became of the key. */
  | { readonly kind: 'end'; readonly deletionDate: Instant }
  /** A rescue would fail: "Can we cancel?" has become no. */
  | { readonly kind: 'cannotCancel'; readonly deletionDate?: Instant }
  /** A key that the bot itself depends on is in danger. */
  | { readonly kind: 'ownKey' }
  /** Worse than its card was when it was posted. `attention`: whoever had acknowledged what was less. */
  | {
      readonly kind: 'worse';
      readonly change: 'unusable' | 'material' | 'deletion';
      readonly deletionDate?: Instant;
      readonly attention?: Attention;
    }
  | {
      readonly kind: 'worse';
      readonly change: 'loss';
      readonly of: readonly LossKind[];
      readonly attention?: Attention;
    }
  /** Whoever acts in AWS under the name behind it is asked whether it was them. `principal`: that name; `question`: the record of what they are asked. */
  | { readonly kind: 'wasThisYou'; readonly principal: string; readonly question: string }
  /** They say that it was not. `name`: who acted, where somebody else is behind the incident by now. */
  | { readonly kind: 'notMe'; readonly by: Person; readonly at: Instant; readonly name?: string }
  /** Whoever was woken by it hears how it ended. `wave`: all of a wave's keys have, and so many were deleted. */
  | {
      readonly kind: 'over';
      readonly outcome: Outcome;
      readonly wave?: { readonly keys: number; readonly deleted: number };
    };

const EFFECT_KINDS: Readonly<Record<Effect['kind'], true>> = {
  click: true,
  carryOut: true,
  learn: true,
  investigate: true,
  approvers: true,
  audit: true,
  remind: true,
  alert: true,
  page: true,
  report: true,
};
const REMINDER_KINDS: Readonly<Record<Reminder['kind'], true>> = {
  milestone: true,
  loss: true,
  again: true,
  undecided: true,
  planVoid: true,
  overdue: true,
  end: true,
  cannotCancel: true,
  ownKey: true,
  worse: true,
  wasThisYou: true,
  notMe: true,
  over: true,
};

/** Whether this version knows what to do with an effect: one of a newer version stays where it is for that one. */
export function isKnownEffect(effect: {
  readonly kind?: unknown;
  readonly reminder?: { readonly kind?: unknown };
}): boolean {
  if (typeof effect.kind !== 'string' || !Object.hasOwn(EFFECT_KINDS, effect.kind)) return false;
  if (effect.kind !== 'remind' && effect.kind !== 'alert') return true;
  return typeof effect.reminder?.kind === 'string' && Object.hasOwn(REMINDER_KINDS, effect.reminder.kind);
}

export interface PendingEffect {
  readonly id: EffectId;
  readonly effect: Effect;
  readonly since: Instant;
}

/** Order within a Slack channel's lane: a lower number goes first. */
export const PRIORITY = { approval: 0, deadline: 1, card: 2, note: 3 } as const;
export type Priority = keyof typeof PRIORITY;

/** One place in a lane. The same item twice is one item: ten changes, one `chat.update`. */
export type LaneItem =
  | { readonly kind: 'card'; readonly incident: IncidentId }
  | { readonly kind: 'note'; readonly incident: IncidentId }
  | { readonly kind: 'approval'; readonly incident: IncidentId; readonly approval: ApprovalId }
  | { readonly kind: 'effect'; readonly effect: EffectId }
  /** The card that several incidents share, and what they remind of together. */
  | { readonly kind: 'gathering'; readonly gathering: GatheringId }
  | { readonly kind: 'gatheringReminders'; readonly gathering: GatheringId };

/** Jobs of the queue, by name. Payloads are checked by each job's schema: Redis is an outside system. */
export interface JobPayloads {
  readonly click: { readonly incident: IncidentId; readonly effect: EffectId };
  readonly carryOut: { readonly incident: IncidentId; readonly action: ActionId; readonly effect: EffectId };
  /** The same for one of many. */
  readonly carryOutMany: { readonly incident: IncidentId; readonly action: ActionId; readonly effect: EffectId };
  readonly learn: { readonly incident: IncidentId; readonly effect: EffectId };
  readonly investigate: { readonly incident: IncidentId; readonly effect: EffectId };
  /** CloudTrail is searched for what somebody did. `slot`: when that investigation wanted to look. */
  readonly deeds: { readonly investigation: string; readonly slot: Instant };
  readonly approvers: { readonly incident: IncidentId; readonly approval: ApprovalId; readonly effect: EffectId };
  readonly audit: { readonly incident: IncidentId; readonly effect: EffectId };
  readonly alert: { readonly incident: IncidentId; readonly effect: EffectId };
  readonly page: { readonly incident: IncidentId; readonly effect: EffectId };
  readonly report: { readonly incident: IncidentId; readonly effect: EffectId };
  /** The pager is told what it does not know yet of one page. */
  readonly pager: { readonly page: string };
  /** What the countdown promises is checked against the keys. `slot`: ms since the epoch. */
  readonly inspect: { readonly slot: Instant };
  /** One digest of the configuration. `slot`: the wall time it is for, `2026-03-21T09:00`. */
  readonly digest: { readonly digest: string; readonly slot: string };
  /** The Home tabs that show something old are drawn again. `slot`: ms since the epoch. */
  readonly homes: { readonly slot: Instant };
  /** The head of the audit trail is posted, once a day. `day`: days since the epoch, UTC. */
  readonly auditHead: { readonly day: number };
  /** The incident's due moment has come: read the key again, or search on for the key behind an alarm, and decide. */
  readonly due: { readonly incident: IncidentId; readonly dueAt: Instant };
  readonly sweep: {
    readonly account: AccountId;
    readonly region: Region;
    readonly slot: Instant;
    readonly full: boolean;
  };
  /** The shapes of a place's keys are taken. `sweptAt`: the end of the full sweep it follows. */
  readonly survey: { readonly account: AccountId; readonly region: Region; readonly sweptAt: Instant };
  /** Facts that were kept but not worked off at once: the process died, or the store failed in between. */
  readonly inbox: { readonly factId: string };
  /** Somebody asked for the rescue of many, or acknowledged many: one after the other, a few at a time. */
  readonly errand: { readonly gathering: GatheringId; readonly errand: string };
}
export type JobName = keyof JobPayloads;

export const sweepPlace = (payload: JobPayloads['sweep']): Place => ({
  account: payload.account,
  region: payload.region,
});
