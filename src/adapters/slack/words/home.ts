/** The Home tab: who I am, what waits for me, what dies first. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { Approval } from '../../../domain/approval.ts';
import type { Incident } from '../../../domain/incident.ts';
import type { HomeTab, MemberHome } from '../../../domain/interaction.ts';
import type { Limit } from '../../../domain/limit.ts';
import type { Held } from '../../../domain/policy.ts';
import { approvalFacts, decisionButtons } from './approval-message.ts';
import { context, header, section } from './blocks.ts';
import { boardBlocks } from './board.ts';
import { consequenceLines } from './consequences.ts';
import { accountWords, personWords } from './names.ts';
import { cutMarkdown, foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';
import { whisperText } from './whispers.ts';

/** How an incident is seen; `undefined`: of none in particular. */
export type ViewOf = (incident: Incident | undefined) => View;

/** The block that says when it was drawn, by its id. */
export const AS_OF = 'as_of';

/**
 * A Home tab holds 100 blocks, and 250 KB. At most stand there: header, person and refusal 3, requests 44, the board 47 (head, note,
 * three headings, ten incidents with three rows of buttons each, the page and its buttons), the time 1.
 */
const MOST_REQUESTS = 10;
const MOST_GRANTS = 8;
const MOST_ROLE_WORDS = 1_500;

const OUT_OF_SIGHT: Readonly<Record<'notMember' | 'unknown', string>> = {
  notMember: 'Keys and incidents are for members of the workspace only.',
  unknown:
    'Slack could not say just now who you are, so nothing is shown. It comes by itself as soon as Slack answers.',
};

/** Draws the Home tab. */
export function drawHome(home: HomeTab, view: ViewOf): HomeView {
  const general = view(undefined);
  if (home.sight !== 'member')
    return { type: 'home', blocks: [header('Keywarden'), section([OUT_OF_SIGHT[home.sight]])] };
  return {
    type: 'home',
    blocks: [
      header('Keywarden'),
      ...saidBlocks(home),
      section(personLines(home, general)),
      ...requestBlocks(home.requests, view),
      ...boardBlocks(home.board, view),
      { ...context([`as of ${exactTime(general.now)}`]), block_id: AS_OF },
    ],
  };
}

/** First of all: whoever has just pressed something looks for what came of it. */
const saidBlocks = ({ said, person }: MemberHome): readonly KnownBlock[] =>
  said === undefined ? [] : [section([`⚠️ ${exactTime(said.at)}  ${whisperText(said.words, person)}`])];

function personLines({ person, roles, unsure, codes }: MemberHome, view: View): readonly string[] {
  return [
    `*You*  ${personWords(person)}`,
    // However many: what stands below it is not cut away.
    `*Your roles*  ${cutMarkdown(rolesWords(roles, view), MOST_ROLE_WORDS)}`,
    unsure === undefined ? '' : `Slack could not say just now whether you hold others (${foreign(unsure, 200)}).`,
    `*Your one-time codes*  ${codesWords(codes, person.user)}`,
    '*Commands*  `/kms help`',
  ];
}

function rolesWords(roles: readonly Held[], view: View): string {
  if (roles.length === 0)
    return 'none: you can look, but not act. Whoever runs the bot names roles in `keywarden.yaml`.';
  const words = [...new Set(roles.map((held) => roleWords(held, view)))];
  const more = words.length - MOST_GRANTS;
  return [...words.slice(0, MOST_GRANTS), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function roleWords({ role, limit, live, confirmedAt }: Held, view: View): string {
  const where = limit === undefined ? 'for all keys' : limitWords(limit, view);
  const known = live ? '' : `, as Slack last said ${exactTime(confirmedAt)}`;
  return `*${role}* ${where}${known}`;
}

function limitWords({ accounts, aliases, tags }: Limit, view: View): string {
  const parts = [
    accounts === undefined ? '' : `in ${listed(accounts.map((account) => accountWords(account, view)))}`,
    aliases === undefined ? '' : `named ${listed(aliases.map((alias) => foreign(alias, 60)))}`,
    tags === undefined
      ? ''
      : `tagged ${listed(Object.entries(tags).map(([name, value]) => `${foreign(name, 60)}=${foreign(value, 60)}`))}`,
  ].filter((part) => part !== '');
  return `only for keys ${parts.join(' and ')}`;
}

const MOST_LISTED = 4;
const listed = (words: readonly string[]): string =>
  words.length <= MOST_LISTED
    ? words.join(', ')
    : `${words.slice(0, MOST_LISTED).join(', ')} and ${words.length - MOST_LISTED} more`;

function codesWords(codes: MemberHome['codes'], user: string): string {
  switch (codes) {
    case 'setUp':
      return 'set up';
    case 'missing':
      return `not set up: what destroys a key asks you for one. Let whoever runs the bot enrol you: \`npm run keywarden -- mfa enrol ${foreign(user, 40)}\``;
    case 'notNeeded':
      return 'not set up, and nothing asks you for one';
  }
}

/** Requests to decide, and one's own. */
function requestBlocks(requests: MemberHome['requests'], view: ViewOf): readonly KnownBlock[] {
  const waiting = requests.filter(({ mine }) => !mine);
  const asked = requests.filter(({ mine }) => mine);
  const others = waiting.slice(0, MOST_REQUESTS);
  const own = asked.slice(0, MOST_REQUESTS);
  const blocks: KnownBlock[] = [];
  if (others.length > 0) blocks.push(section(['*Waiting for your approval*']));
  for (const { incident, approval } of others) {
    const standing = [...consequenceLines(approval.kind, approval.windowDays, incident), standingWords(approval)];
    blocks.push(
      section(approvalFacts(incident, approval, view(incident))),
      section(standing),
      decisionButtons(incident, approval),
    );
  }
  blocks.push(...left(waiting.length - others.length, 'wait for you'));
  if (own.length > 0) blocks.push(section(['*Your requests*']));
  for (const { incident, approval } of own) {
    const [first = ''] = approvalFacts(incident, approval, view(incident));
    blocks.push(section([first, standingWords(approval)]));
  }
  return [...blocks, ...left(asked.length - own.length, 'of yours')];
}

const standingWords = ({ agreements, quorum, expiresAt }: Approval): string =>
  `⏳ ${agreements.length} of ${quorum} agreed. Expires ${dayAndTime(expiresAt)}.`;

const left = (count: number, whose: string): readonly KnownBlock[] =>
  count === 0 ? [] : [context([`and ${count} more ${whose}`])];
