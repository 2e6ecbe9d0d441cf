import { z } from 'zod';
import { showToApprovers } from '../src/flows/approvers.ts';
import { job } from './job.ts';
import { approvalId, effectId, incidentId } from './payload.ts';

/** A request was made or decided: whoever it is for sees it at home. */
export const approvers = job({
  name: 'approvers',
  schema: z.object({ incident: incidentId, approval: approvalId, effect: effectId }),
  run: (house, errand) => showToApprovers(house, errand),
});
