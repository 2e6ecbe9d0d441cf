/** What it means for a person, and what to do next. Dead ends say who can help. */
import { acceptanceOf, isNotAsBefore } from '../../../domain/as-before.ts';
import { isBlockedNow, isOnlyBlocked } from '../../../domain/blocked.ts';
import { buttonsOf } from '../../../domain/buttons.ts';
import { type Cancelling, isEnableRefused, isPolicyClosed, isShutForGood } from '../../../domain/cancelling.ts';
import { isPlanned } from '../../../domain/decommission.ts';
import { shownOn } from '../../../domain/gathering.ts';
import { actionsOfRound, type DangerKind, type Incident, runningAction } from '../../../domain/incident.ts';
import type { KeySnapshot } from '../../../domain/key.ts';
import { keyUsageOf } from '../../../domain/key-usage.ts';
import { closableOf } from '../../../domain/looked-into.ts';
import { survivalOf } from '../../../domain/survivors.ts';
import { planScheduledWords } from './attention-lines.ts';
import { deniedWords } from './failures.ts';
import { personWords } from './names.ts';
import { isBackAsAccepted, wasSoAlready } from './standing.ts';
import { endedWords } from './survivor-lines.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';
import { usageWords } from './usage-words.ts';
import type { View } from './view.ts';

/** How close to the danger a use still counts as "in use". */
const RECENT = 24 * 3_600_000;

/** One or two sentences under the facts. */
export function adviceOf(incident: Incident, view: View): string {
  if (incident.phase.kind === 'closed') return closedAdvice(incident);
  if (runningAction(incident) !== undefined)
    return 'An action is under way; its outcome is read from KMS and told here.';
  const { read } = incident;
  switch (read?.kind) {
    case undefined:
      return 'Reading the key…';
    case 'gone':
      if (survivalOf(incident).kind !== 'none') return deletedWords(incident);
      return (keyUsageOf(incident) ?? 'ENCRYPT_DECRYPT') === 'ENCRYPT_DECRYPT'
        ? 'KMS has deleted this key. Ciphertexts under it are lost for good, also if somebody still holds imported material. Restore data from copies that another key protects.'
        : `KMS has deleted this key: ${usageWords(incident).isLost}. Whoever used it needs another key.`;
    case 'unreadable':
      return unreadableAdvice(incident, view);
    case 'read':
      return `${stateAdvice(incident, read.snapshot)}${misuse(incident)}${closeWords(incident)}`;
  }
}

function deletedWords(incident: Incident): string {
  const { what, lost, advice } = endedWords(incident);
  return `KMS has deleted ${what}; ${lost}. ${advice}`;
}

function unreadableAdvice(incident: Incident, view: View): string {
  if (incident.read?.kind !== 'unreadable') return '';
  const { why } = incident.read;
  const { cancelling } = incident.knowledge ?? {};
  const rescue = !buttonsOf(incident, view.can, view.destructive).offered.includes('rescue')
    ? ''
    : cancelling?.answer === 'no'
      ? ` ${blockedWords(cancelling)}`
      : ' Rescue can still be tried: cancelling a deletion that is not pending changes nothing.';
  switch (why.kind) {
    case 'denied':
      if (isPolicyClosed(cancelling))
        return `The key policy shuts out our reading as well (${foreign(why.operation, 80)}), so nothing here is known to be fine.${rescue === '' && cancelling !== undefined ? ` Now ${firstWords(cancelling)}.` : rescue}`;
      return `The key cannot be read, so nothing here is known to be fine. ${deniedWords(why.operation, why.message)}${rescue}`;
    case 'unreachable':
      return `KMS did not answer, so nothing here is known to be fine: ${foreign(why.message, 240)}${rescue}`;
    case 'throttled':
      return `KMS asked for patience, so the state is not known right now: ${foreign(why.message, 240)}${rescue}`;
    case 'foreign':
      return `The configured credentials belong to another account, so nothing was read: ${foreign(why.message, 240)}`;
  }
}

/** What must happen before a rescue can work; the button stays, because the answer may be old by then. */
export function blockedWords(cancelling: Cancelling): string {
  return `As things stand our rescue will fail. First ${firstWords(cancelling)}; then press Rescue.`;
}

