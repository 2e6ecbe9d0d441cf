import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What came of one attempt: an answer, or none. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'lost'; readonly problem: string };

/** Something to be posted until it is taken or given up. */
export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** How long to wait before trying again after attempt number `attempt` (from 1); `undefined`: not again. */
  readonly again: (outcome: Outcome, attempt: number) => number | undefined;
}

/** The end of a letter: the last outcome, and how many attempts it took. */
export interface Carried {
  readonly outcome: Outcome;
  readonly attempts: number;
}

/** Posts at the same time; more wait, as behind a rate limit. */
const mostAtOnce = 32;
/** Letters waiting or on their way: a bot that is away for long must not fill the memory. */
const mostUnderway = 1_000;

/**
 * Posts to the bot in the background. Own sockets and timers, so that after `close` nothing is left running: neither an
 * attempt, nor a pause between attempts, nor a kept connection.
 */
export class Courier {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: mostAtOnce });
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #failed: (error: unknown) => void;

  /** `failed`: told of errors of the work itself, never of letters that could not be delivered. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Runs work in the background; it ends early when the courier closes. False: there is too much work already. */
  run(work: () => Promise<void>): boolean {
    if (this.#closing.signal.aborted) return true;
    if (this.#running.size >= mostUnderway) return false;
    const running = work()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#failed(error);
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return true;
  }

  /** Waits; rejects when the courier closes. */
  pause(milliseconds: number): Promise<void> {
    return delay(milliseconds, undefined, { signal: this.#closing.signal });
  }

  /** Posts a letter until it is taken or given up; rejects when the courier closes. */
  async carry(letter: Letter): Promise<Carried> {
    for (let attempts = 1; ; attempts++) {
      const outcome = await this.#post(letter);
      this.#closing.signal.throwIfAborted();
      const pause = letter.again(outcome, attempts);
      if (pause === undefined) return { outcome, attempts };
      await this.pause(pause);
    }
  }

  /** Ends everything; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#agent.destroy();
    await Promise.allSettled(this.#running);
  }

  #post({ url, headers, body, timeoutMs }: Letter): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
    const lost = (error: Error): void => resolve({ kind: 'lost', problem: error.message });
    request(url, { method: 'POST', agent: this.#agent, headers, signal }, (response) => {
      const status = response.statusCode ?? 0;
      const retryAfterMs = readRetryAfter(response.headers['retry-after']);
      response.on('error', lost).on('end', () => resolve({ kind: 'answered', status, retryAfterMs }));
      response.resume();
    })
      .on('error', lost)
      .end(body);
    return promise;
  }
}

function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds * 1000;
  // An HTTP date; the real clock, as the sender's is.
  const until = Date.parse(value) - Date.now();
  return Number.isNaN(until) ? undefined : Math.max(0, until);
}
