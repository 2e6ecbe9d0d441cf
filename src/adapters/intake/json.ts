/**
 * Reads foreign JSON without trusting it. `JSON.parse` itself survives any nesting, but everything that walks its result
 * by recursion (`JSON.stringify`, `structuredClone`, validators) does not; so the depth is checked here, by a loop.
 */
const DEEPEST = 64;

export type Json =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly problem: JsonProblem };
export type JsonProblem = 'not UTF-8' | 'not JSON' | 'nested too deeply' | 'forbidden property name';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes strictly (a replacement character would change what was signed) and parses. */
export function readJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { kind: 'malformed', problem: 'not UTF-8' };
  }
  return readJsonText(text);
}

/** Parses a text; `NaN`, trailing commas and comments are not JSON. */
export function readJsonText(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'malformed', problem: 'not JSON' };
  }
  const problem = walk(value);
  return problem ? { kind: 'malformed', problem } : { kind: 'json', value };
}

function walk(root: unknown): JsonProblem | undefined {
  let level: object[] = isObject(root) ? [root] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return 'nested too deeply';
    const below: object[] = [];
    for (const parent of level) {
      if (Object.hasOwn(parent, '__proto__')) return 'forbidden property name';
      for (const child of Object.values(parent)) if (isObject(child)) below.push(child);
    }
    level = below;
  }
  return undefined;
}

/** Whether a value is an object or an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An own field of something that may not even be an object. */
export function field(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** An own, non-empty text field of something that may not even be an object. */
export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
