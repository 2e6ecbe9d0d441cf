/** How every plot begins and ends: the record to work on, and what the key's own word makes of it. */
import { comparesAgain } from './as-before.ts';
import { withLosses } from './clocks.ts';
import type { Effect } from './effect.ts';
import type { Context, Opening } from './happening.ts';
import type { ActionId, Instant } from './ids.ts';
import { type Incident, isOpen } from './incident.ts';
import { type KeyDetails, type KeyRead, known, unknown } from './key.ts';
import { planSeen } from './planning.ts';
import { settled, withRead } from './reading.ts';
import { newIncident, reopened } from './record.ts';
import { overtaken } from './requests.ts';
import { decided, type Verdict } from './verdict.ts';

/** The record to work on: the open one, a new one, the next round, or none. */
export function openFor(
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

/** What an opening knows goes over to the record it opens: names, family, and the card of the alarm that led here. */
export function takingOver(incident: Incident, { aliases, card, family }: Opening): Incident {
  const details: KeyDetails | undefined =
    aliases === undefined || incident.details !== undefined
      ? incident.details
      : { aliases: known([...aliases].sort()), tags: unknown(NOT_YET), lastUse: unknown(NOT_YET) };
  const { former } = incident.card;
  const place = { shownRevision: 0, adopt: false, ...(former === undefined ? {} : { former }) };
  return {
    ...incident,
    ...(details === undefined ? {} : { details }),
    ...(family === undefined ? {} : { family }),
    ...(card === undefined ? {} : { card: { ...place, channel: card.channel, ts: card.ts } }),
  };
}

/**
 * What follows from the key as it was just read: dangers gone, plans disturbed, losses passed, the end. `by`: the action that read it;
 * `usedAt`: somebody tried to use the key then.
 */
export function conclude(
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

/** A key that is not as it was is compared again whenever it is looked at. */
export function comparing(verdict: Verdict, { now }: Context): Verdict {
  if (verdict.kind !== 'decided') return verdict;
  const { incident, effects } = verdict.decision;
  return decided(incident, [...effects, ...comparesAgain(incident, now)]);
}
