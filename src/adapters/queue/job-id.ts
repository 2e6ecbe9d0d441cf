import { createHash } from 'node:crypto';

/** Long enough never to meet one of BullMQ's own key names (`wait`, `meta`, `id`, …). */
const VALID = /^[A-Za-z][A-Za-z0-9_-]{15,127}$/;

/** BullMQ refuses colons and plain integers (B5): an id that is not surely valid is hashed. Deterministic. */
export const jobId = (id: string): string =>
  VALID.test(id) ? id : `j${createHash('sha256').update(id).digest('hex').slice(0, 63)}`;
