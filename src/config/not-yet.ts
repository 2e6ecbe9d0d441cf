/**
 * Keys that `keywarden.yaml` will have and that nothing acts on so far. They are refused at start: a setting that is
 * silently ignored is worse than one that is missing. Whoever implements one deletes its entry.
 */
import { type Problem, printPath, printValue } from './problem.ts';
import { valueAt } from './raw.ts';

const NOT_YET: readonly { readonly path: readonly string[]; readonly what: string }[] = [
  { path: ['reminders', 'loudWithin'], what: 'reminders do not grow louder so far' },
  { path: ['reminders', 'acknowledgeFor'], what: 'reminders cannot be acknowledged so far' },
  { path: ['reminders', 'mention'], what: 'reminders mention nobody so far' },
  { path: ['digests'], what: 'digests are not sent so far' },
  { path: ['pager'], what: 'nobody is paged so far' },
  { path: ['heartbeat'], what: 'no heartbeat is sent so far' },
];

/**
 * One problem for each key that stands in the raw document and is not implemented. Takes the raw document because
 * defaults are filled in a `Config`, and so that it can be asked when there is none for other problems.
 */
export function notYet(raw: unknown): readonly Problem[] {
  return NOT_YET.filter(({ path }) => valueAt(raw, path) !== undefined).map(({ path, what }) => ({
    path: printPath(path),
    value: printValue(valueAt(raw, path)),
    expected: `not yet: remove it; ${what}`,
  }));
}
