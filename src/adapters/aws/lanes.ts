/**
 * Lanes: what of AWS's quota per account, Region and operation is ours, shared by all processes through `Pace`. Of calls that
 * change a key that is half, the rest stays for people; of reads a tenth, because the application reads as well. Quotas: KMS
 * developer guide, requests-per-second (2026).
 */
import type { Duration, Place } from '../../domain/ids.ts';
import type { Mutation } from '../../domain/key.ts';
import type { Clock, Log, Pace, ReadFor } from '../../ports.ts';

/** Requests per second that KMS grants. */
const QUOTA: Readonly<Record<Mutation, number>> = {
  CancelKeyDeletion: 5,
  EnableKey: 5,
  DisableKey: 5,
  ScheduleKeyDeletion: 15,
  DeleteImportedKeyMaterial: 15,
};
/** DescribeKey is not among them: the sweep, which alone reads many, spreads its own. */
const READ_QUOTA = {
  GetKeyLastUsage: 5,
  ListGrants: 100,
  ListAliases: 500,
  ListKeys: 500,
  GetKeyPolicy: 1_000,
  GetKeyRotationStatus: 1_000,
  ListResourceTags: 2_000,
} as const;
export type ReadOperation = keyof typeof READ_QUOTA;
/** Reading stays under a tenth of a quota. Whoever waits for an answer has a part of it that nothing else fills. */
const OURS = 0.1;
const SHARE: Readonly<Record<ReadFor, { readonly part: number; readonly burst: number }>> = {
  itself: { part: 0.8, burst: 2 },
  // Three disablings in a row: each is judged when it is asked for and again before its call.
  person: { part: 0.2, burst: 8 },
};
const FIRST_BACK_OFF: Duration = 500;
const LONGEST_BACK_OFF: Duration = 30_000;
/** How soon a full lane is looked at again by who lets others pass, ms. */
const FULL_AGAIN: Duration = 200;

export interface Lane {
  readonly name: string;
  readonly every: Duration;
  readonly burst: number;
}

export function kmsLane(place: Place, operation: Mutation): Lane {
  const every = Math.ceil(1000 / (QUOTA[operation] / 2));
  return { name: `kms ${place.account} ${place.region} ${operation}`, every, burst: 2 };
}

export function readLane(place: Place, operation: ReadOperation, readFor: ReadFor): Lane {
  const { part, burst } = SHARE[readFor];
  const every = 1000 / (READ_QUOTA[operation] * OURS * part);
  return { name: `kms ${place.account} ${place.region} ${operation} ${readFor}`, every, burst };
}

/** LookupEvents grants 2 per second and is not adjustable (CloudTrail API reference). */
export const trailLane = (place: Place): Lane => ({
  name: `cloudtrail ${place.account} ${place.region} LookupEvents`,
  every: 1000,
  burst: 1,
});

export interface Lanes {
  /** Waits for the lane's next slot. Rejects when aborted, or with `StoreUnavailable`. */
  slot(lane: Lane, signal?: AbortSignal): Promise<void>;
  /** Waits as well, but lets everybody pass who comes meanwhile: takes a slot only when its moment has come. */
  slotBehind(lane: Lane, signal?: AbortSignal): Promise<void>;
  /** Takes a slot only when it comes within `longest` ms. False: no. Rejects like `slot`. */
  slotWithin(lane: Lane, longest: Duration, signal?: AbortSignal): Promise<boolean>;
  /** AWS asked for patience: nobody sends in this lane for the answered time, ms. Never rejects. */
  backOff(lane: Lane, told: Duration | undefined): Promise<Duration>;
  /** A call went through: the next throttle starts small again. */
  ease(lane: Lane): void;
}

export function createLanes(clock: Clock, pace: Pace, log: Log, random: () => number): Lanes {
  const throttles = new Map<string, number>();
  const reserve = (lane: Lane): Promise<Duration> => pace.reserve(lane.name, lane.every, lane.burst);
  return {
    slot: async (lane, signal) => {
      const wait = await reserve(lane);
      if (wait > 0) await clock.sleep(wait, signal);
      signal?.throwIfAborted();
    },
    slotBehind: async (lane, signal) => {
      for (;;) {
        signal?.throwIfAborted();
        // Reserves nothing ahead: whoever comes next waits for one slot at most. What is taken late is not lost, the burst holds it.
        if ((await pace.reserveWithin(lane.name, lane.every, lane.burst, 0)) !== undefined) return;
        // Apart from the others that wait, so that whoever is next is anybody.
        await clock.sleep(Math.min(FULL_AGAIN, lane.every) * (0.5 + random() / 2), signal);
      }
    },
    slotWithin: async (lane, longest, signal) => {
      const wait = await pace.reserveWithin(lane.name, lane.every, lane.burst, longest);
      if (wait === undefined) return false;
      if (wait > 0) await clock.sleep(wait, signal);
      signal?.throwIfAborted();
      return true;
    },
    backOff: async (lane, told) => {
      const times = throttles.get(lane.name) ?? 0;
      throttles.set(lane.name, times + 1);
      const longest = Math.min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2 ** times);
      const wait = Math.round(Math.max(told ?? 0, longest * (0.5 + random() / 2)));
      try {
        await pace.pause(lane.name, wait);
      } catch (error) {
        log.warn({ reason: lane.name, error }, 'a throttled lane could not be paused');
      }
      return wait;
    },
    ease: (lane) => void throttles.delete(lane.name),
  };
}
