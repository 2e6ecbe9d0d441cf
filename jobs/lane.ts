import { z } from 'zod';
import { drainLane } from '../src/flows/send.ts';
import { job } from './job.ts';
import { channelId } from './payload.ts';

/** Sends what stands in one Slack channel's lane. */
export const lane = job({
  name: 'lane',
  schema: z.object({ channel: channelId }),
  run: (house, { channel }, { signal }) => drainLane(house, channel, signal),
});
