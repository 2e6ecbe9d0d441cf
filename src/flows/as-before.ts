/** A rescue is green only when policy, grants and aliases are as they were, too: the last step of an action that restores. */
import type { Action, ActionKind, Ending } from '../domain/action.ts';
import { isOnlyWished } from '../domain/as-before.ts';
import { differenceSummary } from '../domain/difference-summary.ts';
import type { KeyRef } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import type { KeyRead } from '../domain/key.ts';
import { isAsBefore } from '../domain/shape-difference.ts';
import type { House } from './house.ts';
import { know } from './know.ts';

const RESTORING: readonly ActionKind[] = ['rescue', 'enable', 'cancelDeletion'];

export const restores = ({ kind }: Action): boolean => RESTORING.includes(kind);

/** The ending, amber where the key is in its state and is not as it was beside it. */
export async function heldAgainstLastGood(
  house: House,
  incident: Incident,
  {
    action,
    key,
    read,
    ending,
  }: { readonly action: Action; readonly key: KeyRef; readonly read: KeyRead; readonly ending: Ending },
  signal: AbortSignal,
): Promise<Ending> {
  if (ending.kind !== 'verified' || !restores(action) || isOnlyWished(incident)) return ending;
  if (
    (await house.shapes.opening(incident.id, incident.round)) === undefined &&
    (await house.shapes.good(key)) === undefined
  )
    return ending;
  const { knowledge } = await know(house, { ...incident, read }, key, signal);
  const comparison = knowledge?.comparison;
  if (comparison === undefined || isAsBefore(comparison)) return ending;
  return { kind: 'amber', state: ending.state, why: 'notAsBefore', message: differenceSummary(comparison) };
}
