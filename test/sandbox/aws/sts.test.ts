import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { personIdentity } from '../../../src/sandbox/aws/identities.ts';
import type { Listening } from '../../../src/sandbox/aws/server.ts';
import { createSts, type Sts } from '../../../src/sandbox/aws/sts.ts';
import { FaultQueue } from '../../../src/sandbox/faults.ts';
import type { CallerIdentity, CloudTrailRecord, FaultMode } from '../../../src/sandbox/world.ts';

const account = '111122223333';
const region = 'us-west-2';
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const keyArn = `arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const botArn = `arn:aws:iam::${account}:user/keywarden`;
const bot = { accessKeyId: 'AKIABOT', secretAccessKey: 'secret' };
/** A bot on a role of another account, in a session that carries a source identity. */
const hubAccount = '444455556666';
const hubArn = `arn:aws:sts::${hubAccount}:assumed-role/Hub/i-0abc`;
const hub = { accessKeyId: 'ASIAHUB', secretAccessKey: 'secret' };

let now: number;
let sts: Sts;
let server: Listening;
let faults: FaultQueue;
let clients: STSClient[];
let records: CloudTrailRecord[];

const options = () => ({
  clock: { now: () => now, dayMs: 30_000 },
  faults,
  record: (record: CloudTrailRecord) => void records.push(record),
  accessKeys: [
    { accessKeyId: bot.accessKeyId, account, arn: botArn },
    { accessKeyId: hub.accessKeyId, account: hubAccount, arn: hubArn, sourceIdentity: 'deploy' },
  ],
  accounts: [
    {
      id: account,
      name: 'shop',
      regions: [region],
      roles: [
        { arn: role('Read'), externalId: 'outside', allows: ['kms:Describe*', 'kms:ListKeys'] },
        { arn: role('Rescue'), allows: ['kms:*', 'sts:*'], setSourceIdentity: true },
        { arn: role('Next'), allows: ['kms:*'], setSourceIdentity: true },
        { arn: role('Silent'), allows: ['kms:*'] },
      ],
    },
  ],
});

beforeEach(async () => {
  now = Date.parse('2026-11-24T12:00:00.664Z');
  faults = new FaultQueue();
  clients = [];
  records = [];
  sts = createSts(options());
  server = await sts.listen(0);
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function client(credentials: Keys = bot, where = region, endpoint = server.url): STSClient {
  const made = new STSClient({
    endpoint,
    region: where,
    credentials,
    maxAttempts: 1,
    requestHandler: { requestTimeout: 500, throwOnRequestTimeout: true },
  });
  clients.push(made);
  return made;
}

type Wish = Partial<AssumeRoleCommandInput>;

const assume = (wish: Wish = {}, keys: Keys = bot) =>
  client(keys).send(new AssumeRoleCommand({ RoleArn: role('Rescue'), RoleSessionName: 'keywarden', ...wish }));

async function session(wish: Wish = {}, keys: Keys = bot): Promise<Required<Keys>> {
  const { Credentials: given } = await assume(wish, keys);
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  };
}

const whoAmI = (keys: Keys = bot) => client(keys).send(new GetCallerIdentityCommand());

async function identityOf(wish: Wish): Promise<CallerIdentity> {
  const identity = sts.identify((await session(wish)).accessKeyId);
  if (identity === undefined) throw new Error('nobody');
  return identity;
}

const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

describe('sessions', () => {
  test('carry the role, the name and the account', async () => {
    const answer = await assume({ RoleArn: role('Read'), ExternalId: 'outside', DurationSeconds: 900 });
    const arn = `arn:aws:sts::${account}:assumed-role/Read/keywarden`;
    expect(answer.AssumedRoleUser).toEqual({ Arn: arn, AssumedRoleId: expect.stringMatching(/^AROA\w+:keywarden$/) });
    expect(answer.Credentials).toMatchObject({
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      Expiration: new Date('2026-11-24T12:15:00Z'),
    });
    expect(sts.identify(answer.Credentials?.AccessKeyId ?? '')).toEqual({
      account,
      arn,
      accessKeyId: answer.Credentials?.AccessKeyId,
      roleArn: role('Read'),
      sessionName: 'keywarden',
    });
    expect(sts.calls.get(`sts AssumeRole ${account} ${region}`)).toBe(1);
  });

  test('tell who they are, as static keys do', async () => {
    expect(await whoAmI(await session())).toMatchObject({
      Account: account,
      Arn: `arn:aws:sts::${account}:assumed-role/Rescue/keywarden`,
    });
    expect(await whoAmI()).toMatchObject({ Account: account, Arn: botArn, UserId: expect.stringMatching(/^AIDA/) });
  });

  test('expire, and are nothing without their token', async () => {
    const keys = await session({ DurationSeconds: 900 });
    await expect(whoAmI({ ...keys, sessionToken: 'another' })).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    now += 900_000;
    expect(sts.identify(keys.accessKeyId)).toBeUndefined();
    await expect(whoAmI(keys)).rejects.toMatchObject({ name: 'ExpiredToken' });
  });

  test('keep the source identity down a chain', async () => {
    const keys = await session({ SourceIdentity: 'alice' });
    expect(sts.identify(keys.accessKeyId)?.sourceIdentity).toBe('alice');
    expect((await assume({ RoleArn: role('Next') }, keys)).SourceIdentity).toBe('alice');
    const refused = { name: 'AccessDenied', message: expect.stringContaining('sts:SetSourceIdentity') };
    await expect(assume({ RoleArn: role('Next'), SourceIdentity: 'bob' }, keys)).rejects.toMatchObject(refused);
    await expect(assume({ RoleArn: role('Silent') }, keys)).rejects.toMatchObject(refused);
    await expect(assume({ RoleArn: role('Silent'), SourceIdentity: 'alice' })).rejects.toMatchObject(refused);
  });

  test('of static credentials can carry one from the start, which cannot be changed', async () => {
    expect((await assume({}, hub)).SourceIdentity).toBe('deploy');
    expect((await assume({ SourceIdentity: 'deploy' }, hub)).SourceIdentity).toBe('deploy');
    const refused = {
      name: 'AccessDenied',
      message: `User: ${hubArn} is not authorized to perform: sts:SetSourceIdentity on resource: ${role('Rescue')}`,
    };
    await expect(assume({ SourceIdentity: 'alice' }, hub)).rejects.toMatchObject(refused);
    await expect(assume({ RoleArn: role('Silent') }, hub)).rejects.toThrow('sts:SetSourceIdentity');
  });

  test('need the permission to set one on both sides', async () => {
    const narrow = createSts({ ...options(), staticKeysAllow: ['sts:AssumeRole'] });
    const other = await narrow.listen(0);
    const asking = client(bot, region, other.url);
    const wish = { RoleArn: role('Rescue'), RoleSessionName: 'keywarden' };
    try {
      await expect(asking.send(new AssumeRoleCommand(wish))).resolves.toBeDefined();
      await expect(asking.send(new AssumeRoleCommand({ ...wish, SourceIdentity: 'alice' }))).rejects.toThrow(
        `User: ${botArn} is not authorized to perform: sts:SetSourceIdentity on resource: ${role('Rescue')}`,
      );
    } finally {
      await other.close();
    }
  });

  test('of a role without sts:AssumeRole cannot be chained', async () => {
    const keys = await session({ RoleArn: role('Next') });
    await expect(assume({}, keys)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('AssumeRole refuses', () => {
  const denied = {
    name: 'AccessDenied',
    message: expect.stringContaining(`User: ${botArn} is not authorized to perform: sts:AssumeRole on resource: `),
    $metadata: expect.objectContaining({ httpStatusCode: 403 }),
  };
  test.each<[string, Wish, object]>([
    ['a role that does not exist', { RoleArn: role('Nobody') }, denied],
    ['a missing external id', { RoleArn: role('Read') }, denied],
    ['a wrong external id', { RoleArn: role('Read'), ExternalId: 'inside' }, denied],
    ['a policy that is not JSON', { Policy: '{' }, { name: 'MalformedPolicyDocumentException' }],
    [
      'a policy without statements',
      { Policy: '{"Version":"2012-10-17"}' },
      { name: 'MalformedPolicyDocumentException' },
    ],
    ['too short a life', { DurationSeconds: 899 }, { name: 'ValidationError' }],
    ['too long a life', { DurationSeconds: 3601 }, { name: 'ValidationError' }],
    ['a session name of one character', { RoleSessionName: 'k' }, { name: 'ValidationError' }],
    ['a session name of 65 characters', { RoleSessionName: 'k'.repeat(65) }, { name: 'ValidationError' }],
    ['a session name with a slash', { RoleSessionName: 'key/warden' }, { name: 'ValidationError' }],
  ])('%s', async (_, wish, error) => {
    await expect(assume(wish)).rejects.toMatchObject(error);
  });

  test('a key nobody was given, an unsigned request and a Region without STS', async () => {
    await expect(whoAmI({ accessKeyId: 'AKIANOBODY', secretAccessKey: 'secret' })).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
      $metadata: { httpStatusCode: 403 },
    });
    const unsigned = await fetch(server.url, { method: 'POST', body: 'Action=GetCallerIdentity&Version=2011-06-15' });
    expect(unsigned.status).toBe(403);
    expect(await unsigned.text()).toContain('<Code>MissingAuthenticationToken</Code>');
    await expect(client(bot, 'eu-north-1').send(new GetCallerIdentityCommand())).rejects.toMatchObject({
      name: 'RegionDisabledException',
    });
  });
});

describe('CloudTrail', () => {
  const wish = {
    RoleSessionName: 'U0ALICE.rescue.a1',
    SourceIdentity: 'alice',
    DurationSeconds: 900,
    Policy: policy({ Effect: 'Allow', Action: 'kms:EnableKey', Resource: keyArn }),
  };

  test('shows an AssumeRole with all that was asked, and no secret key', async () => {
    const answer = await assume({ ...wish, ExternalId: 'outside' });
    const session = `arn:aws:sts::${account}:assumed-role/Rescue/${wish.RoleSessionName}`;
    expect(records).toEqual([
      {
        eventVersion: '1.11',
        userIdentity: {
          type: 'IAMUser',
          principalId: expect.stringMatching(/^AIDA/),
          arn: botArn,
          accountId: account,
          accessKeyId: 'AKIABOT',
          userName: 'keywarden',
        },
        eventTime: '2026-11-24T12:00:00Z',
        eventSource: 'sts.amazonaws.com',
        eventName: 'AssumeRole',
        awsRegion: region,
        sourceIPAddress: '127.0.0.1',
        userAgent: expect.stringContaining('aws-sdk-js'),
        requestParameters: {
          roleArn: role('Rescue'),
          roleSessionName: wish.RoleSessionName,
          externalId: 'outside',
          sourceIdentity: 'alice',
          policy: wish.Policy,
          durationSeconds: 900,
        },
        responseElements: {
          credentials: {
            accessKeyId: answer.Credentials?.AccessKeyId,
            sessionToken: answer.Credentials?.SessionToken,
            expiration: 'Nov 24, 2026, 12:15:00 PM',
          },
          assumedRoleUser: { assumedRoleId: answer.AssumedRoleUser?.AssumedRoleId, arn: session },
          sourceIdentity: 'alice',
          packedPolicySize: answer.PackedPolicySize,
        },
        requestID: answer.$metadata.requestId,
        eventID: expect.any(String),
        readOnly: true,
        resources: [{ accountId: account, type: 'AWS::IAM::Role', ARN: role('Rescue') }],
        eventType: 'AwsApiCall',
        managementEvent: true,
        recipientAccountId: account,
        eventCategory: 'Management',
        tlsDetails: expect.objectContaining({ clientProvidedHostHeader: `sts.${region}.amazonaws.com` }),
      },
    ]);
    expect(JSON.stringify(records)).not.toContain(answer.Credentials?.SecretAccessKey);
  });

  test('shows a denied one without its parameters, and a malformed one not at all', async () => {
    await expect(assume({ RoleArn: role('Silent'), SourceIdentity: 'alice' })).rejects.toThrow();
    await expect(assume({ DurationSeconds: 1 })).rejects.toThrow();
    expect(records).toMatchObject([
      {
        errorCode: 'AccessDenied',
        errorMessage: `User: ${botArn} is not authorized to perform: sts:SetSourceIdentity on resource: ${role('Silent')}`,
        requestParameters: null,
        responseElements: null,
      },
    ]);
    expect(records[0]).not.toHaveProperty('resources');
  });

  test('shows it in both accounts when the role is another’s, and a denied one only to who asked', async () => {
    await assume({}, hub);
    expect(records).toMatchObject([
      {
        recipientAccountId: hubAccount,
        userIdentity: { type: 'AssumedRole', arn: hubArn, sessionContext: { sourceIdentity: 'deploy' } },
        responseElements: { sourceIdentity: 'deploy' },
      },
      { recipientAccountId: account, responseElements: { sourceIdentity: 'deploy' } },
    ]);
    const [mine, theirs] = records;
    expect(theirs?.userIdentity).toEqual({
      type: 'AWSAccount',
      principalId: expect.stringMatching(/^AROA.*:i-0abc$/),
      accountId: hubAccount,
    });
    expect(mine?.sharedEventID).toBe(theirs?.sharedEventID);
    expect(mine?.eventID).not.toBe(theirs?.eventID);
    await expect(assume({ RoleArn: role('Silent') }, hub)).rejects.toThrow();
    expect(records.slice(2)).toMatchObject([{ recipientAccountId: hubAccount, errorCode: 'AccessDenied' }]);
  });
});

describe('authorize', () => {
  test('allows a role its list and no more', async () => {
    const identity = await identityOf({ RoleArn: role('Read'), ExternalId: 'outside' });
    expect(sts.authorize(identity, 'kms:DescribeKey', keyArn)).toEqual({ allowed: true });
    expect(sts.authorize(identity, 'kms:DisableKey', keyArn)).toEqual({
      allowed: false,
      message: `User: ${identity.arn} is not authorized to perform: kms:DisableKey on resource: ${keyArn} because no identity-based policy allows the kms:DisableKey action`,
    });
  });

  test('narrows a role by its session policy', async () => {
    const identity = await identityOf({
      RoleArn: role('Next'),
      Policy: policy(
        { Effect: 'Allow', Action: ['kms:*Key', 'sns:*'], Resource: `arn:aws:kms:${region}:*` },
        { Effect: 'Deny', Action: 'kms:disablekey', Resource: '*' },
      ),
    });
    const why = (action: string, resource = keyArn) => {
      const answer = sts.authorize(identity, action, resource);
      return answer.allowed ? 'allowed' : answer.message.slice(answer.message.indexOf(resource) + resource.length + 1);
    };
    expect(why('kms:EnableKey')).toBe('allowed');
    expect(why('kms:DisableKey')).toBe('with an explicit deny in a session policy');
    expect(why('kms:CancelKeyDeletion')).toBe('because no session policy allows the kms:CancelKeyDeletion action');
    expect(why('kms:EnableKey', 'arn:aws:kms:eu-west-1:111122223333:key/other')).toContain('no session policy');
    expect(why('sns:Publish')).toBe('because no identity-based policy allows the sns:Publish action');
  });

  test('allows static keys only STS unless told otherwise, and people everything', () => {
    const identity = sts.identify(bot.accessKeyId);
    if (identity === undefined) throw new Error('nobody');
    expect(sts.authorize(identity, 'sts:AssumeRole', role('Read')).allowed).toBe(true);
    expect(sts.authorize(identity, 'kms:ListKeys', '*').allowed).toBe(false);
    const generous = createSts({ ...options(), staticKeysAllow: ['sts:*', 'kms:List*'] });
    expect(generous.authorize(identity, 'kms:ListKeys', '*').allowed).toBe(true);
    for (const principal of ['mallory', 'root', `arn:aws:iam::${account}:user/Alice`])
      expect(
        sts.authorize(personIdentity({ principal, account, region }), 'kms:ScheduleKeyDeletion', keyArn).allowed,
      ).toBe(true);
  });
});

describe('faults', () => {
  const fault = (mode: FaultMode) => faults.add({ service: 'sts', operation: 'GetCallerIdentity', mode, count: 1 });

  test.each<[FaultMode, object]>([
    ['throttle', { name: 'Throttling' }],
    ['failBefore', { $metadata: { httpStatusCode: 500 } }],
    ['failAfter', { code: 'ECONNRESET' }],
    ['hang', { name: 'TimeoutError' }],
    ['slow', { name: 'TimeoutError' }],
  ])('%s, once', async (mode, error) => {
    fault(mode);
    await expect(whoAmI()).rejects.toMatchObject(error);
    expect((await whoAmI()).Account).toBe(account);
  });

  test('do the work of a call whose answer is lost', async () => {
    faults.add({ service: 'sts', operation: 'AssumeRole', mode: 'failAfter', count: 1 });
    await expect(assume()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(sts.calls.get(`sts AssumeRole ${account} ${region}`)).toBe(1);
  });
});
