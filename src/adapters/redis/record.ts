/** Records come back from outside the process: they are checked lightly, and one that cannot be read is told. */

/** A record is there, but this version cannot read it. It stays where it is. */
export class RecordUnreadable extends Error {
  readonly record: string;
  constructor(record: string, problem: string, cause?: unknown) {
    super(`${record}: ${problem}`, { cause });
    this.name = 'RecordUnreadable';
    this.record = record;
  }
}

/** Told once per record and process, by reads that carry on with the others. */
export type OnUnreadable = (error: RecordUnreadable) => void;

/** Parses a JSON object that has these fields. Throws `RecordUnreadable`. */
export function parseRecord<T extends object>(record: string, text: string, fields: readonly (keyof T & string)[]): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RecordUnreadable(record, 'not JSON', error);
  }
  if (typeof value !== 'object' || value === null) throw new RecordUnreadable(record, 'not an object');
  const missing = fields.find((field) => !(field in value));
  if (missing !== undefined) throw new RecordUnreadable(record, `"${missing}" is missing`);
  return value as T;
}

const MOST_REMEMBERED = 1_000;

/** Answers what `read` reads, or tells the unreadable record and answers `undefined`. */
export function tolerant(tell: OnUnreadable): <T>(read: () => T) => T | undefined {
  const told = new Set<string>();
  return (read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RecordUnreadable)) throw error;
      if (told.has(error.record)) return undefined;
      if (told.size >= MOST_REMEMBERED) told.clear();
      told.add(error.record);
      tell(error);
      return undefined;
    }
  };
}
