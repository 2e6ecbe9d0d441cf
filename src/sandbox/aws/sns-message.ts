import { sign } from 'node:crypto';
import type { SigningKey } from './certificate.ts';

/** 1 signs with SHA-1, 2 with SHA-256 (SNS guide, verifying signatures of messages). */
export type SignatureVersion = 1 | 2;

/** Members of an SNS message before it is signed, in the order SNS writes them. */
export interface UnsignedMessage {
  readonly Type: 'Notification' | 'SubscriptionConfirmation';
  readonly MessageId: string;
  readonly Token?: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly SubscribeURL?: string;
  readonly Timestamp: string;
}

/** Members that are signed, byte-sorted by name, whichever of them a message has. */
const signed = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const;

/** What SNS signs: name and value of each member on lines of their own (`fixtures/sns-string-to-sign-vectors.json`). */
export function stringToSign(message: UnsignedMessage): string {
  return signed.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('');
}

/** The address under which SNS shows a certificate in a Region. */
export function certificateUrl(region: string, { name }: SigningKey): string {
  return `https://sns.${region}.amazonaws.com/SimpleNotificationService-${name}.pem`;
}

/** The body of a message as it goes over HTTP: signed, one member a line, as SNS prints it. */
export function signedBody(
  message: UnsignedMessage,
  key: SigningKey,
  version: SignatureVersion,
  subscriptionArn?: string,
): string {
  const region = message.TopicArn.split(':')[3] ?? '';
  const digest = version === 1 ? 'RSA-SHA1' : 'RSA-SHA256';
  const members = {
    ...message,
    SignatureVersion: String(version),
    Signature: sign(digest, Buffer.from(stringToSign(message), 'utf8'), key.privateKey).toString('base64'),
    SigningCertURL: certificateUrl(region, key),
    ...(subscriptionArn === undefined
      ? {}
      : {
          UnsubscribeURL: `https://sns.${region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
        }),
  };
  const lines = Object.entries(members).map(([name, value]) => `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}`;
}
