/**
 * Finds the first place where the audit trail is not as it was written. Entries are fed one by one, in the order in which
 * they are kept; three are in sight at a time, because whoever forges an entry can also give it a hash that fits. Who then
 * tells is the entry behind it: an honest one carries the hash of what stood there before.
 *
 * `before` and `latest` fit one another and all there is before them, `odd` does not fit `latest`. Which of them is the forged
 * one is judged when the entry behind `odd` is there. The kind of fault may still change after that: an entry that is missing
 * where it belongs and found later was moved, not removed.
 */
import type { AuditHead } from './audit.ts';
import { BEGINNING, hashWith, type Kept, type KeptEntry, readKept } from './audit-chain.ts';

type Hash = (text: string) => string;

/** `rewritten`: sound by itself, but not what a head that was posted earlier says. */
export type ChainFaultKind = 'edited' | 'removed' | 'inserted' | 'reordered' | 'unreadable' | 'rewritten';

export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** The number of the first entry touched: its place in the trail, from 1. */
  readonly number: number;
  /** One sentence. */
  readonly explanation: string;
}

export type Verdict =
  /** `head`: absent when the trail is empty. */
  | { readonly kind: 'sound'; readonly count: number; readonly head?: AuditHead }
  | { readonly kind: 'faulty'; readonly fault: ChainFault };

export interface StoredEntry {
  /** The number the store keeps it under; `undefined`: under something else. */
  readonly number: number | undefined;
  readonly text: string;
}

interface Found extends AuditHead {
  readonly prev: string;
  readonly entry: KeptEntry;
  readonly untouched: boolean;
  readonly storedUnder: number | undefined;
}

/** What would show later that the entry at fault was moved. */
type Witness =
  | { readonly kind: 'none' }
  /** The missing entry itself, somewhere behind. */
  | { readonly kind: 'missing'; readonly prev: string }
  /** The place the entry was taken from: its predecessor, and not itself behind it. */
  | { readonly kind: 'vacated'; readonly moved: Found; readonly passed: string | undefined };

export type Verification =
  | {
      readonly phase: 'walking';
      readonly expected: AuditHead | undefined;
      readonly before: AuditHead | undefined;
      readonly latest: Found;
      readonly odd: Found | undefined;
    }
  | { readonly phase: 'found'; readonly fault: ChainFault; readonly witness: Witness };

export type Walking = Verification & { readonly phase: 'walking' };

/** Before the first entry. `expected`: a head that was posted earlier. */
export const beginVerification = (expected?: AuditHead): Walking => ({
  phase: 'walking',
  expected,
  before: undefined,
  latest: foundOf({ ...BEGINNING, prev: '' }, true, 0),
  odd: undefined,
});

/** Feeds the next entry as it is kept. */
export function verifyNext(verification: Verification, stored: StoredEntry, hash: Hash): Verification {
  const kept = readKept(stored.text, hash);
  if (verification.phase === 'found') return watched(verification, kept);
  const { expected, latest, odd } = verification;
  if (kept.kind === 'unreadable') {
    if (odd !== undefined) return judged(verification, odd, undefined, hash);
    const explanation = `What is kept as entry ${latest.seq + 1} is no audit entry.`;
    return found(rewritten(latest, expected) ?? { kind: 'unreadable', number: latest.seq + 1, explanation });
  }
  const next = foundOf(kept.entry, kept.untouched, stored.number);
  if (odd !== undefined) return watched(judged(verification, odd, next, hash), kept);
  if (!follows(next, latest)) return { ...verification, odd: next };
  const fault = rewritten(latest, expected);
  return fault === undefined ? { ...verification, before: latest, latest: next } : found(fault);
}

