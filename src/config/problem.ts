/** What is wrong with a setting, and how problems are printed: place, value, and what would be right. */

export interface Problem {
  /** `accounts[0].regions[1]`, or the name of an environment variable. */
  readonly path: string;
  /** What stands there now, printed and shortened; never a secret, never the contents of a mapping or list. */
  readonly value: string;
  /** What would be right, as a phrase that follows "expected". */
  readonly expected: string;
}

/** Shown in place of a value that nobody should read in a log. */
export const HIDDEN = '(not shown)';
export const ABSENT = '(absent)';

const LONGEST_VALUE = 80;
/** Prefixes of Slack tokens, AWS access key ids and PEM files: what people paste into the wrong field. */
const LOOKS_SECRET = /xox[a-z][.-]|xapp-|\b(AKIA|ASIA)[A-Z0-9]{12}|-----BEGIN/i;

/**
 * Prints a setting for a person. Mappings and lists are named, not unrolled, and of a URL only scheme and host are kept:
 * both may hold secrets that belong to a neighbouring key or to the path.
 */
export function printValue(value: unknown): string {
  if (value === undefined) return ABSENT;
  if (value === null) return '(empty)';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  if (LOOKS_SECRET.test(value)) return HIDDEN;
  const url = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)(.*)$/is.exec(value);
  if (url) return shorten(`"${url[1]}${url[2]}${(url[3] ?? '').length > 1 ? '/…' : ''}"`);
  return shorten(JSON.stringify(value));
}

const shorten = (text: string): string =>
  text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 2)}…"`;

/** Spells a path as the file's reader would: `roles.viewer.users[2]`; the whole file is `(file)`. */
export function printPath(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>((so, step) => {
    if (typeof step === 'number') return `${so}[${step}]`;
    return so === '' ? String(step) : `${so}.${String(step)}`;
  }, '');
  return text === '' ? '(file)' : text;
}

/** The text printed before refusing to start: a count, then each problem on three short lines. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const entries = problems.map(
    (problem) => `  ${problem.path}\n    is        ${problem.value}\n    expected  ${problem.expected}`,
  );
  return [`Keywarden cannot start: ${count} in its configuration.`, ...entries].join('\n');
}

/** The known name that `name` was probably meant to be, if one is near: case, separators, or up to two slips. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const slips = Math.min(2, Math.max(1, Math.floor(name.length / 3)));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(name), plain(candidate)) }))
    .filter(({ distance }) => distance <= slips)
    .sort((left, right) => left.distance - right.distance);
  return ranked[0]?.candidate;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...right].entries()) {
      const swap = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(swap, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
