import { createVerify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfirmSubscriptionCommand, CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Certificates } from '../../../src/adapters/intake/certificates.ts';
import { readSnsMessage, type SnsMessage } from '../../../src/adapters/intake/sns.ts';
import { verifySnsMessage } from '../../../src/adapters/intake/sns-signature.ts';
import { makeSigningKey, type SigningKey } from '../../../src/sandbox/aws/certificate.ts';
import { Courier } from '../../../src/sandbox/aws/courier.ts';
import { Feed } from '../../../src/sandbox/aws/feed.ts';
import { type Listening, serveService } from '../../../src/sandbox/aws/server.ts';
import { createSns } from '../../../src/sandbox/aws/sns.ts';
import { certificateUrl, type SignatureVersion, stringToSign } from '../../../src/sandbox/aws/sns-message.ts';
import { Topics } from '../../../src/sandbox/aws/topics.ts';
import { FaultQueue } from '../../../src/sandbox/faults.ts';
import { type Received, type Receiver, receive } from './receiver.ts';

const account = '111122223333';
const topicArn = `arn:aws:sns:us-west-2:${account}:kms-alarms`;
const bot = { account, arn: `arn:aws:iam::${account}:user/keywarden`, accessKeyId: 'AKIABOT' };
const clock = { now: Date.now, dayMs: 86_400_000 };
const webhook = '/webhooks/sns';

let key: SigningKey;
let bothEnds: { readonly receiver: Receiver; readonly courier: Courier; readonly server: Listening };
let topics: Topics;
let faults: FaultQueue;
let feed: Feed;
let sns: SNSClient;

beforeAll(async () => {
  key = await makeSigningKey(Date.now());
});
beforeEach(() => start());
afterEach(() => stop());

async function start(signatureVersion: SignatureVersion = 2): Promise<void> {
  faults = new FaultQueue();
  feed = new Feed(clock);
  const courier = new Courier((error) => {
    throw error;
  });
  topics = new Topics({ clock, courier, faults, feed, key, signatureVersion, retryMs: 20, confirmationMs: 40 });
  const find = (accessKeyId: string) => (accessKeyId === bot.accessKeyId ? bot : 'unknown');
  const authorize = (_: unknown, action: string) =>
    action === 'SNS:CreateTopic'
      ? ({ allowed: false, message: 'denied by test' } as const)
      : ({ allowed: true } as const);
  const server = await serveService(
    createSns({ topics, authorize, regions: new Set(['us-west-2', 'eu-west-1']) }),
    { find, faults, count: () => undefined },
    0,
  );
  bothEnds = { receiver: await receive(), courier, server };
  sns = client();
}

async function stop(): Promise<void> {
  sns.destroy();
  await bothEnds.server.close();
  await bothEnds.courier.close();
  await bothEnds.receiver.close();
}

function client(region = 'us-west-2', accessKeyId = bot.accessKeyId): SNSClient {
  const credentials = { accessKeyId, secretAccessKey: 'secret' };
  return new SNSClient({ endpoint: bothEnds.server.url, region, maxAttempts: 1, credentials });
}

/** What the product's own verifier says. */
async function verdict({ body }: Received) {
  const read = readSnsMessage(JSON.parse(body));
  if (read.kind !== 'message') throw new Error(read.problem);
  const certificates = new Certificates(async () => key.pem);
  return verifySnsMessage(read.message, { topics: [topicArn], signatureVersions: [1, 2], certificates }, Date.now());
}

/** Subscribes the receiver and confirms, as the bot does. */
async function subscribed(): Promise<Receiver> {
  const { receiver } = bothEnds;
  topics.subscribe(topicArn, `${receiver.url}${webhook}`);
  const [request] = await receiver.wait(webhook, 1);
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token: String(request?.json.Token) }));
  return receiver;
}

describe('the certificate', () => {
  test('is a certificate of SNS, signed by itself and valid now', () => {
    const certificate = new X509Certificate(key.pem);
    expect(certificate.subject).toBe('CN=sns.amazonaws.com');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost('sns.amazonaws.com')).toBe('sns.amazonaws.com');
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now());
  });
  test('stands at an address of the Region', () =>
    expect(certificateUrl('eu-west-1', key)).toMatch(
      /^https:\/\/sns\.eu-west-1\.amazonaws\.com\/SimpleNotificationService-[0-9a-f]{32}\.pem$/,
    ));
});

