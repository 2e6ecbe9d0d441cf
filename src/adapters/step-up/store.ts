/** What step-up remembers, and the steps that must be one: the memory's side is built where the memory is. */
import type { Duration, Instant, Person } from '../../domain/ids.ts';

/** One person's enrolment. */
export interface Enrolment {
  readonly person: Person;
  /** Random, new with every enrolment: an attempt is counted only for the secret it was compared with. */
  readonly id: string;
  /** As shown in lists; never what a person is known by. */
  readonly name: string;
  readonly enrolledAt: Instant;
  readonly sealed: string;
}

export interface KeptEnrolment extends Enrolment {
  /** Wrong codes since the last right one. */
  readonly failures: number;
  /** May lie in the past. */
  readonly lockedUntil?: Instant;
}

/** A code that was looked at, not yet counted. */
export interface Attempt {
  readonly enrolment: string;
  readonly now: Instant;
  /** The time step of a right code; absent: it was wrong. */
  readonly step?: number;
  /** The wrong one that locks: the fifth, say. */
  readonly lockAfter: number;
  /** How long that one locks, how long the next one, and so on; the last holds for all further ones. */
  readonly locks: readonly Duration[];
}

export type Settled =
  | { readonly kind: 'right' }
  | { readonly kind: 'used' }
  | { readonly kind: 'wrong'; readonly left: number }
  | { readonly kind: 'locked'; readonly until: Instant; readonly fresh: boolean }
  /** Somebody enrolled or removed the person meanwhile: nothing was counted. */
  | { readonly kind: 'changed' };

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
