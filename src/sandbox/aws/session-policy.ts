import { Refusal } from './refusal.ts';

/** Patterns with `*` and `?`, any number of them. */
type Patterns = string | readonly string[];

/** A statement of a session policy, as far as it is evaluated here. */
interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: Patterns;
  readonly NotAction?: Patterns;
  readonly Resource?: Patterns;
  readonly NotResource?: Patterns;
  readonly Condition?: unknown;
}

export interface SessionPolicy {
  readonly Statement: Statement | readonly Statement[];
}

export type SessionAnswer = 'allowed' | 'denied' | 'silent';

/** Reads the `Policy` of an AssumeRole. Throws what STS answers to a malformed one. */
export function parseSessionPolicy(text: string): SessionPolicy {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw malformed('This policy contains invalid Json', cause);
  }
  if (!isObject(parsed)) throw malformed('Syntax errors in policy.');
  const statements = Array.isArray(parsed.Statement) ? parsed.Statement : [parsed.Statement];
  if (statements.length === 0 || !statements.every(isStatement)) throw malformed('Syntax errors in policy.');
  return { Statement: statements };
}

/**
 * What a session policy says. Conditions are not evaluated: a conditional Allow allows nothing and a conditional Deny
 * always denies, so that the sandbox never permits what AWS might refuse.
 */
export function evaluateSessionPolicy(policy: SessionPolicy, action: string, resource: string): SessionAnswer {
  const statements = list(policy.Statement).filter((statement) => covers(statement, action, resource));
  if (statements.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return statements.some(({ Effect, Condition }) => Effect === 'Allow' && Condition === undefined)
    ? 'allowed'
    : 'silent';
}

/** Whether a pattern with `*` and `?` covers a value. */
export function matches(pattern: string, value: string, ignoreCase = false): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, ignoreCase ? 'is' : 's').test(value);
}

function covers({ Action, NotAction, Resource, NotResource }: Statement, action: string, resource: string): boolean {
  const hasAction = (patterns: Patterns) => list(patterns).some((pattern) => matches(pattern, action, true));
  const hasResource = (patterns: Patterns) => list(patterns).some((pattern) => matches(pattern, resource));
  const actionCovered = Action === undefined ? !hasAction(NotAction ?? '*') : hasAction(Action);
  return actionCovered && (Resource === undefined ? !hasResource(NotResource ?? '*') : hasResource(Resource));
}

function isStatement(value: unknown): value is Statement {
  if (!isObject(value) || 'Principal' in value || 'NotPrincipal' in value) return false;
  const one = (left: unknown, right: unknown) =>
    (left === undefined) !== (right === undefined) && isPatterns(left ?? right);
  return (
    (value.Effect === 'Allow' || value.Effect === 'Deny') &&
    one(value.Action, value.NotAction) &&
    one(value.Resource, value.NotResource)
  );
}

function isPatterns(value: unknown): value is Patterns {
  return typeof value === 'string' || (Array.isArray(value) && value.every((entry) => typeof entry === 'string'));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

function malformed(message: string, cause?: unknown): Refusal {
  const refusal = new Refusal('MalformedPolicyDocument', message);
  refusal.cause = cause;
  return refusal;
}
