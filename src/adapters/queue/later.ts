/** Endings of a job that are neither success nor failure. */
import type { Duration } from '../../domain/ids.ts';

/** Thrown by a handler: run me again in `delay` ms; no attempt is spent. */
export class Later extends Error {
  readonly delay: Duration;
  constructor(delay: Duration, message = 'later') {
    super(message);
    this.name = 'Later';
    this.delay = delay;
  }
}

/** The reason of an aborted job's signal. A handler may let it through: the job is given back, no attempt is spent. */
export class Interrupted extends Error {
  constructor(why: 'closing' | 'lock lost') {
    super(`the job was interrupted: ${why}`);
    this.name = 'Interrupted';
  }
}
