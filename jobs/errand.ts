import { z } from 'zod';
import { runErrand as run } from '../src/flows/errand.ts';
import { job } from './job.ts';
import { gatheringId } from './payload.ts';

/** Somebody asked for something to be done to many keys. */
export const errand = job({
  name: 'errand',
  schema: z.object({ gathering: gatheringId, errand: z.string().regex(/^[0-9a-f]{32}$/) }),
  run: (house, what, { signal }) => run(house, { ...what, signal }),
});
