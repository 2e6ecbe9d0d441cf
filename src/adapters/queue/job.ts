/** What a job is made of. The payload type follows from the job's name. */
import type { JobName, JobPayloads } from '../../domain/effect.ts';

/** Answers like zod's `safeParse`, so that any zod schema fits. */
export interface PayloadSchema<T> {
  safeParse(
    data: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Error };
}

export interface JobContext {
  /** Aborted when the process closes and the grace is over, or when another worker may have taken the job. */
  readonly signal: AbortSignal;
  readonly jobId: string;
  /** From 1; being given back does not raise it. */
  readonly attempt: number;
}

export interface Job<N extends JobName> {
  readonly schema: PayloadSchema<JobPayloads[N]>;
  /** Rejects to be tried again; throws `Later` to run again without spending an attempt. */
  readonly handle: (payload: JobPayloads[N], context: JobContext) => Promise<void>;
}
export type Jobs = { readonly [N in JobName]: Job<N> };

/** A job that will not run again by itself; kept in the failed set for a week. */
export interface LostJob {
  readonly name: string;
  readonly id: string;
  readonly reason: 'failed' | 'unreadable';
}
