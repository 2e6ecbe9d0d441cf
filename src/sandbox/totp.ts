import { createHmac } from 'node:crypto';

const stepMs = 30_000;

/**
 * The code an authenticator app shows at a moment (RFC 6238 with its defaults: SHA-1, 30 seconds, six digits). Real time
 * always: codes do not follow the sandbox's shortened day.
 */
export function codeAt(secret: Buffer, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / stepMs)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  // RFC 4226, section 5.3: the last four bits say where the 31 bits of the code begin.
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const bits = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(bits % 1_000_000).padStart(6, '0');
}

/**
 * Answers the codes a person would type one after the other: this step's, and when that was handed out already the next
 * step's, which the bot's window takes as well. A code counts once, and nobody here should have to wait for the next.
 */
export function codesOf(secret: Buffer): (now: number) => string {
  let handedOut = -1;
  return (now) => {
    const step = Math.floor(now / stepMs);
    handedOut = handedOut >= step ? step + 1 : step;
    return codeAt(secret, handedOut * stepMs);
  };
}
