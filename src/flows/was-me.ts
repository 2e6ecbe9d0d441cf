/** "Was this you?" was answered. Only who was asked may answer; what they say is written down, then told to every incident. */
import type { Refusal, SaidPress } from '../domain/interaction.ts';
import { denialWord } from '../domain/policy.ts';
import { answered } from '../domain/question.ts';
import type { ClickAnswer } from '../ports.ts';
import type { House } from './house.ts';
import { wakeInvestigations } from './investigate.ts';
import { judgeNow } from './judgement.ts';
import { auditRefusal } from './record-audit.ts';
import { standingOf } from './tell-answer.ts';

const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });
const NOT_ASKED =
  'only the person who was asked can answer that. If it is about you all the same, tell the responders.';
export async function answerWasMe(house: House, press: SaidPress): Promise<ClickAnswer> {
  const { person, question, wasMe, channel } = press;
  const what = wasMe ? 'wasMe' : 'notMe';
  const record = await house.investigations.question(question);
  if (record === undefined) return whisper({ kind: 'noSuchButton' });
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
  const after = await house.investigations.changeQuestion(
    question,
    (before) => answered(before ?? record, answer) ?? before ?? record,
  );
  const stands = after.answer ?? answer;
  if (stands.at !== answer.at || stands.wasMe !== wasMe)
    return whisper({ kind: 'answeredBefore', wasMe: stands.wasMe, at: stands.at });
  return {
    kind: 'written',
    follow: async () => {
      await wakeInvestigations(house, house.clock.now());
      const { all, open } = await standingOf(house, after);
      const told = open > 0 ? 'inDanger' : all > 0 ? 'safe' : 'nothing';
      await house.chat.whisper(channel, person, { kind: 'heard', wasMe, told });
    },
  };
}
