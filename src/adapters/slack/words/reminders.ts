/** Reminders: their own message, out loud. Each contains the word "Reminder" and the alias, and the state as just read. */
import type { Reminder } from '../../../domain/effect.ts';
import type { Incident } from '../../../domain/incident.ts';
import { message, section, type Words } from './blocks.ts';
import { inWords } from './durations.ts';
import { accountWords, nameOf } from './names.ts';
import { usesLine } from './story.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

/** Draws a reminder of the countdown, or the report at the end of the window. */
export function drawReminder(
  incident: Incident,
  reminder: Reminder,
  view: View,
  form: { readonly plain: boolean },
): Words {
  const [title, ...lines] =
    reminder.kind === 'milestone' ? milestone(incident, reminder, view) : endReport(incident, reminder);
  const text = title ?? 'Reminder';
  if (form.plain) return message([text, ...lines].join('\n'), []);
  return message(text, [section([`*${text}*`, ...lines])]);
}

function milestone(
  incident: Incident,
  reminder: Extract<Reminder, { kind: 'milestone' }>,
  view: View,
): readonly string[] {
  const left = reminder.deletionDate - view.now;
  const until = left > 0 ? `is deleted in ${inWords(left)}` : 'is past its deletion date';
  return [
    `⏰ Reminder: ${nameOf(incident)} ${until}`,
    [whereWords(incident, view), `deleted after ${dayAndTime(reminder.deletionDate)}`]
      .filter((part) => part !== '')
      .join('  ·  '),
    stateWords(incident),
    lateWords(reminder),
    usesLine(incident),
    'Rescue it on the card above, or let it go on purpose.',
  ].filter((line) => line !== '');
}

function lateWords(reminder: Extract<Reminder, { kind: 'milestone' }>): string {
  const late = reminder.late === undefined ? '' : `This reminder is late by ${inWords(reminder.late)}.`;
  const collapsed =
    reminder.collapsed > 1 ? `It stands for ${reminder.collapsed} reminders that were due while the bot was away.` : '';
  return [late, collapsed].filter((part) => part !== '').join(' ');
}

/** What was just read; a reminder never speaks from memory. */
function stateWords(incident: Incident): string {
  const { read } = incident;
  switch (read?.kind) {
    case undefined:
      return 'Its state could not be read yet.';
    case 'read':
      return `State: ${read.snapshot.state}, read ${exactTime(read.snapshot.readAt)}`;
    case 'gone':
      return `Gone: KMS has deleted it, read ${exactTime(read.readAt)}`;
    case 'unreadable':
      return `Its state could not be read at ${exactTime(read.readAt)}: ${foreign(read.why.message, 200)}. Take the deletion for running.`;
  }
}

const whereWords = (incident: Incident, view: View): string =>
  incident.subject.kind === 'key'
    ? `${accountWords(incident.subject.key.account, view)}  ·  ${incident.subject.key.region}`
    : '';

function endReport(incident: Incident, reminder: Extract<Reminder, { kind: 'end' }>): readonly string[] {
  const { read } = incident;
  const name = nameOf(incident);
  const over = `The window ended ${dayAndTime(reminder.deletionDate)}.`;
  switch (read?.kind) {
    case 'gone':
      return [
        `⚫ Reminder: ${name} was deleted`,
        `${over} KMS has deleted the key; what only it could decrypt is lost for good. Nothing can be rescued any more.`,
        stateWords(incident),
      ];
    case 'read':
      return read.snapshot.state === 'PendingDeletion' || read.snapshot.state === 'PendingReplicaDeletion'
        ? [
            `🔴 Reminder: ${name} is past its deletion date and still there`,
            `${over} KMS deletes up to 24 hours later: a rescue may still work, right now or never.`,
            stateWords(incident),
          ]
        : [`🟢 Reminder: ${name} was not deleted`, over, stateWords(incident)];
    case 'unreadable':
    case undefined:
      return [`⚪ Reminder: nobody knows whether ${name} was deleted`, over, stateWords(incident)];
  }
}
