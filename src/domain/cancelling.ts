/**
 * Can we cancel? Three answers, from what the key policy says about our rescue and whether we can call at all; what is not fully
 * understood is `unknown`, never yes. A rescue is two calls, and both must pass.
 */
import type { Action } from './action.ts';
import { type Actor, callOf, type Fact } from './fact.ts';
import type { Instant, KeyRef } from './ids.ts';
import { known, type Learned } from './key.ts';
import { askStatements, type Doubt, type PolicyAnswer } from './key-policy.ts';
import { type Caller, callerOf } from './key-policy-caller.ts';
import { contextOf, type KeyTraits } from './key-policy-context.ts';
import { type StatementName, statementsOf } from './key-policy-document.ts';
import { type Repairers, repairersOf } from './key-policy-repairers.ts';

export const RESCUE_CALLS = ['kms:CancelKeyDeletion', 'kms:EnableKey'] as const;
export type RescueCall = (typeof RESCUE_CALLS)[number];

/** Under which name a duty is carried out in a place. `self`: own credentials, whose ARN may not be known yet. */
export type Means =
  | { readonly kind: 'role'; readonly arn: string }
  | { readonly kind: 'self'; readonly arn?: string }
  | { readonly kind: 'none' };

/** Whether STS gives us the role of a duty, or knows our own credentials. */
export type Assumable =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export type CancellingReason =
  /** The key policy names who calls. */
  | { readonly kind: 'named'; readonly arn: string; readonly by: StatementName }
  /** It leaves it to the account's IAM policies, which nobody here has read. */
  | { readonly kind: 'delegated'; readonly arn: string; readonly by: StatementName }
  | { readonly kind: 'noRole' }
  /** Neither call is taken from another account (KMS guide, "AWS KMS permissions"). */
  | { readonly kind: 'roleElsewhere'; readonly arn: string }
  | { readonly kind: 'notAssumable'; readonly arn: string; readonly why: string }
  | { readonly kind: 'assumableUnknown'; readonly arn?: string; readonly why: string }
  /** Our own credentials are an identity that no policy can be held against. */
  | { readonly kind: 'callerUnknown'; readonly arn?: string }
  /** `why` names the missing permission. */
  | { readonly kind: 'policyUnread'; readonly why: string }
  | { readonly kind: 'policyMalformed' }
  | { readonly kind: 'denied'; readonly call: RescueCall; readonly by: StatementName }
  | { readonly kind: 'notAllowed'; readonly call: RescueCall }
  | { readonly kind: 'open'; readonly call: RescueCall; readonly doubts: readonly Doubt[] }
  /** It was tried. `operation`: what was not allowed, in AWS's spelling. */
  | { readonly kind: 'refused'; readonly operation: string; readonly message: string; readonly at: Instant };

export interface Cancelling {
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly checkedAt: Instant;
  /** Judged by what an event says was put, because the policy itself cannot be read; why not. */
  readonly unread?: string;
  /** What decided; never empty. */
  readonly reasons: readonly CancellingReason[];
  /** Of `no`: since when. `found`: nothing tells when it began, only when it was seen. */
  readonly since?: { readonly at: Instant; readonly from: 'change' | 'found' };
  /** Of `no`: who replaced the key policy last. */
  readonly by?: { readonly at: Instant; readonly actor: Actor };
  /** Of a policy that says no: who may still replace it. */
  readonly repairers?: Repairers;
}

export interface CancellingInput {
  readonly key: KeyRef;
  readonly now: Instant;
  readonly means: Means;
  readonly assumable: Assumable;
  /** As read at `now`. */
  readonly policy: Learned<string>;
  /** What an event says was put: counts where the policy cannot be read. */
  readonly put?: string;
  readonly traits?: KeyTraits;
  /** Of this round. */
  readonly actions?: readonly Action[];
  /** The newest replacing of the key policy that is known. */
  readonly change?: Fact;
  readonly before?: Cancelling;
}

export function cancellingOf(asked: CancellingInput): Cancelling {
  const isPut = asked.policy.kind === 'unknown' && asked.put !== undefined;
  const input = isPut ? { ...asked, policy: known(asked.put) } : asked;
  const { change, before, now, key, policy, traits } = input;
  const reasons = withRefusal(reasonsOf(input), input);
  const answer = answerOf(reasons);
  const unread = isPut && asked.policy.kind === 'unknown' ? { unread: asked.policy.why } : {};
  // An event may be overtaken by the next change: a yes by it is none.
  const judged = {
    answer: isPut && answer === 'yes' ? ('unknown' as const) : answer,
    checkedAt: now,
    reasons,
    ...unread,
  };
  if (answer !== 'no') return standing(before, judged);
  const call = change === undefined ? undefined : callOf(change.body);
  const isPolicys = reasons.some(isOfPolicy);
  const by =
    isPolicys && change !== undefined && call !== undefined ? { at: change.at, actor: call.actor } : before?.by;
  return {
    ...judged,
    since: sinceOf(input, isPolicys),
    ...(by === undefined ? {} : { by }),
    ...(isPolicys && policy.kind === 'known' ? { repairers: repairersOf(policy.value, key, traits, now) } : {}),
  };
}

