/** Jobs whose handlers the test writes, and what they told. */
import type { Job, JobContext, Jobs, PayloadSchema } from '../../../src/adapters/queue/job.ts';
import { startWorkers, type Workers, type WorkersOptions } from '../../../src/adapters/queue/workers.ts';
import type { JobName, JobPayloads } from '../../../src/domain/effect.ts';
import type { EffectId, IncidentId } from '../../../src/domain/ids.ts';
import type { Log, LogFields } from '../../../src/ports.ts';

export const learning = (name: string): JobPayloads['learn'] => ({
  incident: `i${name}` as IncidentId,
  effect: `e${name}` as EffectId,
});
/** An id as the flows make it. */
export const id = (name: string): string => `e${name}`.padEnd(64, '0');

export interface Told {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string;
}
export function listeningLog(lines: Told[] = []): Log {
  const at = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, fields, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

type Handlers = { readonly [N in JobName]?: (payload: JobPayloads[N], context: JobContext) => Promise<void> };

/** An object with at least one field; the real schemas stand in `jobs/`. */
const anything = <T>(): PayloadSchema<T> => ({
  safeParse: (data) =>
    typeof data === 'object' && data !== null && Object.keys(data).length > 0
      ? { success: true, data: data as T }
      : { success: false, error: new Error('empty') },
});

function jobsOf(handlers: Handlers): Jobs {
  const job = <N extends JobName>(name: N): Job<N> => ({
    schema: anything<JobPayloads[N]>(),
    handle: handlers[name] ?? (() => Promise.reject(new Error(`nobody expected ${name}`))),
  });
  return {
    click: job('click'),
    carryOut: job('carryOut'),
    carryOutMany: job('carryOutMany'),
    errand: job('errand'),
    learn: job('learn'),
    investigate: job('investigate'),
    deeds: job('deeds'),
    approvers: job('approvers'),
    audit: job('audit'),
    auditHead: job('auditHead'),
    alert: job('alert'),
    page: job('page'),
    pager: job('pager'),
    report: job('report'),
    inspect: job('inspect'),
    digest: job('digest'),
    homes: job('homes'),
    due: job('due'),
    sweep: job('sweep'),
    survey: job('survey'),
    inbox: job('inbox'),
  };
}

export const working = (url: string, handlers: Handlers, options: Partial<WorkersOptions> = {}): Workers =>
  startWorkers({ url, jobs: jobsOf(handlers), log: listeningLog(), ...options });

/** A handler that counts its runs. */
export function counter(): { readonly runs: () => number; readonly counting: () => Promise<void> } {
  let count = 0;
  return {
    runs: () => count,
    counting: async () => {
      count += 1;
    },
  };
}

/** Waits until it holds; rejects after `within` ms. */
export async function until(holds: () => boolean | Promise<boolean>, within = 10_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
