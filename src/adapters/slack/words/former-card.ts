/** The card of a round that is over, in short: the next round began before this message could say how it ended. */
import type { Incident, Outcome } from '../../../domain/incident.ts';
import { header, message, plainSection, section, type Words } from './blocks.ts';
import { rawNameOf } from './names.ts';
import { colourOf } from './standing.ts';
import { foreign, plainForeign } from './text.ts';
import { exactTime, plainTime } from './times.ts';
import type { View } from './view.ts';

/** What is not kept of a round, such as who accepted what, is not claimed either. */
const ENDS: Readonly<Record<Outcome, string>> = {
  restored: 'the key was brought back',
  recovered: 'the danger passed',
  deleted: 'the key was deleted',
  linked: 'the key behind the alarm was found',
  readableAgain: 'it could be read again',
  alarmOver: 'the alarm ended, and no key was found behind it',
  noDanger: 'no danger was found',
  lookedInto: 'it was looked into and closed',
};

/** Draws it, without buttons. `incident`: its phase is that round's end, everything else is the round that runs now. */
export function drawFormerCard(incident: Incident, view: View, form: { readonly plain: boolean }): Words {
  const { phase } = incident;
  if (phase.kind !== 'closed') return message('', []);
  const end = ENDS[phase.outcome];
  const title = `${colourOf(incident)}  Over: ${end}`;
  const name = subjectName(incident, view);
  const text = `${title} · ${foreign(name, 120)}`;
  if (form.plain)
    return message(text, [
      plainSection(
        `${title} · ${plainForeign(name, 90)}\nOver since ${plainTime(phase.at)}: ${end}.\nIt began again at ${plainTime(incident.openedAt)}, on a new card.`,
      ),
    ]);
  const url = view.cardUrl?.(incident);
  const next = url === undefined ? 'a new card' : `<${url}|a new card>`;
  return message(text, [
    header(`${title} · ${plainForeign(name, 90)}`),
    section([
      `*Over*  since ${exactTime(phase.at)}: ${end}.`,
      `It began again at ${exactTime(incident.openedAt)}, on ${next}. Nothing is to be decided here any more.`,
    ]),
  ]);
}

function subjectName(incident: Incident, view: View): string {
  const { subject } = incident;
  switch (subject.kind) {
    case 'key':
      return rawNameOf(incident);
    case 'alarm':
      return subject.name;
    case 'place':
      return `${view.accountName(subject.place.account) ?? subject.place.account} ${subject.place.region}`;
    case 'topic':
      return subject.topicArn;
  }
}
