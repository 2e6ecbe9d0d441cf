import { z } from 'zod';
import { comeDue } from '../src/flows/due.ts';
import { job } from './job.ts';
import { incidentId, instant } from './payload.ts';

/** An incident's moment has come. */
export const due = job({
  name: 'due',
  schema: z.object({ incident: incidentId, dueAt: instant }),
  run: (house, errand, { signal }) => comeDue(house, { ...errand, signal }),
});
