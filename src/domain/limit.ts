/** Where a role holds, and whether a key is there. */
import type { AccountId } from './ids.ts';
import type { Learned } from './key.ts';

/** Where a role holds: all that is named must fit. Absent parts limit nothing. */
export interface Limit {
  readonly accounts?: readonly AccountId[];
  /** Alias names with `*` and `?`, with or without `alias/`. */
  readonly aliases?: readonly string[];
  /** Tag key → value that the key must carry. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The key as far as roles may be limited to it. */
export interface KeyScope {
  readonly account: AccountId;
  readonly aliases: Learned<readonly string[]>;
  readonly tags: Learned<Readonly<Record<string, string>>>;
}

export type Reach = { readonly kind: 'inside' | 'outside' } | { readonly kind: 'unknown'; readonly message: string };

/**
 * Whether a role's limit covers a key. Where something is at stake, every alias must fit: whoever may create an alias could
 * else move a key into somebody's reach.
 */
export function reach(limit: Limit | undefined, scope: KeyScope | undefined, safe: boolean): Reach {
  if (limit === undefined || scope === undefined) return { kind: 'inside' };
  const { accounts, aliases, tags } = limit;
  if (accounts !== undefined && !accounts.includes(scope.account)) return { kind: 'outside' };
  const parts: Reach[] = [];
  if (aliases !== undefined) {
    const fits = (alias: string): boolean => aliases.some((pattern) => matchesAlias(pattern, alias));
    parts.push(
      scope.aliases.kind === 'unknown'
        ? unlearnt(scope.aliases.why, safe)
        : within(
            safe ? scope.aliases.value.some(fits) : scope.aliases.value.length > 0 && scope.aliases.value.every(fits),
          ),
    );
  }
  if (tags !== undefined) {
    const known = scope.tags;
    parts.push(
      known.kind === 'unknown'
        ? unlearnt(known.why, safe)
        : within(Object.entries(tags).every(([name, value]) => known.value[name] === value)),
    );
  }
  return (
    parts.find(({ kind }) => kind === 'outside') ?? parts.find(({ kind }) => kind === 'unknown') ?? { kind: 'inside' }
  );
}

const within = (fits: boolean): Reach => ({ kind: fits ? 'inside' : 'outside' });
const unlearnt = (message: string, safe: boolean): Reach => (safe ? { kind: 'inside' } : { kind: 'unknown', message });

/**
 * `payments-*` covers `alias/payments-prod`. Piece by piece, each as far left as it fits: a regular expression would take
 * minutes over an alias that somebody named to that end.
 */
export function matchesAlias(pattern: string, alias: string): boolean {
  const name = bareAlias(alias);
  const [first = '', ...rest] = bareAlias(pattern).split('*');
  const last = rest.pop();
  if (last === undefined) return name.length === first.length && fitsAt(first, name, 0);
  if (!fitsAt(first, name, 0)) return false;
  let from = first.length;
  for (const piece of rest) {
    while (from + piece.length <= name.length && !fitsAt(piece, name, from)) from += 1;
    from += piece.length;
  }
  return from + last.length <= name.length && fitsAt(last, name, name.length - last.length);
}

const bareAlias = (name: string): string => name.replace(/^alias\//, '');
const fitsAt = (piece: string, name: string, at: number): boolean =>
  at + piece.length <= name.length &&
  [...piece].every((letter, index) => letter === '?' || letter === name[at + index]);
