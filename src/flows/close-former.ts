/** The message of a round that is over, where the next round began before Slack was shown the end: it must not stand there as running. */
import type { Duration, IncidentId, MessageTs } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { amend } from './commit.ts';
import { deliver, RETRY, type Sent } from './deliver.ts';
import type { House } from './house.ts';

const TOKEN_DEAD: Duration = 30_000;

/**
 * Says on the round's old message that it is over. What is in danger now comes first: `sent` is what became of the card itself. A message
 * that is gone, or that Slack will not change, is let go.
 */
export async function closeFormer(house: House, id: IncidentId, sent: Sent): Promise<Sent> {
  if (sent !== 'done' && sent !== 'unsent') return sent;
  const incident = await house.incidents.load(id);
  const former = incident?.card.former;
  if (incident === undefined || former === undefined) return sent;
  const { channel, ts, at, outcome } = former;
  const ended: Incident = { ...incident, phase: { kind: 'closed', at, outcome } };
  const delivery = await deliver(house, channel, { kind: 'formerCard', incident: ended, plain: false }, { ts });
  switch (delivery.kind) {
    case 'rateLimited':
      return { after: delivery.retryAfter };
    case 'ambiguous':
    case 'notSent':
      return { after: RETRY };
    case 'tokenDead':
      return { after: TOKEN_DEAD };
    case 'delivered':
      house.counters.count('slack_messages', { kind: 'card_update' });
      break;
    case 'messageGone':
    case 'channelGone':
    case 'unshowable':
    case 'refused':
      house.log.warn({ channel, incident: id, reason: delivery.error }, 'an old card cannot be told that it is over');
      house.counters.count('slack_failures', { kind: delivery.kind });
  }
  await amend(house, id, (now) => withoutFormer(now, ts));
  return 'done';
}

/** `undefined`: that message is not owed its end. */
export function withoutFormer(incident: Incident, ts: MessageTs): Incident | undefined {
  const { former, ...card } = incident.card;
  return former?.ts === ts ? { ...incident, card } : undefined;
}
