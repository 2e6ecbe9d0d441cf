/** What people do in Slack, and what they are answered: data only, drawn by the Slack adapter's words. */
import type { ActionKind } from './action.ts';
import type { ChannelId, IncidentId, Person } from './ids.ts';
import type { Incident } from './incident.ts';
import type { KeyDetails, KeyMemory, KeyRead } from './key.ts';
import type { KnownKey, NameAnswer } from './key-name.ts';
import type { MayNot } from './policy.ts';

export interface Click {
  readonly person: Person;
  readonly channel: ChannelId;
  readonly incident: IncidentId;
  readonly action: ActionKind;
  /** Slack's `action_ts` with message and trigger: the same press delivered twice has the same one. */
  readonly nonce: string;
}

export interface Submission {
  readonly person: Person;
  readonly incident: IncidentId;
  readonly action: ActionKind;
  readonly reason: string;
  readonly keyName: string;
  readonly ticket?: string;
  /** Fingerprint (hashed) of the key as the modal showed it. */
  readonly shown?: string;
  readonly nonce: string;
}

/** Errors go under the field they are about; the modal stays open. */
export type SubmissionAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'errors'; readonly errors: Readonly<Partial<Record<'reason' | 'key_name' | 'ticket', string>>> };

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
    }
  | { readonly kind: 'asked'; readonly action: ActionKind; readonly key: KnownKey; readonly channel: ChannelId }
  | { readonly kind: 'alreadyRunning'; readonly action: ActionKind; readonly key: KnownKey }
  | { readonly kind: 'watching'; readonly key: KnownKey }
  /** Destroying by command goes through the same modal as the button. */
  | { readonly kind: 'modal'; readonly key: KnownKey; readonly incident: Incident | undefined; readonly read?: KeyRead }
  | { readonly kind: 'notOffered'; readonly action: string; readonly why: string }
  | { readonly kind: 'name'; readonly typed: string; readonly answer: Exclude<NameAnswer, { kind: 'one' }> }
  | { readonly kind: 'usage'; readonly problem: string }
  | { readonly kind: 'mayNot'; readonly why: MayNot; readonly action: string }
  | { readonly kind: 'roleUnknown'; readonly message: string };

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
  | { readonly kind: 'mayNot'; readonly why: MayNot; readonly action: string }
  | { readonly kind: 'roleUnknown'; readonly message: string }
  | { readonly kind: 'notRecorded' }
  | { readonly kind: 'alreadyRunning'; readonly action: string; readonly by: string }
  | { readonly kind: 'noSuchButton' }
  | { readonly kind: 'notNow'; readonly message: string }
  | { readonly kind: 'needsRead' };
