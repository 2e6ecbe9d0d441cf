/** Whether what a reminder would say is so: never about a date the key does not show any more, nor about what somebody has decided meanwhile. */
import { isQuiet, isUnusable } from './attention.ts';
import { countdownOfMark } from './deadline.ts';
import type { Reminder } from './effect.ts';
import type { Instant } from './ids.ts';
import { type Incident, isOpen } from './incident.ts';
import { suspectOf } from './intruder.ts';
import { countdownDateOf } from './key.ts';
import { endangersSelf } from './self.ts';
import { isWorseNow, mayBeWorse } from './worse.ts';

/** By the record alone, which is to be as new as can be. */
export function isStillSo(incident: Incident, reminder: Reminder, now: Instant): boolean {
  switch (reminder.kind) {
    case 'end':
    // About a person, whatever became of the key since.
    case 'notMe':
      return true;
    // Asked about a deed, whatever became of the key since; but of nobody else than whose name it is.
    case 'wasThisYou':
      return suspectOf(incident)?.principal === reminder.principal;
    case 'over':
      return !isOpen(incident) || reminder.wave !== undefined;
    case 'milestone':
      return isOpen(incident) && isDated(incident, reminder.deletionDate) && now <= reminder.deletionDate;
    case 'loss':
      return isOpen(incident) && countdownOfMark(incident, reminder) !== undefined;
    case 'again':
      return isOpen(incident) && !isQuiet(incident, now) && isDatedAlike(incident, reminder.deletionDate);
    case 'planVoid':
      return isOpen(incident) && isDatedAlike(incident, reminder.deletionDate);
    case 'undecided':
      return isOpen(incident) && incident.countdown === undefined && isUnusable(incident) && !isQuiet(incident, now);
    case 'overdue':
      return isOpen(incident) && isDated(incident, reminder.deletionDate);
    case 'ownKey':
      return endangersSelf(incident);
    case 'worse':
      return isOpen(incident) && isWorseNow(incident, reminder);
    case 'cannotCancel':
      return isOpen(incident) && incident.knowledge?.cancelling?.answer === 'no';
  }
}

/** It is not so by a read that may be a moment behind: said once a later one shows it, and not forgotten before. */
export const isInDoubt = (incident: Incident, reminder: Reminder, now: Instant): boolean =>
  reminder.kind === 'worse' && mayBeWorse(incident, reminder, now);

/** The key shows this date. What says nothing about it (not readable, a lagging NotFound, a silent replica) speaks against none. */
function isDated({ read }: Incident, date: Instant): boolean {
  if (read?.kind !== 'read') return true;
  const shown = countdownDateOf(read.snapshot);
  return shown === undefined ? read.snapshot.state === 'PendingReplicaDeletion' : shown === date;
}

const isDatedAlike = (incident: Incident, date: Instant | undefined): boolean =>
  date === undefined ? incident.countdown === undefined : incident.countdown !== undefined && isDated(incident, date);
