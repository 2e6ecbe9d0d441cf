/** What the end of one key of a multi-Region family means: its material may live on in another Region. */
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { isPending } from '../../../domain/key.ts';
import { type LivingMember, survivalOf } from '../../../domain/survivors.ts';
import { nameOf } from './names.ts';
import { exactTime } from './times.ts';
import { usageWords } from './usage-words.ts';

export interface Ended {
  /** `alias/ledger`, and in which Region where that is not all of it. */
  readonly what: string;
  /** What is lost, in the middle of a sentence. */
  readonly lost: string;
  /** What to do now; one sentence or more. */
  readonly advice: string;
}

/** Nothing is called lost that another key of the family can still decrypt. */
export function endedWords(incident: Incident): Ended {
  const name = nameOf(incident);
  const region = keyOfIncident(incident)?.region ?? '';
  const survival = survivalOf(incident);
  switch (survival.kind) {
    case 'none':
      return {
        what: name,
        lost: usageWords(incident).isLost,
        advice: 'Nothing can be rescued any more.',
      };
    case 'unknown':
      return {
        what: `${name} in ${region}`,
        lost: `${usageWords(incident).isLost} unless another key of the family still exists`,
        advice:
          'Whether one does is not known: look for the same key id in the other Regions, and cancel its deletion there.',
      };
    case 'alive': {
      const { member } = survival;
      const who = member.role === 'PRIMARY' ? 'replica' : 'key';
      return {
        what: `the ${who} of ${name} in ${region}`,
        lost: `the ${placeOf(member)} still holds the material`,
        advice: survivorAdvice(member, region),
      };
    }
  }
}

const placeOf = ({ role, key }: LivingMember): string =>
  `${role === 'PRIMARY' ? 'primary' : 'replica'} in ${key.region}`;

function survivorAdvice(member: LivingMember, region: string): string {
  const { state, readAt } = member.read;
  const seen = `It was ${state}, read ${exactTime(readAt)}`;
  const rescue = isPending(state)
    ? '*Rescue it there*; once it is gone, all of this is lost for good.'
    : 'See to it that it stays.';
  const anew =
    member.role === 'PRIMARY' ? ` From it the replica in ${region} can be created again (ReplicateKey).` : '';
  return `${seen}. ${rescue}${anew}`;
}
