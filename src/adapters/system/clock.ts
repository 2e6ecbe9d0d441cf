/** The `Clock` port over the machine's own clock. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Duration } from '../../domain/ids.ts';
import type { Clock } from '../../ports.ts';

/** `setTimeout` takes 32 bits: 25 days and more would fire at once. */
const LONGEST_TIMER: Duration = 24 * 3_600_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(duration, signal) {
    signal?.throwIfAborted();
    let left = duration;
    do {
      const part = Math.min(Math.max(left, 0), LONGEST_TIMER);
      await waitOnce(part, signal);
      left -= part;
    } while (left > 0);
  },
};

/** Node rejects with its own AbortError; the port promises the signal's reason. */
async function waitOnce(duration: Duration, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(duration, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
