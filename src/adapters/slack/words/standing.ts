/** How bad it is, in one colour and one title. */
import type { ActionKind } from '../../../domain/action.ts';
import { acceptanceOf, isNotAsBefore, isOnlyWished } from '../../../domain/as-before.ts';
import { isBlockedNow, isOnlyBlocked } from '../../../domain/blocked.ts';
import { isShutForGood } from '../../../domain/cancelling.ts';
import {
  actionsOfRound,
  type DangerKind,
  type Incident,
  keyOfIncident,
  type Outcome,
} from '../../../domain/incident.ts';
import type { KeySnapshot } from '../../../domain/key.ts';
import { newcomersOf } from '../../../domain/outsiders.ts';
import { endangersSelf } from '../../../domain/self.ts';

export type Colour = '🔴' | '🟠' | '🟡' | '🟢' | '⚫' | '⚪';

const hasDanger = (incident: Incident, ...kinds: readonly DangerKind[]): boolean =>
  incident.dangers.some((danger) => kinds.includes(danger.kind));

/** 🔴 dying, material gone, own role misused · 🟠 disabled, or closed to our rescue · 🟡 suspicion · 🟢 over · ⚫ deleted · ⚪ inconclusive. */
export function colourOf(incident: Incident): Colour {
  if (incident.phase.kind === 'closed') return CLOSED[incident.phase.outcome].colour;
  if (incident.subject.kind === 'place')
    return hasDanger(incident, 'trailBlinded', 'keyStoreDisconnected') ? '🟠' : '⚪';
  if (incident.subject.kind === 'topic') return '⚪';
  const { read } = incident;
  if (read?.kind === 'gone') return '⚫';
  if (hasDanger(incident, 'ownRoleMisused') || endangersSelf(incident) || isPastRepair(incident)) return '🔴';
  if (read?.kind === 'read' && COLOURS[read.snapshot.state] === '🔴') return '🔴';
  if (isNotAsBefore(incident) || isBlockedNow(incident)) return '🟠';
  if (read?.kind === 'read') return isOnlyPlanned(incident) ? '⚪' : COLOURS[read.snapshot.state];
  if (hasDanger(incident, 'deletionScheduled', 'materialDeleted', 'materialExpired')) return '🔴';
  return read === undefined ? '🟡' : '⚪';
}

/** The policy is closed, and nobody may open it, or it shuts out our reading as well. */
const isPastRepair = (incident: Incident): boolean => {
  const { cancelling } = incident.knowledge ?? {};
  return (
    isBlockedNow(incident) &&
    (incident.read?.kind === 'unreadable' || (cancelling !== undefined && isShutForGood(cancelling)))
  );
};

/** Nothing has happened to the key so far. */
const isOnlyPlanned = ({ dangers, read }: Incident): boolean =>
  read?.kind === 'read' && read.snapshot.state === 'Enabled' && dangers.every(({ kind }) => kind === 'deletionPlanned');

const COLOURS: Readonly<Record<KeySnapshot['state'], Colour>> = {
  PendingDeletion: '🔴',
  PendingReplicaDeletion: '🔴',
  PendingImport: '🔴',
  Disabled: '🟠',
  Unavailable: '🟠',
  Enabled: '🟡',
  Creating: '🟡',
  Updating: '🟡',
};

const CLOSED: Readonly<Record<Outcome, { readonly colour: Colour; readonly title: string }>> = {
  restored: { colour: '🟢', title: 'Key restored and verified' },
  recovered: { colour: '🟢', title: 'Key usable again' },
  deleted: { colour: '⚫', title: 'Key deleted' },
  linked: { colour: '⚪', title: 'Alarm resolved to its key' },
  readableAgain: { colour: '🟢', title: 'Readable again' },
  alarmOver: { colour: '⚪', title: 'Alarm over, key not found' },
  noDanger: { colour: '🟢', title: 'No danger found' },
  // Not green: a person says so, nothing that was read does.
  lookedInto: { colour: '⚪', title: 'Looked into and closed' },
};

/** What happened, in a title: `Key scheduled for deletion`. */
export function titleOf(incident: Incident): string {
  if (incident.phase.kind === 'closed') return closedTitle(incident, incident.phase.outcome);
  const title = ownTitle(incident, openTitle(incident));
  return hasDanger(incident, 'ownRoleMisused')
    ? `Our own role misused: ${title.charAt(0).toLowerCase()}${title.slice(1)}`
    : title;
}

function closedTitle(incident: Incident, outcome: Outcome): string {
  if (isBackAsAccepted(incident))
    return incident.read?.kind === 'read' && incident.read.snapshot.state === 'Disabled'
      ? 'Key disabled as before, changes accepted'
      : 'Key usable, changes accepted';
  if (wasSoAlready(incident)) return 'Nothing was to be done';
  return outcome === 'recovered' && isOnlyBlocked(incident) ? 'Our rescue would pass again' : CLOSED[outcome].title;
}

