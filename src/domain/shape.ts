/**
 * The shape of a key: everything about it that a deletion, a policy change or a revoked grant takes away, and that no state
 * tells. The full sweep keeps the last good one; another is taken when an incident opens, so that it outlives the key.
 */
import type { Duration, Instant, KeyArn, Region } from './ids.ts';
import type { KeyState, Learned } from './key.ts';

/** One grant, as ListGrants tells it. */
export interface Grant {
  readonly id: string;
  readonly name?: string;
  /** An ARN, or a service principal (`rds.us-west-2.amazonaws.com`). */
  readonly grantee: string;
  readonly retiring?: string;
  readonly issuer?: string;
  /** KMS's names, sorted. */
  readonly operations: readonly string[];
  /** What the encryption context must contain, or be. Values come from outside. */
  readonly constraint?: { readonly kind: 'equals' | 'subset'; readonly pairs: Readonly<Record<string, string>> };
  readonly createdAt?: Instant;
}

/** `more`: how many are not listed here. `digest`: of all of them, in a canonical order. */
export interface Grants {
  /** In the order of their `grantText`. */
  readonly listed: readonly Grant[];
  readonly more: number;
  readonly digest: string;
}
/** Grants kept per key; beyond them only their number and a digest of all are kept. */
export const MOST_GRANTS = 100;

export interface Rotation {
  readonly enabled: boolean;
  readonly periodInDays?: number;
}

export interface MultiRegionShape {
  readonly role: 'PRIMARY' | 'REPLICA';
  readonly primary: KeyArn;
  readonly replicas: readonly { readonly arn: KeyArn; readonly region: Region }[];
}

export const SHAPE_PARTS = ['policy', 'grants', 'aliases', 'tags', 'rotation'] as const;
export type ShapePart = (typeof SHAPE_PARTS)[number];

/** Each part is learnt, or not, on its own. */
export interface KeyShape {
  readonly takenAt: Instant;
  /** Of the parts that were taken at another moment than the rest. */
  readonly partsAt?: Readonly<Partial<Record<ShapePart, Instant>>>;
  /** Of the parts that a survey took for good though they were not as before: when. */
  readonly changedAt?: Readonly<Partial<Record<ShapePart, Instant>>>;
  readonly state: KeyState;
  /** The key policy's JSON text, at most 32 KB (a quota of KMS). */
  readonly policy: Learned<string>;
  readonly grants: Learned<Grants>;
  /** `alias/…`, sorted. */
  readonly aliases: Learned<readonly string[]>;
  readonly tags: Learned<Readonly<Record<string, string>>>;
  /** Absent for what does not rotate by itself. */
  readonly rotation?: Learned<Rotation>;
  readonly multiRegion?: MultiRegionShape;
}

/** How long a shape is kept after it was last taken: longer than any window, and than an auditor's year. */
export const SHAPE_KEPT: Duration = 400 * 86_400_000;
