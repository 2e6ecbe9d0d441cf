import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { Certificates } from '../../../src/adapters/intake/certificates.ts';
import { readSnsMessage } from '../../../src/adapters/intake/sns.ts';
import { verifySnsMessage } from '../../../src/adapters/intake/sns-signature.ts';
import { alarmMessage, alarmSubject } from '../../../src/sandbox/aws/alarm-message.ts';
import type { EmulatedAws } from '../../../src/sandbox/aws/aws.ts';
import {
  account,
  type Body,
  condemnedKey,
  confirm,
  mallory,
  openAws,
  openBot,
  pause,
  region,
  topicArn,
  until,
} from './aws-harness.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

async function openConfirmed() {
  const aws = await openAws();
  const bot = await openBot(async (received) => {
    if (received.body.Type === 'SubscriptionConfirmation') await confirm(aws, received);
    return 200;
  });
  closing.push(bot, aws);
  aws.deliverTo(bot.delivery);
  await until(() => isConfirmed(aws));
  return { aws, bot };
}

const isConfirmed = (aws: EmulatedAws) => aws.events().some(({ detail }) => detail.Type === 'subscription confirmed');
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../cases/intake/fixtures/${name}`, import.meta.url), 'utf8')) as Body;

describe('the alarm on refused uses', () => {
  test('goes off once, and back to OK when there is quiet; both signed and shaped as the fixtures', async () => {
    const { aws, bot } = await openConfirmed();
    const { arn, blob } = await condemnedKey(aws);
    const use = () => aws.call('Decrypt', { KeyId: arn, CiphertextBlob: blob }, mallory);
    expect((await use()).body).toMatchObject({ __type: 'KMSInvalidStateException' });
    await use();
    await until(() => bot.of('Notification').length === 2);
    const [alarm, ok] = bot.of('Notification');
    for (const [one, name] of [
      [alarm, 'sns-notification-cloudwatch-alarm-ALARM.json'],
      [ok, 'sns-notification-cloudwatch-alarm-OK.json'],
    ] as const) {
      expect(await verdict(aws, one?.body)).toEqual({ kind: 'verified', version: 2 });
      const expected = fixture(name);
      expect(Object.keys(one?.body ?? {})).toEqual(Object.keys(expected));
      expect(one?.body.Subject).toBe(expected.Subject);
      expect(shape(one?.body.Message)).toBe(shape(expected.Message));
    }
    expect(String(alarm?.body.Message)).toContain('[2.0 (');
  });

  test('is heard in the topic’s own account and Region only', async () => {
    const { aws, bot } = await openConfirmed();
    for (const caller of [
      { ...mallory, region: 'eu-west-1' },
      { ...mallory, account: '444455556666' },
    ]) {
      const { arn, blob } = await condemnedKey(aws, caller);
      const refused = await aws.call('Decrypt', { KeyId: arn, CiphertextBlob: blob }, caller);
      expect(refused.status).toBe(400);
    }
    await until(() => aws.events().filter(({ source }) => source === 'cloudwatch').length >= 2);
    await pause(50);
    expect(bot.of('Notification')).toHaveLength(0);
  });

  test('writes the fixture byte for byte', () => {
    const expected = fixture('sns-notification-cloudwatch-alarm-ALARM.json');
    const at = Date.parse('2026-03-14T09:17:40.989Z');
    const change = { account, region, from: 'OK', to: 'ALARM', at, count: 3 } as const;
    expect(alarmMessage(change, topicArn, Date.parse('2026-03-01T10:00:31.512Z'))).toBe(expected.Message);
    expect(alarmSubject(change)).toBe(expected.Subject);
  });
});

/** What the bot's own intake makes of a message. */
function verdict(aws: EmulatedAws, body: unknown) {
  const read = readSnsMessage(body);
  if (read.kind !== 'message') throw new Error(read.problem);
  const certificates = new Certificates((url) => aws.certificate(url));
  return verifySnsMessage(read.message, { topics: [topicArn], signatureVersions: [2], certificates }, Date.now());
}

/** A message with its moments and counts taken out. */
function shape(message: unknown): string {
  return String(message)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+\+0000/g, 'TIME')
    .replace(/\[\d+\.0 \(\d\d\/\d\d\/\d\d \d\d:\d\d:00\)\]/, '[DATAPOINT]');
}
