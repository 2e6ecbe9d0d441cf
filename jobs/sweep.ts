import { z } from 'zod';
import { sweep as run } from '../src/flows/sweep.ts';
import { job } from './job.ts';
import { accountId, instant, region } from './payload.ts';

/** One place, one slot: list the keys, read what matters, repair what we believe. */
export const sweep = job({
  name: 'sweep',
  schema: z.object({ account: accountId, region, slot: instant, full: z.boolean() }),
  run: (house, errand, { signal }) => run(house, { ...errand, signal }),
});
