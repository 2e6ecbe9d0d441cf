/** What every `audit` command needs: Redis, or a sentence that says why not, and a trail walked from end to end. */
import type { StoredTrail } from '../adapters/redis/audit-stored.ts';
import { connectRedis, type Store } from '../adapters/redis/connect.ts';
import { sha256 } from '../adapters/system/hash.ts';
import { formatProblems } from '../config/config.ts';
import { readRedisUrl } from '../config/env.ts';
import type { Variables } from '../config/variables.ts';
import type { AuditHead } from '../domain/audit.ts';
import {
  beginVerification,
  endVerification,
  lastGoodOf,
  type Verdict,
  type Verification,
  verifyNext,
} from '../domain/audit-verification.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { refuse } from './terminal.ts';

const REDIS_WITHIN = 3_000;

/** Everything that can go wrong with Redis becomes a sentence. */
export async function withRedis(variables: Variables, work: (store: Store) => Promise<number>): Promise<number> {
  const redis = readRedisUrl(variables);
  if (!redis.ok) return refuse(formatProblems(redis.problems));
  let problem = 'no answer';
  const note = (fields: { readonly error?: unknown }): void => {
    if (fields.error instanceof Error) problem = fields.error.message;
  };
  const store = connectRedis(redis.url, {
    name: 'keywarden-audit',
    log: { debug: note, info: note, warn: note, error: note },
  });
  const lost = (why: string): number =>
    refuse(
      `The audit trail could not be read from Redis at ${redis.display}: ${why}. Check REDIS_URL and whether Redis runs, then try again.`,
    );
  try {
    if (!(await store.whenReady(REDIS_WITHIN))) return lost(problem);
    return await work(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return lost(error.message);
  } finally {
    await store.close();
  }
}

export interface Walked {
  readonly verdict: Verdict;
  /** How many things stand there, entries or not. */
  readonly count: number;
  /** The text of the last of them; empty: there is none. */
  readonly lastText: string;
  /** Of a faulty trail: the last entry before the fault, if any. */
  readonly lastGood?: AuditHead;
}

/** `expected`: a head that was posted earlier. */
export async function walkTrail({ lastStored, pages }: StoredTrail, expected?: AuditHead): Promise<Walked> {
  let walking = beginVerification(expected);
  let verification: Verification = walking;
  let count = 0;
  let lastText = '';
  for await (const page of pages) {
    count += page.length;
    lastText = page.at(-1)?.text ?? lastText;
    for (const entry of page) {
      verification = verifyNext(verification, entry, sha256);
      if (verification.phase === 'walking') walking = verification;
    }
  }
  const verdict = endVerification(verification, lastStored, sha256);
  const lastGood = verdict.kind === 'faulty' ? lastGoodOf(walking, verdict.fault) : undefined;
  return { verdict, count, lastText, ...(lastGood === undefined ? {} : { lastGood }) };
}
