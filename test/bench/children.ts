/** Processes the bench starts, each ended by its own handle and by the end of its IPC channel if the bench is killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  /** Sends a question, and resolves with the first answer of that kind. */
  ask<T>(question: object, kind: string, within: number): Promise<T>;
  kill(): Promise<void>;
}

const LISTEN_WITHIN = 20_000;

/** Starts an entry beside this file; resolves when it says that it listens. */
export async function startChild(
  entry: string,
  order: object,
  options: { readonly execArgv?: readonly string[] } = {},
): Promise<Child> {
  const child = forkEntry(entry, process.env, options.execArgv);
  child.send(order);
  try {
    const { url } = await answered<{ readonly url: string }>(child, 'listens', LISTEN_WITHIN);
    return {
      process: child,
      url,
      ask: (question, kind, within) => {
        const answer = answered(child, kind, within);
        child.send(question);
        return answer as Promise<never>;
      },
      kill: () => killed(child),
    };
  } catch (error) {
    await killed(child);
    throw error;
  }
}

/** The log goes nowhere, written all the same: writing it is part of what is measured. */
export function forkEntry(entry: string, variables: NodeJS.ProcessEnv, execArgv: readonly string[] = []): ChildProcess {
  const show = process.env.KEYWARDEN_BENCH_LOG === undefined ? 'ignore' : 'inherit';
  return fork(join(import.meta.dirname, entry), {
    env: variables,
    // As `npm start` runs the bot.
    execArgv: ['--max-semi-space-size=8', ...execArgv, ...(process.env.KEYWARDEN_BENCH_ARGV?.split(' ') ?? [])],
    stdio: ['ignore', show, 'inherit', 'ipc'],
  });
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A profile is only written at an orderly end.
  if (process.env.KEYWARDEN_BENCH_ARGV !== undefined && child.connected) child.disconnect();
  else child.kill('SIGKILL');
  await ended;
}

function answered<T>(child: ChildProcess, kind: string, within: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      child.off('message', hear);
      child.off('exit', ended);
    };
    const hear = (message: unknown): void => {
      if ((message as { readonly kind?: unknown }).kind !== kind) return;
      stop();
      resolve(message as T);
    };
    const ended = (): void => {
      stop();
      reject(new Error(`a process ended before it answered ${kind}`));
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`no answer ${kind} within ${within} ms`));
    }, within);
    child.on('message', hear);
    child.on('exit', ended);
  });
}
