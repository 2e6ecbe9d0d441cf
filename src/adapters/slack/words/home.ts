/** The Home tab: what I may do, and what is open. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { Incident } from '../../../domain/incident.ts';
import { context, header, section } from './blocks.ts';
import { cardTitle } from './card.ts';
import { inWords } from './durations.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

const MOST_INCIDENTS = 20;

/** Draws the Home tab. */
export function drawHome(
  home: { readonly roles: readonly string[]; readonly incidents: readonly Incident[] },
  view: View,
): HomeView {
  const roles =
    home.roles.length === 0
      ? 'none: you can look, but not act'
      : home.roles.map((role) => foreign(role, 40)).join(', ');
  const shown = home.incidents.slice(0, MOST_INCIDENTS);
  const blocks: KnownBlock[] = [
    header('Keywarden'),
    section([`*Your roles*  ${roles}`, '*Commands*  `/kms help`']),
    section([home.incidents.length === 0 ? '*No open incidents.*' : `*Open incidents*  ${home.incidents.length}`]),
    ...shown.map((incident) => section([incidentLine(incident, view)])),
  ];
  if (home.incidents.length > shown.length) blocks.push(context([`and ${home.incidents.length - shown.length} more`]));
  blocks.push(context([`as of ${exactTime(view.now)}`]));
  return { type: 'home', blocks };
}

function incidentLine(incident: Incident, view: View): string {
  const title = foreign(cardTitle(incident), 200);
  const url = view.cardUrl?.(incident);
  const date = incident.countdown?.deletionDate;
  const left = date === undefined || date <= view.now ? '' : `  ·  ${inWords(date - view.now)} left`;
  return `${url === undefined ? title : `<${url}|${title}>`}  ·  since ${exactTime(incident.openedAt)}${left}`;
}
