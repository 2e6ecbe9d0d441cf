/**
 * The deletion guard: what a key policy demands before somebody schedules the key's deletion or disables it. Asked, not searched
 * for: a demand is there when a call that lacks it is refused, and the same call with it is not.
 */
import type { Instant, KeyRef } from './ids.ts';
import type { Learned } from './key.ts';
import { askStatements, type PolicyAnswer } from './key-policy.ts';
import { type Caller, callerOf } from './key-policy-caller.ts';
import { contextOf, type KeyTraits, type Possible } from './key-policy-context.ts';
import { isRecord, type PolicyStatement, statementsOf } from './key-policy-document.ts';
import { candidatesIn, somebodyOf } from './key-policy-people.ts';

/** `window`: a shortest waiting period; `idle`: days without use; `breakGlass`: nobody but a few named ones. */
export const DEMANDS = ['mfa', 'window', 'breakGlass', 'idle'] as const;
export type Demand = (typeof DEMANDS)[number];
export type Presence = 'present' | 'absent' | 'unknown';
export const GUARDED_CALLS = ['ScheduleKeyDeletion', 'DisableKey'] as const;
export type GuardedCall = (typeof GUARDED_CALLS)[number];

export interface DeletionGuard {
  readonly checkedAt: Instant;
  readonly demands: Readonly<Record<GuardedCall, Readonly<Partial<Record<Demand, Presence>>>>>;
  /** The shortest waiting period the policy takes, days, where it demands one. */
  readonly shortestWindow?: number;
  /** Why nothing is known of the policy. */
  readonly unread?: string;
}

/** Disabling has no waiting period. */
export const demandsOn = (call: GuardedCall): readonly Demand[] =>
  call === 'ScheduleKeyDeletion' ? DEMANDS : DEMANDS.filter((demand) => demand !== 'window');

const WINDOW = 'kms:schedulekeydeletionpendingwindowindays';
const IDLE = 'kms:trailingdayswithoutkeyusage';
const SHORTEST = 7;
const LONGEST = 30;

/** Somebody who meets every demand. */
const MEETS: Readonly<Record<string, Possible>> = {
  'aws:multifactorauthpresent': [['true']],
  'aws:multifactorauthage': [['0']],
  [WINDOW]: [[String(LONGEST)]],
  [IDLE]: [['36500']],
};
/** What is missing when one is not met. Without MFA the key says so, or is not there at all (access keys). */
const LACKS: Readonly<Record<Exclude<Demand, 'breakGlass'>, Readonly<Record<string, Possible>>>> = {
  mfa: { 'aws:multifactorauthpresent': [[], ['false']], 'aws:multifactorauthage': [[]] },
  window: { [WINDOW]: [[String(SHORTEST)]] },
  idle: { [IDLE]: [['0']] },
};

export function guardOf(
  policy: Learned<string>,
  key: KeyRef,
  traits: KeyTraits | undefined,
  now: Instant,
): DeletionGuard {
  const statements = policy.kind === 'known' ? statementsOf(policy.value) : undefined;
  if (statements === undefined) {
    const unread = policy.kind === 'known' ? 'the policy is not written in a way that can be read here' : policy.why;
    return { checkedAt: now, unread, demands: { ScheduleKeyDeletion: {}, DisableKey: {} } };
  }
  const desk: Desk = { statements, key, traits, now };
  const ScheduleKeyDeletion = judged(desk, 'ScheduleKeyDeletion');
  return {
    checkedAt: now,
    demands: { ScheduleKeyDeletion, DisableKey: judged(desk, 'DisableKey') },
    ...(ScheduleKeyDeletion.window === 'present' ? { shortestWindow: shortestWindow(desk) } : {}),
  };
}

/** Guarded: at least one demand is there. */
export function standingOf({ demands }: DeletionGuard, call: GuardedCall): 'guarded' | 'unguarded' | 'unknown' {
  const found = demandsOn(call).map((demand) => demands[call][demand] ?? 'unknown');
  if (found.includes('present')) return 'guarded';
  return found.includes('unknown') ? 'unknown' : 'unguarded';
}

/** What a policy is asked with. */
interface Desk {
  readonly statements: readonly PolicyStatement[];
  readonly key: KeyRef;
  readonly traits: KeyTraits | undefined;
  readonly now: Instant;
}

function judged(desk: Desk, call: GuardedCall): Readonly<Partial<Record<Demand, Presence>>> {
  const callers = ableTo(desk, call);
  return Object.fromEntries(
    demandsOn(call).map((demand) => [
      demand,
      demand === 'breakGlass' ? breakGlass(desk, call) : demandedOfAll(desk, call, callers, demand),
    ]),
  );
}

function ask({ statements, key, traits, now }: Desk, call: GuardedCall, caller: Caller, lacks = {}): PolicyAnswer {
  const context = contextOf(caller, key, traits, now, { ...MEETS, ...lacks });
  return askStatements(statements, { caller, action: `kms:${call}`, key, context });
}

const isRefused = ({ kind }: PolicyAnswer): boolean => kind === 'denied' || kind === 'silent';

/**
 * Who could make the call at all. Where anybody of the account could, that is who counts: whom a denial leaves out by name is left
 * out on purpose. Else it is those whom the policy names.
 */
