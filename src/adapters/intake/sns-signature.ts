/**
 * Verifies SNS messages. Both published verifiers have faults: one accepts certificate hosts that can be abused (DEF CON
 * 30), the other signs UnsubscribeConfirmation without its Token. The order is the defence: an unknown topic is refused
 * before its signature is looked at, and nothing is fetched before topic, time and certificate URL have passed.
 */
import { verify } from 'node:crypto';
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Certificates } from './certificates.ts';
import { type SnsMessage, sentAt } from './sns.ts';

export type SignatureVersion = 1 | 2;

export type SnsRefusal =
  | 'foreign topic'
  | 'signature version'
  | 'stale'
  | 'from the future'
  | 'certificate address'
  | 'certificate'
  | 'signature';

export type SnsVerdict =
  | { readonly kind: 'verified'; readonly version: SignatureVersion }
  | { readonly kind: 'refused'; readonly reason: SnsRefusal }
  | { readonly kind: 'unavailable'; readonly reason: 'certificate' | 'digest'; readonly cause: unknown };

export interface SnsTrust {
  readonly topics: readonly string[];
  readonly signatureVersions: readonly SignatureVersion[];
  readonly certificates: Certificates;
}

// SNS retries for up to an hour by itself, and clocks differ by minutes at most. Signatures never expire: this must.
const OLDEST: Duration = 65 * 60_000;
const NEWEST: Duration = 5 * 60_000;
const DIGESTS = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' } as const;

/** Verifies a message at `now`. An empty topic list refuses everything. */
export async function verifySnsMessage(message: SnsMessage, trust: SnsTrust, now: Instant): Promise<SnsVerdict> {
  if (!trust.topics.includes(message.TopicArn)) return refused('foreign topic');
  const version = trust.signatureVersions.find((candidate) => String(candidate) === message.SignatureVersion);
  if (!version) return refused('signature version');
  const age = now - sentAt(message);
  if (age > OLDEST) return refused('stale');
  if (age < -NEWEST) return refused('from the future');
  if (!isCertificateUrl(message.SigningCertURL, message.TopicArn)) return refused('certificate address');

  const found = await trust.certificates.find(message.SigningCertURL, now);
  if (found.kind === 'unavailable') return { kind: 'unavailable', reason: 'certificate', cause: found.cause };
  if (found.kind === 'unusable') return refused('certificate');
  const signature = Buffer.from(message.Signature, 'base64');
  try {
    const text = Buffer.from(stringToSign(message), 'utf8');
    if (!verify(DIGESTS[version], text, found.certificate.key, signature)) return refused('signature');
  } catch (cause) {
    // A wrong signature answers false. This throws where the platform forbids SHA-1, which no message can cause.
    return { kind: 'unavailable', reason: 'digest', cause };
  }
  trust.certificates.remember(message.SigningCertURL, found.certificate);
  return { kind: 'verified', version };
}

const refused = (reason: SnsRefusal): SnsVerdict => ({ kind: 'refused', reason });

/** What SNS signs: name and value of each field, byte-sorted by name, each followed by a newline, the last included. */
export function stringToSign(message: SnsMessage): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = message;
  const own =
    Type === 'Notification'
      ? typeof message.Subject === 'string'
        ? { Message, MessageId, Subject: message.Subject, Timestamp, TopicArn, Type }
        : { Message, MessageId, Timestamp, TopicArn, Type }
      : { Message, MessageId, SubscribeURL: message.SubscribeURL, Timestamp, Token: message.Token, TopicArn, Type };
  return Object.entries(own)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
}

const CERTIFICATE_URL =
  /^https:\/\/sns\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;
const TOPIC_ARN = /^arn:(aws[a-z-]*):sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]{1,256}$/;

/**
 * Whether a certificate address is SNS's own, in the topic's Region and partition. The raw text is matched, not a parsed
 * URL: so there is no second reading of query, userinfo, port or encoding that could differ from the fetcher's.
 */
export function isCertificateUrl(url: string, topicArn: string): boolean {
  const [, region, china] = CERTIFICATE_URL.exec(url) ?? [];
  const [, partition, topicRegion] = TOPIC_ARN.exec(topicArn) ?? [];
  if (!region || region !== topicRegion) return false;
  return (partition === 'aws-cn') === (china !== undefined);
}
