/**
 * What a KMS key is, what its state means, and which calls it takes: the key-state table of the KMS developer guide
 * (key-state.html, 2026) and the kinds of keys, as data. Reads are snapshots with a time.
 */
import type { Instant, KeyRef } from './ids.ts';

/** Something that may not have been learnt; "unknown" always says why, and is never shown as "fine". */
export type Learned<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly why: string };
export const known = <T>(value: T): Learned<T> => ({ kind: 'known', value });
export const unknown = (why: string): Learned<never> => ({ kind: 'unknown', why });
/** How the reason begins where nothing was asked, for want of a slot: it is asked again later. */
export const NOT_ASKED = 'not asked yet';
/** How the reason begins where the KMS knows no such operation: a key of it has no such part. */
export const NOT_OFFERED = 'this KMS does not offer';
export const isNotOffered = (learned: Learned<unknown>): boolean =>
  learned.kind === 'unknown' && learned.why.startsWith(NOT_OFFERED);
export const isNotAsked = (learned: Learned<unknown>): boolean =>
  learned.kind === 'unknown' && learned.why.startsWith(NOT_ASKED);

export const KEY_STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** `AWS`: an AWS managed key, viewable only. */
export type KeyManager = 'AWS' | 'CUSTOMER';
export type KeyOrigin = 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE';
/** Decides what importing and deleting material may do to the key. */
export type KeyKind = 'awsManaged' | 'awsKms' | 'importedSymmetric' | 'importedOther' | 'cloudHsm' | 'externalKeyStore';

export interface MultiRegion {
  readonly role: 'PRIMARY' | 'REPLICA';
  readonly primary: KeyRef;
  readonly replicas: readonly KeyRef[];
}

/** Another member of a multi-Region family, as it was read together with this one. `unwatched`: nobody looks in its Region. */
export interface FamilyMember {
  readonly key: KeyRef;
  readonly role: MultiRegion['role'];
  readonly read:
    | { readonly kind: 'read'; readonly state: KeyState; readonly readAt: Instant; readonly deletionDate?: Instant }
    | { readonly kind: 'gone' | 'unreadable'; readonly readAt: Instant }
    | { readonly kind: 'unwatched' };
}

export interface Usage {
  readonly operation: string;
  readonly at: Instant;
  readonly eventId?: string;
}
/** GetKeyLastUsage's three-way verdict: last *successful* use, "never", or not known. */
export type LastUse = { readonly kind: 'used'; readonly usage: Usage } | { readonly kind: 'neverSeen' };

/** One read of one key. */
export interface KeySnapshot {
  readonly key: KeyRef;
  readonly readAt: Instant;
  readonly state: KeyState;
  readonly manager: KeyManager;
  readonly origin: KeyOrigin;
  /** `SYMMETRIC_DEFAULT`, `RSA_4096`, `HMAC_256`, … */
  readonly spec: string;
  readonly usage: string;
  readonly createdAt?: Instant;
  /** Only in PendingDeletion. The last moment to cancel, to be treated with margin. */
  readonly deletionDate?: Instant;
  /** Only in PendingReplicaDeletion. */
  readonly pendingWindowInDays?: number;
  /** Earliest expiry among the permanent materials. */
  readonly validTo?: Instant;
  readonly currentMaterialId?: string;
  readonly customKeyStoreId?: string;
  readonly multiRegion?: MultiRegion;
  /**
   * Only in PendingReplicaDeletion, when every replica could be read and is pending: the latest DeletionDate among them.
   * The primary has no date of its own until then; its reminders follow its replicas.
   */
  readonly replicasGoneAt?: Instant;
  /** The other members of its family, where they were looked at as well. */
  readonly family?: readonly FamilyMember[];
}

/** The moment a key's countdown runs to: its own DeletionDate, or that of its last replica. */
export const countdownDateOf = (snapshot: KeySnapshot): Instant | undefined =>
  snapshot.deletionDate ?? snapshot.replicasGoneAt;

