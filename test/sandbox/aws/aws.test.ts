import { createServer } from 'node:net';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from 'vitest';
import type { EmulatedAws } from '../../../src/sandbox/aws/aws.ts';
import type { WorldEvent } from '../../../src/sandbox/world.ts';
import { account, botKey, mallory, openAws, openBot, pause, region, topicArn, until } from './aws-harness.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

const readRole = `arn:aws:iam::${account}:role/Read`;
const accounts = [
  {
    id: account,
    name: 'shop',
    regions: [region],
    roles: [{ arn: readRole, allows: ['kms:DescribeKey', 'cloudtrail:LookupEvents'] }],
  },
];
const credentials = { accessKeyId: botKey.accessKeyId, secretAccessKey: 'secret' };

async function open(options: Parameters<typeof openAws>[0] = {}): Promise<EmulatedAws> {
  const aws = await openAws(options);
  closing.push(aws);
  return aws;
}

const makeKey = async (aws: EmulatedAws) =>
  ((await aws.call('CreateKey', {}, mallory)).body as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;

describe('the world of AWS', () => {
  test('one session of STS reads KMS and CloudTrail, and every call is counted', async () => {
    const aws = await open({ accounts });
    const arn = await makeKey(aws);
    const sts = new STSClient({ endpoint: aws.urls.sts, region, credentials });
    const { Credentials: issued } = await sts.send(
      new AssumeRoleCommand({ RoleArn: readRole, RoleSessionName: 'keywarden' }),
    );
    const session = {
      accessKeyId: issued?.AccessKeyId ?? '',
      secretAccessKey: issued?.SecretAccessKey ?? '',
      sessionToken: issued?.SessionToken ?? '',
    };
    const kms = new KMSClient({ endpoint: aws.urls.kms, region, credentials: session });
    const trail = new CloudTrailClient({ endpoint: aws.urls.cloudtrail, region, credentials: session });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: arn }));
    expect(KeyMetadata?.KeyState).toBe('Enabled');
    const { Events: events = [] } = await trail.send(new LookupEventsCommand({}));
    expect(events.map(({ EventName, Username }) => `${EventName} ${Username}`)).toEqual([
      'DescribeKey keywarden',
      'AssumeRole keywarden',
      'CreateKey mallory',
    ]);
    for (const client of [sts, kms, trail]) client.destroy();
    expect([...aws.calls()].sort()).toEqual([
      [`cloudtrail LookupEvents ${account} ${region}`, 1],
      [`kms DescribeKey ${account} ${region}`, 1],
      [`sts AssumeRole ${account} ${region}`, 1],
    ]);
    const served = aws.requests().map(({ service, operation, count, at }) => [service, operation, count, at.length]);
    expect(served.sort()).toEqual([
      ['cloudtrail', 'LookupEvents', 1, 1],
      ['kms', 'DescribeKey', 1, 1],
      ['sts', 'AssumeRole', 1, 1],
    ]);
  });

  test('what STS does is CloudTrail’s to tell, and reaches no rule for KMS', async () => {
    const bot = await openBot(() => 200);
    closing.push(bot);
    const aws = await open({ accounts, deliver: bot.delivery });
    const sts = new STSClient({ endpoint: aws.urls.sts, region, credentials });
    await sts.send(new AssumeRoleCommand({ RoleArn: readRole, RoleSessionName: 'keywarden' }));
    await expect(
      sts.send(new AssumeRoleCommand({ RoleArn: readRole, RoleSessionName: 'keywarden', SourceIdentity: 'alice' })),
    ).rejects.toThrow('sts:SetSourceIdentity');
    sts.destroy();
    const arn = await makeKey(aws);
    await until(() => bot.events().length > 0);
    expect(aws.events().flatMap(({ source, detail }) => (source === 'cloudtrail' ? [detail.eventName] : []))).toEqual([
      'AssumeRole',
      'AssumeRole',
      'CreateKey',
    ]);
    expect(bot.events().map(({ body }) => JSON.stringify(body))).toEqual([expect.stringContaining(arn)]);
  });

  test('a person of an unknown account, or in a Region switched off, is refused and leaves no record', async () => {
    const aws = await open({ accounts });
    for (const caller of [
      { ...mallory, account: '999999999999' },
      { ...mallory, region: 'eu-north-1' },
    ])
      expect(await aws.call('CreateKey', {}, caller)).toMatchObject({
        status: 400,
        body: { __type: 'UnrecognizedClientException' },
      });
    expect(aws.keys()).toEqual([]);
    expect(aws.events()).toEqual([]);
  });

  test('services and seeds act on the keys through its KMS', async () => {
    const aws = await open();
    const seeded = await aws.kms.seed(
      { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-0a1b2c3d4e5f60718' },
      { account, region },
      { aliases: ['alias/vault'] },
    );
    aws.kms.setUnavailable(String(seeded.Arn), true);
    expect(aws.keys()).toMatchObject([{ Arn: seeded.Arn, KeyState: 'Unavailable', aliases: ['alias/vault'] }]);
    const identity = { account, arn: `arn:aws:iam::${account}:user/orders`, accessKeyId: 'AKIAORDERS' };
    const use = { operation: 'Decrypt', keyArn: await makeKey(aws), encryptionContext: {}, identity } as const;
    expect(aws.kms.useAsService(use).status).toBe(200);
  });

  test('tells its listeners what it noticed until they have heard enough, and keeps the latest', async () => {
    const aws = await open();
    const heard: WorldEvent[] = [];
    const stop = aws.onEvent((event) => heard.push(event));
    const arn = await makeKey(aws);
    stop();
    for (let index = 0; index < 600; index++) await aws.call('EnableKey', { KeyId: arn }, mallory);
    expect(heard.map(({ source, detail }) => `${source} ${detail.eventName}`)).toEqual(['cloudtrail CreateKey']);
    const kept = aws.events();
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(kept.length).toBeLessThanOrEqual(500);
    expect(kept.at(-1)).toMatchObject({ at: expect.stringMatching(/^\d{4}-.*Z$/), source: 'cloudtrail' });
  });

  test('faults can be taken back', async () => {
    const aws = await open();
    const arn = await makeKey(aws);
    aws.addFault({ service: 'kms', operation: '*', mode: 'failBefore', count: 5 });
    aws.clearFaults();
    const kms = new KMSClient({ endpoint: aws.urls.kms, region, credentials, maxAttempts: 1 });
    await expect(kms.send(new DescribeKeyCommand({ KeyId: arn }))).resolves.toBeDefined();
    kms.destroy();
  });
});

describe('the end of the world', () => {
  test('closing leaves nothing running: no server, no delivery, no retry', async () => {
    const bot = await openBot(() => 503);
    closing.push(bot);
    const aws = await openAws({ deliver: bot.delivery });
    await makeKey(aws);
    await until(() => bot.events().length > 0 && bot.of('SubscriptionConfirmation').length > 0);
    await aws.close();
    await aws.close();
    const received = bot.received.length;
    await pause(200);
    expect(bot.received).toHaveLength(received);
    for (const url of Object.values(aws.urls)) await expect(fetch(url)).rejects.toThrow();
  });

  test('a taken port ends what was already open', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { readonly port: number };
    await expect(openAws({ ports: { sns: port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => taken.close(resolve));
  });

  test('an alarm on its way does not come after the end', async () => {
    const aws = await openAws({ topics: [topicArn], alarmPeriodMs: 50 });
    const arn = await makeKey(aws);
    await aws.call('ScheduleKeyDeletion', { KeyId: arn }, mallory);
    await aws.call('EnableKey', { KeyId: arn }, mallory);
    const events = aws.events().length;
    await aws.close();
    await pause(150);
    expect(aws.events()).toHaveLength(events);
  });
});
