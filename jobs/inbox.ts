import { z } from 'zod';
import { receiveFact } from '../src/flows/receive-fact.ts';
import { job } from './job.ts';

/** A fact that was kept and not worked off: the process died, or a dependency was away. */
export const inbox = job({
  name: 'inbox',
  schema: z.object({ factId: z.string().min(1).max(512) }),
  run: async (house, { factId }) => {
    const fact = await house.inbox.get(factId);
    if (fact !== undefined) await receiveFact(house, fact);
  },
});