function firstWords(cancelling: Cancelling): string {
  if (isShutForGood(cancelling))
    return 'open the case with AWS Support: nobody in the account can repair the key policy';
  if (isPolicyClosed(cancelling)) return 'have the key policy opened again by somebody named above';
  for (const { kind } of cancelling.reasons)
    switch (kind) {
      case 'noRole':
        return 'configure a role for rescuing (`accounts[].roles.rescue`), or cancel the deletion with rights of your own (`⋯`, *Show AWS CLI commands*)';
      case 'roleElsewhere':
        return "configure a rescue role of the key's own account";
      case 'notAssumable':
        return "mend the rescue role's trust policy, so that we get the role";
      case 'refused':
        return 'have allowed what AWS refused us';
      case 'named':
      case 'delegated':
      case 'assumableUnknown':
      case 'callerUnknown':
      case 'policyUnread':
      case 'policyMalformed':
      case 'denied':
      case 'notAllowed':
      case 'open':
        continue;
    }
  return 'have what is named above mended';
}

/** Promises only what is known: an unknown state before cannot be restored, and a closed policy lets nobody rescue. */
function rescueWords(incident: Incident): string {
  const { cancelling } = incident.knowledge ?? {};
  return cancelling?.answer === 'no' ? blockedWords(cancelling) : openRescueWords(incident);
}

const openRescueWords = (incident: Incident): string =>
  incident.prior.kind === 'known'
    ? 'Rescue cancels the deletion and restores the state before; Cancel Deletion leaves the key disabled.'
    : 'Whether it was enabled before is not known (yet): Rescue cancels the deletion; if nobody can tell, the key stays disabled until somebody presses Enable.';

function stateAdvice(incident: Incident, snapshot: KeySnapshot): string {
  if (snapshot.manager === 'AWS') return 'AWS manages this key: it can be viewed only. Nobody can delete it.';
  switch (snapshot.state) {
    case 'PendingDeletion':
      return `${urgencyWords(incident)}Every call with this key fails now; after the date ${usageWords(incident).willBeLost}. ${rescueWords(incident)}`;
    case 'PendingReplicaDeletion':
      return incident.knowledge?.cancelling?.answer === 'no'
        ? `The primary waits for its replicas to be deleted and is unusable meanwhile. ${blockedWords(incident.knowledge.cancelling)}`
        : `The primary waits for its replicas to be deleted and is unusable meanwhile. ${familyRescue(incident)}`;
    case 'PendingImport':
      return "No key material: callers fail, and no click of ours brings it back. Whoever holds the material (the key's owner, an HSM or a vault; AWS keeps no copy) imports exactly the same bytes: GetParametersForImport for a wrapping key and token (valid 24 h), wrap the material offline, ImportKeyMaterial. The key is Enabled afterwards. The material must never pass through Slack.";
    case 'Unavailable':
      return 'The custom key store is disconnected: callers fail until it is connected again (ConnectCustomKeyStore). A deletion that was cancelled stays cancelled, usable once the key store is connected.';
    case 'Disabled':
      return disabledAdvice(incident);
    case 'Creating':
    case 'Updating':
      return 'KMS is still changing this multi-Region key; it is read again in a moment.';
    case 'Enabled':
      return isNotAsBefore(incident) && !isBlockedNow(incident) ? NOT_AS_BEFORE : enabledAdvice(incident);
  }
}

/** Every replica is rescued for itself; whose card shows all of them rescues all that we reach. */
const familyRescue = (incident: Incident): string =>
  shownOn(incident).on === 'family'
    ? 'Rescue on this card cancels it for every member of the family that we watch, each in its own Region.'
    : 'Rescue cancels it here; every replica needs its own rescue in its own Region.';

function disabledAdvice(incident: Incident): string {
  const { prior, hold } = incident;
  if (hold !== undefined)
    return 'The key is off on purpose: callers fail until an approver agrees to Enable, or releases the hold and somebody rescues it.';
  const { cancelling } = incident.knowledge ?? {};
  if (cancelling !== undefined && isEnableRefused(cancelling))
    return `The key is disabled, and we cannot enable it: callers fail. First ${firstWords(cancelling)}; then enable it, or leave it so on purpose.`;
  if (prior.kind === 'known' && prior.state === 'Disabled') {
    return 'The key was disabled before, too: callers fail as before. Enable it only if its owner agrees.';
  }
  const { survives } = usageWords(incident);
  return `The key is still disabled, callers still fail${survives === '' ? '' : ` (${survives} for a while)`}. Enable it, or leave it so on purpose.`;
}

