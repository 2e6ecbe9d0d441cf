/**
 * A click is written down first, then acknowledged; only then is it checked and turned into an action. What was written
 * down and not worked off (the process died) is found again by the pulse.
 */
import type { Action, ActionKind, Asker } from '../domain/action.ts';
import type { ActionId, ChannelId, EffectId, IncidentId, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident, runningAction } from '../domain/incident.ts';
import { fingerprintOf } from '../domain/key.ts';
import { toleranceOf } from '../domain/policy.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { look, lookWithin, openingOfKey } from './look.ts';

/** How long a click waits for Slack to say whose it was. */
const ROLE_PATIENCE = 60_000;

export interface Wish {
  readonly kind: ActionKind;
  readonly by: Asker;
  readonly reason?: string;
  readonly ticket?: string;
  /** Tells one wish from another: the same click delivered twice is one wish. */
  readonly nonce: string;
}

export type Written =
  | { readonly kind: 'written'; readonly effect: EffectId }
  /** Nothing of ours under that id: the memory was lost, or the id is forged. */
  | { readonly kind: 'noSuchIncident' }
  | { readonly kind: 'over' };

export function actionOf(house: House, id: IncidentId, wish: Wish, incident: Incident | undefined): Action {
  const { kind, by, reason, ticket } = wish;
  const seen = incident?.read?.kind === 'read' ? incident.read.snapshot : undefined;
  return {
    id: `a${house.hash(`${id} ${kind} ${wish.nonce}`).slice(0, 31)}` as ActionId,
    kind,
    by,
    askedAt: house.clock.now(),
    calls: [],
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(seen === undefined ? {} : { decidedOn: fingerprintOf(seen), stateSeen: seen.state }),
  };
}

/** Writes the click down; rejects with `StoreUnavailable` when it could not, and the person reads "not recorded". */
export async function writeClick(house: House, id: IncidentId, wish: Wish, channel: ChannelId): Promise<Written> {
  const known = await house.incidents.load(id);
  if (known === undefined) return { kind: 'noSuchIncident' };
  if (!isOpen(known)) return { kind: 'over' };
  const action = actionOf(house, id, wish, known);
  const effect = `e${house.hash(`click ${action.id}`).slice(0, 63)}` as EffectId;
  // The same click again, or one that is an action already.
  if (known.actions.some((one) => one.id === action.id)) return { kind: 'written', effect };
  await amend(house, id, (incident) => incident, { add: [{ kind: 'click', incident: id, action, channel }] });
  return { kind: 'written', effect };
}

/** Works a written click off: who was it, may they, is nothing under way? Then the action is asked for. */
export async function workOffClick(house: House, effectId: EffectId): Promise<void> {
  const pending = await house.incidents.effect(effectId);
  if (pending === undefined || pending.effect.kind !== 'click') return;
  const { incident: id, action, channel } = pending.effect;
  if (action.by.via !== 'slack') return house.incidents.forget(effectId);
  const { person } = action.by;
  const membership = await house.people.check(person, 'responder', toleranceOf(action.kind));
  // A silent Slack is asked again, by the queue and the pulse, before the click is given up.
  if (
    membership.kind === 'unknown' &&
    membership.passing === true &&
    house.clock.now() - action.askedAt < ROLE_PATIENCE
  ) {
    throw new Error('Slack does not say yet who somebody is');
  }
  if (membership.kind !== 'may') {
    house.log.info(
      { incident: id, action: action.id, reason: membership.kind === 'mayNot' ? membership.why : 'unknown' },
      'a click was refused',
    );
    await house.incidents.forget(effectId);
    const words =
      membership.kind === 'mayNot'
        ? ({ kind: 'mayNot', why: membership.why, action: action.kind } as const)
        : ({ kind: 'roleUnknown', message: membership.message } as const);
    return house.chat.whisper(channel, person, words);
  }
  const incident = await house.incidents.load(id);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) {
    await house.incidents.forget(effectId);
    return house.chat.whisper(channel, person, { kind: 'noSuchButton' });
  }
  const opening = openingOfKey(house, key, await house.index.get(key));
  // Written while the incident was open; if somebody was quicker and it is over, nothing is asked of a calm key.
  const outcome = await change(
    house,
    id,
    (now) => (now !== undefined && isOpen(now) ? { kind: 'asked', action, opening } : undefined),
    { remove: [effectId] },
  );
  if (outcome.kind !== 'nothing') return;
  await house.incidents.forget(effectId);
  if (outcome.why === 'not ours to say')
    return house.chat.whisper(channel, person, {
      kind: 'notNow',
      message: 'This incident was over before your click was worked off.',
    });
  if (outcome.why === 'already running') {
    const running = runningAction((await house.incidents.load(id)) ?? incident);
    const by = running?.by.via === 'slack' ? running.by.person.user : 'the operator';
    await house.chat.whisper(channel, person, { kind: 'alreadyRunning', action: running?.kind ?? action.kind, by });
  }
}

/** Hurries a written click on in this process; the queue has it as well. */
export async function hurryClick(house: House, effect: EffectId, incident: IncidentId): Promise<void> {
  try {
    await workOffClick(house, effect);
  } catch (error) {
    house.log.warn({ effect, incident, error }, 'the click stays written down, the queue tries again');
  }
}

export type Asked =
  | { readonly kind: 'asked'; readonly incident: Incident; readonly action: ActionId }
  | { readonly kind: 'alreadyRunning'; readonly incident: Incident | undefined }
  | { readonly kind: 'changed'; readonly incident: Incident | undefined };

/** Asks for an action on a key by a command, a modal or the terminal; the asker's role was checked. Opens an incident if need be. */
export async function askFor(house: House, key: KeyRef, wish: Wish): Promise<Asked> {
  const [memory, read] = await Promise.all([
    house.index.get(key),
    lookWithin(house, key, house.settings.firstReadWithin),
  ]);
  const opening = openingOfKey(house, key, memory);
  let action: Action | undefined;
  const outcome = await change(house, opening.id, (incident) => {
    const basis = read === undefined || incident === undefined ? incident : { ...incident, read };
    const seen =
      read?.kind === 'read' ? { decidedOn: fingerprintOf(read.snapshot), stateSeen: read.snapshot.state } : {};
    action = { ...actionOf(house, opening.id, wish, basis), ...seen };
    return { kind: 'asked', action, opening, ...(read === undefined ? {} : { read }) };
  });
  if (outcome.kind === 'saved' && action !== undefined)
    return { kind: 'asked', incident: outcome.incident, action: action.id };
  const incident = await house.incidents.load(opening.id);
  return outcome.kind === 'nothing' && outcome.why === 'already running'
    ? { kind: 'alreadyRunning', incident }
    : { kind: 'changed', incident };
}

/** Reads the key again and draws its card anew: the answer to a button that no longer means anything. */
export async function refresh(house: House, id: IncidentId): Promise<Incident | undefined> {
  const incident = await house.incidents.load(id);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (key === undefined) return incident;
  await change(house, id, { kind: 'read', read: await look(house, key) });
  const outcome = await change(house, id, { kind: 'redraw' });
  return outcome.kind === 'saved' ? outcome.incident : incident;
}
