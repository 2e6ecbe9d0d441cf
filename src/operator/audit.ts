/** `audit verify|export`: whether the audit trail is as it was written, and the trail itself. Needs Redis and nothing else. */
import { type StoredTrail, storedTrail } from '../adapters/redis/audit-stored.ts';
import { connectRedis } from '../adapters/redis/connect.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { sha256 } from '../adapters/system/hash.ts';
import { formatProblems } from '../config/config.ts';
import { readRedisUrl } from '../config/env.ts';
import type { Variables } from '../config/variables.ts';
import { beginVerification, endVerification, verifyNext } from '../domain/audit-verification.ts';
import type { Instant } from '../domain/ids.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { EXPORT_FORMATS, type ExportFormat, exportTrail } from './audit-export.ts';
import { isHelp, parseHead, parseSince, readOptions, USAGE } from './audit-options.ts';
import { print, type RunCommand, refuse } from './terminal.ts';

const REDIS_WITHIN = 3_000;
/** Not 1, which says that nothing could be learnt. */
const FAULTY = 2;

export const run: RunCommand = async ([name, ...args], variables) => {
  if (name === 'verify') return verify(args, variables);
  if (name === 'export') return exportAs(args, variables);
  if (name !== undefined && isHelp(name)) {
    print(USAGE);
    return 0;
  }
  return refuse(`audit takes verify or export; it was ${name === undefined ? 'missing' : `"${name}"`}.\n\n${USAGE}`);
};

async function verify(args: readonly string[], variables: Variables): Promise<number> {
  const read = readOptions(args, ['head']);
  if (typeof read === 'number') return read;
  const expected = read.head === undefined ? undefined : parseHead(read.head);
  if (read.head !== undefined && expected === undefined)
    return refuse(`--head takes <seq>:<hash>, as in 12:9f86d0…, with 64 hex digits; it was "${read.head}".`);
  return withTrail(variables, async ({ lastStored, pages }) => {
    let verification = beginVerification(expected);
    for await (const page of pages) for (const entry of page) verification = verifyNext(verification, entry, sha256);
    const verdict = endVerification(verification, lastStored, sha256);
    if (verdict.kind === 'faulty') {
      const { kind, number, explanation } = verdict.fault;
      print(`not sound: entry ${number}, ${kind}. ${explanation}`);
      return FAULTY;
    }
    const { count, head } = verdict;
    const words = head === undefined ? 'the trail is empty' : `head ${head.seq} ${head.hash}`;
    print(`sound: ${count} ${count === 1 ? 'entry' : 'entries'}, ${words}`);
    return 0;
  });
}

async function exportAs(args: readonly string[], variables: Variables): Promise<number> {
  const read = readOptions(args, ['format', 'since']);
  if (typeof read === 'number') return read;
  const format = EXPORT_FORMATS.find((known) => known === read.format);
  if (format === undefined)
    return refuse(`--format takes jsonl or csv; it was ${read.format === undefined ? 'missing' : `"${read.format}"`}.`);
  const since = read.since === undefined ? undefined : parseSince(read.since, systemClock.now());
  if (read.since !== undefined && since === undefined)
    return refuse(
      `--since takes a day such as 2026-11-01 (UTC), a moment such as 2026-11-01T09:30:00Z, or a duration such as 7d; it was "${read.since}".`,
    );
  return withTrail(variables, (trail) => printTrail(trail, format, since));
}

async function printTrail(trail: StoredTrail, format: ExportFormat, since: Instant | undefined): Promise<number> {
  // The failed write is told to its callback; without a listener it would end the process as well.
  process.stdout.on('error', () => undefined);
  let lost: Error | undefined;
  const write = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        if (!error) return resolve();
        lost = error;
        reject(error);
      });
    });
  try {
    const leftOut = await exportTrail(trail, format, since, write);
    if (leftOut === 0) return 0;
    refuse(`${leftOut} of what stands in the trail is no audit entry and was left out: run "audit verify".`);
    return FAULTY;
  } catch (error) {
    if (lost === undefined) throw error;
    return refuse(`The export ended early, its reader went away or its disk is full: ${lost.message}.`);
  }
}

/** Everything that can go wrong with Redis becomes a sentence. */
async function withTrail(variables: Variables, work: (trail: StoredTrail) => Promise<number>): Promise<number> {
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
    return await work(await storedTrail(store));
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return lost(error.message);
  } finally {
    await store.close();
  }
}
