import { z } from 'zod';
import { learn as run } from '../src/flows/learn.ts';
import { job } from './job.ts';
import { effectId, incidentId } from './payload.ts';

/** Aliases, tags, last use, and the state before the danger. */
export const learn = job({
  name: 'learn',
  schema: z.object({ incident: incidentId, effect: effectId }),
  run: (house, errand, { signal }) => run(house, { ...errand, signal }),
});
