/**
 * Step-up secrets at rest: AES-256-GCM under the first key, opened by any. The person is associated data, so that a secret
 * copied under another person's name does not open there. The key's id stands in front: `keyId.nonce+secret+tag`.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
/** Fixed: GCM would take a tag cut down to four bytes for a good one. */
const TAG_BYTES = 16;

export type Opened =
  | { readonly kind: 'opened'; readonly secret: Uint8Array; readonly byOldKey: boolean }
  /** None of the keys is the one it was sealed with. */
  | { readonly kind: 'keyMissing'; readonly keyId: string }
  /** Changed, cut, or sealed for another person. */
  | { readonly kind: 'broken' };

/** Which of the keys opens a sealed secret. */
export type SealedBy = 'firstKey' | 'oldKey' | 'missingKey';

export interface Keyring {
  readonly isEmpty: boolean;
  /** Throws when the ring is empty. */
  seal(secret: Uint8Array, person: string): string;
  open(sealed: string, person: string): Opened;
  sealedBy(sealed: string): SealedBy;
}

/** `keys`: 32 bytes each, the first of which seals. */
export function keyringOf(keys: readonly Uint8Array[]): Keyring {
  const ring = keys.map((key) => ({ key, id: idOf(key) }));
  const [first] = ring;
  const heldFor = (sealed: string) => ring.find(({ id }) => id === keyIdIn(sealed));
  return {
    isEmpty: first === undefined,
    seal(secret, person) {
      if (first === undefined) throw new Error('there is no key to seal with');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(person));
      const hidden = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return `${first.id}.${hidden.toString('base64url')}`;
    },
    open(sealed, person) {
      const held = heldFor(sealed);
      if (held === undefined) return { kind: 'keyMissing', keyId: keyIdIn(sealed) };
      const secret = decrypt(held.key, Buffer.from(sealed.slice(held.id.length + 1), 'base64url'), person);
      return secret === undefined ? { kind: 'broken' } : { kind: 'opened', secret, byOldKey: held !== first };
    },
    sealedBy(sealed) {
      const held = heldFor(sealed);
      if (held === undefined) return 'missingKey';
      return held === first ? 'firstKey' : 'oldKey';
    },
  };
}

function decrypt(key: Uint8Array, hidden: Buffer, person: string): Uint8Array | undefined {
  if (hidden.length <= NONCE_BYTES + TAG_BYTES) return undefined;
  const opener = createDecipheriv(CIPHER, key, hidden.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  opener.setAAD(Buffer.from(person));
  opener.setAuthTag(hidden.subarray(-TAG_BYTES));
  const plain = opener.update(hidden.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plain, opener.final()]);
  } catch {
    // The one thing `final` can say: the tag does not fit.
    return undefined;
  }
}

/** Tells keys apart without telling anything about them. */
const idOf = (key: Uint8Array): string =>
  createHash('sha256').update('keywarden key id').update(key).digest('hex').slice(0, 16);

const keyIdIn = (sealed: string): string => sealed.split('.', 1)[0] ?? '';
