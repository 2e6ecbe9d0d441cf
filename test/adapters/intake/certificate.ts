/** A self-signed X.509 certificate, written by hand in DER, and SNS messages signed with it. No openssl binary needed. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { SnsMessage } from '../../../src/adapters/intake/sns.ts';
import { stringToSign } from '../../../src/adapters/intake/sns-signature.ts';

export interface Signer {
  readonly pem: string;
  readonly privateKey: KeyObject;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const node = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const long = body.length < 0x80 ? [] : body.length < 0x100 ? [0x81] : [0x82, body.length >> 8];
  return Buffer.concat([Buffer.from([tag, ...long, body.length & 0xff]), body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => node(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const utcTime = (date: Date): Buffer =>
  node(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`));

// sha256WithRSAEncryption; ecdsa-with-SHA256; commonName.
const RSA = sequence(node(0x06, hex('2a864886f70d01010b')), node(0x05));
const ECDSA = sequence(node(0x06, hex('2a8648ce3d040302')));
const COMMON_NAME = node(0x06, hex('550403'));

/** Makes a certificate around a fresh key. */
export function makeSigner(validity: Validity, kind: 'rsa' | 'smallRsa' | 'ec' = 'rsa'): Signer {
  const { privateKey, publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 });
  const algorithm = kind === 'ec' ? ECDSA : RSA;
  const name = sequence(node(0x31, sequence(COMMON_NAME, node(0x0c, Buffer.from('sns.amazonaws.com')))));
  const toBeSigned = sequence(
    node(0x02, hex('01')),
    algorithm,
    name,
    sequence(utcTime(validity.from), utcTime(validity.to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = node(0x03, hex('00'), sign('sha256', toBeSigned, privateKey));
  const base64 = sequence(toBeSigned, algorithm, signature).toString('base64');
  const pem = `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { pem, privateKey };
}

/** Puts a true signature on a message. */
export function signed<Message extends SnsMessage>(message: Message, { privateKey }: Signer): Message {
  const digest = message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
  return { ...message, Signature: sign(digest, Buffer.from(stringToSign(message)), privateKey).toString('base64') };
}
