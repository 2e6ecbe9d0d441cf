/** How entries of the audit trail are chained: one text per entry, one hash per text, each over the hash before it. */
import type { AuditEntry, AuditEvent, AuditHead } from './audit.ts';
import { canonicalText } from './canonical-text.ts';

type Hash = (text: string) => string;

/** Stands before the first entry. */
export const BEGINNING: AuditHead = { seq: 0, hash: '0'.repeat(64) };

/** The events as the entries that follow `previous`; `undefined`: the trail is empty. */
export function chained(
  previous: AuditHead | undefined,
  events: readonly AuditEvent[],
  hash: Hash,
): readonly AuditEntry[] {
  let head = previous ?? BEGINNING;
  return events.map((event) => {
    const unhashed = { ...event, seq: head.seq + 1, prev: head.hash };
    const entry: AuditEntry = { ...unhashed, hash: hash(canonicalText(unhashed)) };
    head = entry;
    return entry;
  });
}

/** What was kept as an entry. What it says beyond its links is not believed yet. */
export interface KeptEntry {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
}

export type Kept =
  | { readonly kind: 'unreadable' }
  /** `untouched`: it says, to the letter, what it said when it was hashed; whether it belongs here is another question. */
  | { readonly kind: 'entry'; readonly entry: KeptEntry; readonly untouched: boolean };

/** Reads a kept text; whatever is no JSON object with the three links of an entry is unreadable. */
export function readKept(text: string, hash: Hash): Kept {
  try {
    const entry: unknown = JSON.parse(text);
    if (!isKeptEntry(entry)) return { kind: 'unreadable' };
    const untouched = canonicalText(entry) === text && hashWith(entry, entry.seq, entry.prev, hash) === entry.hash;
    return { kind: 'entry', entry, untouched };
  } catch {
    // Not JSON, or nested so deep that the stack ends: no entry is.
    return { kind: 'unreadable' };
  }
}

/** The hash an entry would have under this number, behind this hash. */
export function hashWith(entry: KeptEntry, seq: number, prev: string, hash: Hash): string {
  const { hash: _own, ...rest } = entry;
  return hash(canonicalText({ ...rest, seq, prev }));
}

function isKeptEntry(value: unknown): value is KeptEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, prev, hash } = value as Partial<Record<keyof KeptEntry, unknown>>;
  return Number.isSafeInteger(seq) && typeof prev === 'string' && typeof hash === 'string';
}
