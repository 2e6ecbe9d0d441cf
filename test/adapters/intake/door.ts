/** The intake on a real port, with everything behind it recorded. */
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { type IntakeDependencies, registerIntake } from '../../../src/adapters/intake/http.ts';
import type { Fact } from '../../../src/domain/fact.ts';

export const TOKEN = 'a-token';
export const TOPIC = 'arn:aws:sns:us-west-2:111122223333:kms-alarms';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Door = Awaited<ReturnType<typeof openDoor>>;

/** `kept` may be shared by several doors, as Redis is by several processes. */
export async function openDoor(overrides: Partial<IntakeDependencies> = {}, kept = new Map<string, Fact>()) {
  const fetched: string[] = [];
  const confirmed: string[] = [];
  const counted: string[] = [];
  const logged: string[] = [];
  const versions: number[] = [];
  const log = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const { fetchCertificate, ...others } = overrides;
  const app = fastify();
  registerIntake(app, {
    now: () => Date.parse('2026-03-14T09:18:00Z'),
    topics: [TOPIC],
    signatureVersions: [1, 2],
    eventAccounts: new Set(['111122223333']),
    accounts: new Set(['111122223333', '444455556666']),
    tokens: ['an-older-token', TOKEN],
    fetchCertificate: async (url) => {
      fetched.push(url);
      if (!fetchCertificate) throw new Error('no certificate here');
      return fetchCertificate(url);
    },
    confirmSubscription: async (topic, token) => void confirmed.push(`${topic} ${token}`),
    receive: async (fact) => {
      if (kept.has(fact.id)) return 'duplicate';
      kept.set(fact.id, fact);
      return 'kept';
    },
    count: (name, labels) => void counted.push(`${name} ${Object.values(labels ?? {}).join(' ')}`),
    log: { info: log, warn: log, error: log },
    noteSignatureVersion: (version) => void versions.push(version),
    ...others,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;

  /** Plain node:http: it delivers an answer that comes before the body was taken. */
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sending = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) }),
        );
      });
      sending.on('error', reject);
      sending.end(body);
    });

  return {
    kept,
    fetched,
    confirmed,
    counted,
    logged,
    versions,
    sns: (message: unknown, headers: Record<string, string> = {}) =>
      post(
        '/webhooks/sns',
        typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message),
        {
          'content-type': 'text/plain; charset=UTF-8',
          ...headers,
        },
      ),
    event: (event: unknown, headers: Record<string, string> = {}) =>
      post(
        '/webhooks/eventbridge',
        typeof event === 'string' || event instanceof Uint8Array ? event : JSON.stringify(event),
        {
          'content-type': 'application/json; charset=utf-8',
          'x-keywarden-token': TOKEN,
          ...headers,
        },
      ),
    [Symbol.asyncDispose]: () => app.close(),
  };
}
