import { randomBytes, randomUUID } from 'node:crypto';
import { type FaultQueue, slowAnswerMs } from '../faults.ts';
import type { WorldClock } from '../world.ts';
import type { SigningKey } from './certificate.ts';
import type { Courier, Outcome } from './courier.ts';
import type { Feed } from './feed.ts';
import { type SignatureVersion, signedBody, type UnsignedMessage } from './sns-message.ts';

/** An HTTP subscription of a topic; it hears of nothing before it is confirmed. */
interface Subscription {
  readonly topicArn: string;
  readonly endpoint: string;
  readonly arn: string;
  readonly token: string;
  confirmed: boolean;
  /** Replaced by another endpoint: no more is sent. */
  gone: boolean;
}

/** Message attributes by name; texts only. */
export type Attributes = Readonly<Record<string, string>>;

/** What topics work with. */
export interface TopicsParts {
  readonly clock: WorldClock;
  readonly courier: Courier;
  readonly faults: FaultQueue;
  readonly feed: Feed;
  readonly key: SigningKey;
  readonly signatureVersion: SignatureVersion;
  readonly retryMs: number;
  readonly confirmationMs: number;
}

/** SNS waits about as long for an answer. */
const timeoutMs = 15_000;
/** Real: three, 20 s apart. */
const mostRetries = 3;
/** Real SNS asks once, and a person asks it to ask again; here the sandbox does, until the bot is up. */
const mostConfirmations = 60;

/** Topics with their HTTP subscriptions: handshake, signatures, deliveries. */
export class Topics {
  readonly #parts: TopicsParts;
  readonly #topics = new Set<string>();
  readonly #pagers = new Set<string>();
  #subscriptions: Subscription[] = [];

  constructor(parts: TopicsParts) {
    this.#parts = parts;
  }

  /** Makes a topic, unless it is there. */
  create(topicArn: string): void {
    this.#topics.add(topicArn);
  }

  /** Makes a topic whose messages call somebody: here they are shown, and delivered to nobody. */
  createPager(topicArn: string): void {
    this.create(topicArn);
    this.#pagers.add(topicArn);
  }

  /** Whether a topic is there. */
  has(topicArn: string): boolean {
    return this.#topics.has(topicArn);
  }

  /** Subscribes an endpoint in place of the topic's former one, and asks it to confirm. */
  subscribe(topicArn: string, endpoint: string): void {
    this.create(topicArn);
    const known = this.#subscriptions.find((entry) => entry.topicArn === topicArn);
    if (known?.endpoint === endpoint && known.confirmed) return;
    if (known !== undefined) known.gone = true;
    const subscription: Subscription = {
      topicArn,
      endpoint,
      arn: `${topicArn}:${randomUUID()}`,
      token: randomBytes(112).toString('hex'),
      confirmed: false,
      gone: false,
    };
    this.#subscriptions = [...this.#subscriptions.filter((entry) => entry !== known), subscription];
    this.#parts.courier.run(() => this.#askToConfirm(subscription));
  }

