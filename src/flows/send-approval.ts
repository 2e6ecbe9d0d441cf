/** The message of a request in its incident's thread: posted once, updated in place, desired state like the card. */
import type { ApprovalMessage } from '../domain/approval.ts';
import type { ApprovalId, ChannelId } from '../domain/ids.ts';
import { approvalOf, type Incident } from '../domain/incident.ts';
import { amend } from './commit.ts';
import { afterFailure, cardLost, deliver, HISTORY, RETRY, type Sent } from './deliver.ts';
import type { House } from './house.ts';

export async function sendApproval(
  house: House,
  channel: ChannelId,
  incident: Incident | undefined,
  id: ApprovalId,
  again: boolean,
): Promise<Sent> {
  const approval = incident === undefined ? undefined : approvalOf(incident, id);
  const threadTs = incident?.card.ts;
  if (incident === undefined || approval === undefined || incident.card.channel !== channel) return 'done';
  const { message } = approval;
  if (threadTs === undefined || message.revision <= message.shownRevision) return 'done';
  let { ts } = message;
  if (ts === undefined && again) {
    const wanted = { incident: incident.id, effect: `approval-${id}`, threadTs, oldest: house.clock.now() - HISTORY };
    const found = await house.chat.find(channel, wanted);
    if (found.kind === 'found') ts = found.ts;
  }
  const at = ts === undefined ? { threadTs } : { ts };
  const delivery = await deliver(house, channel, { kind: 'approval', incident, approval, plain: false }, at);
  switch (delivery.kind) {
    case 'delivered': {
      const shown = message.revision;
      await note(house, incident, id, (now) => ({
        ...now,
        ts: delivery.ts,
        shownRevision: Math.max(now.shownRevision, shown),
      }));
      return 'done';
    }
    case 'ambiguous':
      return { after: RETRY };
    case 'messageGone':
      // Without the card there is no thread to answer in; without the message a new one is posted.
      if (ts === undefined) await cardLost(house, incident);
      else await note(house, incident, id, ({ revision }) => ({ revision, shownRevision: 0 }));
      return { after: RETRY };
    case 'unshowable':
    case 'refused':
      // The request also stands in the approvers' Home tabs; the thread must not take the card with it.
      house.log.error(
        { channel, incident: incident.id, reason: delivery.error },
        'Slack refuses a request in every form',
      );
      house.counters.count('slack_failures', { kind: delivery.kind });
      await note(house, incident, id, (now) => ({ ...now, shownRevision: now.revision }));
      return 'done';
    default:
      return afterFailure(house, channel, incident, delivery);
  }
}

const note = (
  house: House,
  incident: Incident,
  id: ApprovalId,
  edit: (message: ApprovalMessage) => ApprovalMessage,
): Promise<unknown> =>
  amend(house, incident.id, (now) => ({
    ...now,
    approvals: now.approvals.map((one) => (one.id === id ? { ...one, message: edit(one.message) } : one)),
  }));
