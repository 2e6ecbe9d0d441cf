/**
 * One plot, every door: webhook, sweep, command and click end here. From what is known and what happened to what is so
 * now and what should be done. Nothing is called and nothing is read; the result can be printed.
 */
import { eventsOfTimeline } from './audit-events.ts';
import { toldOfBlocked } from './blocked.ts';
import { comparing, conclude } from './conclude.ts';
import { released, withAnswer, withIntruder } from './containment.ts';
import type { Effect } from './effect.ts';
import type { Context, Happening, KnownHappening } from './happening.ts';
import { type Incident, isOpen } from './incident.ts';
import { namesNewSuspect } from './intruder.ts';
import { closableOf } from './looked-into.ts';
import { onAction, onAnswered, onEnded } from './on-action.ts';
import { onAttended, onDue, onPlanDecided, onPlanned } from './on-countdown.ts';
import { onAlarm, onFact, onLinked, onReadableAgain, onSwept } from './on-fact.ts';
import {
  onAccepted,
  onHeld,
  onLearnt,
  onLookedInto,
  onRefusals,
  onRescueBlocked,
  onSuspected,
} from './on-knowledge.ts';
import { onAsked, onConsidered, onRequested, onReviewed } from './on-request.ts';
import { pagesOf } from './page.ts';
import type { Decision } from './reading.ts';
import { noted, touched } from './record.ts';
import { approvalEffects } from './requests.ts';
import { searchedInVain } from './search.ts';
import { endangersSelf, withSelf } from './self.ts';
import { remindersOf } from './speaking.ts';
import { decided, nothing, type Verdict } from './verdict.ts';
import { withWorse } from './worse.ts';

/** The one decision: the verdict on what happened, with everything that any decision owes (warnings, pages, the audit trail). */
export function decide(incident: Incident | undefined, happening: Happening, context: Context): Verdict {
  const verdict = verdictOn(incident, happening, context);
  if (verdict.kind !== 'decided') return verdict;
  const { decision } = verdict;
  const offering = withOffer(incident, decision);
  const told = withAlarm(withWorse(incident, withBlocked(incident, withOwnKey(offering, context)), context));
  const paged = withPages(told.incident, context);
  return decided(paged.incident, [
    ...told.effects,
    ...approvalEffects(incident, paged.incident),
    ...owedToAudit(incident, paged.incident),
    ...(namesNewSuspect(incident, paged.incident)
      ? [{ kind: 'investigate', incident: paged.incident.id } as const]
      : []),
    ...paged.effects,
  ]);
}

/** That it may be closed on a person's word follows from when it was read and judged as well, which is no other news on its card. */
function withOffer(before: Incident | undefined, { incident, effects }: Decision): Decision {
  const isDrawn = before === undefined || incident.revision > before.revision;
  return isDrawn || closableOf(incident) === closableOf(before)
    ? { incident, effects }
    : { incident: touched(incident), effects };
}

/** A rescue that would fail is told at once. */
const withBlocked = (before: Incident | undefined, { incident, effects }: Decision): Decision => ({
  incident,
  effects: [...effects, ...toldOfBlocked(before, incident)],
});

/** A key that the bot depends on is in danger: everybody hears it at once, whatever else there is to say. */
function withOwnKey({ incident, effects }: Decision, { rules }: Context): Decision {
  const marked = withSelf(incident, rules);
  if (!endangersSelf(marked) || marked.selfTold === true) return { incident: marked, effects };
  const told = remindersOf(marked, { kind: 'ownKey' }, 'everyone');
  return { incident: { ...marked, selfTold: true }, effects: [...effects, ...told] };
}

/** Whoever was woken hears of the end, good or bad, where they were woken. */
function withAlarm({ incident, effects }: Decision): Decision {
  const { alarmed, ...rest } = incident;
  const { phase } = incident;
  if (phase.kind === 'closed' && alarmed === true) {
    const over: Effect = { kind: 'alert', incident: incident.id, reminder: { kind: 'over', outcome: phase.outcome } };
    return { incident: rest, effects: [...effects, over] };
  }
  const alarms = effects.some(({ kind }) => kind === 'alert');
  return { incident: alarms && isOpen(incident) ? { ...incident, alarmed: true } : incident, effects };
}

