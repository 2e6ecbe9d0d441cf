/** Two key policies, statement by statement. Order of lists, a list of one, and spaces mean nothing to IAM, and nothing here. */
import { canonicalText } from './canonical-text.ts';
import type { Difference } from './shape-difference.ts';

type PolicyDifference = Extract<Difference, { readonly part: 'policy' }>;

interface Statement {
  readonly sid?: string;
  readonly text: string;
}
interface Policy {
  readonly head: string;
  readonly statements: readonly Statement[];
}

/** So much of a statement is kept in a record; last good has the whole. */
const LONGEST_TEXT = 1_200;

export function differencesOfPolicy(before: string, now: string): readonly PolicyDifference[] {
  if (before === now) return [];
  const [old, fresh] = [policyOf(before), policyOf(now)];
  const gone = missingFrom(old.statements, fresh.statements);
  const added = missingFrom(fresh.statements, old.statements);
  const changed = gone.flatMap((statement) => {
    const other = statement.sid === undefined ? undefined : added.find(({ sid }) => sid === statement.sid);
    return other === undefined ? [] : [{ statement, other }];
  });
  const isPaired = (one: Statement): boolean =>
    changed.some(({ statement, other }) => one === statement || one === other);
  return [
    ...(old.head === fresh.head
      ? []
      : [{ part: 'policy', change: 'head', before: cut(old.head), text: cut(fresh.head) } as const]),
    ...changed.map(
      ({ statement, other }) =>
        ({
          part: 'policy',
          change: 'changed',
          sid: statement.sid ?? '',
          before: cut(statement.text),
          text: cut(other.text),
        }) as const,
    ),
    ...gone.filter((one) => !isPaired(one)).map((one) => ({ part: 'policy', change: 'gone', ...shown(one) }) as const),
    ...added.filter((one) => !isPaired(one)).map((one) => ({ part: 'policy', change: 'new', ...shown(one) }) as const),
  ];
}

/** A text that is no policy, or nested deeper than anything is, is one statement of its own: never equal to anything else. */
function policyOf(text: string): Policy {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null)
      return partsOf(document as Readonly<Record<string, unknown>>);
  } catch {
    // As it stands, then.
  }
  return { head: '', statements: [{ text }] };
}

function partsOf({ Statement: statements = [], ...head }: Readonly<Record<string, unknown>>): Policy {
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return { head: canonicalText(plain(head)), statements: list.map(statementOf) };
}

function statementOf(statement: unknown): Statement {
  const sid =
    typeof statement === 'object' && statement !== null ? (statement as { readonly Sid?: unknown }).Sid : undefined;
  return { ...(typeof sid === 'string' && sid !== '' ? { sid } : {}), text: canonicalText(plain(statement)) };
}

/** The value with its lists sorted, each once, and lists of one as that one. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    const members = value.map(plain);
    if (!members.every((member) => typeof member === 'string')) return members;
    const sorted = [...new Set(members)].sort();
    return sorted.length === 1 ? sorted[0] : sorted;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

/** Those of `some` that `others` has fewer of. */
function missingFrom(some: readonly Statement[], others: readonly Statement[]): readonly Statement[] {
  const left = others.map(({ text }) => text);
  return some.filter(({ text }) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const shown = ({ sid, text }: Statement) => ({ ...(sid === undefined ? {} : { sid }), text: cut(text) });
const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
