/** How long a read of a key may lag behind what was told or done: KMS is eventually consistent. */
import type { Duration, Instant } from './ids.ts';
import { actionsOfRound, type DangerKind, type Incident } from './incident.ts';

/** Dangers that the state of the key shows, once KMS has caught up with them. */
const OF_STATE: readonly DangerKind[] = [
  'deletionScheduled',
  'keyDisabled',
  'materialDeleted',
  'materialExpired',
  'keyStoreDisconnected',
  'keyDeleted',
];

/** How long a calm read may contradict a fresh event before the event counts as over. */
export const CONTRADICTION: Duration = 60_000;
/** One calm read after a danger may be stale; the second one, this much later, is believed. */
export const SECOND_LOOK: Duration = 3_000;
/** What a call did whose answer was lost may take KMS "sometimes several minutes" to show. */
const STILL_TO_SHOW: Duration = 600_000;

/** Something was sent that destroys, and nobody knows what became of it: as it was is not yet as it stays. */
export function mayStillShow(incident: Incident, now: Instant): boolean {
  const ending = actionsOfRound(incident).at(-1)?.ending;
  return ending?.kind === 'unknownOutcome' && now - ending.at < STILL_TO_SHOW;
}

/**
 * A calm read of that moment may be from before a danger that the key's state will show. One that was read so since, and is calm
 * again, takes a second look only.
 */
export function mayBeStale({ dangers, sawDanger, calmSince }: Incident, readAt: Instant): boolean {
  const moments = dangers.filter(({ kind }) => OF_STATE.includes(kind)).map(({ lastAt }) => lastAt);
  if (moments.length === 0) return false;
  const lastAt = Math.max(...moments);
  const wasSeen = sawDanger && calmSince !== undefined && calmSince > lastAt;
  return wasSeen ? readAt - calmSince < SECOND_LOOK : readAt - lastAt < CONTRADICTION;
}
