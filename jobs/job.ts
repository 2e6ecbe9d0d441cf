/** The shape of a job: its payload's schema (Redis is an outside system) and a short handler. */
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
  readonly schema: ZodType<JobPayloads[N]>;
  run(house: House, payload: JobPayloads[N], context: JobContext): Promise<void>;
}

export const job = <N extends JobName>(definition: Job<N>): Job<N> => definition;
