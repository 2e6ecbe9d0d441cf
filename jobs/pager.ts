import { z } from 'zod';
import { tellPager } from '../src/flows/page.ts';
import { job } from './job.ts';

/** The pager is told what it does not know yet. */
export const pager = job({
  name: 'pager',
  schema: z.object({ page: z.string().min(1).max(300) }),
  run: (house, { page }, { signal }) => tellPager(house, page, signal),
});
