import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultQueue, slowAnswerMs } from '../../faults.ts';
import type { FaultMode } from '../../world.ts';
import type { Answer, Identify, KmsWorld } from './call.ts';
import { KmsError } from './errors.ts';
import { parseBody } from './fields.ts';
import { operations } from './operations.ts';
import { errorBody, perform, type Request, type Response, refuse } from './perform.ts';
import { passTime } from './time.ts';

/*
 * KMS's wire: AWS JSON 1.1 over POST /. Plain node:http rather than an emulator of the `emulate` package, because faults
 * need the connection itself: an answer that never comes, a socket destroyed after the work is done.
 */
const contentType = 'application/x-amz-json-1.1';
const targetPrefix = 'TrentService.';
/** The largest legal request is a PutKeyPolicy of 128 KiB, escaped. */
const longestBody = 1024 * 1024;

export interface ServerOptions {
  readonly world: KmsWorld;
  readonly identify: Identify;
  readonly faults: FaultQueue;
  /** Counts a call by `kms <operation> <account> <Region>`. */
  readonly count: (name: string) => void;
  /** A DescribeKey answered with the key as it was before its last change. */
  readonly describeStale: (request: Request) => Promise<Response>;
}

export interface Listening {
  readonly url: string;
  /** Ends the server, its connections and its timer; hanging calls end without an answer. */
  close(): Promise<void>;
}

/** Serves KMS on a loopback port (0: a free one), and lets time pass meanwhile. */
export async function listen(options: ServerOptions, port: number): Promise<Listening> {
  const closing = new AbortController();
  const server = createServer((request, response) => {
    serve(options, request, response, closing.signal).catch((error: unknown) => {
      // A fault of the emulator itself: the caller sees KMS's own 500, with the reason a reader needs.
      if (!closing.signal.aborted && !response.headersSent)
        answer(response, internalError(error instanceof Error ? error.message : undefined));
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const timer = setInterval(() => passTime(options.world), 200).unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      closing.abort();
      clearInterval(timer);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function serve(
  options: ServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const requestId = randomUUID();
  let request: Request;
  try {
    request = await read(options, incoming, requestId);
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return answer(outgoing, { status: error.status, body: errorBody(error), requestId });
  }
  const { operation, identity, region } = request;
  if (operations.has(operation)) options.count(`kms ${operation} ${identity.account} ${region}`);
  const mode = options.faults.take('kms', operation);
  if (mode === 'hang') return;
  const response = await respond(options, request, mode);
  if (mode === 'failAfter') {
    incoming.socket.destroy();
    return;
  }
  if (mode === 'slow') await delay(slowAnswerMs, undefined, { signal: closing, ref: false });
  answer(outgoing, response);
}

async function respond(options: ServerOptions, request: Request, mode: FaultMode | undefined): Promise<Response> {
  if (mode === 'throttle')
    return refuse(
      options.world,
      request,
      new KmsError(
        'ThrottlingException',
        'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      ),
    );
  if (mode === 'failBefore')
    return refuse(options.world, request, new KmsError('KMSInternalException', undefined, 500));
  if (mode === 'stale' && request.operation === 'DescribeKey') return options.describeStale(request);
  return perform(options.world, request);
}

async function read(options: ServerOptions, incoming: IncomingMessage, requestId: string): Promise<Request> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) throw new KmsError('RequestEntityTooLargeException', undefined, 413);
    chunks.push(chunk);
  }
  const target = String(incoming.headers['x-amz-target'] ?? '');
  if (incoming.method !== 'POST' || !target.startsWith(targetPrefix)) throw new KmsError('UnknownOperationException');
  const authorization = incoming.headers.authorization ?? '';
  // Region and caller come from the signature's credential scope; the signature itself is not checked on loopback.
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/kms\/aws4_request/.exec(authorization);
  if (scope === null) throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, accessKeyId = '', region = ''] = scope;
  const token = incoming.headers['x-amz-security-token'];
  const identity = options.identify(accessKeyId, region, typeof token === 'string' ? token : undefined);
  if (identity === 'expired')
    throw new KmsError('ExpiredTokenException', 'The security token included in the request is expired');
  if (identity === undefined)
    throw new KmsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  return {
    operation: target.slice(targetPrefix.length),
    body: parseBody(Buffer.concat(chunks).toString('utf8')),
    identity,
    region,
    requestId,
    userAgent: incoming.headers['user-agent'] ?? 'unknown',
    sourceIPAddress: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
}

function internalError(message: string | undefined): Response {
  const body: Answer = errorBody(new KmsError('KMSInternalException', message));
  return { status: 500, body, requestId: randomUUID() };
}

function answer(outgoing: ServerResponse, { status, body, requestId }: Response): void {
  outgoing.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': requestId });
  outgoing.end(JSON.stringify(body));
}
