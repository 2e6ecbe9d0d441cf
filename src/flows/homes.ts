/** Home tabs that show something old are drawn again. */
import type { House } from './house.ts';

export async function redrawHomes(_house: House, _signal: AbortSignal): Promise<void> {}
