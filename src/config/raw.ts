/** Reading a raw document along paths, tolerant of whatever stands there: relations must survive a file full of mistakes. */
import { type Problem, printPath, printValue } from './problem.ts';
import { isAccountNumber } from './spelling.ts';

export type Path = readonly (string | number)[];

/** Reads a raw document along a path; `undefined` where it ends early. */
export const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined,
    raw,
  );

/** Every value that stood at an earlier path already; `as`: what two spellings of the same have in common. */
export function repeated(
  raw: unknown,
  paths: readonly Path[],
  as: (value: unknown) => unknown = (value) => value,
): Problem[] {
  const seen = new Map<unknown, Path>();
  return paths.flatMap((path) => {
    const value = as(valueAt(raw, path));
    const earlier = seen.get(value);
    if (value === undefined || typeof value === 'object') return [];
    seen.set(value, earlier ?? path);
    return earlier === undefined
      ? []
      : [problemAt(raw, path, `each only once: it is at ${printPath(earlier)} already`)];
  });
}

/** A problem whose path and value are read off the document. */
export const problemAt = (raw: unknown, path: Path, expected: string): Problem => ({
  path: printPath(path),
  value: printValue(valueAt(raw, path)),
  expected,
});

/** The paths of a list's items; none where there is no list. */
export function pathsIn(raw: unknown, path: Path): readonly Path[] {
  const list = valueAt(raw, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}

/** The text at a path; empty where something else stands. */
export function textAt(raw: unknown, path: Path): string {
  const value = valueAt(raw, path);
  return typeof value === 'string' ? value : '';
}

/** Every account id at these paths that is not among the configured accounts. */
export function unconfiguredAccounts(raw: unknown, paths: readonly Path[]): readonly Problem[] {
  const configured = new Set(pathsIn(raw, ['accounts']).map((path) => accountAt(raw, [...path, 'id'])));
  return paths
    .filter((path) => accountAt(raw, path) !== undefined && !configured.has(accountAt(raw, path)))
    .map((path) => problemAt(raw, path, 'an account that is listed under accounts'));
}

/** An account id as text, also where the quotes were forgotten: that has its own problem and should not cause others. */
export function accountAt(raw: unknown, path: Path): string | undefined {
  const value = valueAt(raw, path);
  const text = typeof value === 'number' ? String(value).padStart(12, '0') : value;
  return typeof text === 'string' && isAccountNumber(text) ? text : undefined;
}
