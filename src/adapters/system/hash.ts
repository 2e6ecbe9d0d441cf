import { createHash } from 'node:crypto';
import type { Hash } from '../../ports.ts';

/** sha256 of the text's UTF-8 bytes, 64 hex digits. */
export const sha256: Hash = (text) => createHash('sha256').update(text).digest('hex');
