/**
 * The `Charts` port: each picture is drawn in a process of its own, one at a time. Drawing takes a second of work and more
 * memory than all the rest of the bot. Elsewhere it holds up no webhook, and what fails there fails alone. A thread would do
 * for that, but 100 MB stayed with the process after the first one had ended (measured); a process gives everything back.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type CountdownChart, keysIn, MOST_ROWS } from '../../domain/countdown-chart.ts';
import type { Duration } from '../../domain/ids.ts';
import type { Charts, Drawn } from '../../ports.ts';
import type { Answer } from './drawing-process.ts';

export interface ChartOptions {
  /** How long one may take, its turn waited for included. */
  readonly timeout?: Duration;
  /** What the process's JavaScript may hold, MB. */
  readonly memory?: number;
}

const TIMEOUT: Duration = 15_000;
const MEMORY = 256;
/** Digests come one by one; a crowd of askers does without the picture rather than wait for minutes. */
const MOST_WAITING = 8;

/** Loads nothing of what draws into this process. */
export function createChart({ timeout = TIMEOUT, memory = MEMORY }: ChartOptions = {}): Charts {
  let last: Promise<void> = Promise.resolve();
  let unfinished = 0;
  return {
    async draw(chart, signal) {
      if (unfinished > MOST_WAITING) return failed(`${MOST_WAITING} others are waiting for theirs`);
      unfinished += 1;
      const began = performance.now();
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      const turn = last;
      // Whoever goes away before their turn leaves the one after them behind the one before.
      last = turn.then(() => over);
      const waited = await waitFor(turn, timeout, signal);
      const left = timeout - (performance.now() - began);
      const drawn = waited ?? (await drawApart(withFewRows(chart), { timeout, left, memory }, signal));
      unfinished -= 1;
      end();
      return drawn;
    },
  };
}

/** Waits for one's turn. Answers why it did not come, else `undefined`; never rejects. */
async function waitFor(
  turn: Promise<void>,
  timeout: Duration,
  signal: AbortSignal | undefined,
): Promise<Drawn | undefined> {
  const { promise, resolve } = Promise.withResolvers<Drawn | undefined>();
  const calledOff = () => resolve(CALLED_OFF);
  const timer = setTimeout(() => resolve(failed(`its turn did not come within ${timeout / 1_000} s`)), timeout);
  signal?.addEventListener('abort', calledOff);
  if (signal?.aborted) calledOff();
  void turn.then(() => resolve(undefined));
  const waited = await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', calledOff);
  return waited;
}

/** Pixels are memory that nothing else bounds. */
function withFewRows(chart: CountdownChart): CountdownChart {
  const rows = chart.rows.slice(0, MOST_ROWS);
  return { ...chart, rows, more: chart.more + keysIn(chart.rows.slice(MOST_ROWS)) };
}

/** Answers when the process is gone; never rejects. */
async function drawApart(
  chart: CountdownChart,
  { timeout, left, memory }: Required<ChartOptions> & { readonly left: Duration },
  signal: AbortSignal | undefined,
): Promise<Drawn> {
  if (signal?.aborted) return CALLED_OFF;
  const { promise, resolve } = Promise.withResolvers<Drawn>();
  const fail = (error: unknown) => resolve(failed(error instanceof Error ? error.message : String(error)));
  const calledOff = () => resolve(CALLED_OFF);
  const timer = setTimeout(() => fail(`it took longer than ${timeout / 1_000} s`), left);
  signal?.addEventListener('abort', calledOff);
  let child: ChildProcess | undefined;
  try {
    child = started(memory);
    child.on('message', (answer: Answer) => resolve(drawnOf(answer)));
    child.on('error', fail);
    child.on('exit', (code, by) => fail(`its process ended with ${by ?? `exit code ${code}`}`));
    child.send(chart);
  } catch (error) {
    fail(error);
  }
  const drawn = await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', calledOff);
  if (child !== undefined) await end(child);
  return drawn;
}

async function end(child: ChildProcess): Promise<void> {
  const isGone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (isGone) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGKILL');
  await promise;
}

function started(memory: number): ChildProcess {
  return fork(fileURLToPath(new URL('./drawing-process.ts', import.meta.url)), {
    // Structured clones: bytes travel as bytes.
    serialization: 'advanced',
    // It has no use for the secrets in the environment, nor for the flags and the terminal of whoever started the bot.
    env: {},
    execArgv: [`--max-old-space-size=${memory}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function drawnOf(answer: Answer): Drawn {
  switch (answer.kind) {
    case 'drawn':
      return { kind: 'drawn', ...answer.picture };
    case 'failed':
      return failed(answer.reason);
  }
}

const failed = (reason: string): Drawn => ({
  kind: 'failed',
  message: `The countdown chart was not drawn: ${reason}. The words say the same, and the next chart is tried anew.`,
});
const CALLED_OFF = failed('it was called off');
