import { z } from 'zod';
import { wantPage } from '../src/flows/page.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** An incident wants the pager told, or told that it is over. */
export const page = job({
  name: 'page',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, errand) => wantPage(house, errand),
});
