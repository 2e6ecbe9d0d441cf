/** A worker that tells when it has begun a job, and never ends it: made to be killed. */
import { pause, working } from './given.ts';

const url = process.argv[2] as string;
working(url, {
  learn: async () => {
    process.send?.('begun');
    await pause(60_000);
  },
});
