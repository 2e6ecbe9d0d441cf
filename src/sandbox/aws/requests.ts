import type { ServedRequests, WorldClock } from '../world.ts';

/** A budget is judged by the busiest minutes of a test, not by its days: half an hour at one request a second. */
export const mostMoments = 2_000;
const second = 1_000;

interface Served {
  count: number;
  perSecond: number;
  /** Where the second that ends with the newest moment begins in `at`. */
  from: number;
  readonly at: number[];
}

/** Counts the requests of a service, so that tests can hold a caller to its share of a quota. */
export class Requests {
  readonly #clock: Pick<WorldClock, 'now'>;
  readonly #served = new Map<string, Served>();
  readonly #calls = new Map<string, number>();

  constructor(clock: Pick<WorldClock, 'now'>) {
    this.#clock = clock;
  }

  /** Counts a request by `<service> <operation> <account> <Region>`. */
  count(name: string): void {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    const now = this.#clock.now();
    const served = this.#served.get(name) ?? { count: 0, perSecond: 0, from: 0, at: [] };
    this.#served.set(name, served);
    served.count += 1;
    served.at.push(now);
    while ((served.at[served.from] ?? now) <= now - second) served.from += 1;
    served.perSecond = Math.max(served.perSecond, served.at.length - served.from);
    const spare = Math.min(served.at.length - mostMoments, served.from);
    if (spare > 0) {
      served.at.splice(0, spare);
      served.from -= spare;
    }
  }

  /** How many by name, kept up to date. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  list(): readonly ServedRequests[] {
    return [...this.#served].map(([name, { count, perSecond, at }]) => {
      const [service = '', operation = '', account = '', region = ''] = name.split(' ');
      return { service, operation, account, region, count, perSecond, at: at.slice(-mostMoments) };
    });
  }
}

/** The most requests within any stretch of `ms`, of moments in their order. */
export function mostWithin(ms: number, at: readonly number[]): number {
  let from = 0;
  let most = 0;
  at.forEach((moment, index) => {
    while ((at[from] ?? moment) <= moment - ms) from += 1;
    most = Math.max(most, index - from + 1);
  });
  return most;
}
