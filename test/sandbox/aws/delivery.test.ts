import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { EmulatedAws } from '../../../src/sandbox/aws/aws.ts';
import type { FaultMode } from '../../../src/sandbox/world.ts';
import {
  account,
  type Body,
  condemnedKey,
  mallory,
  openAws,
  openBot,
  pause,
  region,
  token,
  until,
} from './aws-harness.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

async function open(
  answer: (count: number) => number | 'hang' = () => 200,
  options: Parameters<typeof openAws>[0] = {},
) {
  let events = 0;
  const bot = await openBot(({ path }) => (path.endsWith('/eventbridge') ? answer(++events) : 200));
  const aws = await openAws({ deliver: bot.delivery, ...options });
  closing.push(bot, aws);
  return { aws, bot };
}

const makeKey = async (aws: EmulatedAws) =>
  ((await aws.call('CreateKey', {}, mallory)).body as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../cases/intake/fixtures/${name}`, import.meta.url), 'utf8')) as Body;
const detail = ({ body }: { readonly body: Body }) => body.detail as Body;
const fault = (aws: EmulatedAws, mode: FaultMode) =>
  aws.addFault({ service: 'eventbridge', operation: 'PutEvents', mode, count: 1 });

describe('what the bus passes on', () => {
  test('a change, in the envelope of the fixture and with the connection’s secret', async () => {
    const { aws, bot } = await open();
    const arn = await makeKey(aws);
    await aws.call('DisableKey', { KeyId: arn }, mallory);
    await until(() => bot.events().length === 2);
    const event = bot.events().find((one) => detail(one).eventName === 'DisableKey');
    const expected = fixture('eventbridge-aws-api-call-DisableKey.json');
    expect(Object.keys(event?.body ?? {})).toEqual(Object.keys(expected));
    expect(Object.keys(event?.body.detail as Body)).toEqual(Object.keys(expected.detail as Body));
    expect(event?.body).toMatchObject({
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.kms',
      account,
      region,
      resources: [],
      detail: {
        sourceIPAddress: '203.0.113.7',
        userIdentity: {
          type: 'AssumedRole',
          arn: `arn:aws:sts::${account}:assumed-role/Admins/mallory`,
          sessionContext: {
            sessionIssuer: { arn: `arn:aws:iam::${account}:role/Admins`, userName: 'Admins' },
            attributes: { mfaAuthenticated: 'false' },
          },
        },
      },
    });
    expect(event?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-keywarden-token': token,
    });
  });

  test('failed changes and refused uses, but no reads and no uses that succeed', async () => {
    const { aws, bot } = await open();
    const { arn, blob } = await condemnedKey(aws);
    await aws.call('DescribeKey', { KeyId: arn }, mallory);
    await aws.call('Decrypt', { KeyId: arn, CiphertextBlob: blob }, mallory);
    await aws.call('EnableKey', { KeyId: arn }, mallory);
    await until(() => bot.events().length === 4);
    await pause(100);
    const told = bot.events().map((one) => `${detail(one).eventName} ${detail(one).errorCode ?? 'succeeded'}`);
    expect(told.sort()).toEqual([
      'CreateKey succeeded',
      'Decrypt KMSInvalidStateException',
      'EnableKey KMSInvalidStateException',
      'ScheduleKeyDeletion succeeded',
    ]);
  });

  test('the deletion itself, as CloudTrail and as KMS tell of it', async () => {
    const { aws, bot } = await open(() => 200, { clock: { now: Date.now, dayMs: 20 } });
    const { arn } = await condemnedKey(aws);
    const types = () => bot.events().map(({ body }) => body['detail-type']);
    await until(() => types().includes('AWS Service Event via CloudTrail') && types().includes('KMS CMK Deletion'));
    const [service] = bot.events().filter(({ body }) => body['detail-type'] === 'AWS Service Event via CloudTrail');
    expect(Object.keys(service?.body.detail as Body).sort()).toEqual(
      Object.keys(fixture('eventbridge-aws-service-event-DeleteKey.json').detail as Body).sort(),
    );
    const [native] = bot.events().filter(({ body }) => body['detail-type'] === 'KMS CMK Deletion');
    expect(native?.body.resources).toEqual([arn]);
  });

  test('nothing before it is told where to', async () => {
    const aws = await openAws();
    const bot = await openBot(() => 200);
    closing.push(bot, aws);
    await makeKey(aws);
    aws.deliverTo(bot.delivery);
    await makeKey(aws);
    await until(() => bot.events().length > 0);
    await pause(100);
    expect(bot.events()).toHaveLength(1);
  });
});

describe('how it is delivered', () => {
  test.each([401, 407, 409, 429, 500, 503])('tried again after a %i', async (status) => {
    const { aws, bot } = await open((count) => (count < 3 ? status : 200));
    await makeKey(aws);
    await until(() => bot.events().length === 3);
    await pause(100);
    expect(bot.events()).toHaveLength(3);
    expect(new Set(bot.events().map(({ body }) => body.id)).size).toBe(1);
  });

  test.each([400, 403, 404, 413])('given up after a %i', async (status) => {
    const { aws, bot } = await open(() => status);
    await makeKey(aws);
    await until(() => aws.events().some(({ source }) => source === 'eventbridge'));
    // Longer than the pause before a second try.
    await pause(400);
    expect(bot.events()).toHaveLength(1);
    expect(aws.events().findLast(({ source }) => source === 'eventbridge')?.detail).toMatchObject({
      delivered: false,
      status,
    });
  });

  test('tried again when there was no answer in 5 s', async () => {
    const { aws, bot } = await open((count) => (count === 1 ? 'hang' : 200));
    await makeKey(aws);
    await until(() => bot.events().length === 2, 20_000);
  });

  test.each(['failBefore', 'hang'] as const)('dropped under %s', async (mode) => {
    const { aws, bot } = await open();
    fault(aws, mode);
    await makeKey(aws);
    await pause(150);
    expect(bot.events()).toHaveLength(0);
    await makeKey(aws);
    await until(() => bot.events().length === 1);
  });

  test('twice under failAfter, with one id', async () => {
    const { aws, bot } = await open();
    fault(aws, 'failAfter');
    await makeKey(aws);
    await until(() => bot.events().length === 2);
    expect(new Set(bot.events().map(({ body }) => body.id)).size).toBe(1);
  });

  test('late under slow', async () => {
    const { aws, bot } = await open();
    const before = performance.now();
    fault(aws, 'slow');
    await makeKey(aws);
    await until(() => bot.events().length === 1);
    expect(performance.now() - before).toBeGreaterThan(1_900);
    expect(aws.calls().get(`eventbridge PutEvents ${account} ${region}`)).toBe(1);
  });
});
