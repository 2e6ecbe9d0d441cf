/**
 * What must hold between keys. Works on the raw document, passing over whatever the shape has refused already, so that
 * one wrong key does not hide the problems of its neighbours.
 */
import { parseKeyArn } from '../domain/ids.ts';
import { type Problem, printPath } from './problem.ts';
import { accountAt, type Path, pathsIn, problemAt, repeated, textAt, unconfiguredAccounts, valueAt } from './raw.ts';
import { roleProblems } from './role-problems.ts';
import {
  isRegionName,
  parseDuration,
  parsePrincipalArn,
  parseRoleArn,
  parseTopicArn,
  partitionOfRegion,
  printDuration,
} from './spelling.ts';

/** Defaults that take part in relations; milliseconds. */
export const SWEEP_EVERY = 15 * 60_000;
export const SWEEP_FULL = 6 * 3_600_000;
const SWEEP_LEAST = 1_000;
const EXPIRES_LEAST = 60_000;
const EXPIRES_MOST = 24 * 3_600_000;

const ROLE_PATHS: readonly Path[] = [
  ['role'],
  ...['read', 'rescue', 'disable', 'destroy'].map((purpose) => ['roles', purpose]),
];

/** Every broken relation of a raw configuration, in the order of the file's keys. */
export function relationProblems(raw: unknown): readonly Problem[] {
  return [
    ...routeProblems(raw),
    ...accountProblems(raw),
    ...intakeProblems(raw),
    ...roleProblems(raw),
    ...expiryProblems(raw),
    ...reminderProblems(raw),
    ...sweepProblems(raw),
    ...pagerProblems(raw),
    ...selfProblems(raw),
    ...identityProblems(raw),
  ];
}

function routeProblems(raw: unknown): readonly Problem[] {
  const paths = pathsIn(raw, ['channels', 'routes']).map((path) => [...path, 'account']);
  return [...unconfiguredAccounts(raw, paths), ...repeated(raw, paths)];
}

function accountProblems(raw: unknown): readonly Problem[] {
  const accounts = pathsIn(raw, ['accounts']);
  const ids = accounts.map((path) => [...path, 'id']);
  const names = accounts.map((path) => [...path, 'name']);
  return [
    ...repeated(raw, ids),
    ...repeated(raw, names),
    ...names.flatMap((path, index) => {
      const taken = ids.some((id, other) => other !== index && accountAt(raw, id) === valueAt(raw, path));
      return taken ? [problemAt(raw, path, "a name that is not another account's id")] : [];
    }),
    ...accounts.flatMap((path) => [
      ...repeated(raw, pathsIn(raw, [...path, 'regions'])),
      ...regionProblems(raw, pathsIn(raw, [...path, 'regions'])),
      ...accountRoleProblems(raw, path),
    ]),
  ];
}

function regionProblems(raw: unknown, regions: readonly Path[]): readonly Problem[] {
  const home = homePartition(raw);
  return regions
    .filter((path) => isRegionName(textAt(raw, path)) && partitionOfRegion(textAt(raw, path)) !== home)
    .map((path) =>
      problemAt(raw, path, `a Region of partition ${home} like the first one: one deployment, one partition`),
    );
}

function accountRoleProblems(raw: unknown, account: Path): readonly Problem[] {
  const has = (key: string): boolean => valueAt(raw, [...account, key]) !== undefined;
  const found: Problem[] = [];
  if (has('role') && has('roles')) {
    found.push(
      problemAt(raw, [...account, 'role'], 'either role (one for all) or roles (one for each purpose), not both'),
    );
  }
  const roles = valueAt(raw, [...account, 'roles']);
  if (typeof roles === 'object' && roles !== null && Object.values(roles).every((role) => role === undefined)) {
    found.push(
      problemAt(raw, [...account, 'roles'], 'at least one of read, rescue, disable, destroy; or no roles at all'),
    );
  }
  if (has('externalId') && !has('role') && !has('roles')) {
    found.push(
      problemAt(raw, [...account, 'externalId'], 'a role or roles beside it: own credentials use no external id'),
    );
  }
  const id = accountAt(raw, [...account, 'id']);
  const home = homePartition(raw);
  for (const path of ROLE_PATHS.map((role) => [...account, ...role])) {
    const role = parseRoleArn(textAt(raw, path));
    if (role === undefined) continue;
    if (id !== undefined && role.account !== id) {
      found.push(problemAt(raw, path, `a role of account ${id}, the account it stands under`));
    }
    if (home !== undefined && role.partition !== home) {
      found.push(problemAt(raw, path, `a role ARN of partition ${home}: arn:${home}:iam::…`));
    }
  }
  return found;
}

function intakeProblems(raw: unknown): readonly Problem[] {
  const topics = pathsIn(raw, ['intake', 'sns', 'topics']);
  const accounts = pathsIn(raw, ['intake', 'eventbridge', 'accounts']);
  return [
    ...repeated(raw, topics),
    ...foreignTopics(raw, topics),
    ...repeated(raw, pathsIn(raw, ['intake', 'sns', 'signatureVersions'])),
    ...unconfiguredAccounts(raw, accounts),
    ...repeated(raw, accounts),
  ];
}

function expiryProblems(raw: unknown): readonly Problem[] {
  const path = ['approvals', 'expires'];
  const expires = durationAt(raw, path);
  if (expires === undefined) return [];
  // Shorter, and nobody has read what they agree to; longer, and nobody remembers what they asked for.
  if (expires < EXPIRES_LEAST) return [problemAt(raw, path, 'at least 1m')];
  return expires > EXPIRES_MOST ? [problemAt(raw, path, 'at most 24h')] : [];
}

