import { z } from 'zod';
import { sendDigest } from '../src/flows/digest.ts';
import { job } from './job.ts';

/** One digest, for one wall time of its zone. */
export const digest = job({
  name: 'digest',
  schema: z.object({ digest: z.string().min(1).max(100), slot: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/) }),
  run: (house, errand, { signal }) => sendDigest(house, { ...errand, signal }),
});
