/**
 * One plot, every door: webhook, sweep, command and click end here. From what is known and what happened to what is so
 * now and what should be done. Nothing is called and nothing is read; the result can be printed. Above 300 lines, because the plot is one
 * and reads best in one place.
 */
import type { Action, Asker, CallOutcome, CallRecord, Ending } from './action.ts';
import { type Approval, type ApprovalEvent, isWaiting } from './approval.ts';
import { comparesAgain, mayBeAccepted } from './as-before.ts';
import { type Attention, quietUntil } from './attention.ts';
import { eventsOfTimeline } from './audit-events.ts';
import { heedingAnswers, isAnswered, toldOfBlocked, withKnowledge } from './blocked.ts';
import type { Cancelling } from './cancelling.ts';
import { withLosses } from './clocks.ts';
import { type Hold, released, withAnswer, withHold, withIntruder, withSuspicion } from './containment.ts';
import { isLivePlan, type Plan } from './decommission.ts';
import { differenceSummary } from './difference-summary.ts';
import { type EchoVerdict, echoOf, type Ours } from './echo.ts';
import type { Effect } from './effect.ts';
import { type Alarm, type Fact, kept } from './fact.ts';
import {
  type ActionId,
  type ApprovalId,
  type ChannelId,
  type Duration,
  type GatheringId,
  type IncidentId,
  type Instant,
  type KeyRef,
  type MessageTs,
  type Person,
  samePerson,
} from './ids.ts';
import {
  approvalOf,
  type DangerKind,
  type Incident,
  isOpen,
  type Prior,
  type Rules,
  runningAction,
  type Subject,
  waitingApproval,
} from './incident.ts';
import type { Intruder } from './intruder.ts';
import { namesNewSuspect } from './intruder.ts';
import type { Answer } from './investigation.ts';
import { type KeyDetails, type KeyRead, known, unknown } from './key.ts';
import type { Knowledge } from './knowledge.ts';
import { openingOf, opens, reopens } from './opening.ts';
import { pagesOf } from './page.ts';
import { hasScheduled, planSeen, withPlan } from './planning.ts';
import { closed, type Decision, isDone, settled, withRead } from './reading.ts';
import { isHeld, newIncident, noted, reopened, touched, withDanger, withFactId } from './record.ts';
import { type RefusalsLooked, withRefusals, withRefusedUse } from './refused.ts';
import { approvalEffects, overtaken, policyReplaced, reviewed, withRequest } from './requests.ts';
import { newSearch, searchedInVain } from './search.ts';
import { endangersSelf, isSelf, withSelf } from './self.ts';
import { remindersOf, spoken } from './speaking.ts';
import { withWorse } from './worse.ts';

export type { Decision } from './reading.ts';

/** What a decision may use beside the record and the happening. */
export interface Context {
  readonly now: Instant;
  readonly rules: Rules;
}

/** What an incident would be opened with. */
export interface Opening {
  readonly id: IncidentId;
  readonly subject: Subject;
  readonly prior: Prior;
  /** The memory may have been lost: look for our card before posting. */
  readonly adopt: boolean;
  /** Aliases already known, for the first card. */
  readonly aliases?: readonly string[];
  /** Of a multi-Region key. */
  readonly family?: GatheringId;
  /** A card to take over: that of the alarm that led to this key. */
  readonly card?: { readonly channel: ChannelId; readonly ts: MessageTs };
}

