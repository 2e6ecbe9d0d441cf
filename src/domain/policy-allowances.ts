/**
 * What a key policy's Allow statements name: principals, services and conditions. Read for who is hurt and who is outside, not for
 * whether a call would pass: denies are left out, so this may name more than can use the key, never less.
 */
import { statementsOf } from './key-policy-document.ts';

export interface Allowance {
  /** ARNs, account numbers and `*`; `NotPrincipal` counts as `*`. */
  readonly principals: readonly string[];
  /** Service principals. */
  readonly services: readonly string[];
  readonly conditions: readonly PolicyCondition[];
}
export interface PolicyCondition {
  /** As AWS spells it: `StringEquals`, `StringLikeIfExists`. */
  readonly operator: string;
  /** In lower case: condition keys have none. */
  readonly key: string;
  readonly values: readonly string[];
}

/** What only looks at a key uses nothing of it. */
const LOOKING = /^kms:(?:Describe|Get|List)/i;

/** `undefined`: the text is no policy that can be read. */
export function allowancesOf(policy: string): readonly Allowance[] | undefined {
  return statementsOf(policy)
    ?.map(({ element }) => element)
    .filter(lets)
    .map(allowanceOf);
}

/** Lets somebody use the key, or let others use it. `NotAction` lets everything else. */
function lets(statement: Readonly<Record<string, unknown>>): boolean {
  if (statement.Effect !== 'Allow') return false;
  return statement.Action === undefined || texts(statement.Action).some((action) => !LOOKING.test(action));
}

function allowanceOf(statement: Readonly<Record<string, unknown>>): Allowance {
  const { Principal: principal } = statement;
  const named = isRecord(principal) ? principal : {};
  return {
    principals:
      statement.NotPrincipal !== undefined || principal === '*'
        ? ['*']
        : [...texts(named.AWS), ...texts(named.Federated), ...texts(named.CanonicalUser)],
    services: texts(named.Service),
    conditions: isRecord(statement.Condition) ? Object.entries(statement.Condition).flatMap(conditionsOf) : [],
  };
}

const conditionsOf = ([operator, pairs]: [string, unknown]): readonly PolicyCondition[] =>
  isRecord(pairs)
    ? Object.entries(pairs).map(([key, values]) => ({ operator, key: key.toLowerCase(), values: texts(values) }))
    : [];

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
