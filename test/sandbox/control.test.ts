/** The control calls, end to end over HTTP: the whole bot behind them, no browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

type Json = Record<string, unknown>;
interface State {
  readonly urls: Record<string, string>;
  readonly slack: {
    readonly channels: readonly { id: string; name: string; messages: readonly Message[] }[];
    readonly views: readonly { id: string; user: string; view: Json }[];
    readonly ephemerals: readonly { channel: string; user: string; text: string }[];
  };
  readonly keys: readonly (Json & { aliases: readonly string[] })[];
  readonly events: readonly { at: string; source: string; detail: Json }[];
}
interface Message {
  readonly ts: string;
  readonly text: string;
  readonly replies?: readonly Message[];
}

let sandbox: Sandbox;
const channel = 'C0INCIDENT';

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, sandboxPort: 0, dayMs: 30_000 });
});
afterAll(() => sandbox?.stop());

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Json };
}
const state = async () => (await (await fetch(`${sandbox.url}/sandbox/state`)).json()) as State;
const keyNamed = async (alias: string) => (await state()).keys.find(({ aliases }) => aliases.includes(alias));
const messages = async () => (await state()).slack.channels.find(({ id }) => id === channel)?.messages ?? [];
const cardOf = async (name: string) => (await messages()).find(({ text }) => text.includes(name));

/** Asks until it is so. */
async function until<T>(wanted: () => Promise<T | undefined | false>, within = 8_000): Promise<T> {
  for (const deadline = Date.now() + within; ; ) {
    const found = await wanted();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the state, once it is ready', () => {
  test('names every door, and each answers', async () => {
    const { urls } = await state();
    expect(Object.keys(urls).sort()).toEqual(['bot', 'cloudtrail', 'kms', 'redis', 'slack', 'sns', 'sts']);
    expect(await (await fetch(`${urls.bot}/healthz`)).status).toBe(200);
    expect((await fetch(`${urls.slack}auth.test`, { method: 'POST' })).status).toBe(200);
  });
  test('holds the seeded keys in their states, and no account named like a key', async () => {
    const { keys } = await state();
    const stateOf = (alias: string) => keys.filter(({ aliases }) => aliases.includes(alias)).map((key) => key.KeyState);
    expect(stateOf('alias/payments-prod')).toEqual(['Enabled']);
    expect(stateOf('alias/orders-archive')).toEqual(['Enabled']);
    expect(stateOf('alias/legacy-billing')).toEqual(['Disabled']);
    expect(stateOf('alias/ledger')).toEqual(['Enabled', 'Enabled']);
    expect(stateOf('alias/release-signing')).toEqual(['Enabled']);
    expect(stateOf('alias/old-reports')).toEqual(['PendingDeletion']);
    expect(stateOf('alias/aws/s3')).toEqual(['Enabled']);
    const ledgers = keys.filter(({ aliases }) => aliases.includes('alias/ledger'));
    expect(new Set(ledgers.map(({ KeyId }) => KeyId)).size).toBe(1);
  });
  test('has one card: of the key that was dying before', async () => {
    const texts = (await messages()).map(({ text }) => text);
    expect(texts).toEqual([expect.stringContaining('alias/old-reports')]);
  });
});

describe('the story', () => {
  test('mallory schedules, the card comes, alice rescues', async () => {
    const key = await keyNamed('alias/payments-prod');
    const scheduled = await post('/sandbox/aws/ScheduleKeyDeletion', { KeyId: key?.KeyId, PendingWindowInDays: 7 });
    expect(scheduled).toMatchObject({ status: 200, body: { KeyState: 'PendingDeletion' } });
    const card = await until(() => cardOf('alias/payments-prod'));
    expect(await post('/sandbox/slack/click', { channel, ts: card.ts, user: 'gina', action: 'Rescue' })).toMatchObject({
      status: 200,
    });
    await until(async () => (await state()).slack.ephemerals.some(({ user }) => user === 'U0GINA'));
    expect((await keyNamed('alias/payments-prod'))?.KeyState).toBe('PendingDeletion');
    const clicked = await post('/sandbox/slack/click', { channel, ts: card.ts, user: 'alice', action: 'Rescue' });
    expect(clicked).toMatchObject({ status: 200, body: { ok: true } });
    await until(async () => (await keyNamed('alias/payments-prod'))?.KeyState === 'Enabled');
    await until(async () => (await cardOf('alias/payments-prod'))?.text.includes('🟢'));
  });
  test('alice, whose name mallory acts under, is asked once whether it was her', async () => {
    const asked = async () =>
      (await state()).slack.channels
        .filter(({ name }) => name === '@alice')
        .flatMap(({ id, messages }) => messages.map(({ ts, text }) => ({ id, ts, text })))
        .filter(({ text }) => text.includes('Was this you?'));
    const question = await until(async () => (await asked())[0]);
    expect(question.text).toContain('ScheduleKeyDeletion on alias/payments-prod');
    const press = { channel: question.id, ts: question.ts, user: 'alice', action: 'Yes, it was me' };
    expect(await post('/sandbox/slack/click', press)).toMatchObject({ status: 200, body: { ok: true } });
    await until(async () =>
      (await state()).slack.channels.some(
        ({ name, messages: [said] }) => name === '@alice' && said?.text.includes('You said it was you'),
      ),
    );
    expect((await state()).slack.channels.filter(({ name }) => name.startsWith('@') && name !== '@alice')).toEqual([]);
  });
  test('a command answers whoever typed it', async () => {
    const answer = await post('/sandbox/slack/command', { channel, user: 'alice', text: 'status payments-prod' });
    expect(answer).toMatchObject({ status: 200, body: { ok: true } });
    await until(async () =>
      (await state()).slack.ephemerals.some(
        ({ user, ...said }) => user === 'U0ALICE' && JSON.stringify(said).includes('payments-prod'),
      ),
    );
  });
  test('events tell what AWS sent', async () => {
    const sources = (await state()).events.map(({ source }) => source);
    expect(sources).toContain('cloudtrail');
    expect(sources).toContain('eventbridge');
  });
});

