import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Stands for the bot: keeps what is posted, and answers what it is told to. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Statuses for the next requests, then 200 again; 0: no answer at all. */
  answer(...statuses: readonly (number | { readonly status: number; readonly retryAfter: string })[]): void;
  /** The first `count` requests to a path, once they are there. */
  wait(path: string, count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

/** Listens on a loopback port. */
export async function receive(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const answers: (number | { readonly status: number; readonly retryAfter: string })[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      received.push({ path: request.url ?? '', headers: request.headers, body, json: JSON.parse(body) });
      const next = answers.shift() ?? 200;
      const status = typeof next === 'number' ? next : next.status;
      if (typeof next !== 'number') response.setHeader('retry-after', next.retryAfter);
      if (status !== 0) response.writeHead(status).end();
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (...statuses) => void answers.push(...statuses),
    wait: (path, count) =>
      new Promise((resolve) => {
        const look = () => {
          const found = received.filter((entry) => entry.path === path);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found.slice(0, count));
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