  /** Confirms by token, as often as one likes; the subscription's ARN, or `undefined` for a token never given. */
  confirm(topicArn: string, token: string): string | undefined {
    const subscription = this.#subscriptions.find((entry) => entry.topicArn === topicArn && entry.token === token);
    if (subscription === undefined) return undefined;
    if (!subscription.confirmed) {
      subscription.confirmed = true;
      this.#parts.feed.tell('sns', {
        Type: 'subscription confirmed',
        TopicArn: topicArn,
        SubscriptionArn: subscription.arn,
      });
    }
    return subscription.arn;
  }

  /** Sends a notification to every confirmed subscription; its message id. */
  publish(topicArn: string, message: string, subject?: string, attributes: Attributes = {}): string {
    const { courier, feed } = this.#parts;
    if (this.#pagers.has(topicArn)) {
      const { id, status, kind, outcome } = attributes;
      const ending = outcome === undefined ? {} : { outcome };
      feed.tell('pager', { id, state: status, ...ending, kind, summary: subject, message, at: this.#timestamp() });
      return randomUUID();
    }
    const notification: UnsignedMessage = {
      Type: 'Notification',
      MessageId: randomUUID(),
      TopicArn: topicArn,
      ...(subject === undefined ? {} : { Subject: subject }),
      Message: message,
      Timestamp: this.#timestamp(),
    };
    const listening = this.#subscriptions.filter((entry) => entry.topicArn === topicArn && entry.confirmed);
    if (listening.length === 0) feed.tell('sns', { ...notification, delivered: false, error: 'no subscriber' });
    for (const subscription of listening)
      if (!courier.run(() => this.#deliver(subscription, notification)))
        feed.tell('sns', { ...notification, delivered: false, error: 'too much is being delivered already' });
    return notification.MessageId;
  }

  /** `publish` by an AWS service, which suffers the faults of `Publish` on its way: lost, late or twice. */
  publishAsService(topicArn: string, message: string, subject: string): void {
    const { courier, faults, feed } = this.#parts;
    const mode = faults.take('sns', 'Publish');
    if (mode === 'failBefore' || mode === 'hang') {
      feed.tell('sns', {
        Type: 'Notification',
        TopicArn: topicArn,
        Subject: subject,
        error: `lost by the fault ${mode}`,
      });
      return;
    }
    if (mode === 'slow' || mode === 'throttle') {
      courier.run(async () => {
        await courier.pause(slowAnswerMs);
        this.publish(topicArn, message, subject);
      });
      return;
    }
    this.publish(topicArn, message, subject);
    // Published once more because the answer was lost: another message id, as from a service that tried again.
    if (mode === 'failAfter') this.publish(topicArn, message, subject);
  }

  async #askToConfirm(subscription: Subscription): Promise<void> {
    const { topicArn, token } = subscription;
    const [, , , region] = topicArn.split(':');
    const SubscribeURL = `https://sns.${region}.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;
    for (let asked = 0; asked < mostConfirmations; asked++) {
      if (asked > 0) await this.#parts.courier.pause(this.#parts.confirmationMs);
      if (subscription.confirmed || subscription.gone) return;
      await this.#deliver(subscription, {
        Type: 'SubscriptionConfirmation',
        MessageId: randomUUID(),
        Token: token,
        TopicArn: topicArn,
        Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
        SubscribeURL,
        Timestamp: this.#timestamp(),
      });
    }
  }

  async #deliver(subscription: Subscription, message: UnsignedMessage): Promise<void> {
    const { courier, feed, key, retryMs, signatureVersion } = this.#parts;
    const { Type, MessageId, TopicArn } = message;
    const subscriptionArn = Type === 'Notification' ? subscription.arn : undefined;
    const { outcome, attempts } = await courier.carry({
      url: subscription.endpoint,
      // `fixtures/sns-http-request-headers.json`
      headers: {
        'x-amz-sns-message-type': Type,
        'x-amz-sns-message-id': MessageId,
        'x-amz-sns-topic-arn': TopicArn,
        ...(subscriptionArn === undefined ? {} : { 'x-amz-sns-subscription-arn': subscriptionArn }),
        'content-type': 'text/plain; charset=UTF-8',
        'user-agent': 'Amazon Simple Notification Service Agent',
      },
      body: signedBody(message, key, signatureVersion, subscriptionArn),
      timeoutMs,
      again: (last, attempt) => (isDelivered(last) || attempt > mostRetries || subscription.gone ? undefined : retryMs),
    });
    feed.tell('sns', {
      ...message,
      delivered: isDelivered(outcome),
      attempts,
      ...(outcome.kind === 'answered' ? { status: outcome.status } : { error: outcome.problem }),
    });
  }

  #timestamp(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}

/** SNS takes every answer from 200 to 499 for a delivery (SNS guide, HTTP/S endpoints). */
function isDelivered(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 500;
}
