/** The sections of a digest about keys and incidents. Each shows the first few, and counts and points to the rest. */
import type { SectionBlock } from '@slack/types';
import { acknowledgedBy } from '../../../domain/attention.ts';
import { isPlanned } from '../../../domain/decommission.ts';
import type { Digest, DisabledKey, DyingKeys, RememberedKey, UnreadPlace } from '../../../domain/digest.ts';
import type { Instant } from '../../../domain/ids.ts';
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { section } from './blocks.ts';
import { cardTitle } from './card.ts';
import { lossWords } from './clock-lines.ts';
import { accountWords, personWords, rawNameOf } from './names.ts';
import { cutMarkdown, foreign } from './text.ts';
import { dayAndTime } from './times.ts';
import { lastUseShortly } from './use-lines.ts';
import type { View } from './view.ts';

/**
 * Signs of each section: together they leave room for picture and notes within what a message may hold, so that no section is
 * dropped for one that has much to say.
 */
const ROOM = { dying: 2_400, unattended: 1_500, unread: 900, material: 900, disabled: 1_200, deleted: 1_300 } as const;
/** Names from outside may make a row long; none takes the place of three. */
const MOST_ROW = 400;

interface Row {
  readonly words: string;
  /** How many of the total it stands for. */
  readonly count: number;
}

/** As many rows as fit, whole; `undefined`: there is nothing to tell. */
export function listSection(
  title: string,
  rows: readonly Row[],
  total: number,
  rest: string,
  room: number,
): SectionBlock | undefined {
  if (total === 0) return undefined;
  const lines: string[] = [title];
  let left = room - title.length - rest.length;
  let shown = 0;
  for (const { words, count } of rows) {
    const line = cutMarkdown(`•  ${words}`, MOST_ROW);
    left -= line.length + 1;
    if (left < 0) break;
    lines.push(line);
    shown += count;
  }
  if (shown < total) lines.push(shown === 0 ? rest : `and ${total - shown} more: ${rest}`);
  return section(lines);
}

export const dyingSection = ({ dying, at }: Digest, view: View): SectionBlock | undefined =>
  listSection(
    `🔴 *Pending deletion*  ${counted(dying.total)}, soonest first`,
    dying.rows.map((family) => ({ words: dyingWords(family, at, view), count: family.keys.length })),
    dying.total,
    '`/kms list pending`',
    ROOM.dying,
  );

const counted = (count: number): string => `${count} ${count === 1 ? 'key' : 'keys'}`;

function dyingWords({ name, keys, incident }: DyingKeys, at: Instant, view: View): string {
  const [first, ...others] = keys;
  const where =
    others.length === 0
      ? [placeWords(first, view), dateWords(first)]
      : [
          accountWords(first.key.account, view),
          ...keys.map((one) => `${one.key.region} ${roleWords(one)}${dateWords(one)}`),
        ];
  return [
    titleWords(name, incident, view),
    ...where,
    ...harmWords(incident, at),
    ...standingWords(incident, at),
    staleWords(first),
  ]
    .filter((part) => part !== '')
    .join('  ·  ');
}

const roleWords = ({ memory }: RememberedKey): string =>
  memory.multiRegion === undefined ? '' : `(${memory.multiRegion.toLowerCase()}) `;

const dateWords = ({ memory }: RememberedKey): string =>
  memory.deletionDate === undefined ? 'waits for its replicas' : `deleted after ${dayAndTime(memory.deletionDate)}`;

/** What may be lost before the key is, and when it was last used. */
function harmWords(incident: Incident | undefined, at: Instant): readonly string[] {
  if (incident === undefined) return [];
  const { losses, details, knowledge } = incident;
  return [
    losses === undefined || losses.deletionDate <= at ? '' : `⏳ ${lossWords(losses)}`,
    details === undefined ? '' : lastUseShortly(details.lastUse, knowledge?.use),
  ];
}

/** Who has it in hand, and whether it is meant to be. */
function standingWords(incident: Incident | undefined, at: Instant): readonly string[] {
  if (incident === undefined) return [];
  const by = acknowledgedBy(incident, at);
  return [
    by === undefined ? '' : `👀 ${personWords(by)}`,
    isPlanned(incident) && incident.plan !== undefined ? `🗓️ planned, ${foreign(incident.plan.ticket, 60)}` : '',
  ];
}

const staleWords = ({ memory }: RememberedKey): string =>
  (memory.unreadable ?? 0) > 0 ? `⚠️ not readable since ${dayAndTime(memory.readAt)}` : '';

const MOST_NAME = 80;

/** A name, as a link to its card where there is one. */
function titleWords(name: string, incident: Incident | undefined, view: View): string {
  const url = incident === undefined ? undefined : view.cardUrl?.(incident);
  const words = foreign(name, MOST_NAME);
  return url === undefined ? `*${words}*` : `*<${url}|${words}>*`;
}
const nameWords = ({ key, memory }: RememberedKey): string => foreign(memory.aliases[0] ?? key.keyId, MOST_NAME);
const placeWords = ({ key }: RememberedKey, view: View): string => `${accountWords(key.account, view)} ${key.region}`;