function ableTo(desk: Desk, call: GuardedCall): readonly Caller[] {
  const somebody = somebodyOf(desk.key);
  if (!isRefused(ask(desk, call, somebody))) return [somebody];
  return candidatesIn(desk.statements, desk.key)
    .map(({ caller }) => caller)
    .filter((caller) => caller !== undefined)
    .filter((caller) => !isRefused(ask(desk, call, caller)));
}

function demanded(desk: Desk, call: GuardedCall, caller: Caller, demand: keyof typeof LACKS): Presence {
  const without = ask(desk, call, caller, LACKS[demand]);
  if (isRefused(without)) return 'present';
  return JSON.stringify(without) === JSON.stringify(ask(desk, call, caller)) ? 'absent' : 'unknown';
}

/** One caller who is let through is enough for whoever can become that caller: the others need not be asked about. */
function demandedOfAll(
  desk: Desk,
  call: GuardedCall,
  callers: readonly Caller[],
  demand: keyof typeof LACKS,
): Presence {
  let found: Presence = callers.length === 0 ? 'absent' : 'present';
  for (const caller of callers) {
    const one = demanded(desk, call, caller, demand);
    if (one === 'absent') return 'absent';
    if (one === 'unknown') found = 'unknown';
  }
  return found;
}

/** Conditions on who calls; others leave everybody out for where they are, not for who. */
const ON_WHO = /^aws:(?:principal|user)/i;

function breakGlass(desk: Desk, call: GuardedCall): Presence {
  const answer = ask(desk, call, somebodyOf(desk.key));
  if (answer.kind === 'denied') return 'present';
  if (answer.kind !== 'unknown') return 'absent';
  const denials = answer.doubts.filter(({ effect }) => effect !== 'Allow');
  return denials.some(({ conditions }) => conditions.length === 0 || conditions.some((name) => ON_WHO.test(name)))
    ? 'unknown'
    : 'absent';
}

function shortestWindow(desk: Desk): number {
  const callers = ableTo(desk, 'ScheduleKeyDeletion');
  for (const days of turningPoints(desk.statements)) {
    const lacks = { [WINDOW]: [[String(days)]] };
    if (callers.some((caller) => !isRefused(ask(desk, 'ScheduleKeyDeletion', caller, lacks)))) return days;
  }
  return LONGEST;
}

/**
 * Days at which a policy may begin to answer otherwise: the shortest, and those around what its conditions name. Whoever writes 32 KB
 * of them must not keep everybody else waiting.
 */
function turningPoints(statements: readonly PolicyStatement[]): readonly number[] {
  const named = statements
    .flatMap(({ element: { Condition } }) => (isRecord(Condition) ? Object.values(Condition) : []))
    .flatMap((keys) => (isRecord(keys) ? Object.entries(keys) : []))
    .filter(([key]) => key.toLowerCase() === WINDOW)
    .flatMap(([, values]) => values)
    .map(Number);
  return Array.from({ length: LONGEST - SHORTEST }, (_, index) => SHORTEST + index).filter(
    (days) => days === SHORTEST || named.some((one) => Number.isNaN(one) || Math.abs(days - one) <= 1),
  );
}

/** Stands in a statement where a person must put a name. */
export const BREAK_GLASS_ROLE = 'BREAK-GLASS-ROLE';

/**
 * The statement that adds a demand, as JSON to paste into the policy's list. `own`: ARNs under which this bot disables and deletes;
 * they are left out where the demand would stop it: it has no MFA, and in an emergency it disables what is in use.
 */
export function statementFor(demand: Demand, key: KeyRef, own: readonly string[]): string {
  const both = GUARDED_CALLS.map((call) => `kms:${call}`);
  const exempt = own.flatMap(asPrincipalArns);
  const except = (names: readonly string[]): object =>
    names.length === 0 ? {} : { ArnNotLike: { 'aws:PrincipalArn': [...names] } };
  switch (demand) {
    case 'mfa':
      return denial('DenyDeletingOrDisablingWithoutMfa', both, {
        BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' },
        ...except(exempt),
      });
    case 'window':
      return denial('DenyShortDeletionWindow', ['kms:ScheduleKeyDeletion'], {
        NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(LONGEST) },
      });
    case 'breakGlass':
      return denial(
        'DenyDeletingOrDisablingButForBreakGlass',
        both,
        except([`arn:${key.partition}:iam::${key.account}:role/${BREAK_GLASS_ROLE}`, ...exempt]),
      );
    case 'idle':
      return denial('DenyDeletingOrDisablingWhatIsInUse', both, {
        NumericLessThanEquals: { 'kms:TrailingDaysWithoutKeyUsage': '90' },
        ...except(exempt),
      });
  }
}

const denial = (Sid: string, Action: readonly string[], Condition: object): string =>
  JSON.stringify({ Sid, Effect: 'Deny', Principal: '*', Action, Resource: '*', Condition }, undefined, 2);

/** What `aws:PrincipalArn` holds: of a session the role's ARN, whose path only wildcards can cover. */
function asPrincipalArns(arn: string): readonly string[] {
  const caller = callerOf(arn);
  if (caller === undefined) return [];
  if (caller.kind !== 'session') return [arn];
  const roles = `arn:${caller.partition}:iam::${caller.account}:role/`;
  return [`${roles}${caller.name}`, `${roles}*/${caller.name}`];
}
