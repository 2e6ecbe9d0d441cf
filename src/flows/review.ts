/** Approve and Reject: pressed on the request or at home, said in a form, decided on the record as it is at that moment. */
import {
  type Agreement,
  type Approval,
  changesBetween,
  type Fingerprint,
  fingerprintOf,
  redrawn,
} from '../domain/approval.ts';
import { type KeyRef, samePerson } from '../domain/ids.ts';
import { approvalOf, type Incident, keyOfIncident } from '../domain/incident.ts';
import type { FormAnswer, FormField, FormProblem, Review, ReviewPress } from '../domain/interaction.ts';
import { denialWord, isDestructive } from '../domain/policy.ts';
import { actionOf } from '../domain/requests.ts';
import type { ClickAnswer } from '../ports.ts';
import { sweepSoon } from './answer-click.ts';
import { problem } from './ask.ts';
import { checkCode, eachCode } from './check-code.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { lookWithin } from './look.ts';
import { actionIdOf } from './receive-click.ts';
import { auditRefusal, writeAudit } from './record-audit.ts';

/** A first read that differs may be stale: one more, so much later, before a request is voided. */
const LOOK_AGAIN = 700;

/** The form for a decision; or the sentence why there is nothing to decide, and the message is drawn again. */
export async function openReviewForm(house: House, press: ReviewPress): Promise<ClickAnswer> {
  const { person, decision } = press;
  const incident = await house.incidents.load(press.incident);
  const approval = incident === undefined ? undefined : approvalOf(incident, press.approval);
  if (incident === undefined || approval === undefined) {
    if (incident === undefined) await sweepSoon(house);
    return { kind: 'whisper', words: { kind: 'noSuchButton' } };
  }
  const whisper = (about: FormProblem): ClickAnswer => ({
    kind: 'whisper',
    words: { kind: 'notReviewed', problem: about },
  });
  const over = await endOf(house, incident, approval);
  if (over !== undefined) return whisper(over);
  const own = samePerson(approval.by, person);
  if (!own || decision === 'approve') {
    const key = keyOfIncident(incident);
    const { verdict } = await judgeNow(house, {
      act: decision,
      person,
      incident,
      ...(key === undefined ? {} : { key }),
    });
    const refusal: FormProblem | undefined = own
      ? { kind: 'ownRequest' }
      : verdict.kind === 'denied'
        ? { kind: 'denied', act: decision, why: verdict.why }
        : undefined;
    if (refusal !== undefined) {
      await auditReviewRefusal(house, press, incident, refusal);
      return whisper(refusal);
    }
  }
  const code = decision === 'approve' && isDestructive(approval.kind);
  return { kind: 'form', form: { kind: 'review', incident, approval, decision, own, code } };
}

/** Why nothing is left to decide; the request's message is drawn anew for whoever sees it next. */
async function endOf(house: House, incident: Incident, approval: Approval): Promise<FormProblem | undefined> {
  const now = house.clock.now();
  const expired = approval.status.kind === 'waiting' && now >= approval.expiresAt;
  if (expired) {
    const outcome = await decideRequest(house, incident, approval, { kind: 'time' });
    // Not saved: the countdown's own job, or another press, ended it first, and the record says how.
    const now = outcome.kind === 'saved' ? outcome.incident : await house.incidents.load(incident.id);
    return over((now === undefined ? undefined : approvalOf(now, approval.id)) ?? approval);
  }
  if (approval.status.kind === 'waiting') return undefined;
  await amend(house, incident.id, (record) => ({
    ...record,
    approvals: record.approvals.map((one) => (one.id === approval.id ? redrawn(one) : one)),
  }));
  return over(approval);
}

const over = (approval: Approval): FormProblem => ({
  kind: 'over',
  status: approval.status,
  agreedBy: approval.agreements.map(({ by }) => by),
});

/** Rejects with `StoreUnavailable`: nothing was decided. */
export async function answerReview(house: House, review: Review): Promise<FormAnswer> {
  const incident = await house.incidents.load(review.incident);
  const approval = incident === undefined ? undefined : approvalOf(incident, review.approval);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || approval === undefined || key === undefined)
    return problem('comment', { kind: 'notKnown' });
  const refuse = async (field: FormField, about: FormProblem): Promise<FormAnswer> => {
    await auditReviewRefusal(house, review, incident, about);
    return problem(field, about);
  };
  const ended = await endOf(house, incident, approval);
  if (ended !== undefined) return refuse('comment', ended);
  const own = samePerson(approval.by, review.person);
  if (own && review.decision === 'approve') return refuse('comment', { kind: 'ownRequest' });
  if (!own) {
    const { verdict } = await judgeNow(house, {
      act: review.decision,
      person: review.person,
      key,
      incident,
      freshness: 'live',
    });
    if (verdict.kind === 'denied') return refuse('comment', { kind: 'denied', act: review.decision, why: verdict.why });
    if (verdict.kind === 'unsure') return problem('comment', { kind: 'unsure', message: verdict.message });
  }
  if (review.decision === 'reject') {
    if (!own && (review.comment ?? '').trim() === '') return problem('comment', { kind: 'commentMissing' });
    return reject(house, review, incident, approval);
  }
  return agree(house, review, { incident, approval, key, refuse });
}

