import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import {
  bitString,
  explicit,
  implicit,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  utcTime,
  utf8String,
  yes,
} from './der.ts';

/** A key that signs SNS messages, and the certificate that vouches for it. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly pem: string;
  /** 32 hex digits, which name the certificate in its address. */
  readonly name: string;
}

const names = {
  commonName: '2.5.4.3',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
} as const;
const host = 'sns.amazonaws.com';
const day = 86_400_000;

/**
 * A fresh RSA key with a certificate it signs itself, valid around `now`. Written here because node:crypto reads
 * certificates but makes none, and the sandbox must not need an openssl program.
 */
export async function makeSigningKey(now: number): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const algorithm = sequence(objectIdentifier(names.sha256WithRsa), nothing);
  const subject = sequence(setOf(sequence(objectIdentifier(names.commonName), utf8String(host))));
  const version3 = explicit(0, integer(Buffer.from([2])));
  // The first bit cleared: a serial number is positive and as short as it can be.
  const serial = randomBytes(16).map((byte, index) => (index === 0 ? (byte & 0x7f) | 0x01 : byte));
  const toBeSigned = sequence(
    version3,
    integer(serial),
    algorithm,
    subject,
    sequence(utcTime(now - day), utcTime(now + 395 * day)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions())),
  );
  const der = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    privateKey,
    pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    name: createHash('sha256').update(der).digest('hex').slice(0, 32),
  };
}

function extensions(): readonly Buffer[] {
  const critical = (name: string, value: Buffer) => sequence(objectIdentifier(name), yes, octetString(value));
  const dnsName = implicit(2, Buffer.from(host, 'ascii'));
  return [
    // Not an authority; RFC 5280 leaves the default FALSE out.
    critical(names.basicConstraints, sequence()),
    // digitalSignature alone: bit 0, with the seven unused bits that follow it.
    critical(names.keyUsage, Buffer.from([0x03, 0x02, 0x07, 0x80])),
    sequence(objectIdentifier(names.alternativeName), octetString(sequence(dnsName))),
  ];
}