/** What is known of a key beside its state; each part may be missing on its own. */
export interface KeyDetails {
  /** `alias/…`, sorted. */
  readonly aliases: Learned<readonly string[]>;
  readonly tags: Learned<Readonly<Record<string, string>>>;
  readonly lastUse: Learned<LastUse>;
}

/** Why a key could not be read; `denied` names the missing permission. */
export type Unreadable =
  | { readonly kind: 'denied'; readonly operation: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly message: string }
  /** KMS asked for patience: our reads were too many. */
  | { readonly kind: 'throttled'; readonly message: string }
  | { readonly kind: 'foreign'; readonly message: string };

export type KeyRead =
  | { readonly kind: 'read'; readonly snapshot: KeySnapshot }
  /** KMS says the key does not exist (any more). `family`: the others of it, where they were looked at as well. */
  | {
      readonly kind: 'gone';
      readonly key: KeyRef;
      readonly readAt: Instant;
      readonly family?: readonly FamilyMember[];
    }
  | { readonly kind: 'unreadable'; readonly key: KeyRef; readonly readAt: Instant; readonly why: Unreadable };

/** The operations the bot performs, in KMS's spelling. */
export const MUTATIONS = [
  'CancelKeyDeletion',
  'EnableKey',
  'DisableKey',
  'DeleteImportedKeyMaterial',
  'ScheduleKeyDeletion',
] as const;
export type Mutation = (typeof MUTATIONS)[number];

export function kindOf(snapshot: Pick<KeySnapshot, 'manager' | 'origin' | 'spec'>): KeyKind {
  if (snapshot.manager === 'AWS') return 'awsManaged';
  switch (snapshot.origin) {
    case 'AWS_KMS':
      return 'awsKms';
    case 'EXTERNAL':
      return snapshot.spec === 'SYMMETRIC_DEFAULT' ? 'importedSymmetric' : 'importedOther';
    case 'AWS_CLOUDHSM':
      return 'cloudHsm';
    case 'EXTERNAL_KEY_STORE':
      return 'externalKeyStore';
  }
}

/** KMS's answer to an operation in a state: done, refused for good, or refused for a moment (retry). */
export type TableCell =
  | { readonly kind: 'succeeds' }
  | { readonly kind: 'fails'; readonly error: string; readonly message: string }
  | { readonly kind: 'transient'; readonly error: string; readonly message: string };

const succeeds: TableCell = { kind: 'succeeds' };
const fails = (error: string, message: string): TableCell => ({ kind: 'fails', error, message });
const transient = (message: string): TableCell => ({ kind: 'transient', error: 'KMSInvalidStateException', message });

const PENDING = fails('KMSInvalidStateException', 'is pending deletion (or pending replica deletion).');
const NOT_PENDING = fails('KMSInvalidStateException', 'is not pending deletion (or pending replica deletion).');
const PENDING_IMPORT = fails(
  'KMSInvalidStateException',
  'is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.',
);
const CREATING = transient('is creating.');
const UPDATING = transient('is updating.');

/** Notes 3, 4, 5, 9, 12, 14 and 15 of AWS's table. `Unavailable` accepts Enable and Disable, shown once the store is back. */
const switching: Readonly<Record<KeyState, TableCell>> = {
  Enabled: succeeds,
  Disabled: succeeds,
  PendingDeletion: PENDING,
  PendingReplicaDeletion: PENDING,
  PendingImport: PENDING_IMPORT,
  Unavailable: succeeds,
  Creating: CREATING,
  Updating: UPDATING,
};
const KEY_STATE_TABLE: Readonly<Record<Mutation, Readonly<Record<KeyState, TableCell>>>> = {
  EnableKey: switching,
  DisableKey: switching,
  ScheduleKeyDeletion: { ...switching, PendingImport: succeeds, Creating: succeeds },
  CancelKeyDeletion: {
    Enabled: NOT_PENDING,
    Disabled: NOT_PENDING,
    PendingDeletion: succeeds,
    PendingReplicaDeletion: succeeds,
    PendingImport: NOT_PENDING,
    Unavailable: NOT_PENDING,
    Creating: NOT_PENDING,
    Updating: NOT_PENDING,
  },
  DeleteImportedKeyMaterial: {
    Enabled: succeeds,
    Disabled: succeeds,
    PendingDeletion: succeeds,
    PendingReplicaDeletion: succeeds,
    PendingImport: succeeds,
    Unavailable: fails('UnsupportedOperationException', 'origin is not valid for this operation.'),
    Creating: CREATING,
    Updating: UPDATING,
  },
};