export type Happening =
  | {
      readonly kind: 'fact';
      readonly fact: Fact;
      readonly opening: Opening;
      readonly ours: Ours;
      readonly read?: KeyRead;
    }
  /** The sweep saw a danger that nobody told us. */
  | {
      readonly kind: 'swept';
      readonly danger: DangerKind;
      readonly opening: Opening;
      readonly read?: KeyRead;
      readonly problem?: string;
    }
  /** A policy change took our rescue away from a key that nothing else endangers. `fact`: that change, where it was told. */
  | {
      readonly kind: 'rescueBlocked';
      readonly cancelling: Cancelling;
      readonly fact?: Fact;
      readonly opening: Opening;
      readonly read: KeyRead;
    }
  /** Somebody is about to decide about a key that nothing endangers: the record for their form, with no card. */
  | { readonly kind: 'considered'; readonly opening: Opening; readonly read: KeyRead }
  | { readonly kind: 'read'; readonly read: KeyRead }
  | { readonly kind: 'details'; readonly details: KeyDetails }
  /** Parts of what is known of the key were judged anew, in that round. */
  | { readonly kind: 'learnt'; readonly knowledge: Knowledge; readonly round: number }
  /** CloudTrail told what else the principal behind it did. */
  | { readonly kind: 'investigated'; readonly principal: string; readonly intruder: Intruder }
  /** Whoever acts under that principal's name said whether it was them. `quietly`: somewhere else it is said aloud. */
  | { readonly kind: 'said'; readonly principal: string; readonly answer: Answer; readonly quietly?: boolean }
  /** A key without an incident was touched by somebody who says it was not them. */
  | { readonly kind: 'suspected'; readonly fact: Fact; readonly opening: Opening; readonly read?: KeyRead }
  /** Somebody wants a key to stay off. `fact`: their wish, for an incident that it opens. */
  | {
      readonly kind: 'held';
      readonly hold: Hold;
      readonly fact: Fact;
      readonly opening: Opening;
      readonly read?: KeyRead;
    }
  /** Somebody who may end that hold does. */
  | { readonly kind: 'released'; readonly by: Asker }
  /** CloudTrail was looked through for refused uses, in that round. */
  | {
      readonly kind: 'refusals';
      readonly facts: readonly Fact[];
      readonly looked: RefusalsLooked;
      readonly round: number;
    }
  /** `round`: in which it was looked up. */
  | { readonly kind: 'prior'; readonly prior: Prior; readonly round: number }
  | { readonly kind: 'asked'; readonly action: Action; readonly opening: Opening; readonly read?: KeyRead }
  /** Somebody asked for what others must agree to. `action`: of a break-glass, which starts at once. */
  | {
      readonly kind: 'requested';
      readonly approval: Approval;
      readonly action?: Action;
      readonly opening: Opening;
      readonly read: KeyRead;
    }
  /** Something happened to a waiting request. `action`: what it becomes when it is granted by this. */
  | {
      readonly kind: 'reviewed';
      readonly approval: ApprovalId;
      readonly event: ApprovalEvent;
      readonly action: Action;
      readonly read?: KeyRead;
    }
  /** Somebody who may says that this is how the key should be; about what was found to differ since `comparedAt`. */
  | { readonly kind: 'accepted'; readonly by: Person; readonly comparedAt: Instant }
  /** Somebody says they know, or wants to be asked later. */
  | { readonly kind: 'attended'; readonly attention: Pick<Attention, 'kind' | 'by'> }
  /** Somebody means to delete the key on purpose. */
  | { readonly kind: 'planned'; readonly plan: Plan; readonly opening: Opening; readonly read: KeyRead }
  /** Somebody who may agree said yes or no to the plan that was asked for at `planAt`. */
  | {
      readonly kind: 'planDecided';
      readonly planAt: Instant;
      readonly agreed: boolean;
      readonly by: Person;
      /** What Slack calls them. */
      readonly names: readonly string[];
      readonly read: KeyRead;
    }
  | { readonly kind: 'intended'; readonly action: ActionId; readonly call: CallRecord }
  | {
      readonly kind: 'answered';
      readonly action: ActionId;
      readonly runner: string;
      readonly outcome: CallOutcome | { readonly kind: 'confirmedByRead' };
    }
  | { readonly kind: 'ended'; readonly action: ActionId; readonly ending: Ending; readonly read?: KeyRead }
  | { readonly kind: 'due'; readonly read?: KeyRead; readonly late: Duration }
  | { readonly kind: 'searched'; readonly candidates: readonly KeyRef[]; readonly problem?: string }
  /** The keys behind the alarm are known; each has its own incident. `adopted`: one of them took over this card. */
  | {
      readonly kind: 'linked';
      readonly to: readonly { readonly key: KeyRef; readonly incident: IncidentId }[];
      readonly adopted: boolean;
    }
  | { readonly kind: 'readableAgain' }
  | { readonly kind: 'redraw' };

