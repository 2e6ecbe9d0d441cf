/** A rescue that would fail: when that is a danger of its own, how loud it is told, and when it is over. */
import { type Cancelling, heeding, isJudged, isTakenAway, standing } from './cancelling.ts';
import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import type { Instant } from './ids.ts';
import { actionsOfRound, type Incident, isOpen } from './incident.ts';
import { isPending } from './key.ts';
import type { Knowledge } from './knowledge.ts';
import { withDanger } from './record.ts';
import { withEarlier } from './shape-difference.ts';
import { remindersOf, volumeOfBlocked } from './speaking.ts';

export const isBlocked = ({ dangers }: Incident): boolean => dangers.some(({ kind }) => kind === 'rescueBlocked');

const isCustomers = ({ read }: Incident): boolean => read?.kind !== 'read' || read.snapshot.manager === 'CUSTOMER';

/** A rescue is what it needs: its deletion runs, or it is off, as far as anybody can tell. */
function needsRescue({ read, dangers }: Incident): boolean {
  if (read?.kind === 'gone') return false;
  if (read?.kind !== 'read') return dangers.some(({ kind }) => kind === 'deletionScheduled' || kind === 'keyDisabled');
  const { state } = read.snapshot;
  return isPending(state) || state === 'Disabled';
}

/**
 * What was learnt, minded by what AWS has told our own calls, and by what somebody accepted while it was learnt; a policy that has
 * just shut us out is a danger even of a calm key.
 */
export function withKnowledge(incident: Incident, learnt: Knowledge, now: Instant): Incident {
  const { comparison, cancelling: answer } = learnt;
  const before = isOpen(incident) ? incident.knowledge?.cancelling : undefined;
  const knowledge: Knowledge = {
    ...incident.knowledge,
    ...learnt,
    ...(comparison === undefined ? {} : { comparison: withEarlier(comparison, incident.knowledge?.comparison) }),
    // The event may have told it while somebody else could not read the policy.
    ...(answer === undefined ? {} : { cancelling: standing(before, answer) }),
  };
  const cancelling = heeding(knowledge.cancelling, actionsOfRound(incident));
  const next: Incident = {
    ...incident,
    knowledge: cancelling === undefined ? knowledge : { ...knowledge, cancelling },
  };
  if (!isShutOut(incident, cancelling) || !isOpen(incident) || needsRescue(incident) || isBlocked(incident))
    return next;
  return withDanger(next, 'rescueBlocked', cancelling?.since?.at ?? now);
}

/** It is news that the policy shuts us out. Without a change that somebody told of it may always have been so. */
const isShutOut = (incident: Incident, learnt: Cancelling | undefined): boolean =>
  learnt !== undefined &&
  isTakenAway(learnt) &&
  learnt.since?.from === 'change' &&
  isCustomers(incident) &&
  incident.knowledge?.cancelling?.answer !== 'no';

/** The same of one that was closed on a person's word while the policy was judged: whoever closed it had not heard of it. */
export const isShutOutSince = (incident: Incident, learnt: Cancelling): boolean =>
  incident.phase.kind === 'closed' && incident.phase.outcome === 'lookedInto' && isShutOut(incident, learnt);

/** A call of our own has been answered. */
export function heedingAnswers(incident: Incident): Incident {
  const before = incident.knowledge?.cancelling;
  const cancelling = heeding(before, actionsOfRound(incident));
  return cancelling === undefined || cancelling === before
    ? incident
    : { ...incident, knowledge: { ...incident.knowledge, cancelling } };
}

/** 0: nothing to tell; 1: a calm key that could not be rescued; 2: one that needs it. */
function urgency(incident: Incident): 0 | 1 | 2 {
  const { cancelling } = incident.knowledge ?? {};
  if (!isOpen(incident) || !isCustomers(incident) || cancelling?.answer !== 'no') return 0;
  // Somebody has configured it so: the card says it, and nobody is woken for it.
  if (cancelling.reasons.every(({ kind }) => kind === 'noRole')) return 0;
  if (needsRescue(incident)) return 2;
  return isBlocked(incident) ? 1 : 0;
}

/** Told at once, to everybody, whenever it has become worse. */
export function toldOfBlocked(before: Incident | undefined, after: Incident): readonly Effect[] {
  const earlier = before === undefined || before.round !== after.round ? 0 : urgency(before);
  if (urgency(after) <= earlier) return [];
  const date = after.countdown?.deletionDate;
  const reminder = { kind: 'cannotCancel', ...(date === undefined ? {} : { deletionDate: date }) } as const;
  return remindersOf(after, reminder, volumeOfBlocked(after));
}

/** Holds its incident open: until the policy was read again, and says no no more. */
export function staysBlocked({ knowledge }: Incident): boolean {
  const { cancelling } = knowledge ?? {};
  return cancelling === undefined || cancelling.answer === 'no' || !isJudged(cancelling);
}

/** It is what matters about a key that works. */
export const isBlockedNow = (incident: Incident): boolean => isBlocked(incident) && staysBlocked(incident);

/** Nothing else was ever the matter: another policy than before alone opens no incident either. */
export const isOnlyBlocked = (incident: Incident): boolean =>
  isBlocked(incident) && incident.dangers.every(({ kind }) => kind === 'rescueBlocked');

/** Its policy is closed to us, and nothing but that policy is the matter: whoever bypassed the lockout check made two dangers of one call. */
export const isOnlyOfPolicy = (incident: Incident): boolean =>
  isBlocked(incident) && incident.dangers.every(({ kind }) => kind === 'rescueBlocked' || kind === 'policyChanged');

/** Another change of the policy, by somebody of the account: what it does to our rescue is judged, and is all that it tells. */
export const isAnswered = (incident: Incident, fact: Fact, opens: 'always' | 'live' | 'never'): boolean =>
  fact.body.kind === 'policyChanged' && opens === 'never' && isBlocked(incident);
