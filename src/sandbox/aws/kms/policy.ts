import type { CallerIdentity } from '../../world.ts';
import { KmsError } from './errors.ts';

/*
 * Key policies, as far as KMS itself needs them: who may use this key at all, and whether IAM policies may say so
 * instead. A statement for the account root delegates to IAM; without one a key is closed to every role it does not name.
 */
export type Conditions = Readonly<Record<string, string | undefined>>;
export type PolicyAnswer = 'denied' | 'allowed' | 'delegated' | 'silent';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly NotPrincipal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The policy KMS attaches when none is given: everything is left to the account's IAM policies. */
export function defaultPolicy(account: string): string {
  return `{\n  "Version" : "2012-10-17",\n  "Id" : "key-default-1",\n  "Statement" : [ {\n    "Sid" : "Enable IAM User Permissions",\n    "Effect" : "Allow",\n    "Principal" : {\n      "AWS" : "arn:aws:iam::${account}:root"\n    },\n    "Action" : "kms:*",\n    "Resource" : "*"\n  } ]\n}`;
}

/**
 * The policy of an AWS managed key: its service may use it, the account may look at it, nobody may change it. That
 * alone makes KMS refuse mutations with AccessDeniedException (the guide names no exception of its own).
 */
export function awsManagedPolicy(account: string, region: string, service: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: `auto-${service}-2`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `${service}.${region}.amazonaws.com` },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  });
}

/** Refuses a document KMS could not evaluate; returns its statements otherwise. */
export function parsePolicy(text: string): readonly Statement[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed('The policy is not JSON.');
  }
  const raw =
    typeof document === 'object' && document !== null && 'Statement' in document ? document.Statement : undefined;
  const statements = (Array.isArray(raw) ? raw : [raw]) as readonly (Statement | undefined)[];
  return statements.map((statement) => {
    if (statement?.Effect !== 'Allow' && statement?.Effect !== 'Deny') throw malformed('A statement has no Effect.');
    if (statement.Action === undefined && statement.NotAction === undefined)
      throw malformed('A statement has no Action.');
    if (statement.Principal === undefined && statement.NotPrincipal === undefined)
      throw malformed('A statement of a key policy has no Principal.');
    for (const operator of Object.keys(statement.Condition ?? {}))
      if (comparison(operator) === undefined) throw malformed(`The emulated KMS cannot evaluate ${operator}.`);
    return statement;
  });
}

function malformed(message: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', message);
}

/** What a key policy says about one action of one caller. */
export function evaluatePolicy(
  policy: string,
  caller: CallerIdentity,
  action: string,
  conditions: Conditions,
): PolicyAnswer {
  const known: Conditions = { ...callerConditions(caller), ...conditions };
  const said = parsePolicy(policy).flatMap((statement) => {
    if (!coversAction(statement, action) || !met(statement.Condition ?? {}, known)) return [];
    const covered = coversCaller(statement, caller);
    return covered === 'no' ? [] : [{ effect: statement.Effect, covered }];
  });
  if (said.some(({ effect }) => effect === 'Deny')) return 'denied';
  if (said.some(({ covered }) => covered === 'self')) return 'allowed';
  return said.length > 0 ? 'delegated' : 'silent';
}

/** The role behind an assumed-role session, or the user itself. */
export function principalArn(caller: CallerIdentity): string {
  if (caller.roleArn !== undefined) return caller.roleArn;
  const session = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(caller.arn);
  return session === null ? caller.arn : `arn:aws:iam::${session[1]}:role/${session[2]}`;
}

function callerConditions(caller: CallerIdentity): Conditions {
  return {
    'aws:PrincipalArn': principalArn(caller),
    'aws:PrincipalAccount': caller.account,
    'kms:CallerAccount': caller.account,
    'aws:SourceIdentity': caller.sourceIdentity,
    'aws:MultiFactorAuthPresent': undefined,
  };
}

function coversAction(statement: Statement, action: string): boolean {
  if (statement.NotAction !== undefined)
    return !list(statement.NotAction).some((pattern) => like(pattern, action, true));
  return list(statement.Action ?? []).some((pattern) => like(pattern, action, true));
}

/** `account`: covered only as part of the account, which delegates to IAM in an Allow and binds all in a Deny. */
function coversCaller(statement: Statement, caller: CallerIdentity): 'self' | 'account' | 'no' {
  const principals = statement.NotPrincipal ?? statement.Principal ?? '*';
  const named = principals === '*' ? ['*'] : list(principals.AWS ?? []);
  const own = new Set(['*', caller.arn, principalArn(caller)]);
  const whole = new Set([caller.account, `arn:aws:iam::${caller.account}:root`]);
  const covered = named.some((name) => own.has(name))
    ? 'self'
    : named.some((name) => whole.has(name))
      ? 'account'
      : 'no';
  if (statement.NotPrincipal === undefined) return covered;
  return covered === 'no' ? 'self' : 'no';
}

function met(condition: NonNullable<Statement['Condition']>, known: Conditions): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([name, wanted]) => {
      const compare = comparison(operator);
      const given = known[name] ?? known[Object.keys(known).find((key) => like(key, name, true)) ?? ''];
      return compare?.(given, list(wanted)) ?? false;
    }),
  );
}

type Comparison = (given: string | undefined, wanted: readonly string[]) => boolean;
const numeric: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  NumericEquals: (left, right) => left === right,
  NumericNotEquals: (left, right) => left !== right,
  NumericLessThan: (left, right) => left < right,
  NumericLessThanEquals: (left, right) => left <= right,
  NumericGreaterThan: (left, right) => left > right,
  NumericGreaterThanEquals: (left, right) => left >= right,
};

/** The test an operator makes: a key the request lacks meets only negated tests, `Null` and `…IfExists`. */
function comparison(operator: string): Comparison | undefined {
  const plain = operator.replace(/^For(Any|All)Values?:/, '');
  if (plain.endsWith('IfExists')) {
    const inner = comparison(plain.slice(0, -'IfExists'.length));
    return inner && ((given, wanted) => given === undefined || inner(given, wanted));
  }
  if (plain === 'Null') return (given, wanted) => wanted.includes(String(given === undefined));
  if (plain === 'Bool')
    return (given, wanted) => given !== undefined && wanted.some((value) => like(value, given, true));
  const compareNumbers = numeric[plain];
  if (compareNumbers !== undefined)
    return (given, wanted) =>
      given !== undefined && wanted.some((value) => compareNumbers(Number(given), Number(value)));
  const text = /^(String|Arn)(Not)?(Equals|Like)(IgnoreCase)?$/.exec(plain);
  if (text === null) return undefined;
  const [, kind, negated, test, ignoreCase] = text;
  const patterns = test === 'Like' || kind === 'Arn';
  return (given, wanted) => {
    if (given === undefined) return negated !== undefined;
    const found = wanted.some((value) =>
      patterns ? like(value, given, false) : same(value, given, ignoreCase !== undefined),
    );
    return found !== (negated !== undefined);
  };
}

function same(left: string, right: string, ignoreCase: boolean): boolean {
  return ignoreCase ? left.toLowerCase() === right.toLowerCase() : left === right;
}

function like(pattern: string, value: string, ignoreCase: boolean): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, ignoreCase ? 'is' : 's').test(value);
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
