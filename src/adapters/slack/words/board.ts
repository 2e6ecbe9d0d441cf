/** The board on the Home tab: open incidents, what dies first at the top, with the buttons of their cards. */
import type { ActionsBlock, Button, KnownBlock, PlainTextOption, StaticSelect } from '@slack/types';
import { buttonsOf } from '../../../domain/buttons.ts';
import { PAGE_SIZE } from '../../../domain/home.ts';
import type { AccountId } from '../../../domain/ids.ts';
import { type Incident, waitingApproval } from '../../../domain/incident.ts';
import type { HomeBoard } from '../../../domain/interaction.ts';
import { ACTION_NAMES, actionLines } from './action-lines.ts';
import { attentionLine } from './attention-lines.ts';
import { button, context, plain, section } from './blocks.ts';
import { cardTitle } from './card.ts';
import { lossWords, untilLine } from './clock-lines.ts';
import { controlBlocks, missingRoleLines } from './controls.ts';
import { accountWords, personWords } from './names.ts';
import { cutMarkdown, foreign, plainForeign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

export const HOME_ACCOUNT_ID = 'home_account';
export const HOME_PREVIOUS_ID = 'home_previous';
export const HOME_NEXT_ID = 'home_next';
/** The first entry of the filter. */
export const ALL_ACCOUNTS = 'all';

/** Options of a group, and groups of a select (Block Kit); three groups leave room in the view for everything else. */
const MOST_OPTIONS = 100;
const MOST_ACCOUNTS = 300;

/** Draws one page of the board. */
export function boardBlocks(board: HomeBoard, view: (incident: Incident | undefined) => View): readonly KnownBlock[] {
  const general = view(undefined);
  const own = board.incidents.filter(({ self }) => self === true);
  const others = board.incidents.filter(({ self }) => self !== true);
  const dated = others.filter(({ countdown }) => countdown !== undefined);
  const dateless = others.filter(({ countdown }) => countdown === undefined);
  const rows = (incidents: readonly Incident[]): readonly KnownBlock[] =>
    incidents.flatMap((incident) => rowBlocks(incident, view(incident)));
  return [
    headBlock(board, general),
    ...(board.accounts.length > MOST_ACCOUNTS
      ? [context([`The filter lists the first ${MOST_ACCOUNTS} of ${number(board.accounts.length)} accounts by name.`])]
      : []),
    ...(own.length > 0 ? [section(['*🛟 Keywarden depends on these*'])] : []),
    ...rows(own),
    ...(dated.length > 0 ? [section(['*⏳ Countdown*, what dies first at the top'])] : []),
    ...rows(dated),
    ...(dateless.length > 0 ? [section(['*Without a date*, newest first'])] : []),
    ...rows(dateless),
    ...pagingBlocks(board),
  ];
}

function headBlock(board: HomeBoard, view: View): KnownBlock {
  return { ...section(headLines(board, view)), accessory: accountSelect(board, view), block_id: selectBlockId(board) };
}

/**
 * Slack keeps what was chosen in a select as long as its block keeps its id: another filter is another block, or the select would show
 * what the tab does not.
 */
const selectBlockId = ({ account }: HomeBoard): string => `${HOME_ACCOUNT_ID}_${account ?? ALL_ACCOUNTS}`;

function headLines({ account, total, dated }: HomeBoard, view: View): readonly string[] {
  const where = account === undefined ? '' : ` in ${accountWords(account, view)}`;
  if (total === 0) return [`*Nothing is dying${where}.*`, `No open incidents${where}.`];
  const others = total - dated;
  return [
    `*Open incidents${where}*  ${number(total)}`,
    joined([
      // A key that cannot be read may be dying all the same: nothing is said beyond what is known.
      dated === 0 ? 'none with a deletion date' : `${number(dated)} with a deletion date`,
      others === 0 ? '' : `${number(others)} without one`,
    ]),
  ];
}

const number = (count: number): string => count.toLocaleString('en-US');

function accountSelect({ accounts, account }: HomeBoard, view: View): StaticSelect {
  const all = option('All accounts', ALL_ACCOUNTS);
  const byName = [...accounts].sort((a, b) => (nameIn(a, view) < nameIn(b, view) ? -1 : 1));
  const first = byName.slice(0, MOST_ACCOUNTS);
  // What is chosen stands there in any case: Slack refuses a select that begins with none of its own entries.
  const shown = account === undefined || first.includes(account) ? first : [account, ...first.slice(1)];
  const options = [all, ...shown.map((one) => option(nameIn(one, view), one))];
  return {
    type: 'static_select',
    action_id: HOME_ACCOUNT_ID,
    placeholder: plain('Account', 75),
    initial_option: options.find(({ value }) => value === account) ?? all,
    ...(options.length <= MOST_OPTIONS
      ? { options }
      : { option_groups: groupsOf(options).map((group) => ({ label: plain(groupLabel(group), 75), options: group })) }),
  };
}

const option = (text: string, value: string): PlainTextOption => ({ text: plain(text, 75), value });

function nameIn(account: AccountId, view: View): string {
  const name = view.accountName(account);
  return name === undefined || name === account ? account : `${plainForeign(name, 55)} ${account}`;
}

const groupsOf = (options: readonly PlainTextOption[]): PlainTextOption[][] =>
  Array.from({ length: Math.ceil(options.length / MOST_OPTIONS) }, (_, index) =>
    options.slice(index * MOST_OPTIONS, (index + 1) * MOST_OPTIONS),
  );

/** `apple … pear`: where in the alphabet its accounts stand. */
function groupLabel(group: readonly PlainTextOption[]): string {
  const named = group.filter(({ value }) => value !== ALL_ACCOUNTS);
  return [named.at(0), named.at(-1)].map((one) => plainForeign(one?.text.text ?? '', 30)).join(' … ');
}

function rowBlocks(incident: Incident, view: View): readonly KnownBlock[] {
  return [section(rowLines(incident, view)), ...controlBlocks(incident, view, false)];
}

function rowLines(incident: Incident, view: View): readonly string[] {
  const title = foreign(cardTitle(incident), 200);
  const url = view.cardUrl?.(incident);
  return [
    `*${url === undefined ? title : `<${url}|${title}>`}*`,
    whereWords(incident, view),
    joined([dateWords(incident, view), readWords(incident)]),
    joined([heardWords(incident, view), planWords(incident), channelWords(incident)]),
    cutMarkdown(actionLines(incident).at(-1) ?? '', 600),
    waitingWords(incident),
    ...missingButtons(incident, view),
  ];
}

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('  ·  ');

function whereWords({ subject }: Incident, view: View): string {
  switch (subject.kind) {
    case 'key':
      return `${accountWords(subject.key.account, view)}  ·  ${subject.key.region}  ·  ${foreign(subject.key.keyId, 60)}`;
    case 'alarm':
      return `${accountWords(subject.place.account, view)}  ·  ${subject.place.region}  ·  alarm ${foreign(subject.name, 120)}`;
    case 'place':
      return `${accountWords(subject.place.account, view)}  ·  ${subject.place.region}`;
    case 'topic':
      return foreign(subject.topicArn, 200);
  }
}

/** Where its card stands. */
const channelWords = ({ card: { channel, ts } }: Incident): string =>
  ts !== undefined && /^[CG][A-Z0-9]+$/.test(channel) ? `card in <#${channel}>` : '';

function dateWords({ countdown, losses, openedAt }: Incident, view: View): string {
  const lost = losses === undefined || losses.deletionDate <= view.now ? '' : `*${lossWords(losses)}*`;
  if (countdown === undefined) return lost === '' ? `open since ${exactTime(openedAt)}` : lost;
  return joined([lost, deletionWords(countdown, view)]);
}

function deletionWords(countdown: NonNullable<Incident['countdown']>, view: View): string {
  const over = countdown.deletionDate <= view.now ? ': KMS deletes within a day after it' : '';
  return `${untilLine(countdown)}${over}`;
}

function readWords({ read, subject }: Incident): string {
  switch (read?.kind) {
    case undefined:
      return subject.kind === 'key' ? 'reading the key…' : '';
    case 'read':
      return `${read.snapshot.state}, read ${exactTime(read.snapshot.readAt)}`;
    case 'gone':
      return `gone, read ${exactTime(read.readAt)}`;
    case 'unreadable':
      return `not readable, tried ${exactTime(read.readAt)}`;
  }
}

/** Also that nobody has said so, where a date runs. */
function heardWords(incident: Incident, view: View): string {
  const heard = attentionLine(incident, view);
  return heard === '' && incident.countdown !== undefined ? 'nobody has acknowledged it' : heard;
}

function planWords({ plan, countdown }: Incident): string {
  switch (plan?.status.kind) {
    case 'agreed':
      return `🗓️ planned decommission ${foreign(plan.ticket, 100)}, agreed by ${personWords(plan.status.by)}`;
    case 'proposed':
      return `🗓️ decommission proposed by ${personWords(plan.by)}, ${foreign(plan.ticket, 100)}: an approver must agree`;
    case 'declined':
    case 'void':
    case undefined:
      return countdown === undefined ? '' : 'not planned';
  }
}

function waitingWords(incident: Incident): string {
  const waiting = waitingApproval(incident);
  return waiting === undefined
    ? ''
    : `🔐 ${ACTION_NAMES[waiting.kind]}, asked for by ${personWords(waiting.by)}, waits for approval: ${waiting.agreements.length} of ${waiting.quorum} agreed`;
}

/** Without the lines after them: in whose name the other buttons act stands on the card. */
const missingButtons = (incident: Incident, view: View): readonly string[] =>
  missingRoleLines(incident, view).slice(0, buttonsOf(incident, view.can, view.destructive).missing.length);

/** `11–20 of 2,345`, and the way to the pages before and after. The page a button leads to stands in it: pressed twice, it is the same. */
function pagingBlocks({ page, total, incidents }: HomeBoard): readonly KnownBlock[] {
  const first = page * PAGE_SIZE + 1;
  const last = Math.min(total, page * PAGE_SIZE + PAGE_SIZE);
  const unread = last - first + 1 - incidents.length;
  const buttons: Button[] = [];
  if (page > 0) buttons.push(button({ text: 'Previous', actionId: HOME_PREVIOUS_ID, value: String(page - 1) }));
  if (last < total) buttons.push(button({ text: 'Next', actionId: HOME_NEXT_ID, value: String(page + 1) }));
  const words = joined([
    total > PAGE_SIZE ? `${number(first)}–${number(last)} of ${number(total)}` : '',
    unread > 0 ? `${unread} of this page could not be read` : '',
  ]);
  const actions: ActionsBlock = { type: 'actions', elements: buttons };
  return [...(words === '' ? [] : [context([words])]), ...(buttons.length > 0 ? [actions] : [])];
}
