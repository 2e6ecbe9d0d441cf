/**
 * The keys that the bot itself stands on (`self.keys`): under its Redis, its secrets, its topics, its trail. When such a key dies, the
 * one who would tell of it goes dark first. So any danger to it is of the highest kind: told to everybody at once, and never quiet.
 */
import type { KeyArn } from './ids.ts';
import { type DangerKind, type Incident, isOpen, keyOfIncident, type Rules } from './incident.ts';
import { endangers } from './opening.ts';

/** What people of ours wish for a key is no danger yet. */
const WISHES: readonly DangerKind[] = ['action', 'deletionPlanned', 'watched'];

/** Whether the configuration names this key, or the key of this incident, as one that the bot depends on. */
export function isSelf(of: Incident | KeyArn, { selfKeys }: Pick<Rules, 'selfKeys'>): boolean {
  const arn = typeof of === 'string' ? of : keyOfIncident(of)?.arn;
  return arn !== undefined && selfKeys.has(arn);
}

/** The record with its mark as the configuration has it now: what is drawn and sorted looks at the mark. */
export function withSelf(incident: Incident, rules: Pick<Rules, 'selfKeys'>): Incident {
  const named = isSelf(incident, rules);
  if (named === (incident.self === true)) return incident;
  const { self: _self, ...rest } = incident;
  return named ? { ...rest, self: true } : rest;
}

/** A key of ours in danger: told at once, and to the pager until somebody has it in hand. */
export const endangersSelf = (incident: Incident): boolean =>
  incident.self === true &&
  isOpen(incident) &&
  (incident.dangers.some(({ kind }) => !WISHES.includes(kind)) ||
    (incident.read?.kind === 'read' && endangers(incident.read.snapshot)));
