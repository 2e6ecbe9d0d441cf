/**
 * The card of a multi-Region family: the story of the member that stands worst, and every member with its own state and deadline. A
 * click on Rescue is for all of them.
 */

import type { KnownBlock } from '@slack/types';
import { buttonsOf } from '../../../domain/buttons.ts';
import { type FamilyLine, type FamilyStanding, familyLines, familyStanding } from '../../../domain/family.ts';
import type { SharedCard } from '../../../domain/gathering.ts';
import { type Incident, isOpen } from '../../../domain/incident.ts';
import { button, header, message, plainSection, section, type Words } from './blocks.ts';
import { drawCard } from './card.ts';
import { ACTION_IDS } from './controls.ts';
import { rawNameOf } from './names.ts';
import { colourOf, titleOf } from './standing.ts';
import { plainForeign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

type FamilyShared = Extract<SharedCard, { kind: 'family' }>;

export function drawFamilyCard(
  { gathering, members }: FamilyShared,
  view: (incident: Incident) => View,
  form: { readonly plain: boolean },
): Words {
  const lines = familyLines(members);
  const lead = leadOf(members, lines);
  if (lead === undefined) return message('', []);
  const drawn = drawCard(lead, view(lead), form);
  const standing = familyStanding(lines);
  const title = familyTitle(lead, standing, lines);
  const text = drawn.text.replace(`${colourOf(lead)} ${titleOf(lead)}`, title);
  const rescuing = drawn.blocks.map((block) => rescuingAll(block, gathering.id));
  const controls = isRescueOffered(rescuing) ? [] : rescueOfOthers(lines, view, gathering.id);
  if (form.plain) return message(text, [...rescuing, plainSection(plainMembers(lines)), ...controls]);
  const [, facts, ...story] = rescuing;
  const blocks: KnownBlock[] = [
    header(`${title} · ${plainForeign(rawNameOf(lead), 90)}`),
    ...(facts === undefined ? [] : [facts]),
    ...memberSections(lines),
    ...story,
    ...controls,
  ];
  return message(text, blocks);
}

/** Who stands worst: an open one by its deadline, else whoever ended last. */
function leadOf(members: readonly Incident[], lines: readonly FamilyLine[]): Incident | undefined {
  const open = lines.map(({ incident }) => incident).find((incident) => incident !== undefined && isOpen(incident));
  if (open !== undefined) return open;
  const endedAt = ({ phase }: Incident): number => (phase.kind === 'closed' ? phase.at : 0);
  return [...members].sort((a, b) => endedAt(b) - endedAt(a)).at(0);
}

/** A title holds so many Regions beside a name; all of them stand below. */
const MOST_IN_TITLE = 2;

/** Never green while a member is pending, or nobody knows. */
function familyTitle(lead: Incident, standing: FamilyStanding, lines: readonly FamilyLine[]): string {
  if (isOpen(lead) || standing === 'calm') return `${colourOf(lead)}  ${titleOf(lead)}`;
  const regions = (states: readonly FamilyLine['state'][]): string => {
    const found = lines.filter(({ state }) => states.includes(state)).map(({ key }) => key.region);
    const more = found.length - MOST_IN_TITLE;
    return `${found.slice(0, MOST_IN_TITLE).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
  if (standing === 'endangered')
    return `🔴  Still pending in ${regions(['PendingDeletion', 'PendingReplicaDeletion'])}`;
  return `🟡  ${titleOf(lead)}, not known in ${regions(['unwatched', 'unreadable', 'unread'])}`;
}

const SIGNS: Readonly<Record<FamilyLine['state'], string>> = {
  PendingDeletion: '🔴',
  PendingReplicaDeletion: '🔴',
  PendingImport: '🔴',
  Disabled: '🟠',
  Unavailable: '🟠',
  Enabled: '🟢',
  Creating: '🟡',
  Updating: '🟡',
  gone: '⚫',
  unreadable: '⚪',
  unwatched: '⚪',
  unread: '⚪',
};

/** What one section holds of a family of forty; the others are named, with their states. */
const MOST_IN_FULL = 10;
const MOST_SHORT = 50;

/** Those that die first in full, then the others by state; what nobody watches is never left out. */
function memberSections(lines: readonly FamilyLine[]): readonly KnownBlock[] {
  const unwatched = lines.filter(({ state }) => state === 'unwatched');
  const watched = lines.filter(({ state }) => state !== 'unwatched');
  const full = watched.slice(0, MOST_IN_FULL).map(memberWords);
  const rest = Map.groupBy(watched.slice(MOST_IN_FULL), ({ state }) => state);
  const short = [...rest].map(
    ([state, members]) =>
      `${SIGNS[state]}  ${members.map(placeOf).slice(0, MOST_SHORT).join(', ')}: ${stateWords(state)}`,
  );
  const unseen =
    unwatched.length > 1
      ? `${SIGNS.unwatched}  ${unwatched.map(placeOf).slice(0, MOST_SHORT).join(', ')}: *nobody watches these Regions*: their states are not known, and no button here reaches them. Look there, and add the Regions to the configuration`
      : unwatched.map(memberWords).join('');
  const others = [...short, unseen].filter((line) => line !== '');
  return [section(['*Family*', ...full]), ...(others.length === 0 ? [] : [section(others)])];
}

const placeOf = ({ key, role }: FamilyLine): string =>
  role === undefined ? key.region : `${key.region} (${role === 'PRIMARY' ? 'primary' : 'replica'})`;

const plainMembers = (lines: readonly FamilyLine[]): string =>
  ['Family', ...lines.map((line) => `${placeOf(line)}: ${line.state}`)].join('\n');

function memberWords(line: FamilyLine): string {
  const { state, deletionDate, estimate, readAt } = line;
  const what = placeOf(line);
  const read = readAt === undefined ? '' : `, read ${exactTime(readAt)}`;
  return `${SIGNS[state]}  ${what}: ${stateWords(state)}${dateWords(deletionDate, estimate)}${read}`;
}

function dateWords(deletionDate: number | undefined, estimate: number | undefined): string {
  if (deletionDate !== undefined) return `, deleted after ${dayAndTime(deletionDate)}`;
  return estimate === undefined
    ? ''
    : `, deleted after ${dayAndTime(estimate)} at the earliest (an estimate: its own window begins when the last replica is gone)`;
}

function stateWords(state: FamilyLine['state']): string {
  switch (state) {
    case 'unwatched':
      return '*nobody watches this Region*: its state is not known, and no button here reaches it. Look there, and add the Region to the configuration';
    case 'unreadable':
      return 'cannot be read, its state is not known';
    case 'unread':
      return 'not read yet';
    case 'gone':
      return 'deleted';
    case 'PendingReplicaDeletion':
      return 'PendingReplicaDeletion: waits for its replicas to be deleted';
    case 'PendingDeletion':
    case 'PendingImport':
    case 'Disabled':
    case 'Unavailable':
    case 'Enabled':
    case 'Creating':
    case 'Updating':
      return state;
  }
}

/** Its Rescue is for the whole family: the server looks up who that is. */
function rescuingAll(block: KnownBlock, gathering: string): KnownBlock {
  if (block.type !== 'actions') return block;
  return {
    ...block,
    elements: block.elements.map((element) =>
      element.type === 'button' && element.action_id === ACTION_IDS.rescue ? { ...element, value: gathering } : element,
    ),
  };
}

const isRescueOffered = (blocks: readonly KnownBlock[]): boolean =>
  blocks.some(
    (block) =>
      block.type === 'actions' &&
      block.elements.some((element) => element.type === 'button' && element.action_id === ACTION_IDS.rescue),
  );

/** Where the one that stands worst cannot be rescued here, or is being rescued, another may. */
function rescueOfOthers(
  lines: readonly FamilyLine[],
  view: (incident: Incident) => View,
  gathering: string,
): readonly KnownBlock[] {
  const offered = lines.some(
    ({ incident }) =>
      incident !== undefined &&
      buttonsOf(incident, view(incident).can, view(incident).destructive).offered.includes('rescue'),
  );
  if (!offered) return [];
  const rescue = button({ text: 'Rescue', actionId: ACTION_IDS.rescue, value: gathering, style: 'primary' });
  return [{ type: 'actions', elements: [rescue] }];
}
