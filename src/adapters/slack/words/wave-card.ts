/**
 * The card of a wave: who is behind it, how many keys, what stands worst, a page of them with ticks, and how far their rescue has come.
 * Above all it says what to press.
 */

import type { ActionsBlock, Checkboxes, ConfirmationDialog, KnownBlock, Overflow } from '@slack/types';
import type { SharedCard } from '../../../domain/gathering.ts';
import { type Errand, ROWS_PER_PAGE } from '../../../domain/gathering.ts';
import type { Incident } from '../../../domain/incident.ts';
import { isDoneRow, type Progress, type Use, type WaveRow } from '../../../domain/wave-row.ts';
import { button, confirmation, context, header, message, plain, plainSection, section, type Words } from './blocks.ts';
import { CLI_VALUE, EVIDENCE_VALUE, MENU_ID } from './controls.ts';
import { intruderLines } from './intruder-lines.ts';
import { accountWords, lastPart, personWords } from './names.ts';
import { foreign, plainForeign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

export const RESCUE_ALL_ID = 'rescue_all';
export const RESCUE_SELECTED_ID = 'rescue_selected';
export const WAVE_ACKNOWLEDGE_ID = 'wave_acknowledge';
export const WAVE_TICKS_ID = 'wave_ticks';
export const WAVE_PREVIOUS_ID = 'wave_previous';
export const WAVE_NEXT_ID = 'wave_next';

type WaveShared = Extract<SharedCard, { kind: 'wave' }>;
type Counts = Readonly<Record<Progress, number>>;

export function drawWaveCard(
  { gathering, rows, lead }: WaveShared,
  view: View,
  form: { readonly plain: boolean },
): Words {
  const counts = countsOf(rows);
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_PER_PAGE));
  const page = Math.min(gathering.page, pages - 1);
  const shown = rows.slice(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE);
  const title = waveTitle(rows, counts);
  const facts = [
    byLine(gathering.what, view),
    countLine(counts, rows, view),
    soonestLine(rows),
    cancellingLine(rows),
    ...errandLines(gathering.errands, rows),
  ];
  const controls = buttons(gathering.id, rows, view, { page, pages, plain: form.plain, lead });
  const isOnePlace = placesOf(rows).length === 1;
  const intruder = lead === undefined ? [] : intruderLines(lead, view, new Set(rows.map(({ arn }) => arn)));
  const where = pages > 1 ? `, page ${page + 1} of ${pages}` : '';
  if (form.plain) {
    const lines = shown.map((row) => `${plainForeign(row.name, LONGEST_NAME)} ${row.region}: ${row.state}`);
    return message(title, [
      plainSection([title, countWords(counts), `Worst first${where}`, ...lines].join('\n')),
      ...controls,
    ]);
  }
  const blocks: KnownBlock[] = [
    header(title),
    section(facts),
    ...sections([`*Worst first*${where}`, ...shown.map((row) => rowLine(row, view, isOnePlace))]),
    ...ticks(shown, view),
    ...controls,
    ...(intruder.length === 0 ? [] : [section(intruder)]),
    context([HOW]),
  ];
  return message(`${title}: ${countWords(counts)}`, blocks);
}

const LONGEST_NAME = 80;

/** As few as hold all lines: none of a key is cut for another's. */
function sections(lines: readonly string[]): readonly KnownBlock[] {
  const groups: string[][] = [];
  let size = MOST_OF_SECTION;
  for (const line of lines) {
    size += line.length + 1;
    if (size > MOST_OF_SECTION) {
      groups.push([]);
      size = line.length;
    }
    groups.at(-1)?.push(line);
  }
  return groups.map(section);
}
const MOST_OF_SECTION = 2_900;

const HOW =
  'One card for many keys: each has its own record, countdown and evidence (`/kms status &lt;key&gt;`). A key that dies within a day, or whose card stood already, keeps its own card too.';

function countsOf(rows: readonly WaveRow[]): Counts {
  const counts: Record<Progress, number> = {
    open: 0,
    running: 0,
    restored: 0,
    amber: 0,
    failed: 0,
    over: 0,
    lookedInto: 0,
    deleted: 0,
  };
  for (const { progress } of rows) counts[progress] += 1;
  return counts;
}

function waveTitle(rows: readonly WaveRow[], counts: Counts): string {
  const left = rows.filter((row) => !isDoneRow(row));
  const keys = `${rows.length} ${rows.length === 1 ? 'key' : 'keys'}`;
  if (left.length === 0)
    return counts.deleted > 0
      ? `⚫  Wave over: ${keys}, ${counts.deleted} deleted`
      : counts.lookedInto > 0
        ? `⚪  Wave over: ${keys}, ${counts.lookedInto} of them looked into and closed`
        : `🟢  Wave over: ${keys} out of danger`;
  const own = left.filter((row) => row.self).length;
  const self = own === 0 ? '' : `, Keywarden depends on ${own === 1 ? 'one' : own} of them`;
  return left.length === rows.length
    ? `🔴  Wave: ${keys} in danger${self}`
    : `🔴  Wave: ${left.length} of ${keys} still in danger${self}`;
}

