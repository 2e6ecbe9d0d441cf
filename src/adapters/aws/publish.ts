/** Publishing to an SNS topic, in the topic's Region and with own credentials. */
import { PublishCommand } from '@aws-sdk/client-sns';
import { isRegion } from '../../domain/ids.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify } from './failures.ts';
import type { AwsOptions } from './options.ts';

/** `subject`: one line of printable ASCII, under 100 characters (SNS API, Publish). */
export interface TopicMessage {
  readonly subject: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export type Publication =
  | { readonly kind: 'published' }
  /** `unreachable` may have been published. `refused` and `denied` were not, and will not be as things are. */
  | { readonly kind: 'failed'; readonly why: 'denied' | 'refused' | 'unreachable'; readonly message: string };

const TOPIC_ARN = /^arn:(aws[a-z-]*):sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]{1,256}$/;

/** Sends it once. Never rejects. */
export async function publish(
  options: AwsOptions,
  clients: Clients,
  topicArn: string,
  { subject, message, attributes }: TopicMessage,
  signal?: AbortSignal,
): Promise<Publication> {
  const [, partition, region = ''] = TOPIC_ARN.exec(topicArn) ?? [];
  if (partition !== options.partition || !isRegion(region))
    return { kind: 'failed', why: 'refused', message: 'not the ARN of a topic in our partition' };
  const command = new PublishCommand({
    TopicArn: topicArn,
    Subject: subject,
    Message: message,
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
  });
  try {
    await bounded(options.timeouts.request, signal, (abortSignal) =>
      clients.sns(region).send(command, { abortSignal }),
    );
    return { kind: 'published' };
  } catch (error) {
    const failure = classify(error, 'sns:Publish');
    if (failure.kind === 'denied')
      return { kind: 'failed', why: 'denied', message: `${failure.operation} is not allowed` };
    if (failure.kind === 'refused') return { kind: 'failed', why: 'refused', message: failure.error };
    return { kind: 'failed', why: 'unreachable', message: failure.message };
  }
}
