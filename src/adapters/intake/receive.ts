/** What happens to one request, in order: read, judge the sender, normalise, keep. Answers are outcomes; HTTP is elsewhere. */
import type { Fact, Normalised } from '../../domain/fact.ts';
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Counters, Log } from '../../ports.ts';
import type { Certificates, FetchCertificate } from './certificates.ts';
import { accountOf, factFromEvent, readEvent } from './eventbridge.ts';
import { readJson } from './json.ts';
import { factFromNotification, factFromUnsubscribe, readSnsMessage } from './sns.ts';
import { type SignatureVersion, verifySnsMessage } from './sns-signature.ts';

export interface IntakeDependencies {
  now(): Instant;
  /** SNS topics we subscribed to, by ARN. */
  readonly topics: readonly string[];
  readonly signatureVersions: readonly SignatureVersion[];
  /** Accounts whose EventBridge may speak to us. */
  readonly eventAccounts: ReadonlySet<string>;
  /** Accounts whose keys we look after: an allowed account may report the use of a key of these. */
  readonly accounts: ReadonlySet<string>;
  /** Live values of the header `x-keywarden-token`; empty: the door is shut. */
  readonly tokens: readonly string[];
  readonly fetchCertificate: FetchCertificate;
  /** The SDK's ConfirmSubscription. The SubscribeURL of a message is never fetched. */
  confirmSubscription(topicArn: string, token: string): Promise<void>;
  /** Keeps a fact durably, or rejects. */
  receive(fact: Fact): Promise<'kept' | 'duplicate'>;
  readonly count: Counters['count'];
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Told of each verified message, for readiness to show which versions topics use. */
  noteSignatureVersion(version: SignatureVersion): void;
}

/** What was done with a request, and why. `reason` comes from fixed sets: it is a metric label and goes to the sender. */
export type Outcome =
  | { readonly kind: 'kept' | 'duplicate' | 'confirmed' }
  | { readonly kind: 'setAside' | 'refused' | 'oversize' | 'unavailable'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string; readonly problem?: string };

// The contract says 503 within 2 s when Redis is slow, the reading of the request included.
const STORE_PATIENCE: Duration = 1_800;
// SNS waits about 15 s for us.
const CONFIRM_PATIENCE: Duration = 10_000;

/** A message at the SNS door. Nothing in it is believed before its signature was verified. */
export async function receiveSns(
  bytes: Uint8Array,
  certificates: Certificates,
  on: IntakeDependencies,
): Promise<Outcome> {
  const json = readJson(bytes);
  if (json.kind === 'malformed') return { kind: 'malformed', reason: json.problem };
  const read = readSnsMessage(json.value);
  if (read.kind === 'malformed') return { kind: 'malformed', reason: 'not an SNS message', problem: read.problem };
  const { message } = read;
  const { topics, signatureVersions } = on;
  const verdict = await verifySnsMessage(message, { topics, signatureVersions, certificates }, on.now());
  if (verdict.kind === 'unavailable') {
    on.log.error({ reason: verdict.reason, error: verdict.cause }, 'an SNS signature could not be checked');
    return verdict;
  }
  if (verdict.kind === 'refused') return verdict;
  on.noteSignatureVersion(verdict.version);
  switch (message.Type) {
    case 'SubscriptionConfirmation':
      return confirm(message.TopicArn, message.Token, on);
    case 'UnsubscribeConfirmation':
      return keep(factFromUnsubscribe(message, on.now()), on);
    case 'Notification':
      return keepNormalised(factFromNotification(message, on.now()), on);
  }
}

/** An event at the EventBridge door, whose token was checked already. */
export async function receiveEvent(bytes: Uint8Array, on: IntakeDependencies): Promise<Outcome> {
  const json = readJson(bytes);
  if (json.kind === 'malformed') return { kind: 'malformed', reason: json.problem };
  const read = readEvent(json.value);
  if (read.kind === 'malformed') return { kind: 'malformed', reason: 'not an event', problem: read.problem };
  const { event } = read;
  if (!on.eventAccounts.has(event.account)) return { kind: 'refused', reason: 'unknown account' };
  const result = factFromEvent(event, 'eventbridge', on.now());
  const account = result.kind === 'fact' ? accountOf(result.fact.body) : undefined;
  // A caller in an allowed account may use a key of another one; but only of one that is ours.
  const known = !account || account === event.account || on.eventAccounts.has(account) || on.accounts.has(account);
  return known ? keepNormalised(result, on) : { kind: 'refused', reason: 'unknown account' };
}

async function keepNormalised(result: Normalised, on: IntakeDependencies): Promise<Outcome> {
  switch (result.kind) {
    case 'fact':
      return keep(result.fact, on);
    case 'setAside':
      return result;
    case 'malformed':
      return { kind: 'malformed', reason: 'content', problem: result.problem };
  }
}

async function keep(fact: Fact, on: IntakeDependencies): Promise<Outcome> {
  try {
    return { kind: await within(STORE_PATIENCE, on.receive(fact)) };
  } catch (error) {
    on.log.error({ factId: fact.id, error }, 'a fact could not be kept; the sender will try again');
    return { kind: 'unavailable', reason: 'store' };
  }
}

async function confirm(topicArn: string, token: string, on: IntakeDependencies): Promise<Outcome> {
  try {
    await within(CONFIRM_PATIENCE, on.confirmSubscription(topicArn, token));
    return { kind: 'confirmed' };
  } catch (error) {
    on.log.error({ error }, 'an SNS subscription could not be confirmed; SNS will ask again');
    return { kind: 'unavailable', reason: 'confirmation' };
  }
}

/** Gives up waiting, not the work: a fact kept after all makes the sender's next attempt a duplicate. */
async function within<T>(patience: Duration, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${patience} ms`)), patience);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
