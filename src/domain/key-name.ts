/**
 * Key names as a person types them: an alias with or without `alias/`, a key id or the beginning of one, an ARN of a key or
 * alias, and any of these after an account (id or name) and/or a Region: `payments-prod/us-west-2:alias/orders`.
 */
import { type KeyRef, parseKeyArn } from './ids.ts';

export interface KnownKey {
  readonly key: KeyRef;
  readonly aliases: readonly string[];
  readonly accountName: string;
}

export type NameAnswer =
  | { readonly kind: 'one'; readonly key: KnownKey }
  /** Several keys answer to that name: the person must choose. */
  | { readonly kind: 'several'; readonly keys: readonly KnownKey[] }
  /** None does; the nearest names, best first. */
  | { readonly kind: 'none'; readonly nearest: readonly string[] }
  | { readonly kind: 'empty' };

const MOST_CHOICES = 20;
const MOST_NEAREST = 5;
/** The beginning of a key id must be this long to count as a name. */
const SHORTEST_PREFIX = 6;

export function resolveName(typed: string, keys: readonly KnownKey[]): NameAnswer {
  const name = typed.trim().replace(/^[`'"]|[`'"]$/g, '');
  if (name === '') return { kind: 'empty' };
  const { scope, rest } = splitScope(name, keys);
  const inScope = scope === undefined ? keys : keys.filter((known) => scope(known));
  const exact = inScope.filter((known) => answersTo(known, rest));
  const found =
    exact.length > 0
      ? exact
      : inScope.filter((known) => rest.length >= SHORTEST_PREFIX && known.key.keyId.startsWith(rest));
  const [only] = found;
  if (only !== undefined && found.length === 1) return { kind: 'one', key: only };
  if (found.length > 1) return { kind: 'several', keys: found.slice(0, MOST_CHOICES) };
  return { kind: 'none', nearest: nearestNames(rest, inScope.length > 0 ? inScope : keys) };
}

function answersTo(known: KnownKey, name: string): boolean {
  const { key, aliases } = known;
  if (name === key.keyId || name === key.arn) return true;
  const arn = parseKeyArn(name);
  if (arn !== undefined) return false;
  const aliasArn = /^arn:[^:]+:kms:([^:]+):(\d{12}):(alias\/.+)$/.exec(name);
  if (aliasArn) return key.region === aliasArn[1] && key.account === aliasArn[2] && aliases.includes(aliasArn[3] ?? '');
  const wanted = name.toLowerCase();
  return aliases.some((alias) => alias.toLowerCase() === wanted || alias.toLowerCase() === `alias/${wanted}`);
}

/** Takes account and Region words off the front: `account:`, `region:`, `account/region:`. */
function splitScope(
  name: string,
  keys: readonly KnownKey[],
): { readonly scope?: (known: KnownKey) => boolean; readonly rest: string } {
  if (name.startsWith('arn:')) return { rest: name };
  const colon = name.lastIndexOf(':');
  if (colon < 0) return { rest: name };
  const words = name.slice(0, colon).toLowerCase().split(/[:/]/);
  const isScope = (word: string): boolean => keys.some((known) => matchesScope(known, word));
  if (!words.every(isScope)) return { rest: name };
  return { scope: (known) => words.every((word) => matchesScope(known, word)), rest: name.slice(colon + 1) };
}

const matchesScope = (known: KnownKey, word: string): boolean =>
  known.key.account === word || known.key.region === word || known.accountName.toLowerCase() === word;

function nearestNames(name: string, keys: readonly KnownKey[]): readonly string[] {
  const wanted = name.toLowerCase().replace(/^alias\//, '');
  const names = new Set(keys.flatMap((known) => known.aliases.filter((alias) => !alias.startsWith('alias/aws/'))));
  return [...names]
    .map((alias) => ({ alias, distance: nearness(wanted, alias.replace(/^alias\//, '').toLowerCase()) }))
    .filter(({ alias, distance: far }) => far <= Math.max(2, wanted.length / 3) || alias.toLowerCase().includes(wanted))
    .sort((a, b) => a.distance - b.distance || a.alias.localeCompare(b.alias))
    .slice(0, MOST_NEAREST)
    .map(({ alias }) => alias);
}

/** People type the beginning of a name, or one of its words: each is compared, the whole name too. */
function nearness(wanted: string, name: string): number {
  const parts = [name, name.slice(0, wanted.length + 1), ...name.split(/[-_/.]/)];
  return Math.min(...parts.map((part) => distance(wanted, part)));
}

/** Levenshtein distance, bounded by the names' own length (aliases have at most 256 characters). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
