import { z } from 'zod';
import { lookForDeeds } from '../src/flows/deeds.ts';
import { job } from './job.ts';

/** One look at CloudTrail for one principal, in all accounts and Regions. */
export const deeds = job({
  name: 'deeds',
  schema: z.object({ investigation: z.string().regex(/^[0-9a-f]{32}$/), slot: z.number() }),
  run: (house, payload, { signal }) => lookForDeeds(house, { ...payload, signal }),
});
