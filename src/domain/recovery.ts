/**
 * After a rescue: the first successful use, or that none was seen yet. The incident is closed by then, and green; its card is looked
 * after a few times more, because KMS tells of a use up to an hour late and most callers come back in their own time.
 */
import type { Duration, Instant } from './ids.ts';
import { actionsOfRound, type Incident } from './incident.ts';
import type { SeenUse } from './use.ts';

export interface Recovery {
  readonly lookedAt: Instant;
  /** Why the newest look could not tell. */
  readonly problem?: string;
  /** The first successful use that was seen. `by`: who told of it; KMS knows only the last one. */
  readonly use?: Pick<SeenUse, 'operation' | 'at'> & { readonly who?: string; readonly by: 'kms' | 'cloudtrail' };
}

const MINUTE: Duration = 60_000;
const HOUR = 60 * MINUTE;
/** After the end. The second one is past the hour that KMS may take. */
const LOOKS: readonly Duration[] = [10 * MINUTE, 70 * MINUTE, 4 * HOUR, 12 * HOUR, 24 * HOUR];
/** So long after the last one, a look that an outage held up is still worth it. */
const TOO_LATE = 48 * HOUR;

/** Whether an incident is one of a rescue that is looked after: closed, restored, and its key works. */
export const isRecovering = ({ phase, read }: Incident): boolean =>
  phase.kind === 'closed' && phase.outcome === 'restored' && read?.kind === 'read' && read.snapshot.state === 'Enabled';

/** When to look for its first use next; `undefined`: it was seen, or nobody looks any more. */
export function recoveryDue(incident: Incident, now: Instant): Instant | undefined {
  const { phase, knowledge } = incident;
  if (phase.kind !== 'closed' || !isRecovering(incident) || knowledge?.recovery?.use !== undefined) return undefined;
  const before = knowledge?.recovery?.lookedAt ?? phase.at;
  const next = LOOKS.map((look) => phase.at + look).find((at) => at > before);
  return next === undefined || now > phase.at + TOO_LATE ? undefined : next;
}

/** From when on a successful use is one after the rescue: before the call that enabled the key there was none. Whole seconds, as AWS keeps them. */
export function restoredSince(incident: Incident): Instant | undefined {
  if (incident.phase.kind !== 'closed') return undefined;
  const calls = actionsOfRound(incident).at(-1)?.calls ?? [];
  const enabled = calls.findLast(({ operation }) => operation === 'EnableKey')?.intendedAt;
  return Math.floor((enabled ?? incident.phase.at) / 1000) * 1000;
}
