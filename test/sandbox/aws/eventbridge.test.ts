/** What `delivery.test.ts` cannot see from outside: events the whole world never makes, and pauses as asked for. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { factFromEvent, readEvent } from '../../../src/adapters/intake/eventbridge.ts';
import { Courier } from '../../../src/sandbox/aws/courier.ts';
import { EventBridge } from '../../../src/sandbox/aws/eventbridge.ts';
import { Feed } from '../../../src/sandbox/aws/feed.ts';
import { FaultQueue } from '../../../src/sandbox/faults.ts';
import type { CloudTrailRecord } from '../../../src/sandbox/world.ts';
import { type Receiver, receive } from './receiver.ts';

const path = '/webhooks/eventbridge';
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../cases/intake/fixtures/${name}.json`, import.meta.url), 'utf8'));
const cancel: CloudTrailRecord = fixture('cloudtrail-CancelKeyDeletion');
const decrypt: CloudTrailRecord = fixture('cloudtrail-Decrypt-failed-pending-deletion-iam-user');

let receiver: Receiver;
let courier: Courier;
let bus: EventBridge;
let rules: { readonly ruleRegions?: readonly string[] };

beforeEach(async () => {
  receiver = await receive();
  rules = {};
  courier = new Courier((error) => {
    throw error;
  });
  bus = new EventBridge({
    courier,
    faults: new FaultQueue(),
    feed: new Feed({ now: Date.now, dayMs: 1 }),
    count: () => undefined,
    target: () => ({ eventBridgeUrl: `${receiver.url}${path}`, eventBridgeToken: 'secret', ...rules }),
    firstPauseMs: 10,
  });
});
afterEach(async () => {
  await courier.close();
  await receiver.close();
});

describe('what it passes on', () => {
  test('a refused use, what KMS did of itself, and native events, all of which the bot understands', async () => {
    bus.record(decrypt);
    bus.record(fixture('cloudtrail-DeleteKey-service-event'));
    bus.native(fixture('eventbridge-kms-cmk-deletion'));
    const events = await receiver.wait(path, 3);
    expect(events.map(({ json }) => json['detail-type']).sort()).toEqual([
      'AWS API Call via CloudTrail',
      'AWS Service Event via CloudTrail',
      'KMS CMK Deletion',
    ]);
    for (const { json } of events) {
      const read = readEvent(json);
      if (read.kind !== 'event') throw new Error(read.problem);
      expect(factFromEvent(read.event, 'eventbridge', Date.now()).kind).toBe('fact');
    }
  });

  test('nothing of a Region without a rule', async () => {
    rules = { ruleRegions: ['eu-west-1'] };
    bus.record(cancel);
    bus.record({ ...cancel, eventID: 'from-ireland', awsRegion: 'eu-west-1' });
    const [event] = await receiver.wait(path, 1);
    expect(event?.json.detail).toMatchObject({ eventID: 'from-ireland' });
    expect(receiver.received).toHaveLength(1);
  });

  test('no event above 256 KiB', async () => {
    bus.record({ ...cancel, padding: 'x'.repeat(256 * 1024) });
    bus.record(cancel);
    const [event] = await receiver.wait(path, 1);
    expect(event?.body.length).toBeLessThan(10_000);
  });
});

describe('how it delivers', () => {
  test('not before Retry-After has passed', async () => {
    receiver.answer({ status: 429, retryAfter: '1' });
    const before = Date.now();
    bus.record(cancel);
    await receiver.wait(path, 2);
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
  });

  test('to a bot that comes up late', async () => {
    const port = Number(new URL(receiver.url).port);
    await receiver.close();
    bus.record(cancel);
    await courier.pause(30);
    receiver = await receive(port);
    await receiver.wait(path, 1);
  });

  test('nothing any more once closed, in the middle of a pause', async () => {
    receiver.answer({ status: 503, retryAfter: '30' });
    bus.record(cancel);
    await receiver.wait(path, 1);
    const before = Date.now();
    await courier.close();
    expect(Date.now() - before).toBeLessThan(500);
  });
});
