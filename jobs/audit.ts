import { z } from 'zod';
import { settleAudit } from '../src/flows/record-audit.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** The audit trail could not be written: once more. */
export const audit = job({
  name: 'audit',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, errand) => settleAudit(house, errand),
});
