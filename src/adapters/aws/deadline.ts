/** Calls that end: the SDK stops waiting for a socket when told, but not for credentials or between attempts. */
import type { Duration } from '../../domain/ids.ts';

/**
 * Runs a call with all of its attempts, at most `longest` ms or until the caller's signal. Rejects with the call's own
 * error, or with a `TimeoutError`. A request not yet written when time is up is never written (the SDK checks the signal
 * right before).
 */
export async function bounded<T>(
  longest: Duration,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(longest);
  const end = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const { promise, reject } = Promise.withResolvers<never>();
  const over = (): void => {
    reject(Object.assign(new Error('no answer in time', { cause: end.reason }), { name: 'TimeoutError' }));
  };
  // Taken off again below: Node keeps a combined signal alive for as long as somebody listens to it.
  end.addEventListener('abort', over);
  if (end.aborted) over();
  try {
    return await Promise.race([promise, call(end)]);
  } finally {
    end.removeEventListener('abort', over);
  }
}
