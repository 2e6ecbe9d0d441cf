/**
 * The two doors for facts over HTTP. SNS takes every 2xx to 4xx for delivered and retries only 5xx: so 4xx is for what
 * must never come again, 503 for what we could not keep, and 429 is never said.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Certificates } from './certificates.ts';
import { type IntakeDependencies, type Outcome, receiveEvent, receiveSns } from './receive.ts';
import { tokenCheck } from './tokens.ts';

export type { IntakeDependencies } from './receive.ts';

type Door = 'sns' | 'eventbridge';

const STATUS = {
  kept: 200,
  duplicate: 200,
  confirmed: 200,
  setAside: 200,
  malformed: 400,
  refused: 403,
  oversize: 413,
  unavailable: 503,
} as const satisfies Record<Outcome['kind'], number>;

const BODY_LIMIT = 512 * 1024;

/** Mounts `POST /webhooks/sns` and `POST /webhooks/eventbridge`, with their own parsers and error answers, on `app`. */
export function registerIntake(app: FastifyInstance, dependencies: IntakeDependencies): void {
  const certificates = new Certificates(dependencies.fetchCertificate);
  const isToken = tokenCheck(dependencies.tokens);
  void app.register((scope, _options, done) => {
    // Encapsulated: the bytes stay as they came, whatever the sender calls them (SNS says text/plain).
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', async (request, reply) => {
      // Neither service compresses; what nobody unpacks cannot be a bomb.
      if ((request.headers['content-encoding'] ?? 'identity') === 'identity') return;
      return answerUnread(reply, doorOf(request), { kind: 'malformed', reason: 'content encoding' });
    });
    scope.setErrorHandler((error, request, reply) => answer(reply, doorOf(request), outcomeOfError(error)));

    scope.post('/webhooks/sns', { bodyLimit: BODY_LIMIT }, async (request, reply) =>
      answer(reply, 'sns', await receiveSns(bytesOf(request), certificates, dependencies)),
    );
    const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
      if (isToken(request.headers['x-keywarden-token'])) return;
      return answerUnread(reply, 'eventbridge', { kind: 'refused', reason: 'token' });
    };
    scope.post('/webhooks/eventbridge', { bodyLimit: BODY_LIMIT, onRequest }, async (request, reply) =>
      answer(reply, 'eventbridge', await receiveEvent(bytesOf(request), dependencies)),
    );
    done();
  });

  function answer(reply: FastifyReply, door: Door, outcome: Outcome): FastifyReply {
    tell(door, outcome, dependencies);
    const status = STATUS[outcome.kind];
    return reply.code(status).send({ ok: status === 200, reason: 'reason' in outcome ? outcome.reason : outcome.kind });
  }

  // The body was not read: the connection cannot be used again.
  function answerUnread(reply: FastifyReply, door: Door, outcome: Outcome): FastifyReply {
    return answer(reply.header('connection', 'close'), door, outcome);
  }

  function outcomeOfError(error: unknown): Outcome {
    const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { kind: 'oversize', reason: 'body too large' };
    if (typeof statusCode === 'number' && statusCode < 500) return { kind: 'malformed', reason: 'request' };
    dependencies.log.error({ error }, 'the intake failed');
    return { kind: 'unavailable', reason: 'internal' };
  }
}

const doorOf = (request: FastifyRequest): Door =>
  request.routeOptions.url === '/webhooks/sns' ? 'sns' : 'eventbridge';
const bytesOf = (request: FastifyRequest): Uint8Array =>
  request.body instanceof Uint8Array ? request.body : new Uint8Array();

function tell(door: Door, outcome: Outcome, on: Pick<IntakeDependencies, 'count' | 'log'>): void {
  const reason = 'reason' in outcome ? outcome.reason : outcome.kind;
  on.count('intake', { door, outcome: outcome.kind, reason });
  switch (outcome.kind) {
    case 'kept':
    case 'duplicate':
    case 'unavailable':
      // Unavailable was logged where it happened, with its cause.
      break;
    case 'confirmed':
      on.log.info({}, 'an SNS subscription was confirmed');
      break;
    case 'setAside':
      on.log.info({ reason }, 'a message was set aside');
      break;
    case 'malformed':
      on.log.warn({ reason: outcome.problem ?? reason }, 'a malformed message was refused');
      break;
    case 'oversize':
      on.log.warn({ reason }, 'an oversize message was refused');
      break;
    case 'refused':
      on.log.warn({ reason }, 'a message was refused');
      if (reason !== 'from the future') break;
      on.count('intake_clock_skew', { door });
      on.log.error({ reason }, "an SNS message bears a time in the future: check this machine's clock");
  }
}
