/** What must hold between the entries of `roles`, and between them and `approvals`. On the raw document, like `relations.ts`. */
import { ABSENT, type Problem, printPath } from './problem.ts';
import { type Path, pathsIn, problemAt, repeated, unconfiguredAccounts, valueAt } from './raw.ts';

export const ROLE_NAMES = ['viewer', 'responder', 'approver', 'admin'] as const;

const MEMBERS = ['users', 'usergroups'] as const;
const LIMITS = ['accounts', 'aliases', 'tags'] as const;

export function roleProblems(raw: unknown): readonly Problem[] {
  return [
    ...ROLE_NAMES.flatMap((role) => {
      const entries = entriesOf(raw, role);
      return [...entries.flatMap((entry) => entryProblems(raw, entry)), ...uselessLimits(raw, entries)];
    }),
    ...missingRoles(raw),
    ...quorumProblems(raw),
  ];
}

/** A role's entries: one mapping, or each of a list. */
function entriesOf(raw: unknown, role: string): readonly Path[] {
  const value = valueAt(raw, ['roles', role]);
  if (Array.isArray(value)) return pathsIn(raw, ['roles', role]);
  return typeof value === 'object' && value !== null ? [['roles', role]] : [];
}

const membersIn = (raw: unknown, entry: Path): readonly Path[] =>
  MEMBERS.flatMap((key) => pathsIn(raw, [...entry, key]));

/** Whatever the shape refuses, here or in an entry's lists, has its own problem: it may be meant for somebody. */
function isNobody(raw: unknown, entry: Path): boolean {
  const value = valueAt(raw, entry);
  if (typeof value !== 'object' || value === null) return false;
  return MEMBERS.every((key) => {
    const members = valueAt(value, [key]);
    return members === undefined || (Array.isArray(members) && members.length === 0);
  });
}

function entryProblems(raw: unknown, entry: Path): readonly Problem[] {
  const accounts = pathsIn(raw, [...entry, 'accounts']);
  const limit = LIMITS.find((key) => valueAt(raw, [...entry, key]) !== undefined);
  return [
    ...MEMBERS.flatMap((key) => repeated(raw, pathsIn(raw, [...entry, key]))),
    ...unconfiguredAccounts(raw, accounts),
    ...repeated(raw, accounts),
    ...repeated(raw, pathsIn(raw, [...entry, 'aliases']), bareAlias),
    ...(limit !== undefined && isNobody(raw, entry)
      ? [problemAt(raw, [...entry, limit], 'users or usergroups beside it: it limits nobody')]
      : []),
  ];
}

const bareAlias = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/^alias\//, '') : value);

/** Somebody who holds a role without limits, or with the same ones, in another entry: what the second one says has no effect. */
function uselessLimits(raw: unknown, entries: readonly Path[]): readonly Problem[] {
  const members = entries.flatMap((entry) =>
    membersIn(raw, entry).map((path) => ({ path, entry, id: valueAt(raw, path), limit: limitText(raw, entry) })),
  );
  return members.flatMap((member, index) => {
    const covers = (other: (typeof members)[number], at: number): boolean =>
      other.id === member.id &&
      other.entry !== member.entry &&
      (other.limit === member.limit ? at < index : other.limit === NO_LIMIT);
    const other = members.find(covers);
    if (other === undefined) return [];
    const how = other.limit === NO_LIMIT ? 'without limits' : 'with the same limits';
    return [problemAt(raw, member.path, `each only once: it is at ${printPath(other.path)} already, ${how}`)];
  });
}

/** The same limits in whatever order they were written. */
function limitText(raw: unknown, entry: Path): string {
  const words = (key: string): readonly unknown[] =>
    pathsIn(raw, [...entry, key])
      .map((path) => bareAlias(valueAt(raw, path)))
      .sort();
  const tags = valueAt(raw, [...entry, 'tags']);
  const pairs = typeof tags === 'object' && tags !== null ? Object.entries(tags) : [];
  return JSON.stringify([words('accounts'), words('aliases'), pairs.sort(([one], [other]) => (one < other ? -1 : 1))]);
}
const NO_LIMIT = '[[],[],[]]';

function isMissing(raw: unknown, role: string): boolean {
  const value = valueAt(raw, ['roles', role]);
  const isForm = value === undefined || (typeof value === 'object' && value !== null);
  return isForm && entriesOf(raw, role).every((entry) => isNobody(raw, entry));
}

function isDestructive(raw: unknown): boolean {
  const destructive = valueAt(raw, ['approvals', 'destructive']);
  return destructive === true || destructive === 'on';
}

function missingRoles(raw: unknown): readonly Problem[] {
  const found: Problem[] = [];
  if (isMissing(raw, 'responder')) {
    found.push({
      path: 'roles.responder',
      value: ABSENT,
      expected: 'at least one user or user group: else nobody could rescue a key',
    });
  }
  if (isDestructive(raw) && isMissing(raw, 'approver')) {
    found.push({
      path: 'roles.approver',
      value: ABSENT,
      expected: 'at least one user or user group while approvals.destructive is on',
    });
  }
  return found;
}

/** More approvals than there are people to give them. How many a user group has is Slack's to know. */
function quorumProblems(raw: unknown): readonly Problem[] {
  const path = ['approvals', 'quorum'];
  const quorum = valueAt(raw, path);
  const entries = entriesOf(raw, 'approver');
  const hasGroups = entries.some((entry) => pathsIn(raw, [...entry, 'usergroups']).length > 0);
  const users = entries.flatMap((entry) => pathsIn(raw, [...entry, 'users']).map((user) => valueAt(raw, user)));
  const count = new Set(users).size;
  // One is the default, also where nobody is listed and nothing needs to be agreed to.
  if (!Number.isInteger(quorum) || Number(quorum) <= Math.max(1, count) || Number(quorum) > 10 || hasGroups) return [];
  if (count > 0) return [problemAt(raw, path, `at most ${count}: so many users are listed under roles.approver`)];
  if (isDestructive(raw)) return [];
  return [problemAt(raw, path, 'users or user groups under roles.approver: nobody is listed who could agree')];
}
