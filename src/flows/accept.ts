/** Accept as it is: somebody who may says that a key that is not as last good is how it should be. */
import { mayBeAccepted } from '../domain/as-before.ts';
import type { Incident } from '../domain/incident.ts';
import { keyOfIncident } from '../domain/incident.ts';
import type { AcceptPress, Refusal } from '../domain/interaction.ts';
import { denialWord } from '../domain/policy.ts';
import { filledFrom } from '../domain/shape-parts.ts';
import type { ClickAnswer } from '../ports.ts';
import { sweepSoon } from './answer-click.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { knowShape } from './know.ts';
import { refresh } from './receive-click.ts';
import { auditRefusal } from './record-audit.ts';

const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });

const OTHERWISE =
  'what differs is not what that button was drawn for any more. Look at the card, and press there if it still is how the key should be.';

export async function accept(house: House, press: AcceptPress): Promise<ClickAnswer> {
  const { person } = press;
  const incident = await house.incidents.load(press.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) {
    await sweepSoon(house);
    return whisper({ kind: 'noSuchButton' });
  }
  if (incident.phase.kind === 'closed') {
    await refresh(house, incident.id);
    return whisper({ kind: 'over', outcome: incident.phase.outcome });
  }
  if (!isShown(incident, press)) {
    await refresh(house, incident.id);
    return whisper(whyNot(incident, press));
  }
  const { verdict } = await judgeNow(house, { act: 'accept', person, key, incident, freshness: 'live' });
  switch (verdict.kind) {
    case 'unsure':
      return whisper({ kind: 'roleUnknown', message: verdict.message });
    case 'denied':
      await auditRefusal(house, { person, what: 'accept', why: denialWord(verdict.why), incident, key });
      return whisper({ kind: 'mayNot', why: verdict.why, action: 'Accept as it is' });
    case 'allowed':
    case 'needsApproval':
      return { kind: 'written', follow: () => acceptNow(house, incident, press) };
  }
}

const isShown = (incident: Incident, { comparedAt }: AcceptPress): boolean =>
  mayBeAccepted(incident) && incident.knowledge?.comparison?.comparedAt === comparedAt;

/** Of two presses at once the later one finds accepted what it was drawn for: that is something else than a key that has changed. */
function whyNot(incident: Incident | undefined, { comparedAt }: AcceptPress): Refusal {
  const comparison = incident?.knowledge?.comparison;
  return comparison?.accepted !== undefined && comparison.comparedAt === comparedAt
    ? { kind: 'acceptedBefore', ...comparison.accepted }
    : { kind: 'notNow', message: OTHERWISE };
}

/** Read once more first: nobody accepts what they have not seen. */
async function acceptNow(house: House, incident: Incident, press: AcceptPress): Promise<void> {
  const key = keyOfIncident(incident);
  if (key === undefined) return;
  const { incident: seen, shape } = await knowShape(house, incident, key);
  const tell = async (): Promise<void> => {
    if (press.channel === '') return;
    await house.chat.whisper(press.channel, press.person, whyNot(await house.incidents.load(incident.id), press));
  };
  if (shape === undefined || !isShown(seen, press)) return tell();
  const outcome = await change(house, incident.id, {
    kind: 'accepted',
    by: press.person,
    comparedAt: press.comparedAt,
  });
  if (outcome.kind !== 'saved') return tell();
  // Only once it stands in the record: whoever dies in between leaves last good as it was, and the next incident asks again.
  await house.shapes.putGood(key, filledFrom(shape, await house.shapes.good(key)));
}
