/** Learning what the first card could not wait for: aliases, tags, last use, and the state before the danger. */
import { requestIdsOf } from '../domain/action.ts';
import { isClosedByNobody } from '../domain/cancelling.ts';
import type { LearnPart, PendingEffect } from '../domain/effect.ts';
import { callOf, type Fact } from '../domain/fact.ts';
import type { EffectId, IncidentId, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident, type Prior } from '../domain/incident.ts';
import { isNotAsked } from '../domain/key.ts';
import { priorFrom } from '../domain/prior.ts';
import { partsNotAsked } from '../domain/shape-parts.ts';
import { amend, change } from './commit.ts';
import { gather } from './gather.ts';
import type { House } from './house.ts';
import { knowShape } from './know.ts';
import { openingOfKey } from './look.ts';
import { lookBack } from './look-back.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const SECOND = 1_000;
/** CloudTrail's event history goes back 90 days. */
const HISTORY = 89 * DAY;

interface LearnErrand {
  readonly incident: IncidentId;
  readonly effect: EffectId;
  readonly signal: AbortSignal;
}

export async function learn(house: House, errand: LearnErrand): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return house.incidents.forget(errand.effect);
  const pending = await house.incidents.effect(errand.effect);
  const owed = pending?.effect.kind === 'learn' ? pending.effect.owed : undefined;
  if (owed !== undefined) return learnOwed(house, errand, incident, key, owed);
  const details = await house.keys.details(key);
  const outcome = await change(house, errand.incident, { kind: 'details', details });
  if (outcome.kind !== 'saved') return house.incidents.forget(errand.effect);
  const { shape } = await knowShape(house, outcome.incident, key, errand.signal);
  const learnt = (await house.incidents.load(errand.incident)) ?? outcome.incident;
  const who = await learnWho(house, learnt, key, errand.signal);
  if (incident.prior.kind === 'unknown') {
    const prior = await priorBefore(house, incident, key, errand.signal);
    if (prior !== undefined) await change(house, errand.incident, { kind: 'prior', prior, round: incident.round });
  }
  const known = await house.incidents.load(errand.incident);
  if (known !== undefined) await lookBack(house, known, key, errand.signal);
  // Last: CloudTrail's line is long in a storm, and whoever dies in it does all of this again, not only what is owed.
  await settle(house, errand, outcome.incident, [
    ...(shape !== undefined && partsNotAsked(shape).length > 0 ? (['shape'] as const) : []),
    ...(isNotAsked(details.lastUse) ? (['lastUse'] as const) : []),
    ...who,
  ]);
}

/** What there was no slot for, or no answer: asked for again, and nothing else. */
async function learnOwed(
  house: House,
  errand: LearnErrand,
  incident: Incident,
  key: KeyRef,
  owed: readonly LearnPart[],
): Promise<void> {
  if (!isOpen(incident)) return house.incidents.forget(errand.effect);
  const left: LearnPart[] = [];
  if (owed.includes('lastUse') && incident.details !== undefined) {
    const lastUse = await house.keys.lastUse(key, 'itself');
    if (isNotAsked(lastUse)) left.push('lastUse');
    else
      await change(house, incident.id, (now) =>
        now?.details === undefined ? undefined : { kind: 'details', details: { ...now.details, lastUse } },
      );
  }
  if (owed.includes('shape')) {
    const { shape } = await knowShape(house, incident, key, errand.signal);
    if (shape !== undefined && partsNotAsked(shape).length > 0) left.push('shape');
  }
  if (owed.includes('who')) {
    const learnt = (await house.incidents.load(incident.id)) ?? incident;
    left.push(...(await learnWho(house, learnt, key, errand.signal)));
  }
  await settle(house, errand, incident, left);
}

const SOONEST = 10 * SECOND;
const LATEST = 10 * MINUTE;
/** CloudTrail may refuse us for weeks; thousands that ask it each ten minutes would leave its one request a second to nobody else. */
const LATEST_WHO = 360 * MINUTE;

/** What is left stays pending, for ever longer: in a storm thousands wait for the same few slots. */
async function settle(
  house: House,
  { effect }: LearnErrand,
  incident: Incident,
  owed: readonly LearnPart[],
): Promise<void> {
  if (owed.length === 0) return house.incidents.forget(effect);
  const now = house.clock.now();
  const latest = owed.every((part) => part === 'who') ? LATEST_WHO : LATEST;
  const pause = Math.min(latest, Math.max(SOONEST, (now - incident.openedAt) / 2));
  const again: PendingEffect = {
    id: effect,
    effect: { kind: 'learn', incident: incident.id, owed },
    since: now + pause,
  };
  await amend(house, incident.id, (current) => current, { replace: [again] });
}

