/**
 * Which job runs in which queue. Families keep apart what must not wait for one another: a person's click never stands
 * behind a sweep.
 */
import type { JobName } from '../../domain/effect.ts';
import type { Duration } from '../../domain/ids.ts';

export const FAMILIES = ['kms', 'many', 'care', 'learn', 'deeds', 'people', 'sweep', 'survey'] as const;
export type Family = (typeof FAMILIES)[number];

export const FAMILY_OF: Readonly<Record<JobName, Family>> = {
  click: 'kms',
  carryOut: 'kms',
  // Hundreds that wait for their slots must not hold up a single click.
  carryOutMany: 'many',
  errand: 'many',
  // Sleeps for CloudTrail's one request a second and ListGrants' ten: no deadline and no approver may stand behind it.
  learn: 'learn',
  investigate: 'learn',
  // Minutes each, and one for every name that somebody acts under: what a card still lacks must not stand behind them.
  deeds: 'deeds',
  // Asks Slack person by person.
  approvers: 'people',
  homes: 'people',
  // Reads the whole audit trail.
  report: 'people',
  audit: 'care',
  auditHead: 'care',
  due: 'care',
  alert: 'care',
  page: 'care',
  pager: 'care',
  digest: 'care',
  inbox: 'care',
  // Reads what the sweep has read, of all keys: beside it, and before nobody's deadline.
  inspect: 'sweep',
  sweep: 'sweep',
  // Hours, at the pace of ListGrants: no sweep may stand behind it.
  survey: 'survey',
};

/** Jobs that one process runs at once. Nearly all of them wait: for a slot, for Slack, for KMS. */
export const CONCURRENCY: Readonly<Record<Family, number>> = {
  kms: 50,
  many: 100,
  care: 20,
  learn: 10,
  deeds: 4,
  people: 10,
  sweep: 4,
  survey: 8,
};

/** One hash slot with every other key of ours (`redis/keys.ts`). */
export const PREFIX = '{kw}';

export const isJobName = (name: string): name is JobName => Object.hasOwn(FAMILY_OF, name);

const SECOND: Duration = 1_000;
const DAY_IN_SECONDS = 86_400;

/**
 * Eight attempts spread over some two minutes; what still fails is kept for a week and started anew by the pulse.
 * Ages are in seconds. Completed jobs stay 48 h: as long as a sender may redeliver, their ids stop a second run (B4).
 */
export const JOB_OPTIONS = {
  attempts: 8,
  backoff: { type: 'exponential', delay: SECOND, jitter: 0.5 },
  removeOnComplete: { age: 2 * DAY_IN_SECONDS, count: 50_000 },
  removeOnFail: { age: 7 * DAY_IN_SECONDS, count: 5_000 },
  // Stacks carry text from outside, and the log has the error already.
  stackTraceLimit: 0,
} as const;
