/** The audit trail on standard output, page by page: it waits until a page is taken before it reads the next one. */
import { entryIn, type StoredTrail } from '../adapters/redis/audit-stored.ts';
import type { AuditEntry } from '../domain/audit.ts';
import type { Instant } from '../domain/ids.ts';
import { csvLine } from './csv.ts';

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Writes a page of text, and resolves when it was taken. */
export type WriteOut = (text: string) => Promise<void>;

/** Answers how many things in the trail were no entries, and were left out. `since`: by the moment they happened. */
export async function exportTrail(
  trail: StoredTrail,
  format: ExportFormat,
  since: Instant | undefined,
  write: WriteOut,
): Promise<number> {
  let leftOut = 0;
  if (format === 'csv') await write(csvLine(NAMES));
  for await (const page of trail.pages) {
    const lines: string[] = [];
    for (const { text } of page) {
      const entry = entryIn(text);
      if (entry === undefined) leftOut += 1;
      else if (since === undefined || entry.at >= since)
        lines.push(format === 'csv' ? csvLine(cellsOf(entry)) : `${oneLine(text)}\n`);
    }
    if (lines.length > 0) await write(lines.join(''));
  }
  return leftOut;
}

/** As it is kept, for its hash is about these very bytes. Only a forger breaks lines in it. */
const oneLine = (text: string): string => (/[\r\n]/.test(text) ? JSON.stringify(JSON.parse(text)) : text);

type Cells = Readonly<Record<string, unknown>>;

/** A column for every field there is, in this order; a field without one does not compile. */
const COLUMNS: { readonly [Field in keyof Required<AuditEntry>]: (entry: AuditEntry) => Cells } = {
  seq: ({ seq }) => ({ seq }),
  id: ({ id }) => ({ id }),
  kind: ({ kind }) => ({ kind }),
  at: ({ at }) => ({ at: momentOf(at) }),
  actor: ({ actor }) => {
    // What is kept may be forged: any field may hold anything.
    const { via, enterprise, team, user } = Object(actor) as Cells;
    return { actorVia: via, actorEnterprise: enterprise, actorTeam: team, actorUser: user };
  },
  key: ({ key }) => ({ key }),
  incident: ({ incident }) => ({ incident }),
  approval: ({ approval }) => ({ approval }),
  action: ({ action }) => ({ action }),
  person: ({ person }) => ({ person }),
  what: ({ what }) => ({ what }),
  operation: ({ operation }) => ({ operation }),
  windowDays: ({ windowDays }) => ({ windowDays }),
  materialId: ({ materialId }) => ({ materialId }),
  reason: ({ reason }) => ({ reason }),
  ticket: ({ ticket }) => ({ ticket }),
  comment: ({ comment }) => ({ comment }),
  approvers: ({ approvers }) => ({ approvers: Array.isArray(approvers) ? approvers.join(' ') : approvers }),
  fingerprint: ({ fingerprint }) => ({ fingerprint }),
  outcome: ({ outcome }) => ({ outcome }),
  message: ({ message }) => ({ message }),
  requestId: ({ requestId }) => ({ requestId }),
  session: ({ session }) => ({ session }),
  sourceIdentity: ({ sourceIdentity }) => ({ sourceIdentity }),
  steppedUp: ({ steppedUp }) => ({ steppedUp }),
  breakGlass: ({ breakGlass }) => ({ breakGlass }),
  former: ({ former }) => ({ former }),
  prev: ({ prev }) => ({ prev }),
  hash: ({ hash }) => ({ hash }),
};

const rowOf = (entry: AuditEntry): Cells => Object.assign({}, ...Object.values(COLUMNS).map((cells) => cells(entry)));
const NAMES = Object.keys(rowOf({} as AuditEntry));
const cellsOf = (entry: AuditEntry): readonly string[] => Object.values(rowOf(entry)).map(textOf);

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** ISO 8601, UTC; what is no moment stands as it is. */
function momentOf(at: unknown): unknown {
  const moment = new Date(typeof at === 'number' ? at : Number.NaN);
  return Number.isNaN(moment.getTime()) ? at : moment.toISOString();
}
