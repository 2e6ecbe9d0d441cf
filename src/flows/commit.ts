/** Load, decide, save: the one way a record changes. A save that lost a race is decided anew on the newer record. */
import { soonestOf } from '../domain/deadline.ts';
import { decide } from '../domain/decide.ts';
import type { Effect, LaneItem, PendingEffect, Priority } from '../domain/effect.ts';
import { gatheringsOf, shownElsewhere, shownOn } from '../domain/gathering.ts';
import type { Context, Happening } from '../domain/happening.ts';
import type { ChannelId, EffectId, GatheringId, IncidentId, Place } from '../domain/ids.ts';
import { type Incident, isOpen, type Subject, subjectText } from '../domain/incident.ts';
import type { Decision } from '../domain/reading.ts';
import { dueOf } from '../domain/reading.ts';
import { isSelf } from '../domain/self.ts';
import type { Verdict } from '../domain/verdict.ts';
import { rankOf, rowOf } from '../domain/wave-row.ts';
import type { Save } from '../ports.ts';
import type { House } from './house.ts';

/** A record that many write at once settles within a few rounds; more means a bug, and the job's retry begins afresh. */
const MOST_RACES = 50;

export interface Extras {
  /** Effects that are done with this save. */
  readonly remove?: readonly EffectId[];
  /** Facts that are worked off with this save. */
  readonly facts?: readonly string[];
  /** What opens is gathered next, and its channel is woken by that: else its own card would be quicker than the wave that takes it in. */
  readonly gathers?: true;
}

export type Outcome =
  /** `opened`: there was no open incident before. */
  | { readonly kind: 'saved'; readonly incident: Incident; readonly opened: boolean }
  | { readonly kind: 'nothing'; readonly why: Extract<Verdict, { kind: 'nothing' }>['why'] }
  | { readonly kind: 'later' };

export const incidentIdOf = (house: House, subject: Subject): IncidentId =>
  `i${house.hash(subjectText(subject)).slice(0, 31)}` as IncidentId;

/** The same family always has the same id; a wave's text names its beginning. */
export const gatheringIdOf = (house: House, text: string): GatheringId =>
  `g${house.hash(text).slice(0, 31)}` as GatheringId;

export const placeSubject = (place: Place): Subject => ({ kind: 'place', place });

/** Decides and saves; `happening` may depend on the record that was loaded. Effects start at once. */
export async function change(
  house: House,
  id: IncidentId,
  happening: Happening | ((incident: Incident | undefined) => Happening | undefined),
  extras: Extras = {},
): Promise<Outcome> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const incident = await house.incidents.load(id);
    const what = typeof happening === 'function' ? happening(incident) : happening;
    if (what === undefined) return { kind: 'nothing', why: 'not ours to say' };
    const context: Context = { now: house.clock.now(), rules: house.settings.rules };
    const verdict = decide(incident, what, context);
    if (verdict.kind !== 'decided') return verdict;
    const opened = isOpen(verdict.decision.incident) && (incident === undefined || !isOpen(incident));
    const saved = await save(house, verdict.decision, extras, [], opened && extras.gathers === true);
    if (saved !== undefined) return { kind: 'saved', incident: saved, opened };
  }
  throw new Error('the record kept changing under every attempt to save it');
}

/** Changes a record without a decision: Slack's answers, and effects that are done. `undefined`: leave it. */
export async function amend(
  house: House,
  id: IncidentId,
  edit: (incident: Incident) => Incident | undefined,
  extras: Extras & { readonly add?: readonly Effect[]; readonly replace?: readonly PendingEffect[] } = {},
): Promise<Incident | undefined> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const incident = await house.incidents.load(id);
    const next = incident === undefined ? undefined : edit(incident);
    if (next === undefined) return undefined;
    const saved = await save(house, { incident: next, effects: extras.add ?? [] }, extras, extras.replace);
    if (saved !== undefined) return saved;
  }
  throw new Error('the record kept changing under every attempt to save it');
}

async function save(
  house: House,
  decision: Decision,
  extras: Extras,
  replace: readonly PendingEffect[] = [],
  quietly = false,
): Promise<Incident | undefined> {
  const now = house.clock.now();
  const { revision, card, version } = decision.incident;
  const isChanged = revision > card.shownRevision;
  const incident = shownElsewhere({ ...decision.incident, version: version + 1 });
  const add = decision.effects.map(
    (effect, index): PendingEffect => ({ id: effectId(house, incident, effect, index), effect, since: now }),
  );
  const dueAt = dueOf(incident, house.settings.rules, now);
  const request: Save = {
    incident,
    ...(dueAt === undefined ? {} : { dueAt }),
    add: [...add, ...replace],
    remove: extras.remove ?? [],
    lanes: lanesOf(incident, add, isChanged),
    facts: extras.facts ?? [],
    ...rowsOf(house, incident),
    ...togetherOf(incident, add),
  };
  if (!(await house.incidents.save(request))) return undefined;
  const started = start(house, request, quietly);
  // What opens goes on to its card at once: the queue is told of what else it owes meanwhile.
  if (!quietly) await started;
  return incident;
}

