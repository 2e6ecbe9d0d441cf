/** What is learnt of a key and of who stands behind its danger; and what is kept off on purpose. */
import { mayBeAccepted } from './as-before.ts';
import { isShutOutSince, withKnowledge } from './blocked.ts';
import { conclude, openFor } from './conclude.ts';
import { withHold, withSuspicion } from './containment.ts';
import { differenceSummary } from './difference-summary.ts';
import { kept } from './fact.ts';
import type { BlockedHappening, Context, Happening, HeldHappening, SuspectedHappening } from './happening.ts';
import { type Incident, isOpen } from './incident.ts';
import type { Knowledge } from './knowledge.ts';
import { isSuspicionClosed, matterOf, mayBeClosed } from './looked-into.ts';
import { closed, withRead } from './reading.ts';
import { noted, touched, withDanger, withFactId } from './record.ts';
import { withRefusals } from './refused.ts';
import { decided, nothing, type Verdict } from './verdict.ts';

/** What was learnt of an earlier round is another story; so is a policy that shuts us out, where that round is over already. */
export function onLearnt(
  incident: Incident,
  happening: Extract<Happening, { kind: 'learnt' }>,
  context: Context,
): Verdict {
  if (incident.round !== happening.round) return nothing('older news');
  const { id, subject, prior, read } = incident;
  const { cancelling } = happening.knowledge;
  if (cancelling !== undefined && read !== undefined && isShutOutSince(incident, cancelling)) {
    const opening = { id, subject, prior, adopt: false };
    return onRescueBlocked(incident, { kind: 'rescueBlocked', cancelling, opening, read }, context);
  }
  const next = withKnowledge(incident, happening.knowledge, context.now);
  const same = JSON.stringify(next.knowledge) === JSON.stringify(incident.knowledge);
  if (same) return nothing('known already');
  // That it was looked at again is remembered; the card is drawn anew for news only.
  const isNews = newsIn(next.knowledge) !== newsIn(incident.knowledge);
  return conclude(isNews ? touched(next) : next, undefined, context, false);
}

const newsIn = (knowledge: Knowledge | undefined): string =>
  JSON.stringify(knowledge ?? {}, (name, value: unknown) => (name === 'checkedAt' ? undefined : value));

/** What CloudTrail shows beside what events have told. The card is drawn anew for news only. */
export function onRefusals(
  incident: Incident,
  { facts, looked, round }: Extract<Happening, { kind: 'refusals' }>,
  context: Context,
): Verdict {
  if (!isOpen(incident) || incident.round !== round) return nothing('older news');
  const { incident: next, newest } = withRefusals(incident, facts, looked);
  if (newest === undefined) return decided(next);
  const named = withDanger(next, 'useRefused', newest.at, newest);
  return conclude(touched(named), undefined, context, false, undefined, newest.at);
}

/** How the key is now counts as good from here on; only for the comparison that was looked at. */
export function onAccepted(
  incident: Incident,
  happening: Extract<Happening, { kind: 'accepted' }>,
  context: Context,
): Verdict {
  const { comparison } = incident.knowledge ?? {};
  if (!isOpen(incident) || !mayBeAccepted(incident) || comparison?.comparedAt !== happening.comparedAt)
    return nothing('known already');
  const { now } = context;
  const accepted = { ...comparison, accepted: { by: happening.by, at: now } };
  const said = noted({ ...incident, knowledge: { ...incident.knowledge, comparison: accepted } }, now, {
    kind: 'accepted',
    by: happening.by,
    what: differenceSummary(comparison) || 'policy: changed, and last good is no older than that',
  });
  return conclude(touched(said), undefined, context, false);
}

/** A person's word ends what no read ends; only of what they saw, and only while nothing else is the matter. */
export function onLookedInto(
  incident: Incident,
  { by, reason, matter, read }: Extract<Happening, { kind: 'lookedInto' }>,
  { now, rules }: Context,
): Verdict {
  const seen = read === undefined ? incident : withRead(incident, read, rules);
  if (!mayBeClosed(seen) || matterOf(seen) !== matter) return nothing('not ours to say');
  return decided(closed(noted(seen, now, { kind: 'lookedInto', by, reason }), now, 'lookedInto'));
}

/** A policy change took our rescue away: an incident on a key that nothing else endangers. */
export function onRescueBlocked(
  incident: Incident | undefined,
  happening: BlockedHappening,
  context: Context,
): Verdict {
  const { cancelling, opening, read } = happening;
  const fact = happening.fact === undefined ? undefined : kept(happening.fact);
  // An open incident learns of it as of everything else.
  if (incident !== undefined && isOpen(incident))
    return onLearnt(incident, { kind: 'learnt', knowledge: { cancelling }, round: incident.round }, context);
  const open = openFor(incident, opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const told = fact === undefined || open.incident.factIds.includes(fact.id) ? undefined : fact;
  const noting =
    told === undefined
      ? open.incident
      : noted(withFactId(open.incident, told.id), told.at, { kind: 'fact', fact: told });
  const named = withDanger(noting, 'rescueBlocked', cancelling.since?.at ?? context.now, fact);
  const next = { ...named, knowledge: { ...named.knowledge, cancelling } };
  return conclude(touched(next), read, context, open.fresh);
}

/** A key in nobody's danger gets an incident by it: what is kept off on purpose must be seen until it is released. */
export function onHeld(incident: Incident | undefined, happening: HeldHappening, context: Context): Verdict {
  const { hold, fact, opening, read } = happening;
  const open = openFor(incident, opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const watched = open.fresh ? withDanger(withFactId(open.incident, fact.id), 'watched', fact.at, fact) : open.incident;
  return conclude(withHold(watched, hold), read, context, open.fresh);
}

/** Whoever this was done in the name of says it was not them. */
export function onSuspected(incident: Incident | undefined, happening: SuspectedHappening, context: Context): Verdict {
  const { fact, opening, read } = happening;
  if (incident !== undefined && isSuspicionClosed(incident, fact)) return nothing('known already');
  const open = openFor(incident, opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const next = withSuspicion(open.incident, fact);
  return next === open.incident ? nothing('known already') : conclude(next, read, context, open.fresh);
}
