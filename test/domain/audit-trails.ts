/** Audit trails for tests, as they are kept, and what forgers do to them. */
import { sha256 } from '../../src/adapters/system/hash.ts';
import type { AuditEntry, AuditEvent, AuditHead } from '../../src/domain/audit.ts';
import { chained, hashWith } from '../../src/domain/audit-chain.ts';
import {
  beginVerification,
  endVerification,
  type StoredEntry,
  type Verdict,
  type Verification,
  verifyNext,
} from '../../src/domain/audit-verification.ts';
import { canonicalText } from '../../src/domain/canonical-text.ts';
import { key, T0 } from './samples.ts';

export const auditEvent = (name: string | number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: `event ${name}`,
  kind: 'asked',
  at: T0,
  actor: { via: 'slack', enterprise: '', team: 'T0TEAM', user: 'U0ALICE' },
  key: key.arn,
  what: 'rescue',
  reason: `reason ${name}`,
  ...more,
});

/** `count` entries, number 1 at index 0. */
export const auditTrail = (count: number): readonly AuditEntry[] =>
  chained(
    undefined,
    Array.from({ length: count }, (_, index) => auditEvent(index + 1)),
    sha256,
  );

/** The entry with these changes and a hash that fits them. */
export function rehashed(entry: AuditEntry, changes: Partial<AuditEntry> = {}): AuditEntry {
  const changed = { ...entry, ...changes };
  return { ...changed, hash: hashWith(changed, changed.seq, changed.prev, sha256) };
}

export const without = (trail: readonly AuditEntry[], number: number): readonly AuditEntry[] =>
  trail.toSpliced(number - 1, 1);
export const withInserted = (trail: readonly AuditEntry[], number: number, entry: AuditEntry): readonly AuditEntry[] =>
  trail.toSpliced(number - 1, 0, entry);
export const withReplaced = (trail: readonly AuditEntry[], number: number, entry: AuditEntry): readonly AuditEntry[] =>
  trail.with(number - 1, entry);
export function withSwapped(trail: readonly AuditEntry[], one: number, other: number): readonly AuditEntry[] {
  const [left, right] = [trail[one - 1], trail[other - 1]] as [AuditEntry, AuditEntry];
  return trail.with(one - 1, right).with(other - 1, left);
}
/** Takes entry `from` out and puts it in again as number `to`. */
export const withMoved = (trail: readonly AuditEntry[], from: number, to: number): readonly AuditEntry[] =>
  withInserted(without(trail, from), to, trail[from - 1] as AuditEntry);
/** Everything from `number` on chained anew behind what stands before it: what a patient forger does. */
export function rechained(trail: readonly AuditEntry[], number: number): readonly AuditEntry[] {
  const kept = trail.slice(0, number - 1);
  const events = trail.slice(number - 1).map(({ seq: _seq, prev: _prev, hash: _hash, ...event }) => event);
  return [...kept, ...chained(kept.at(-1), events, sha256)];
}

export const stored = (entry: AuditEntry, index: number): StoredEntry => ({
  number: index + 1,
  text: canonicalText(entry),
});

/** `lastStored`: unless told, as many as there are. */
export function verify(
  kept: readonly StoredEntry[],
  options: { readonly lastStored?: number; readonly expected?: AuditHead } = {},
): Verdict {
  const verification = kept.reduce<Verification>(
    (so, entry) => verifyNext(so, entry, sha256),
    beginVerification(options.expected),
  );
  return endVerification(verification, options.lastStored ?? kept.length, sha256);
}
export const verifyTrail = (
  trail: readonly AuditEntry[],
  options: { readonly lastStored?: number; readonly expected?: AuditHead } = {},
): Verdict => verify(trail.map(stored), options);
