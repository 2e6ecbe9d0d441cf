/** The few ASN.1 types a certificate is made of, in DER (ITU-T X.690). */

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

function encode(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const digits = Buffer.from(evenHex(size.toString(16)), 'hex');
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

function evenHex(hex: string): string {
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

/** SEQUENCE of what is given. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return encode(tags.sequence, Buffer.concat(parts));
}

/** SET of one: all that a certificate's names need. */
export function setOf(part: Uint8Array): Buffer {
  return encode(tags.set, part);
}

/** A positive INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  // A leading bit would make it negative.
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return encode(tags.integer, negative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return encode(tags.objectIdentifier, Buffer.from(bytes));
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return encode(tags.utf8String, Buffer.from(text, 'utf8'));
}

/** UTCTime; what X.509 demands for years up to 2049. */
export function utcTime(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return encode(tags.utcTime, Buffer.from(digits.slice(2), 'ascii'));
}

/** BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return encode(tags.bitString, Buffer.concat([Buffer.from([0]), bytes]));
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Buffer {
  return encode(tags.octetString, bytes);
}

/** TRUE. */
export const yes: Buffer = encode(tags.boolean, Buffer.from([0xff]));

/** NULL. */
export const nothing: Buffer = encode(tags.null, Buffer.alloc(0));

/** Explicit context tag `[number]`. */
export function explicit(number: number, part: Uint8Array): Buffer {
  return encode(0xa0 | number, part);
}

/** Implicit context tag `[number]` of a primitive type. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return encode(0x80 | number, content);
}
