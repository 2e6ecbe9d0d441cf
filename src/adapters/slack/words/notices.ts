/** What is about no incident: to whoever runs the bot, in the fallback channel. */

import { parseKeyArn } from '../../../domain/ids.ts';
import type { Finding, FindingKind, Inspection } from '../../../domain/inspection.ts';
import type { Page } from '../../../domain/page.ts';
import { context, message, section, type Words } from './blocks.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';

const WRONG: Readonly<Record<FindingKind, string>> = {
  incident: 'it is pending deletion, and there was no incident',
  date: 'the countdown ran to another date than the key’s',
  dueEntry: 'its next moment stood nowhere, or too late',
  reminder: 'a reminder was never posted',
  stuck: 'its moment had come, and nobody acted on it',
  failed: 'its record could not be looked at',
};

/** One message for one inspection, however much was found. */
export function drawInspection(inspection: Inspection): Words {
  const { found, repaired, findings, endedAt, keys } = inspection;
  const left = found - repaired;
  const title = `${left === 0 ? '🟠' : '🔴'} Keywarden found ${found === 1 ? 'a gap' : `${found} gaps`} in its own countdowns`;
  const repairs =
    left === 0 ? 'All of it was repaired.' : `${repaired} repaired; *${left} need somebody to look*: see the log.`;
  const more = found > findings.length ? [`…and ${found - findings.length} more, in the log.`] : [];
  return message(`${title}. ${left === 0 ? 'All of it was repaired.' : `${left} could not be repaired.`}`, [
    section([`*${title}*`, repairs]),
    ...inGroups(findings.map(findingWords)).map((lines) => section(lines)),
    ...(more.length === 0 ? [] : [section(more)]),
    context([
      `Each key that is pending deletion is held against its record after every sweep: ${keys} of them, ${exactTime(endedAt)}.`,
      'Nothing in Keywarden takes such entries away: look for who else writes to its Redis, and for lost writes.',
    ]),
  ]);
}

const LINES_A_SECTION = 10;
const inGroups = (lines: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(lines.length / LINES_A_SECTION) }, (_, at) =>
    lines.slice(at * LINES_A_SECTION, (at + 1) * LINES_A_SECTION),
  );

function findingWords({ kind, key, name, repaired }: Finding): string {
  const ref = parseKeyArn(key);
  const where = ref === undefined ? '' : `, ${ref.account} in ${ref.region}`;
  return `•  *${foreign(name ?? ref?.keyId ?? key, 100)}*${where}: ${WRONG[kind]}. ${repaired ? 'Repaired.' : '*Not repaired.*'}`;
}

export function drawProcessStopped(page: Page): Words {
  const title = 'A process of Keywarden stopped without saying goodbye';
  return message(`⚠️ ${title}.`, [
    section([
      `⚠️ *${title}*`,
      `Last seen ${exactTime(page.at)}, by its own clock. The others carry on: what it was doing is begun anew by them.`,
      'Look at its log and at what runs it: killed, out of memory, or cut off from Redis?',
    ]),
    ...(page.detail === undefined ? [] : [context([`process ${foreign(page.detail, 60)}`])]),
  ]);
}
