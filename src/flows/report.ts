/** The report at the end of a key: what is left of it is what is known of it, and that stands in its thread. */
import type { Duration, EffectId, IncidentId } from '../domain/ids.ts';
import type { House } from './house.ts';
import { postEvidence } from './upload-evidence.ts';

/** So long Slack may refuse the files; `/kms report` uploads them at any time. */
const GIVEN_UP_AFTER: Duration = 24 * 3_600_000;

export async function reportEnd(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const pending = await house.incidents.effect(errand.effect);
  const incident = await house.incidents.load(errand.incident);
  if (pending === undefined) return;
  // The card comes first: the report belongs into its thread.
  const waits = incident?.card.ts === undefined && incident?.card.undeliverable === undefined;
  const young = house.clock.now() - pending.since < GIVEN_UP_AFTER;
  if (incident !== undefined && !(waits && young)) {
    const uploaded = await postEvidence(house, incident);
    if (uploaded.kind === 'failed' && young) throw new Error('the report at the end of a key was not taken by Slack');
  } else if (young && incident !== undefined) throw new Error('the card of a deleted key is not posted yet');
  await house.incidents.forget(errand.effect);
}
