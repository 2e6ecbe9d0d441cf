import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultQueue } from '../faults.ts';
import { type ApiRules, answerCall } from './api.ts';
import { readArguments } from './arguments.ts';
import { isObject, parseJson } from './json.ts';
import { respond } from './respond.ts';
import type { Workspace } from './workspace.ts';

/** What the server needs besides the workspace. */
export interface ServerParts {
  readonly workspace: Workspace;
  readonly rules: ApiRules;
  readonly faults: FaultQueue;
  readonly slowMs: number;
  readonly throttleSeconds: number;
  readonly count: (method: string) => void;
}

/** A started server and how to end it. */
export interface RunningServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Far above what a bot's evidence needs; with the number of files kept it bounds the memory. */
const mostBytes = 5_000_000;

/** Listens on the loopback: the Web API, response URLs, uploads and the files that came of them. */
export async function startServer(parts: ServerParts, port: number): Promise<RunningServer> {
  const closing = new AbortController();
  const server = createServer((request, response) => {
    serve(parts, request, response, closing.signal).catch(() => response.destroy());
  });
  await listen(server, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve, reject) => {
        closing.abort();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        // Ends the calls left hanging by a fault, too.
        server.closeAllConnections();
      }),
  };
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse, closing: AbortSignal) {
  const url = new URL(request.url ?? '/', 'http://loopback');
  const [, area, ...rest] = url.pathname.split('/');
  const body = await readBody(request);
  if (body === undefined) return send(response, 413, 'text/plain', 'too large');
  if (area === 'files') return serveFile(parts, rest[0] ?? '', request, response);
  if (area === 'signin') return send(response, 200, 'text/html; charset=utf-8', '<title>Sign in to Slack</title>');
  const operation = { api: rest.join('/'), response: 'response_url', upload: 'files.upload' }[area ?? ''];
  if (operation === undefined || operation === '') return send(response, 404, 'text/plain', 'no such page');
  parts.count(operation);
  const fault = parts.faults.take('slack', operation);
  if (fault === 'hang') return;
  if (fault === 'failBefore') return send(response, 500, 'text/plain', 'internal error');
  if (fault === 'throttle') return sendThrottled(response, parts.throttleSeconds);
  const answer = () => {
    if (area === 'response') return answerResponseUrl(parts.workspace, rest[0] ?? '', body);
    if (area === 'upload' && request.method !== 'POST')
      return { status: 405, type: 'text/plain', body: 'the bytes come by POST' };
    if (area === 'upload') return answerUpload(parts.workspace, rest.at(-1) ?? '', request, body);
    return answerApi(parts, operation, request, url.searchParams, body, fault === 'stale');
  };
  const reply = await answer();
  if (fault === 'slow') await pause(parts.slowMs, undefined, { signal: closing });
  if (fault === 'failAfter') return void request.socket.destroy();
  if ('retryAfterSeconds' in reply) return sendThrottled(response, reply.retryAfterSeconds);
  response.setHeader('x-oauth-scopes', [...parts.rules.scopes].join(','));
  send(response, reply.status, reply.type, reply.body);
}

type Reply = { readonly status: number; readonly type: string; readonly body: string };

function answerApi(
  { workspace, rules }: ServerParts,
  method: string,
  request: IncomingMessage,
  query: URLSearchParams,
  body: Buffer,
  stale: boolean,
): Reply | { readonly retryAfterSeconds: number } {
  const args = readArguments(body, request.headers['content-type'], query);
  const token = bearerOf(request) ?? args.text('token');
  const answer = answerCall(workspace, rules, { method, args, token, stale });
  if (!('ok' in answer)) return answer;
  return { status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(answer) };
}

function answerResponseUrl(workspace: Workspace, id: string, body: Buffer): Reply {
  const fields = parseJson(body.toString('utf8'));
  if (!isObject(fields)) return { status: 400, type: 'text/plain', body: 'invalid_payload' };
  const use = workspace.responseUrls.use(id);
  if ('error' in use) return { status: 404, type: 'text/plain', body: use.error };
  const error = respond(workspace, use.target, fields);
  return { status: error === undefined ? 200 : 400, type: 'text/plain', body: error ?? 'ok' };
}

/** Takes a file's bytes, raw or as the only file of a form, as Slack does. The ticket is the permission: no token is looked at. */
async function answerUpload(
  workspace: Workspace,
  ticket: string,
  request: IncomingMessage,
  body: Buffer,
): Promise<Reply> {
  const file = workspace.files.byTicket(ticket);
  if (file === undefined) return { status: 404, type: 'text/plain', body: 'no such upload' };
  const content = await fileBytes(request.headers['content-type'] ?? '', body);
  if (content.length !== file.length)
    return { status: 400, type: 'text/plain', body: `expected ${file.length} bytes, got ${content.length}` };
  file.content = content;
  return { status: 200, type: 'text/plain', body: `OK - ${content.length}` };
}

async function fileBytes(contentType: string, body: Buffer): Promise<Buffer> {
  if (!contentType.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  for (const value of form.values())
    return typeof value === 'string' ? Buffer.from(value) : Buffer.from(await value.arrayBuffer());
  return Buffer.alloc(0);
}

/**
 * A file for whoever brings the bot's token. Slack wants the scope files:read with it, which the bot does not have: it
 * never reads them again. Anybody else is sent to a page where people sign in, as Slack does, and not refused.
 */
function serveFile(
  { workspace, rules }: ServerParts,
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (bearerOf(request) !== rules.botToken || workspace.tokenRevoked) {
    response.setHeader('location', `${workspace.origin}/signin`);
    send(response, 302, 'text/plain', '');
    return;
  }
  const file = workspace.files.find(id);
  if (file?.content === undefined || file.completedAt === undefined) {
    send(response, 404, 'text/plain', 'no such file');
    return;
  }
  response.setHeader('content-disposition', 'attachment');
  send(response, 200, 'application/octet-stream', file.content);
}

const bearerOf = (request: IncomingMessage): string | undefined =>
  /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];

function sendThrottled(response: ServerResponse, seconds: number): void {
  response.setHeader('retry-after', String(seconds));
  send(response, 429, 'application/json; charset=utf-8', JSON.stringify({ ok: false, error: 'ratelimited' }));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= mostBytes) chunks.push(chunk);
  }
  return size <= mostBytes ? Buffer.concat(chunks) : undefined;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