export function byLine(
  { who, account }: Extract<WaveShared['gathering']['what'], { kind: 'wave' }>,
  view: View,
): string;
export function byLine(what: WaveShared['gathering']['what'], view: View): string;
export function byLine(what: WaveShared['gathering']['what'], view: View): string {
  if (what.kind !== 'wave' || what.who === undefined) return '*By*  several, or not known: they came within a minute';
  const [, role = '', session] = /assumed-role\/([^/]+)\/(.+)$/.exec(what.who) ?? [];
  const name = session === undefined ? lastPart(what.who) : `${role}/${session}`;
  const account =
    what.account === undefined || what.account === '' ? '' : ` in ${accountWords(what.account as never, view)}`;
  return `*By*  ${foreign(name, 120)}${account}, as far as is known`;
}

const WORDS: readonly (readonly [Progress, string])[] = [
  ['open', 'waiting for a decision'],
  ['running', 'being rescued'],
  ['restored', 'restored'],
  ['amber', 'not as before'],
  ['failed', 'failed: look at them'],
  ['over', 'out of danger'],
  ['lookedInto', 'looked into and closed'],
  ['deleted', 'deleted'],
];

const countWords = (counts: Counts): string =>
  WORDS.filter(([progress]) => counts[progress] > 0)
    .map(([progress, words]) => `${counts[progress]} ${words}`)
    .join(' · ');

const placesOf = (rows: readonly WaveRow[]): readonly WaveRow[] => [
  ...new Map(rows.map((row) => [`${row.account} ${row.region}`, row])).values(),
];

const placeWords = ({ account, region }: WaveRow, view: View): string => `${accountWords(account, view)} ${region}`;

function countLine(counts: Counts, rows: readonly WaveRow[], view: View): string {
  const places = placesOf(rows);
  const [only] = places;
  const where = places.length > 1 ? ` in ${places.length} places` : '';
  const there = places.length === 1 && only !== undefined ? `  ·  ${placeWords(only, view)}` : '';
  return `*Keys*  ${rows.length}${where}: ${countWords(counts)}${there}`;
}

const MOST_NAMED = 5;

/** Of those whose rescue is a question; who cannot be rescued is named. */
function cancellingLine(rows: readonly WaveRow[]): string {
  const asked = rows.filter(({ cancelling }) => cancelling !== undefined);
  if (asked.length === 0) return '';
  const answered = (answer: WaveRow['cancelling']): readonly WaveRow[] =>
    asked.filter(({ cancelling }) => cancelling === answer);
  const refused = answered('no');
  const named = refused.slice(0, MOST_NAMED).map(({ name }) => foreign(name, 50));
  const more = refused.length > named.length ? [`${refused.length - named.length} more`] : [];
  const parts = [
    ...(refused.length === 0 ? [] : [`no for ${refused.length} (${[...named, ...more].join(', ')})`]),
    ...(answered('unknown').length === 0 ? [] : [`unknown for ${answered('unknown').length}`]),
    ...(answered('yes').length === 0 ? [] : [`yes for ${answered('yes').length}`]),
  ];
  return `Can we cancel? ${parts.join(', ')}`;
}

function soonestLine(rows: readonly WaveRow[]): string {
  const dated = rows.filter((row) => !isDoneRow(row) && row.clock !== undefined);
  const [soonest] = [...dated].sort((a, b) => (a.clock ?? 0) - (b.clock ?? 0));
  return soonest?.clock === undefined
    ? ''
    : `*Soonest lost*  ${foreign(soonest.name, 80)}, after ${dayAndTime(soonest.clock)}`;
}

/** The newest few; what is under way shows in the counts. */
function errandLines(errands: readonly Errand[], rows: readonly WaveRow[]): readonly string[] {
  return errands.slice(-3).map(({ deed, by, at, wanted, ended }) => {
    if (deed === 'acknowledge') return acknowledgedLine(by, at, ended);
    const what = wanted === 'all' ? 'Rescue of all' : `Rescue of ${wanted.length}`;
    const asked = `*${what}*  asked for by ${personWords(by)} ${exactTime(at)}`;
    if (ended === undefined) return `${asked}: under way, worst first, at the pace KMS allows`;
    const refused = ended.refused === 0 ? '' : `, ${ended.refused} not theirs to rescue`;
    return `${asked}: ${ended.asked} ${isRescued(wanted, rows) ? 'done' : 'begun'}${refused}`;
  });
}

/** Nothing of what was wanted is left to be rescued, and nothing of it came to another end. */
const isRescued = (wanted: Errand['wanted'], rows: readonly WaveRow[]): boolean =>
  rows.every(
    ({ incident, progress }) =>
      (wanted !== 'all' && !wanted.includes(incident)) || progress === 'restored' || progress === 'over',
  );

