import { readFileSync } from 'node:fs';
import {
  CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandInput,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CloudTrail, createCloudTrail } from '../../../src/sandbox/aws/cloudtrail.ts';
import type { Listening } from '../../../src/sandbox/aws/server.ts';
import { FaultQueue } from '../../../src/sandbox/faults.ts';
import type { CallerIdentity, CloudTrailRecord, FaultMode } from '../../../src/sandbox/world.ts';
import { account, alice, arnOf, region, stranger, world } from './kms-harness.ts';

const start = Date.parse('2026-11-24T12:00:00Z');
const denied: CallerIdentity = { ...alice, accessKeyId: 'AKIADENIED' };

let now: number;
let trail: CloudTrail;
let server: Listening;
let faults: FaultQueue;
let clients: CloudTrailClient[];

beforeEach(async () => {
  now = start;
  faults = new FaultQueue();
  clients = [];
  trail = createCloudTrail({
    clock: { now: () => now, dayMs: 30_000 },
    identify: (accessKeyId) => [alice, stranger, denied].find((identity) => identity.accessKeyId === accessKeyId),
    authorize: ({ accessKeyId }, action) =>
      accessKeyId === denied.accessKeyId ? { allowed: false, message: `no ${action}` } : { allowed: true },
    faults,
    lookupDelayMs: 0,
  });
  server = await trail.listen(0);
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

function client({ accessKeyId }: CallerIdentity = alice, where = region): CloudTrailClient {
  const made = new CloudTrailClient({
    endpoint: server.url,
    region: where,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    requestHandler: { requestTimeout: 500, throwOnRequestTimeout: true },
  });
  clients.push(made);
  return made;
}

/** A lookup at a pace CloudTrail takes. */
async function lookup(input: LookupEventsCommandInput = {}, identity = alice, where = region) {
  now += 1000;
  return client(identity, where).send(new LookupEventsCommand(input));
}

async function names(input: LookupEventsCommandInput = {}, identity = alice, where = region) {
  return (await lookup(input, identity, where)).Events?.map(({ EventName }) => EventName);
}

const by = (AttributeKey: string, AttributeValue: string) =>
  ({ LookupAttributes: [{ AttributeKey, AttributeValue }] }) as LookupEventsCommandInput;

function record(eventName: string, more: Partial<CloudTrailRecord> = {}): CloudTrailRecord {
  return {
    eventName,
    eventID: `id-of-${eventName}`,
    eventTime: '2026-11-24T12:00:00Z',
    eventSource: 'kms.amazonaws.com',
    awsRegion: region,
    recipientAccountId: account,
    readOnly: false,
    userIdentity: { type: 'IAMUser', userName: 'Alice', accessKeyId: 'AKIAALICE' },
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: arnOf('key-one') }],
    ...more,
  };
}

describe('LookupEvents', () => {
  test('shows records as AWS does', async () => {
    const fixture = JSON.parse(
      readFileSync(
        new URL('../../../test/cases/aws/cloudtrail-LookupEvents-response-page.json', import.meta.url),
        'utf8',
      ),
    ) as { readonly Events: readonly { readonly EventTime: string; readonly CloudTrailEvent: string }[] };
    for (const { CloudTrailEvent } of fixture.Events.toReversed()) trail.record(JSON.parse(CloudTrailEvent));
    const { Events, NextToken } = await lookup();
    expect(Events).toEqual(fixture.Events.map((event) => ({ ...event, EventTime: new Date(event.EventTime) })));
    expect(NextToken).toBeUndefined();
  });

  test("finds what the sandbox's KMS records", async () => {
    const kms = world();
    const keyId = await kms.key();
    await kms.ok('DisableKey', { KeyId: keyId });
    for (const made of kms.records) trail.record(made);
    const { Events } = await lookup(by('ResourceName', arnOf(keyId)));
    expect(Events?.map(({ EventName }) => EventName)).toEqual(['DisableKey', 'CreateKey']);
    expect(Events?.[0]).toMatchObject({ ReadOnly: 'false', Username: 'Alice', AccessKeyId: alice.accessKeyId });
    expect(JSON.parse(Events?.[0]?.CloudTrailEvent ?? '')).toEqual(kms.records.at(-1));
  });

  test.each([
    ['EventId', 'id-of-Decrypt'],
    ['EventName', 'Decrypt'],
    ['EventSource', 's3.amazonaws.com'],
    ['ReadOnly', 'true'],
    ['ResourceName', arnOf('key-two')],
    ['ResourceName', 'key-two'],
    ['ResourceType', 'AWS::S3::Object'],
    ['Username', 'keywarden-a1'],
    ['AccessKeyId', 'ASIAONE'],
  ])('finds by %s', async (name, value) => {
    trail.record(record('EnableKey'));
    trail.record(
      record('Decrypt', {
        eventSource: 's3.amazonaws.com',
        readOnly: true,
        userIdentity: { type: 'AssumedRole', principalId: 'AROAONE:keywarden-a1', accessKeyId: 'ASIAONE' },
        resources: [{ type: 'AWS::S3::Object', ARN: arnOf('key-two') }],
      }),
    );
    expect(await names(by(name, value))).toEqual(['Decrypt']);
    expect(await names(by(name, `${value}x`))).toEqual([]);
  });

  test('keeps accounts and Regions apart', async () => {
    trail.record(record('Here'));
    trail.record(record('Elsewhere', { awsRegion: 'eu-west-1' }));
    trail.record(record('Foreign', { recipientAccountId: stranger.account }));
    expect(await names()).toEqual(['Here']);
    expect(await names({}, alice, 'eu-west-1')).toEqual(['Elsewhere']);
    expect(await names({}, stranger)).toEqual(['Foreign']);
    expect(trail.records(account, region).map(({ eventName }) => eventName)).toEqual(['Here']);
    expect(trail.calls.get(`cloudtrail LookupEvents ${account} ${region}`)).toBe(1);
  });

  test('takes both ends of a time range in, newest first', async () => {
    for (const second of [3, 1, 2, 4])
      trail.record(record(`At${second}`, { eventTime: `2026-11-24T12:00:0${second}Z` }));
    const StartTime = new Date(start + 2000);
    const EndTime = new Date(start + 3000);
    expect(await names()).toEqual(['At4', 'At3', 'At2', 'At1']);
    expect(await names({ StartTime })).toEqual(['At4', 'At3', 'At2']);
    expect(await names({ StartTime, EndTime })).toEqual(['At3', 'At2']);
  });

  test('goes on where a page ended, whatever is recorded meanwhile', async () => {
    for (let number = 0; number < 120; number += 1) trail.record(record(`Event${number}`));
    const seen: (string | undefined)[] = [];
    const query = by('ResourceName', 'key-one');
    for await (const page of paginateLookupEvents({ client: client() }, query)) {
      seen.push(...(page.Events ?? []).map(({ EventName }) => EventName));
      trail.record(record('Later'));
      now += 1000;
    }
    expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => `Event${119 - index}`));
  });

  test('shows a record only after the delay', async () => {
    const late = createCloudTrail({
      clock: { now: () => now, dayMs: 30_000 },
      identify: () => alice,
      authorize: () => ({ allowed: true }),
      faults,
      lookupDelayMs: 5000,
    });
    await server.close();
    server = await late.listen(0);
    late.record(record('DisableKey'));
    expect(await names()).toEqual([]);
    expect(late.records(account, region)).toHaveLength(1);
    now += 4000;
    expect(await names()).toEqual(['DisableKey']);
  });

  test('keeps the newest 20,000 records', () => {
    for (let number = 0; number <= 20_000; number += 1) trail.record(record(`Event${number}`));
    const kept = trail.records(account, region);
    expect([kept.length, kept[0]?.eventName, kept.at(-1)?.eventName]).toEqual([20_000, 'Event1', 'Event20000']);
  });
});

