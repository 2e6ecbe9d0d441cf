/** Whom a key policy names, so that it can be asked about each of them, and about somebody whom it does not name. */
import type { KeyRef } from './ids.ts';
import { type Caller, callerOf } from './key-policy-caller.ts';
import { isRecord, type PolicyStatement, textsOf } from './key-policy-document.ts';

export interface Candidate {
  /** As the policy spells it. */
  readonly name: string;
  /** `undefined`: spelled in no way that can be asked about. */
  readonly caller: Caller | undefined;
  /** Stands for everybody in the account. */
  readonly whole: boolean;
}

/** More than any real policy names; each is held against every statement. */
const MOST_CANDIDATES = 200;

/** Whom its statements let in, or leave out of a denial. Callers of other accounts are left out. */
export function candidatesIn(statements: readonly PolicyStatement[], key: KeyRef): readonly Candidate[] {
  const names = new Set(statements.flatMap(namesIn));
  return [...names]
    .slice(0, MOST_CANDIDATES)
    .map((name) => {
      const whole = name === '*' || name === key.account || name === `arn:${key.partition}:iam::${key.account}:root`;
      return { name, caller: whole ? somebodyOf(key) : callerOf(name), whole };
    })
    .filter(({ caller }) => caller === undefined || caller.account === key.account);
}

function namesIn({ effect, element }: PolicyStatement): readonly string[] {
  const principal = effect === 'Deny' ? element.NotPrincipal : (element.Principal ?? '*');
  if (principal === '*') return ['*'];
  return isRecord(principal) ? (textsOf(principal.AWS) ?? []) : [];
}

/** A role of the account that no policy names: longer than any name that IAM takes. */
export function somebodyOf(key: KeyRef): Caller {
  const name = `somebody-${'x'.repeat(64)}`;
  const { partition, account } = key;
  return { kind: 'role', partition, account, arn: `arn:${partition}:iam::${account}:role/${name}`, name };
}
