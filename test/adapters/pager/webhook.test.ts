/** The pager's web address: every way in which it can answer, and that nothing it says names the address. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHeartbeat } from '../../../src/adapters/heartbeat/heartbeat.ts';
import { postCall } from '../../../src/adapters/pager/webhook.ts';
import { movedClock } from '../../clock.ts';

const SECRET = 'token-in-the-address';
const clock = movedClock(Date.UTC(2026, 2, 20, 9, 12));
const call = { page: { id: 'test:1', kind: 'test', at: clock.now() }, status: 'open', since: clock.now() } as const;

let answer: (request: IncomingMessage, response: ServerResponse) => void;
const seen: { readonly path: string; readonly method: string; readonly body: string; readonly type: string }[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  seen.push({
    path: request.url ?? '',
    method: request.method ?? '',
    body,
    type: request.headers['content-type'] ?? '',
  });
  answer(request, response);
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}`;
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(code, headers).end('whatever it says');

test.each([
  [200, {}, { kind: 'told' }],
  [202, {}, { kind: 'told' }],
  [204, {}, { kind: 'told' }],
  [408, {}, { kind: 'again', problem: 'HTTP 408' }],
  [429, {}, { kind: 'again', problem: 'HTTP 429' }],
  [429, { 'retry-after': '30' }, { kind: 'again', problem: 'HTTP 429', after: 30_000 }],
  [503, { 'retry-after': 'Fri, 20 Mar 2026 09:13:00 GMT' }, { kind: 'again', problem: 'HTTP 503', after: 60_000 }],
  [503, { 'retry-after': 'soon' }, { kind: 'again', problem: 'HTTP 503' }],
  [500, {}, { kind: 'again', problem: 'HTTP 500' }],
  [
    302,
    { location: 'http://127.0.0.1:1/elsewhere' },
    { kind: 'refused', problem: 'HTTP 302: redirects are not followed' },
  ],
  [401, {}, { kind: 'refused', problem: 'HTTP 401' }],
  [404, {}, { kind: 'refused', problem: 'HTTP 404' }],
] as const)('HTTP %i %o', async (code, headers, expected) => {
  answer = status(code, headers);
  expect(await postCall(url, call, clock)).toEqual(expected);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ method: 'POST', path: `/${SECRET}`, type: 'application/json' });
  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ version: 1, id: 'test:1', status: 'open' });
});

test('a lost connection, an address where nobody is, one that does not resolve: again, and the address stays unsaid', async () => {
  answer = (request) => void request.socket.destroy();
  const answers = [
    await postCall(url, call, clock),
    await postCall(`http://127.0.0.1:9/${SECRET}`, call, clock),
    await postCall(`https://nobody.invalid/${SECRET}`, call, clock),
  ];
  for (const one of answers) {
    expect(one.kind).toBe('again');
    expect(JSON.stringify(one)).not.toMatch(/token-in-the-address|127\.0\.0\.1|invalid/);
  }
});

test('silence is given up after five seconds', async () => {
  answer = () => undefined;
  const since = performance.now();
  const [call1, ping] = await Promise.all([postCall(url, call, clock), createHeartbeat(url).ping()]);
  expect(call1).toEqual({ kind: 'again', problem: 'no answer within 5 s' });
  expect(ping).toEqual({ kind: 'failed', problem: 'no answer within 5 s' });
  expect(performance.now() - since).toBeLessThan(7_000);
});

test.each([
  [200, { kind: 'pinged' }],
  [301, { kind: 'failed', problem: 'HTTP 301' }],
  [404, { kind: 'failed', problem: 'HTTP 404' }],
  [500, { kind: 'failed', problem: 'HTTP 500' }],
] as const)('the heartbeat: a GET, answered %i', async (code, expected) => {
  answer = status(code, code === 301 ? { location: '/elsewhere' } : {});
  expect(await createHeartbeat(url).ping()).toEqual(expected);
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET /${SECRET}`]);
});

test('the heartbeat where nobody is', async () => {
  const answered = await createHeartbeat(`http://127.0.0.1:9/${SECRET}`).ping();
  expect(answered).toEqual({ kind: 'failed', problem: 'no connection' });
});
