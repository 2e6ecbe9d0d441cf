/** Lost dependencies: the only exceptions that ports throw on purpose. They always carry their cause. */
import type { Place } from './ids.ts';

/** A place (or its key list) could not be read. */
export class PlaceUnreadable extends Error {
  readonly place: Place;
  readonly operation: string;
  readonly kind: 'denied' | 'unreachable' | 'foreign';
  constructor(
    place: Place,
    operation: string,
    kind: 'denied' | 'unreachable' | 'foreign',
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'PlaceUnreadable';
    this.place = place;
    this.operation = operation;
    this.kind = kind;
  }
}

/** Redis did not answer in time, refused, or is full. Nothing may be assumed about the write. */
export class StoreUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreUnavailable';
  }
}
