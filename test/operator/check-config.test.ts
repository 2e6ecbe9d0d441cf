/** `check-config` as a process: what it read, and what it did not ask. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testConfig } from '../harness.ts';

async function checkConfig(config: object, environment: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-check-'));
  const file = join(folder, 'keywarden.yaml');
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, ['src/operator.ts', 'check-config'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH: process.env.PATH, KEYWARDEN_CONFIG: file, ...environment },
  });
  const said = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.error += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  await rm(folder, { recursive: true });
  return { code, ...said };
}

const WELL_FORMED = {
  SLACK_BOT_TOKEN: 'xoxb-nobody-takes-this-one',
  SLACK_SIGNING_SECRET: 'signing-secret-of-the-tests',
  KEYWARDEN_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  REDIS_URL: 'redis://127.0.0.1:9',
};

test('with nothing to reach it says what is in order, and what only a start finds out', async () => {
  const ended = await checkConfig(testConfig(), WELL_FORMED);
  expect(ended).toMatchObject({ code: 0, error: '' });
  for (const part of ['offline', 'token', 'channels', 'roles', 'Redis', '/readyz']) expect(ended.out).toContain(part);
});

test('warns where nobody would be woken, and that is no error', async () => {
  const ended = await checkConfig(testConfig(), WELL_FORMED);
  expect(ended).toMatchObject({ code: 0, error: '' });
  expect(ended.out).toMatch(/^warning: heartbeat: left out/m);
  expect(ended.out).toMatch(/with \d+ warnings\. Otherwise the configuration is in order/);
});

test('says everything that is wrong, and not that anything is in order', async () => {
  const ended = await checkConfig({ ...testConfig(), nonsense: 1 }, { ...WELL_FORMED, REDIS_URL: 'http://127.0.0.1' });
  expect(ended).toMatchObject({ code: 1, out: '' });
  for (const part of ['nonsense', 'REDIS_URL']) expect(ended.error).toContain(part);
});
