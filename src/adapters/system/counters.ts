/** The `Counters` port: counts in this process, read by metrics and readiness. */
import type { Counters } from '../../ports.ts';

export interface Count {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ProcessCounters extends Counters {
  /** Every count since the process began, sorted by name and labels. */
  snapshot(): readonly Count[];
}

/** Labels come from fixed sets, so the number of counts is bounded by the code that counts. */
export function processCounters(): ProcessCounters {
  const counts = new Map<string, { name: string; labels: Readonly<Record<string, string>>; value: number }>();
  return {
    count(name, labels = {}) {
      const sorted = Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      const id = `${name} ${JSON.stringify(sorted)}`;
      const known = counts.get(id);
      if (known) known.value += 1;
      else counts.set(id, { name, labels: sorted, value: 1 });
    },
    snapshot: () => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => ({ ...count })),
  };
}
