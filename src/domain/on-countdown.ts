/** What time brings, and what people say to it: reminders, acknowledgements, plans. */
import { type Attention, quietUntil } from './attention.ts';
import { comparing, conclude, openFor } from './conclude.ts';
import { isLivePlan } from './decommission.ts';
import type { Context, Happening, PlannedHappening } from './happening.ts';
import { samePerson } from './ids.ts';
import { type Incident, isOpen } from './incident.ts';
import { hasScheduled, planSeen, withPlan } from './planning.ts';
import { withRead } from './reading.ts';
import { noted, touched, withDanger } from './record.ts';
import { isSelf } from './self.ts';
import { spoken } from './speaking.ts';
import { decided, nothing, type Verdict } from './verdict.ts';

/** A moment the record asked for has come: what is to be said is said, however late (ms). */
export function onDue(incident: Incident, happening: Extract<Happening, { kind: 'due' }>, context: Context): Verdict {
  const verdict = conclude(incident, happening.read, context, false);
  if (verdict.kind !== 'decided' || !isOpen(verdict.decision.incident)) return verdict;
  const { decision } = verdict;
  const said = spoken(decision.incident, context.rules, context.now, happening.late);
  return comparing(decided(said.incident, [...decision.effects, ...said.effects]), context);
}

/** Acknowledged or snoozed: nobody is mentioned until then. */
export function onAttended(incident: Incident, attention: Pick<Attention, 'kind' | 'by'>, context: Context): Verdict {
  if (!isOpen(incident)) return nothing('not ours to say');
  const { now, rules } = context;
  const full: Attention = { ...attention, at: now, until: quietUntil(attention.kind, incident, rules, now) };
  const heard = noted({ ...incident, attention: full }, now, { kind: 'attended', attention: full });
  return conclude(touched(heard), undefined, context, false);
}

/** A deletion that is meant. Quiet only once somebody else agrees. */
export function onPlanned(incident: Incident | undefined, happening: PlannedHappening, context: Context): Verdict {
  const { plan, opening, read } = happening;
  if (incident !== undefined && isOpen(incident) && isLivePlan(incident.plan)) return nothing('planned already');
  // Nobody plans that the one who counts down goes dark: first the key leaves `self.keys`.
  if (opening.subject.kind === 'key' && isSelf(opening.subject.key.arn, context.rules)) return nothing('own key');
  const open = openFor(incident, opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const named = withDanger(open.incident, 'deletionPlanned', context.now);
  return conclude(withPlan(named, plan, context.now), read, context, open.fresh);
}

/** Only somebody else makes a countdown quiet: neither who asked for it nor who scheduled the deletion. */
export function onPlanDecided(
  incident: Incident,
  happening: Extract<Happening, { kind: 'planDecided' }>,
  context: Context,
): Verdict {
  const seen = planSeen(withRead(incident, happening.read, context.rules), context.rules, context.now);
  const { plan } = seen.incident;
  // What is void since that very read is written down with it.
  if (plan?.status.kind === 'void' && isLivePlan(incident.plan)) {
    const verdict = conclude(seen.incident, undefined, context, false);
    return verdict.kind === 'decided'
      ? decided(verdict.decision.incident, [...seen.effects, ...verdict.decision.effects])
      : verdict;
  }
  const { by, agreed, names } = happening;
  if (!isOpen(incident) || plan === undefined || plan.at !== happening.planAt) return nothing('no plan');
  // What was agreed to can be taken back: that makes it louder.
  if (plan.status.kind !== 'proposed' && (agreed || plan.status.kind !== 'agreed')) return nothing('no plan');
  if (agreed && isSelf(incident, context.rules)) return nothing('own key');
  if (agreed && samePerson(by, plan.by)) return nothing('own plan');
  if (agreed && hasScheduled(seen.incident, by, names)) return nothing('scheduled it');
  const status = agreed
    ? ({ kind: 'agreed', by, at: context.now, names } as const)
    : ({ kind: 'declined', by, at: context.now } as const);
  return conclude(withPlan(seen.incident, { ...plan, status }, context.now), undefined, context, false);
}
