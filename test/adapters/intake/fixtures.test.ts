import { describe, expect, it } from 'vitest';
import { factFromRecord } from '../../../src/adapters/intake/cloudtrail.ts';
import { factFromEvent, readEvent } from '../../../src/adapters/intake/eventbridge.ts';
import { factFromNotification, factFromUnsubscribe, readSnsMessage } from '../../../src/adapters/intake/sns.ts';
import { fixtureNames, readCase } from './cases.ts';

const SEEN_AT = 1_773_480_000_000;

function normalise(name: string): unknown {
  const value = readCase(`fixtures/${name}`);
  if (name.startsWith('sns-')) return ofSns(value);
  if (name.startsWith('eventbridge-')) {
    const read = readEvent(value);
    return read.kind === 'event' ? factFromEvent(read.event, 'eventbridge', SEEN_AT) : read;
  }
  if (name !== 'cloudtrail-LookupEvents-response-page.json') return factFromRecord(value, 'cloudtrail', SEEN_AT);
  const { Events } = value as { readonly Events: readonly { readonly CloudTrailEvent: string }[] };
  return Events.map((event) => factFromRecord(JSON.parse(event.CloudTrailEvent), 'cloudtrail', SEEN_AT));
}

function ofSns(value: unknown): unknown {
  const read = readSnsMessage(value);
  if (read.kind !== 'message') return read;
  switch (read.message.Type) {
    case 'Notification':
      return factFromNotification(read.message, SEEN_AT);
    case 'UnsubscribeConfirmation':
      return factFromUnsubscribe(read.message, SEEN_AT);
    case 'SubscriptionConfirmation':
      return { confirms: read.message.TopicArn };
  }
}

describe('every recorded message', () => {
  const expected = readCase('expected.json') as Readonly<Record<string, unknown>>;

  it('has an expectation', () => expect(Object.keys(expected)).toEqual(fixtureNames));

  it.each(fixtureNames)('%s', (name) => expect(normalise(name)).toStrictEqual(expected[name]));

  it('has the same fact id by every way it comes', () => {
    const ids = [
      normalise('cloudtrail-ScheduleKeyDeletion-single-region.json'),
      normalise('eventbridge-aws-api-call-ScheduleKeyDeletion-single-region.json'),
      normalise('sns-notification-wrapping-eventbridge-ScheduleKeyDeletion.json'),
    ].map((result) => (result as { readonly fact: { readonly id: string } }).fact.id);
    expect(new Set(ids)).toEqual(new Set(['ct:3c4226b0-1e81-48a8-a333-7fa5f3cbd118']));
  });
});
