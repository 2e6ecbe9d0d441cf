import type { Authorize } from './kms/kms.ts';
import { type Members, queryProtocol } from './protocol.ts';
import { Refusal } from './refusal.ts';
import type { Service, ServiceCall } from './server.ts';
import type { Attributes, Topics } from './topics.ts';

const protocol = queryProtocol({
  namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
  denied: 'AuthorizationError',
  throttled: new Refusal('Throttled', 'Rate exceeded', 429),
  internal: 'InternalError',
});

const longestMessage = 256 * 1024;

/** What SNS works with. */
export interface SnsParts {
  readonly topics: Topics;
  readonly authorize: Authorize;
  readonly regions: ReadonlySet<string>;
}

/** The operations of SNS that a bot needs: confirm its subscription, make a topic, publish to it. */
export function createSns(parts: SnsParts): Service {
  return {
    name: 'sns',
    protocol,
    operations: new Map([
      // The SubscribeURL of a message is this very call, unsigned, as a GET.
      ['ConfirmSubscription', { unsigned: true, run: (call) => confirmSubscription(parts, call) }],
      ['CreateTopic', { run: (call) => createTopic(parts, call) }],
      ['Publish', { run: (call) => publish(parts, call) }],
    ]),
    checkRegion: (_account, region) => {
      if (!parts.regions.has(region)) throw protocol.refusals.unknownKey;
    },
  };
}

function confirmSubscription(parts: SnsParts, call: ServiceCall): Members {
  const topicArn = readTopic(call, 'TopicArn');
  permit(parts, call, 'ConfirmSubscription', topicArn);
  if (!parts.topics.has(topicArn)) throw noTopic();
  const { Token: token } = call.parameters;
  const subscriptionArn = typeof token === 'string' ? parts.topics.confirm(topicArn, token) : undefined;
  if (subscriptionArn === undefined) throw invalid('Token');
  return { SubscriptionArn: subscriptionArn };
}

function createTopic(parts: SnsParts, call: ServiceCall): Members {
  const { Name: name } = call.parameters;
  if (typeof name !== 'string' || !/^[\w-]{1,256}$/.test(name)) throw invalid('Topic Name');
  const topicArn = `arn:aws:sns:${call.region}:${call.identity?.account}:${name}`;
  permit(parts, call, 'CreateTopic', topicArn);
  parts.topics.create(topicArn);
  return { TopicArn: topicArn };
}

function publish(parts: SnsParts, call: ServiceCall): Members {
  const topicArn = readTopic(call, 'TopicArn');
  const { Message: message, Subject: subject } = call.parameters;
  if (typeof message !== 'string' || message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > longestMessage) throw invalid('Message too long');
  if (subject !== undefined && !isSubject(subject)) throw invalid('Subject');
  permit(parts, call, 'Publish', topicArn);
  if (!parts.topics.has(topicArn)) throw noTopic();
  // A topic's own policy, which nobody changes here, lets in its owner only.
  if (topicArn.split(':')[4] !== call.identity?.account)
    throw protocol.refusals.denied(
      `User: ${call.identity?.arn} is not authorized to perform: SNS:Publish on resource: ${topicArn} because no resource-based policy allows the SNS:Publish action`,
    );
  return { MessageId: parts.topics.publish(topicArn, message, subject, attributesOf(call.parameters)) };
}

/** `MessageAttributes.entry.1.Name` and `….Value.StringValue` (query protocol), as far as they are texts. */
function attributesOf(parameters: Members): Attributes {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const [, entry] = /^MessageAttributes\.entry\.(\d+)\.Name$/.exec(name) ?? [];
    const text = parameters[`MessageAttributes.entry.${entry}.Value.StringValue`];
    if (entry !== undefined && typeof value === 'string' && typeof text === 'string') found[value] = text;
  }
  return found;
}

/** One line of printable ASCII that begins with no space, of at most 100 characters (SNS API, Publish). */
function isSubject(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~][ -~]{0,99}$/.test(value);
}

function readTopic({ parameters, region }: ServiceCall, member: string): string {
  const arn = parameters[member];
  const [, named] = typeof arn === 'string' ? (/^arn:aws:sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}$/.exec(arn) ?? []) : [];
  // A topic is known in its own Region only; an unsigned call has none.
  if (typeof arn !== 'string' || named === undefined || (region !== '' && named !== region)) throw invalid(member);
  return arn;
}

function permit({ authorize }: SnsParts, { identity }: ServiceCall, operation: string, topicArn: string): void {
  if (identity === undefined) return;
  const permission = authorize(identity, `SNS:${operation}`, topicArn);
  if (!permission.allowed) throw protocol.refusals.denied(permission.message);
}

function noTopic(): Refusal {
  return new Refusal('NotFound', 'Topic does not exist', 404);
}

function invalid(member: string): Refusal {
  return new Refusal('InvalidParameter', `Invalid parameter: ${member}`);
}
