import { z } from 'zod';
import { postHead } from '../src/flows/post-head.ts';
import { job } from './job.ts';

/** The head of the audit trail, once a day. */
export const auditHead = job({
  name: 'auditHead',
  schema: z.object({ day: z.number().int().nonnegative() }),
  run: (house, { day }) => postHead(house, day),
});
