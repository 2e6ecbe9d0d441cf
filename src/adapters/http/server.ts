/**
 * The HTTP side of the process: one Fastify for the public port, one for the admin port. Bolt's receiver is mounted raw
 * (`reply.hijack()`): Slack's signature covers the bytes as they came, so nothing may parse them first.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';

/** Intake and Slack alike: nothing legitimate is larger. */
const BODY_LIMIT = 512 * 1024;
const REQUEST_TIMEOUT = 10_000;

export interface Probe {
  /** Ready or not, and why, one sentence per dependency. */
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly reason: string }>>;
  readonly warnings: readonly string[];
}

export interface ServerOptions {
  readonly slack?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly readiness: () => Promise<Probe>;
  /** True from SIGTERM on: new work is refused with 503, so that senders try again elsewhere. */
  readonly draining: () => boolean;
}

export function createServer(options: ServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: true,
    trustProxy: false,
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!options.draining() || request.url === '/healthz' || request.url === '/readyz') return;
    await reply.code(503).header('connection', 'close').send({ ok: false, reason: 'stopping' });
  });
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const probe = await options.readiness();
    return reply.code(probe.ready && !options.draining() ? 200 : 503).send(probe);
  });
  const { slack } = options;
  if (slack !== undefined) {
    void app.register((scope, _options, done) => {
      scope.removeAllContentTypeParsers();
      // The stream stays unread for Bolt; only its announced length is looked at here.
      scope.addContentTypeParser('*', (_request, _payload, ready) => ready(null));
      scope.post('/slack/events', (request, reply) => {
        reply.hijack();
        slack(request.raw, reply.raw);
      });
      done();
    });
  }
  return app;
}

/** `GET /metrics` for Prometheus, on its own port: it names accounts and has no lock. */
export function createAdminServer(
  metrics: () => Promise<{ readonly type: string; readonly text: string }>,
): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics();
    return reply.header('content-type', type).send(text);
  });
  return app;
}

/** Listens and answers the URL that reaches it from this machine. Rejects when the port is taken. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${bound}`;
}
