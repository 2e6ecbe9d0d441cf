/** What is lost with a key, by what it is for. What is not known is spoken of as a key that encrypts: most do. */
import type { Incident } from '../../../domain/incident.ts';
import { type KeyUsage, keyUsageOf } from '../../../domain/key-usage.ts';

interface UsageWords {
  /** Once KMS has deleted it; a clause. */
  readonly willBeLost: string;
  readonly isLost: string;
  /** What goes on for a while after the key is off; empty: nothing does. */
  readonly survives: string;
}

const gone = (isLost: string): UsageWords => ({ willBeLost: isLost, isLost, survives: '' });

const WORDS: Readonly<Record<KeyUsage, UsageWords>> = {
  ENCRYPT_DECRYPT: {
    willBeLost: 'what only this key can decrypt is lost for good',
    isLost: 'what only it could decrypt is lost for good',
    survives: 'data keys already unwrapped keep working',
  },
  SIGN_VERIFY: gone('nothing can be signed with it any more'),
  GENERATE_VERIFY_MAC: gone('no MAC can be made or verified with it any more'),
  KEY_AGREEMENT: gone('no shared secret can be derived with it any more'),
};

export const usageWords = (incident: Incident): UsageWords => WORDS[keyUsageOf(incident) ?? 'ENCRYPT_DECRYPT'];
