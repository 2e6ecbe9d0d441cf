import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mayInstall, readEnvironment, readSandboxEnvironment } from '../../src/config/env.ts';

const least = { SLACK_BOT_TOKEN: 'xoxb-bot', SLACK_SIGNING_SECRET: 'signing' };
const key = Buffer.alloc(32, 7).toString('base64');
const laterKey = Buffer.alloc(32, 8).toString('base64');

function read(variables: Readonly<Record<string, string>>) {
  const result = readEnvironment(variables);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}
const problemsOf = (variables: Readonly<Record<string, string>>) => {
  const result = readEnvironment(variables);
  return result.ok ? [] : result.problems;
};

describe('the environment', () => {
  it('has a default for all but Slack', () => {
    const { environment, secrets } = read(least);
    expect(environment).toEqual({
      configPath: 'keywarden.yaml',
      host: '0.0.0.0',
      port: 3000,
      adminPort: undefined,
      adminHost: '127.0.0.1',
      allowEviction: false,
      slackMode: 'http',
      slackApiUrl: undefined,
    });
    expect(secrets.redisUrl()).toBe('redis://127.0.0.1:6379');
    expect(secrets.eventBridgeTokens()).toEqual([]);
    expect(secrets.secretKeys()).toEqual([]);
  });

  it('takes an empty variable for an absent one', () => {
    const empty = { HOST: '', PORT: ' ', REDIS_URL: '', SLACK_APP_TOKEN: '', ADMIN_PORT: '', KEYWARDEN_SECRET_KEY: '' };
    expect(read({ ...least, ...empty }).environment).toEqual(read(least).environment);
    expect(problemsOf({ ...least, SLACK_BOT_TOKEN: '' }).map(({ path }) => path)).toEqual(['SLACK_BOT_TOKEN']);
  });

  it('needs no signing secret in Socket Mode', () => {
    const { environment, secrets } = read({ SLACK_BOT_TOKEN: 'xoxb-bot', SLACK_APP_TOKEN: 'xapp-app' });
    expect(environment.slackMode).toBe('socket');
    expect(secrets.slackAppToken()).toBe('xapp-app');
    expect(secrets.slackSigningSecret()).toBeUndefined();
  });

  it('reads ports, flags, two tokens and the key', () => {
    const { environment, secrets } = read({
      ...least,
      PORT: '0',
      ADMIN_PORT: '0',
      ADMIN_HOST: '10.0.0.1',
      KEYWARDEN_ALLOW_EVICTION: 'Yes',
      KEYWARDEN_EVENTBRIDGE_TOKENS: ' old, new ,,',
      KEYWARDEN_SECRET_KEY: key,
      SLACK_API_URL: 'http://127.0.0.1:4000/api/',
    });
    expect(environment).toMatchObject({ port: 0, adminPort: 0, adminHost: '10.0.0.1', allowEviction: true });
    expect(environment.slackApiUrl).toBe('http://127.0.0.1:4000/api/');
    expect(secrets.eventBridgeTokens()).toEqual(['old', 'new']);
    expect(secrets.secretKeys()).toEqual([Buffer.alloc(32, 7)]);
  });

  it('takes two keys during a rotation, the first one first, with or without padding', () => {
    const { secrets } = read({ ...least, KEYWARDEN_SECRET_KEY: ` ${laterKey} , ${key.replace('=', '')},` });
    expect(secrets.secretKeys()).toEqual([Buffer.alloc(32, 8), Buffer.alloc(32, 7)]);
  });

  it.each([
    [{ PORT: '70000' }, 'PORT'],
    [{ PORT: '-1' }, 'PORT'],
    [{ PORT: '8080', ADMIN_PORT: '8080' }, 'ADMIN_PORT'],
    [{ ADMIN_HOST: '0.0.0.0' }, 'ADMIN_PORT'],
    [{ KEYWARDEN_ALLOW_EVICTION: 'maybe' }, 'KEYWARDEN_ALLOW_EVICTION'],
    [{ REDIS_URL: 'cache.internal:6379' }, 'REDIS_URL'],
    [{ SLACK_API_URL: 'http://slack.example.com/api/' }, 'SLACK_API_URL'],
    [{ SLACK_APP_TOKEN: 'xoxb-mixed-up' }, 'SLACK_APP_TOKEN'],
    [{ SLACK_BOT_TOKEN: 'xapp-mixed-up' }, 'SLACK_BOT_TOKEN'],
    [{ KEYWARDEN_EVENTBRIDGE_TOKENS: 'a,b,c' }, 'KEYWARDEN_EVENTBRIDGE_TOKENS'],
    [{ KEYWARDEN_SECRET_KEY: Buffer.alloc(16).toString('base64') }, 'KEYWARDEN_SECRET_KEY'],
    [{ KEYWARDEN_SECRET_KEY: `${'not base64 '.repeat(4)}` }, 'KEYWARDEN_SECRET_KEY'],
    [{ KEYWARDEN_SECRET_KEY: `${key},short` }, 'KEYWARDEN_SECRET_KEY'],
    [
      { KEYWARDEN_SECRET_KEY: [7, 8, 9].map((byte) => Buffer.alloc(32, byte).toString('base64')).join() },
      'KEYWARDEN_SECRET_KEY',
    ],
  ])('refuses %j', (variables, path) => {
    expect(problemsOf({ ...least, ...variables }).map((problem) => problem.path)).toEqual([path]);
  });

  it('tells every problem at once, and no secret', () => {
    const problems = problemsOf({
      PORT: 'http',
      REDIS_URL: 'http://user:canary@cache',
      SLACK_BOT_TOKEN: 'canary',
      KEYWARDEN_SECRET_KEY: 'canary',
      KEYWARDEN_EVENTBRIDGE_TOKENS: 'canary1,canary2,canary3',
    });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'KEYWARDEN_EVENTBRIDGE_TOKENS',
      'KEYWARDEN_SECRET_KEY',
      'PORT',
      'REDIS_URL',
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
    ]);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });
});

