/** Who is enrolled for one-time codes, and what becomes of an attempt. Secrets are here in their sealed form only. */
import type { Duration, Instant, Person } from './ids.ts';

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
