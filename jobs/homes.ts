import { z } from 'zod';
import { redrawHomes } from '../src/flows/homes.ts';
import { job } from './job.ts';
import { instant } from './payload.ts';

/** Home tabs that show something old. */
export const homes = job({
  name: 'homes',
  schema: z.object({ slot: instant }),
  run: (house, _errand, { signal }) => redrawHomes(house, signal),
});
