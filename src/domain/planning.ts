/** A planned decommission in an incident's record: proposed, agreed to, and ended by whatever else happens to the key. */
import { isLivePlan, type Plan, planAfterRead, planAfterUse, planLapsed } from './decommission.ts';
import type { Effect } from './effect.ts';
import { callOf } from './fact.ts';
import { type Instant, type Person, samePerson } from './ids.ts';
import { actionsOfRound, type Incident, type Rules } from './incident.ts';
import { isPending } from './key.ts';
import type { Decision } from './reading.ts';
import { noted, touched } from './record.ts';
import { remindersOf, volumeNow } from './speaking.ts';

/** Who scheduled the deletion, where that was done through us. */
export function schedulerOf(incident: Incident): Person | undefined {
  const action = actionsOfRound(incident).findLast(({ kind }) => kind === 'scheduleDeletion');
  return action?.by.via === 'slack' ? action.by.person : undefined;
}

/**
 * Whether the deletion was scheduled by this person: through us, or by whoever AWS names as Slack names them. People who are called
 * the same are refused once too often, which is the safe way round.
 */
export function hasScheduled(incident: Incident, person: Person, names: readonly string[]): boolean {
  const by = schedulerOf(incident);
  if (by !== undefined && samePerson(by, person)) return true;
  const fact = incident.dangers.find(({ kind }) => kind === 'deletionScheduled')?.fact;
  const actor = fact === undefined ? undefined : callOf(fact.body)?.actor;
  const called = [actor?.sourceIdentity, actor?.sessionName, actor?.arn?.split('/').at(-1)].map(bareName);
  return names.map(bareName).some((name) => name !== '' && called.includes(name));
}

/** `Dave.Miller@example.com` and `dave miller` are one name. */
const bareName = (text: string | undefined): string =>
  (text ?? '')
    .toLowerCase()
    .replace(/@.*$/, '')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

export function withPlan(incident: Incident, plan: Plan, at: Instant): Incident {
  return touched(noted({ ...incident, plan }, at, { kind: 'plan', plan }));
}

/** The record after a read or a refused use: what the plan was about may not be so any more. `usedAt`: of a refused use. */
export function planSeen(incident: Incident, rules: Rules, now: Instant, usedAt?: Instant): Decision {
  const { plan } = incident;
  if (!isLivePlan(plan)) return { incident, effects: [] };
  const next = nextPlan(incident, plan, now, usedAt);
  if (next === plan) return { incident, effects: [] };
  // Bound to its date now: that is no news.
  if (isLivePlan(next)) return { incident: touched({ ...incident, plan: next }), effects: [] };
  const after = withPlan(incident, next, now);
  return { incident: after, effects: plan.status.kind === 'agreed' ? loudAgain(after, next, rules, now) : [] };
}

function nextPlan(incident: Incident, plan: Plan, now: Instant, usedAt: Instant | undefined): Plan {
  const used = usedAt === undefined ? undefined : planAfterUse(plan, usedAt, now);
  const { read } = incident;
  const seen = used ?? (read?.kind === 'read' ? planAfterRead(plan, read.snapshot) : plan);
  if (!isLivePlan(seen)) return seen;
  if (seen.status.kind === 'agreed' && hasScheduled(incident, seen.status.by, seen.status.names ?? []))
    return { ...seen, status: { kind: 'void', at: now, why: 'ownPlan' } };
  return planLapsed({ ...incident, plan: seen }, now) ?? seen;
}

/** What was quiet is loud again, while the key is still dying. */
function loudAgain(incident: Incident, plan: Plan, rules: Rules, now: Instant): readonly Effect[] {
  const { read } = incident;
  // What cannot be read just now is not out of danger.
  if (read?.kind === 'gone' || (read?.kind === 'read' && !isPending(read.snapshot.state))) return [];
  if (read === undefined && incident.countdown === undefined) return [];
  const date = incident.countdown?.deletionDate;
  const reminder = { kind: 'planVoid', plan, ...(date === undefined ? {} : { deletionDate: date }) } as const;
  return remindersOf(incident, reminder, volumeNow(incident, reminder, rules, now));
}