/** Effects that are about one action carry its identity, so that a decision made twice is still one effect. */
function effectId(house: House, incident: Incident, effect: Effect, index: number): EffectId {
  const text =
    effect.kind === 'carryOut'
      ? `carryOut ${effect.action}`
      : effect.kind === 'click'
        ? `click ${effect.action.id}`
        : effect.kind === 'audit' && effect.events === undefined
          ? `audit ${incident.id}`
          : effect.kind === 'remind' && effect.of !== undefined
            ? `alert ${effect.of} ${effect.to}`
            : `${incident.id} ${incident.version} ${index}`;
  return `e${house.hash(text).slice(0, 63)}` as EffectId;
}

/** What the card or cards that list an incident say of it. */
function rowsOf(house: House, incident: Incident): Pick<Save, 'rows'> {
  const gatherings = gatheringsOf(incident);
  if (gatherings.length === 0) return {};
  const self = isSelf(incident, house.settings.rules);
  const row = rowOf(incident, { self, clock: soonestOf(incident) });
  return row === undefined ? {} : { rows: gatherings.map((gathering) => ({ gathering, rank: rankOf(row), row })) };
}

/** What a wave says in one message. What goes elsewhere, to a person or another channel, goes alone. */
function togetherOf(incident: Incident, add: readonly PendingEffect[]): Pick<Save, 'together'> {
  const shown = shownOn(incident);
  if (shown.on !== 'wave') return {};
  const reminders = add.filter(({ effect }) => effect.kind === 'remind' && effect.to === undefined);
  return { together: reminders.map(({ id, since }) => ({ gathering: shown.gathering, effect: id, since })) };
}

function lanesOf(incident: Incident, add: readonly PendingEffect[], isChanged: boolean): Save['lanes'] {
  const { channel, ts, undeliverable } = incident.card;
  const items: { item: LaneItem; priority: Priority; to?: ChannelId }[] = [];
  const shown = shownOn(incident);
  if (isChanged) {
    // Where somebody acts, somebody is waiting to see it: ahead of other cards.
    const priority = incident.actions.length > 0 ? 'approval' : 'card';
    if (shown.on === 'own' && undeliverable === undefined)
      items.push({ item: { kind: 'card', incident: incident.id }, priority });
    // Of one of many that are rescued nobody waits to see just that: for minutes on end nothing else would have its turn.
    const alone = incident.actions.some(({ errand }) => errand === undefined);
    // A family of a wave's key mostly has no card: whether it has one can wait.
    for (const gathering of gatheringsOf(incident))
      items.push({
        item: { kind: 'gathering', gathering },
        priority: shown.on === 'wave' && shown.gathering !== gathering ? 'note' : alone ? priority : 'card',
      });
  }
  if (incident.nextSeq - 1 > incident.notedSeq && ts !== undefined)
    items.push({ item: { kind: 'note', incident: incident.id }, priority: 'note' });
  for (const { id, message } of incident.approvals)
    if (message.revision > message.shownRevision && ts !== undefined)
      items.push({ item: { kind: 'approval', incident: incident.id, approval: id }, priority: 'approval' });
  for (const { id, effect } of add)
    if (effect.kind === 'remind' && (shown.on !== 'wave' || effect.to !== undefined))
      items.push({
        item: { kind: 'effect', effect: id },
        priority: 'deadline',
        ...(effect.to === undefined ? {} : { to: effect.to }),
      });
  return items.map(({ item, priority, to }) => ({ channel: to ?? channel, item, priority }));
}

/** Hurries what the save wrote down. Whatever fails here is found again by the pulse. */
async function start(house: House, saved: Save, quietly: boolean): Promise<void> {
  const channels = new Set(quietly ? [] : saved.lanes.map(({ channel }) => channel));
  for (const channel of channels) house.drains.wake(channel);
  const work = saved.add.map(({ id, effect }) => startEffect(house, id, effect));
  const results = await Promise.allSettled(work);
  for (const result of results)
    if (result.status === 'rejected')
      house.log.warn(
        { incident: saved.incident.id, error: result.reason },
        'could not enqueue at once, the pulse will',
      );
}

/** @param again by the pulse: what was started when it was written down has not ended */
export async function startEffect(house: House, id: EffectId, effect: Effect, again = false): Promise<void> {
  const add = again ? house.queue.ensure.bind(house.queue) : house.queue.add.bind(house.queue);
  switch (effect.kind) {
    case 'click':
      // Whoever wrote the click down works it off at once; the queue has it only when that failed.
      return again ? add('click', id, { incident: effect.incident, effect: id }) : undefined;
    case 'carryOut':
      return add(effect.many === true ? 'carryOutMany' : 'carryOut', id, {
        incident: effect.incident,
        action: effect.action,
        effect: id,
      });
    case 'learn':
      return add('learn', id, { incident: effect.incident, effect: id });
    case 'investigate':
      return add('investigate', id, { incident: effect.incident, effect: id });
    case 'approvers':
      return add('approvers', id, { incident: effect.incident, approval: effect.approval, effect: id });
    case 'audit':
      // Nothing to hurry where the trail is broken: the pulse comes again.
      return again || effect.events !== undefined
        ? add('audit', id, { incident: effect.incident, effect: id })
        : undefined;
    case 'remind':
      // Stands in its channel's lane.
      return;
    case 'alert':
      return add('alert', id, { incident: effect.incident, effect: id });
    case 'page':
      return add('page', id, { incident: effect.incident, effect: id });
    case 'report':
      return add('report', id, { incident: effect.incident, effect: id });
  }
}
