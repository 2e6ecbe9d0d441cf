/** A Slack that answers as told: one HTTP server, each method scripted, every request kept. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSlackClient } from '../../../src/adapters/slack/client.ts';
import type { Log } from '../../../src/ports.ts';

export interface Call {
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
}
export type Answer =
  | { readonly ok: boolean; readonly [field: string]: unknown }
  | ((response: ServerResponse, request: IncomingMessage) => void);

export interface SlackStandIn {
  readonly url: string;
  readonly calls: Call[];
  /** Answers of a method, used one by one; the last one stays. */
  script(method: string, ...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

/** Starts the stand-in on a free loopback port. A method without a script is unknown. */
export async function slackStandIn(): Promise<SlackStandIn> {
  const calls: Call[] = [];
  const scripts = new Map<string, Answer[]>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const method = (request.url ?? '').replace(/^\/api\//, '');
      calls.push({ method, fields: Object.fromEntries(new URLSearchParams(body)) });
      const answers = scripts.get(method) ?? [];
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { ok: false, error: 'unknown_method' };
      if (typeof answer === 'function') return answer(response, request);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    calls,
    script: (method, ...answers) => void scripts.set(method, [...answers]),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, body = '') =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers);
    response.end(body);
  };
/** Accepts the request and never answers. */
export const hang = (): void => {};
/** Accepts the request and drops the connection. */
export const hangUp = (response: ServerResponse): void => void response.socket?.destroy();

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A client with the production settings, pointed at the stand-in. */
export const clientOf = (apiUrl: string, timeout = 2_000) =>
  createSlackClient({ token: 'xoxb-test', apiUrl, log: silentLog, timeout });
