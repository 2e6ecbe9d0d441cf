import { z } from 'zod';
import { alertEverybody } from '../src/flows/alert.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** A reminder that everybody must hear: the fallback channel and the approvers too. */
export const alert = job({
  name: 'alert',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, errand) => alertEverybody(house, errand),
});
