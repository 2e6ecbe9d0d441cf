/** The load: requests over kept connections, by so many senders at once or at a fixed rate, and what they took. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly ms: number;
}

export interface Poster {
  post(url: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

/** Ten seconds without an answer fail a request. */
const PATIENCE = 10_000;

export function createPoster(sockets: number): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  return {
    post: (url, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const started = performance.now();
        const outgoing = request(
          url,
          {
            method: 'POST',
            agent,
            timeout: PATIENCE,
            headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
          },
          (response) => {
            response.resume();
            response.on('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - started }));
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${PATIENCE} ms`)));
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

export interface Stormed {
  readonly accepted: number;
  readonly refused: number;
  /** Of the whole storm, ms. */
  readonly took: number;
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

/** Sends everything once, `senders` at a time, each the next one as soon as it has its answer. */
export async function storm(
  bodies: readonly string[],
  senders: number,
  send: (body: string, index: number) => Promise<Answer>,
): Promise<Stormed> {
  const latencies: number[] = [];
  let refused = 0;
  let next = 0;
  const started = performance.now();
  const sender = async (): Promise<void> => {
    for (let index = next++; index < bodies.length; index = next++) {
      const answer = await send(bodies[index] as string, index);
      if (answer.status === 200) latencies.push(answer.ms);
      else refused += 1;
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const took = performance.now() - started;
  return { accepted: latencies.length, refused, took, perSecond: (latencies.length * 1_000) / took, latencies };
}

/**
 * Sends at a fixed rate, whether or not answers have come: what waits counts from when it should have been sent, so a
 * stalled receiver cannot hide behind a stalled sender.
 */
export async function steadily(
  bodies: readonly string[],
  perSecond: number,
  send: (body: string) => Promise<Answer>,
): Promise<Stormed> {
  const latencies: number[] = [];
  let refused = 0;
  const started = performance.now();
  const sent: Promise<void>[] = [];
  for (const [index, body] of bodies.entries()) {
    const dueAt = started + (index * 1_000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 1) await sleep(early);
    sent.push(
      send(body).then((answer) => {
        if (answer.status === 200) latencies.push(performance.now() - dueAt);
        else refused += 1;
      }),
    );
  }
  await Promise.all(sent);
  const took = performance.now() - started;
  return { accepted: latencies.length, refused, took, perSecond: (latencies.length * 1_000) / took, latencies };
}

/** Nearest rank; `undefined` of nothing. */
export function percentile(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}
