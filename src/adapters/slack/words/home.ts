/** The Home tab: what I may do, and what is open. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { Approval } from '../../../domain/approval.ts';
import { inWords } from '../../../domain/durations.ts';
import type { Incident } from '../../../domain/incident.ts';
import type { HomeTab } from '../../../domain/interaction.ts';
import { approvalFacts, decisionButtons } from './approval-message.ts';
import { context, header, section } from './blocks.ts';
import { cardTitle } from './card.ts';
import { consequenceLines } from './consequences.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

const MOST_INCIDENTS = 20;
const MOST_REQUESTS = 10;

const OUT_OF_SIGHT: Readonly<Record<'notMember' | 'unknown', string>> = {
  notMember: 'Keys and incidents are for members of the workspace only.',
  unknown: 'Slack could not say just now who you are, so nothing is shown. Open this tab again in a moment.',
};

/** Draws the Home tab: what waits for this person stands first. */
export function drawHome(home: HomeTab, view: View): HomeView {
  if (home.sight !== 'member')
    return { type: 'home', blocks: [header('Keywarden'), section([OUT_OF_SIGHT[home.sight]])] };
  const roles =
    home.roles.length === 0
      ? 'none: you can look, but not act'
      : home.roles.map((role) => foreign(role, 40)).join(', ');
  const shown = home.incidents.slice(0, MOST_INCIDENTS);
  const blocks: KnownBlock[] = [
    header('Keywarden'),
    section([`*Your roles*  ${roles}`, '*Commands*  `/kms help`']),
    ...requestBlocks(home.requests, view),
    section([home.open === 0 ? '*No open incidents.*' : `*Open incidents*  ${home.open}`]),
    ...shown.map((incident) => section([incidentLine(incident, view)])),
  ];
  if (home.open > shown.length) blocks.push(context([`and ${home.open - shown.length} more`]));
  blocks.push(context([`as of ${exactTime(view.now)}`]));
  return { type: 'home', blocks };
}

/** Requests to decide, and one's own; a Home tab holds 100 blocks. */
function requestBlocks(requests: HomeTab['requests'], view: View): readonly KnownBlock[] {
  const waiting = requests.filter(({ mine }) => !mine);
  const asked = requests.filter(({ mine }) => mine);
  const others = waiting.slice(0, MOST_REQUESTS);
  const own = asked.slice(0, MOST_REQUESTS);
  const blocks: KnownBlock[] = [];
  if (others.length > 0) blocks.push(section(['*Waiting for your approval*']));
  for (const { incident, approval } of others) {
    const standing = [...consequenceLines(approval.kind, approval.windowDays), standingWords(approval)];
    blocks.push(
      section(approvalFacts(incident, approval, view)),
      section(standing),
      decisionButtons(incident, approval),
    );
  }
  blocks.push(...left(waiting.length - others.length, 'wait for you'));
  if (own.length > 0) blocks.push(section(['*Your requests*']));
  for (const { incident, approval } of own) {
    const [first = ''] = approvalFacts(incident, approval, view);
    blocks.push(section([first, standingWords(approval)]));
  }
  return [...blocks, ...left(asked.length - own.length, 'of yours')];
}

const standingWords = ({ agreements, quorum, expiresAt }: Approval): string =>
  `⏳ ${agreements.length} of ${quorum} agreed. Expires ${dayAndTime(expiresAt)}.`;

const left = (count: number, whose: string): readonly KnownBlock[] =>
  count === 0 ? [] : [context([`and ${count} more ${whose}`])];

function incidentLine(incident: Incident, view: View): string {
  const title = foreign(cardTitle(incident), 200);
  const url = view.cardUrl?.(incident);
  const date = incident.countdown?.deletionDate;
  const left = date === undefined || date <= view.now ? '' : `  ·  ${inWords(date - view.now)} left`;
  return `${url === undefined ? title : `<${url}|${title}>`}  ·  since ${exactTime(incident.openedAt)}${left}`;
}
