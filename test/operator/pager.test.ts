/** `pager test` as a process: who was called, and what it prints of how they answered. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openWorld, PAGER_TOPIC, testConfig, type World } from '../harness.ts';
import { openSink, published } from '../pager/given.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function pagerTest(config: object, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-pager-'));
  ends.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'keywarden.yaml');
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, ['src/operator.ts', 'pager', ...words], {
    cwd: join(import.meta.dirname, '../..'),
    // Neither Slack nor Redis: that is when it is tried.
    env: { PATH: process.env.PATH, KEYWARDEN_CONFIG: file, REDIS_URL: 'redis://127.0.0.1:9', ...environment },
  });
  const said = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.error += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}

async function openAway(): Promise<World> {
  const world = await openWorld({ withoutBot: true });
  ends.push(() => world.close());
  return world;
}
const aws = (world: World): Readonly<Record<string, string>> => ({
  AWS_ACCESS_KEY_ID: 'AKIAKEYWARDENTESTS00',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
  AWS_ENDPOINT_URL_SNS: world.aws.urls.sns,
});

test('both sinks are called, each once, and it says what each answered', async () => {
  const world = await openAway();
  await using sink = await openSink();
  const pager = { snsTopic: PAGER_TOPIC, webhook: sink.url };
  const ended = await pagerTest(testConfig({ config: { pager } }), ['test'], aws(world));
  expect(ended).toMatchObject({ code: 0, error: '' });
  expect(ended.out).toContain('SNS topic: has taken the test page.');
  expect(ended.out).toContain('web address: has taken the test page.');
  expect(published(world)).toMatchObject([{ kind: 'test', status: 'open' }]);
  expect(sink.taken).toMatchObject([{ kind: 'test', status: 'open', severity: 'info' }]);
  expect(sink.taken[0]?.id).toBe(published(world)[0]?.id);
  expect(ended.out).toContain(sink.taken[0]?.id);
});

test('one that does not take it is told, without its address', async () => {
  const world = await openAway();
  await using sink = await openSink(() => 403);
  const pager = { snsTopic: `${PAGER_TOPIC}-of-nobody`, webhook: sink.url };
  const ended = await pagerTest(testConfig({ config: { pager } }), ['test'], aws(world));
  expect(ended.code).toBe(2);
  expect(ended.out).toContain('SNS topic: refuses it (NotFound');
  expect(ended.out).toContain('web address: refuses it (HTTP 403)');
  expect(ended.out + ended.error).not.toContain('secret-of-the-address');
});

test('no pager, or another word: nobody is called, and it says what to do', async () => {
  expect(await pagerTest(testConfig(), ['test'])).toMatchObject({
    code: 1,
    error: expect.stringContaining('pager.snsTopic') as string,
  });
  expect(await pagerTest(testConfig(), ['ring'])).toMatchObject({
    code: 1,
    error: expect.stringContaining('pager takes: test') as string,
  });
});
