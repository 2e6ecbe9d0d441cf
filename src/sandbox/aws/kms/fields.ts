import { invalid, KmsError } from './errors.ts';

type Body = Readonly<Record<string, unknown>>;

/** Reads the members of a request, refusing what KMS's own validator would refuse. Absent and null are the same. */
export class Fields {
  readonly #body: Body;

  constructor(body: Body) {
    this.#body = body;
  }

  /** The member as sent. */
  value(name: string): unknown {
    return this.#body[name] ?? undefined;
  }

  optionalText(name: string, longest = 8192): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw invalid(name, value, 'Member must be a string');
    if (value.length > longest) throw invalid(name, value, `Member must have length less than or equal to ${longest}`);
    return value;
  }

  text(name: string, longest?: number): string {
    const value = this.optionalText(name, longest);
    if (value === undefined) throw invalid(name, value, 'Member must not be null');
    if (value === '') throw invalid(name, value, 'Member must have length greater than or equal to 1');
    return value;
  }

  optionalChoice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw invalid(name, value, `Member must satisfy enum value set: [${choices.join(', ')}]`);
    return choice;
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.optionalChoice(name, choices);
    if (value === undefined) throw invalid(name, value, 'Member must not be null');
    return value;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw invalid(name, value, 'Member must be an integer');
    if (value < least) throw invalid(name, value, `Member must have value greater than or equal to ${least}`);
    if (value > most) throw invalid(name, value, `Member must have value less than or equal to ${most}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.value(name) ?? false;
    if (typeof value !== 'boolean') throw invalid(name, value, 'Member must be a boolean');
    return value;
  }

  /** Epoch seconds on the wire, milliseconds here. */
  instant(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(name, value, 'Member must be a timestamp');
    return Math.round(value * 1000);
  }

  optionalBytes(name: string, longest: number): Buffer | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw invalid(name, '(blob)', 'Member must be base64');
    const bytes = Buffer.from(value, 'base64');
    if (bytes.length === 0 || bytes.length > longest)
      throw invalid(name, '(blob)', `Member must have length between 1 and ${longest}`);
    return bytes;
  }

  bytes(name: string, longest: number): Buffer {
    const value = this.optionalBytes(name, longest);
    if (value === undefined) throw invalid(name, value, 'Member must not be null');
    return value;
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value) => {
      if (typeof value !== 'string') throw invalid(name, value, 'Member must be a list of strings');
      return value;
    });
  }

  /** A list of structures. */
  structures(name: string): readonly Fields[] {
    return this.#list(name).map((value) => new Fields(structure(name, value)));
  }

  /** A map of strings to strings, an encryption context for instance. */
  map(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const entries = Object.entries(structure(name, value)).map(([key, entry]) => {
      if (typeof entry !== 'string') throw invalid(name, entry, 'Member must be a map of strings');
      return [key, entry] as const;
    });
    return Object.fromEntries(entries);
  }

  structure(name: string): Fields | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : new Fields(structure(name, value));
  }

  #list(name: string): readonly unknown[] {
    const value = this.value(name) ?? [];
    if (!Array.isArray(value)) throw invalid(name, value, 'Member must be a list');
    return value;
  }
}

function structure(name: string, value: unknown): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(name, value, 'Member must be a structure');
  return value as Body;
}

/** The request body of an HTTP call; an empty one is an empty structure. */
export function parseBody(text: string): Body {
  if (text.trim() === '') return {};
  try {
    return structure('body', JSON.parse(text));
  } catch (cause) {
    throw cause instanceof KmsError ? cause : new KmsError('SerializationException', 'The body is not JSON.');
  }
}

/** One page of a list: `Limit` and `Marker` in, `Truncated` and `NextMarker` out. */
export function page<Item>(
  fields: Fields,
  items: readonly Item[],
  idOf: (item: Item) => string,
  sizes: { readonly usual: number; readonly most: number },
): { readonly items: readonly Item[]; readonly rest: Readonly<Record<string, unknown>> } {
  const limit = fields.integer('Limit', 1, sizes.most) ?? sizes.usual;
  const marker = fields.optionalText('Marker');
  const after = marker === undefined ? undefined : Buffer.from(marker, 'base64url').toString();
  if (marker !== undefined && !after?.startsWith('after:')) throw new KmsError('InvalidMarkerException');
  // By id, so that a marker stays good when its item has been deleted meanwhile.
  const ordered = items
    .filter((item) => after === undefined || `after:${idOf(item)}` > after)
    .sort((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
  const shown = ordered.slice(0, limit);
  const last = shown.at(-1);
  const rest =
    ordered.length > limit && last !== undefined
      ? { Truncated: true, NextMarker: Buffer.from(`after:${idOf(last)}`).toString('base64url') }
      : { Truncated: false };
  return { items: shown, rest };
}
