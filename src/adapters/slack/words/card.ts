/** The incident's one message, updated in place. Every state on it was read from KMS and says when. */
import type { KnownBlock } from '@slack/types';
import type { KeyRef } from '../../../domain/ids.ts';
import { type Incident, isOpen } from '../../../domain/incident.ts';
import { actionLines } from './action-lines.ts';
import { adviceOf } from './advice.ts';
import { drawAlarmCard } from './alarm-card.ts';
import { approvalLines } from './approval-message.ts';
import { attentionLine, planLine } from './attention-lines.ts';
import { context, header, message, plainSection, section, type Words } from './blocks.ts';
import { cancellingLine, cancellingLines, stillCannotCancel, stillCannotCancelLine } from './cancelling-lines.ts';
import { lossWords, plainLoss, untilWords } from './clock-lines.ts';
import { controlBlocks, missingRoleLines } from './controls.ts';
import { differenceLines } from './difference-lines.ts';
import { shortWhy } from './failures.ts';
import { guardLine } from './guard-lines.ts';
import { harmLines } from './harm-lines.ts';
import { holdLine, intruderLines, saidLine } from './intruder-lines.ts';
import { aliasLine, deadlineLine, keyLine } from './key-lines.ts';
import { rawNameOf } from './names.ts';
import { drawPlaceCard } from './place-card.ts';
import { selfLines } from './self-lines.ts';
import { colourOf, titleOf } from './standing.ts';
import { dangerLines, lookedIntoLine, usesLine } from './story.ts';
import { foreign, plainForeign } from './text.ts';
import { exactTime, plainTime } from './times.ts';
import { lastUseLine } from './use-lines.ts';
import type { View } from './view.ts';

/** Draws the card. `plain`: without markup, menus and confirmations, for when Slack refused the full form. */
export function drawCard(incident: Incident, view: View, form: { readonly plain: boolean }): Words {
  switch (incident.subject.kind) {
    case 'key':
      return form.plain ? plainKeyCard(incident, view) : keyCard(incident, view);
    case 'alarm':
      return drawAlarmCard(incident, incident.subject, view);
    case 'place':
    case 'topic':
      return drawPlaceCard(incident, incident.subject, view, form.plain);
  }
}

function keyCard(incident: Incident, view: View): Words {
  if (incident.subject.kind !== 'key') return message('', []);
  return isOpen(incident)
    ? openCard(incident, incident.subject.key, view)
    : closedCard(incident, incident.subject.key, view);
}

/** What happened, how it ended, and what is left to do: nothing is to be decided any more. */
function closedCard(incident: Incident, key: KeyRef, view: View): Words {
  const sections = [
    [lookedIntoLine(incident), keyLine(key, incident, view), aliasLine(incident)],
    dangerLines(incident),
    [saidLine(incident), holdLine(incident)],
    [...actionLines(incident), ...approvalLines(incident)],
    differenceLines(incident),
    harmLines(incident),
    intruderLines(incident, view),
    [adviceOf(incident, view), stillCannotCancelLine(incident)],
  ].map((lines) => lines.filter((line) => line !== ''));
  return message(notification(incident, view), [
    header(cardTitle(incident)),
    ...sections.filter((lines) => lines.length > 0).map(section),
    context(footer(incident, view)),
    ...controlBlocks(incident, view, false),
  ]);
}