/** After the last entry. `lastStored`: the highest number the store ever gave away, where it knows. */
export function endVerification(verification: Verification, lastStored: number | undefined, hash: Hash): Verdict {
  if (verification.phase === 'found') return { kind: 'faulty', fault: settled(verification) };
  const { expected, latest, odd } = verification;
  if (odd !== undefined) return endVerification(judged(verification, odd, undefined, hash), lastStored, hash);
  const fault =
    rewritten(latest, expected) ?? cutOff(latest, lastStored) ?? shortened(latest, expected) ?? misplaced(latest);
  if (fault !== undefined) return { kind: 'faulty', fault };
  const { seq } = latest;
  return { kind: 'sound', count: seq, ...(seq === 0 ? {} : { head: { seq, hash: latest.hash } }) };
}

/**
 * The last entry before the fault; `undefined`: there is none. `walking`: the verification as it was before the fault was
 * found, in whose sight both entries are that can stand right before it.
 */
export function lastGoodOf(walking: Walking, { number }: ChainFault): AuditHead | undefined {
  const link = [walking.latest, walking.before].find((one) => one !== undefined && one.seq < number);
  return link === undefined || link.seq === 0 ? undefined : { seq: link.seq, hash: link.hash };
}

const found = (fault: ChainFault, witness: Witness = { kind: 'none' }): Verification & { phase: 'found' } => ({
  phase: 'found',
  fault,
  witness,
});

const foundOf = (entry: KeptEntry, untouched: boolean, storedUnder: number | undefined): Found => {
  const { seq, prev, hash } = entry;
  return { seq, prev, hash, entry, untouched, storedUnder };
};

const follows = (next: Found, link: AuditHead): boolean =>
  next.untouched && next.seq === link.seq + 1 && next.prev === link.hash;

/** Whether it was written right behind this one, even if it has been renumbered since, with or without a new hash. */
function wasBehind(next: Found, link: AuditHead, hash: Hash): boolean {
  return (
    (next.untouched && next.prev === link.hash) || hashWith(next.entry, link.seq + 1, link.hash, hash) === next.hash
  );
}

/* ── Which one is forged ─────────────────────────────────────────────────────────────────────────────────────── */

/** `odd` does not fit `latest`; `next` stands behind it, or nothing readable does. */
function judged(walking: Walking, odd: Found, next: Found | undefined, hash: Hash): Verification & { phase: 'found' } {
  const { expected, latest } = walking;
  const verdict = judgement(walking, odd, next, hash);
  const earlier = verdict.fault.number > latest.seq ? rewritten(latest, expected) : undefined;
  return earlier === undefined ? verdict : found(earlier);
}

function judgement(
  { before, latest, expected }: Walking,
  odd: Found,
  next: Found | undefined,
  hash: Hash,
): Verification & { phase: 'found' } {
  const number = latest.seq + 1;
  const nextSkipsOdd = next !== undefined && wasBehind(next, latest, hash);
  if (nextSkipsOdd) return found(inserted(number), { kind: 'vacated', moved: odd, passed: undefined });
  if (before !== undefined && wasBehind(odd, before, hash))
    return found(inserted(isLatestGenuine(latest, odd, next, expected) ? number : latest.seq));
  if (!odd.untouched) return found(edited(number, 'what it says does not fit its own hash'));
  if (odd.seq <= latest.seq) return found(inserted(number));
  if (odd.prev === latest.hash) return found(edited(number, `it calls itself number ${odd.seq}`));
  if (odd.seq > number) return found(removed(number, odd.seq - 1), { kind: 'missing', prev: latest.hash });
  if (latest.seq === 0) return found(edited(number, 'the first entry has no hash before it'));
  return found(isGenuine(odd, latest, next, expected) ? forged(latest.seq, next) : edited(number, UNLINKED));
}

/** Two entries claim to be written behind the same one: whether it is the first of them. */
function isLatestGenuine(latest: Found, odd: Found, next: Found | undefined, expected: AuditHead | undefined): boolean {
  if (expected?.seq === latest.seq) return expected.hash === latest.hash;
  // One with another number was moved up by the one put in before it; one behind it would vouch for the first, and does not.
  if (odd.seq !== latest.seq || next !== undefined) return false;
  // Nobody vouches for either: the one that is stored under its own number came by the regular way.
  return latest.storedUnder === latest.seq;
}