/** The pager is told what it should know and does not, and what is over. */
function withPages(incident: Incident, { rules, now }: Context): Decision {
  const wanted = pagesOf(incident, rules, now);
  const { paged = [], ...rest } = incident;
  const begun = wanted.filter((page) => !paged.includes(page));
  const over = paged.filter((page) => !wanted.includes(page));
  if (begun.length + over.length === 0) return { incident, effects: [] };
  const effects: Effect[] = [
    ...begun.map((page) => ({ kind: 'page', incident: incident.id, page, over: false }) as const),
    ...over.map((page) => ({ kind: 'page', incident: incident.id, page, over: true }) as const),
  ];
  return { incident: wanted.length === 0 ? rest : { ...rest, paged: wanted }, effects };
}

/** Who silenced a countdown, and what became of a plan, stand in the audit trail. */
function owedToAudit(before: Incident | undefined, after: Incident): readonly Effect[] {
  const events = eventsOfTimeline(after, before?.nextSeq ?? 0);
  return events.length === 0 ? [] : [{ kind: 'audit', incident: after.id, events }];
}

function verdictOn(incident: Incident | undefined, happening: Happening, context: Context): Verdict {
  switch (happening.kind) {
    case 'fact':
      return happening.fact.body.kind === 'alarm'
        ? onAlarm(incident, happening, happening.fact.body.alarm, context)
        : onFact(incident, happening, context);
    case 'swept':
      return onSwept(incident, happening, context);
    case 'asked':
      return onAsked(incident, happening, context);
    case 'requested':
      return onRequested(incident, happening, context);
    case 'considered':
      return onConsidered(incident, happening, context);
    case 'planned':
      return onPlanned(incident, happening, context);
    case 'held':
      return onHeld(incident, happening, context);
    case 'suspected':
      return onSuspected(incident, happening, context);
    case 'rescueBlocked':
      return onRescueBlocked(incident, happening, context);
    default:
      return incident === undefined ? nothing('no incident') : onKnown(incident, happening, context);
  }
}

function onKnown(incident: Incident, happening: KnownHappening, context: Context): Verdict {
  switch (happening.kind) {
    case 'read':
      return comparing(conclude(incident, happening.read, context, false), context);
    case 'details':
      return conclude(touched({ ...incident, details: happening.details }), undefined, context, false);
    case 'learnt':
      return onLearnt(incident, happening, context);
    case 'investigated': {
      const next = isOpen(incident) ? withIntruder(incident, happening.principal, happening.intruder) : undefined;
      return next === undefined ? nothing('known already') : decided(next);
    }
    case 'said': {
      // Of what is over as well: that a key was saved makes a stolen name no less stolen.
      const said = withAnswer(incident, happening.principal, happening.answer, happening.quietly);
      return said === undefined ? nothing('known already') : decided(said.incident, said.effects);
    }
    case 'released':
      if (incident.hold === undefined) return nothing('not on hold');
      return conclude(released(incident, happening.by, context.now), undefined, context, false);
    case 'refusals':
      return onRefusals(incident, happening, context);
    case 'prior':
      // A lookup may take minutes: what became known meanwhile, by an action of ours or in a later round, is younger.
      if (incident.prior.kind === 'known' || incident.round !== happening.round) return nothing('known already');
      return conclude(touched({ ...incident, prior: happening.prior }), undefined, context, false);
    case 'intended':
      return onAction(incident, happening.action, (action) => ({
        ...action,
        calls: [...action.calls, happening.call],
      }));
    case 'answered':
      return onAnswered(incident, happening, context);
    case 'ended':
      return onEnded(incident, happening, context);
    case 'reviewed':
      return onReviewed(incident, happening, context);
    case 'due':
      return onDue(incident, happening, context);
    case 'accepted':
      return onAccepted(incident, happening, context);
    case 'lookedInto':
      return onLookedInto(incident, happening, context);
    case 'attended':
      return onAttended(incident, happening.attention, context);
    case 'planDecided':
      return onPlanDecided(incident, happening, context);
    case 'searched': {
      if (incident.search === undefined) return nothing('not ours to say');
      const search = searchedInVain(incident.search, happening.candidates, context.now, happening.problem);
      const same =
        JSON.stringify(search.candidates) === JSON.stringify(incident.search.candidates) &&
        search.state === incident.search.state;
      const next = { ...incident, search };
      return decided(
        same
          ? next
          : touched(noted(next, context.now, { kind: 'candidates', keys: search.candidates.map((key) => key.arn) })),
      );
    }
    case 'linked':
      return onLinked(incident, happening, context);
    case 'readableAgain':
      return onReadableAgain(incident, context);
    case 'redraw':
      return decided(touched(incident));
  }
}
