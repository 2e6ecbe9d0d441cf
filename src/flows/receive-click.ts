/**
 * A click is written down first, then acknowledged; only then is it checked and turned into an action. What was written
 * down and not worked off (the process died) is found again by the pulse.
 */
import type { Action, ActionKind, Asker } from '../domain/action.ts';
import type { ActionId, ChannelId, Duration, EffectId, IncidentId, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident, runningAction } from '../domain/incident.ts';
import type { Refusal } from '../domain/interaction.ts';
import { denialWord } from '../domain/policy.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow, mayNeedApproval } from './judgement.ts';
import { look, lookWithin, openingOfKey } from './look.ts';
import { auditRefusal } from './record-audit.ts';

/** How long a click waits for Slack to say whose it was. */
const ROLE_PATIENCE = 60_000;

export interface Wish {
  readonly kind: ActionKind;
  readonly by: Asker;
  /** Tells one wish from another: the same click delivered twice is one wish. */
  readonly nonce: string;
  readonly reason?: string;
  readonly ticket?: string;
  /** One of many that are asked for at once. */
  readonly errand?: string;
}

export type Written =
  | { readonly kind: 'written'; readonly effect: EffectId }
  /** Nothing of ours under that id: the memory was lost, or the id is forged. */
  | { readonly kind: 'noSuchIncident' }
  | { readonly kind: 'over' };

export const actionIdOf = (house: House, id: IncidentId, kind: ActionKind, nonce: string): ActionId =>
  `a${house.hash(`${id} ${kind} ${nonce}`).slice(0, 31)}` as ActionId;

export const actionOf = (house: House, id: IncidentId, { kind, by, nonce, reason, ticket, errand }: Wish): Action => ({
  id: actionIdOf(house, id, kind, nonce),
  kind,
  by,
  askedAt: house.clock.now(),
  ...(reason === undefined ? {} : { reason }),
  ...(ticket === undefined ? {} : { ticket }),
  ...(errand === undefined ? {} : { errand }),
  calls: [],
});

/** Writes the click down; rejects with `StoreUnavailable` when it could not, and the person reads "not recorded". */
export async function writeClick(house: House, id: IncidentId, wish: Wish, channel: ChannelId): Promise<Written> {
  const action = actionOf(house, id, wish);
  const effect = `e${house.hash(`click ${action.id}`).slice(0, 63)}` as EffectId;
  let written: Written = { kind: 'noSuchIncident' };
  await amend(
    house,
    id,
    (incident) => {
      written = isOpen(incident) ? { kind: 'written', effect } : { kind: 'over' };
      // The same click again, or one that is an action already.
      const isKnown = incident.actions.some((one) => one.id === action.id);
      return isOpen(incident) && !isKnown ? incident : undefined;
    },
    { add: [{ kind: 'click', incident: id, action, channel }] },
  );
  return written;
}

/** Works a written click off: who was it, may they, is nothing under way? Then the action is asked for. */
export async function workOffClick(house: House, effectId: EffectId): Promise<void> {
  const pending = await house.incidents.effect(effectId);
  if (pending === undefined || pending.effect.kind !== 'click') return;
  const { incident: id, action, channel } = pending.effect;
  if (action.by.via !== 'slack') return house.incidents.forget(effectId);
  const { person } = action.by;
  const refuse = async (words: Refusal): Promise<void> => {
    await house.incidents.forget(effectId);
    await house.chat.whisper(channel, person, words);
  };
  const incident = await house.incidents.load(id);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return refuse({ kind: 'noSuchButton' });
  const refusal = await refusalOf(house, { action, incident, key });
  if (refusal !== undefined) {
    const reason = refusal.kind === 'mayNot' ? denialWord(refusal.why) : refusal.kind;
    house.log.info({ incident: id, action: action.id, reason }, 'a click was refused');
    return refuse(refusal);
  }
  const opening = openingOfKey(house, key, await house.index.get(key));
  // Written while the incident was open; if somebody was quicker and it is over, nothing is asked of a calm key.
  const outcome = await change(
    house,
    id,
    (now) => (now !== undefined && isOpen(now) ? { kind: 'asked', action, opening } : undefined),
    { remove: [effectId] },
  );
  // Its trace is written by whoever carries it out, before the first call or with the end: that effect stands in the same save.
  if (outcome.kind === 'saved') return;
  if (outcome.kind === 'later') return;
  switch (outcome.why) {
    case 'not ours to say':
      return refuse({ kind: 'notNow', message: 'This incident was over before your click was worked off.' });
    case 'already running':
      return refuse(runningWords((await house.incidents.load(id)) ?? incident, action.kind));
    case 'known already':
    case 'no danger':
    case 'no incident':
    case 'already waiting':
    case 'decided before':
    case 'own request':
    case 'agreed already':
    case 'older news':
      return house.incidents.forget(effectId);
  }
}

/** Why an action may not be asked for, if so; told to the audit trail where somebody was not permitted. */
export async function refusalOf(
  house: House,
  wish: { readonly action: Action; readonly incident: Incident | undefined; readonly key: KeyRef },
): Promise<Refusal | undefined> {
  const { action, incident, key } = wish;
  if (action.by.via !== 'slack') return undefined;
  // What saves is judged on the key by the saga itself; what stops or starts use depends on the key as it is.
  const read = mayNeedApproval(action.kind) ? await lookWithin(house, key, house.settings.firstReadWithin) : undefined;
  const { verdict } = await judgeNow(house, {
    act: action.kind,
    person: action.by.person,
    key,
    incident,
    ...(read?.kind === 'read' ? { snapshot: read.snapshot } : {}),
    wish: { id: action.id, at: action.askedAt },
  });
  switch (verdict.kind) {
    case 'allowed':
      return undefined;
    case 'needsApproval':
      return { kind: 'needsApproval', act: action.kind, why: verdict.why };
    case 'unsure':
      // A silent Slack is asked again, by the queue and the pulse, before the click is given up.
      if (verdict.passing && house.clock.now() - action.askedAt < ROLE_PATIENCE)
        throw new Error('Slack does not say yet who somebody is');
      return { kind: 'roleUnknown', message: verdict.message };
    case 'denied':
      await auditRefusal(house, {
        person: action.by.person,
        what: action.kind,
        why: denialWord(verdict.why),
        incident,
        key,
      });
      return { kind: 'mayNot', why: verdict.why, action: action.kind };
  }
}

export function runningWords(incident: Incident, asked: ActionKind): Refusal {
  const running = runningAction(incident);
  const by = running?.by.via === 'slack' ? running.by.person.user : 'the operator';
  return { kind: 'alreadyRunning', action: running?.kind ?? asked, by };
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

/**
 * Asks for an action on a key by a command, a form or the terminal; the asker was judged. Opens an incident if need be.
 * `patience`: how long the record may wait for a read, ms.
 */
export async function askFor(
  house: House,
  key: KeyRef,
  wish: Wish,
  patience: Duration = house.settings.firstReadWithin,
): Promise<Asked> {
  const [memory, read] = await Promise.all([house.index.get(key), lookWithin(house, key, patience)]);
  const opening = openingOfKey(house, key, memory);
  const action = actionOf(house, opening.id, wish);
  const outcome = await change(house, opening.id, {
    kind: 'asked',
    action,
    opening,
    ...(read === undefined ? {} : { read }),
  });
  if (outcome.kind === 'saved') return { kind: 'asked', incident: outcome.incident, action: action.id };
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