/**
 * A danger the sweep found by itself has a person behind it as well: CloudTrail knows. Timeline and card learn the call. Answers
 * what is owed: `who` where CloudTrail could not be asked.
 */
async function learnWho(
  house: House,
  incident: Incident,
  key: KeyRef,
  signal: AbortSignal,
): Promise<readonly LearnPart[]> {
  // Named by a run that died before it gathered them; the same twice is once.
  if (incident.dangers.some(({ fact }) => fact?.source === 'cloudtrail')) await gather(house, incident);
  const faceless = new Set<string>(
    incident.dangers.filter((danger) => danger.fact === undefined).map((danger) => danger.kind),
  );
  const { cancelling } = incident.knowledge ?? {};
  // Who closed the policy is behind it as much as who scheduled the deletion.
  const closed = cancelling !== undefined && isClosedByNobody(cancelling);
  if (!closed && !['deletionScheduled', 'keyDisabled', 'materialDeleted'].some((kind) => faceless.has(kind))) return [];
  const now = house.clock.now();
  const answer = await house.trail.search(
    {
      place: key,
      from: now - HISTORY,
      to: now + MINUTE,
      attribute: { name: 'ResourceName', value: key.arn },
      maxPages: 2,
    },
    signal,
  );
  if (answer.kind === 'failed') return ['who'];
  const facts = [...answer.facts].sort((a, b) => b.at - a.at);
  const newest = facts.find((fact) => faceless.has(fact.body.kind));
  const policy = closed ? facts.find((fact) => fact.body.kind === 'policyChanged') : undefined;
  for (const fact of new Set([newest, policy])) {
    const call = fact === undefined ? undefined : callOf(fact.body);
    if (fact === undefined || call === undefined) continue;
    const opening = openingOfKey(house, key, undefined);
    const ours = house.keys.isOurs(call.actor);
    const outcome = await change(house, incident.id, { kind: 'fact', fact, opening, ours });
    // By whom it was tells with whom it belongs.
    if (outcome.kind === 'saved') await gather(house, outcome.incident);
  }
  return [];
}

/**
 * The state before the danger: as the sweep read it, also when it wrote that down only after the incident was opened; else
 * from CloudTrail.
 */
export async function priorBefore(
  house: House,
  incident: Incident,
  key: KeyRef,
  signal?: AbortSignal,
): Promise<Prior | undefined> {
  const calm = (await house.index.get(key))?.calm;
  if (calm !== undefined && calm.at < incident.openedAt)
    return { kind: 'known', state: calm.state, from: 'sweep', at: calm.at };
  return priorFromTrail(house, incident, key, signal);
}

/**
 * The state before the danger, from CloudTrail; `undefined`: history does not tell. Our own calls are left out: event times
 * have whole seconds, so that a cancelling of a moment ago can look like one before the danger.
 */
async function priorFromTrail(
  house: House,
  incident: Incident,
  key: KeyRef,
  signal?: AbortSignal,
): Promise<Prior | undefined> {
  const before = incident.openedAt;
  const answer = await house.trail.search(
    {
      place: key,
      from: before - HISTORY,
      to: before,
      attribute: { name: 'ResourceName', value: key.arn },
      maxPages: 4,
    },
    signal,
  );
  if (answer.kind === 'failed') return undefined;
  // As the record is now: a call of ours may have been sent while CloudTrail was asked, and its request id may not be known yet.
  const actions = (await house.incidents.load(incident.id))?.actions ?? [];
  const ours = actions.filter(({ round }) => round === incident.round);
  const own = new Set(ours.flatMap(requestIdsOf));
  const since = Math.min(...ours.map(({ askedAt }) => askedAt));
  const isOwn = (fact: Fact): boolean => {
    const call = callOf(fact.body);
    if (call === undefined) return false;
    return own.has(call.requestId ?? '') || (fact.at + SECOND > since && house.keys.isOurs(call.actor) !== false);
  };
  const others = answer.facts.filter((fact) => !isOwn(fact));
  return priorFrom([...others].sort((a, b) => b.at - a.at));
}