describe('codes', () => {
  test.each(['alice', 'bob', 'carol', 'U0ALICE'])('%s gets one', async (user) => {
    expect(await post('/sandbox/totp', { user })).toMatchObject({
      status: 200,
      body: { code: expect.stringMatching(/^\d{6}$/) },
    });
  });
  test.each(['alice', 'bob', 'carol'])('the bot takes the codes of %s, each once', async (user) => {
    const person = { enterprise: '', team: 'T0SANDBOX', user: `U0${user.toUpperCase()}` };
    const code = String((await post('/sandbox/totp', { user })).body.code);
    expect(await sandbox.bot.house.stepUp.verify(person, code)).toEqual({ kind: 'right' });
    expect(await sandbox.bot.house.stepUp.verify(person, code)).toEqual({ kind: 'used' });
  });
  test('a guest gets none', async () => {
    expect(await post('/sandbox/totp', { user: 'gina' })).toMatchObject({
      status: 400,
      body: { error: 'gina is not enrolled for codes; expected one of alice, bob, carol' },
    });
  });
});

describe('faults', () => {
  test('a fault is spent on the calls it names', async () => {
    const fault = { service: 'slack', operation: 'auth.test', mode: 'failBefore', count: 1 };
    expect(await post('/sandbox/fault', fault)).toEqual({ status: 200, body: { ok: true } });
    const { urls } = await state();
    const ask = async () => (await fetch(`${urls.slack}auth.test`, { method: 'POST' })).status;
    expect([await ask(), await ask()]).toEqual([500, 200]);
  });
  test('a wrong one is refused', async () => {
    const { status, body } = await post('/sandbox/fault', {
      service: 'kms',
      operation: 'Nope',
      mode: 'slow',
      count: 1,
    });
    expect(status).toBe(400);
    expect(body.error).toContain('expected * or one of CancelKeyDeletion');
  });
});

describe('KMS answers as itself', () => {
  test('a refusal of the key-state table', async () => {
    const key = await keyNamed('alias/old-reports');
    expect(await post('/sandbox/aws/EnableKey', { KeyId: key?.KeyId })).toMatchObject({
      status: 400,
      body: { __type: expect.stringContaining('KMSInvalidStateException') },
    });
  });
  test('in another account and Region, as somebody else', async () => {
    const headers = {
      'x-sandbox-principal': 'reporting',
      'x-sandbox-account': '444455556666',
      'x-sandbox-region': 'eu-west-1',
    };
    const { body } = await post('/sandbox/aws/ListAliases', {}, headers);
    expect(JSON.stringify(body)).toContain('alias/data-lake');
  });
  test.each([
    ['x-sandbox-account', '12'],
    ['x-sandbox-region', 'west'],
    ['x-sandbox-principal', 'a b'],
  ])('a wrong %s is told', async (header, value) => {
    const { status, body } = await post('/sandbox/aws/ListKeys', {}, { [header]: value });
    expect(status).toBe(400);
    expect(body.error).toContain(header);
  });
});

describe('the door is locked against other sites', () => {
  const ask = (headers: Record<string, string>, method = 'GET', path = '/sandbox/state') =>
    import('node:http').then(
      ({ request }) =>
        new Promise<number | undefined>((resolve, reject) => {
          const asked = request(`${sandbox.url}${path}`, { method, headers }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          });
          asked.on('error', reject).end(method === 'POST' ? '{}' : undefined);
        }),
    );
  test('a rebound name', async () => expect(await ask({ host: 'evil.example:3100' })).toBe(403));
  test('our name', async () => expect(await ask({ host: 'localhost' })).toBe(200));
  test('a foreign origin', async () => {
    const headers = { origin: 'https://evil.example', 'content-type': 'application/json' };
    expect(await ask(headers, 'POST', '/sandbox/aws/ListKeys')).toBe(403);
  });
  test('a body browsers send unasked', async () => {
    expect(await ask({ 'content-type': 'text/plain' }, 'POST', '/sandbox/aws/ListKeys')).toBe(415);
  });
  test('no paths out of the assets', async () => {
    expect(await ask({}, 'GET', '/page/..%2froutes.ts')).toBe(404);
    expect(await ask({}, 'GET', '/page/main.js')).toBe(200);
  });
});

test('bodies that are wrong are told in words', async () => {
  const { status, body } = await post('/sandbox/slack/click', { user: 'alice' });
  expect(status).toBe(400);
  expect(body.error).toContain('action');
});

test('the page is drawn without the script, too', async () => {
  const answer = await fetch(`${sandbox.url}/?as=bob`);
  const html = await answer.text();
  expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(html).toContain('alias/old-reports');
  expect(html).toMatch(/data-handle="bob" aria-current="true"/);
});
