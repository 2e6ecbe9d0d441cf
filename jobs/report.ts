import { z } from 'zod';
import { reportEnd } from '../src/flows/report.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** The report at the end of a key. */
export const report = job({
  name: 'report',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, errand) => reportEnd(house, errand),
});
