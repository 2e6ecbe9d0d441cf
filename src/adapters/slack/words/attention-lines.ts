/** Who has it in hand, and whether it is meant to be: the lines about acknowledgements and plans. */
import type { Attention } from '../../../domain/attention.ts';
import type { Plan, PlanVoid } from '../../../domain/decommission.ts';
import { callOf } from '../../../domain/fact.ts';
import { type Incident, isOpen } from '../../../domain/incident.ts';
import { actorName, personWords } from './names.ts';
import { foreign } from './text.ts';
import { dayAndTime } from './times.ts';
import type { View } from './view.ts';

/** Until when nobody is mentioned, and thanks to whom; empty once that is over. */
export function attentionLine({ attention }: Incident, view: View): string {
  return attention === undefined || view.now >= attention.until ? '' : attentionWords(attention);
}

export const attentionWords = ({ kind, by, until }: Attention): string =>
  kind === 'acknowledged'
    ? `👀 Acknowledged by ${personWords(by)}; asks again ${dayAndTime(until)}`
    : `💤 Snoozed by ${personWords(by)}; asks again ${dayAndTime(until)}`;

/** What stands on the card about a plan; nothing once it was declined or ended. */
export function planLine(incident: Incident, approvers = ''): string {
  const { plan } = incident;
  if (plan === undefined || !isOpen(incident)) return '';
  switch (plan.status.kind) {
    case 'proposed':
      return `🗓️ *Decommission proposed*  ${foreign(plan.ticket, 120)}, by ${personWords(plan.by)} ${dayAndTime(plan.at)}. An approver must agree: not who asked for it, and not who scheduled the deletion.${approvers === '' ? '' : ` ${approvers}`}`;
    case 'agreed':
      return `🗓️ *Planned decommission*  ${foreign(plan.ticket, 120)}, by ${personWords(plan.by)}, agreed by ${personWords(plan.status.by)} ${dayAndTime(plan.status.at)}. Reminders are quiet until the last day, and loud again at the first use.`;
    case 'declined':
    case 'void':
      return '';
  }
}

/** That a deletion was planned does not say that this is the one: who planned it, and who scheduled it. */
export function planScheduledWords({ plan, dangers }: Incident): string {
  if (plan?.status.kind !== 'agreed') return '';
  const fact = dangers.find(({ kind }) => kind === 'deletionScheduled')?.fact;
  const call = fact === undefined ? undefined : callOf(fact.body);
  const by =
    call === undefined ? 'it was scheduled, by whom is not known' : `it was scheduled by ${actorName(call.actor)}`;
  return `A plan to delete it (${foreign(plan.ticket, 120)}) was agreed to by ${personWords(plan.status.by)}; ${by}. Nothing to do, unless that does not belong together.`;
}

/** What became of a plan, for the timeline. A message that is changed calls nobody: who must agree is called here. */
export function planWords(plan: Plan, approvers: string): string {
  const what = `Planned decommission ${foreign(plan.ticket, 120)}`;
  switch (plan.status.kind) {
    case 'proposed':
      return `${what}: asked for by ${personWords(plan.by)}; an approver must agree on the card${approvers === '' ? '' : `: ${approvers}`}`;
    case 'agreed':
      return `${what}: ${personWords(plan.status.by)} agreed; the countdown goes on, quieter`;
    case 'declined':
      return `${what}: declined by ${personWords(plan.status.by)}`;
    case 'void':
      return `${what}: ${voidWords(plan)}`;
  }
}

const VOID: Readonly<Record<PlanVoid, string>> = {
  rescheduled: 'void, because the deletion was scheduled anew for another date',
  cancelled: 'void, because the deletion was cancelled',
  used: 'void, because somebody tried to use the key',
  changed: 'void, because the key has other material now',
  ownPlan: 'void, because who agreed to it is who scheduled the deletion',
  lapsed: 'void, because nothing came of it for too long',
};

export const voidWords = ({ status }: Plan): string => (status.kind === 'void' ? `${VOID[status.why]}.` : 'not void.');