/** What KMS would answer to `operation` on this key now, by kind and state. */
export function answerOf(
  operation: Mutation,
  snapshot: Pick<KeySnapshot, 'manager' | 'origin' | 'spec' | 'state'>,
): TableCell {
  const kind = kindOf(snapshot);
  if (kind === 'awsManaged') return fails('AccessDeniedException', 'is an AWS managed key: it can be viewed only.');
  if (operation === 'DeleteImportedKeyMaterial' && kind !== 'importedSymmetric' && kind !== 'importedOther') {
    return fails(
      'UnsupportedOperationException',
      `origin is ${snapshot.origin} which is not valid for this operation.`,
    );
  }
  return KEY_STATE_TABLE[operation][snapshot.state];
}

/** How a key stands toward the people who use it. */
export type Standing =
  | { readonly kind: 'usable' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'dying'; readonly deletionDate: Instant | undefined }
  /** Waits for its replicas to be deleted; no date yet, and unusable meanwhile. */
  | { readonly kind: 'waitsForReplicas'; readonly windowDays: number | undefined }
  | { readonly kind: 'withoutMaterial' }
  | { readonly kind: 'storeDisconnected' }
  | { readonly kind: 'settling' };

export function standingOf(snapshot: KeySnapshot): Standing {
  switch (snapshot.state) {
    case 'Enabled':
      return { kind: 'usable' };
    case 'Disabled':
      return { kind: 'disabled' };
    case 'PendingDeletion':
      return { kind: 'dying', deletionDate: snapshot.deletionDate };
    case 'PendingReplicaDeletion':
      return { kind: 'waitsForReplicas', windowDays: snapshot.pendingWindowInDays };
    case 'PendingImport':
      return { kind: 'withoutMaterial' };
    case 'Unavailable':
      return { kind: 'storeDisconnected' };
    case 'Creating':
    case 'Updating':
      return { kind: 'settling' };
  }
}

export const isPending = (state: KeyState): boolean =>
  state === 'PendingDeletion' || state === 'PendingReplicaDeletion';

/** States in which a key is endangered or its users fail: the sweep reads such keys every time. */
export function isEndangered(state: KeyState): boolean {
  switch (state) {
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
    case 'PendingImport':
    case 'Unavailable':
      return true;
    case 'Enabled':
    case 'Disabled':
    case 'Creating':
    case 'Updating':
      return false;
  }
}

/** What the sweep remembers of each key. */
export interface KeyMemory {
  readonly state: KeyState;
  readonly readAt: Instant;
  /** The state before the danger: the newest read of Enabled or Disabled outside a danger. */
  readonly calm?: { readonly state: 'Enabled' | 'Disabled'; readonly at: Instant };
  readonly aliases: readonly string[];
  readonly origin: string;
  readonly manager: string;
  readonly deletionDate?: Instant;
  /** Since when it has been in this state, as far as is known; absent in memories from before this was kept. */
  readonly stateSince?: StateSince;
  /** When its imported material expires or, where it has none now, when the last was to. */
  readonly validTo?: Instant;
  /** Of a multi-Region key. */
  readonly multiRegion?: MultiRegion['role'];
  /** Consecutive failed reads. */
  readonly unreadable?: number;
}

/** `exact`: it was seen in another state before that; else it was so when it was first seen, and may have been for longer. */
export interface StateSince {
  readonly at: Instant;
  readonly exact: boolean;
}
