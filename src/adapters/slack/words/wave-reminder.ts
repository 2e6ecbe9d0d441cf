/** One reminder for many keys of a wave: what it is about, the worst by name, and where all of them stand. */

import { buttonsOf } from '../../../domain/buttons.ts';
import { inWords } from '../../../domain/durations.ts';
import type { Reminder } from '../../../domain/effect.ts';
import type { GatheredReminders } from '../../../domain/gathering.ts';
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { button, confirmation, message, section, type Words } from './blocks.ts';
import { cancellingCounts } from './cancelling-lines.ts';
import { lossWords, untilOf, untilWords } from './clock-lines.ts';
import { nameOf } from './names.ts';
import { mentionWords } from './reminders.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';
import { byLine, RESCUE_ALL_ID, WAVE_ACKNOWLEDGE_ID } from './wave-card.ts';
import { worseWords } from './worse-lines.ts';

/** Named one by one; the others stand on the card. */
const MOST_NAMED = 10;

export function drawWaveReminder(
  { gathering, reminders, volume }: GatheredReminders,
  view: View,
  form: { readonly plain: boolean },
): Words {
  const count = reminders.length;
  const called = volume === 'mention' || volume === 'everyone' ? mentionWords(view) : '';
  const dates = reminders.flatMap(({ incident: { countdown } }) =>
    countdown === undefined || countdown.replicas !== undefined ? [] : [countdown.deletionDate],
  );
  const first = dates.length === 0 ? undefined : Math.min(...dates);
  const until = first === undefined ? '' : `, the first deleted after ${dayAndTime(first)}`;
  const title = `⏰ Reminder for ${count} ${count === 1 ? 'key' : 'keys'} of this wave${until}`;
  const named = reminders.slice(0, MOST_NAMED).map(({ incident, effect }) => {
    const what = effect.effect.kind === 'remind' ? aboutWords(incident, effect.effect.reminder) : '';
    return `• ${nameOf(incident)}  ${keyOfIncident(incident)?.region ?? ''}: ${what}`;
  });
  const canRescue = reminders.some(({ incident }) => buttonsOf(incident, view.can, false).offered.includes('rescue'));
  const rest = count > MOST_NAMED ? `… and ${count - MOST_NAMED} more on the card.` : '';
  const text = called === '' ? title : `${title} ${called}`;
  const lines = [
    gathering.what.kind === 'wave' && gathering.what.who !== undefined ? byLine(gathering.what, view) : '',
    ...named,
    rest,
    cancellingCounts(reminders.map(({ incident }) => incident)),
    readLine(reminders.map(({ incident }) => incident)),
    canRescue
      ? '*Rescue all* brings back what was before; one alone: `/kms rescue &lt;key&gt;`.'
      : 'No click of ours brings them back: `/kms status &lt;key&gt;` says what does.',
  ].filter((line) => line !== '');
  if (form.plain) return message([text, ...lines].join('\n'), []);
  const rescue = button({
    text: 'Rescue all',
    actionId: RESCUE_ALL_ID,
    value: gathering.id,
    style: 'primary',
    confirm: confirmation({
      title: 'Rescue all keys of the wave?',
      text: 'Cancels every deletion and brings back what was before, worst first. Keys that were disabled before, or are held, stay disabled.',
      yes: 'Rescue all',
      no: 'Not now',
    }),
  });
  const acknowledge = button({ text: 'Acknowledge', actionId: WAVE_ACKNOWLEDGE_ID, value: gathering.id });
  return message(text, [
    section([`*${title}*${called === '' ? '' : `  ${called}`}`, ...lines]),
    { type: 'actions', elements: [...(canRescue ? [rescue] : []), acknowledge] },
  ]);
}

/** As old as the oldest of them. */
function readLine(incidents: readonly Incident[]): string {
  const moments = incidents.flatMap(({ read }) =>
    read?.kind === 'read' ? [read.snapshot.readAt] : read?.kind === 'gone' ? [read.readAt] : [],
  );
  const unread = incidents.length - moments.length;
  return [
    moments.length === 0 ? '' : `Read ${exactTime(Math.min(...moments))}, or later.`,
    unread === 0 ? '' : `${unread} of them could not be read.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function aboutWords(incident: Incident, reminder: Reminder): string {
  switch (reminder.kind) {
    case 'milestone':
      return `${untilWords(untilOf(incident, reminder.deletionDate))} (${inWords(reminder.milestone)} before)`;
    case 'loss':
      return lossWords({ of: reminder.of, deletionDate: reminder.lossAt });
    case 'again':
      return 'nobody has decided yet';
    case 'undecided':
      return 'still unusable, and no date ends it';
    case 'planVoid':
      return 'its plan does not hold any more';
    case 'overdue':
      return 'past its deletion date, and KMS still shows it';
    case 'end':
      return 'its window is over';
    case 'ownKey':
      return 'Keywarden depends on it';
    case 'cannotCancel':
      return 'we can no longer cancel its deletion';
    case 'worse':
      return `worse than before: ${worseWords(incident, reminder)}`;
    case 'notMe':
      return 'whoever it was done as says it was not them';
    case 'wasThisYou':
    case 'over':
      return 'see its record';
  }
}
