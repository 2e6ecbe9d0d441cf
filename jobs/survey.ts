import { z } from 'zod';
import { survey as run } from '../src/flows/survey.ts';
import { job } from './job.ts';
import { accountId, instant, region } from './payload.ts';

/** One place behind its full sweep: what every calm key looks like is kept as last good. */
export const survey = job({
  name: 'survey',
  schema: z.object({ account: accountId, region, sweptAt: instant }),
  run: (house, errand, { signal }) => run(house, { ...errand, signal }),
});