async function reject(house: House, review: Review, incident: Incident, approval: Approval): Promise<FormAnswer> {
  const outcome = await decideRequest(house, incident, approval, {
    kind: 'reject',
    by: review.person,
    ...(review.comment === undefined ? {} : { comment: review.comment }),
  });
  return told(house, outcome, review, approval);
}

interface Agreeing {
  readonly incident: Incident;
  readonly approval: Approval;
  readonly key: KeyRef;
  readonly refuse: (field: FormField, about: FormProblem) => Promise<FormAnswer>;
}

async function agree(house: House, review: Review, { incident, approval, key, refuse }: Agreeing): Promise<FormAnswer> {
  const live = await liveKey(house, key, approval);
  if (live === 'gone') {
    const outcome = await decideRequest(house, incident, approval, { kind: 'gone' });
    if (outcome.kind === 'nothing') return told(house, outcome, review, approval);
    return refuse('comment', { kind: 'keyGone' });
  }
  if (live === undefined) return problem('comment', { kind: 'keyUnread' });
  const changes = changesBetween(approval.fingerprint, live);
  if (changes.length > 0) {
    const outcome = await decideRequest(house, incident, approval, { kind: 'key', fingerprint: live });
    // Another approver was quicker: that the key has changed is what was agreed to.
    if (outcome.kind === 'nothing') return told(house, outcome, review, approval);
    return refuse('comment', { kind: 'voided', changes });
  }
  const destructive = isDestructive(approval.kind);
  if (destructive) {
    const wrong = await checkCode(house, review.person, review.code, incident);
    if (wrong !== undefined) return refuse('code', wrong);
  }
  const agreement: Agreement = {
    by: review.person,
    at: house.clock.now(),
    ...(review.comment === undefined ? {} : { comment: review.comment }),
    steppedUp: destructive,
  };
  const outcome = await decideRequest(house, incident, approval, {
    kind: 'agree',
    agreement,
    action: actionIdOf(house, incident.id, approval.kind, approval.id),
  });
  return told(house, outcome, review, approval);
}

/** The key as it is; a policy that the request is bound to must be readable. `undefined`: cannot be said just now. */
async function liveKey(house: House, key: KeyRef, approval: Approval): Promise<Fingerprint | 'gone' | undefined> {
  const first = await readLive(house, key, approval);
  if (first === undefined || first === 'gone' || changesBetween(approval.fingerprint, first).length === 0) return first;
  await house.clock.sleep(LOOK_AGAIN);
  return readLive(house, key, approval);
}

async function readLive(house: House, key: KeyRef, approval: Approval): Promise<Fingerprint | 'gone' | undefined> {
  const bound = approval.fingerprint.policy !== undefined;
  const [read, policy] = await Promise.all([
    lookWithin(house, key, house.settings.firstReadWithin),
    bound ? house.keys.policy(key) : undefined,
  ]);
  if (read?.kind === 'gone') return 'gone';
  if (read?.kind !== 'read' || (bound && policy?.kind !== 'known')) return undefined;
  return fingerprintOf(read.snapshot, policy);
}

type Event = Extract<Parameters<typeof change>[2], { kind: 'reviewed' }>['event'];

const decideRequest = (house: House, incident: Incident, approval: Approval, event: Event): ReturnType<typeof change> =>
  change(house, incident.id, {
    kind: 'reviewed',
    approval: approval.id,
    event,
    action: actionOf(approval, actionIdOf(house, incident.id, approval.kind, approval.id)),
  });

/** One of two who press at once wins; the other learns who was first. */
async function told(
  house: House,
  outcome: Awaited<ReturnType<typeof change>>,
  review: Review,
  approval: Approval,
): Promise<FormAnswer> {
  if (outcome.kind === 'later') return problem('comment', { kind: 'keyUnread' });
  if (outcome.kind === 'nothing') {
    switch (outcome.why) {
      case 'already running':
        return problem('comment', { kind: 'alreadyRunning' });
      case 'own request':
        return problem('comment', { kind: 'ownRequest' });
      case 'agreed already':
        return problem('comment', { kind: 'agreedAlready' });
      case 'known already':
      case 'no danger':
      case 'no incident':
      case 'already waiting':
      case 'decided before':
      case 'not ours to say':
      case 'planned already':
      case 'no plan':
      case 'own key':
      case 'not on hold':
      case 'own plan':
      case 'scheduled it':
      case 'older news': {
        const incident = await house.incidents.load(review.incident);
        const now = incident === undefined ? undefined : approvalOf(incident, approval.id);
        return problem('comment', over(now ?? approval));
      }
    }
  }
  const now = approvalOf(outcome.incident, approval.id) ?? approval;
  await writeAudit(house, outcome.incident, {
    approval: approval.id,
    ...(now.status.kind === 'granted' ? { action: now.status.action } : {}),
  });
  if (now.status.kind === 'expired' || now.status.kind === 'voided') return problem('comment', over(now));
  return { kind: 'accepted' };
}

async function auditReviewRefusal(
  house: House,
  { person, decision, approval }: Pick<Review, 'person' | 'decision' | 'approval'>,
  incident: Incident,
  about: FormProblem,
): Promise<void> {
  const why = about.kind === 'denied' ? denialWord(about.why) : about.kind;
  await auditRefusal(house, { person, what: decision, why, incident, approval, ...eachCode(house, about) });
}
