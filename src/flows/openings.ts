/** What this process is opening right now: saved, and not yet known to stand on a card of its own or on a shared one. */
import type { IncidentId } from '../domain/ids.ts';

export interface Openings {
  /** Runs what opens an incident and finds its place; rejects as `work` does. */
  during<T>(id: IncidentId, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing of this process is opening it; never rejects. */
  over(id: IncidentId): Promise<void>;
}

export function openingsNow(): Openings {
  const running = new Map<IncidentId, Set<Promise<unknown>>>();
  return {
    async during(id, work) {
      const all = running.get(id) ?? new Set();
      running.set(id, all);
      const one = work();
      all.add(one);
      try {
        return await one;
      } finally {
        all.delete(one);
        if (all.size === 0) running.delete(id);
      }
    },
    async over(id) {
      await Promise.allSettled(running.get(id) ?? []);
    },
  };
}
