/** From the registry to what the queue runs: every job gets its own runner's name, and exceptions become endings. */
import type { ZodType } from 'zod';
import type { JobName, JobPayloads } from '../src/domain/effect.ts';
import { PlaceUnreadable } from '../src/domain/lost.ts';
import type { House } from '../src/flows/house.ts';
import { TooEarly } from '../src/flows/receive-fact.ts';
import { registry } from './registry.ts';

export interface Runnable<N extends JobName> {
  readonly schema: ZodType<JobPayloads[N]>;
  readonly handle: (payload: JobPayloads[N], context: { readonly signal: AbortSignal }) => Promise<void>;
}

/** How long to wait before a job that came too early, or met a place that does not answer, runs again; no attempt is spent. */
const TOO_EARLY_AGAIN = 2_000;
const PLACE_AGAIN = 5_000;

/**
 * @param runner a name no other run has, of any process
 * @param later  makes the queue's own "run me again in so many ms" ending
 */
export function runnables(
  house: House,
  runner: () => string,
  later: (delay: number) => Error,
): { readonly [N in JobName]: Runnable<N> } {
  const runnable = <N extends JobName>(name: N): Runnable<N> => ({
    schema: registry[name].schema as ZodType<JobPayloads[N]>,
    handle: async (payload, { signal }) => {
      try {
        await (registry[name].run as (house: House, payload: JobPayloads[N], context: object) => Promise<void>)(
          house,
          payload,
          {
            signal,
            runner: runner(),
          },
        );
      } catch (error) {
        if (error instanceof TooEarly) throw later(TOO_EARLY_AGAIN);
        if (error instanceof PlaceUnreadable) throw later(PLACE_AGAIN);
        throw error;
      }
    },
  });
  return {
    click: runnable('click'),
    carryOut: runnable('carryOut'),
    carryOutMany: runnable('carryOutMany'),
    errand: runnable('errand'),
    learn: runnable('learn'),
    investigate: runnable('investigate'),
    deeds: runnable('deeds'),
    approvers: runnable('approvers'),
    audit: runnable('audit'),
    auditHead: runnable('auditHead'),
    alert: runnable('alert'),
    page: runnable('page'),
    pager: runnable('pager'),
    report: runnable('report'),
    inspect: runnable('inspect'),
    digest: runnable('digest'),
    homes: runnable('homes'),
    due: runnable('due'),
    sweep: runnable('sweep'),
    survey: runnable('survey'),
    inbox: runnable('inbox'),
  };
}
