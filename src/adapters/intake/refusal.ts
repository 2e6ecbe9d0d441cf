/** KMS says why it refused a key only in words; EBS repeats the same words (key-state table, notes 1, 2, 3, 5 and 11). */
import type { Refusal } from '../../domain/fact.ts';

const WORDS: readonly (readonly [RegExp, Refusal])[] = [
  // Also "… (or pending replica deletion)."; "is not pending deletion" is another refusal and does not match.
  [/\bis pending (?:replica )?deletion\b/i, 'pendingDeletion'],
  [/\bis pending import\b/i, 'pendingImport'],
  [/\bis disabled\b/i, 'disabled'],
  [/\bis unavailable\b/i, 'unavailable'],
];

/** Why a key could not be used, or `undefined` when the text speaks of something else. */
export function refusalIn(text: string): Refusal | undefined {
  return WORDS.find(([words]) => words.test(text))?.[1];
}
