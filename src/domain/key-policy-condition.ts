/** The `Condition` of a policy statement (IAM guide, "IAM JSON policy elements: Condition operators"), three-valued. */

import type { ConditionContext } from './key-policy-context.ts';
import { isRecord } from './key-policy-document.ts';
import { agreed, every, not, some, type Truth, truthOf } from './truth.ts';
import { hasVariable, isArn, isLike, isLikeArn } from './wildcard.ts';

export interface ConditionAnswer {
  readonly holds: Truth;
  /** The condition keys that leave it open, as the policy spells them. */
  readonly open: readonly string[];
}

/** All operators and all keys must hold. No condition always does. */
export function conditionHolds(condition: unknown, context: ConditionContext): ConditionAnswer {
  if (condition === undefined) return { holds: 'yes', open: [] };
  if (!isRecord(condition)) return { holds: 'unknown', open: [] };
  const tests = Object.entries(condition).flatMap(([operator, keys]) =>
    isRecord(keys) && Object.keys(keys).length > 0
      ? Object.entries(keys).map(([key, wanted]) => ({ key, holds: testHolds(operator, key, wanted, context) }))
      : [{ key: operator, holds: 'unknown' as const }],
  );
  return {
    holds: every(tests.map(({ holds }) => holds)),
    open: tests.filter(({ holds }) => holds === 'unknown').map(({ key }) => key),
  };
}

function testHolds(operator: string, key: string, wanted: unknown, context: ConditionContext): Truth {
  const test = operatorOf(operator);
  const values = valuesOf(wanted);
  const possible = context(key.toLowerCase());
  if (test === undefined || values.length === 0 || possible === undefined) return 'unknown';
  return agreed(possible.map((given) => test(given, values)));
}

/** What cannot be read is `undefined`, and equals nothing for certain: policy variables among it. */
function valuesOf(wanted: unknown): readonly (string | undefined)[] {
  const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return list.map((value) => {
    if (typeof value === 'boolean' || typeof value === 'number') return String(value);
    return typeof value === 'string' && !hasVariable(value) ? value : undefined;
  });
}

type Test = (given: readonly string[], wanted: readonly (string | undefined)[]) => Truth;
type Match = (given: string, wanted: string) => Truth;

/** Exactly as AWS spells it; anything else is not understood. */
const OPERATOR = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/;

function operatorOf(spelling: string): Test | undefined {
  const [, set, name = '', ifExists] = OPERATOR.exec(spelling) ?? [];
  if (name === 'Null') return set === undefined && ifExists === undefined ? isNull : undefined;
  const negated = /^(?:Not|(?:String|Arn|Numeric|Date)Not)/.test(name);
  const plain = negated ? name.replace('Not', '') : name;
  const match = Object.hasOwn(MATCHES, plain) ? MATCHES[plain] : undefined;
  if (match === undefined) return undefined;
  return (given, wanted) => {
    if (given.length === 0) return withoutValue(set, negated, ifExists !== undefined);
    const each = given.map((value) => {
      const found = some(wanted.map((one) => (one === undefined ? 'unknown' : match(value, one))));
      return negated ? not(found) : found;
    });
    if (set === 'ForAnyValue') return some(each);
    if (set === 'ForAllValues') return every(each);
    // Several values and no word how to take them: AWS leaves that open.
    return each.length === 1 ? (each[0] ?? 'unknown') : 'unknown';
  };
}

/** A missing key is no match: positive operators fail, negated ones and `…IfExists` hold, and "all of none" does. */
function withoutValue(set: string | undefined, negated: boolean, ifExists: boolean): Truth {
  if (set === 'ForAllValues') return 'yes';
  if (set === 'ForAnyValue') return negated || ifExists ? 'unknown' : 'no';
  return truthOf(negated || ifExists);
}

/** `true`: the key must be missing. */
const isNull: Test = (given, [wanted, ...more]) => {
  const word = wanted?.toLowerCase();
  if (more.length > 0 || (word !== 'true' && word !== 'false')) return 'unknown';
  return truthOf((given.length === 0) === (word === 'true'));
};

/** A wildcard that would have to span a colon may match all the same: `*` alone is written where somebody means everything. */
const likeArn: Match = (given, wanted) => {
  if (isLikeArn(given, wanted)) return 'yes';
  return isLike(given, wanted) || !isArn(wanted) || !isArn(given) ? 'unknown' : 'no';
};
const lower = (text: string): string => text.toLowerCase();

/** Addresses and bytes are of keys that no call of ours is known to carry. */
const notCompared: Match = () => 'unknown';

const MATCHES: Readonly<Record<string, Match>> = {
  StringEquals: (given, wanted) => truthOf(given === wanted),
  StringEqualsIgnoreCase: (given, wanted) => truthOf(lower(given) === lower(wanted)),
  StringLike: (given, wanted) => truthOf(isLike(given, wanted)),
  // Both take wildcards, and behave the same.
  ArnEquals: likeArn,
  ArnLike: likeArn,
  Bool: (given, wanted) =>
    /^(?:true|false)$/i.test(wanted) && /^(?:true|false)$/i.test(given)
      ? truthOf(lower(given) === lower(wanted))
      : 'unknown',
  IpAddress: notCompared,
  BinaryEquals: notCompared,
  ...ordered('Numeric', numberOf),
  ...ordered('Date', momentOf),
};

function ordered(kind: string, read: (text: string) => number | undefined): Readonly<Record<string, Match>> {
  const compared =
    (holds: (given: number, wanted: number) => boolean): Match =>
    (given, wanted) => {
      const [left, right] = [read(given), read(wanted)];
      return left === undefined || right === undefined ? 'unknown' : truthOf(holds(left, right));
    };
  return {
    [`${kind}Equals`]: compared((given, wanted) => given === wanted),
    [`${kind}LessThan`]: compared((given, wanted) => given < wanted),
    [`${kind}LessThanEquals`]: compared((given, wanted) => given <= wanted),
    [`${kind}GreaterThan`]: compared((given, wanted) => given > wanted),
    [`${kind}GreaterThanEquals`]: compared((given, wanted) => given >= wanted),
  };
}

function numberOf(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** ISO 8601 with its zone, or a date alone; or seconds since 1970. In ms. */
function momentOf(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
