/**
 * Message timestamps: seconds with six decimals, unique and rising within the workspace. Slack uses them as ids, so two
 * posts in one millisecond must still differ.
 */
export class Timestamps {
  readonly #now: () => number;
  #lastMicros = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The next timestamp, later than every one before. */
  next(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, Math.floor(this.#now() * 1000));
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`;
  }
}

/** A timestamp as a number of microseconds, exact within JavaScript's safe integers; `undefined` for other texts. */
export function microsOf(ts: string): number | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(ts);
  if (match === null) return undefined;
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'));
}
