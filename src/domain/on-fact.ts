/** What events, alarms and the sweep tell. */
import type { Action } from './action.ts';
import { isAnswered } from './blocked.ts';
import { conclude, openFor } from './conclude.ts';
import { type EchoVerdict, echoOf } from './echo.ts';
import { type Alarm, type Fact, kept } from './fact.ts';
import type { Context, FactHappening, Happening, SweptHappening } from './happening.ts';
import { type Incident, isOpen } from './incident.ts';
import type { KeyRead } from './key.ts';
import { openingOf, opens, reopens } from './opening.ts';
import { closed, readAtOf } from './reading.ts';
import { newIncident, noted, touched, withDanger, withFactId } from './record.ts';
import { withRefusedUse } from './refused.ts';
import { policyReplaced } from './requests.ts';
import { newSearch } from './search.ts';
import { decided, nothing, type Verdict } from './verdict.ts';

/** What CloudTrail or KMS itself tells of a key: an echo of ours, a misuse of our role, or somebody's doing. */
export function onFact(incident: Incident | undefined, happening: FactHappening, context: Context): Verdict {
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

const mayReopen = (incident: Incident | undefined, fact: Fact, read: KeyRead | undefined, context: Context): boolean =>
  incident?.phase.kind === 'closed' &&
  reopens(fact, isOlderThanEnd(incident, read) ? undefined : read, context.now, incident.phase);

/** It shows what was over by then: a rescue may end between a read of the key and what is made of it. */
const isOlderThanEnd = (incident: Incident | undefined, read: KeyRead | undefined): boolean =>
  incident?.phase.kind === 'closed' && read !== undefined && readAtOf(read) < incident.phase.at;

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

/** A CloudWatch alarm. It names no key: a search begins, and ends with the keys it finds. */
export function onAlarm(
  incident: Incident | undefined,
  happening: FactHappening,
  alarm: Alarm,
  context: Context,
): Verdict {
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

/** The sweep saw what nobody told us. */
export function onSwept(incident: Incident | undefined, happening: SweptHappening, context: Context): Verdict {
  const { danger, read, problem } = happening;
  if (incident !== undefined && isOpen(incident)) {
    const same = incident.dangers.some((one) => one.kind === danger) && incident.problem === problem;
    const next = same ? incident : touched(withDanger(withProblem(incident, problem), danger, context.now));
    return conclude(next, read, context, false);
  }
  const isNews = !isOlderThanEnd(incident, read);
  const open = openFor(incident, happening.opening, context, { opens: true, reopens: isNews });
  if (open === undefined) return nothing('older news');
  let next = withProblem(open.incident, problem);
  if (happening.opening.adopt) next = noted(next, context.now, { kind: 'rebuilt' });
  return conclude(touched(withDanger(next, danger, context.now)), read, context, true);
}

const withProblem = (incident: Incident, problem: string | undefined): Incident =>
  problem === undefined ? incident : { ...incident, problem };

/** A blinded trail or a disconnected store of the same place stays open: only the not-reading is over. */
export function onReadableAgain(incident: Incident, context: Context): Verdict {
  if (!isOpen(incident) || !incident.dangers.some((danger) => danger.kind === 'unreadable'))
    return nothing('not ours to say');
  const { problem: _problem, ...rest } = incident;
  const dangers = incident.dangers.filter((danger) => danger.kind !== 'unreadable');
  return decided(dangers.length === 0 ? closed(incident, context.now, 'readableAgain') : touched({ ...rest, dangers }));
}

/** The keys behind an alarm are found: each has an incident of its own, and this one is over. */
export function onLinked(
  incident: Incident,
  happening: Extract<Happening, { kind: 'linked' }>,
  context: Context,
): Verdict {
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
