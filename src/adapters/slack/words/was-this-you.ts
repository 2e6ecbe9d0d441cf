/** "Was this you?", to the one person whose name in AWS it was. */
import type { Instant } from '../../../domain/ids.ts';
import type { Incident } from '../../../domain/incident.ts';
import { keyOfIncident } from '../../../domain/incident.ts';
import { suspectOf } from '../../../domain/intruder.ts';
import { button, confirmation, message, section, type Words } from './blocks.ts';
import { accountWords, actorCircumstances, actorName, nameOf } from './names.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

export const WAS_ME_ID = 'was_me';
export const WAS_NOT_ME_ID = 'was_not_me';

/** Key, deed, time and address; the buttons carry the question. */
export function drawWasThisYou(incident: Incident, question: string, view: View): Words {
  const suspect = suspectOf(incident);
  const key = keyOfIncident(incident);
  const call = suspect !== undefined && 'call' in suspect.fact.body ? suspect.fact.body.call : undefined;
  if (suspect === undefined || call === undefined) return message('Nothing to ask any more.', []);
  const title = `Was this you? ${foreign(call.operation, 60)} on ${nameOf(incident)}`;
  const lines = [
    `*Was this you?*  Somebody acting as ${actorName(suspect.actor)} called ${foreign(call.operation, 60)} on *${nameOf(incident)}*${key === undefined ? '' : ` (${foreign(key.keyId, 60)}, ${accountWords(key.account, view)}, ${key.region})`}.`,
    `${exactTime(suspect.fact.at)}, ${actorCircumstances(suspect.actor)}`,
    'It may be one of several keys, in several accounts: one answer is for all of it. *No* wakes everybody who can help, and is true of what this name does in the next two days. *Yes* is only noted.',
  ];
  const confirm = confirmation({
    title: 'It was not you?',
    text: 'Everybody who can help is woken, and everything this name touched becomes an incident. Better once too often.',
    yes: 'It was not me',
    no: 'Wait',
  });
  return message(title, [
    section(lines),
    {
      type: 'actions',
      elements: [
        button({ text: 'Yes, it was me', actionId: WAS_ME_ID, value: question }),
        button({ text: 'No, it was not me', actionId: WAS_NOT_ME_ID, value: question, style: 'danger', confirm }),
      ],
    },
  ]);
}

/** In place of the buttons, once it was answered. */
export function drawAnswered(wasMe: boolean): Words {
  const text = wasMe ? 'You said it was you. It is noted.' : `You said it was not you. ${NEXT}`;
  return message(text, [section([text])]);
}

const NEXT = 'Change your password, and report your devices.';

/** `told`: how the keys of it stand, and so who hears of it. */
export function heardWords(wasMe: boolean, told: 'inDanger' | 'safe' | 'nothing'): string {
  if (wasMe)
    return 'You said it was you. It is noted with every incident of it; the cards stay as they are until the keys are safe.';
  switch (told) {
    case 'inDanger':
      return `You said it was not you. Everybody who can help is being woken. ${NEXT}`;
    case 'safe':
      return `You said it was not you. None of it is in danger any more; everybody who can help hears it all the same, at the latest of its cards, in the fallback channel and in person: a name that is stolen is used again. ${NEXT}`;
    case 'nothing':
      return `You said it was not you. The bot knows no incident of it any more, so nobody was told: tell the responders. ${NEXT}`;
  }
}

/** Whoever presses again, or presses an older message. */
export const answeredBeforeWords = (wasMe: boolean, at: Instant): string =>
  wasMe
    ? `You said that it was you, ${exactTime(at)}. One answer is for all of it.`
    : `You said that it was not you, ${exactTime(at)}. One answer is for all of it. A "no" stands for two days; tell the responders what has changed.`;