describe('LookupEvents refuses', () => {
  const two = {
    LookupAttributes: [
      ...(by('ReadOnly', 'true').LookupAttributes ?? []),
      { AttributeKey: 'EventName', AttributeValue: 'Decrypt' },
    ],
  };
  test.each<[string, object, string]>([
    ['two attributes', two, 'InvalidLookupAttributesException'],
    ['an attribute it does not know', by('Colour', 'red'), 'InvalidLookupAttributesException'],
    ['an empty value', by('EventName', ''), 'InvalidLookupAttributesException'],
    ['a page of 51', { MaxResults: 51 }, 'InvalidMaxResultsException'],
    ['a page of none', { MaxResults: 0 }, 'InvalidMaxResultsException'],
    [
      'a range that ends before it starts',
      { StartTime: new Date(start), EndTime: new Date(0) },
      'InvalidTimeRangeException',
    ],
    ['a token of somebody else', { NextToken: 'token' }, 'InvalidNextTokenException'],
  ])('%s', async (_, input, name) => {
    await expect(lookup(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  test('a token of another query', async () => {
    for (const name of ['One', 'Two', 'Three']) trail.record(record(name));
    const { NextToken } = await lookup({ MaxResults: 2 });
    expect(await names({ MaxResults: 2, NextToken })).toEqual(['One']);
    await expect(lookup({ MaxResults: 1, NextToken })).rejects.toMatchObject({ name: 'InvalidNextTokenException' });
  });

  test('more than two in a second, in each account and Region', async () => {
    const ask = (identity = alice, where = region) => client(identity, where).send(new LookupEventsCommand({}));
    await ask();
    await ask();
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
    await ask(alice, 'eu-west-1');
    await ask(stranger);
    now += 500;
    await ask();
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  test('who may not, and who is nobody', async () => {
    await expect(lookup({}, denied)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'no cloudtrail:LookupEvents',
    });
    await expect(lookup({}, { ...alice, accessKeyId: 'AKIANOBODY' })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });
});

describe('faults', () => {
  test.each<[FaultMode, object]>([
    ['throttle', { name: 'ThrottlingException' }],
    ['failBefore', { $metadata: { httpStatusCode: 500 } }],
    ['failAfter', { code: 'ECONNRESET' }],
    ['hang', { name: 'TimeoutError' }],
    ['slow', { name: 'TimeoutError' }],
  ])('%s, once', async (mode, error) => {
    trail.record(record('DisableKey'));
    faults.add({ service: 'cloudtrail', operation: 'LookupEvents', mode, count: 1 });
    await expect(lookup()).rejects.toMatchObject(error);
    expect(await names()).toEqual(['DisableKey']);
  });

  test('stale: without the newest record', async () => {
    for (const name of ['DisableKey', 'EnableKey']) trail.record(record(name));
    faults.add({ service: 'cloudtrail', operation: '*', mode: 'stale', count: 1 });
    expect(await names()).toEqual(['DisableKey']);
    expect(await names()).toEqual(['EnableKey', 'DisableKey']);
  });
});
