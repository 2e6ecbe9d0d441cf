import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfirmSubscriptionCommand, SNSClient } from '@aws-sdk/client-sns';
import { type EmulatedAws, type EmulatedAwsOptions, startAws } from '../../../src/sandbox/aws/aws.ts';
import type { Caller, Delivery } from '../../../src/sandbox/world.ts';

export const account = '111122223333';
export const region = 'us-west-2';
export const topicArn = `arn:aws:sns:${region}:${account}:kms-alarms`;
export const token = 'a-token';
export const mallory: Caller = { principal: 'mallory', account, region };
export const botKey = { accessKeyId: 'AKIABOT', account, arn: `arn:aws:iam::${account}:user/keywarden` };

export type Body = Record<string, unknown>;

/** A world that is not in a hurry nor as slow as AWS: retries come after milliseconds. */
export function openAws(options: Partial<EmulatedAwsOptions> = {}): Promise<EmulatedAws> {
  return startAws({
    clock: { now: Date.now, dayMs: 86_400_000 },
    accounts: [
      { id: account, name: 'shop', regions: [region, 'eu-west-1'], roles: [] },
      { id: '444455556666', name: 'analytics', regions: [region], roles: [] },
    ],
    accessKeys: [botKey],
    snsRetryMs: 20,
    confirmationMs: 20,
    eventBridgePauseMs: 20,
    alarmPeriodMs: 20,
    alarmQuietMs: 200,
    ...options,
  });
}

/** A request as the bot received it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Body;
}

/** What stands in for the bot: it keeps what it is sent, and answers what the test says; `hang`: not at all. */
export async function openBot(answer: (received: Received, count: number) => number | 'hang' | Promise<number>) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const one = { path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) as Body };
    received.push(one);
    const status = await answer(one, received.length);
    if (status !== 'hang') response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const delivery: Delivery = {
    snsUrl: `${url}/webhooks/sns`,
    topicArn,
    eventBridgeUrl: `${url}/webhooks/eventbridge`,
    eventBridgeToken: token,
  };
  return {
    received,
    delivery,
    of: (type: string) => received.filter(({ headers }) => headers['x-amz-sns-message-type'] === type),
    events: () => received.filter(({ path }) => path === '/webhooks/eventbridge'),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type StandIn = Awaited<ReturnType<typeof openBot>>;

/** The real SDK, as the bot has it. */
export function snsClient(aws: EmulatedAws, inRegion = region): SNSClient {
  return new SNSClient({
    endpoint: aws.urls.sns,
    region: inRegion,
    maxAttempts: 1,
    credentials: { accessKeyId: botKey.accessKeyId, secretAccessKey: 'secret' },
  });
}

/** Confirms a subscription with the token of the message that asked for it. */
export async function confirm(aws: EmulatedAws, { body }: Received): Promise<string | undefined> {
  const client = snsClient(aws);
  try {
    const command = new ConfirmSubscriptionCommand({
      TopicArn: String(body.TopicArn),
      Token: String(body.Token),
      AuthenticateOnUnsubscribe: 'true',
    });
    return (await client.send(command)).SubscriptionArn;
  } finally {
    client.destroy();
  }
}

/** A key pending deletion, and a ciphertext under it. */
export async function condemnedKey(aws: EmulatedAws, caller: Caller = mallory): Promise<{ arn: string; blob: string }> {
  const made = (await aws.call('CreateKey', {}, caller)).body as { KeyMetadata: { Arn: string } };
  const arn = made.KeyMetadata.Arn;
  const { body } = await aws.call('Encrypt', { KeyId: arn, Plaintext: 'aGVsbG8=' }, caller);
  await aws.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 }, caller);
  return { arn, blob: String((body as Body).CiphertextBlob) };
}

/** Waits until something is so. */
export async function until(what: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not so within ${withinMs} ms: ${what}`);
    await pause(5);
  }
}

export const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
