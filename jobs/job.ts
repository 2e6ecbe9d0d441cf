/** The shape of a job: its payload's schema (Redis is an outside system), where it runs, and a short handler. */
import type { ZodType } from 'zod';
import type { JobName, JobPayloads } from '../src/domain/effect.ts';
import type { House } from '../src/flows/house.ts';

export interface JobContext {
  /** Aborted when the process wants to stop; waiting work gives itself back. */
  readonly signal: AbortSignal;
  /** Names this run among all runs of all processes. */
  readonly runner: string;
}

export interface Job<N extends JobName> {
  readonly name: N;
  /**
   * The queue it stands in: `kms` for what people wait for, `chat` for Slack lanes, `care` for everything else, so that a
   * sweep never stands before a rescue.
   */
  readonly family: 'kms' | 'chat' | 'care';
  /** The same work may begin again as soon as it has ended (a lane); else the id is remembered for 48 h. */
  readonly repeats: boolean;
  readonly schema: ZodType<JobPayloads[N]>;
  run(house: House, payload: JobPayloads[N], context: JobContext): Promise<void>;
}

export const job = <N extends JobName>(definition: Job<N>): Job<N> => definition;
