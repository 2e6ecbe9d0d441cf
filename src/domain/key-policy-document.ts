/**
 * A key policy's text, taken apart. What a statement holds is left as it was written: whoever reads a part of it says whether it
 * understands that part.
 */

/** How somebody finds a statement in the policy: by its Sid, and by its place (from 1). */
export interface StatementName {
  readonly place: number;
  readonly sid?: string;
}

export interface PolicyStatement {
  readonly name: StatementName;
  /** `unknown`: neither word, or the statement holds an element that is no part of a key policy. */
  readonly effect: 'Allow' | 'Deny' | 'unknown';
  readonly element: Readonly<Record<string, unknown>>;
}

/** KMS takes 32 KB. */
const LONGEST = 65_536;
const MOST_STATEMENTS = 500;
const VERSIONS: readonly unknown[] = [undefined, '2012-10-17', '2008-10-17'];
const ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

/** `undefined`: no policy that can be read as a whole, and so nothing is known of it. */
export function statementsOf(text: string): readonly PolicyStatement[] | undefined {
  const document = text.length > LONGEST ? undefined : parsed(text);
  if (!isRecord(document)) return undefined;
  const { Version, Id, Statement, ...others } = document;
  if (Object.keys(others).length > 0 || !VERSIONS.includes(Version)) return undefined;
  if (Id !== undefined && typeof Id !== 'string') return undefined;
  const statements: readonly unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.length > MOST_STATEMENTS || !statements.every(isRecord)) return undefined;
  return statements.map((element, index) => ({
    name: { place: index + 1, ...(typeof element.Sid === 'string' ? { sid: element.Sid.slice(0, 128) } : {}) },
    effect: effectOf(element),
    element,
  }));
}

function effectOf(element: Readonly<Record<string, unknown>>): PolicyStatement['effect'] {
  const { Effect } = element;
  const understood = Object.keys(element).every((name) => ELEMENTS.includes(name));
  return understood && (Effect === 'Allow' || Effect === 'Deny') ? Effect : 'unknown';
}

/**
 * JSON.parse keeps the last of two members of one name, and a statement that was dropped may be the one that denies. So the
 * names in the text are counted against those that are left.
 */
function parsed(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:)?/g)].filter(([, colon]) => colon !== undefined).length;
    return written === membersOf(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + membersOf(one), 0);
  if (!isRecord(value)) return 0;
  return Object.values(value).reduce<number>((sum, one) => sum + 1 + membersOf(one), 0);
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One text or a list of texts; `undefined`: anything else, an empty list too. */
export function textsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every((one) => typeof one === 'string') ? list : undefined;
}