const NOT_AS_BEFORE =
  'The key works, but it is not as it was: whoever lost a grant, an alias or a statement of the policy may still fail, and whoever gained one may use it. Bring it back as shown above: it is compared again by itself and then closed. If this is how it should be, an approver presses Accept as it is.';

const SUSPECT =
  'Whoever touched it did so under a stolen name. Compare its policy and grants with what they should be; `/kms hold` keeps a key off until an approver releases it.';
const COMPARE = 'ompare the key policy with what it should be: PutKeyPolicy replaces it whole.';

const SUSPICION: Readonly<Partial<Record<DangerKind, string>>> = {
  suspect: SUSPECT,
  policyChanged: `C${COMPARE}`,
  watched: 'The key works.',
  attemptRefused: 'AWS refused the call; nothing changed. Ask the person, and look at what else these credentials did.',
  useRefused: 'The key works again; the refused calls may have to be repeated by their callers.',
  materialExpiring:
    'When the imported material expires, callers fail at once. Whoever holds it imports it again before then.',
  nonCompliant: 'AWS Config reported this key; KMS says it is not scheduled for deletion.',
  trailBlinded: 'Alarms that feed on this trail are blind from here on; the sweep still reads the keys.',
  deletionScheduled:
    'The event says the key was scheduled for deletion; KMS does not show it yet. It is read again in a moment.',
};

function enabledAdvice(incident: Incident): string {
  const kinds = incident.dangers.map((danger) => danger.kind).filter((kind) => kind !== 'rescueBlocked');
  if (isBlockedNow(incident)) return `${closedPolicyWords(incident)}${kinds.includes('suspect') ? ` ${SUSPECT}` : ''}`;
  const kind = kinds.find((danger) => SUSPICION[danger] !== undefined);
  if (kind !== undefined) return `${SUSPICION[kind] ?? ''}${disableWords(incident, kind)}`;
  const planned = incident.dangers.some((danger) => danger.kind === 'deletionPlanned');
  return planned
    ? 'The key works; nobody has scheduled its deletion so far. Disable it first, and see who still needs it.'
    : 'The key works.';
}

/**
 * What a closed policy means of a key that works: it counts before all else that may be said of the policy, for what can be
 * repaired now may be lost with the next call.
 */
function closedPolicyWords(incident: Incident): string {
  const { cancelling } = incident.knowledge ?? {};
  const now =
    cancelling === undefined || cancelling.answer !== 'no'
      ? ''
      : ` Now ${firstWords(cancelling)}; ${isOnlyBlocked(incident) ? 'once our rescue would pass, this card closes by itself.' : `then c${COMPARE}`}`;
  return `Nothing endangers the key yet, but if somebody schedules its deletion now, no click of ours can cancel it: whoever closes a policy often deletes next.${now}`;
}

/** What to do now that no rescue of ours would pass; empty: it would, or nobody knows. */
export function cannotCancelAdvice(incident: Incident): string {
  const { read, knowledge } = incident;
  const { cancelling } = knowledge ?? {};
  if (cancelling?.answer !== 'no') return '';
  const state = read?.kind === 'read' ? read.snapshot.state : undefined;
  if (state === 'Enabled' && isBlockedNow(incident)) return closedPolicyWords(incident);
  if (state === 'Disabled' && isEnableRefused(cancelling)) return disabledAdvice(incident);
  return `${isPlanned(incident) ? `${planScheduledWords(incident)} If it is wrong: ` : ''}${blockedWords(cancelling)}`;
}

const DISABLED_FOR: readonly DangerKind[] = ['suspect', 'policyChanged', 'watched'];

/** Disabling is no advice where nobody of ours could enable the key again. */
function disableWords(incident: Incident, kind: DangerKind): string {
  const { cancelling } = incident.knowledge ?? {};
  if (isEnableRefused(cancelling)) return ' Disable is not offered: as things stand we could not enable the key again.';
  return DISABLED_FOR.includes(kind)
    ? ' Disable stops every use of the key while you look, if the suspicion proves right.'
    : '';
}

