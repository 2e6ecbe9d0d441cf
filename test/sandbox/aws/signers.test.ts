import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { EnableKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EmulatedAws } from '../../../src/sandbox/aws/aws.ts';
import { account, botKey, mallory, openAws, openBot, region, topicArn, until } from './aws-harness.ts';

/** Who is let in: one answer of all services to sessions, strangers, and Regions that are not there. */

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const readRole = `arn:aws:iam::${account}:role/KeywardenRead`;
const own: Keys = { accessKeyId: botKey.accessKeyId, secretAccessKey: 'secret' };
const invalid = 'The security token included in the request is invalid.';
const expired = 'The security token included in the request is expired';

let now: () => number;
let aws: EmulatedAws;
const clients: { destroy(): void }[] = [];

beforeEach(async () => {
  now = Date.now;
  const roles = [{ arn: readRole, externalId: 'outside', allows: ['kms:List*', 'cloudtrail:LookupEvents'] }];
  aws = await openAws({
    clock: { now: () => now(), dayMs: 30_000 },
    accounts: [{ id: account, name: 'shop', regions: [region], roles }],
    topics: [topicArn.replace(region, 'ap-south-1')],
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await aws.close();
});

function kept<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}

function config(service: keyof EmulatedAws['urls'], credentials: Keys, where = region) {
  return { endpoint: aws.urls[service], region: where, credentials, maxAttempts: 1 };
}

async function assume(): Promise<Keys> {
  const wish = { RoleArn: readRole, RoleSessionName: 'keywarden-read', ExternalId: 'outside', DurationSeconds: 900 };
  const { Credentials } = await kept(new STSClient(config('sts', own))).send(new AssumeRoleCommand(wish));
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

/** What each service says to the same credentials. */
async function answers(credentials: Keys, where = region) {
  const said = (work: Promise<unknown>) =>
    work.then(
      () => 'welcome',
      (error: Error) => `${error.name}: ${error.message}`,
    );
  const topic = topicArn.replace(region, where);
  return {
    kms: await said(kept(new KMSClient(config('kms', credentials, where))).send(new ListKeysCommand({}))),
    cloudtrail: await said(
      kept(new CloudTrailClient(config('cloudtrail', credentials, where))).send(new LookupEventsCommand({})),
    ),
    sts: await said(kept(new STSClient(config('sts', credentials, where))).send(new GetCallerIdentityCommand({}))),
    sns: await said(
      kept(new SNSClient(config('sns', credentials, where))).send(
        new PublishCommand({ TopicArn: topic, Message: 'm' }),
      ),
    ),
  };
}

describe('a session', () => {
  test('may do what its role allows, and reads why it may do no more', async () => {
    const { kms, cloudtrail, sns } = await answers(await assume());
    expect([kms, cloudtrail]).toEqual(['welcome', 'welcome']);
    expect(sns).toContain('because no identity-based policy allows the SNS:Publish action');
    const made = await aws.call('CreateKey', {}, mallory);
    const { KeyId, Arn } = (made.body as { KeyMetadata: { KeyId: string; Arn: string } }).KeyMetadata;
    const enable = kept(new KMSClient(config('kms', await assume()))).send(new EnableKeyCommand({ KeyId }));
    await expect(enable).rejects.toThrow(
      `User: arn:aws:sts::${account}:assumed-role/KeywardenRead/keywarden-read is not authorized to perform: kms:EnableKey on resource: ${Arn} because no identity-based policy allows the kms:EnableKey action`,
    );
  });

  test('is nothing without its token', async () => {
    const { sessionToken: _, ...bare } = await assume();
    expect(await answers(bare)).toEqual({
      kms: `UnrecognizedClientException: ${invalid}`,
      cloudtrail: `UnrecognizedClientException: ${invalid}`,
      sts: `InvalidClientTokenId: ${invalid}`,
      sns: `InvalidClientTokenId: ${invalid}`,
    });
  });

  test('ends', async () => {
    const session = await assume();
    now = () => Date.now() + 900_000;
    expect(await answers(session)).toEqual({
      kms: `ExpiredTokenException: ${expired}`,
      cloudtrail: `ExpiredTokenException: ${expired}`,
      sts: `ExpiredToken: ${expired}`,
      sns: `ExpiredToken: ${expired}`,
    });
  });
});

describe('strangers', () => {
  test('are unknown everywhere', async () => {
    expect(await answers({ accessKeyId: 'AKIASTRANGER', secretAccessKey: 'secret' })).toEqual({
      kms: `UnrecognizedClientException: ${invalid}`,
      cloudtrail: `UnrecognizedClientException: ${invalid}`,
      sts: `InvalidClientTokenId: ${invalid}`,
      sns: `InvalidClientTokenId: ${invalid}`,
    });
  });

  test('so are the bot’s own keys in a Region that is not there', async () => {
    const said = await answers(own, 'mars-north-1');
    expect(said).toMatchObject({
      kms: `UnrecognizedClientException: ${invalid}`,
      cloudtrail: `UnrecognizedClientException: ${invalid}`,
      sns: `InvalidClientTokenId: ${invalid}`,
    });
    expect(said.sts).toContain('RegionDisabledException: STS is not activated in this region');
  });

  test('but SNS is wherever a topic is', async () => {
    expect((await answers(own, 'ap-south-1')).sns).toBe('welcome');
  });
});

test('the certificate stands at SNS’s address of the topic’s Region and nowhere else', async () => {
  const bot = await openBot(() => 200);
  aws.deliverTo(bot.delivery);
  await until(() => bot.of('SubscriptionConfirmation').length > 0);
  const url = String(bot.of('SubscriptionConfirmation')[0]?.body.SigningCertURL);
  expect(await aws.certificate(url)).toContain('BEGIN CERTIFICATE');
  for (const other of [url.replace(region, 'us-east-2'), `${url}?`, url.replace('https', 'http'), 'nonsense'])
    await expect(aws.certificate(other)).rejects.toThrow('SNS shows no certificate');
  await bot.close();
});
