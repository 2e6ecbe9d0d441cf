import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultQueue, slowAnswerMs } from '../faults.ts';
import type { CallerIdentity } from '../world.ts';
import type { Members, Protocol } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** What CloudTrail tells of where a call came from. */
export interface CallOrigin {
  readonly requestId: string;
  readonly userAgent: string;
  readonly sourceIPAddress: string;
}

/** One call to an operation, its caller known. */
export interface ServiceCall {
  readonly operation: string;
  readonly parameters: Members;
  /** Nobody, for the few operations that need no signature. */
  readonly identity: CallerIdentity | undefined;
  /** Of the signature's credential scope; empty where there is none. */
  readonly region: string;
  /** Answer a read with what stood before the last change. */
  readonly stale: boolean;
  readonly origin: CallOrigin;
}

/** One operation of a service; throws a `Refusal`. */
export interface ServiceOperation {
  readonly unsigned?: true;
  readonly run: (call: ServiceCall) => Members;
}

/** A service: its wire and its operations by name. */
export interface Service {
  readonly name: 'sts' | 'cloudtrail' | 'sns';
  readonly protocol: Protocol;
  readonly operations: ReadonlyMap<string, ServiceOperation>;
  /** Throws where an account may not use the service in a Region. */
  readonly checkRegion: (account: string, region: string) => void;
}

/** What every service's server shares. */
export interface ServerParts {
  /** Who stands behind an access key presented with a session token, or why nobody does. */
  readonly find: (
    accessKeyId: string,
    token: string | undefined,
    region: string,
  ) => CallerIdentity | 'expired' | 'unknown';
  readonly faults: FaultQueue;
  /** Counts a call by `<service> <operation> <account> <Region>`. */
  readonly count: (name: string) => void;
}

/** A listening server, and how to end it. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** The largest request is an SNS message of 256 KiB, every character of it percent-encoded. */
const longestBody = 1024 * 1024;

/** Serves a service on a loopback port (0: a free one). */
export async function serveService(service: Service, parts: ServerParts, port: number): Promise<Listening> {
  const closing = new AbortController();
  const server = createServer((request, response) => {
    serve(service, parts, request, response, closing.signal).catch((error: unknown) => {
      if (closing.signal.aborted || response.headersSent) response.destroy();
      // The emulator's own fault: as the service's 500, with the reason a reader needs.
      else {
        const message = error instanceof Error ? error.message : undefined;
        refuse(service, response, service.protocol.refusals.internal(message), randomUUID());
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Ends the calls left hanging by a fault, too.
        server.closeAllConnections();
      });
    },
  };
}

async function serve(
  service: Service,
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const requestId = randomUUID();
  const { protocol, name } = service;
  try {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://loopback');
    const target = String(request.headers['x-amz-target'] ?? '');
    const { operation, parameters } = protocol.read({ url, target, body });
    const known = service.operations.get(operation);
    if (known === undefined) throw protocol.refusals.unknownOperation(operation);
    const { identity, region } = caller(service, parts.find, request, known.unsigned === true);
    parts.count(`${name} ${operation} ${identity?.account ?? '-'} ${region || '-'}`);
    const mode = parts.faults.take(name, operation);
    if (mode === 'hang') return;
    if (mode === 'throttle') throw protocol.refusals.throttled;
    if (mode === 'failBefore') throw protocol.refusals.internal();
    const origin = {
      requestId,
      userAgent: request.headers['user-agent'] ?? 'unknown',
      sourceIPAddress: request.socket.remoteAddress ?? '127.0.0.1',
    };
    const members = known.run({ operation, parameters, identity, region, stale: mode === 'stale', origin });
    if (mode === 'failAfter') {
      request.socket.destroy();
      return;
    }
    if (mode === 'slow') await delay(slowAnswerMs, undefined, { signal: closing, ref: false });
    send(service, response, 200, protocol.answer(operation, members, requestId), requestId);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(service, response, error, requestId);
  }
}

/** Who signed: caller and Region of the credential scope. The signature itself is not checked on loopback. */
function caller(
  { name, protocol, checkRegion }: Service,
  find: ServerParts['find'],
  request: IncomingMessage,
  mayBeUnsigned: boolean,
): { readonly identity: CallerIdentity | undefined; readonly region: string } {
  const { authorization } = request.headers;
  if (authorization === undefined && mayBeUnsigned) return { identity: undefined, region: '' };
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization ?? '');
  if (scope === null) throw protocol.refusals.unsigned;
  const [, accessKeyId = '', region = '', signedFor] = scope;
  if (signedFor !== name) throw protocol.refusals.wrongScope(name);
  const token = request.headers['x-amz-security-token'];
  const found = find(accessKeyId, typeof token === 'string' ? token : undefined, region);
  if (found === 'expired') throw protocol.refusals.expired;
  if (found === 'unknown') throw protocol.refusals.unknownKey;
  checkRegion(found.account, region);
  return { identity: found, region };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) throw new Refusal('RequestEntityTooLarge', 'Request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(service: Service, response: ServerResponse, refusal: Refusal, requestId: string): void {
  send(service, response, refusal.status, service.protocol.refuse(refusal, requestId), requestId);
}

function send({ protocol }: Service, response: ServerResponse, status: number, body: string, requestId: string): void {
  response.writeHead(status, { 'content-type': protocol.contentType, 'x-amzn-requestid': requestId });
  response.end(body);
}