/** Whether the entry with the right number, behind one whose hash it does not carry, is as it was written. */
function isGenuine(odd: Found, latest: Found, next: Found | undefined, expected: AuditHead | undefined): boolean {
  if (next !== undefined) return next.prev === odd.hash;
  if (expected?.seq === odd.seq) return expected.hash === odd.hash;
  return expected?.seq !== latest.seq || expected.hash !== latest.hash;
}

/* ── What comes to light behind the fault ────────────────────────────────────────────────────────────────────── */

function watched(verification: Verification & { phase: 'found' }, kept: Kept): Verification {
  const { fault, witness } = verification;
  if (kept.kind === 'unreadable') return verification;
  const { entry } = kept;
  switch (witness.kind) {
    case 'none':
      return verification;
    case 'missing':
      return kept.untouched && entry.seq === fault.number && entry.prev === witness.prev
        ? found(reordered(fault.number))
        : verification;
    case 'vacated':
      if (witness.passed === witness.moved.prev)
        return found(entry.hash === witness.moved.hash ? fault : reordered(fault.number));
      return { ...verification, witness: { ...witness, passed: entry.hash } };
  }
}

function settled({ fault, witness }: Verification & { phase: 'found' }): ChainFault {
  const isVacated = witness.kind === 'vacated' && witness.passed === witness.moved.prev;
  return isVacated ? reordered(fault.number) : fault;
}

/* ── Faults in words ─────────────────────────────────────────────────────────────────────────────────────────── */

const UNLINKED = 'it does not carry the hash of the entry before it, and the one behind it does not carry its own';

const edited = (number: number, how: string): ChainFault => ({
  kind: 'edited',
  number,
  explanation: `Entry ${number} was changed: ${how}.`,
});

const forged = (number: number, next: Found | undefined): ChainFault => ({
  kind: 'edited',
  number,
  explanation:
    next === undefined
      ? `Entry ${number} was changed and given a new hash, for the last entry carries another one (or else the last entry is forged).`
      : `Entry ${number} was changed and given a new hash: the entry behind it still carries the old one.`,
});

const inserted = (number: number): ChainFault => ({
  kind: 'inserted',
  number,
  explanation: `Entry ${number} was put in: the trail goes on behind it as if it were not there.`,
});

const reordered = (number: number): ChainFault => ({
  kind: 'reordered',
  number,
  explanation: `Entry ${number} does not stand where it was written: entries were moved.`,
});

const removed = (number: number, last: number): ChainFault => ({
  kind: 'removed',
  number,
  explanation: number === last ? `Entry ${number} is missing.` : `Entries ${number} to ${last} are missing.`,
});

/** The store has given away higher numbers than that of the last entry. */
const cutOff = ({ seq }: Found, lastStored: number | undefined): ChainFault | undefined =>
  lastStored !== undefined && lastStored > seq ? removed(seq + 1, lastStored) : undefined;

/** Behind a last entry with another number than its own nothing is appended: whoever reads it must hear of it here. */
const misplaced = ({ seq, storedUnder }: Found): ChainFault | undefined =>
  storedUnder === seq ? undefined : reordered(seq);

const shortened = ({ seq }: Found, expected: AuditHead | undefined): ChainFault | undefined =>
  expected !== undefined && expected.seq > seq
    ? {
        kind: 'rewritten',
        number: seq + 1,
        explanation: `The trail ends with entry ${seq}, but its head was number ${expected.seq} when that was posted.`,
      }
    : undefined;

const rewritten = ({ seq, hash }: Found, expected: AuditHead | undefined): ChainFault | undefined =>
  expected?.seq === seq && expected.hash !== hash
    ? {
        kind: 'rewritten',
        number: seq,
        explanation: `Entry ${seq} has another hash than was posted: it, or one before it, was changed and the trail from there on written anew.`,
      }
    : undefined;
