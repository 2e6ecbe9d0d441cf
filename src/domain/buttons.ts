/**
 * Which buttons an incident offers: only where the key's state and kind and the configured roles allow the call. And
 * what must be typed to name a key.
 */
import type { ActionKind } from './action.ts';
import { isEnableRefused } from './cancelling.ts';
import { type DangerKind, type Incident, isOpen, keyOfIncident, runningAction, waitingApproval } from './incident.ts';
import { answerOf, type KeySnapshot, kindOf } from './key.ts';
import { firstCallOf } from './policy.ts';

/** The configured role an action needs. */
export type ActionDuty = 'rescue' | 'disable' | 'destroy';
/** Whether a role for a duty is configured where the key lives. */
export type Can = (duty: ActionDuty) => boolean;

export interface Buttons {
  /** In the order they stand. */
  readonly offered: readonly ActionKind[];
  /** What the state allows but no configured role does: told on the card. */
  readonly missing: readonly ActionDuty[];
}

export function dutyOf(kind: ActionKind): ActionDuty {
  switch (kind) {
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
      return 'rescue';
    case 'disable':
      return 'disable';
    case 'deleteMaterial':
    case 'scheduleDeletion':
      return 'destroy';
  }
}

/** Dangers that leave the key usable, by whoever is suspected: stopping its use is the answer a person may choose. */
const SUSPICIONS: readonly DangerKind[] = [
  'ownRoleMisused',
  'policyChanged',
  'rescueBlocked',
  'watched',
  'attemptRefused',
  'trailBlinded',
  'suspect',
];

const NONE: Buttons = { offered: [], missing: [] };

/**
 * The buttons of an incident's card. None while an action runs (one at a time), after the end, and for what is not a key.
 * A dying key that cannot be read still offers its rescue: cancelling what is not pending changes nothing.
 */
export function buttonsOf(incident: Incident, can: Can, destructive: boolean): Buttons {
  if (!isOpen(incident) || keyOfIncident(incident) === undefined || runningAction(incident) !== undefined) return NONE;
  // What somebody asked for already waits in the thread.
  const waiting = waitingApproval(incident)?.kind;
  const wanted = wantedOf(incident, destructive).filter((kind) => kind !== waiting);
  const missing = [...new Set(wanted.map(dutyOf))].filter((duty) => !can(duty));
  return { offered: wanted.filter((kind) => can(dutyOf(kind))), missing };
}

function wantedOf(incident: Incident, destructive: boolean): readonly ActionKind[] {
  const { read } = incident;
  switch (read?.kind) {
    case 'read':
      return wantedInState(incident, read.snapshot, destructive);
    case 'gone':
      return [];
    case 'unreadable':
    case undefined:
      return has(incident, ['deletionScheduled']) ? ['rescue', 'cancelDeletion'] : [];
  }
}

function wantedInState(incident: Incident, snapshot: KeySnapshot, destructive: boolean): readonly ActionKind[] {
  const wanted: ActionKind[] = [];
  switch (snapshot.state) {
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      wanted.push('rescue', 'cancelDeletion');
      break;
    case 'Disabled':
      // On hold, a rescue would leave it as it is.
      if (incident.hold === undefined && incident.prior.kind === 'known' && incident.prior.state === 'Enabled')
        wanted.push('rescue');
      wanted.push('enable');
      break;
    case 'Enabled':
      // Who could not switch it on again does not switch it off.
      if (has(incident, SUSPICIONS) && !isEnableRefused(incident.knowledge?.cancelling)) wanted.push('disable');
      break;
    // No call of ours helps: the material must be imported, the store connected, KMS be waited for.
    case 'PendingImport':
    case 'Unavailable':
    case 'Creating':
    case 'Updating':
      return [];
  }
  const kind = kindOf(snapshot);
  if (destructive && (kind === 'importedSymmetric' || kind === 'importedOther')) wanted.push('deleteMaterial');
  return wanted.filter((action) => answerOf(firstCallOf(action, snapshot.state), snapshot).kind === 'succeeds');
}

const has = (incident: Incident, kinds: readonly DangerKind[]): boolean =>
  incident.dangers.some((danger) => kinds.includes(danger.kind));

/** What a person types to name the key before something is destroyed: an alias without `alias/`, else the key id. */
export function namesToType(incident: Incident): readonly string[] {
  const key = keyOfIncident(incident);
  if (key === undefined) return [];
  const aliases = incident.details?.aliases;
  const names = aliases?.kind === 'known' ? aliases.value.map((alias) => alias.replace(/^alias\//, '')) : [];
  return names.length > 0 ? names : [key.keyId];
}
