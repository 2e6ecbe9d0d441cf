/** The `Counters` port on prom-client: every count is a metric `keywarden_<name>_total`. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Counters } from '../../ports.ts';

export interface Metrics extends Counters {
  render(): Promise<{ readonly type: string; readonly text: string }>;
  /** Sum over all labels, for readiness. */
  total(name: string): number;
  gauge(name: string, help: string, read: () => number): void;
}

/** Label values come from fixed sets, so the number of series is bounded by the code that counts. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'keywarden_' });
  const counters = new Map<string, { readonly counter: Counter; readonly labelNames: readonly string[] }>();
  const totals = new Map<string, number>();
  return {
    count(name, labels = {}) {
      totals.set(name, (totals.get(name) ?? 0) + 1);
      const labelNames = Object.keys(labels).sort();
      const metric = `keywarden_${name}_total`;
      let known = counters.get(metric);
      if (known === undefined) {
        const help = `Count of ${name.replaceAll('_', ' ')}`;
        known = { counter: new Counter({ name: metric, help, labelNames, registers: [registry] }), labelNames };
        counters.set(metric, known);
      }
      // The first use fixes a count's labels; prom-client throws at others, and a count is never worth that.
      const { labelNames: fixed } = known;
      known.counter.inc(Object.fromEntries(Object.entries(labels).filter(([label]) => fixed.includes(label))));
    },
    async render() {
      return { type: registry.contentType, text: await registry.metrics() };
    },
    total: (name) => totals.get(name) ?? 0,
    gauge(name, help, read) {
      new Gauge({
        name: `keywarden_${name}`,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
  };
}
