import { z } from 'zod';
import { investigate as joinInvestigation } from '../src/flows/investigate.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** Somebody stands behind an incident: they are asked, and what else they did is looked for, once for all their incidents. */
export const investigate = job({
  name: 'investigate',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, errand) => joinInvestigation(house, errand),
});