/** A no that cannot be looked at again stays one: else it would be told anew each time it can. */
export function standing(before: Cancelling | undefined, now: Cancelling): Cancelling {
  const isUnread = now.answer === 'unknown' && now.reasons.some(({ kind }) => kind === 'policyUnread');
  if (before?.answer !== 'no' || !isUnread) return now;
  return { ...before, reasons: [...before.reasons.filter(isOfNo), ...now.reasons] };
}

/** What an earlier no stands on; what else was not known then is judged anew each time. */
const isOfNo = (reason: CancellingReason): boolean => reason.kind === 'refused' || answerOfReason(reason) === 'no';

const isOfPolicy = ({ kind }: CancellingReason): boolean => kind === 'denied' || kind === 'notAllowed';

function sinceOf({ change, before, now }: CancellingInput, isPolicys: boolean): NonNullable<Cancelling['since']> {
  const earlier = before?.answer === 'no' ? before.since : undefined;
  // Who did it may become known later than that it was done.
  const changed = isPolicys && change !== undefined && (earlier === undefined || change.at <= earlier.at);
  return changed ? { at: change.at, from: 'change' } : (earlier ?? { at: now, from: 'found' });
}

/** The policy itself takes our rescue away, and it did not before. */
export const isTakenAway = ({ answer, reasons, since, checkedAt }: Cancelling): boolean =>
  answer === 'no' && reasons.some(isOfPolicy) && (since?.from === 'change' || since?.at === checkedAt);

function answerOf(reasons: readonly CancellingReason[]): Cancelling['answer'] {
  const answers = reasons.map(answerOfReason);
  if (answers.includes('no')) return 'no';
  return answers.length === 0 || answers.includes('unknown') ? 'unknown' : 'yes';
}

function answerOfReason(reason: CancellingReason): Cancelling['answer'] {
  switch (reason.kind) {
    case 'named':
    case 'delegated':
      return 'yes';
    case 'noRole':
    case 'roleElsewhere':
    case 'notAssumable':
    case 'denied':
    case 'notAllowed':
      return 'no';
    case 'assumableUnknown':
    case 'callerUnknown':
    case 'policyUnread':
    case 'policyMalformed':
    case 'open':
      return 'unknown';
    case 'refused':
      // What stood in the way may be in a policy that nobody here reads, and may be gone by now.
      return 'unknown';
  }
}

/** Whoever cannot call needs no policy. */
function reasonsOf({ means, assumable, key, policy, traits, now }: CancellingInput): readonly CancellingReason[] {
  if (means.kind === 'none') return [{ kind: 'noRole' }];
  const arn = means.arn === undefined ? {} : { arn: means.arn };
  const caller = means.arn === undefined ? undefined : callerOf(means.arn);
  if (means.kind === 'role' && assumable.kind === 'no')
    return [{ kind: 'notAssumable', arn: means.arn, why: assumable.why }];
  if (caller !== undefined && caller.account !== key.account) return [{ kind: 'roleElsewhere', arn: caller.arn }];
  const road: readonly CancellingReason[] =
    assumable.kind === 'yes' ? [] : [{ kind: 'assumableUnknown', ...arn, why: assumable.why }];
  if (policy.kind === 'unknown') return [...road, { kind: 'policyUnread', why: policy.why }];
  if (caller === undefined) return road.length > 0 ? road : [{ kind: 'callerUnknown', ...arn }];
  return [...road, ...saidBy(policy.value, caller, key, traits, now)];
}

function saidBy(
  policy: string,
  caller: Caller,
  key: KeyRef,
  traits: KeyTraits | undefined,
  now: Instant,
): readonly CancellingReason[] {
  const statements = statementsOf(policy);
  const context = contextOf(caller, key, traits, now);
  const said = RESCUE_CALLS.map((call) =>
    reasonOf(askStatements(statements, { caller, action: call, key, context }), call, caller.arn),
  );
  // Twice the same is said once.
  return said.filter((one, index) => said.findIndex((other) => isSame(one, other)) === index);
}

const isSame = (one: CancellingReason, other: CancellingReason): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

