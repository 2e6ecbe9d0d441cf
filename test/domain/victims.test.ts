/** Who gets hurt, and who is outside: from grants, policies, names, tags and refused calls. */
import { describe, expect, test } from 'vitest';
import { harmOf } from '../../src/domain/harm.ts';
import type { AccountId } from '../../src/domain/ids.ts';
import { known, unknown } from '../../src/domain/key.ts';
import { outsidersOf } from '../../src/domain/outsiders.ts';
import { withRefusals, withRefusedUse } from '../../src/domain/refused.ts';
import type { Grant } from '../../src/domain/shape.ts';
import { MOST_VICTIMS, type Traces, victimsNow, victimsOf } from '../../src/domain/victims.ts';
import { by, fact, incident, key, T0 } from './samples.ts';

const OWN = '111122223333' as AccountId;
const grant = (more: Partial<Grant>): Grant => ({
  id: 'g1',
  grantee: 'arn:aws:iam::111122223333:role/worker',
  operations: ['Decrypt'],
  ...more,
});
const context = (pairs: Readonly<Record<string, string>>): NonNullable<Grant['constraint']> => ({
  kind: 'subset',
  pairs,
});
const grants = (...listed: readonly Grant[]): Traces['grants'] => known({ listed, more: 0, digest: '' });
const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (more: object): object => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more });
const NOTHING: Traces = { grants: grants(), policy: known(policy()), aliases: known([]), tags: known({}) };
const traces = (more: Partial<Traces>): Traces => ({ ...NOTHING, ...more });
const REPLICATION =
  'arn:aws:iam::111122223333:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication';

test('who was seen when the incident opened is hurt, though nothing can be read any more and no survey has kept it', () => {
  const shape = { ...NOTHING, takenAt: T0, state: 'PendingDeletion' } as const;
  const opening = { ...shape, grants: grants(grant({ constraint: context({ 'aws:rds:db-id': 'db-ORDERS' }) })) };
  const { victims } = harmOf(key, { ...shape, grants: unknown('not asked yet') }, [undefined, opening]);
  expect(victims).toMatchObject({
    listed: [{ service: 'rds', resource: 'db-ORDERS', seen: ['grant'] }],
    unread: [{ what: 'grants', why: 'not asked yet' }],
  });
});

