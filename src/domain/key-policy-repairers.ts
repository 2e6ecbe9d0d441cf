/** Who may still replace a key policy, as far as the policy itself tells. Others of the account may only ask them. */
import type { Instant, KeyRef } from './ids.ts';
import { askStatements } from './key-policy.ts';
import { contextOf, type KeyTraits, type Possible } from './key-policy-context.ts';
import { type PolicyStatement, statementsOf } from './key-policy-document.ts';
import { type Candidate, candidatesIn } from './key-policy-people.ts';

export interface Repairer {
  /** `account`: whoever its IAM policies allow `kms:PutKeyPolicy`; `everybody`: of the key's account, without more. */
  readonly kind: 'principal' | 'account' | 'everybody';
  /** The principal as the policy spells it; of the others the account's id. */
  readonly name: string;
  /** Not certain: something in the policy may stand in the way. */
  readonly certain: boolean;
}

export interface Repairers {
  readonly listed: readonly Repairer[];
  /** How many are not listed here. */
  readonly more: number;
}

const MOST_REPAIRERS = 8;

/** People have devices and addresses of their own: what of them a policy may demand is not known. */
const OF_PEOPLE: Readonly<Record<string, Possible | undefined>> = {
  'aws:multifactorauthpresent': undefined,
  'aws:multifactorauthage': undefined,
  'aws:tokenissuetime': undefined,
  'aws:viaawsservice': undefined,
  'aws:calledvia': undefined,
  'aws:calledviafirst': undefined,
  'aws:calledvialast': undefined,
  'kms:bypasspolicylockoutsafetycheck': [['false'], ['true']],
};
const OF_ANYBODY: Readonly<Record<string, Possible | undefined>> = {
  'aws:principalarn': undefined,
  'aws:principaltype': undefined,
  'aws:username': undefined,
};

/** Nobody of another account can: KMS takes PutKeyPolicy from the key's own only. A policy that cannot be read lists nobody. */
export function repairersOf(policy: string, key: KeyRef, traits: KeyTraits | undefined, now: Instant): Repairers {
  const statements = statementsOf(policy) ?? [];
  const found = candidatesIn(statements, key)
    .map((candidate) => judged(candidate, statements, key, traits, now))
    .filter((repairer) => repairer !== undefined)
    .sort((one, other) => Number(other.certain) - Number(one.certain));
  const listed = found.filter(
    ({ kind, name }, index) => found.findIndex((one) => one.kind === kind && one.name === name) === index,
  );
  return { listed: listed.slice(0, MOST_REPAIRERS), more: Math.max(0, listed.length - MOST_REPAIRERS) };
}

function judged(
  { name, caller, whole }: Candidate,
  statements: readonly PolicyStatement[],
  key: KeyRef,
  traits: KeyTraits | undefined,
  now: Instant,
): Repairer | undefined {
  // An id that stands for a principal may be somebody's; anything else that cannot be asked about is nobody's name.
  if (caller === undefined)
    return /^A[A-Z0-9]{15,}$/.test(name) ? { kind: 'principal', name, certain: false } : undefined;
  const context = contextOf(caller, key, traits, now, { ...OF_PEOPLE, ...(whole ? OF_ANYBODY : {}) });
  const answer = askStatements(statements, { caller, action: 'kms:PutKeyPolicy', key, context });
  switch (answer.kind) {
    case 'denied':
    case 'silent':
    case 'malformed':
      return undefined;
    case 'allowed':
    case 'delegated':
    case 'unknown': {
      const certain = answer.kind !== 'unknown';
      if (!whole) return { kind: 'principal', name, certain };
      return { kind: answer.kind === 'allowed' ? 'everybody' : 'account', name: key.account, certain };
    }
  }
}
