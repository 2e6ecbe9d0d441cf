import type { WorldClock, WorldEvent } from '../world.ts';

/** Whole records and messages, a few KB each: older ones are gone. */
const mostEvents = 300;

/** What the AWS side sent or noticed, newest last. */
export class Feed {
  readonly #clock: WorldClock;
  readonly #listeners = new Set<(event: WorldEvent) => void>();
  #events: WorldEvent[] = [];

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  /** Notes something and tells the listeners. */
  tell(source: string, detail: WorldEvent['detail']): void {
    const event = { at: new Date(this.#clock.now()).toISOString(), source, detail };
    this.#events.push(event);
    if (this.#events.length > mostEvents) this.#events.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** The events kept. */
  events(): readonly WorldEvent[] {
    return [...this.#events];
  }

  /** Calls `listener` for each new event; returns how to stop. */
  listen(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
