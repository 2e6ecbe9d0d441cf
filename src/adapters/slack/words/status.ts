/** One key, as read just now: what `/kms status` answers. */

import { inWords } from '../../../domain/durations.ts';
import { type Incident, isOpen } from '../../../domain/incident.ts';
import type { CommandAnswer } from '../../../domain/interaction.ts';
import { context, message, section, type Words } from './blocks.ts';
import { answerWords } from './cancelling-lines.ts';
import { lossWords } from './clock-lines.ts';
import { differenceLines } from './difference-lines.ts';
import { deniedWords } from './failures.ts';
import { holdLine, saidLine } from './intruder-lines.ts';
import { accountWords } from './names.ts';
import { colourOf, titleOf } from './standing.ts';
import { dangerLines } from './story.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import { lastUseWords } from './use-lines.ts';
import type { View } from './view.ts';

type Status = Extract<CommandAnswer, { kind: 'status' }>;

/** Draws a key's state, deadline, last use and open incident; what was not learnt says so. */
export function drawStatus(status: Status, view: View): Words {
  const { key } = status;
  const name = foreign(key.aliases[0] ?? key.key.keyId, 140);
  const facts = [
    `*${name}*  ${foreign(key.key.keyId, 60)}  ·  ${accountWords(key.key.account, view)}  ·  ${key.key.region}`,
    stateLine(status),
    deadlineLine(status, view),
    lossLine(status, view),
    lastUseLine(status, view),
    status.cancelling === undefined ? '' : answerWords(status.cancelling),
    incidentLine(status, view),
    ...(status.incident === undefined || !isOpen(status.incident) ? [] : storyLines(status.incident)),
  ];
  return message(facts.filter((line) => line !== '').join('\n'), [
    section(facts),
    context([foreign(key.key.arn, 200)]),
  ]);
}

function stateLine({ read }: Status): string {
  switch (read?.kind) {
    case undefined:
      return 'KMS has not answered yet: its state is not known.';
    case 'read':
      return `State: *${read.snapshot.state}*, read ${exactTime(read.snapshot.readAt)}${read.snapshot.manager === 'AWS' ? '; AWS manages it: view only' : ''}`;
    case 'gone':
      return `Gone: KMS has deleted it, read ${exactTime(read.readAt)}`;
    case 'unreadable':
      return read.why.kind === 'denied'
        ? `Its state is not known. ${deniedWords(read.why.operation, read.why.message)}`
        : `Its state is not known: ${foreign(read.why.message, 300)}`;
  }
}

function deadlineLine({ read }: Status, view: View): string {
  const date = read?.kind === 'read' ? read.snapshot.deletionDate : undefined;
  if (date === undefined) return '';
  return `Deleted after ${dayAndTime(date)}${date > view.now ? ` (${inWords(date - view.now)} left)` : ''}`;
}

function lossLine({ incident }: Status, view: View): string {
  const losses = incident === undefined || !isOpen(incident) ? undefined : incident.losses;
  if (losses === undefined || losses.deletionDate <= view.now) return '';
  const words = lossWords(losses);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} (${inWords(losses.deletionDate - view.now)} left)`;
}

function lastUseLine({ details, incident }: Status, view: View): string {
  return details === undefined
    ? ''
    : `Last success: ${lastUseWords(details.lastUse, incident?.knowledge?.use, view.now)}`;
}

/** Also of one of many that share a card, which does not tell each one's story. */
const storyLines = (incident: Incident): readonly string[] => [
  ...dangerLines(incident),
  saidLine(incident),
  holdLine(incident),
  ...differenceLines(incident),
];

function incidentLine({ incident }: Status, view: View): string {
  if (incident === undefined) return 'No incident.';
  const title = `${colourOf(incident)} ${titleOf(incident)}`;
  const url = view.cardUrl?.(incident);
  return url === undefined ? `${title}, card in <#${incident.card.channel}>` : `<${url}|${title}>`;
}