function openCard(incident: Incident, key: KeyRef, view: View): Words {
  const facts = [keyLine(key, incident, view), aliasLine(incident), deadlineLine(incident, view)];
  const story = dangerLines(incident).filter((line) => line !== '');
  const uses = [usesLine(incident), lastUseLine(incident)].filter((line) => line !== '');
  const actions = [...actionLines(incident), ...approvalLines(incident)];
  const heard = [planLine(incident, view.approverMentions?.(incident)), attentionLine(incident, view)].filter(
    (line) => line !== '',
  );
  const blocks: KnownBlock[] = [header(cardTitle(incident)), section(facts)];
  const own = selfLines(incident);
  if (own.length > 0) blocks.push(section(own));
  const differs = differenceLines(incident);
  const restoring = differs.some((line) => line.includes('aws kms put-key-policy')) ? 'below' : 'here';
  const cancelling = [...cancellingLines(incident, restoring), guardLine(incident)].filter((line) => line !== '');
  if (cancelling.length > 0) blocks.push(section(cancelling));
  if (story.length > 0) blocks.push(section(story));
  const said = [saidLine(incident), holdLine(incident)].filter((line) => line !== '');
  if (said.length > 0) blocks.push(section(said));
  if (differs.length > 0) blocks.push(section(differs));
  if (uses.length > 0) blocks.push(section(uses));
  const harm = harmLines(incident);
  if (harm.length > 0) blocks.push(section(harm));
  if (actions.length > 0) blocks.push(section(actions));
  if (heard.length > 0) blocks.push(section(heard));
  const intruder = intruderLines(incident, view);
  if (intruder.length > 0) blocks.push(section(intruder));
  blocks.push(section([adviceOf(incident, view)]), context(footer(incident, view)));
  blocks.push(...controlBlocks(incident, view, false));
  return message(notification(incident, view), blocks);
}

/** `🔴  Key scheduled for deletion · alias/payments-prod`, in plain text. */
export const cardTitle = (incident: Incident): string =>
  `${colourOf(incident)}  ${titleOf(incident)} · ${plainForeign(rawNameOf(incident), 90)}`;

/** What notifications and screen readers say. */
function notification(incident: Incident, view: View): string {
  const name = foreign(rawNameOf(incident), 120);
  const { countdown, losses } = incident;
  // Read out long after it was written: a date, not what is left.
  const until = countdown === undefined || countdown.deletionDate <= view.now ? '' : `, ${untilWords(countdown)}`;
  const lost = losses === undefined || losses.deletionDate <= view.now ? '' : `, ${lossWords(losses)}`;
  return `${colourOf(incident)} ${titleOf(incident)} · ${name}${lost}${until}`;
}

function footer(incident: Incident, view: View): readonly string[] {
  return [readWords(incident), ...unlearnt(incident), ...missingRoleLines(incident, view), movedWords(incident)].filter(
    (line) => line !== '',
  );
}

/** Posted text does not age by itself: the state on the card says when it was read. */
function readWords(incident: Incident): string {
  const { read } = incident;
  switch (read?.kind) {
    case undefined:
      return 'reading the key…';
    case 'read':
      return `${read.snapshot.state}, read ${exactTime(read.snapshot.readAt)}`;
    case 'gone':
      return `gone, read ${exactTime(read.readAt)}`;
    case 'unreadable':
      return `not readable, tried ${exactTime(read.readAt)}`;
  }
}

function unlearnt(incident: Incident): readonly string[] {
  const { details } = incident;
  if (details === undefined)
    return incident.phase.kind === 'open' ? ['aliases, tags and last use: not looked up yet'] : [];
  const lines: string[] = [];
  if (details.aliases.kind === 'unknown')
    lines.push(`aliases not known: ${foreign(shortWhy(details.aliases.why), 200)}`);
  if (details.tags.kind === 'unknown') lines.push(`tags not known: ${foreign(shortWhy(details.tags.why), 200)}`);
  return lines;
}

const movedWords = (incident: Incident): string =>
  incident.card.movedFrom === undefined
    ? ''
    : `posted here because ${/^[CG][A-Z0-9]+$/.test(incident.card.movedFrom) ? `<#${incident.card.movedFrom}>` : 'the configured channel'} refused it`;

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

function plainKeyCard(incident: Incident, view: View): Words {
  const { read } = incident;
  const state = read?.kind === 'read' ? `${read.snapshot.state}, read ${plainTime(read.snapshot.readAt)}` : 'not read';
  const { countdown } = incident;
  const key = incident.subject.kind === 'key' ? incident.subject.key.arn : '';
  const lines = [
    cardTitle(incident),
    key,
    `State: ${state}`,
    incident.losses === undefined ? '' : plainLoss(incident.losses),
    countdown === undefined ? '' : sentence(untilWords(countdown, plainTime)),
    isOpen(incident) ? cancellingLine(incident) : stillCannotCancel(incident),
    'Slack refused the full card; this is its short form.',
  ];
  const text = lines.filter((line) => line !== '').join('\n');
  return message(notification(incident, view), [plainSection(text), ...controlBlocks(incident, view, true)]);
}
