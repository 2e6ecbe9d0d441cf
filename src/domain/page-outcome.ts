/** Why a page of an incident is over: whoever was called must not take a lost key for a rescued one. */
import { acknowledgedBy } from './attention.ts';
import { isPlanned } from './decommission.ts';
import type { Instant } from './ids.ts';
import type { Incident, Outcome } from './incident.ts';
import type { Page } from './page.ts';
import { survivalOf } from './survivors.ts';

/**
 * `restored`: the key is out of danger, or the account can be read again. `acknowledged`: somebody has it in hand, the deletion
 * stands. `planned`: it is meant, an approver agreed. `cancelled`: no deletion any more, but the key cannot be used yet.
 * `rescheduled`: another date. `deleted`: KMS has deleted it. `memberDeleted`: also that, but another key of its multi-Region family
 * holds the same material, or nobody knows whether one does.
 * `passed`: the moment has come after which something may be lost, and nobody can tell whether it was. `other`: none of these; the card
 * says how it stands.
 */
export type PageOutcome =
  | 'restored'
  | 'acknowledged'
  | 'planned'
  | 'cancelled'
  | 'rescheduled'
  | 'deleted'
  | 'memberDeleted'
  | 'passed'
  | 'other';

/**
 * Why `page` is over, as its incident stands at `now`; no incident where the record is lost: that is `other`. `undefined`: not
 * over yet, for the date has passed and KMS still shows the key. It takes up to a day, and only then is it known how this ended.
 */
export function outcomeOf(incident: Incident | undefined, page: Page, now: Instant): PageOutcome | undefined {
  if (incident === undefined) return 'other';
  if (incident.phase.kind === 'closed') return outcomeOfClosed(incident, incident.phase.outcome);
  if (page.lossAt !== undefined) return outcomeOfLoss(incident, page.lossAt, now);
  if (page.kind === 'lastDay') {
    const date = incident.countdown?.deletionDate;
    if (date === undefined) return 'cancelled';
    if (date !== page.deletionDate) return 'rescheduled';
    if (isPlanned(incident)) return 'planned';
    if (acknowledgedBy(incident, now) === undefined && now > date) return undefined;
  }
  return acknowledgedBy(incident, now) === undefined ? 'other' : 'acknowledged';
}

function outcomeOfLoss(incident: Incident, lossAt: Instant, now: Instant): PageOutcome {
  if (isPlanned(incident)) return 'planned';
  if (acknowledgedBy(incident, now) !== undefined) return 'acknowledged';
  if (now >= lossAt) return 'passed';
  const next = incident.losses?.deletionDate;
  return next === undefined || next === lossAt ? 'other' : 'rescheduled';
}

function outcomeOfClosed(incident: Incident, outcome: Outcome): PageOutcome {
  switch (outcome) {
    case 'restored':
    case 'recovered':
    case 'readableAgain':
      return 'restored';
    case 'deleted':
      return survivalOf(incident).kind === 'none' ? 'deleted' : 'memberDeleted';
    case 'linked':
    case 'alarmOver':
    case 'noDanger':
    case 'lookedInto':
      return 'other';
  }
}