/** No read will end it, so somebody must. */
export function closeWords(incident: Incident): string {
  switch (closableOf(incident)) {
    case 'yes':
      return ' It stays open until somebody has looked into it: an approver then says why it is dealt with (`⋯`, *Close: looked into*).';
    case 'soon':
      return ' It stays open until somebody has looked into it. KMS may not show yet what was told a moment ago: it can be closed so in a minute.';
    case 'no':
      return '';
  }
}

const misuse = (incident: Incident): string =>
  incident.dangers.some((danger) => danger.kind === 'ownRoleMisused')
    ? ' Somebody else used a role of this bot: revoke its sessions and look at who may assume it.'
    : '';

/** What use says, before anything else; then whether this deletion is meant. */
function urgencyWords(incident: Incident): string {
  if (incident.refused !== undefined) return 'Somebody still tries to use it: rescue it. ';
  const inUse = wasInUse(incident);
  if (isAskedHere(incident))
    return `This deletion was asked for and agreed to here: nothing to do, unless it is wrong.${inUse ? ' But it was in use until shortly before.' : ''} `;
  if (isPlanned(incident))
    return `${planScheduledWords(incident)}${inUse ? ' But it was in use until shortly before: ask them, and rescue it if in doubt.' : ''} `;
  return inUse ? 'In use until shortly before: rescue it. ' : '';
}

/** Two people wanted it, and it was carried out here. */
const isAskedHere = (incident: Incident): boolean =>
  actionsOfRound(incident).some(
    ({ kind, approval, ending }) => kind === 'scheduleDeletion' && approval !== undefined && ending?.kind !== 'failed',
  );

function wasInUse(incident: Incident): boolean {
  const lastUse = incident.details?.lastUse;
  const scheduled =
    incident.dangers.find((danger) => danger.kind === 'deletionScheduled')?.firstAt ?? incident.openedAt;
  return lastUse?.kind === 'known' && lastUse.value.kind === 'used' && scheduled - lastUse.value.usage.at < RECENT;
}

/** Not as it was: somebody said that it is how it should be. */
function acceptedAdvice(incident: Incident): string {
  const accepted = acceptanceOf(incident);
  if (accepted === undefined) return '';
  const state = incident.read?.kind === 'read' ? incident.read.snapshot.state : 'not read';
  const what = accepted.what === undefined ? '' : ` (${foreign(accepted.what, 300)})`;
  return `The key is ${state}, but not as it was before: what differs${what} was accepted by ${personWords(accepted.by)} at ${exactTime(accepted.at)} and is its last good shape now. Whoever lost access by that still fails.`;
}

function closedAdvice(incident: Incident): string {
  if (incident.phase.kind === 'open') return '';
  const state = incident.read?.kind === 'read' ? incident.read.snapshot.state : undefined;
  if (isBackAsAccepted(incident)) return acceptedAdvice(incident);
  if (wasSoAlready(incident))
    return `KMS reads the key as ${state ?? 'it should be'}: it was so already, and nothing was sent.`;
  switch (incident.phase.outcome) {
    case 'restored':
      return state === 'Disabled'
        ? 'The key is as it was before: disabled. Callers fail as they did.'
        : 'The key works as before; read from KMS, not assumed. Callers that failed may have to try again.';
    case 'recovered':
      if (isOnlyBlocked(incident))
        return 'The key policy lets our rescue pass again; nothing else had happened to the key. Compare the policy with what it should be all the same.';
      return `KMS reads the key as ${state ?? 'out of danger'}: the danger is over.`;
    case 'deleted':
      return survivalOf(incident).kind === 'none'
        ? `KMS has deleted this key: ${usageWords(incident).isLost}.`
        : deletedWords(incident);
    case 'linked':
      return 'The key behind this alarm has its own card.';
    case 'readableAgain':
      return 'It can be read again; what happened meanwhile was read afresh.';
    case 'alarmOver':
      return 'The alarm is over and no key was found behind it. That is no proof that none was in danger.';
    case 'lookedInto':
      return `It was closed on that word${state === undefined ? '' : `; KMS reads the key as ${state}`}. What happens from here on has a card of its own.`;
    case 'noDanger':
      return `KMS was read and shows no danger${state === undefined ? '' : `: the key is ${state}`}.`;
  }
}