/** Over, because somebody said that this is how the key should be. */
export const isBackAsAccepted = (incident: Incident): boolean =>
  incident.phase.kind === 'closed' &&
  (incident.phase.outcome === 'restored' || incident.phase.outcome === 'recovered') &&
  acceptanceOf(incident) !== undefined;

/** Somebody wished it to be what it was: nothing was sent, and nobody was saved. */
export function wasSoAlready(incident: Incident): boolean {
  const { phase } = incident;
  const actions = actionsOfRound(incident);
  return (
    phase.kind === 'closed' &&
    phase.outcome === 'restored' &&
    isOnlyWished(incident) &&
    actions.length > 0 &&
    actions.every(({ calls }) => calls.length === 0)
  );
}

const ownTitle = (incident: Incident, title: string): string =>
  incident.self === true ? `Keywarden's own key: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : title;

function openTitle(incident: Incident): string {
  const { read } = incident;
  if (read?.kind === 'gone') return 'Key deleted';
  if (read?.kind !== 'read') return dangerTitle(incident);
  if (read.snapshot.state === 'Enabled' && isNotAsBefore(incident) && !isBlockedNow(incident))
    return wasOutOfUse(incident)
      ? 'Key usable again, but not as before'
      : `${dangerTitle(incident)}, and not as before${openedWords(incident)}`;
  switch (read.snapshot.state) {
    case 'PendingDeletion':
      return 'Key scheduled for deletion';
    case 'PendingReplicaDeletion':
      return 'Key scheduled for deletion after its replicas';
    case 'PendingImport':
      return hasDanger(incident, 'materialExpired') ? 'Key material expired' : 'Key material gone';
    case 'Disabled':
      return wasCancelled(incident) ? 'Deletion cancelled, key still disabled' : 'Key disabled';
    case 'Unavailable':
      return 'Key store disconnected';
    case 'Enabled':
    case 'Creating':
    case 'Updating':
      return dangerTitle(incident);
  }
}

/** Nothing comes back that was never gone: a policy opened to others is no good news of a key that worked all along. */
const wasOutOfUse = (incident: Incident): boolean =>
  incident.sawDanger === true ||
  hasDanger(incident, ...OUTAGES) ||
  actionsOfRound(incident).some(({ kind }) => RESTORING.includes(kind));

const OUTAGES: readonly DangerKind[] = [
  'deletionScheduled',
  'materialDeleted',
  'materialExpired',
  'keyDisabled',
  'keyStoreDisconnected',
  'useRefused',
];
const RESTORING: readonly ActionKind[] = ['rescue', 'enable', 'cancelDeletion'];

/** Whom the changed policy lets in that it did not before; empty: nobody of another account, as far as that can be told. */
function openedWords(incident: Incident): string {
  const key = keyOfIncident(incident);
  const { comparison } = incident.knowledge ?? {};
  const [account, ...others] =
    key === undefined || comparison === undefined ? [] : newcomersOf(key.account, comparison);
  if (account === undefined) return '';
  return others.length === 0 ? `: opened to account ${account}` : `: opened to ${others.length + 1} other accounts`;
}

function wasCancelled(incident: Incident): boolean {
  const last = actionsOfRound(incident).at(-1);
  return last?.ending?.kind === 'amber' && ['rescue', 'cancelDeletion'].includes(last.kind);
}

/** Worst first: an incident with several dangers is named after the first of these. */
const DANGER_TITLES: readonly (readonly [DangerKind, string])[] = [
  ['deletionScheduled', 'Key scheduled for deletion'],
  ['materialDeleted', 'Key material deleted'],
  ['materialExpired', 'Key material expired'],
  ['keyDeleted', 'Key deleted'],
  ['useRefused', 'Key in use, but refused'],
  ['keyDisabled', 'Key disabled'],
  ['rescueBlocked', 'Key policy closed to our rescue'],
  ['policyChanged', 'Key policy changed'],
  ['attemptRefused', 'Refused attempt on a key'],
  ['materialExpiring', 'Key material about to expire'],
  ['keyStoreDisconnected', 'Key store disconnected'],
  ['nonCompliant', 'Key reported as scheduled for deletion'],
  ['suspect', 'Key touched under a stolen name'],
  ['watched', 'Key under watch'],
  ['alarm', 'Alarm about a key'],
  ['trailBlinded', 'CloudTrail no longer records KMS'],
  ['unreadable', 'Key cannot be read'],
  ['deletionPlanned', 'Decommission planned, deletion not scheduled'],
  ['action', 'Action on a key'],
  ['unsubscribed', 'Alarms no longer arrive'],
];

const dangerTitle = (incident: Incident): string =>
  DANGER_TITLES.find(([kind]) => hasDanger(incident, kind))?.[1] ??
  (hasDanger(incident, 'ownRoleMisused') ? 'Call under our role that is not ours' : 'Key under suspicion');
