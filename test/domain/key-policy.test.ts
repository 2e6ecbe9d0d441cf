/** What a key policy says about our rescue: a table of policies, and the emulated KMS's own reading as a second opinion. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askPolicy, type PolicyAnswer } from '../../src/domain/key-policy.ts';
import { callerOf } from '../../src/domain/key-policy-caller.ts';
import { contextOf } from '../../src/domain/key-policy-context.ts';
import { evaluatePolicy } from '../../src/sandbox/aws/kms/policy.ts';
import {
  ACCOUNT,
  allow,
  aws,
  deny,
  KEY,
  NOW,
  OTHER,
  policy,
  ROLE,
  ROOT,
  role,
  type Statement,
  when,
  without,
} from './key-policies.ts';

const TRAITS = { origin: 'EXTERNAL', spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;

function asked(text: string, arn = ROLE, action = 'kms:CancelKeyDeletion'): PolicyAnswer {
  const caller = callerOf(arn);
  if (caller === undefined) throw new Error(arn);
  return askPolicy(text, { caller, action, key: KEY, context: contextOf(caller, KEY, TRAITS, NOW) });
}

type Word = PolicyAnswer['kind'];
type Row = readonly [title: string, word: Word, ...statements: Statement[]];
const ours = aws(ROLE);
const named = allow(ours);
const root = allow(aws(ROOT));

const PRINCIPALS: readonly Row[] = [
  ['the role by its ARN', 'allowed', named],
  ['the role in a list', 'allowed', allow(aws(role('Admin'), ROLE))],
  ['everybody', 'allowed', allow('*')],
  ['everybody, as an AWS principal', 'allowed', allow(aws('*'))],
  ['the account root', 'delegated', root],
  ['the account by its number', 'delegated', allow(aws(ACCOUNT))],
  ['the role and the account root', 'allowed', root, named],
  ['another account', 'silent', allow(aws(OTHER))],
  ["another account's root", 'silent', allow(aws(`arn:aws:iam::${OTHER}:root`))],
  ['another role', 'silent', allow(aws(role('Admin')))],
  ['a role of that name in another account', 'silent', allow(aws(`arn:aws:iam::${OTHER}:role/bot/KeywardenRescue`))],
  ['a role of that name under another path', 'unknown', allow(aws(role('KeywardenRescue')))],
  ['the role in other letters', 'unknown', allow(aws(role('bot/keywardenrescue')))],
  ['the role in another partition', 'unknown', allow(aws(ROLE.replace('arn:aws:', 'arn:aws-cn:')))],
  ['a user', 'silent', allow(aws(`arn:aws:iam::${ACCOUNT}:user/KeywardenRescue`))],
  ['one session of our role', 'unknown', allow(aws(`arn:aws:sts::${ACCOUNT}:assumed-role/KeywardenRescue/x`))],
  ['a session of another role', 'silent', allow(aws(`arn:aws:sts::${ACCOUNT}:assumed-role/Admin/x`))],
  ['a federated user', 'silent', allow(aws(`arn:aws:sts::${ACCOUNT}:federated-user/x`))],
  ['a role id', 'unknown', allow(aws('AROAEXAMPLEEXAMPLEEXA'))],
  ['a user id', 'silent', allow(aws('AIDAEXAMPLEEXAMPLEEXA'))],
  ['a wildcard inside an ARN', 'unknown', allow(aws(role('bot/*')))],
  ['a group', 'unknown', allow(aws(`arn:aws:iam::${ACCOUNT}:group/bot`))],
  ['no ARN at all', 'unknown', allow(aws('KeywardenRescue'))],
  ['a service', 'silent', allow({ Service: 'rds.amazonaws.com' })],
  ['any service', 'unknown', allow({ Service: '*' })],
  ['a service and the role', 'allowed', allow({ Service: ['rds.amazonaws.com'], AWS: ROLE })],
  ['a federation', 'silent', allow({ Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/idp` })],
  [
    'a canonical user',
    'unknown',
    allow({ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }),
  ],
  ['a kind of principal nobody knows', 'unknown', allow({ AWS: ROLE, Device: 'x' })],
  ['an empty principal', 'unknown', allow({})],
  ['an empty list', 'unknown', allow({ AWS: [] })],
  ['a number', 'unknown', allow({ AWS: 111122223333 })],
  ['no principal', 'unknown', without(named, 'Principal')],
  ['both principal and its opposite', 'unknown', { ...named, NotPrincipal: aws(OTHER) }],
];

const NOT_PRINCIPALS: readonly Row[] = [
  ['allowing all but another', 'unknown', { ...without(named, 'Principal'), NotPrincipal: aws(role('Mallory')) }],
  ['denying all but another', 'denied', named, { ...without(deny(''), 'Principal'), NotPrincipal: aws(role('Admin')) }],
  [
    'denying all but a user',
    'denied',
    named,
    { ...without(deny(''), 'Principal'), NotPrincipal: aws(`arn:aws:iam::${ACCOUNT}:user/a`) },
  ],
  [
    'denying all but us, which AWS may do all the same',
    'unknown',
    named,
    { ...without(deny(''), 'Principal'), NotPrincipal: aws(ROLE, ROOT) },
  ],
  [
    'denying all but the account root',
    'unknown',
    named,
    { ...without(deny(''), 'Principal'), NotPrincipal: aws(ROOT) },
  ],
  [
    'denying all but a role id',
    'unknown',
    named,
    { ...without(deny(''), 'Principal'), NotPrincipal: aws('AROAEXAMPLEEXAMPLEEXA') },
  ],
  ['denying nobody', 'unknown', named, { ...without(deny(''), 'Principal'), NotPrincipal: '*' }],
];

const DENIES: readonly Row[] = [
  ['us', 'denied', root, deny(ours)],
  ['everybody', 'denied', named, deny('*')],
  ['the account', 'denied', named, deny(aws(ROOT))],
  ['another role', 'allowed', named, deny(aws(role('Mallory')))],
  ['a role id', 'unknown', named, deny(aws('AROAEXAMPLEEXAMPLEEXA'))],
  ['a session of ours', 'unknown', named, deny(aws(`arn:aws:sts::${ACCOUNT}:assumed-role/KeywardenRescue/x`))],
  ['another operation', 'allowed', named, deny('*', { Action: 'kms:ScheduleKeyDeletion' })],
  ['a service', 'allowed', named, deny({ Service: 'rds.amazonaws.com' })],
  ['with an effect nobody knows', 'unknown', named, { ...deny('*'), Effect: 'deny' }],
  ['with an element nobody knows', 'unknown', named, { ...deny('*'), Conditions: {} }],
  ['without an allowing statement', 'denied', deny('*')],
  ['with a principal nobody knows, and nothing allowed', 'silent', deny({ CanonicalUser: 'x' })],
];

const action = (...list: readonly unknown[]): Statement => ({ ...named, Action: list.length === 1 ? list[0] : list });
const notAction = (...list: readonly unknown[]): Statement => ({ ...without(named, 'Action'), NotAction: list });
const ACTIONS: readonly Row[] = [
  ['both calls in a list', 'allowed', action('kms:EnableKey', 'kms:CancelKeyDeletion')],
  ['other letters', 'allowed', action('KMS:cancelkeydeletion')],
  ['a star', 'allowed', action('*')],
  ['a wildcard', 'allowed', action('kms:Cancel*')],
  ['a question mark', 'allowed', action('kms:CancelKeyDeletio?')],
  ['a wildcard that is too short', 'silent', action('kms:Cancel?')],
  ['another operation', 'silent', action('kms:Decrypt')],
  ['another service', 'silent', action('s3:*')],
  ['a service with a wildcard', 'unknown', action('k*:*')],
  ['no service', 'unknown', action('CancelKeyDeletion')],
  ['no text', 'unknown', action(7)],
  ['an empty list', 'unknown', { ...named, Action: [] }],
  ['no action', 'unknown', without(named, 'Action')],
  ['everything but another', 'allowed', notAction('kms:Decrypt', 'kms:Schedule*')],
  ['everything but this', 'silent', notAction('kms:Cancel*')],
  ['everything but what nobody can read', 'unknown', notAction('k*:x')],
  ['an action and its opposite', 'unknown', { ...named, NotAction: 'kms:Decrypt' }],
  [
    'everything denied but this',
    'allowed',
    named,
    { ...without(deny('*'), 'Action'), NotAction: ['kms:CancelKeyDeletion'] },
  ],
  ['everything denied but another', 'denied', named, { ...without(deny('*'), 'Action'), NotAction: ['kms:Decrypt'] }],
];

const resource = (Resource: unknown): Statement => ({ ...named, Resource });
const RESOURCES: readonly Row[] = [
  ['this key by its ARN', 'allowed', resource(KEY.arn)],
  ['keys of its Region', 'allowed', resource([`arn:aws:kms:us-west-2:${ACCOUNT}:key/*`])],
  ['keys of another Region', 'silent', resource(`arn:aws:kms:eu-west-1:${ACCOUNT}:key/*`)],
  ['another key', 'silent', resource(`arn:aws:kms:us-west-2:${ACCOUNT}:key/0000abcd-12ab-34cd-56ef-1234567890ab`)],
  ['an alias', 'unknown', resource(`arn:aws:kms:us-west-2:${ACCOUNT}:alias/orders`)],
  ['a wildcard across parts', 'unknown', resource('arn:aws:kms:*')],
  ['a variable', 'unknown', resource(`arn:aws:kms:us-west-2:${ACCOUNT}:key/\${aws:username}`)],
  ['none', 'unknown', without(named, 'Resource')],
  ['everything but this', 'silent', { ...without(named, 'Resource'), NotResource: '*' }],
  [
    'everything but another',
    'unknown',
    { ...without(named, 'Resource'), NotResource: `arn:aws:kms:us-west-2:${ACCOUNT}:key/0` },
  ],
];

const VARIABLE = `\${aws:PrincipalAccount}`;
const given = (operator: string, key: string, value: unknown): Statement => allow(ours, when(operator, key, value));
const denied = (operator: string, key: string, value: unknown): Statement => deny('*', when(operator, key, value));
const CONDITIONS: readonly Row[] = [
  ['kms:CallerAccount is ours', 'allowed', given('StringEquals', 'kms:CallerAccount', ACCOUNT)],
  ['a key in other letters', 'allowed', given('StringEquals', 'KMS:calleraccount', ACCOUNT)],
  ['kms:CallerAccount is another', 'silent', given('StringEquals', 'kms:CallerAccount', OTHER)],
  ['one of several values', 'allowed', given('StringEquals', 'aws:PrincipalAccount', [OTHER, ACCOUNT])],
  [
    'kms:ViaService, which our calls have not',
    'silent',
    given('StringEquals', 'kms:ViaService', 'rds.us-west-2.amazonaws.com'),
  ],
  ['not kms:ViaService', 'allowed', given('StringNotEquals', 'kms:ViaService', 'rds.us-west-2.amazonaws.com')],
  [
    'kms:ViaService if it is there',
    'allowed',
    given('StringEqualsIfExists', 'kms:ViaService', 'rds.us-west-2.amazonaws.com'),
  ],
  ['without kms:ViaService', 'allowed', given('Null', 'kms:ViaService', 'true')],
  ['with any kms:ViaService', 'silent', given('Null', 'kms:ViaService', false)],
  ['kms:KeyOrigin', 'allowed', given('StringEquals', 'kms:KeyOrigin', 'EXTERNAL')],
  ['another kms:KeyOrigin', 'silent', given('StringEquals', 'kms:KeyOrigin', 'AWS_KMS')],
  ['kms:KeySpec', 'allowed', given('StringLike', 'kms:KeySpec', 'SYMMETRIC_*')],
  ['kms:KeyUsage', 'silent', given('StringEquals', 'kms:KeyUsage', 'SIGN_VERIFY')],
  ['kms:MultiRegion', 'silent', given('Bool', 'kms:MultiRegion', 'true')],
  ['not kms:MultiRegion', 'allowed', given('Bool', 'kms:MultiRegion', false)],
  [
    'kms:MultiRegionKeyType of a key that is none',
    'unknown',
    given('StringEquals', 'kms:MultiRegionKeyType', 'PRIMARY'),
  ],
  [
    'kms:ResourceAliases, which key policies do not take',
    'unknown',
    given('ForAnyValue:StringLike', 'kms:ResourceAliases', '*'),
  ],
  [
    'aws:ResourceTag, which key policies do not take',
    'unknown',
    given('StringEquals', 'aws:ResourceTag/kms-bot', 'managed'),
  ],
  ['a denial by tag', 'unknown', named, denied('StringEquals', 'aws:ResourceTag/kms-bot', 'off')],
  ['aws:RequestTag, which our calls have not', 'silent', given('StringEquals', 'aws:RequestTag/team', 'x')],
  ['all of no aws:TagKeys', 'allowed', given('ForAllValues:StringEquals', 'aws:TagKeys', ['team'])],
  ['any of no aws:TagKeys', 'silent', given('ForAnyValue:StringEquals', 'aws:TagKeys', ['team'])],
  ['aws:PrincipalArn', 'allowed', allow('*', when('ArnEquals', 'aws:PrincipalArn', ROLE))],
  [
    'aws:PrincipalArn with a wildcard',
    'allowed',
    allow('*', when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::*:role/bot/*`)),
  ],
  [
    'a wildcard that StringEquals does not take',
    'silent',
    allow('*', when('StringEquals', 'aws:PrincipalArn', role('bot/*'))),
  ],
  ['an ARN wildcard across parts', 'unknown', allow('*', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:*'))],
  ['an ARN of others', 'silent', allow('*', when('ArnLike', 'aws:PrincipalArn', role('Admin*')))],
  ['a denial for whatever ARN', 'unknown', named, denied('ArnLike', 'aws:PrincipalArn', '*')],
  ['a denial for what is no ARN', 'unknown', named, denied('ArnEquals', 'aws:PrincipalArn', 'KeywardenRescue')],
  ['everybody but us', 'silent', allow('*', when('ArnNotEquals', 'aws:PrincipalArn', ROLE))],
  ['a denial for all but us', 'allowed', named, denied('ArnNotLike', 'aws:PrincipalArn', [role('Admin'), ROLE])],
  ['a denial for all but others', 'denied', named, denied('ArnNotLike', 'aws:PrincipalArn', [role('Admin')])],
  ['a denial for us, by ARN', 'denied', named, denied('StringLike', 'aws:PrincipalArn', '*Keywarden*')],
  ['aws:PrincipalOrgID', 'unknown', given('StringEquals', 'aws:PrincipalOrgID', 'o-example')],
  ['a denial outside the organisation', 'unknown', named, denied('StringNotEquals', 'aws:PrincipalOrgID', 'o-example')],
  ['aws:PrincipalTag', 'unknown', given('StringEquals', 'aws:PrincipalTag/team', 'bot')],
  ['aws:SourceIp', 'unknown', given('IpAddress', 'aws:SourceIp', '203.0.113.0/24')],
  ['a denial from elsewhere', 'unknown', named, denied('NotIpAddress', 'aws:SourceIp', ['203.0.113.0/24'])],
  ['a denial outside a VPC endpoint', 'unknown', named, denied('StringNotEquals', 'aws:SourceVpce', 'vpce-1')],
  ['MFA demanded', 'silent', given('Bool', 'aws:MultiFactorAuthPresent', 'true')],
  ['MFA demanded if it is told', 'unknown', given('BoolIfExists', 'aws:MultiFactorAuthPresent', 'true')],
  [
    'a denial without MFA, however it is told',
    'denied',
    named,
    denied('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'),
  ],
  ['a denial without MFA, where it is told', 'unknown', named, denied('Bool', 'aws:MultiFactorAuthPresent', 'false')],
  ['a young MFA', 'silent', given('NumericLessThan', 'aws:MultiFactorAuthAge', '3600')],
  ['a denial without TLS', 'allowed', named, denied('Bool', 'aws:SecureTransport', 'false')],
  [
    'a denial in other Regions',
    'allowed',
    named,
    denied('StringNotEquals', 'aws:RequestedRegion', ['us-west-2', 'eu-west-1']),
  ],
  [
    'a short window, which our calls have not',
    'allowed',
    named,
    denied('NumericLessThan', 'kms:ScheduleKeyDeletionPendingWindowInDays', '30'),
  ],
  [
    'a recent use, which our calls do not carry',
    'allowed',
    named,
    denied('NumericLessThanEquals', 'kms:TrailingDaysWithoutKeyUsage', 90),
  ],
  ['until a date to come', 'allowed', given('DateLessThan', 'aws:CurrentTime', '2027-01-01T00:00:00Z')],
  ['until a date that is over', 'silent', given('DateLessThan', 'aws:CurrentTime', '2026-01-01')],
  ['until in an hour', 'unknown', given('DateLessThan', 'aws:CurrentTime', '2026-03-14T10:12:00Z')],
  ['until seconds since 1970', 'allowed', given('NumericLessThan', 'aws:EpochTime', 1_900_000_000)],
  ['a date nobody can read', 'unknown', given('DateLessThan', 'aws:CurrentTime', 'tomorrow')],
  ['older sessions denied', 'allowed', named, denied('DateLessThan', 'aws:TokenIssueTime', '2026-03-14T09:00:00Z')],
  ['a policy variable', 'unknown', given('StringEquals', 'kms:CallerAccount', VARIABLE)],
  [
    'a policy variable among values that fit',
    'allowed',
    given('StringEquals', 'kms:CallerAccount', [VARIABLE, ACCOUNT]),
  ],
  ['an operator nobody knows', 'unknown', given('StringMatches', 'kms:CallerAccount', ACCOUNT)],
  ['an operator in other letters', 'unknown', given('stringequals', 'kms:CallerAccount', ACCOUNT)],
  ['an operator on nothing', 'unknown', given('StringEquals', 'kms:CallerAccount', [])],
  [
    'a denial by an operator named like what every object has',
    'unknown',
    named,
    denied('constructor', 'kms:CallerAccount', ACCOUNT),
  ],
  ['an operator without a key', 'unknown', allow(ours, { Condition: { StringEquals: {} } })],
  ['bytes', 'unknown', given('BinaryEquals', 'kms:CallerAccount', 'MTEx')],
  ['an address test on a key that is there', 'unknown', given('NotIpAddress', 'kms:CallerAccount', '10.0.0.0/8')],
  ['a key nobody knows', 'unknown', given('StringNotEquals', 'kms:Weather', 'rain')],
  [
    'two conditions, one of which fails',
    'silent',
    allow(ours, { Condition: { StringEquals: { 'kms:CallerAccount': OTHER, 'aws:PrincipalOrgID': 'o-1' } } }),
  ],
  [
    'two conditions, one of which is open',
    'unknown',
    allow(ours, {
      Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    }),
  ],
  ['a condition that is no object', 'unknown', allow(ours, { Condition: 'x' })],
  ['an operator that holds no keys', 'unknown', allow(ours, { Condition: { StringEquals: 'x' } })],
  ['encryption context, which our calls have not', 'silent', given('StringEquals', 'kms:EncryptionContext:app', 'x')],
  ['a denial of grants for others', 'allowed', named, denied('Bool', 'kms:GrantIsForAWSResource', 'false')],
];

const TABLE: readonly (readonly [string, readonly Row[]])[] = [
  ['Principal', PRINCIPALS],
  ['NotPrincipal', NOT_PRINCIPALS],
  ['Deny', DENIES],
  ['Action', ACTIONS],
  ['Resource', RESOURCES],
  ['Condition', CONDITIONS],
];

describe('what a policy says about cancelling a deletion', () => {
  test('the table holds at least eighty policies', () => {
    expect(TABLE.flatMap(([, rows]) => rows).length).toBeGreaterThanOrEqual(80);
  });
  for (const [element, rows] of TABLE)
    for (const [title, word, ...statements] of rows)
      test(`${element}: ${title} is ${word}`, () => {
        expect(asked(policy(...statements)).kind).toBe(word);
      });

  const sessionArn = `arn:aws:sts::${ACCOUNT}:assumed-role/Bot/i-0abc`;
  test.each<readonly [string, string, Word, Statement]>([
    [
      'a user by its ARN',
      `arn:aws:iam::${ACCOUNT}:user/bot`,
      'allowed',
      allow(aws(`arn:aws:iam::${ACCOUNT}:user/bot`)),
    ],
    ['a user by its id', `arn:aws:iam::${ACCOUNT}:user/bot`, 'unknown', allow(aws('AIDAEXAMPLEEXAMPLEEXA'))],
    ['a user in the account', `arn:aws:iam::${ACCOUNT}:user/bot`, 'delegated', root],
    [
      'a user, where MFA is demanded',
      `arn:aws:iam::${ACCOUNT}:user/bot`,
      'unknown',
      allow('*', when('Bool', 'aws:MultiFactorAuthPresent', 'true')),
    ],
    ['a session by its role', sessionArn, 'allowed', allow(aws(role('ci/Bot')))],
    ['a session by its own name', sessionArn, 'unknown', allow(aws(sessionArn))],
    [
      'a session by its role as a condition',
      sessionArn,
      'unknown',
      allow('*', when('ArnEquals', 'aws:PrincipalArn', role('Bot'))),
    ],
    ['a session by a federation', sessionArn, 'unknown', allow({ Federated: 'token.actions.githubusercontent.com' })],
    ['the root user', ROOT, 'delegated', root],
  ])('own credentials: %s', (_title, arn, word, statement) => {
    expect(asked(policy(statement), arn).kind).toBe(word);
  });

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no statement', '{"Version":"2012-10-17"}'],
    ['a version nobody knows', JSON.stringify({ Version: '2030-01-01', Statement: named })],
    ['an element nobody knows', JSON.stringify({ Version: '2012-10-17', Statement: named, Statements: [] })],
    ['a statement that is none', JSON.stringify({ Version: '2012-10-17', Statement: [named, 'Deny'] })],
    [
      'a member that stands there twice, the first of which denies',
      `{"Version":"2012-10-17","Statement":[${JSON.stringify(deny('*'))}],"Statement":[${JSON.stringify(named)}]}`,
    ],
    [
      'a member twice inside a statement',
      policy(named).replace('"Effect":"Allow"', '"Effect":"Deny","Effect":"Allow"'),
    ],
    ['more than KMS takes', policy(allow(ours, { Sid: 'x'.repeat(70_000) }))],
  ])('%s is no policy that can be read', (_title, text) => {
    expect(asked(text)).toEqual({ kind: 'malformed' });
  });

  test('one statement needs no list, and a colon in a text is no member', () => {
    const text = JSON.stringify({
      Version: '2008-10-17',
      Id: 'a "quoted": text',
      Statement: { Sid: '"x": 1', ...named },
    });
    expect(asked(text)).toEqual({ kind: 'allowed', by: { place: 1, sid: '"x": 1' } });
  });

  test('says which statement decided, and what left it open', () => {
    expect(asked(policy(named, { Sid: 'Closed', ...deny('*') }))).toEqual({
      kind: 'denied',
      by: { place: 2, sid: 'Closed' },
    });
    expect(asked(policy(root, denied('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8')))).toEqual({
      kind: 'unknown',
      doubts: [{ statement: { place: 2 }, effect: 'Deny', conditions: ['aws:SourceIp'] }],
    });
  });
});

describe('against the reading of the emulated KMS', () => {
  const names = [
    ROLE,
    ROOT,
    ACCOUNT,
    '*',
    role('Admin'),
    OTHER,
    `arn:aws:sts::${ACCOUNT}:assumed-role/KeywardenRescue/s`,
    'AROAEXAMPLEEXAMPLEEXA',
  ];
  const principal = fc.oneof(
    fc.constant('*'),
    fc.record({
      AWS: fc.oneof(fc.constantFrom(...names), fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })),
    }),
    fc.constant({ Service: 'rds.amazonaws.com' }),
  );
  const actions = fc.oneof(
    fc.constantFrom('kms:*', '*', 'kms:CancelKeyDeletion', 'KMS:cancel*', 'kms:Decrypt', 'kms:*Key*'),
    fc.array(fc.constantFrom('kms:Cancel*', 'kms:EnableKey', 'kms:Put*', 's3:*'), { minLength: 1, maxLength: 3 }),
  );
  const operator = fc.constantFrom(
    'StringEquals',
    'StringNotEquals',
    'StringLike',
    'StringNotLike',
    'StringEqualsIgnoreCase',
    'ArnLike',
    'ArnEquals',
    'ArnNotLike',
    'ArnNotEquals',
    'Bool',
    'Null',
    'BoolIfExists',
    'StringEqualsIfExists',
    'StringNotEqualsIfExists',
    'NumericLessThan',
  );
  const key = fc.constantFrom(
    'aws:PrincipalArn',
    'aws:PrincipalAccount',
    'kms:CallerAccount',
    'kms:ViaService',
    'aws:MultiFactorAuthPresent',
    'aws:PrincipalOrgID',
    'aws:SourceIp',
  );
  const value = fc.constantFrom(ROLE, role('bot/*'), '*', ACCOUNT, OTHER, 'true', 'false', '7', role('Admin'));
  const condition = fc.dictionary(
    operator,
    fc.dictionary(key, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 2 })), { minKeys: 1, maxKeys: 2 }),
    { minKeys: 1, maxKeys: 2 },
  );
  const statement = fc
    .record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      who: fc.tuple(fc.constantFrom('Principal', 'Principal', 'Principal', 'NotPrincipal'), principal),
      what: fc.tuple(fc.constantFrom('Action', 'Action', 'NotAction'), actions),
      Condition: fc.option(condition, { nil: undefined }),
    })
    .map(({ Effect, who, what, Condition }) => ({
      Effect,
      [who[0]]: who[1],
      [what[0]]: what[1],
      Resource: '*',
      ...(Condition === undefined ? {} : { Condition }),
    }));
  const caller = {
    accessKeyId: 'ASIAEXAMPLE',
    account: ACCOUNT,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/KeywardenRescue/s`,
    roleArn: ROLE,
  };

  test('never yes where it refuses, and often the same', () => {
    const seen = { yes: 0, no: 0, unknown: 0 };
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (statements) => {
        const text = policy(...statements);
        const own = asked(text).kind;
        const theirs = evaluatePolicy(text, caller, 'kms:CancelKeyDeletion', {});
        seen[own === 'allowed' || own === 'delegated' ? 'yes' : own === 'unknown' ? 'unknown' : 'no'] += 1;
        if (own === 'allowed') expect(theirs).toBe('allowed');
        if (own === 'delegated') expect(['allowed', 'delegated']).toContain(theirs);
        if (own === 'silent' || own === 'denied') expect(['denied', 'silent']).toContain(theirs);
      }),
      { numRuns: 3_000 },
    );
    // Else the property would say nothing.
    expect(Math.min(seen.yes, seen.no, seen.unknown)).toBeGreaterThan(100);
  });
});
