/** Cards of what is not one key: an account in a Region that cannot be trusted to be fine, or a topic that went silent. */
import type { KnownBlock } from '@slack/types';
import type { Place } from '../../../domain/ids.ts';
import type { Danger, Incident, Subject } from '../../../domain/incident.ts';
import { closeWords } from './advice.ts';
import { context, header, message, section, type Words } from './blocks.ts';
import { controlBlocks } from './controls.ts';
import { intruderLines, revokeLines } from './intruder-lines.ts';
import { accountWords } from './names.ts';
import { colourOf, titleOf } from './standing.ts';
import { factWords, lookedIntoLine } from './story.ts';
import { foreign, plainForeign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

type Broad = Extract<Subject, { kind: 'place' | 'topic' }>;

/** Draws the card of a place or a topic. `plain`: without a menu. */
export function drawPlaceCard(incident: Incident, subject: Broad, view: View, plain: boolean): Words {
  const controls = controlBlocks(incident, view, plain);
  return subject.kind === 'place'
    ? placeCard(incident, subject.place, view, controls)
    : topicCard(incident, subject.topicArn, controls);
}

function placeCard(incident: Incident, place: Place, view: View, controls: readonly KnownBlock[]): Words {
  const name = view.accountName(place.account) ?? place.account;
  const title = `${colourOf(incident)}  ${placeTitle(incident)} · ${plainForeign(name, 60)} ${place.region}`;
  const intruder = intruderLines(incident, view);
  return message(foreign(title, 300), [
    header(title),
    section([
      lookedIntoLine(incident),
      `*Where*  ${accountWords(place.account, view)}  ·  ${place.region}`,
      ...incident.dangers.map(dangerLine),
    ]),
    ...(intruder.length === 0 ? [] : [section(intruder), section(revokeLines(incident, view))]),
    section([placeAdvice(incident)]),
    context([`since ${exactTime(incident.openedAt)}`]),
    ...controls,
  ]);
}

const placeTitle = (incident: Incident): string =>
  incident.phase.kind === 'open' && incident.dangers.every((danger) => danger.kind === 'unreadable')
    ? 'Inconclusive: account cannot be read'
    : titleOf(incident);

function dangerLine(danger: Danger): string {
  const since = `first ${exactTime(danger.firstAt)}, last ${exactTime(danger.lastAt)}`;
  switch (danger.kind) {
    case 'unreadable':
      return `*Not readable*  ${since}`;
    case 'trailBlinded':
      return `*Recording stopped*  ${danger.fact === undefined ? since : factWords(danger.fact)}`;
    case 'keyStoreDisconnected':
      return `*Key store disconnected*  ${danger.fact === undefined ? since : factWords(danger.fact)}`;
    default:
      return `*Seen*  ${danger.fact === undefined ? since : factWords(danger.fact)}`;
  }
}

function placeAdvice(incident: Incident): string {
  if (incident.phase.kind === 'closed')
    return incident.phase.outcome === 'lookedInto'
      ? 'It was closed on that word. What happens from here on has a card of its own.'
      : 'It can be read again; its keys were read afresh.';
  const reason = incident.problem === undefined ? '' : ` Missing: ${foreign(incident.problem, 500)}`;
  const kinds = incident.dangers.map((danger) => danger.kind);
  if (kinds.includes('keyStoreDisconnected')) {
    return `Keys of this store are unusable until it is connected again (ConnectCustomKeyStore). Deletions can still be cancelled.${reason}`;
  }
  if (kinds.includes('trailBlinded')) {
    return `Alarms that feed on this trail are blind from here on. Put KMS events back into the trail's selectors; the sweep still reads the keys.${closeWords(incident)}${reason}`;
  }
  return `Keys here are not known to be fine: a deletion could be running unseen.${reason}`;
}

function topicCard(incident: Incident, topicArn: string, controls: readonly KnownBlock[]): Words {
  const title = `${colourOf(incident)}  ${titleOf(incident)}`;
  return message(`${title} · ${foreign(topicArn, 200)}`, [
    header(title),
    section([
      lookedIntoLine(incident),
      `*Topic*  ${foreign(topicArn, 300)}`,
      `SNS says this subscription was removed: its alarms no longer reach the bot. The sweep still finds endangered keys, later. Subscribe the endpoint again, and find out who removed it.${closeWords(incident)}`,
    ]),
    context([`since ${exactTime(incident.openedAt)}`]),
    ...controls,
  ]);
}