export const unattendedSection = ({ unattended }: Digest, view: View): SectionBlock | undefined =>
  listSection(
    `🔔 *Acknowledged by nobody*  ${unattended.total} open ${unattended.total === 1 ? 'incident' : 'incidents'}, oldest first`,
    unattended.rows.map((incident) => ({ words: incidentWords(incident, view), count: 1 })),
    unattended.total,
    'the Home tab has them all',
    ROOM.unattended,
  );

function incidentWords(incident: Incident, view: View): string {
  const title = foreign(cardTitle(incident), 160);
  const url = view.cardUrl?.(incident);
  const { channel } = incident.card;
  const where = url !== undefined || !/^[CG][A-Z0-9]+$/.test(channel) ? '' : ` in <#${channel}>`;
  return `${url === undefined ? title : `<${url}|${title}>`}  ·  since ${dayAndTime(incident.openedAt)}${where}`;
}

export function unreadSection({ unreadPlaces, unreadKeys }: Digest, view: View): SectionBlock | undefined {
  const places = unreadPlaces.map((one) => ({
    words: `${accountWords(one.place.account, view)} ${one.place.region}: ${sweepWords(one)}`,
    count: 1,
  }));
  const keys = unreadKeys.rows.map((one) => ({
    words: `*${nameWords(one)}*  ·  ${placeWords(one, view)}  ·  ${one.memory.readAt === 0 ? 'never read' : `last read ${dayAndTime(one.memory.readAt)}`}`,
    count: 1,
  }));
  return listSection(
    '⚪ *Could not be read*  what is here is not known to be fine',
    [...places, ...keys],
    unreadPlaces.length + unreadKeys.total,
    '`/kms status` says why, key by key',
    ROOM.unread,
  );
}

function sweepWords({ problem, sweptAt }: UnreadPlace): string {
  if (problem !== undefined) return foreign(problem, 160);
  return sweptAt === undefined ? 'not read yet' : `last swept ${dayAndTime(sweptAt)}, not since`;
}

export const materialSection = ({ material, at }: Digest, view: View): SectionBlock | undefined =>
  listSection(
    `🟠 *Imported material*  ${counted(material.total)}: gone, or about to expire`,
    material.rows.map((one) => ({
      words: `*${nameWords(one)}*  ·  ${placeWords(one, view)}  ·  ${materialWords(one, at)}`,
      count: 1,
    })),
    material.total,
    '`/kms list imported`',
    ROOM.material,
  );

function materialWords({ memory }: RememberedKey, at: Instant): string {
  const { state, validTo } = memory;
  const isOver = validTo !== undefined && validTo <= at;
  if (isOver) return `expired ${dayAndTime(validTo)}`;
  if (state === 'PendingImport') return `has none, ${sinceWords(memory)}`;
  return validTo === undefined ? 'expires' : `expires ${dayAndTime(validTo)}`;
}

/** Whoever sees a key for the first time cannot know for how long it has been so. */
const sinceWords = ({ stateSince, readAt }: RememberedKey['memory']): string =>
  stateSince?.exact === true
    ? `since ${dayAndTime(stateSince.at)}`
    : `at least since ${dayAndTime(stateSince?.at ?? readAt)}`;

export function disabledSection(digest: Digest, view: View): SectionBlock | undefined {
  const { disabled, monthlyCost } = digest;
  const anyLoss = disabled.rows.some(({ losses }) => losses !== undefined);
  const lossOf = ({ losses }: DisabledKey): string => (losses === undefined ? '' : `  ·  ⏳ ${lossWords(losses)}`);
  const cost = monthlyCost === undefined ? '' : `; together at least ${monthlyCost} USD a month, rotations not counted`;
  return listSection(
    `⏸️ *Disabled*  ${counted(disabled.total)}, ${anyLoss ? 'what may be lost first, then ' : ''}longest first${cost}`,
    disabled.rows.map((one) => ({
      words: `*${nameWords(one)}*  ·  ${placeWords(one, view)}${lossOf(one)}  ·  disabled ${sinceWords(one.memory)}`,
      count: 1,
    })),
    disabled.total,
    '`/kms list disabled`',
    ROOM.disabled,
  );
}

const MOST_DELETED = 10;

/** Nothing brings them back: told once, so that nobody has to find out from what fails. */
export const deletedSection = ({ deleted }: Digest, view: View): SectionBlock | undefined =>
  listSection(
    `⚫ *Deleted since the last one*  ${counted(deleted.total)}, newest first`,
    deleted.rows.slice(0, MOST_DELETED).map((incident) => ({ words: deathWords(incident, view), count: 1 })),
    deleted.total,
    'their cards say how each ended',
    ROOM.deleted,
  );

function deathWords(incident: Incident, view: View): string {
  const key = keyOfIncident(incident);
  const { phase } = incident;
  return [
    titleWords(rawNameOf(incident), incident, view),
    key === undefined ? '' : `${accountWords(key.account, view)} ${key.region}`,
    phase.kind === 'closed' ? `found deleted ${dayAndTime(phase.at)}` : '',
  ]
    .filter((part) => part !== '')
    .join('  ·  ');
}
