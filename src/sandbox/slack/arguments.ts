import { isObject, type JsonObject, parseJson } from './json.ts';

/**
 * The arguments of one Web API call. A form carries everything as text, nested values as JSON text; a JSON body carries
 * them as they are, or as JSON text too. Methods see no difference.
 */
export class CallArguments {
  readonly #fields: JsonObject;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  /** Whether the argument was passed at all; an empty text counts as not passed, as Slack's forms do. */
  has(name: string): boolean {
    const value = this.#fields[name];
    return value !== undefined && value !== null && value !== '';
  }

  /** The argument as text. */
  text(name: string): string | undefined {
    const value = this.#fields[name];
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  /** The argument as a truth value: `true`, `1` and `"true"` are true. */
  flag(name: string): boolean {
    const value = this.text(name);
    return value === 'true' || value === '1';
  }

  /** The argument as a whole number within bounds, else the fallback. */
  count(name: string, fallback: number, most: number): number {
    const value = Number(this.text(name));
    return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : fallback;
  }

  /** A nested argument; `undefined` where it is absent or no JSON. */
  json(name: string): unknown {
    const value = this.#fields[name];
    return typeof value === 'string' ? parseJson(value) : value;
  }
}

/** Reads a request's body by its content type, together with the query string's fields. */
export function readArguments(body: Buffer, contentType: string | undefined, query: URLSearchParams): CallArguments {
  const fields: JsonObject = Object.fromEntries(query);
  const text = body.toString('utf8');
  if (contentType?.startsWith('application/json')) {
    const parsed = parseJson(text);
    return new CallArguments(isObject(parsed) ? { ...fields, ...parsed } : fields);
  }
  return new CallArguments({ ...fields, ...Object.fromEntries(new URLSearchParams(text)) });
}
