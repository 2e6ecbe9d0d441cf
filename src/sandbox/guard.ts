import type { FastifyInstance, FastifyRequest } from 'fastify';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);
const jsonTypes = /^application\/(json|x-amz-json-1\.[01])\s*(;|$)/i;

/**
 * Locks the sandbox's door against web pages of other sites, which can reach the loopback through a person's browser.
 * A foreign `Host` is DNS rebinding. A foreign `Origin`, or a body that is not declared JSON (which browsers send
 * across sites only after asking), is request forgery.
 */
export function guardDoor(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    const problem = problemOf(request);
    if (problem !== undefined) await reply.code(problem.status).send({ ok: false, error: problem.error });
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(jsonTypes, { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(String(body)));
    } catch {
      done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }));
    }
  });
}

function problemOf({ headers, method }: FastifyRequest): { status: number; error: string } | undefined {
  const host = nameOf(headers.host ?? '');
  if (!loopback.has(host)) return { status: 403, error: `The sandbox answers on the loopback only, not as ${host}.` };
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host}`)
    return { status: 403, error: 'The sandbox takes nothing from other sites.' };
  if (method === 'POST' && !jsonTypes.test(headers['content-type'] ?? ''))
    return { status: 415, error: 'Send JSON, with content-type: application/json.' };
  return undefined;
}

/** The host without its port. */
const nameOf = (host: string) => host.replace(/:\d+$/, '').toLowerCase();
