/** The board of open incidents: what dies first stands first, then what has no date, newest first. */
import type { Instant } from './ids.ts';
import { type Incident, isOpen, waitingApproval } from './incident.ts';

/** Below this stand the dated ones, by their date; from here on the others. Far beyond every date there is. */
export const DATELESS = 2 ** 52;
/** Sorted sets keep doubles, and only up to here is every whole number one. */
export const LAST_PLACE = 2 ** 53 - 1;

/** The place of an open incident: a whole number, smaller is sooner. */
export function placeOf(incident: Incident): number {
  const date = incident.countdown?.deletionDate;
  return date === undefined ? LAST_PLACE - within(incident.openedAt) : within(date);
}

const within = (at: Instant): number => Math.min(Math.max(Math.floor(at), 0), DATELESS - 1);

/** Another text: the board may show something else of the incident. Its card may move without a new revision. */
export const boardMark = ({ revision, card }: Incident): string => `${revision} ${card.channel} ${card.ts ?? ''}`;

/** Since when a request about it waits for approvers; `undefined`: none does. */
export const waitsSince = (incident: Incident): Instant | undefined =>
  isOpen(incident) ? waitingApproval(incident)?.askedAt : undefined;
