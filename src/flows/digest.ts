/** Digests. */
import type { House } from './house.ts';

export async function sendDigest(
  _house: House,
  _errand: { readonly digest: string; readonly slot: string; readonly signal: AbortSignal },
): Promise<void> {}