describe('victims', () => {
  test.each<[string, Partial<Traces>, readonly object[]]>([
    [
      'an RDS grant names its database',
      { grants: grants(grant({ constraint: context({ 'aws:rds:db-id': 'db-ORDERS' }) })) },
      [{ service: 'rds', resource: 'db-ORDERS', seen: ['grant'] }],
    ],
    [
      'a grant to a service principal, in any Region',
      { grants: grants(grant({ grantee: 'rds.us-west-2.amazonaws.com' })) },
      [{ service: 'rds', seen: ['grant'] }],
    ],
    [
      'a table: its name, not the account that subscribes',
      {
        grants: grants(
          grant({
            grantee: 'dynamodb.us-west-2.amazonaws.com',
            constraint: context({ 'aws:dynamodb:subscriberId': OWN, 'aws:dynamodb:tableName': 'orders' }),
          }),
        ),
      },
      [{ service: 'dynamodb', resource: 'orders', seen: ['grant'] }],
    ],
    [
      'what copies a global table makes its table a replica',
      { grants: grants(grant({ grantee: REPLICATION, constraint: context({ 'aws:dynamodb:tableName': 'orders' }) })) },
      [{ service: 'dynamodbReplica', resource: 'orders', seen: ['grant'] }],
    ],
    [
      'an attached volume',
      {
        grants: grants(
          grant({
            grantee: 'arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0abc',
            constraint: context({ 'aws:ebs:id': 'vol-1' }),
          }),
        ),
      },
      [{ service: 'ebs', resource: 'vol-1', seen: ['grant'] }],
    ],
    [
      'a bucket, a secret and a parameter',
      {
        grants: grants(
          grant({ constraint: context({ 'aws:s3:arn': 'arn:aws:s3:::b' }) }),
          grant({ constraint: context({ SecretARN: 'arn:secret' }) }),
          grant({ constraint: context({ PARAMETER_ARN: 'arn:parameter' }) }),
        ),
      },
      [
        { service: 's3', resource: 'arn:aws:s3:::b', seen: ['grant'] },
        { service: 'secretsManager', resource: 'arn:secret', seen: ['grant'] },
        { service: 'other', name: 'ssm', resource: 'arn:parameter', seen: ['grant'] },
      ],
    ],
    ['a grant that names nobody known', { grants: grants(grant({ constraint: context({ tenant: '7' }) })) }, []],
    [
      'a condition lets a service in',
      {
        policy: known(
          policy(
            allow({
              Principal: '*',
              Condition: { StringEquals: { 'kms:ViaService': ['rds.us-west-2.amazonaws.com'] } },
            }),
          ),
        ),
      },
      [{ service: 'rds', seen: ['policy'] }],
    ],
    [
      'a condition that keeps it out, and a deny, name no victim',
      {
        policy: known(
          policy(
            allow({
              Principal: '*',
              Condition: { StringNotEquals: { 'kms:ViaService': 'rds.us-west-2.amazonaws.com' } },
            }),
            { Effect: 'Deny', Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:*', Resource: '*' },
          ),
        ),
      },
      [],
    ],
    [
      'service principals of the policy',
      {
        policy: known(policy(allow({ Principal: { Service: ['logs.us-west-2.amazonaws.com', 'sns.amazonaws.com'] } }))),
      },
      [
        { service: 'other', name: 'logs', seen: ['policy'] },
        { service: 'other', name: 'sns', seen: ['policy'] },
      ],
    ],
    ['an alias that tells', { aliases: known(['alias/prod-aurora-orders']) }, [{ service: 'rds', seen: ['alias'] }]],
    ['an alias that only sounds alike', { aliases: known(['alias/wardship', 'alias/ebsco', 'alias/constructor']) }, []],
    [
      'a tag that says what it is for',
      { tags: known({ Service: 'lambda', owner: 's3' }) },
      [{ service: 'lambda', seen: ['tag'] }],
    ],
  ])('%s', (_title, some, listed) => {
    expect(victimsOf(traces(some))).toEqual({ listed, more: 0, unread: [] });
  });

  test('one of each service stands first, also where one service has very many; all sightings of one are told', () => {
    const buckets = Array.from({ length: 30 }, (_, index) =>
      grant({ constraint: context({ 'aws:s3:arn': `b${index}` }) }),
    );
    const tables = Array.from({ length: 30 }, (_, index) =>
      grant({ constraint: context({ 'aws:dynamodb:tableName': `t${index}` }) }),
    );
    const { listed, more } = victimsOf(
      traces({ grants: grants(...buckets, ...tables), aliases: known(['alias/rds']), tags: known({ service: 'rds' }) }),
    );
    expect(listed.slice(0, 3)).toEqual([
      { service: 'rds', seen: ['alias', 'tag'] },
      { service: 'dynamodb', resource: 't0', seen: ['grant'] },
      { service: 's3', resource: 'b0', seen: ['grant'] },
    ]);
    expect([listed.length, more]).toEqual([MOST_VICTIMS, 61 - MOST_VICTIMS]);
  });

  test('whoever had a grant or a name while the key was last good is hurt although both are gone, and told once', () => {
    const held = grants(grant({ constraint: context({ 'aws:rds:db-id': 'db-ORDERS' }) }));
    const rds = [{ service: 'rds', resource: 'db-ORDERS', seen: ['grant'] }];
    expect(victimsOf(traces({}), traces({ grants: held })).listed).toEqual(rds);
    expect(victimsOf(traces({ grants: held }), traces({ grants: held })).listed).toEqual(rds);
    expect(victimsOf(traces({})).listed).toEqual([]);
  });

  test('what could not be read is named, and so is a policy that is none', () => {
    const { unread } = victimsOf({
      grants: unknown('kms:ListGrants is missing'),
      policy: known('{"Statement"'),
      aliases: known([]),
      tags: unknown('not asked'),
    });
    expect(unread).toEqual([
      { what: 'grants', why: 'kms:ListGrants is missing' },
      { what: 'tags', why: 'not asked' },
      { what: 'policy', why: 'the policy is no JSON that can be read' },
    ]);
  });
});

describe('refused calls', () => {
  const refused = (id: string, more: object = {}, at = T0) =>
    fact(
      { kind: 'useRefused', key, refusal: 'disabled', call: by('Decrypt'), ...more },
      { id: `ct:0000-${id.padStart(12, '0')}`, at },
    );

  test('each is counted once, whichever way and however often it is told', () => {
    const told = [refused('1'), refused('2')].reduce(withRefusedUse, incident());
    const looked = { at: T0 + 1, complete: true };
    const { incident: next, newest } = withRefusals(
      told,
      [refused('2'), refused('3', {}, T0 + 5), refused('1')],
      looked,
    );
    expect([next.refused?.count, newest?.id, next.knowledge?.refusals]).toEqual([3, refused('3').id, looked]);
    expect(withRefusedUse(next, refused('3')).refused?.count).toBe(3);
  });

  test('that nobody was refused is noted, and makes no list of nobody', () => {
    const { incident: next, newest } = withRefusals(incident(), [], { at: T0, complete: true });
    expect([next.refused, newest]).toEqual([undefined, undefined]);
  });

  test('more than are remembered: rather too few than one twice', () => {
    const many = Array.from({ length: 400 }, (_, index) => refused(String(index), {}, T0 + index));
    const told = many.reduce(withRefusedUse, incident());
    const { incident: next } = withRefusals(told, many.slice(0, 150), { at: T0, complete: false });
    expect(next.refused?.count).toBe(400);
  });

  test('whose resource it is comes from its encryption context, else from who called', () => {
    const told = [
      refused('1', { encryptionContext: { 'aws:rds:db-id': 'db-1' } }),
      refused('2', {
        call: { ...by('Decrypt'), actor: { type: 'AWSService', invokedBy: 'secretsmanager.amazonaws.com' } },
      }),
      refused('3', { resource: 'vol-1', call: undefined }),
    ].reduce(withRefusedUse, incident());
    expect(victimsNow(undefined, told.refused).listed).toEqual([
      { service: 'rds', resource: 'db-1', seen: ['refusedCall'] },
      { service: 'ebs', resource: 'vol-1', seen: ['refusedCall'] },
      { service: 'secretsManager', seen: ['refusedCall'] },
    ]);
  });
});

describe('outsiders', () => {
  const of = (statements: readonly object[], ...listed: readonly Grant[]) =>
    outsidersOf(OWN, { policy: known(policy(...statements)), grants: grants(...listed) });
  const NOBODY = { accounts: [], more: 0, organisations: [], unread: [] };

  test.each<[string, readonly object[], object]>([
    ['the own account is none', [allow({ Principal: { AWS: `arn:aws:iam::${OWN}:root` } })], {}],
    [
      'an account by ARN and one by number',
      [allow({ Principal: { AWS: ['arn:aws:iam::444455556666:role/x', '777788889999'] } })],
      {
        accounts: [
          { account: '444455556666', by: 'policy' },
          { account: '777788889999', by: 'policy' },
        ],
      },
    ],
    ['anybody', [allow({ Principal: '*' })], { anybody: 'always' }],
    [
      'anybody of two accounts',
      [allow({ Principal: { AWS: '*' }, Condition: { StringEquals: { 'kms:CallerAccount': [OWN, '444455556666'] } } })],
      { accounts: [{ account: '444455556666', by: 'policy' }] },
    ],
    [
      'an organisation',
      [allow({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-abc' } } })],
      { organisations: ['o-abc'] },
    ],
    [
      'a condition that names nobody limits nobody for sure',
      [allow({ Principal: '*', Condition: { StringEquals: { 'kms:ViaService': 'rds.us-west-2.amazonaws.com' } } })],
      { anybody: 'conditional' },
    ],
    [
      'an account kept out is not an account let in',
      [allow({ Principal: '*', Condition: { StringNotEquals: { 'kms:CallerAccount': '444455556666' } } })],
      { anybody: 'conditional' },
    ],
    ['all but one are everybody', [allow({ NotPrincipal: { AWS: OWN } })], { anybody: 'always' }],
    ['who may only look uses nothing', [allow({ Principal: '*', Action: ['kms:DescribeKey', 'kms:List*'] })], {}],
  ])('%s', (_title, statements, wanted) => {
    expect(of(statements)).toEqual({ ...NOBODY, ...wanted });
  });

  test('a grantee of another account', () => {
    const theirs = of([], grant({ grantee: 'arn:aws:iam::444455556666:role/x' }), grant({}));
    expect(theirs.accounts).toEqual([{ account: '444455556666', by: 'grant' }]);
  });

  test('not read is not nobody', () => {
    const none = outsidersOf(OWN, { policy: unknown('denied'), grants: grants() });
    expect(none.unread).toEqual([{ what: 'policy', why: 'denied' }]);
  });
});
