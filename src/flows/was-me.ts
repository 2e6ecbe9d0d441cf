/** "Was this you?" was answered. Only who was asked may answer; what they say is written down, then told to every incident. */
import type { Refusal, SaidPress } from '../domain/interaction.ts';
import { answered } from '../domain/investigation.ts';
import { denialWord } from '../domain/policy.ts';
import type { ClickAnswer } from '../ports.ts';
import type { House } from './house.ts';
import { wakeInvestigations } from './investigate.ts';
import { judgeNow } from './judgement.ts';
import { auditRefusal } from './record-audit.ts';

const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });
const NOT_ASKED =
  'only the person who was asked can answer that. If it is about you all the same, tell the responders.';
const ANSWERED = 'you answered that before. A "no" stands; tell the responders what has changed.';

export async function answerWasMe(house: House, press: SaidPress): Promise<ClickAnswer> {
  const { person, investigation, wasMe, channel } = press;
  const what = wasMe ? 'wasMe' : 'notMe';
  const record = await house.investigations.get(investigation);
  if (record?.owner === undefined) return whisper({ kind: 'noSuchButton' });
  if (record.owner !== person.user) {
    await auditRefusal(house, { person, what, why: 'notAsked' });
    return whisper({ kind: 'notNow', message: NOT_ASKED });
  }
  // Their account may have been closed, or be somebody else's guest, since they were asked.
  const { verdict } = await judgeNow(house, { act: 'look', person });
  if (verdict.kind === 'denied') {
    await auditRefusal(house, { person, what, why: denialWord(verdict.why) });
    return whisper({ kind: 'mayNot', why: verdict.why, action: 'Answering' });
  }
  const answer = { wasMe, by: person, at: house.clock.now() };
  const after = await house.investigations.change(
    investigation,
    (before) => answered(before ?? record, answer) ?? before ?? record,
  );
  if (after.answer?.at !== answer.at || after.answer.wasMe !== wasMe)
    return whisper({ kind: 'notNow', message: ANSWERED });
  return {
    kind: 'written',
    follow: async () => {
      await wakeInvestigations(house, house.clock.now());
      await house.chat.whisper(channel, person, { kind: 'heard', wasMe });
    },
  };
}
