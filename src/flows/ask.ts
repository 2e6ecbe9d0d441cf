/** A sent ask form: who asks, for what, on which live key, who could agree; then the request stands in the record. */
import { type Approval, expiryOf, fingerprintOf } from '../domain/approval.ts';
import { requestedEvent } from '../domain/audit-events.ts';
import { namesToType } from '../domain/buttons.ts';
import type { ApprovalId, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident, runningAction, waitingApproval } from '../domain/incident.ts';
import type { Ask, FormAnswer, FormField, FormProblem } from '../domain/interaction.ts';
import type { KeySnapshot } from '../domain/key.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { type ApprovalWhy, denialWord, isDestructive } from '../domain/policy.ts';
import { actionOf } from '../domain/requests.ts';
import { shownDigest } from './answer-click.ts';
import { findApprovers } from './approvers.ts';
import { checkCode, eachCode } from './check-code.ts';
import { change, incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { lookWithin, openingOfKey } from './look.ts';
import { actionIdOf, askFor } from './receive-click.ts';
import { auditRefusal, writeAudit } from './record-audit.ts';

export const problem = (field: FormField, about: FormProblem): FormAnswer => ({
  kind: 'problem',
  field,
  problem: about,
});

/** Rejects with `StoreUnavailable`: nothing was requested. */
export async function answerAsk(house: House, ask: Ask): Promise<FormAnswer> {
  const incident = await house.incidents.load(ask.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return problem('key_name', { kind: 'notKnown' });
  // The same form sent again: what it asked for stands there already.
  if (incident.approvals.some(({ id }) => id === approvalIdOf(house, ask))) return { kind: 'accepted' };
  if (ask.reason.trim() === '') return problem('reason', { kind: 'reasonMissing' });
  const names = namesToType(incident);
  if (!names.includes(ask.keyName.trim().replace(/^alias\//, '')))
    return problem('key_name', { kind: 'wrongName', name: names[0] ?? key.keyId });
  return judged(house, ask, incident, key);
}

async function judged(house: House, ask: Ask, incident: Incident, key: KeyRef): Promise<FormAnswer> {
  const refuse = async (field: FormField, about: FormProblem): Promise<FormAnswer> => {
    const why = about.kind === 'denied' ? denialWord(about.why) : about.kind;
    await auditRefusal(house, { person: ask.person, what: ask.act, why, incident, key, ...eachCode(house, about) });
    return problem(field, about);
  };
  const [read, policy] = await Promise.all([
    lookWithin(house, key, house.settings.firstReadWithin),
    house.keys.policy(key),
  ]);
  if (read?.kind === 'gone') return problem('key_name', { kind: 'keyGone' });
  if (read?.kind !== 'read') return problem('key_name', { kind: 'keyUnread' });
  const { snapshot } = read;
  const { act, person, breakGlass } = ask;
  const freshness = isDestructive(act) || breakGlass ? 'live' : 'cached';
  const { verdict } = await judgeNow(house, { act, person, key, incident, snapshot, breakGlass, freshness });
  if (verdict.kind === 'denied') return refuse('reason', { kind: 'denied', act, why: verdict.why });
  if (verdict.kind === 'unsure') return problem('reason', { kind: 'unsure', message: verdict.message });
  if (ask.shown !== shownDigest(house, snapshot)) return refuse('key_name', { kind: 'changedSinceShown' });
  if (verdict.kind === 'allowed' && !breakGlass) return askAtOnce(house, ask, key);
  if (policy.kind === 'unknown' && (isDestructive(act) || breakGlass))
    return problem('reason', { kind: 'policyUnknown', message: policy.why });
  if (runningAction(incident) !== undefined) return problem('reason', { kind: 'alreadyRunning' });
  const waiting = isOpen(incident) ? waitingApproval(incident) : undefined;
  // An admin's emergency takes the place of what waits.
  if (waiting !== undefined && !breakGlass)
    return problem('reason', { kind: 'alreadyWaiting', act: waiting.kind, by: waiting.by });
  if (!breakGlass) {
    const found = await findApprovers(house, { asker: person, key, incident, destructive: isDestructive(act) });
    if (found.kind === 'tooFew') return refuse('reason', { ...found, kind: 'noApprover' });
  }
  const needsCode = isDestructive(act) || breakGlass;
  if (needsCode) {
    const wrong = await checkCode(house, person, ask.code, incident);
    if (wrong !== undefined) return refuse('code', wrong);
  }
  const why = verdict.kind === 'needsApproval' ? { why: verdict.why } : {};
  const approval = approvalOf(house, ask, { snapshot, policy, ...why, steppedUp: needsCode });
  return request(house, { approval, key, snapshot });
}

/** Nobody must agree any more (the key has not been used for a day, say): the wish is carried out like any other. */
async function askAtOnce(house: House, ask: Ask, key: KeyRef): Promise<FormAnswer> {
  const by = { via: 'slack', person: ask.person } as const;
  const { act, nonce, ticket } = ask;
  const said = { reason: ask.reason.trim(), ...(ticket === undefined ? {} : { ticket }) };
  const asked = await askFor(house, key, { kind: act, by, nonce, ...said });
  // Unchanged, and not for another action's sake: the same form sent again.
  return asked.kind === 'alreadyRunning' ? problem('reason', { kind: 'alreadyRunning' }) : { kind: 'accepted' };
}

/** The same form sent twice is one request; sent again with something else in it, it is another. */
function approvalIdOf(house: House, ask: Ask): ApprovalId {
  const { incident, act, nonce, reason, ticket = '', breakGlass, windowDays = 0 } = ask;
  const said = JSON.stringify([incident, act, nonce, reason.trim(), ticket, breakGlass, windowDays]);
  return `p${house.hash(said).slice(0, 31)}` as ApprovalId;
}

function approvalOf(
  house: House,
  ask: Ask,
  on: {
    readonly snapshot: KeySnapshot;
    readonly policy: Parameters<typeof fingerprintOf>[1];
    readonly why?: ApprovalWhy;
    readonly steppedUp: boolean;
  },
): Approval {
  const now = house.clock.now();
  const id = approvalIdOf(house, ask);
  const { quorum, expires } = house.settings.approvals;
  return {
    id,
    kind: ask.act,
    by: ask.person,
    askedAt: now,
    expiresAt: expiryOf(now, expires, on.snapshot.deletionDate),
    ...(on.why === undefined ? {} : { why: on.why }),
    reason: ask.reason.trim(),
    ...(ask.ticket === undefined ? {} : { ticket: ask.ticket }),
    ...(ask.windowDays === undefined ? {} : { windowDays: ask.windowDays }),
    fingerprint: fingerprintOf(on.snapshot, on.policy),
    quorum,
    steppedUp: on.steppedUp,
    breakGlass: ask.breakGlass,
    agreements: [],
    status: ask.breakGlass
      ? { kind: 'granted', at: now, action: actionIdOf(house, ask.incident, ask.act, id) }
      : { kind: 'waiting' },
    round: 0,
    message: { revision: 1, shownRevision: 0 },
  };
}

/** The trail first, where something is to be destroyed: a request that left no trace does not exist. */
async function request(
  house: House,
  wanted: { readonly approval: Approval; readonly key: KeyRef; readonly snapshot: KeySnapshot },
): Promise<FormAnswer> {
  const { approval, key, snapshot } = wanted;
  const id = incidentIdOf(house, { kind: 'key', key });
  if (isDestructive(approval.kind) || approval.breakGlass) {
    const common = { incident: id, approval: approval.id, what: approval.kind, key: key.arn };
    try {
      await house.audit.append([requestedEvent(common, approval, key)]);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      house.log.error({ incident: id, error }, 'the audit trail cannot be written: nothing is destroyed meanwhile');
      return problem('reason', { kind: 'auditUnwritable' });
    }
  }
  const opening = openingOfKey(house, key, await house.index.get(key));
  const { status } = approval;
  const outcome = await change(house, id, {
    kind: 'requested',
    approval,
    opening,
    read: { kind: 'read', snapshot },
    ...(status.kind === 'granted' ? { action: actionOf(approval, status.action) } : {}),
  });
  if (outcome.kind === 'saved') {
    await writeAudit(house, outcome.incident, { approval: approval.id });
    return { kind: 'accepted' };
  }
  if (outcome.kind === 'nothing' && outcome.why === 'known already') return { kind: 'accepted' };
  const now = await house.incidents.load(id);
  const waiting = now === undefined ? undefined : waitingApproval(now);
  // Somebody was quicker by a moment; whatever the trail says was asked for has its end there.
  const about: FormProblem =
    waiting === undefined ? { kind: 'alreadyRunning' } : { kind: 'alreadyWaiting', act: waiting.kind, by: waiting.by };
  const { by: person, kind: what } = approval;
  await auditRefusal(house, { person, what, why: about.kind, key, approval: approval.id });
  return problem('reason', about);
}
