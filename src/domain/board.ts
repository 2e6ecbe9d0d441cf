/**
 * The board of open incidents: keys that the bot itself depends on stand first; then what dies first, then what has no date,
 * newest first.
 */
import { soonestOf } from './deadline.ts';
import type { Instant } from './ids.ts';
import { type Incident, isOpen, waitingApproval } from './incident.ts';

/** Below this stand the dated ones, by their date; from here on the others. Far beyond every date there is. */
export const DATELESS = 2 ** 52;
/** Sorted sets keep doubles, and only up to here is every whole number one. */
export const LAST_PLACE = 2 ** 53 - 1;

/** The place of an open incident: a whole number, smaller is sooner. */
export function placeOf(incident: Incident): number {
  const date = soonestOf(incident);
  const place = date === undefined ? LAST_PLACE - within(incident.openedAt) : within(date);
  return incident.self === true ? place - LAST_PLACE : place;
}

/** Below zero: in the same order as the others, ahead of all of them. Up to here they have a date. */
export const OWN_DATELESS = DATELESS - LAST_PLACE;

const within = (at: Instant): number => Math.min(Math.max(Math.floor(at), 0), DATELESS - 1);

/** Another text: the board may show something else of the incident. Its card may move without a new revision. */
export const boardMark = ({ revision, card }: Incident): string => `${revision} ${card.channel} ${card.ts ?? ''}`;

/** Since when a request about it waits for approvers; `undefined`: none does. */
export const waitsSince = (incident: Incident): Instant | undefined =>
  isOpen(incident) ? waitingApproval(incident)?.askedAt : undefined;
