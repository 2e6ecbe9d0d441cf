/** A clock that stands still until a test moves it. */
import type { Duration, Instant } from '../src/domain/ids.ts';
import type { Clock } from '../src/ports.ts';

export interface MovedClock extends Clock {
  /** Moves the time on, and wakes every sleeper whose moment has come, earliest first. */
  advance(duration: Duration): Promise<void>;
  /** Sets the time, also backwards; wakes whoever is due then. */
  set(now: Instant): Promise<void>;
  /** Sleepers that wait for the time to move. */
  sleeping(): number;
}

interface Sleeper {
  readonly until: Instant;
  readonly wake: () => void;
}

/**
 * `sleep` waits for the test, not for real time: nothing sleeps in a test without somebody who advances. Rejects with
 * the signal's reason when aborted.
 */
export function movedClock(start: Instant): MovedClock {
  let now = start;
  const sleepers = new Set<Sleeper>();

  const set = async (moment: Instant): Promise<void> => {
    for (;;) {
      const due = [...sleepers].filter((one) => one.until <= moment).sort((a, b) => a.until - b.until)[0];
      if (due === undefined) break;
      sleepers.delete(due);
      now = Math.max(now, due.until);
      due.wake();
      // Lets the woken one run, and perhaps sleep again, before the time moves on.
      await new Promise((resolve) => setImmediate(resolve));
    }
    now = moment;
  };

  return {
    now: () => now,
    set,
    advance: (duration) => set(now + duration),
    sleeping: () => sleepers.size,
    sleep(duration, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (duration <= 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          until: now + duration,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
  };
}
