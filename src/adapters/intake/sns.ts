/** SNS messages as they stand in the HTTP body, and what their `Message` holds. Raw delivery has no envelope: malformed. */
import { z } from 'zod';
import type { Fact, Normalised } from '../../domain/fact.ts';
import type { Instant } from '../../domain/ids.ts';
import { readAlarmMessage } from './alarm-message.ts';
import { factFromEvent, readEvent } from './eventbridge.ts';
import { field, readJsonText } from './json.ts';
import { instantSchema, messageIdSchema, normalised, problemOf } from './schema.ts';

// The Timestamp is kept as text: it is part of what is signed.
const timeTextSchema = z.string().refine((text) => instantSchema.safeParse(text).success, 'expected an ISO 8601 time');
const common = {
  MessageId: messageIdSchema,
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: timeTextSchema,
  SignatureVersion: z.string(),
  Signature: z.string(),
  SigningCertURL: z.string(),
};
const confirmation = { ...common, Token: z.string().min(1), SubscribeURL: z.string() };

const notificationSchema = z.object({ Type: z.literal('Notification'), ...common, Subject: z.string().nullish() });
const messageSchema = z.discriminatedUnion('Type', [
  notificationSchema,
  z.object({ Type: z.literal('SubscriptionConfirmation'), ...confirmation }),
  z.object({ Type: z.literal('UnsubscribeConfirmation'), ...confirmation }),
]);

export type SnsMessage = z.output<typeof messageSchema>;
export type SnsNotification = z.output<typeof notificationSchema>;

export type SnsRead =
  | { readonly kind: 'message'; readonly message: SnsMessage }
  | { readonly kind: 'malformed'; readonly problem: string };

/** Checks the envelope; nothing in it is believed before its signature was verified. */
export function readSnsMessage(value: unknown): SnsRead {
  const parsed = messageSchema.safeParse(value);
  return parsed.success
    ? { kind: 'message', message: parsed.data }
    : { kind: 'malformed', problem: problemOf('SNS message', parsed.error) };
}

/** When SNS says it sent the message. */
export function sentAt(message: Pick<SnsMessage, 'Timestamp'>): Instant {
  return instantSchema.parse(message.Timestamp);
}

/** Normalises a verified notification: a CloudWatch alarm, or an EventBridge event whose rule targets the topic. */
export function factFromNotification(notification: SnsNotification, seenAt: Instant): Normalised {
  const read = readJsonText(notification.Message);
  if (read.kind === 'malformed') {
    return read.problem === 'not JSON' ? { kind: 'setAside', reason: 'not an alarm: plain text' } : read;
  }
  if (field(read.value, 'detail-type') !== undefined) {
    const event = readEvent(read.value);
    return event.kind === 'event' ? factFromEvent(event.event, 'sns', seenAt) : event;
  }
  if (field(read.value, 'AlarmName') === undefined) return { kind: 'setAside', reason: 'not an alarm: unknown JSON' };
  const alarm = readAlarmMessage(read.value, notification.TopicArn);
  if (alarm.kind === 'malformed') return alarm;
  return normalised(alarm.body, { id: `sns:${notification.MessageId}`, source: 'sns', at: alarm.at, seenAt });
}

/** Somebody ended our subscription: from here on this topic is silent. */
export function factFromUnsubscribe(message: SnsMessage, seenAt: Instant): Fact {
  return {
    id: `sns:${message.MessageId}`,
    source: 'sns',
    at: sentAt(message),
    seenAt,
    body: { kind: 'unsubscribed', topicArn: message.TopicArn },
  };
}
