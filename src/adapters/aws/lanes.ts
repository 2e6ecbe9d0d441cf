/**
 * Lanes: half of AWS's quota per account, Region and operation is ours, shared by all processes through `Pace`; the rest
 * stays for people. Quotas: KMS developer guide, requests-per-second (2026).
 */
import type { Duration, Place } from '../../domain/ids.ts';
import type { Mutation } from '../../domain/key.ts';
import type { Clock, Log, Pace } from '../../ports.ts';

/** Requests per second that KMS grants. */
const QUOTA: Readonly<Record<Mutation | 'GetKeyLastUsage', number>> = {
  CancelKeyDeletion: 5,
  EnableKey: 5,
  DisableKey: 5,
  GetKeyLastUsage: 5,
  ScheduleKeyDeletion: 15,
  DeleteImportedKeyMaterial: 15,
};
const FIRST_BACK_OFF: Duration = 500;
const LONGEST_BACK_OFF: Duration = 30_000;

export interface Lane {
  readonly name: string;
  readonly every: Duration;
  readonly burst: number;
}

export function kmsLane(place: Place, operation: Mutation | 'GetKeyLastUsage'): Lane {
  const every = Math.ceil(1000 / (QUOTA[operation] / 2));
  return { name: `kms ${place.account} ${place.region} ${operation}`, every, burst: 2 };
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
  /** Takes a slot only when it comes within `longest` ms. False: no. Rejects like `slot`. */
  slotWithin(lane: Lane, longest: Duration): Promise<boolean>;
  /** AWS asked for patience: nobody sends in this lane for the answered time, ms. Never rejects. */
  backOff(lane: Lane, told: Duration | undefined): Promise<Duration>;
  /** A call went through: the next throttle starts small again. */
  ease(lane: Lane): void;
}

export function createLanes(clock: Clock, pace: Pace, log: Log, random: () => number): Lanes {
  const throttles = new Map<string, number>();
  // A slot cannot be given back, so a lane known to be full is not asked again: else every refusal would lengthen it.
  const fullUntil = new Map<string, number>();
  const reserve = (lane: Lane): Promise<Duration> => pace.reserve(lane.name, lane.every, lane.burst, clock.now());
  return {
    slot: async (lane, signal) => {
      const wait = await reserve(lane);
      if (wait > 0) await clock.sleep(wait, signal);
      signal?.throwIfAborted();
    },
    slotWithin: async (lane, longest) => {
      if ((fullUntil.get(lane.name) ?? 0) > clock.now()) return false;
      const wait = await reserve(lane);
      if (wait > longest) {
        fullUntil.set(lane.name, clock.now() + wait - longest);
        return false;
      }
      if (wait > 0) await clock.sleep(wait);
      return true;
    },
    backOff: async (lane, told) => {
      const times = throttles.get(lane.name) ?? 0;
      throttles.set(lane.name, times + 1);
      const longest = Math.min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2 ** times);
      const wait = Math.round(Math.max(told ?? 0, longest * (0.5 + random() / 2)));
      try {
        await pace.pause(lane.name, clock.now() + wait);
      } catch (error) {
        log.warn({ reason: lane.name, error }, 'a throttled lane could not be paused');
      }
      return wait;
    },
    ease: (lane) => void throttles.delete(lane.name),
  };
}
