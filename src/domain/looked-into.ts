/** Closing on a person's word: what no read of a key ends, and somebody has looked into and dealt with. */
import { isNotAsBefore, isUnjudged, policyChangedAt } from './as-before.ts';
import { staysBlocked } from './blocked.ts';
import { isLivePlan } from './decommission.ts';
import type { Fact } from './fact.ts';
import type { Instant, Person } from './ids.ts';
import { type Danger, type Incident, isOpen, runningAction, waitingApproval } from './incident.ts';
import type { KeySnapshot } from './key.ts';
import { isAsBefore, LASTING, lasts } from './reading.ts';
import { mayBeStale, mayStillShow } from './stale.ts';

/** `soon`: nothing stands against it but that KMS may not show yet what was told a moment ago. It is looked at again by itself. */
export type Closable = 'yes' | 'soon' | 'no';

export const mayBeClosed = (incident: Incident): boolean => closableOf(incident) === 'yes';

/** Whether a person's word may end it: nothing keeps it open but dangers that last, and none of those can be seen to stand. */
export function closableOf(incident: Incident): Closable {
  if (!isOpen(incident) || runningAction(incident) !== undefined || waitingApproval(incident) !== undefined)
    return 'no';
  if (incident.hold !== undefined || isLivePlan(incident.plan)) return 'no';
  const { subject, dangers, read } = incident;
  switch (subject.kind) {
    case 'key':
      if (read?.kind !== 'read' || !isOnlyLasting(incident, read.snapshot)) return 'no';
      return mayBeStale(incident, read.snapshot.readAt) || (needsJudging(incident) && isUnjudged(incident))
        ? 'soon'
        : 'yes';
    case 'place':
    case 'topic':
      // That it cannot be read is no matter of anybody's word. That a key store is back, nothing else tells.
      return dangers.length > 0 &&
        dangers.every(({ kind }) => kind === 'keyStoreDisconnected' || LASTING.includes(kind))
        ? 'yes'
        : 'no';
    case 'alarm':
      return 'no';
  }
}

/** Its policy was changed, and nobody has accepted that: only a rescue that would pass again makes it closable. */
export const needsJudging = (incident: Incident): boolean =>
  incident.dangers.some(({ kind }) => kind === 'policyChanged' || kind === 'rescueBlocked') &&
  !isAcceptedSince(incident);

function isOnlyLasting(incident: Incident, snapshot: KeySnapshot): boolean {
  const { state, readAt } = snapshot;
  // Disabled is no danger of a key that was so before.
  if (state !== 'Enabled' && !isAsBefore(incident, state)) return false;
  if (isNotAsBefore(incident) || mayStillShow(incident, readAt)) return false;
  const { dangers } = incident;
  return dangers.some(({ kind }) => lasts(incident, kind)) && !dangers.some((one) => stands(incident, one, snapshot));
}

/** What is known to be so still, or not known to be over, is not closed by looking into it. */
function stands(incident: Incident, { kind }: Danger, { validTo }: KeySnapshot): boolean {
  switch (kind) {
    case 'policyChanged':
      // Where no rescue is configured there is none to come back.
      return staysBlocked(incident) && !hasNoRescue(incident) && !isAcceptedSince(incident);
    case 'rescueBlocked':
      return staysBlocked(incident) && !isAcceptedSince(incident);
    case 'materialExpiring':
      // How long before the expiry its alarm warns is not known here: over is only what expires no more.
      return validTo !== undefined;
    case 'ownRoleMisused':
    case 'watched':
    case 'trailBlinded':
    case 'unsubscribed':
    case 'suspect':
    // The key as it was read has settled these.
    case 'deletionScheduled':
    case 'materialDeleted':
    case 'materialExpired':
    case 'useRefused':
    case 'keyDisabled':
    case 'keyStoreDisconnected':
    case 'attemptRefused':
    case 'keyDeleted':
    case 'nonCompliant':
    case 'alarm':
    case 'unreadable':
    case 'deletionPlanned':
    case 'action':
      return false;
  }
}

const hasNoRescue = ({ knowledge }: Incident): boolean =>
  knowledge?.cancelling?.reasons.every(({ kind }) => kind === 'noRole') === true;

function isAcceptedSince(incident: Incident): boolean {
  const acceptedAt = incident.knowledge?.comparison?.accepted?.at;
  return acceptedAt !== undefined && acceptedAt > (policyChangedAt(incident) ?? 0);
}

/** What is looked into, in a canonical form: one danger more, or one more of the same, is another matter. */
export const matterOf = ({ round, dangers }: Incident): string =>
  [`${round}`, ...dangers.map(({ kind, count }) => `${kind} ${count}`).sort()].join(', ');

/** Who closed it so, and why. `undefined`: it ended otherwise, or not yet. */
export function lookedIntoOf({
  phase,
  timeline,
}: Incident): { readonly by: Person; readonly reason: string; readonly at: Instant } | undefined {
  if (phase.kind !== 'closed' || phase.outcome !== 'lookedInto') return undefined;
  const told = timeline.findLast(({ body }) => body.kind === 'lookedInto')?.body;
  return told?.kind === 'lookedInto' ? { by: told.by, reason: told.reason, at: phase.at } : undefined;
}

/** A suspicion that somebody has looked into: told again, it is no news. */
export const isSuspicionClosed = ({ phase, dangers }: Incident, { id }: Fact): boolean =>
  phase.kind === 'closed' &&
  phase.outcome === 'lookedInto' &&
  dangers.some(({ kind, fact }) => kind === 'suspect' && fact?.id === id);
