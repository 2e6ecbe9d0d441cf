/**
 * A planned decommission: somebody means to delete a key, names a ticket, and an approver agrees who did not schedule it. It
 * makes the countdown quieter, never shorter, and holds for that key in that state until that date: whatever else happens ends it.
 */
import { type Fingerprint, fingerprintOf } from './approval.ts';
import type { Duration, Instant, Person } from './ids.ts';
import { type Incident, isOpen } from './incident.ts';
import { countdownDateOf, isPending, type KeySnapshot } from './key.ts';

export interface Plan {
  readonly ticket: string;
  readonly by: Person;
  readonly at: Instant;
  /** The key as it was read when this was asked for, and then as it was scheduled: what the plan is bound to. */
  readonly fingerprint: Fingerprint;
  /** The date it is bound to, once there is one: of a primary that waits for its replicas, that of the last of them. */
  readonly date?: Instant;
  readonly status: PlanStatus;
}

export type PlanStatus =
  | { readonly kind: 'proposed' }
  /** `names`: what Slack calls who agreed, as AWS may name them. */
  | { readonly kind: 'agreed'; readonly by: Person; readonly at: Instant; readonly names?: readonly string[] }
  | { readonly kind: 'declined'; readonly by: Person; readonly at: Instant }
  | { readonly kind: 'void'; readonly at: Instant; readonly why: PlanVoid };

/**
 * `rescheduled`: another date. `cancelled`: no deletion any more. `used`: somebody tried to use the key. `changed`: its material is
 * another. `ownPlan`: who agreed has scheduled it. `lapsed`: nobody scheduled it for too long.
 */
export type PlanVoid = 'rescheduled' | 'cancelled' | 'used' | 'changed' | 'ownPlan' | 'lapsed';

const DAY: Duration = 86_400_000;
/** How long a plan waits for somebody to agree, and then for somebody to schedule the deletion. */
const AGREED_WITHIN: Duration = 7 * DAY;
const SCHEDULED_WITHIN: Duration = 30 * DAY;

/** Somebody agreed, and nothing has happened to it since. */
export const isPlanned = ({ plan }: Incident): boolean => plan?.status.kind === 'agreed';

/** Proposed or agreed to. */
export const isLivePlan = (plan: Plan | undefined): plan is Plan =>
  plan?.status.kind === 'proposed' || plan?.status.kind === 'agreed';

/** What a read of the key does to a live plan: bind it to the date, once scheduled, or end it. */
export function planAfterRead(plan: Plan, snapshot: KeySnapshot): Plan {
  const { fingerprint } = plan;
  const seen = fingerprintOf(snapshot, undefined);
  const ended = (why: PlanVoid): Plan => ({ ...plan, status: { kind: 'void', at: snapshot.readAt, why } });
  if (fingerprint.materialId !== seen.materialId || fingerprint.validTo !== seen.validTo) return ended('changed');
  if (!isPending(snapshot.state)) return isPending(fingerprint.state) ? ended('cancelled') : plan;
  const date = countdownDateOf(snapshot);
  if (fingerprint.state === snapshot.state) {
    // A replica that could not be read just now leaves the primary without a date: that is no other one.
    if (date === undefined || date === plan.date) return plan;
    return plan.date === undefined ? { ...plan, date } : ended('rescheduled');
  }
  // Scheduled now; or its last replica is gone, and the primary's own window begins as was to be expected.
  if (isPending(fingerprint.state) && fingerprint.state !== 'PendingReplicaDeletion') return ended('rescheduled');
  return { ...plan, fingerprint: seen, ...(date === undefined ? {} : { date }) };
}

/** When a live plan ends because nothing came of it. One for a deletion that is scheduled ends with that. */
export function lapseOf(incident: Incident): Instant | undefined {
  const { plan } = incident;
  if (!isOpen(incident) || !isLivePlan(plan) || isPending(plan.fingerprint.state)) return undefined;
  return plan.status.kind === 'agreed' ? plan.status.at + SCHEDULED_WITHIN : plan.at + AGREED_WITHIN;
}

/** The plan after its time: `undefined` while it holds. */
export function planLapsed(incident: Incident, now: Instant): Plan | undefined {
  const at = lapseOf(incident);
  return incident.plan === undefined || at === undefined || now < at
    ? undefined
    : { ...incident.plan, status: { kind: 'void', at: now, why: 'lapsed' } };
}

/** The plan after somebody tried to use the key; `undefined` where that was before it was asked for. */
export const planAfterUse = (plan: Plan | undefined, usedAt: Instant, now: Instant): Plan | undefined =>
  isLivePlan(plan) && usedAt >= plan.at ? { ...plan, status: { kind: 'void', at: now, why: 'used' } } : undefined;
