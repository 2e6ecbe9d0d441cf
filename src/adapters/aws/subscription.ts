/** Confirming an SNS subscription through the API, never by fetching a URL that came in a message. */
import { ConfirmSubscriptionCommand } from '@aws-sdk/client-sns';
import { isRegion } from '../../domain/ids.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify } from './failures.ts';
import type { AwsOptions } from './options.ts';

export type Confirmation =
  | { readonly kind: 'confirmed'; readonly subscriptionArn: string | undefined }
  /** `unreachable` may have been confirmed; asking again with the same token is harmless. */
  | { readonly kind: 'failed'; readonly why: 'denied' | 'refused' | 'unreachable'; readonly message: string };

const TOPIC_ARN = /^arn:(aws[a-z-]*):sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]{1,256}$/;

/**
 * Confirms with own credentials in the topic's Region, so that only authenticated callers can unsubscribe us. Never
 * rejects. The caller has checked that the topic is a configured one.
 */
export async function confirmSubscription(
  options: AwsOptions,
  clients: Clients,
  topicArn: string,
  token: string,
): Promise<Confirmation> {
  const [, partition, region = ''] = TOPIC_ARN.exec(topicArn) ?? [];
  if (partition !== options.partition || !isRegion(region)) {
    return { kind: 'failed', why: 'refused', message: 'not the ARN of a topic in our partition' };
  }
  try {
    const command = new ConfirmSubscriptionCommand({
      TopicArn: topicArn,
      Token: token,
      AuthenticateOnUnsubscribe: 'true',
    });
    const answer = await bounded(options.timeouts.request, undefined, (abortSignal) =>
      clients.sns(region).send(command, { abortSignal }),
    );
    return { kind: 'confirmed', subscriptionArn: answer.SubscriptionArn };
  } catch (error) {
    const failure = classify(error, 'sns:ConfirmSubscription');
    if (failure.kind === 'denied') return { kind: 'failed', why: 'denied', message: failure.message };
    if (failure.kind !== 'refused') return { kind: 'failed', why: 'unreachable', message: failure.message };
    return { kind: 'failed', why: 'refused', message: `${failure.error}: ${failure.message}` };
  }
}
