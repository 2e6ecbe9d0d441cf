/** `npm run sandbox` as a person starts it: two lines, and nothing left behind. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, '../../src/sandbox/main.ts');

function start(variables: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.error += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, said, ended };
}

test.each(['SIGINT', 'SIGTERM'] as const)('prints two lines, and %s ends all of it', async (signal) => {
  const { child, said, ended } = start({ PORT: '0', SANDBOX_PORT: '0', SANDBOX_DAY_SECONDS: '30' });
  await expect.poll(() => said.out, { timeout: 25_000 }).toMatch(/\n.*\n$/);
  const [, url = '', redisUrl = ''] =
    /^sandbox ready: (http:\/\/127\.0\.0\.1:\d+\/)\nTerminal commands on this sandbox: REDIS_URL=(redis:\/\/127\.0\.0\.1:\d+) npm run keywarden -- audit verify\n$/.exec(
      said.out,
    ) ?? [];
  const state = (await (await fetch(`${url}sandbox/state`)).json()) as { urls: Record<string, string> };
  expect(redisUrl).toBe(state.urls.redis);
  child.kill(signal);
  expect(await ended).toBe(0);
  for (const [name, door] of Object.entries({ ...state.urls, page: url })) {
    const { hostname: host, port } = new URL(door);
    const isOpen = await new Promise((resolve) =>
      import('node:net').then(({ connect }) =>
        connect({ host, port: Number(port) }, () => resolve(true)).on('error', () => resolve(false)),
      ),
    );
    expect(isOpen, name).toBe(false);
  }
  expect(said).toEqual({ out: expect.stringMatching(/^[^\n]*\n[^\n]*\n$/), error: '' });
});

test('says what is wrong with its environment, and stops', async () => {
  const { said, ended } = start({ PORT: 'many', SANDBOX_DAY_SECONDS: '-1' });
  expect(await ended).toBe(1);
  expect(said.out).toBe('');
  expect(said.error).toContain('PORT');
  expect(said.error).toContain('SANDBOX_DAY_SECONDS');
});

test('says so when a port is taken', async () => {
  const { createServer } = await import('node:net');
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  const { said, ended } = start({ PORT: port, SANDBOX_PORT: '0' });
  expect(await ended).toBe(1);
  expect(said.error).toMatch(/^The sandbox cannot start: .*EADDRINUSE/);
  taken.close();
});

test('can be stopped before it is ready', async () => {
  const { child, ended } = start({ PORT: '0', SANDBOX_PORT: '0' });
  await new Promise((resolve) => setTimeout(resolve, 900));
  child.kill('SIGINT');
  const code = await ended;
  // Very early there is no handler yet, and the signal itself ends it.
  expect([0, null]).toContain(code);
});
