/** Acknowledge and Snooze: somebody says they know, and nobody is mentioned for a while. Judged, written down, then said. */

import type { Instant } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import type { AttendPress, Refusal, Whisper } from '../domain/interaction.ts';
import { denialWord } from '../domain/policy.ts';
import type { ClickAnswer } from '../ports.ts';
import { sweepSoon } from './answer-click.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { refresh } from './receive-click.ts';
import { auditRefusal } from './record-audit.ts';

const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });

const ANOTHER_DATE =
  'that button is about a deletion date that does not hold any more. Look at the card, and press there.';

const WAS_OVER = 'This incident was over before your click was worked off.';

const isAboutDate = ({ about }: AttendPress, incident: Incident | undefined): boolean =>
  about === undefined || about === incident?.countdown?.deletionDate;

/** What still has marks ahead that speak whoever acknowledged. */
function loudBefore(
  { countdown, losses }: Incident,
  now: Instant,
): Pick<Extract<Whisper, { kind: 'quiet' }>, 'before'> {
  if (countdown !== undefined) return { before: 'deletion' };
  return losses !== undefined && losses.deletionDate > now ? { before: 'loss' } : {};
}

export async function attend(house: House, press: AttendPress): Promise<ClickAnswer> {
  const { person, channel, what } = press;
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
  if (!isAboutDate(press, incident)) {
    await refresh(house, incident.id);
    return whisper({ kind: 'notNow', message: ANOTHER_DATE });
  }
  const { verdict } = await judgeNow(house, { act: 'acknowledge', person, key, incident });
  switch (verdict.kind) {
    case 'unsure':
      return whisper({ kind: 'roleUnknown', message: verdict.message });
    case 'denied':
      await auditRefusal(house, { person, what: 'acknowledge', why: denialWord(verdict.why), incident, key });
      return whisper({ kind: 'mayNot', why: verdict.why, action: what === 'acknowledged' ? 'Acknowledge' : 'Snooze' });
    case 'allowed':
    case 'needsApproval':
      break;
  }
  // Slack was asked meanwhile: a date that nobody has seen is not acknowledged.
  const outcome = await change(house, incident.id, (now) =>
    isAboutDate(press, now) ? { kind: 'attended', attention: { kind: what, by: person } } : undefined,
  );
  if (outcome.kind !== 'saved' || outcome.incident.attention === undefined) {
    const now = await house.incidents.load(incident.id);
    const moved = now !== undefined && isOpen(now) && !isAboutDate(press, now);
    return whisper({ kind: 'notNow', message: moved ? ANOTHER_DATE : WAS_OVER });
  }
  const { until } = outcome.incident.attention;
  const quiet: Whisper = { kind: 'quiet', what, until, ...loudBefore(outcome.incident, house.clock.now()) };
  return {
    kind: 'written',
    follow: () => (channel === '' ? Promise.resolve() : house.chat.whisper(channel, person, quiet)),
  };
}
