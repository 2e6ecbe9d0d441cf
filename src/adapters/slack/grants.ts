/** The configuration's grants, each under a name that is no other's: the word its confirmations are remembered by. */
import { createHash } from 'node:crypto';
import type { Grant } from '../../domain/policy.ts';

export interface NamedGrant {
  readonly name: string;
  readonly grant: Grant;
}

/**
 * Named by everything a grant says, in whatever order it was written: one that was changed is another one, and what was
 * confirmed of the old one no longer counts.
 */
export function named(grant: Grant): NamedGrant {
  const { role, users, usergroups, limit = {} } = grant;
  const text = JSON.stringify([
    sorted(users),
    sorted(usergroups),
    limit.accounts === undefined ? null : sorted(limit.accounts),
    limit.aliases === undefined ? null : sorted(limit.aliases),
    limit.tags === undefined ? null : Object.entries(limit.tags).sort(([one], [other]) => (one < other ? -1 : 1)),
  ]);
  return { name: `${role}:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`, grant };
}

const sorted = (words: readonly string[]): readonly string[] => [...words].sort();
