/** The Home tab: what I may do, and what is open. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { Incident } from '../../../domain/incident.ts';
import type { HomeTab } from '../../../domain/interaction.ts';
import { approvalFacts, decisionButtons } from './approval-message.ts';
import { context, header, section } from './blocks.ts';
import { cardTitle } from './card.ts';
import { consequenceLines } from './consequences.ts';
import { inWords } from './durations.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

const MOST_INCIDENTS = 20;
const MOST_REQUESTS = 10;

/** Draws the Home tab: what waits for this person stands first. */
export function drawHome(home: HomeTab, view: View): HomeView {
  const roles =
    home.roles.length === 0
      ? 'none: you can look, but not act'
      : home.roles.map((role) => foreign(role, 40)).join(', ');
  const shown = home.incidents.slice(0, MOST_INCIDENTS);
  const blocks: KnownBlock[] = [
    header('Keywarden'),
    section([`*Your roles*  ${roles}`, '*Commands*  `/kms help`']),
    ...requestBlocks(home.requests),
    section([home.incidents.length === 0 ? '*No open incidents.*' : `*Open incidents*  ${home.incidents.length}`]),
    ...shown.map((incident) => section([incidentLine(incident, view)])),
  ];
  if (home.incidents.length > shown.length) blocks.push(context([`and ${home.incidents.length - shown.length} more`]));
  blocks.push(context([`as of ${exactTime(view.now)}`]));
  return { type: 'home', blocks };
}

/** Requests to decide, and one's own; a Home tab holds 100 blocks. */
function requestBlocks(requests: HomeTab['requests']): readonly KnownBlock[] {
  const others = requests.filter(({ mine }) => !mine).slice(0, MOST_REQUESTS);
  const own = requests.filter(({ mine }) => mine).slice(0, MOST_REQUESTS);
  const blocks: KnownBlock[] = [];
  if (others.length > 0) blocks.push(section(['*Waiting for your approval*']));
  for (const { incident, approval } of others) {
    const lines = [
      ...approvalFacts(incident, approval),
      ...consequenceLines(approval.kind, approval.windowDays),
      `Expires ${dayAndTime(approval.expiresAt)}`,
    ];
    blocks.push(section(lines), decisionButtons(incident, approval));
  }
  if (own.length > 0) blocks.push(section(['*Your requests*']));
  for (const { incident, approval } of own) {
    const [first = ''] = approvalFacts(incident, approval);
    const agreed = `${approval.agreements.length} of ${approval.quorum} agreed, expires ${dayAndTime(approval.expiresAt)}`;
    blocks.push(section([`${first}: ${agreed}`]));
  }
  return blocks;
}

function incidentLine(incident: Incident, view: View): string {
  const title = foreign(cardTitle(incident), 200);
  const url = view.cardUrl?.(incident);
  const date = incident.countdown?.deletionDate;
  const left = date === undefined || date <= view.now ? '' : `  ·  ${inWords(date - view.now)} left`;
  return `${url === undefined ? title : `<${url}|${title}>`}  ·  since ${exactTime(incident.openedAt)}${left}`;
}
