/** The patience of somebody who waits. */
import type { Duration } from '../domain/ids.ts';
import type { House } from './house.ts';

/** What takes longer than `limit` ms is not waited for: `undefined`, and it goes on by itself. */
export async function within<T>(house: House, limit: Duration, work: Promise<T>): Promise<T | undefined> {
  const patience = new AbortController();
  const late = house.clock.sleep(limit, patience.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    patience.abort();
  }
}
