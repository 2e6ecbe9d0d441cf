/**
 * `audit verify|export|set-aside`: whether the audit trail is as it was written, the trail itself, and a new one where it is
 * not. Needs Redis and nothing else.
 */
import { type StoredTrail, storedTrail } from '../adapters/redis/audit-stored.ts';
import { KEYS } from '../adapters/redis/keys.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { Variables } from '../config/variables.ts';
import type { Instant } from '../domain/ids.ts';
import { EXPORT_FORMATS, type ExportFormat, exportTrail } from './audit-export.ts';
import { isHelp, parseHead, parseSince, readOptions, USAGE } from './audit-options.ts';
import { setAside } from './audit-set-aside.ts';
import { walkTrail, withRedis } from './audit-trail.ts';
import { print, type RunCommand, refuse } from './terminal.ts';

/** Not 1, which says that nothing could be learnt. */
const FAULTY = 2;

export const run: RunCommand = async ([name, ...args], variables) => {
  if (name === 'verify') return verify(args, variables);
  if (name === 'export') return exportAs(args, variables);
  if (name === 'set-aside') return setAsideFor(args, variables);
  if (name !== undefined && isHelp(name)) {
    print(USAGE);
    return 0;
  }
  return refuse(
    `audit takes verify, export or set-aside; it was ${name === undefined ? 'missing' : `"${name}"`}.\n\n${USAGE}`,
  );
};

async function verify(args: readonly string[], variables: Variables): Promise<number> {
  const read = readOptions(args, ['head', 'trail']);
  if (typeof read === 'number') return read;
  const expected = read.head === undefined ? undefined : parseHead(read.head);
  if (read.head !== undefined && expected === undefined)
    return refuse(`--head takes <seq>:<hash>, as in 12:9f86d0…, with 64 hex digits; it was "${read.head}".`);
  const unnamed = noTrailName(read.trail);
  if (unnamed !== undefined) return refuse(unnamed);
  return withTrail(variables, read.trail, async (trail) => {
    const { verdict } = await walkTrail(trail, expected);
    if (verdict.kind === 'faulty') {
      const { kind, number, explanation } = verdict.fault;
      print(`not sound: entry ${number}, ${kind}. ${explanation}`);
      return FAULTY;
    }
    const { count, head } = verdict;
    const words = head === undefined ? 'the trail is empty' : `head ${head.seq}:${head.hash}`;
    print(`sound: ${count} ${count === 1 ? 'entry' : 'entries'}, ${words}`);
    return 0;
  });
}

async function exportAs(args: readonly string[], variables: Variables): Promise<number> {
  const read = readOptions(args, ['format', 'since', 'trail']);
  if (typeof read === 'number') return read;
  const format = EXPORT_FORMATS.find((known) => known === read.format);
  if (format === undefined)
    return refuse(`--format takes jsonl or csv; it was ${read.format === undefined ? 'missing' : `"${read.format}"`}.`);
  const since = read.since === undefined ? undefined : parseSince(read.since, systemClock.now());
  if (read.since !== undefined && since === undefined)
    return refuse(
      `--since takes a day such as 2026-11-01 (UTC), a moment such as 2026-11-01T09:30:00Z, or a duration such as 7d; it was "${read.since}".`,
    );
  const unnamed = noTrailName(read.trail);
  if (unnamed !== undefined) return refuse(unnamed);
  return withTrail(variables, read.trail, (trail) => printTrail(trail, format, since));
}

async function setAsideFor(args: readonly string[], variables: Variables): Promise<number> {
  const read = readOptions(args, ['reason']);
  if (typeof read === 'number') return read;
  const reason = read.reason?.trim() ?? '';
  if (reason === '')
    return refuse('--reason is missing: say why, for the new trail begins with it. Nothing was changed.');
  return withRedis(variables, (store) => setAside(store, reason));
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

/** The trail, or one that was set aside. */
function withTrail(
  variables: Variables,
  name: string | undefined,
  work: (trail: StoredTrail) => Promise<number>,
): Promise<number> {
  return withRedis(variables, async (store) => {
    const trail = await storedTrail(store, name ?? KEYS.audit);
    return name !== undefined && trail.lastStored === undefined
      ? refuse(`No trail was set aside as ${name}: entry 1 of the trail that followed tells its name.`)
      : work(trail);
  });
}

const SET_ASIDE = KEYS.auditSetAside('');
/** Says why; `undefined`: it is one. */
const noTrailName = (name: string | undefined): string | undefined =>
  name === undefined || name.startsWith(SET_ASIDE)
    ? undefined
    : `--trail takes the name of a trail that was set aside, ${SET_ASIDE}…; it was "${name}".`;
