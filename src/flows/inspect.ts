/** What the countdown promises, checked against the keys. */
import type { Instant } from '../domain/ids.ts';
import type { House } from './house.ts';

export async function inspect(
  _house: House,
  _errand: { readonly slot: Instant; readonly signal: AbortSignal },
): Promise<void> {}
