import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fetchCertificate } from '../../../src/adapters/intake/fetch-certificate.ts';

async function fetchFrom(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await fetchCertificate(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a.pem`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('fetching a certificate', () => {
  it('gives the text of a plain 200', async () => {
    expect(await fetchFrom((_request, response) => response.end('PEM'))).toBe('PEM');
  });

  it.each<[string, RequestListener]>([
    ['a redirect', (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
    ['a 503', (_request, response) => response.writeHead(503).end('PEM')],
    ['a 204', (_request, response) => response.writeHead(204).end()],
    ['more than 16 KiB', (_request, response) => response.end(Buffer.alloc(16 * 1024 + 1))],
    ['a lost connection', (_request, response) => response.destroy()],
  ])('rejects for %s', async (_what, listener) => {
    await expect(fetchFrom(listener)).rejects.toThrow();
  });

  it('gives up after three seconds, also in the middle of the body', async () => {
    const began = performance.now();
    await expect(fetchFrom((_request, response) => void response.write('PE'))).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});
