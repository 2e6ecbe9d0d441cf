/** The shared secret of the EventBridge API destination; two are alive while it is being rotated. */
import { createHash, timingSafeEqual } from 'node:crypto';

const hash = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Makes the check of a presented token. Hashes have one length, so the comparison tells nothing about a token's, and all
 * tokens are compared whichever matched. No tokens: nobody passes.
 */
export function tokenCheck(tokens: readonly string[]): (presented: unknown) => boolean {
  const expected = tokens.filter((token) => token !== '').map(hash);
  return (presented) => {
    const given = hash(typeof presented === 'string' ? presented : '');
    let matches = 0;
    for (const token of expected) matches += timingSafeEqual(token, given) ? 1 : 0;
    return matches > 0;
  };
}
