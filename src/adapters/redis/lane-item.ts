/** A lane item as a member of a sorted set: `card i…`. The same item has one spelling, and so is in a lane once. */
import { type LaneItem, PRIORITY, type Priority } from '../../domain/effect.ts';
import type { ApprovalId, EffectId, GatheringId, IncidentId } from '../../domain/ids.ts';
import { RecordUnreadable } from './record.ts';

const KINDS: Readonly<Record<LaneItem['kind'], true>> = {
  card: true,
  note: true,
  approval: true,
  effect: true,
  gathering: true,
  gatheringReminders: true,
};
/** Those that this version knows; a newer one may put in others. */
export const ITEM_KINDS = Object.keys(KINDS);

export function encodeItem(item: LaneItem): string {
  switch (item.kind) {
    case 'card':
    case 'note':
      return `${item.kind} ${item.incident}`;
    case 'approval':
      return `approval ${item.incident}.${item.approval}`;
    case 'effect':
      return `effect ${item.effect}`;
    case 'gathering':
    case 'gatheringReminders':
      return `${item.kind} ${item.gathering}`;
  }
}

/** Throws `RecordUnreadable` for a kind this version does not know. */
export function decodeItem(text: string): LaneItem {
  const space = text.indexOf(' ');
  const kind = text.slice(0, space);
  const id = text.slice(space + 1);
  switch (kind) {
    case 'card':
    case 'note':
      return { kind, incident: id as IncidentId };
    case 'approval': {
      const [incident = '', approval = ''] = id.split('.');
      return { kind, incident: incident as IncidentId, approval: approval as ApprovalId };
    }
    case 'effect':
      return { kind, effect: id as EffectId };
    case 'gathering':
    case 'gatheringReminders':
      return { kind, gathering: id as GatheringId };
    default:
      throw new RecordUnreadable(`lane item ${text}`, 'unknown kind');
  }
}

const NAMES = Object.keys(PRIORITY) as Priority[];

export const priorityNamed = (rank: number): Priority => NAMES.find((name) => PRIORITY[name] === rank) ?? 'note';
