/** What is said of one key of a wave, said of another: so that nobody who was to be woken is forgotten with the first. */
import type { Reminder } from './effect.ts';
import type { Instant } from './ids.ts';
import { type Incident, isOpen } from './incident.ts';
import { worseningNow } from './worse.ts';

/** The reminder as it holds for this incident; `undefined`: it does not, or is about one key alone. */
export function sameFor(incident: Incident, reminder: Reminder, now: Instant): Reminder | undefined {
  if (!isOpen(incident)) return undefined;
  const { countdown, losses } = incident;
  switch (reminder.kind) {
    case 'milestone':
      return countdown?.told.includes(reminder.milestone) === true && now <= countdown.deletionDate
        ? { ...reminder, deletionDate: countdown.deletionDate }
        : undefined;
    case 'loss':
      return losses?.told.includes(reminder.milestone) === true && now <= losses.deletionDate
        ? { ...reminder, of: losses.of, lossAt: losses.deletionDate }
        : undefined;
    case 'cannotCancel':
      return incident.knowledge?.cancelling?.answer === 'no' ? dated(reminder, incident) : undefined;
    case 'overdue':
      return countdown?.overdueTold === true ? { ...reminder, deletionDate: countdown.deletionDate } : undefined;
    case 'notMe':
      return incident.said?.wasMe === false ? reminder : undefined;
    case 'worse':
      return worseningNow(incident, reminder.change);
    case 'again':
    case 'undecided':
    case 'planVoid':
    case 'end':
    case 'ownKey':
    case 'wasThisYou':
    case 'over':
      return undefined;
  }
}

function dated(reminder: Extract<Reminder, { kind: 'cannotCancel' }>, { countdown }: Incident): Reminder {
  const { deletionDate: _date, ...rest } = reminder;
  return countdown === undefined ? rest : { ...rest, deletionDate: countdown.deletionDate };
}
