/** Learning what the first card could not wait for: aliases, tags, last use, and the state before the danger. */
import type { EffectId, IncidentId, Instant, KeyRef } from '../domain/ids.ts';
import { keyOfIncident, type Prior } from '../domain/incident.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';

const DAY = 86_400_000;
/** CloudTrail's event history goes back 90 days. */
const HISTORY = 89 * DAY;

export async function learn(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId; readonly signal: AbortSignal },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return house.incidents.forget(errand.effect);
  const details = await house.keys.details(key);
  const outcome = await change(house, errand.incident, { kind: 'details', details }, { remove: [errand.effect] });
  if (outcome.kind !== 'saved') return house.incidents.forget(errand.effect);
  if (incident.prior.kind === 'unknown') {
    const prior = await priorFromTrail(house, key, incident.openedAt, errand.signal);
    if (prior !== undefined) await change(house, errand.incident, { kind: 'prior', prior });
  }
}

/** The newest call before the danger that left the key enabled or disabled, from CloudTrail. */
export async function priorFromTrail(
  house: House,
  key: KeyRef,
  before: Instant,
  signal?: AbortSignal,
): Promise<Prior | undefined> {
  const answer = await house.trail.search(
    {
      place: key,
      from: before - HISTORY,
      to: before,
      attribute: { name: 'ResourceName', value: key.arn },
      maxPages: 4,
    },
    signal,
  );
  if (answer.kind === 'failed') return undefined;
  const newestFirst = [...answer.facts].sort((a, b) => b.at - a.at);
  // The call that is the danger itself says nothing about before; the one before it does.
  const danger = newestFirst.findIndex(
    (fact) => fact.body.kind === 'deletionScheduled' || fact.body.kind === 'keyDisabled',
  );
  for (const fact of newestFirst.slice(danger + 1)) {
    switch (fact.body.kind) {
      case 'keyEnabled':
      case 'materialImported':
        return { kind: 'known', state: 'Enabled', from: 'cloudtrail', at: fact.at };
      case 'keyDisabled':
      case 'deletionCancelled':
        return { kind: 'known', state: 'Disabled', from: 'cloudtrail', at: fact.at };
      default:
    }
  }
  return undefined;
}
