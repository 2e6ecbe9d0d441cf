/** How the words behind `audit` are read. */
import { parseArgs } from 'node:util';
import { parseDuration } from '../config/spelling.ts';
import type { AuditHead } from '../domain/audit.ts';
import type { Instant } from '../domain/ids.ts';
import { print, refuse } from './terminal.ts';

export const USAGE = `Usage: npm run keywarden -- audit verify [--head <seq>:<hash>] [--trail <name>]
       npm run --silent keywarden -- audit export --format jsonl|csv [--since <date or duration>] [--trail <name>]
       npm run keywarden -- audit set-aside --reason <text>

<name>: of a trail that was set aside, as "set-aside" printed it and the first entry of the next one tells it.
`;

export const isHelp = (word: string): boolean => ['--help', '-h', 'help'].includes(word);

/** A number: it was refused, or was a call for help, and this is the exit code. */
export function readOptions<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> | number {
  if (args.some(isHelp)) {
    print(USAGE);
    return 0;
  }
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }] as const));
    return parseArgs({ args: [...args], options }).values as Partial<Record<Name, string>>;
  } catch (error) {
    // Its messages name the option; what follows the first sentence is about programs that take file names.
    const [why] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    return refuse(`${why}.\n\n${USAGE}`);
  }
}

/** `<seq>:<hash>`, as it is posted. */
export function parseHead(text: string): AuditHead | undefined {
  const match = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text.trim().toLowerCase());
  return match ? { seq: Number(match[1]), hash: String(match[2]) } : undefined;
}

/** A day, a moment with its zone, or a duration before now. */
export function parseSince(text: string, now: Instant): Instant | undefined {
  const duration = parseDuration(text);
  if (duration !== undefined) return now - duration;
  const match = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.exec(text.trim());
  if (!match) return undefined;
  const day = new Date(`${match[1]}T00:00:00Z`);
  // Date takes the 30th of February for the 2nd of March.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== match[1]) return undefined;
  const moment = Date.parse(text.trim());
  return Number.isNaN(moment) ? undefined : moment;
}
