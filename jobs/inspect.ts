import { z } from 'zod';
import { inspect as run } from '../src/flows/inspect.ts';
import { job } from './job.ts';
import { instant } from './payload.ts';

/** What the countdown promises, checked against the keys. */
export const inspect = job({
  name: 'inspect',
  schema: z.object({ slot: instant }),
  run: (house, { slot }, { signal }) => run(house, { slot, signal }),
});