/** Only what was taken is said: whoever may not acknowledge has acknowledged nothing. */
function acknowledgedLine(by: Errand['by'], at: number, ended: Errand['ended']): string {
  const when = `${personWords(by)} ${exactTime(at)}`;
  if (ended === undefined) return `*Acknowledge*  by ${when}: under way`;
  const keys = `${ended.asked} ${ended.asked === 1 ? 'key' : 'keys'}`;
  const refused = ended.refused === 0 ? '' : `, ${ended.refused} not theirs to acknowledge`;
  return ended.asked === 0
    ? `*Acknowledge*  by ${when}: none${refused}`
    : `👀 *Acknowledged*  by ${when}: ${keys}${refused}`;
}

const USES: Readonly<Record<Use, string>> = {
  refused: '*still in use*',
  recent: '*in use until shortly before*',
  seen: 'used before',
  never: 'no use seen',
  unknown: 'use not known',
};
const SIGNS: Readonly<Record<Progress, string>> = {
  open: '🔴',
  running: '⏳',
  restored: '🟢',
  amber: '🟡',
  failed: '❌',
  over: '🟢',
  lookedInto: '⚪',
  deleted: '⚫',
};

function rowLine(row: WaveRow, view: View, isOnePlace: boolean): string {
  const parts = [
    row.self ? '*Keywarden depends on it*' : '',
    isOnePlace ? '' : placeWords(row, view),
    row.state,
    row.held === true ? '*on hold*' : '',
    row.cancelling === 'no' ? '*cannot be cancelled by us*' : '',
    isDoneRow(row) ? '' : USES[row.use],
    row.clock === undefined || isDoneRow(row) ? '' : dayAndTime(row.clock),
    row.own && !isDoneRow(row) ? 'own card too' : '',
  ].filter((part) => part !== '');
  return `${SIGNS[row.progress]}  *${foreign(row.name, 80)}*  ${parts.join(' · ')}`;
}

/** Ticks for what can be rescued on this page; their values are ids that the server looks up. */
function ticks(shown: readonly WaveRow[], view: View): readonly ActionsBlock[] {
  const offered = shown.filter(({ rescuable }) => rescuable);
  if (offered.length === 0 || !view.can('rescue')) return [];
  const boxes: Checkboxes = {
    type: 'checkboxes',
    action_id: WAVE_TICKS_ID,
    // The same alias may stand in several Regions.
    options: offered.map((row) => ({
      text: plain(`${plainForeign(row.name, 50)} · ${row.region}`, 75),
      value: row.incident,
    })),
  };
  // Of another page, another block: Slack keeps what was ticked in a block of the same name.
  const block = `ticks-${offered.map(({ incident }) => incident.slice(1, 9)).join('')}`;
  return [{ type: 'actions', block_id: block, elements: [boxes] }];
}

function buttons(
  id: string,
  rows: readonly WaveRow[],
  view: View,
  {
    page,
    pages,
    plain: isPlain,
    lead,
  }: { readonly page: number; readonly pages: number; readonly plain: boolean; readonly lead: Incident | undefined },
): readonly ActionsBlock[] {
  const rescuable = rows.filter((row) => row.rescuable).length;
  const elements: ActionsBlock['elements'] = [];
  if (rescuable > 0 && view.can('rescue')) {
    elements.push(
      button({
        text: `Rescue all (${rescuable})`,
        actionId: RESCUE_ALL_ID,
        value: id,
        style: 'primary',
        ...(isPlain ? {} : { confirm: rescueConfirmation(`Rescue ${rescuable} keys?`) }),
      }),
      // Without ticks there is nothing to select.
      ...(isPlain ? [] : [button({ text: 'Rescue selected', actionId: RESCUE_SELECTED_ID, value: id })]),
    );
  }
  if (!rows.every(isDoneRow)) elements.push(button({ text: 'Acknowledge', actionId: WAVE_ACKNOWLEDGE_ID, value: id }));
  if (page > 0) elements.push(button({ text: 'Previous', actionId: WAVE_PREVIOUS_ID, value: `${id}:${page - 1}` }));
  if (page + 1 < pages) elements.push(button({ text: 'Next', actionId: WAVE_NEXT_ID, value: `${id}:${page + 1}` }));
  if (lead !== undefined && !isPlain) elements.push(leadMenu(lead));
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

/** What a wave has no words of its own for is told of the member that stands worst. */
const leadMenu = ({ id }: Incident): Overflow => ({
  type: 'overflow',
  action_id: MENU_ID,
  options: [
    { text: plain('Show AWS CLI commands (of the worst)', 75), value: `${CLI_VALUE}:${id}` },
    { text: plain('Evidence (of the worst)', 75), value: `${EVIDENCE_VALUE}:${id}` },
  ],
});

const rescueConfirmation = (title: string): ConfirmationDialog =>
  confirmation({
    title,
    text: 'Cancels every deletion and brings back what was before, worst first, as fast as KMS allows. Keys that were disabled before, or are held, stay disabled. Nothing is lost by it.',
    yes: 'Rescue all',
    no: 'Not now',
  });
