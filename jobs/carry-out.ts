import { z } from 'zod';
import { carryOut as run } from '../src/flows/carry-out.ts';
import { job } from './job.ts';
import { actionId, effectId, incidentId } from './payload.ts';

/** Carries an action out on KMS, from wherever it stands. */
export const carryOut = job({
  name: 'carryOut',
  schema: z.object({ incident: incidentId, action: actionId, effect: effectId }),
  run: (house, errand, context) => run(house, { ...errand, ...context }),
});

/** The same for one of many, in a queue of their own: a person's single click never stands behind them. */
export const carryOutMany = job({
  name: 'carryOutMany',
  schema: carryOut.schema,
  run: (house, errand, context) => run(house, { ...errand, ...context }),
});
