/** The codes of an authenticator app: RFC 6238 with the values that every app knows, SHA-1, six digits, 30 seconds. */
import { Secret, TOTP } from 'otpauth';
import type { Instant } from '../../domain/ids.ts';

/** What RFC 4226 recommends: 160 bits. */
const SECRET_BYTES = 20;
const FORM = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** One step to either side: a clock that is a little off, and the time it takes to type. */
const WINDOW = 1;

/** A new secret, 20 random bytes. */
export const drawSecret = (): Uint8Array => new Secret({ size: SECRET_BYTES }).bytes;

/** What goes into an authenticator app: as the URI of a QR code, and in base32 for typing. */
export function forApp(name: string, secret: Uint8Array): { readonly uri: string; readonly base32: string } {
  const held = secretOf(secret);
  const totp = new TOTP({ ...FORM, issuer: 'Keywarden', label: name, secret: held });
  return { uri: totp.toString(), base32: held.base32 };
}

/**
 * The time step that a code stands for, or `undefined` for a wrong one. Spaces are nothing; what is not six digits then is
 * wrong without being compared.
 */
export function stepOf(secret: Uint8Array, code: string, now: Instant): number | undefined {
  const token = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = TOTP.validate({ ...FORM, token, secret: secretOf(secret), timestamp: now, window: WINDOW });
  return delta === null ? undefined : TOTP.counter({ period: FORM.period, timestamp: now }) + delta;
}

/** A copy, because a Buffer's own `buffer` may be the pool that it shares with others. */
const secretOf = (secret: Uint8Array): Secret => new Secret({ buffer: Uint8Array.from(secret).buffer });
