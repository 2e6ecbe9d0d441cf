/** What an action breaks, what it does not break at once, and how it is undone: on forms, requests and confirmations. */
import type { ActionKind } from '../../../domain/action.ts';
import type { Incident } from '../../../domain/incident.ts';
import type { KeyState } from '../../../domain/key.ts';
import { usesLine } from './story.ts';
import { usageWords } from './usage-words.ts';
import { lastUseLine } from './use-lines.ts';

export function consequenceLines(
  kind: ActionKind,
  windowDays: number | undefined,
  incident: Incident,
): readonly string[] {
  const { willBeLost, survives } = usageWords(incident);
  const encrypts = survives !== '';
  switch (kind) {
    case 'scheduleDeletion':
      return [
        `*What breaks.*  Every call that uses the key fails at once. After ${windowDays ?? 30} days KMS deletes it, and ${encrypts ? 'everything it encrypted is lost for good, backups under it included' : willBeLost}. KMS may take up to 24 h longer.`,
        '*Undo.*  Rescue, at any time before the date. Afterwards nothing brings it back.',
      ];
    case 'deleteMaterial':
      return [
        `*What breaks.*  KMS deletes the material at once, without a waiting period. Every call that uses the key fails from then on. AWS keeps no copy: if nobody holds exactly the same bytes, ${encrypts ? 'everything this key encrypted is lost for good' : willBeLost}, and no click brings it back.`,
        '*Undo.*  Only whoever holds the same bytes, by importing them again.',
      ];
    case 'disable':
      return [
        `*What breaks.*  Every call that uses the key fails within seconds.${encrypts ? ' Data keys already unwrapped keep working until a service asks KMS again: that nothing broke yet proves nothing.' : ''}`,
        '*Undo.*  Enable, agreed to by an approver; nothing is lost.',
      ];
    case 'enable':
      return [
        '*What changes.*  Whoever the key policy lets may use the key again, also whoever it was disabled against.',
        '*Undo.*  Disable.',
      ];
    case 'rescue':
    case 'cancelDeletion':
      return [];
  }
}

/** The safe way to the same end, where there is one; AWS's own advice (GetKeyLastUsage, API reference). */
export function saferWay(kind: ActionKind, incident: Incident): string {
  // What was not read is taken for usable: the safe way is the one to be told about.
  const state = incident.read?.kind === 'read' ? incident.read.snapshot.state : 'Enabled';
  switch (kind) {
    case 'scheduleDeletion':
      return saferThanDeleting(state);
    case 'deleteMaterial':
      return state === 'Enabled'
        ? '*Disable first.*  Disabling stops every use as well, and can be undone. Delete the material only when it must be gone.'
        : `*Leave it ${state}.*  Nobody can use the key as it is, and that can be undone. Delete the material only when it must be gone.`;
    case 'disable':
    case 'enable':
    case 'rescue':
    case 'cancelDeletion':
      return '';
  }
}

function saferThanDeleting(state: KeyState): string {
  switch (state) {
    case 'Enabled':
      return '*The safe way first.*  Disable it, watch CloudTrail for `DisabledException` for some weeks, and delete only then. Disabling stops every use as well, and can be undone.';
    case 'Disabled':
      return '*The safe way.*  The key is disabled already: before deleting it, look in CloudTrail for `DisabledException` on it over some weeks. Silence is a sign, no proof: backups and buckets may ask once a month.';
    case 'PendingImport':
    case 'Unavailable':
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
    case 'Creating':
    case 'Updating':
      return `*The safe way.*  Nobody can use the key while it is ${state}: before deleting it, look in CloudTrail for refused calls on it over some weeks. Silence is a sign, no proof: backups and buckets may ask once a month.`;
  }
}

/** Who would notice, as far as it is known. */
export const usageLines = (incident: Incident): readonly string[] =>
  [usesLine(incident), lastUseLine(incident)].filter((line) => line !== '');