function reasonOf(answer: PolicyAnswer, call: RescueCall, arn: string): CancellingReason {
  switch (answer.kind) {
    case 'allowed':
      return { kind: 'named', arn, by: answer.by };
    case 'delegated':
      return { kind: 'delegated', arn, by: answer.by };
    case 'denied':
      return { kind: 'denied', call, by: answer.by };
    case 'silent':
      return { kind: 'notAllowed', call };
    case 'unknown':
      return { kind: 'open', call, doubts: answer.doubts };
    case 'malformed':
      return { kind: 'policyMalformed' };
  }
}

/** A policy that looks like a yes is none where KMS has just said no: something that nobody here reads stands in the way. */
function withRefusal(
  reasons: readonly CancellingReason[],
  { actions = [] }: CancellingInput,
): readonly CancellingReason[] {
  const refused = answerOf(reasons) === 'yes' ? refusalIn(actions) : undefined;
  return refused === undefined ? reasons : [...reasons, refused];
}

type Refused = Extract<CancellingReason, { kind: 'refused' }>;
type Called = Action['calls'][number];

/** The newest rescuing call, if AWS has denied it. */
function refusalIn(actions: readonly Action[]): Refused | undefined {
  const calls = actions.flatMap((action) => action.calls).filter(isRescuing);
  const last = calls.findLast(({ outcome }) => outcome !== undefined);
  return last === undefined ? undefined : refusalOf(last);
}

const isRescuing = ({ operation }: Called): boolean => operation === 'CancelKeyDeletion' || operation === 'EnableKey';

function refusalOf({ outcome }: Called): Refused | undefined {
  if (outcome?.kind !== 'denied') return undefined;
  return { kind: 'refused', operation: outcome.operation, message: outcome.message.slice(0, 500), at: outcome.at };
}

/** AWS has denied a rescuing call of ours: it is no, whatever was read before. `undefined`: the call says nothing of it. */
export function afterRefusal(before: Cancelling | undefined, call: Called): Cancelling | undefined {
  const refused = isRescuing(call) ? refusalOf(call) : undefined;
  if (refused === undefined) return undefined;
  if (before?.answer === 'no') return { ...before, reasons: [...before.reasons.filter(isNotTried), refused] };
  return { answer: 'no', checkedAt: refused.at, reasons: [refused], since: { at: refused.at, from: 'found' } };
}
/** The same for a record: a call may have been denied after the policy was read that an answer is from. */
export function heeding(cancelling: Cancelling | undefined, actions: readonly Action[]): Cancelling | undefined {
  const last = actions
    .flatMap((action) => action.calls)
    .filter(isRescuing)
    .findLast(({ outcome }) => outcome !== undefined);
  if (last?.outcome === undefined || last.outcome.at < (cancelling?.checkedAt ?? 0)) return cancelling;
  return afterRefusal(cancelling, last) ?? cancelling;
}
const isNotTried = ({ kind }: CancellingReason): boolean => kind !== 'refused';

/** The policy says no, and nobody knows who made it say so. */
export const isClosedByNobody = ({ answer, reasons, by }: Cancelling): boolean =>
  answer === 'no' && by === undefined && reasons.some(isOfPolicy);

/** Whether it is known that we could not enable the key. Where no role is configured for it, others are meant to. */
export const isEnableRefused = (cancelling: Cancelling | undefined): boolean =>
  cancelling?.answer === 'no' && cancelling.reasons.some(refusesEnable);

function refusesEnable(reason: CancellingReason): boolean {
  if ('call' in reason) return reason.kind !== 'open' && reason.call === 'kms:EnableKey';
  if (reason.kind === 'refused') return reason.operation.replace('kms:', '') === 'EnableKey';
  return reason.kind === 'notAssumable' || reason.kind === 'roleElsewhere';
}

/** The policy says no, and as far as it tells nobody may open it again. */
export const isShutForGood = ({ answer, reasons, repairers }: Cancelling): boolean =>
  answer === 'no' && reasons.some(isOfPolicy) && repairers?.listed.length === 0;

/** It is the policy that says no. */
export const isPolicyClosed = (cancelling: Cancelling | undefined): boolean =>
  cancelling?.answer === 'no' && cancelling.reasons.some(isOfPolicy);

/** Whether the policy was read and understood as far as it goes: an answer that only repeats that it was not, ends nothing. */
export const isJudged = ({ answer, reasons, unread }: Cancelling): boolean =>
  answer !== 'unknown' ||
  unread !== undefined ||
  reasons.every(({ kind }) => ['open', 'named', 'delegated', 'refused'].includes(kind));