function reminderProblems(raw: unknown): readonly Problem[] {
  const paths = pathsIn(raw, ['reminders', 'before']);
  return paths.flatMap((path, index) => {
    const before = index === 0 ? undefined : durationAt(raw, paths[index - 1] ?? []);
    const own = durationAt(raw, path);
    if (before === undefined || own === undefined || own < before) return [];
    return [problemAt(raw, path, `less than the one before it (${printDuration(before)}): longest first, each once`)];
  });
}

function sweepProblems(raw: unknown): readonly Problem[] {
  const every = durationOr(raw, ['sweep', 'every'], SWEEP_EVERY);
  const full = durationOr(raw, ['sweep', 'full'], SWEEP_FULL);
  const found: Problem[] = [];
  if (every < SWEEP_LEAST) found.push(problemAt(raw, ['sweep', 'every'], 'at least 1s'));
  if (full < SWEEP_LEAST) found.push(problemAt(raw, ['sweep', 'full'], 'at least 1s'));
  if (full < every) {
    // Blames the one that was written, not the default.
    const isFullGiven = valueAt(raw, ['sweep', 'full']) !== undefined;
    const expected = isFullGiven
      ? `not less than every (${printDuration(every)})`
      : `not more than full (${printDuration(full)})`;
    found.push(problemAt(raw, ['sweep', isFullGiven ? 'full' : 'every'], expected));
  }
  return found;
}

function pagerProblems(raw: unknown): readonly Problem[] {
  const pager = valueAt(raw, ['pager']);
  const isEmpty = typeof pager === 'object' && pager !== null && Object.keys(pager).length === 0;
  return [
    ...(isEmpty ? [problemAt(raw, ['pager'], 'snsTopic, webhook or both; or no pager at all')] : []),
    ...foreignTopics(raw, [['pager', 'snsTopic']]),
    ...ownTopic(raw),
  ];
}

/** A key that is not watched is in no card, however highly it is named. */
function selfProblems(raw: unknown): readonly Problem[] {
  const keys = pathsIn(raw, ['self', 'keys']);
  const watched = new Set(
    pathsIn(raw, ['accounts']).flatMap((path) =>
      pathsIn(raw, [...path, 'regions']).map((region) => `${accountAt(raw, [...path, 'id'])} ${textAt(raw, region)}`),
    ),
  );
  const unwatched = keys.filter((path) => {
    const key = parseKeyArn(textAt(raw, path));
    return key !== undefined && !watched.has(`${key.account} ${key.region}`);
  });
  return [
    ...repeated(raw, keys),
    ...unwatched.map((path) => problemAt(raw, path, 'a key of an account and Region that are listed under accounts')),
  ];
}

/** Each principal has one owner; only a role has sessions. Its account need not be watched: people act across accounts. */
function identityProblems(raw: unknown): readonly Problem[] {
  const home = homePartition(raw);
  const identities = pathsIn(raw, ['identities']);
  const named = new Map<string, Path>();
  return identities.flatMap((path) => {
    const principal = textAt(raw, [...path, 'principal']);
    const arn = parsePrincipalArn(principal);
    if (arn === undefined) return [];
    const found: Problem[] = [];
    if (home !== undefined && arn.partition !== home)
      found.push(problemAt(raw, [...path, 'principal'], `an ARN of partition ${home}: arn:${home}:iam::…`));
    if (arn.kind === 'user' && valueAt(raw, [...path, 'session']) !== undefined)
      found.push(problemAt(raw, [...path, 'session'], 'no session beside a user: only roles have sessions'));
    const name = `${principal} ${textAt(raw, [...path, 'session'])}`;
    const earlier = named.get(name);
    if (earlier !== undefined)
      found.push(problemAt(raw, [...path, 'principal'], `each only once: it is at ${printPath(earlier)} already`));
    named.set(name, earlier ?? path);
    return found;
  });
}

/** The partition of the first Region that can be read: what every other Region and ARN must share. */
function homePartition(raw: unknown): string | undefined {
  const regions = pathsIn(raw, ['accounts']).flatMap((path) => pathsIn(raw, [...path, 'regions']));
  const first = regions.map((path) => textAt(raw, path)).find(isRegionName);
  return first === undefined ? undefined : partitionOfRegion(first);
}

/** What the pager is told must not come back in as news. */
function ownTopic(raw: unknown): readonly Problem[] {
  const path = ['pager', 'snsTopic'];
  const topic = textAt(raw, path);
  const listened = pathsIn(raw, ['intake', 'sns', 'topics']).map((one) => textAt(raw, one));
  return topic !== '' && listened.includes(topic)
    ? [problemAt(raw, path, 'a topic that is not under intake.sns.topics')]
    : [];
}

function foreignTopics(raw: unknown, topics: readonly Path[]): readonly Problem[] {
  const home = homePartition(raw);
  return topics
    .filter((path) => {
      const topic = parseTopicArn(textAt(raw, path));
      return home !== undefined && topic !== undefined && topic.partition !== home;
    })
    .map((path) => problemAt(raw, path, `a topic of partition ${home}: arn:${home}:sns:…`));
}

const durationAt = (raw: unknown, path: Path): number | undefined => parseDuration(textAt(raw, path));
const durationOr = (raw: unknown, path: Path, otherwise: number): number => durationAt(raw, path) ?? otherwise;