export type Verdict =
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** Nothing changes; the reason is a fixed phrase. */
  | { readonly kind: 'nothing'; readonly why: NothingWhy }
  /** Judge again in a moment: an answer of our own is still under way. */
  | { readonly kind: 'later' };
export type NothingWhy =
  | 'known already'
  | 'no danger'
  | 'no incident'
  | 'already running'
  | 'already waiting'
  | 'decided before'
  | 'own request'
  | 'agreed already'
  | 'not ours to say'
  | 'older news'
  | 'planned already'
  | 'not on hold'
  | 'own key'
  | 'no plan'
  | 'own plan'
  | 'scheduled it';

const decided = (incident: Incident, effects: readonly Effect[] = []): Verdict => ({
  kind: 'decided',
  decision: { incident, effects },
});
const nothing = (why: NothingWhy): Verdict => ({ kind: 'nothing', why });
const MOST_ACTIONS = 30;

export function decide(incident: Incident | undefined, happening: Happening, context: Context): Verdict {
  const verdict = verdictOn(incident, happening, context);
  if (verdict.kind !== 'decided') return verdict;
  const { decision } = verdict;
  const told = withAlarm(withWorse(incident, withBlocked(incident, withOwnKey(decision, context)), context));
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

type FactHappening = Extract<Happening, { kind: 'fact' }>;

function onFact(incident: Incident | undefined, happening: FactHappening, context: Context): Verdict {
  const { read } = happening;
  const fact = kept(happening.fact);
  if (incident?.factIds.includes(fact.id)) return nothing('known already');
  const echo = echoOf(incident, fact, happening.ours, context.now);
  switch (echo.kind) {
    case 'tooEarly':
      return { kind: 'later' };
    case 'echo':
      return incident === undefined ? nothing('no incident') : onEcho(incident, fact, echo);
    case 'misuse':
    case 'foreign':
      break;
  }
  const misused = echo.kind === 'misuse';
  const open = openFor(incident, happening.opening, context, {
    opens: misused || opens(fact, read, context.now),
    reopens: misused || mayReopen(incident, fact, read, context),
  });
  if (open === undefined) return nothing(incident === undefined ? 'no danger' : 'older news');
  const { danger, opens: rule } = openingOf(fact, read);
  let next = noted(withFactId(open.incident, fact.id), fact.at, { kind: 'fact', fact });
  if (misused) next = withDanger(next, 'ownRoleMisused', fact.at, fact);
  if (danger !== undefined && !isAnswered(next, fact, rule)) next = withDanger(next, danger, fact.at, fact);
  if (fact.body.kind === 'policyChanged') next = policyReplaced(next, fact.at, context.now);
  next = touched(withRefusedUse(next, fact));
  const usedAt = fact.body.kind === 'useRefused' ? fact.at : undefined;
  const verdict = conclude(next, read, context, open.fresh, undefined, usedAt);
  return open.fresh || !RESHAPING.includes(fact.body.kind) ? verdict : knownAnew(verdict);
}

/** After these the key is not what was known of it. */
const RESHAPING: readonly Fact['body']['kind'][] = ['policyChanged', 'grantCreated'];

function knownAnew(verdict: Verdict): Verdict {
  if (verdict.kind !== 'decided') return verdict;
  const { incident, effects } = verdict.decision;
  return decided(incident, [...effects, { kind: 'learn', incident: incident.id, owed: ['shape'] }]);
}

/** A key that is not as it was is compared again whenever it is looked at. */
function comparing(verdict: Verdict, { now }: Context): Verdict {
  if (verdict.kind !== 'decided') return verdict;
  const { incident, effects } = verdict.decision;
  return decided(incident, [...effects, ...comparesAgain(incident, now)]);
}

const mayReopen = (incident: Incident | undefined, fact: Fact, read: KeyRead | undefined, context: Context): boolean =>
  incident?.phase.kind === 'closed' && reopens(fact, read, context.now, incident.phase);

function onEcho(incident: Incident, fact: Fact, echo: Extract<EchoVerdict, { kind: 'echo' }>): Verdict {
  const actions = incident.actions.map((action) =>
    action.id === echo.action ? claimed(action, echo.call, fact) : action,
  );
  return decided(
    noted(withFactId({ ...incident, actions }, fact.id), fact.at, { kind: 'fact', fact, echoOf: echo.action }),
  );
}

/** A call whose request id was lost learns it from its echo, so that a second event cannot claim the same call. */
function claimed(action: Action, index: number, fact: Fact): Action {
  const requestId = 'call' in fact.body ? fact.body.call?.requestId : undefined;
  if (requestId === undefined) return action;
  const calls = action.calls.map((call, at) =>
    at === index &&
    call.outcome !== undefined &&
    call.outcome.kind !== 'notSent' &&
    call.outcome.requestId === undefined
      ? { ...call, outcome: { ...call.outcome, requestId } }
      : call,
  );
  return { ...action, calls };
}

function onAlarm(incident: Incident | undefined, happening: FactHappening, alarm: Alarm, context: Context): Verdict {
  const { fact, read } = happening;
  if (incident?.factIds.includes(fact.id)) return nothing('known already');
  const newest = incident?.alarmTimes[alarm.arn];
  const older = newest !== undefined && alarm.changedAt < newest;
  const record = (base: Incident): Incident => ({
    ...withFactId(base, fact.id),
    alarmTimes: older ? base.alarmTimes : { ...base.alarmTimes, [alarm.arn]: alarm.changedAt },
  });
  if (alarm.state !== 'ALARM' || older) {
    // An OK that overtook its ALARM must be remembered, or the late ALARM would open a false incident.
    if (incident === undefined) {
      const memory = record(
        newIncident({
          ...happening.opening,
          channel: context.rules.channelOf(happening.opening.subject),
          now: context.now,
        }),
      );
      return decided({
        ...memory,
        phase: { kind: 'closed', at: context.now, outcome: 'alarmOver' },
        card: { ...memory.card, shownRevision: memory.revision },
      });
    }
    if (!isOpen(incident)) return decided(record(incident));
    const next = noted(record(incident), fact.at, { kind: 'fact', fact });
    const over =
      alarm.state === 'OK' && !older && incident.subject.kind === 'alarm' && incident.search?.state === 'gaveUp';
    return decided(over ? closed(next, context.now, 'alarmOver') : next);
  }
  const open = openFor(incident, happening.opening, context, {
    opens: true,
    reopens: incident?.subject.kind === 'alarm' || mayReopen(incident, fact, read, context),
  });
  if (open === undefined) return incident === undefined ? nothing('no danger') : decided(record(incident));
  let next = withDanger(noted(record(open.incident), fact.at, { kind: 'fact', fact }), 'alarm', fact.at, fact);
  // A second ALARM while the first is still being searched continues that search, around the newer moment.
  if (next.subject.kind === 'alarm')
    next = {
      ...next,
      search: next.search?.state === 'searching' ? { ...next.search, alarm } : newSearch(alarm, context.now),
    };
  // Flapping stays cheap: the card counts, the text is drawn again once.
  return conclude(touched(next), read, context, open.fresh);
}

type SweptHappening = Extract<Happening, { kind: 'swept' }>;

function onSwept(incident: Incident | undefined, happening: SweptHappening, context: Context): Verdict {
  const { danger, read, problem } = happening;
  if (incident !== undefined && isOpen(incident)) {
    const same = incident.dangers.some((one) => one.kind === danger) && incident.problem === problem;
    const next = same ? incident : touched(withDanger(withProblem(incident, problem), danger, context.now));
    return conclude(next, read, context, false);
  }
  const open = openFor(incident, happening.opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no danger');
  let next = withProblem(open.incident, problem);
  if (happening.opening.adopt) next = noted(next, context.now, { kind: 'rebuilt' });
  return conclude(touched(withDanger(next, danger, context.now)), read, context, true);
}

const withProblem = (incident: Incident, problem: string | undefined): Incident =>
  problem === undefined ? incident : { ...incident, problem };

type AskedHappening = Extract<Happening, { kind: 'asked' }>;

function onAsked(incident: Incident | undefined, happening: AskedHappening, context: Context): Verdict {
  const { action, read } = happening;
  if (incident?.actions.some((one) => one.id === action.id)) return nothing('known already');
  if (incident !== undefined && runningAction(incident) !== undefined) return nothing('already running');
  const open = openFor(incident, happening.opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const fresh = open.fresh ? withDanger(open.incident, 'action', context.now) : open.incident;
  const started = withAction(fresh, action, action.askedAt);
  const next = read === undefined ? started.incident : withRead(started.incident, read, context.rules);
  const learn: Effect[] = open.fresh ? [{ kind: 'learn', incident: next.id }] : [];
  return decided(next, [...started.effects, ...learn]);
}

type RequestedHappening = Extract<Happening, { kind: 'requested' }>;

/** One request at a time, and none beside an action under way: what is agreed to must still be about this key. */
function onRequested(incident: Incident | undefined, happening: RequestedHappening, context: Context): Verdict {
  const { approval, action, read } = happening;
  if (incident?.approvals.some((one) => one.id === approval.id)) return nothing('known already');
  if (incident !== undefined && runningAction(incident) !== undefined) return nothing('already running');
  const before = superseded(incident, approval, context.now);
  if (before !== undefined && isOpen(before) && waitingApproval(before) !== undefined)
    return nothing('already waiting');
  const open = openFor(before, happening.opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const fresh = open.fresh ? withDanger(open.incident, 'action', context.now) : open.incident;
  const next = withRequest(withRead(fresh, read, context.rules), approval, context.now);
  const learn: Effect[] = open.fresh ? [{ kind: 'learn', incident: next.id }] : [];
  if (action === undefined) return decided(next, learn);
  const started = withAction(next, action, context.now);
  return decided(started.incident, [...started.effects, ...learn]);
}

/** Nobody holds an admin up in an emergency by asking for something else first. */
function superseded(incident: Incident | undefined, approval: Approval, now: Instant): Incident | undefined {
  const waiting = incident === undefined ? undefined : waitingApproval(incident);
  if (incident === undefined || waiting === undefined || !approval.breakGlass) return incident;
  const outcome = reviewed(incident, waiting, { kind: 'supersede', by: approval.by }, now);
  return 'incident' in outcome ? outcome.incident : incident;
}

type ReviewedHappening = Extract<Happening, { kind: 'reviewed' }>;

function onReviewed(incident: Incident, happening: ReviewedHappening, context: Context): Verdict {
  const approval = approvalOf(incident, happening.approval);
  if (approval === undefined) return nothing('not ours to say');
  // Agreeing would start a second action: the key is about to change, and this request with it.
  if (happening.event.kind === 'agree' && isWaiting(approval) && runningAction(incident) !== undefined)
    return nothing('already running');
  const outcome = reviewed(incident, approval, happening.event, context.now);
  if (!('incident' in outcome)) {
    switch (outcome.kind) {
      case 'unchanged':
        return nothing('known already');
      case 'over':
        return nothing('decided before');
      case 'ownRequest':
        return nothing('own request');
      case 'agreedAlready':
        return nothing('agreed already');
    }
  }
  const { status } = outcome.approval;
  if (status.kind !== 'granted') return conclude(outcome.incident, happening.read, context, false);
  const started = withAction(outcome.incident, happening.action, context.now);
  return decided(started.incident, started.effects);
}

function withAction(incident: Incident, action: Action, at: Instant): Decision {
  const actions = [...incident.actions, { ...action, round: incident.round }].slice(-MOST_ACTIONS);
  const next = touched(noted({ ...incident, actions }, at, { kind: 'asked', action: action.id }));
  const many = action.errand === undefined ? {} : ({ many: true } as const);
  return { incident: next, effects: [{ kind: 'carryOut', incident: next.id, action: action.id, ...many }] };
}

type ConsideredHappening = Extract<Happening, { kind: 'considered' }>;

function onConsidered(incident: Incident | undefined, happening: ConsideredHappening, context: Context): Verdict {
  if (incident !== undefined && isOpen(incident)) return conclude(incident, happening.read, context, false);
  if (incident !== undefined) return decided({ ...incident, read: happening.read });
  const { opening, read } = happening;
  const fresh = takingOver(
    newIncident({ ...opening, channel: context.rules.channelOf(opening.subject), now: context.now }),
    opening,
  );
  const phase = { kind: 'closed', at: context.now, outcome: 'noDanger' } as const;
  return decided({ ...fresh, read, phase, round: 0, card: { ...fresh.card, shownRevision: fresh.revision } });
}

type KnownHappening = Exclude<
  Happening,
  | FactHappening
  | SweptHappening
  | AskedHappening
  | RequestedHappening
  | ConsideredHappening
  | PlannedHappening
  | HeldHappening
  | SuspectedHappening
  | BlockedHappening
>;

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

type HeldHappening = Extract<Happening, { kind: 'held' }>;

/** A key in nobody's danger gets an incident by it: what is kept off on purpose must be seen until it is released. */
function onHeld(incident: Incident | undefined, happening: HeldHappening, context: Context): Verdict {
  const { hold, fact, opening, read } = happening;
  const open = openFor(incident, opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const watched = open.fresh ? withDanger(withFactId(open.incident, fact.id), 'watched', fact.at, fact) : open.incident;
  return conclude(withHold(watched, hold), read, context, open.fresh);
}

type SuspectedHappening = Extract<Happening, { kind: 'suspected' }>;

function onSuspected(incident: Incident | undefined, happening: SuspectedHappening, context: Context): Verdict {
  const { fact, opening, read } = happening;
  const open = openFor(incident, opening, context, { opens: true, reopens: true });
  if (open === undefined) return nothing('no incident');
  const next = withSuspicion(open.incident, fact);
  return next === open.incident ? nothing('known already') : conclude(next, read, context, open.fresh);
}

type BlockedHappening = Extract<Happening, { kind: 'rescueBlocked' }>;

function onRescueBlocked(incident: Incident | undefined, happening: BlockedHappening, context: Context): Verdict {
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

/** What was learnt of an earlier round is another story. */
function onLearnt(incident: Incident, happening: Extract<Happening, { kind: 'learnt' }>, context: Context): Verdict {
  if (incident.round !== happening.round) return nothing('older news');
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
function onRefusals(
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

function onAccepted(
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

/** A blinded trail or a disconnected store of the same place stays open: only the not-reading is over. */
function onReadableAgain(incident: Incident, context: Context): Verdict {
  if (!isOpen(incident) || !incident.dangers.some((danger) => danger.kind === 'unreadable'))
    return nothing('not ours to say');
  const { problem: _problem, ...rest } = incident;
  const dangers = incident.dangers.filter((danger) => danger.kind !== 'unreadable');
  return decided(dangers.length === 0 ? closed(incident, context.now, 'readableAgain') : touched({ ...rest, dangers }));
}

function onLinked(incident: Incident, happening: Extract<Happening, { kind: 'linked' }>, context: Context): Verdict {
  if (!isOpen(incident)) return nothing('not ours to say');
  let next = incident;
  for (const link of happening.to)
    next = noted(next, context.now, { kind: 'linked', key: link.key, incident: link.incident });
  if (next.search)
    next = { ...next, search: { ...next.search, state: 'found', candidates: happening.to.map((link) => link.key) } };
  next = closed(next, context.now, 'linked');
  if (!happening.adopted && incident.card.ts !== undefined) return decided(next);
  // The card belongs to the key now (or was never posted): nothing of this record is drawn any more.
  const { ts: _ts, ...card } = next.card;
  return decided({ ...next, notedSeq: next.nextSeq - 1, card: { ...card, shownRevision: next.revision } });
}

function onAction(incident: Incident, id: ActionId, change: (action: Action) => Action): Verdict {
  if (!incident.actions.some((action) => action.id === id)) return nothing('not ours to say');
  return decided(
    touched({ ...incident, actions: incident.actions.map((action) => (action.id === id ? change(action) : action)) }),
  );
}

/** Only the runner that wrote the intent may write its outcome; a late one is discarded. */
function onAnswered(
  incident: Incident,
  happening: Extract<Happening, { kind: 'answered' }>,
  context: Context,
): Verdict {
  const action = incident.actions.find((one) => one.id === happening.action);
  const index = action?.calls.findIndex((call) => call.outcome === undefined && call.runner === happening.runner) ?? -1;
  if (action === undefined || index < 0) return nothing('not ours to say');
  const outcome = { ...happening.outcome, at: context.now };
  const verdict = onAction(incident, happening.action, (one) => ({
    ...one,
    calls: one.calls.map((call, at) => (at === index ? { ...call, outcome } : call)),
  }));
  if (verdict.kind !== 'decided') return verdict;
  return decided(
    noted(heedingAnswers(verdict.decision.incident), context.now, { kind: 'called', action: action.id, call: index }),
  );
}

function onEnded(incident: Incident, happening: Extract<Happening, { kind: 'ended' }>, context: Context): Verdict {
  const action = incident.actions.find((one) => one.id === happening.action);
  if (action === undefined || action.ending !== undefined) return nothing('not ours to say');
  const verdict = onAction(incident, happening.action, (one) => ({
    ...one,
    ending: { ...happening.ending, at: context.now },
  }));
  if (verdict.kind !== 'decided') return verdict;
  const next = noted(verdict.decision.incident, context.now, { kind: 'ended', action: action.id });
  return conclude(
    isDone(happening.ending) ? withConsequence(next, action, happening.read, context.now) : next,
    happening.read,
    context,
    false,
    happening.action,
  );
}

/** What an action of ours leaves behind. */
function withConsequence(incident: Incident, action: Action, read: KeyRead | undefined, now: Instant): Incident {
  switch (action.kind) {
    case 'disable':
      // Held on purpose from here on: nobody enables it alone.
      return { ...incident, prior: { kind: 'known', state: 'Disabled', from: 'read', at: now } };
    case 'deleteMaterial':
      return withDanger(incident, 'materialDeleted', now);
    case 'scheduleDeletion':
      return withDanger(incident, 'deletionScheduled', now);
    case 'enable':
      // On again, on purpose: a rescue later in this round brings it back to this.
      if (!isEnabled(read)) return incident;
      return agreedUnderHold(incident, action)
        ? released(enabledAnew(incident, now), action.by, now)
        : enabledAnew(incident, now);
    case 'rescue':
      // The state before a danger stays what it was; only a hold is over.
      return isEnabled(read) && isHeld(incident.prior) ? { ...incident, prior: enabledSince(now) } : incident;
    case 'cancelDeletion':
      return incident;
  }
}

/** Whoever agreed to it knew of the hold, which is over as well; a hold that came later is not. */
function agreedUnderHold(incident: Incident, action: Action): boolean {
  const status = approvalOf(incident, action.approval)?.status;
  return incident.hold !== undefined && status?.kind === 'granted' && incident.hold.at <= status.at;
}

const isEnabled = (read: KeyRead | undefined): boolean => read?.kind === 'read' && read.snapshot.state === 'Enabled';
const wasEnabled = (prior: Prior): boolean => prior.kind === 'known' && prior.state === 'Enabled';
const enabledAnew = (incident: Incident, now: Instant): Incident =>
  wasEnabled(incident.prior) ? incident : { ...incident, prior: enabledSince(now) };
const enabledSince = (now: Instant): Prior => ({ kind: 'known', state: 'Enabled', from: 'read', at: now });

function onDue(incident: Incident, happening: Extract<Happening, { kind: 'due' }>, context: Context): Verdict {
  const verdict = conclude(incident, happening.read, context, false);
  if (verdict.kind !== 'decided' || !isOpen(verdict.decision.incident)) return verdict;
  const { decision } = verdict;
  const said = spoken(decision.incident, context.rules, context.now, happening.late);
  return comparing(decided(said.incident, [...decision.effects, ...said.effects]), context);
}

function onAttended(incident: Incident, attention: Pick<Attention, 'kind' | 'by'>, context: Context): Verdict {
  if (!isOpen(incident)) return nothing('not ours to say');
  const { now, rules } = context;
  const full: Attention = { ...attention, at: now, until: quietUntil(attention.kind, incident, rules, now) };
  const heard = noted({ ...incident, attention: full }, now, { kind: 'attended', attention: full });
  return conclude(touched(heard), undefined, context, false);
}

type PlannedHappening = Extract<Happening, { kind: 'planned' }>;

function onPlanned(incident: Incident | undefined, happening: PlannedHappening, context: Context): Verdict {
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
function onPlanDecided(
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

/** The record to work on: the open one, a new one, the next round, or none. */
function openFor(
  incident: Incident | undefined,
  opening: Opening,
  context: Context,
  may: { readonly opens: boolean; readonly reopens: boolean },
): { readonly incident: Incident; readonly fresh: boolean } | undefined {
  if (incident !== undefined && isOpen(incident)) return { incident, fresh: false };
  const channel = context.rules.channelOf(opening.subject);
  if (incident !== undefined) {
    if (!may.reopens) return undefined;
    return { incident: takingOver(reopened(incident, channel, opening.prior, context.now), opening), fresh: true };
  }
  if (!may.opens) return undefined;
  return { incident: takingOver(newIncident({ ...opening, channel, now: context.now }), opening), fresh: true };
}

const NOT_YET = 'not looked up yet';

function takingOver(incident: Incident, { aliases, card, family }: Opening): Incident {
  const details: KeyDetails | undefined =
    aliases === undefined || incident.details !== undefined
      ? incident.details
      : { aliases: known([...aliases].sort()), tags: unknown(NOT_YET), lastUse: unknown(NOT_YET) };
  return {
    ...incident,
    ...(details === undefined ? {} : { details }),
    ...(family === undefined ? {} : { family }),
    ...(card === undefined ? {} : { card: { channel: card.channel, ts: card.ts, shownRevision: 0, adopt: false } }),
  };
}

function conclude(
  incident: Incident,
  read: KeyRead | undefined,
  context: Context,
  fresh: boolean,
  by?: ActionId,
  usedAt?: Instant,
): Verdict {
  const seen = read === undefined ? incident : withRead(incident, read, context.rules, by);
  const plan = planSeen(overtaken(incident, seen, read, context.now), context.rules, context.now, usedAt);
  const end = settled(withLosses(plan.incident, context.rules, context.now), context.now);
  const learn: Effect[] =
    fresh && end.incident.subject.kind === 'key' ? [{ kind: 'learn', incident: end.incident.id }] : [];
  return decided(end.incident, [...plan.effects, ...end.effects, ...learn]);
}
