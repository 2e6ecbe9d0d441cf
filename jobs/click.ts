import { z } from 'zod';
import { workOffClick } from '../src/flows/receive-click.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** A click that was written down: who was it, and may they? */
export const click = job({
  name: 'click',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, { effect }) => workOffClick(house, effect),
});
