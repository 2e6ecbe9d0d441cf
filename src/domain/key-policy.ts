/**
 * What a key policy says about one call: a conservative reading, three-valued. Whatever is not fully understood (an operator, a form
 * of principal, a condition key whose value nobody here knows) leaves the answer open; it never makes a yes. Sources: IAM guide,
 * "Policy evaluation logic" and "IAM JSON policy elements reference"; KMS guide, "Key policies in AWS KMS". Grants are left out:
 * none can give an operation that is asked about here (KMS guide, "Grant operations").
 */
import type { KeyRef } from './ids.ts';
import { type Caller, coverageOf } from './key-policy-caller.ts';
import { conditionHolds } from './key-policy-condition.ts';
import type { ConditionContext } from './key-policy-context.ts';
import { type PolicyStatement, type StatementName, statementsOf, textsOf } from './key-policy-document.ts';
import { every, not, some, type Truth, truthOf } from './truth.ts';
import { hasVariable, hasWildcard, isLike, isLikeArn } from './wildcard.ts';

export interface PolicyRequest {
  readonly caller: Caller;
  /** `kms:CancelKeyDeletion` */
  readonly action: string;
  readonly key: KeyRef;
  readonly context: ConditionContext;
}

/** Why a statement may or may not count. */
export interface Doubt {
  readonly statement: StatementName;
  readonly effect: PolicyStatement['effect'];
  /** Condition keys whose value is not known, as the policy spells them; none: its form is not understood. */
  readonly conditions: readonly string[];
}

export type PolicyAnswer =
  /** Names the caller (or everybody): enough within the key's account. */
  | { readonly kind: 'allowed'; readonly by: StatementName }
  /** Leaves it to the account's IAM policies. */
  | { readonly kind: 'delegated'; readonly by: StatementName }
  | { readonly kind: 'denied'; readonly by: StatementName }
  /** No statement allows it. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'unknown'; readonly doubts: readonly Doubt[] }
  /** No policy that can be read. */
  | { readonly kind: 'malformed' };

const MOST_DOUBTS = 5;
const MOST_CONDITIONS = 5;

/** For a caller of the key's own account. */
export const askPolicy = (text: string, request: PolicyRequest): PolicyAnswer =>
  askStatements(statementsOf(text), request);

/** The same, for a policy that is asked often. */
export function askStatements(
  statements: readonly PolicyStatement[] | undefined,
  request: PolicyRequest,
): PolicyAnswer {
  if (statements === undefined) return { kind: 'malformed' };
  const judged = statements.map((statement) => judge(statement, request));
  const deny = judged.find(({ effect, counts }) => effect === 'Deny' && counts === 'yes');
  if (deny !== undefined) return { kind: 'denied', by: deny.statement };
  const allows = judged.filter(({ effect, counts }) => effect === 'Allow' && counts === 'yes');
  const open = judged.filter(({ counts }) => counts === 'unknown');
  const mayDeny = open.filter(({ effect }) => effect !== 'Allow');
  const [allow] = [...allows.filter(({ whole }) => !whole), ...allows];
  if (allow !== undefined && mayDeny.length === 0)
    return { kind: allow.whole ? 'delegated' : 'allowed', by: allow.statement };
  if (allow === undefined && open.every(({ effect }) => effect === 'Deny')) return { kind: 'silent' };
  const doubts = allow === undefined ? open : mayDeny;
  return {
    kind: 'unknown',
    doubts: doubts.slice(0, MOST_DOUBTS).map(({ statement, effect, conditions }) => ({
      statement,
      effect,
      conditions: conditions.slice(0, MOST_CONDITIONS),
    })),
  };
}

interface Judged {
  readonly statement: StatementName;
  readonly effect: PolicyStatement['effect'];
  /** Whether it is about this call. */
  readonly counts: Truth;
  /** Only as a part of the account. */
  readonly whole: boolean;
  readonly conditions: readonly string[];
}

function judge({ name, effect, element }: PolicyStatement, request: PolicyRequest): Judged {
  const { Condition } = element;
  const caller = callerCounts(element, effect, request.caller);
  const condition = conditionHolds(Condition, request.context);
  const form = every([caller.counts, actionCounts(element, request.action), resourceCounts(element, request.key)]);
  const counts = every([form, condition.holds]);
  return {
    statement: name,
    effect,
    counts: effect === 'unknown' ? 'unknown' : counts,
    whole: caller.whole,
    conditions: form === 'yes' && effect !== 'unknown' ? condition.open : [],
  };
}

type Element = Readonly<Record<string, unknown>>;

function callerCounts(
  { Principal, NotPrincipal }: Element,
  effect: PolicyStatement['effect'],
  caller: Caller,
): { readonly counts: Truth; readonly whole: boolean } {
  if ((Principal === undefined) === (NotPrincipal === undefined)) return { counts: 'unknown', whole: false };
  if (Principal !== undefined) {
    const coverage = coverageOf(Principal, caller);
    if (coverage === 'unknown') return { counts: 'unknown', whole: false };
    return { counts: truthOf(coverage !== 'no'), whole: coverage === 'account' };
  }
  // AWS supports it in a Deny only; and there a role is exempt only where role, session and account are all listed, so that who is
  // listed may be denied all the same (IAM guide, "NotPrincipal with Deny"). Who is not listed at all is denied.
  const listed = coverageOf(NotPrincipal, caller);
  return { counts: effect === 'Deny' && listed === 'no' ? 'yes' : 'unknown', whole: false };
}

function actionCounts({ Action, NotAction }: Element, action: string): Truth {
  if ((Action === undefined) === (NotAction === undefined)) return 'unknown';
  const patterns = textsOf(Action ?? NotAction);
  if (patterns === undefined) return 'unknown';
  const listed = some(patterns.map((pattern) => actionMatches(pattern, action)));
  return NotAction === undefined ? listed : not(listed);
}

/** Case does not count; a wildcard stands for no service but all of them. */
function actionMatches(pattern: string, action: string): Truth {
  if (pattern === '*') return 'yes';
  if (!/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(pattern)) return 'unknown';
  return truthOf(isLike(action.toLowerCase(), pattern.toLowerCase()));
}

/**
 * `*` is this key. Without a Resource a statement should have no effect, and a NotResource is nowhere documented for key
 * policies: what leaves this key out certainly does, the rest is open.
 */
function resourceCounts({ Resource, NotResource }: Element, key: KeyRef): Truth {
  if (Resource === undefined && NotResource === undefined) return 'unknown';
  if (Resource !== undefined && NotResource !== undefined) return 'unknown';
  const patterns = textsOf(Resource ?? NotResource);
  if (patterns === undefined) return 'unknown';
  const listed = some(patterns.map((pattern) => resourceMatches(pattern, key)));
  if (NotResource === undefined) return listed;
  return listed === 'yes' ? 'no' : 'unknown';
}

function resourceMatches(pattern: string, key: KeyRef): Truth {
  if (pattern === '*') return 'yes';
  if (hasVariable(pattern)) return 'unknown';
  if (pattern === key.arn || isLikeArn(key.arn, pattern)) return 'yes';
  const isKeyArn = /^arn:aws[a-z-]*:kms:[a-z0-9-]*:\d{12}:key\/[A-Za-z0-9-]+$/.test(pattern);
  return isKeyArn && !hasWildcard(pattern)
    ? 'no'
    : hasWildcard(pattern) && !isLike(key.arn, pattern)
      ? 'no'
      : 'unknown';
}