describe('the handshake', () => {
  test('asks with a signed request, and the real SDK confirms it', async () => {
    const { receiver } = bothEnds;
    topics.subscribe(topicArn, `${receiver.url}${webhook}`);
    const [request] = await receiver.wait(webhook, 1);
    if (request === undefined) throw new Error('no request');
    expect(request.headers).toMatchObject({
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'x-amz-sns-topic-arn': topicArn,
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
    });
    expect(request.headers['x-amz-sns-subscription-arn']).toBeUndefined();
    expect(request.headers['x-amz-sns-message-id']).toBe(request.json.MessageId);
    expect(await verdict(request)).toEqual({ kind: 'verified', version: 2 });
    const confirm = new ConfirmSubscriptionCommand({
      TopicArn: topicArn,
      Token: String(request.json.Token),
      AuthenticateOnUnsubscribe: 'true',
    });
    const first = await sns.send(confirm);
    expect(first.SubscriptionArn).toMatch(new RegExp(`^${topicArn}:[0-9a-f-]{36}$`));
    expect((await sns.send(confirm)).SubscriptionArn).toBe(first.SubscriptionArn);
  });

  test('asks again while the bot does not listen yet, and notifies only once confirmed', async () => {
    const { receiver } = bothEnds;
    const port = Number(new URL(receiver.url).port);
    await receiver.close();
    topics.subscribe(topicArn, `http://127.0.0.1:${port}${webhook}`);
    topics.publish(topicArn, 'too early');
    await new Promise((resolve) => setTimeout(resolve, 60));
    const late = await receive(port);
    const [request] = await late.wait(webhook, 1);
    expect(topics.confirm(topicArn, String(request?.json.Token))).toBeDefined();
    topics.publish(topicArn, 'in time');
    await expect.poll(() => late.received.map(({ json }) => json.Message)).toContain('in time');
    expect(late.received.map(({ json }) => json.Message)).not.toContain('too early');
    const asked = late.received.length;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(late.received).toHaveLength(asked);
    await late.close();
  });

  test('a new address takes the place of the old one', async () => {
    const old = await subscribed();
    const fresh = await receive();
    topics.subscribe(topicArn, `${fresh.url}${webhook}`);
    const [request] = await fresh.wait(webhook, 1);
    topics.confirm(topicArn, String(request?.json.Token));
    const before = old.received.length;
    topics.publish(topicArn, 'moved');
    await expect.poll(() => fresh.received.map(({ json }) => json.Message)).toContain('moved');
    expect(old.received).toHaveLength(before);
    await fresh.close();
  });

  test('follows a SubscribeURL without a signature, as a browser would', async () => {
    const { receiver, server } = bothEnds;
    topics.subscribe(topicArn, `${receiver.url}${webhook}`);
    const [request] = await receiver.wait(webhook, 1);
    const { search } = new URL(String(request?.json.SubscribeURL));
    const answer = await fetch(`${server.url}/${search}`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<SubscriptionArn>');
  });
});

describe('deliveries', () => {
  test.each([1, 2] as const)('are signed with version %i and verify', async (version) => {
    await stop();
    await start(version);
    const receiver = await subscribed();
    const published = await sns.send(
      new PublishCommand({ TopicArn: topicArn, Subject: 'Hello', Message: '"quoted" <&>\nüber' }),
    );
    const delivered = (await receiver.wait(webhook, 2))[1];
    if (delivered === undefined) throw new Error('nothing delivered');
    expect(delivered.json).toMatchObject({
      Type: 'Notification',
      MessageId: published.MessageId,
      Subject: 'Hello',
      Message: '"quoted" <&>\nüber',
      SignatureVersion: String(version),
    });
    expect(delivered.headers['x-amz-sns-subscription-arn']).toContain(topicArn);
    expect(String(delivered.json.UnsubscribeURL)).toContain(String(delivered.headers['x-amz-sns-subscription-arn']));
    expect(await verdict(delivered)).toEqual({ kind: 'verified', version });
  });

  test('are tried again, the very same bytes, after 5xx and after no answer; four times in all', async () => {
    const receiver = await subscribed();
    receiver.answer(500, 503);
    topics.publish(topicArn, 'twice refused');
    const bodies = (await receiver.wait(webhook, 4)).slice(1).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    receiver.answer(500, 500, 500, 500);
    topics.publish(topicArn, 'never taken');
    await expect.poll(() => feed.events().at(-1)?.detail).toMatchObject({ delivered: false, attempts: 4, status: 500 });
  });

  test('count as done after 4xx', async () => {
    const receiver = await subscribed();
    receiver.answer(403);
    topics.publish(topicArn, 'refused');
    await expect.poll(() => feed.events().at(-1)?.detail).toMatchObject({ delivered: true, attempts: 1, status: 403 });
  });

  test('of services are lost, or come twice, by fault', async () => {
    const receiver = await subscribed();
    faults.add({ service: 'sns', operation: 'Publish', mode: 'failBefore', count: 1 });
    faults.add({ service: 'sns', operation: 'Publish', mode: 'failAfter', count: 1 });
    topics.publishAsService(topicArn, 'lost', 'ALARM');
    topics.publishAsService(topicArn, 'twice', 'ALARM');
    const messages = (await receiver.wait(webhook, 3)).slice(1);
    expect(messages.map(({ json }) => json.Message)).toEqual(['twice', 'twice']);
  });

  test('end with the courier, whatever they wait for', async () => {
    const receiver = await subscribed();
    receiver.answer(0);
    topics.publish(topicArn, 'unanswered');
    await receiver.wait(webhook, 2);
    const before = Date.now();
    await bothEnds.courier.close();
    expect(Date.now() - before).toBeLessThan(500);
  });
});

describe('refusals, as the SDK reads them', () => {
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
        `${error.$metadata?.httpStatusCode} ${error.name}: ${error.message}`,
    );
  const publish = (input: Partial<PublishCommand['input']>, from = sns) =>
    failure(from.send(new PublishCommand({ TopicArn: topicArn, Message: 'm', ...input })));

  test('of unknown topics, wrong tokens and malformed requests', async () => {
    expect(await publish({})).toBe('404 NotFoundException: Topic does not exist');
    topics.create(topicArn);
    expect(await publish({ TopicArn: topicArn.replace('us-west-2', 'eu-west-1') })).toBe(
      '400 InvalidParameterException: Invalid parameter: TopicArn',
    );
    expect(await publish({ Message: '' })).toBe('400 InvalidParameterException: Invalid parameter: Empty message');
    expect(await publish({ Subject: 'two\nlines' })).toBe('400 InvalidParameterException: Invalid parameter: Subject');
    expect(await failure(sns.send(new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token: 'no' })))).toBe(
      '400 InvalidParameterException: Invalid parameter: Token',
    );
  });

  test('of strangers', async () => {
    topics.create(topicArn);
    const stranger = client('us-west-2', 'AKIASTRANGER');
    const elsewhere = client('us-gov-west-1');
    const token = 'The security token included in the request is invalid.';
    expect(await publish({}, stranger)).toBe(`403 InvalidClientTokenId: ${token}`);
    expect(await publish({}, elsewhere)).toBe(`403 InvalidClientTokenId: ${token}`);
    expect(await failure(sns.send(new CreateTopicCommand({ Name: 'mine' })))).toBe(
      '403 AuthorizationErrorException: denied by test',
    );
    const foreign = topicArn.replace(account, '444455556666');
    topics.create(foreign);
    expect(await publish({ TopicArn: foreign })).toContain('403 AuthorizationErrorException');
    stranger.destroy();
    elsewhere.destroy();
  });

  test('by fault: throttled, failed, cut off', async () => {
    topics.create(topicArn);
    for (const mode of ['throttle', 'failBefore', 'failAfter'] as const)
      faults.add({ service: 'sns', operation: 'Publish', mode, count: 1 });
    expect(await publish({})).toBe('429 ThrottledException: Rate exceeded');
    expect(await publish({})).toContain('500 InternalErrorException');
    expect(await publish({})).toContain('socket hang up');
    expect(await publish({})).toBe('no error');
  });
});

describe('the string to sign', () => {
  interface Vector {
    readonly case: string;
    readonly message: SnsMessage;
    readonly stringToSign: string;
  }
  const vectors: readonly Vector[] = JSON.parse(
    readFileSync(new URL('../../cases/intake/sns-string-to-sign-vectors.json', import.meta.url), 'utf8'),
  );
  test.each(vectors)('$case', ({ message, stringToSign: expected }) =>
    expect(stringToSign(message as Parameters<typeof stringToSign>[0])).toBe(expected),
  );
  test('is what the certificate vouches for', async () => {
    const receiver = await subscribed();
    const [{ json } = { json: {} }] = receiver.received;
    const message = json as unknown as SnsMessage;
    const verifier = createVerify('RSA-SHA256').update(stringToSign(message as never));
    expect(verifier.verify(new X509Certificate(key.pem).publicKey, message.Signature, 'base64')).toBe(true);
  });
});
