/** The two entries as processes: `npm start` refuses what is wrong, and the terminal rescues without Slack and without Redis. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { sweepNow } from './faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, openWorld, REGION, testConfig, type World } from './harness.ts';

const root = join(import.meta.dirname, '..');
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

async function run(
  entry: string,
  words: readonly string[],
  config: object | string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-entry-'));
  ends.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'keywarden.yaml');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  const child = spawn(process.execPath, [entry, ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, KEYWARDEN_CONFIG: file, ...environment },
  });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    error += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, out, error };
}

describe('npm start', () => {
  test('refuses with every problem at once, and prints no secret', async () => {
    const ended = await run(
      'src/main.ts',
      [],
      { accounts: [{ id: '12', regions: [] }], nonsense: 1 },
      { SLACK_BOT_TOKEN: 'xapp-canary-secret' },
    );
    expect(ended.code).toBe(1);
    for (const part of [
      'accounts[0].id',
      'accounts[0].regions',
      'channels',
      'nonsense',
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
    ])
      expect(ended.error).toContain(part);
    expect(ended.error).not.toContain('canary');
  });
});

describe('rescue from a terminal', () => {
  const environmentOf = (world: World, redis: string): Record<string, string> => ({
    REDIS_URL: redis,
    AWS_ACCESS_KEY_ID: 'AKIAKEYWARDENTESTS00',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
    AWS_ENDPOINT_URL_KMS: world.aws.urls.kms,
    AWS_ENDPOINT_URL_STS: world.aws.urls.sts,
    AWS_ENDPOINT_URL_CLOUDTRAIL: world.aws.urls.cloudtrail,
  });
  async function pending(world: World): Promise<string> {
    const arn = await world.makeKey('payments-prod');
    await world.call('DisableKey', { KeyId: arn });
    await world.call('EnableKey', { KeyId: arn });
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    return arn;
  }

  test('without Slack and without Redis: the state before comes from CloudTrail', async () => {
    const world = await openWorld({ withoutBot: true });
    ends.push(() => world.close());
    const arn = await pending(world);
    const ended = await run(
      'src/operator.ts',
      ['rescue', arn],
      testConfig(),
      environmentOf(world, 'redis://127.0.0.1:9'),
    );
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(ended.out).toContain('rescued and verified');
    // What stands in Redis alone cannot be heeded: whoever reads this decides.
    expect(ended.out).toContain('Whether it is on hold (/kms hold) is not known');
    expect(world.stateOf(arn)).toBe('Enabled');
  });

  test('beside a running bot: the card shows it', async () => {
    const world = await openWorld({ onMachineClock: true });
    ends.push(() => world.close());
    const arn = await pending(world);
    await eventually('the card', () => world.cards('alias/payments-prod')[0]);
    const ended = await run('src/operator.ts', ['rescue', arn], testConfig(), environmentOf(world, world.redis.url));
    expect(ended).toMatchObject({ code: 0 });
    await eventually('the green card', () => world.words(world.cards('alias/payments-prod')[0]).includes('🟢'));
    expect(world.messages()).toHaveLength(1);
  });

  test('a key on hold: safe, and off; no word of enabling it without an approver', async () => {
    const world = await openWorld({ onMachineClock: true, withRoles: false });
    ends.push(() => world.close());
    const arn = await pending(world);
    await eventually('the card', () => world.cards('alias/payments-prod')[0]);
    await sweepNow(world);
    await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'hold alias/payments-prod an intruder' });
    await eventually('the hold', async () => (await world.incident(arn))?.hold);
    const ended = await run('src/operator.ts', ['rescue', arn], testConfig(), environmentOf(world, world.redis.url));
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.out).toContain('on hold by U0ALICE: an intruder');
    expect(ended.out).toContain('/kms release');
    expect(ended.out).not.toContain('enable-key');
    expect(world.stateOf(arn)).toBe('Disabled');
  });

  test('what is no ARN, or not configured, is refused with a sentence', async () => {
    expect(await run('src/operator.ts', ['rescue', 'alias/x'], testConfig())).toMatchObject({
      code: 1,
      error: expect.stringContaining('key ARN') as string,
    });
    const foreign = await run(
      'src/operator.ts',
      ['rescue', `arn:aws:kms:${REGION}:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab`],
      testConfig(),
      { REDIS_URL: 'redis://127.0.0.1:9' },
    );
    expect(foreign).toMatchObject({ code: 1, error: expect.stringContaining('not in keywarden.yaml') as string });
    expect(ACCOUNT).not.toBe('999988887777');
  });
});
