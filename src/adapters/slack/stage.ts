/** What presses, forms and commands stand on: the doors, a person to be told, a form to be shown, and Slack's patience. */
import type { WebClient } from '@slack/web-api';
import type { ApprovalId, IncidentId } from '../../domain/ids.ts';
import type { Incident } from '../../domain/incident.ts';
import type { Form, Refusal } from '../../domain/interaction.ts';
import type { Clock, Doors, Hash, Log } from '../../ports.ts';
import type { Press } from './schema.ts';
import type { Words } from './words/blocks.ts';
import { drawForm } from './words/forms.ts';
import type { View } from './words/view.ts';

export interface Stage {
  readonly doors: Doors;
  readonly client: WebClient;
  readonly log: Log;
  readonly clock: Clock;
  readonly hash: Hash;
  /** How an incident is seen: names, roles, the time. `undefined`: of none in particular. */
  readonly view: (incident: Incident | undefined) => View;
  /** Whether people of other companies read this channel. */
  readonly isShared: (channel: string) => boolean;
}

/** Best effort: what only one person reads is never worth a failed job. */
export async function tell(
  stage: Stage,
  to: { readonly person: { readonly user: string }; readonly channel: string },
  words: Words,
): Promise<void> {
  try {
    await stage.client.chat.postEphemeral({
      channel: to.channel,
      user: to.person.user,
      text: words.text,
      blocks: [...words.blocks],
    });
  } catch (error) {
    stage.log.warn({ channel: to.channel, error }, 'a person could not be told');
  }
}

/** In place of the form it was asked for in, if there is one. False: nobody sees it, and somebody must be told. */
export async function openForm(stage: Stage, form: Form, triggerId: string, viewId?: string): Promise<boolean> {
  const view = drawForm(form, stage.view(form.incident));
  try {
    if (viewId === undefined) await stage.client.views.open({ trigger_id: triggerId, view });
    else await stage.client.views.update({ view_id: viewId, view });
    return true;
  } catch (error) {
    stage.log.warn({ incident: form.incident.id, error }, 'a form could not be opened');
    return false;
  }
}

export const MEMORY_AWAY: Refusal = {
  kind: 'notNow',
  message: 'the memory (Redis) does not answer. Try again in a moment.',
};

/** Longer than anybody waits for an answer: whoever asked was told that it comes, and is told why if it does not. */
export async function gatherEvidence(
  stage: Stage,
  { person, channel }: Pick<Press, 'person' | 'channel'>,
  incident: IncidentId,
): Promise<Refusal | undefined> {
  try {
    return await stage.doors.evidence(person, incident, channel);
  } catch (error) {
    stage.log.warn({ channel, incident, error }, 'the evidence could not be gathered');
    return MEMORY_AWAY;
  }
}

const INCIDENT_ID = /^i[0-9a-f]{31}$/;
/** An id that cannot be ours is looked up all the same, as one nobody knows. */
export const incidentIdIn = (text: string): IncidentId =>
  (INCIDENT_ID.test(text) ? text : `i${'0'.repeat(31)}`) as IncidentId;

const APPROVAL_ID = /^p[0-9a-f]{31}$/;
export const approvalIdIn = (text: string): ApprovalId =>
  (APPROVAL_ID.test(text) ? text : `p${'0'.repeat(31)}`) as ApprovalId;

/** The answer took longer than Slack waits; it may still come. */
export class TooLate extends Error {}

/** Waits so many ms for work that goes on all the same; rejects with `TooLate`, or as the work does. */
export async function within<T>(patience: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooLate('too late for Slack')), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
