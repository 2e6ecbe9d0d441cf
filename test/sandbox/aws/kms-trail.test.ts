import { expect, test } from 'vitest';
import { account, alice, arnOf, bot, region, world } from './kms-harness.ts';

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
const around = (eventName: string, readOnly: boolean) => ({
  eventVersion: '1.11',
  userIdentity: {
    type: 'IAMUser',
    principalId: expect.stringMatching(/^AIDA/),
    arn: alice.arn,
    accountId: account,
    accessKeyId: 'AKIAALICE',
    userName: 'Alice',
  },
  eventTime: '2026-11-24T12:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName,
  awsRegion: region,
  sourceIPAddress: '192.0.2.0',
  userAgent: 'aws-cli/2.27.0 md/awscrt#0.25.4',
  requestID: uuid,
  eventID: uuid,
  readOnly,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: account,
  eventCategory: 'Management',
  tlsDetails: {
    tlsVersion: 'TLSv1.3',
    cipherSuite: 'TLS_AES_256_GCM_SHA384',
    clientProvidedHostHeader: 'kms.us-west-2.amazonaws.com',
  },
});
const naming = (keyId: string) => ({ resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: arnOf(keyId) }] });

test('ScheduleKeyDeletion is recorded with the date as a display string', async () => {
  const kms = world({ start: Date.parse('2026-11-24T12:00:00.000Z') });
  const keyId = await kms.key();
  await kms.ok('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 20 });
  expect(kms.last()).toEqual({
    ...around('ScheduleKeyDeletion', false),
    ...naming(keyId),
    requestParameters: { keyId, pendingWindowInDays: 20 },
    responseElements: {
      keyId: arnOf(keyId),
      keyState: 'PendingDeletion',
      deletionDate: 'Nov 24, 2026, 12:10:00 PM',
      pendingWindowInDays: 20,
    },
  });
});

test('an operation without an answer records the key ARN; PutKeyPolicy records nothing', async () => {
  const kms = world();
  const keyId = await kms.key();
  await kms.ok('DisableKey', { KeyId: keyId });
  expect(kms.last()).toMatchObject({ responseElements: { keyId: arnOf(keyId) } });
  const { Policy } = await kms.ok('GetKeyPolicy', { KeyId: keyId });
  await kms.ok('PutKeyPolicy', { KeyId: keyId, Policy });
  expect(kms.last()).toMatchObject({
    requestParameters: { keyId, policyName: 'default', policy: Policy, bypassPolicyLockoutSafetyCheck: false },
    responseElements: null,
  });
});

test('a refused use names the key and the encryption context, and no secret', async () => {
  const kms = world();
  const keyId = await kms.key();
  const EncryptionContext = { Department: 'Engineering' };
  const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId: keyId, Plaintext: 'AAAA', EncryptionContext });
  expect(kms.last()).toMatchObject({
    readOnly: true,
    requestParameters: { keyId, encryptionAlgorithm: 'SYMMETRIC_DEFAULT', encryptionContext: EncryptionContext },
    responseElements: null,
  });
  await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
  await kms.fail('Decrypt', { KeyId: arnOf(keyId), CiphertextBlob, EncryptionContext });
  expect(kms.last()).toEqual({
    ...around('Decrypt', true),
    ...naming(keyId),
    errorCode: 'KMSInvalidStateException',
    errorMessage: `${arnOf(keyId)} is pending deletion.`,
    requestParameters: {
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      keyId: arnOf(keyId),
      encryptionContext: EncryptionContext,
    },
    responseElements: null,
  });
  expect(JSON.stringify(kms.records)).not.toContain(CiphertextBlob);
});

test('a use by a service names who caused it but not the key', async () => {
  const kms = world();
  const keyId = await kms.key();
  const use = { operation: 'Decrypt', keyArn: arnOf(keyId), identity: bot } as const;
  const encryptionContext = { 'aws:s3:arn': 'arn:aws:s3:::amzn-s3-demo-bucket/example_object' };
  expect(kms.kms.useAsService({ ...use, encryptionContext }).status).toBe(200);
  expect(await kms.ok('GetKeyLastUsage', { KeyId: keyId })).toMatchObject({
    KeyLastUsage: { Operation: 'Decrypt', CloudTrailEventId: kms.records.at(-2)?.eventID },
  });
  await kms.ok('ScheduleKeyDeletion', { KeyId: keyId });
  expect(kms.kms.useAsService({ ...use, encryptionContext }).body).toMatchObject({
    __type: 'KMSInvalidStateException',
  });
  const { tlsDetails, ...plain } = around('Decrypt', true);
  expect(kms.last()).toEqual({
    ...plain,
    ...naming(keyId),
    userIdentity: {
      type: 'AssumedRole',
      principalId: expect.stringMatching(/^AROA[0-9A-F]+:keywarden$/),
      arn: bot.arn,
      accountId: account,
      accessKeyId: 'ASIABOT',
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: expect.stringMatching(/^AROA/),
          arn: bot.roleArn,
          accountId: account,
          userName: 'KeywardenRead',
        },
        attributes: { creationDate: '2026-11-24T12:00:00Z', mfaAuthenticated: 'false' },
      },
      invokedBy: 'AWS Internal',
    },
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    errorCode: 'KMSInvalidStateException',
    errorMessage: `${arnOf(keyId)} is pending deletion.`,
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', encryptionContext },
    responseElements: null,
  });
});

test('KMS deleting a key is a service event', async () => {
  const kms = world();
  const keyId = await kms.key();
  await kms.ok('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 });
  kms.pass(7);
  expect(kms.last()).toEqual({
    eventVersion: '1.11',
    userIdentity: { accountId: account, invokedBy: 'AWS Internal' },
    eventTime: '2026-11-24T12:03:30Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'DeleteKey',
    awsRegion: region,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: { keyId: arnOf(keyId) },
    eventID: uuid,
    readOnly: false,
    ...naming(keyId),
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  });
});

test('a replication is recorded in both Regions', async () => {
  const kms = world();
  const keyId = await kms.key({ MultiRegion: true });
  await kms.ok('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' });
  const made = kms.records.slice(1).map(({ eventName, awsRegion }) => `${eventName} ${awsRegion}`);
  expect(made).toEqual(['CreateKey eu-west-1', 'ReplicateKey us-west-2']);
});
