/** The card of an alarm that does not name its key: AWS's documented pending-deletion alarm names neither key nor call. */
import type { KnownBlock } from '@slack/types';
import type { KeyRef } from '../../../domain/ids.ts';
import type { Incident, Search, Subject } from '../../../domain/incident.ts';
import { context, header, message, section, type Words } from './blocks.ts';
import { accountWords, lastPart } from './names.ts';
import { colourOf, titleOf } from './standing.ts';
import { foreign, plainForeign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

/** Draws the card of an unresolved alarm: searching, "one of these", or given up. */
export function drawAlarmCard(incident: Incident, subject: Extract<Subject, { kind: 'alarm' }>, view: View): Words {
  const { search } = incident;
  const title = incident.phase.kind === 'closed' ? titleOf(incident) : 'Alarm: a key is used while it is being deleted';
  const where = `${accountWords(subject.place.account, view)}  ·  ${subject.place.region}`;
  const facts = [`*Alarm*  ${foreign(subject.name, 160)}  ·  ${where}`];
  if (search !== undefined) {
    facts.push(`*Since*  ${exactTime(search.alarm.changedAt)}: ${foreign(search.alarm.reason, 400)}`);
  }
  const blocks: KnownBlock[] = [
    header(`${colourOf(incident)}  ${title} · ${plainForeign(subject.name, 70)}`),
    section(facts),
    section(incident.phase.kind === 'closed' ? closedLines(incident) : searchLines(search)),
  ];
  if (search?.problem !== undefined)
    blocks.push(context([`CloudTrail could not be asked: ${foreign(search.problem, 300)}`]));
  return message(`${colourOf(incident)} ${title} · ${foreign(subject.name, 120)}`, blocks);
}

function searchLines(search: Search | undefined): readonly string[] {
  if (search === undefined) return ['The alarm does not name a key. Looking for it…'];
  const candidates = candidateLines(search.candidates);
  switch (search.state) {
    case 'searching':
      return [
        `The alarm does not name a key. Searching CloudTrail's event history, which lags up to hours; next look ${exactTime(search.nextAt)}.`,
        ...candidates,
      ];
    case 'found':
      return ['The key was found.', ...candidates];
    case 'gaveUp':
      return [
        'The key was not found in CloudTrail; the search has ended. That does not mean no key is in danger.',
        ...(candidates.length === 0
          ? ['No key of this account and Region is pending deletion right now.']
          : candidates),
      ];
  }
}

const candidateLines = (candidates: readonly KeyRef[]): readonly string[] =>
  candidates.length === 0
    ? []
    : [
        'It is one of these keys pending deletion there:',
        ...candidates.slice(0, 10).map((key) => `•  ${foreign(key.arn, 200)}`),
        candidates.length > 10 ? `and ${candidates.length - 10} more` : '',
      ];

function closedLines(incident: Incident): readonly string[] {
  const links = incident.timeline.flatMap(({ body }) => (body.kind === 'linked' ? [body] : []));
  if (links.length === 0)
    return ['The alarm is over and no key was found behind it. That is no proof that none was in danger.'];
  return links.slice(-10).map(({ key }) => `Key ${foreign(lastPart(key.arn), 80)} in ${key.region} has its own card.`);
}
