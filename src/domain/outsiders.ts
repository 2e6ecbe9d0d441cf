/**
 * Who outside the key's own account may use it, by its policy and its grants. What AWS refuses them is recorded in their account
 * only (CloudTrail), so their failing is invisible here.
 */
import { type AccountId, isAccountId } from './ids.ts';
import type { Learned } from './key.ts';
import { type Allowance, allowancesOf, type PolicyCondition } from './policy-allowances.ts';
import type { Grants } from './shape.ts';
import type { Comparison } from './shape-difference.ts';

export interface Outsiders {
  readonly accounts: readonly { readonly account: AccountId; readonly by: 'policy' | 'grant' }[];
  /** How many accounts are not listed here. */
  readonly more: number;
  /** `o-…`, of conditions on everybody. */
  readonly organisations: readonly string[];
  /** Everybody; `conditional`: under conditions that name no account. */
  readonly anybody?: 'always' | 'conditional';
  /** What could not be read, and so names nobody. */
  readonly unread: readonly { readonly what: 'grants' | 'policy'; readonly why: string }[];
}
const MOST_ACCOUNTS = 12;
const MOST_ORGANISATIONS = 5;

/** Condition keys that say whose caller it must be. */
const ACCOUNT_KEYS = ['kms:calleraccount', 'aws:principalaccount', 'aws:sourceaccount'];
const ARN_KEYS = ['aws:principalarn', 'aws:sourcearn'];
const ORGANISATION_KEYS = ['aws:principalorgid', 'aws:sourceorgid'];

export function outsidersOf(
  own: AccountId,
  traces: { readonly policy: Learned<string>; readonly grants: Learned<Grants> },
): Outsiders {
  const { policy, grants } = traces;
  const allowances = policy.kind === 'known' ? allowancesOf(policy.value) : [];
  const reaches = (allowances ?? []).map(reachOf);
  const accounts = new Map<AccountId, 'policy' | 'grant'>();
  for (const { accounts: named } of reaches) for (const account of named) accounts.set(account, 'policy');
  if (grants.kind === 'known')
    for (const { grantee } of grants.value.listed) {
      const account = accountIn(grantee);
      if (account !== undefined && !accounts.has(account)) accounts.set(account, 'grant');
    }
  accounts.delete(own);
  const listed = [...accounts].sort(([one], [other]) => one.localeCompare(other));
  const organisations = [...new Set(reaches.flatMap((reach) => reach.organisations))];
  const anybody = (['always', 'conditional'] as const).find((how) => reaches.some((reach) => reach.anybody === how));
  const unread = (['grants', 'policy'] as const).flatMap((what) => {
    const part = traces[what];
    return part.kind === 'unknown' ? [{ what, why: part.why }] : [];
  });
  if (allowances === undefined) unread.push({ what: 'policy', why: 'the policy is no JSON that can be read' });
  return {
    accounts: listed.slice(0, MOST_ACCOUNTS).map(([account, by]) => ({ account, by })),
    more: Math.max(0, listed.length - MOST_ACCOUNTS),
    organisations: organisations.slice(0, MOST_ORGANISATIONS),
    ...(anybody === undefined ? {} : { anybody }),
    unread,
  };
}

/**
 * Other accounts that a statement of the policy lets in and none of those that it stands for did, as far as the texts kept of
 * both can be read; sorted. An account that another statement let in already is named all the same: it may do more now.
 */
export function newcomersOf(own: AccountId, { differences }: Pick<Comparison, 'differences'>): readonly AccountId[] {
  const ofPolicy = differences.filter((one) => one.part === 'policy').filter(({ change }) => change !== 'head');
  const before = ofPolicy.flatMap((one) => (one.change === 'gone' ? [one.text] : 'before' in one ? [one.before] : []));
  const now = ofPolicy.flatMap((one) => (one.change === 'gone' ? [] : [one.text]));
  const old = new Set([own, ...before.flatMap(accountsIn)]);
  return [...new Set(now.flatMap(accountsIn))].filter((account) => !old.has(account)).sort();
}

/** Whom one statement lets in. A text that was cut names nobody. */
const accountsIn = (statement: string): readonly AccountId[] =>
  (allowancesOf(`{"Statement":[${statement}]}`) ?? []).flatMap((allowance) => reachOf(allowance).accounts);

interface Reach {
  readonly accounts: readonly AccountId[];
  readonly organisations: readonly string[];
  readonly anybody?: 'always' | 'conditional';
}

/** `*` reaches whom its conditions name, and everybody where they name nobody. */
function reachOf({ principals, conditions }: Allowance): Reach {
  const named = principals.map(accountIn).filter((account) => account !== undefined);
  if (!principals.some((principal) => principal === '*' || /^arn:[^:]*:[a-z]+::\*:/.test(principal)))
    return { accounts: named, organisations: [] };
  const accounts = valuesOf(conditions, ACCOUNT_KEYS).concat(valuesOf(conditions, ARN_KEYS)).map(accountIn);
  const organisations = valuesOf(conditions, ORGANISATION_KEYS);
  const limited = accounts.filter((account) => account !== undefined);
  const whole = limited.length < accounts.length || limited.length + organisations.length === 0;
  return {
    accounts: [...named, ...limited],
    organisations,
    ...(whole ? { anybody: conditions.length === 0 ? ('always' as const) : ('conditional' as const) } : {}),
  };
}

/** Of conditions that demand one of their values: one that excludes, or holds also where the key is missing, limits nobody. */
const valuesOf = (conditions: readonly PolicyCondition[], keys: readonly string[]): readonly string[] =>
  conditions
    .filter(
      ({ key, operator }) => keys.includes(key) && /^(?:String|Arn)(?:Equals|Like)(?:IgnoreCase)?$/.test(operator),
    )
    .flatMap(({ values }) => values);

const ACCOUNT_IN_ARN = /^arn:[^:]+:[^:]+:[^:]*:(\d{12}):/;

/** The account of an ARN, or an account number itself. */
function accountIn(principal: string): AccountId | undefined {
  const account = ACCOUNT_IN_ARN.exec(principal)?.[1] ?? principal;
  return isAccountId(account) ? account : undefined;
}
