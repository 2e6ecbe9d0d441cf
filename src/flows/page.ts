/** The pager: what it should know, told until it does. */
import type { EffectId, IncidentId } from '../domain/ids.ts';
import type { House } from './house.ts';

export async function wantPage(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  await house.incidents.forget(errand.effect);
}
export async function tellPager(_house: House, _page: string, _signal: AbortSignal): Promise<void> {}