describe('secrets', () => {
  const { environment, secrets } = read({
    SLACK_BOT_TOKEN: 'xoxb-canary',
    SLACK_SIGNING_SECRET: 'canary-signing',
    SLACK_APP_TOKEN: 'xapp-canary',
    REDIS_URL: 'rediss://user:canary@cache.internal:6380/2?password=canary',
    KEYWARDEN_EVENTBRIDGE_TOKENS: 'canary',
    KEYWARDEN_SECRET_KEY: `${laterKey},${key}`,
  });

  it.each([
    ['a template literal', () => `${secrets}`],
    ['concatenation', () => String(secrets)],
    ['JSON', () => JSON.stringify({ secrets, environment })],
    ['inspect', () => inspect({ secrets, environment }, { depth: 9, showHidden: true })],
    ['spread', () => inspect({ ...secrets })],
    ['its own properties', () => JSON.stringify(Object.getOwnPropertyDescriptors(secrets))],
    ['a clone', () => inspect(structuredClone(secrets))],
    ['an error', () => inspect(new Error('failed', { cause: secrets }))],
    ['the address of Redis', () => secrets.redisDisplay()],
  ])('stay secret in %s', (_, print) => {
    const printed = print();
    expect(printed).not.toContain('canary');
    expect(printed).not.toContain(key);
    expect(printed).not.toContain(laterKey);
  });

  it('are all among the texts that logs are scrubbed of, keys as they were written', () => {
    expect(secrets.values()).toEqual([
      'xoxb-canary',
      'canary-signing',
      'xapp-canary',
      'canary',
      'canary',
      laterKey,
      key,
    ]);
  });

  it('print as what they are', () => {
    expect([`${secrets}`, JSON.stringify(secrets), inspect(secrets)]).toEqual([
      '[secrets]',
      '"[secrets]"',
      '[secrets]',
    ]);
    expect(secrets.redisDisplay()).toBe('rediss://cache.internal:6380/2');
  });
});

describe('the sandbox', () => {
  it('has defaults, and takes port 0', () => {
    expect(readSandboxEnvironment({})).toEqual({
      ok: true,
      environment: { port: 3000, sandboxPort: 3100, dayMs: 30_000, redisUrl: undefined },
    });
    expect(readSandboxEnvironment({ PORT: '0', SANDBOX_PORT: '0', SANDBOX_DAY_SECONDS: '0.5' })).toMatchObject({
      environment: { port: 0, sandboxPort: 0, dayMs: 500 },
    });
  });

  it.each(['0', '-5', 'soon', '90000'])('refuses a day of %s seconds', (seconds) => {
    expect(readSandboxEnvironment({ SANDBOX_DAY_SECONDS: seconds }).ok).toBe(false);
  });

  it('installs unless forbidden', () => {
    expect([mayInstall({}), mayInstall({ KEYWARDEN_NO_INSTALL: '0' })]).toEqual([true, true]);
    expect([mayInstall({ KEYWARDEN_NO_INSTALL: '1' }), mayInstall({ KEYWARDEN_NO_INSTALL: 'true' })]).toEqual([
      false,
      false,
    ]);
  });
});
