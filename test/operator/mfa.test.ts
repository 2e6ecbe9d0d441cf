/** `mfa` as a process, against the emulated Slack and a Redis of its own; only the question at a terminal is asked in here. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { encode } from 'uqr';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redisAudit } from '../../src/adapters/redis/audit.ts';
import { connectRedis, type Store } from '../../src/adapters/redis/connect.ts';
import { KEYS } from '../../src/adapters/redis/keys.ts';
import { redisStepUp } from '../../src/adapters/redis/step-up.ts';
import { createStepUp, type StepUpDesk } from '../../src/adapters/step-up/step-up.ts';
import { forApp } from '../../src/adapters/step-up/totp.ts';
import { sha256 } from '../../src/adapters/system/hash.ts';
import type { AuditEntry } from '../../src/domain/audit.ts';
import type { Person } from '../../src/domain/ids.ts';
import { enrol } from '../../src/operator/mfa-enrol.ts';
import { startSlack } from '../../src/sandbox/slack/slack.ts';
import { codeAt } from '../../src/sandbox/totp.ts';
import type { SlackWorld } from '../../src/sandbox/world.ts';
import { movedClock } from '../clock.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';

const BOT_TOKEN = 'xoxb-token-of-the-tests';
const KEY = Buffer.alloc(32, 1);
const LATER_KEY = Buffer.alloc(32, 2);
const ALICE: Person = { enterprise: '', team: 'T0HOME', user: 'U0ALICE' };

let redis: TestRedis;
let slack: SlackWorld;
let store: Store;
let desk: StepUpDesk;
const clock = movedClock(Date.now());

beforeAll(async () => {
  [redis, slack] = await Promise.all([
    startTestRedis(),
    startSlack({
      clock: { now: Date.now, dayMs: 86_400_000 },
      teamId: 'T0HOME',
      botToken: BOT_TOKEN,
      signingSecret: 'signing-secret-of-the-tests',
      people: [
        { id: 'U0ALICE', handle: 'alice' },
        { id: 'U0BOB', handle: '\u001b[31m\u202ebob' },
        { id: 'U0GINA', handle: 'gina', guest: true },
        { id: 'U0STRANGER', handle: 'stranger', teamId: 'T0OTHER' },
        { id: 'U0ROBOT', handle: 'robot', bot: true },
        { id: 'U0GONE', handle: 'gone', deactivated: true },
      ],
      channels: [],
      userGroups: [],
    }),
  ]);
  store = connectRedis(redis.url);
  await store.whenReady(5_000);
});
beforeEach(async () => {
  await redis.wipe();
  await clock.set(Date.now());
  desk = createStepUp({ store: redisStepUp(store), keys: [KEY], clock });
});
afterAll(async () => {
  await store.close();
  await slack.close();
  await redis.stop();
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the command as an operator does, with the bot's environment; a variable given as '' is not set. */
async function run(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['src/operator.ts', 'mfa', ...words], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redis.url,
      KEYWARDEN_SECRET_KEY: KEY.toString('base64'),
      SLACK_BOT_TOKEN: BOT_TOKEN,
      SLACK_API_URL: slack.apiUrl,
      ...variables,
    },
  });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    error += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, error };
}

const trail = async (): Promise<readonly AuditEntry[]> => {
  const pages = [];
  for await (const page of redisAudit(store, sha256).entries()) pages.push(...page);
  return pages;
};
const secretIn = (out: string): string => {
  const printed = /^Secret: ((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})$/m.exec(out)?.[1];
  if (printed === undefined) throw new Error(`no secret in ${out}`);
  return printed.replaceAll(' ', '');
};
function bytesOf(base32: string): Buffer {
  const bits = [...base32].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
/** The modules of the printed code: two rows in each line of half blocks. */
function modulesIn(out: string): readonly (readonly boolean[])[] {
  const colours = ['\u001b[38;5;16;48;5;231m', '\u001b[0m'] as const;
  const lines = out
    .split('\n')
    .filter((line) => line.startsWith(colours[0]) && line.endsWith(colours[1]))
    .map((line) => [...line.slice(colours[0].length, -colours[1].length)]);
  return lines.flatMap((line) => [line.map((half) => '█▀'.includes(half)), line.map((half) => '█▄'.includes(half))]);
}
async function lock(person: Person): Promise<void> {
  for (let n = 0; n < 5; n++) await desk.verify(person, 'no code');
}

describe('enrol', () => {
  test('prints a QR code and a secret whose codes count, once', async () => {
    const ended = await run(['enrol', 'U0ALICE']);
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(ended.out).toContain('alice (U0ALICE, workspace T0HOME) is enrolled.');
    expect(ended.out).toContain('No first code was checked');
    const secret = bytesOf(secretIn(ended.out));
    expect(secret).toHaveLength(20);
    const { data } = encode(forApp('alice', secret).uri, { ecc: 'L', border: 4 });
    expect(modulesIn(ended.out).slice(0, data.length)).toEqual(data);
    const code = codeAt(secret, clock.now());
    expect(await desk.verify(ALICE, code)).toEqual({ kind: 'right' });
    expect(await desk.verify(ALICE, code)).toEqual({ kind: 'used' });
  });
  test('leaves a trace that holds no secret, and tells Slack nothing', async () => {
    const { out } = await run(['enrol', 'U0ALICE']);
    const entries = await trail();
    expect(entries).toMatchObject([{ kind: 'enrolled', actor: { via: 'terminal' }, person: '/T0HOME/U0ALICE' }]);
    const secret = secretIn(out);
    const told = JSON.stringify([entries, slack.channels(), slack.views(), slack.ephemerals()]);
    expect(told).not.toContain(secret);
    expect(told).not.toContain(bytesOf(secret).toString('hex'));
  });
  test('again: another secret, no lock, and it says that the old entry is dead', async () => {
    const first = await run(['enrol', 'U0ALICE']);
    await lock(ALICE);
    const second = await run(['enrol', 'U0ALICE']);
    expect(second.out).toContain('no longer works');
    const [before, after] = [bytesOf(secretIn(first.out)), bytesOf(secretIn(second.out))];
    expect(await desk.verify(ALICE, codeAt(before, clock.now()))).toMatchObject({ kind: 'wrong' });
    expect(await desk.verify(ALICE, codeAt(after, clock.now()))).toEqual({ kind: 'right' });
  });
  test('a name from Slack cannot write on the terminal', async () => {
    const { out } = await run(['enrol', 'U0BOB']);
    expect(out).toContain('[31mbob (U0BOB');
    expect(out).not.toContain('\u001b[31m');
    expect(out).not.toContain('\u202e');
  });
  test.each([
    ['U0GINA', 'guest'],
    ['U0STRANGER', 'another'],
    ['U0ROBOT', 'bot'],
    ['U0GONE', 'deactivated'],
    ['U0NOBODY', 'no such member'],
  ])('%s is refused: %s', async (user, why) => {
    const ended = await run(['enrol', user]);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain(why);
    expect(await desk.list()).toEqual([]);
    expect(await trail()).toEqual([]);
  });
  test.each([['alice'], ['@alice'], ['alice@example.com'], ['C0INCIDENT'], ['']])(
    '%j is no member id',
    async (user) => {
      const ended = await run(['enrol', user]);
      expect(ended).toMatchObject({ code: 1, out: '' });
      expect(ended.error).toContain('Slack member id');
    },
  );
  test.each([
    ['U0ALICE', 'one enrolment'],
    ['U0BOB', 'one enrolment'],
    ['U0BOB', '2 enrolments', { ...ALICE, user: 'U0CAROL' }],
  ])(
    'with a key that is not the bot’s, %s is refused and nothing changes: %s',
    async (user, counted, other?: Person) => {
      await desk.enrol(ALICE, 'alice', KEY.subarray(0, 20));
      if (other !== undefined) await desk.enrol(other, 'carol');
      const before = await redisStepUp(store).list();
      const ended = await run(['enrol', user], { KEYWARDEN_SECRET_KEY: LATER_KEY.toString('base64') });
      expect(ended).toMatchObject({ code: 1, out: '' });
      for (const part of ['not the bot’s key', counted, 'mfa remove', 'Nothing was changed.'])
        expect(ended.error).toContain(part);
      expect(await redisStepUp(store).list()).toEqual(before);
      expect(await trail()).toEqual([]);
      expect(await desk.verify(ALICE, codeAt(KEY.subarray(0, 20), clock.now()))).toEqual({ kind: 'right' });
    },
  );
  test('with a lost key: once the old enrolments are removed, a new key enrols', async () => {
    await desk.enrol(ALICE, 'alice');
    const fresh = { KEYWARDEN_SECRET_KEY: LATER_KEY.toString('base64') };
    expect(await run(['remove', 'U0ALICE'], fresh)).toMatchObject({ code: 0 });
    expect(await run(['enrol', 'U0ALICE'], fresh)).toMatchObject({ code: 0, error: '' });
  });
  test.each([
    ['the keys of a rotation', [LATER_KEY, KEY]],
    ['the last key of one, while somebody has not moved on', [LATER_KEY]],
  ])('with %s it works', async (_title, keys) => {
    const later = createStepUp({ store: redisStepUp(store), keys: [LATER_KEY], clock });
    await desk.enrol(ALICE, 'alice');
    if (!keys.includes(KEY)) await later.enrol({ ...ALICE, user: 'U0CAROL' }, 'carol');
    const words = keys.map((key) => key.toString('base64')).join(',');
    const ended = await run(['enrol', 'U0ALICE'], { KEYWARDEN_SECRET_KEY: words });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(await later.verify(ALICE, codeAt(bytesOf(secretIn(ended.out)), clock.now()))).toEqual({ kind: 'right' });
  });
  test('without the key or the token it names both, and what to do', async () => {
    const ended = await run(['enrol', 'U0ALICE'], { KEYWARDEN_SECRET_KEY: '', SLACK_BOT_TOKEN: '' });
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain('KEYWARDEN_SECRET_KEY');
    expect(ended.error).toContain('openssl rand -base64 32');
    expect(ended.error).toContain('SLACK_BOT_TOKEN');
  });
  test('without Slack nobody is enrolled', async () => {
    const ended = await run(['enrol', 'U0ALICE'], { SLACK_API_URL: 'http://127.0.0.1:9/api/' });
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain('Slack');
    expect(await desk.list()).toEqual([]);
  });
  test('without a trail nobody is enrolled, and no secret is shown', async () => {
    await desk.enrol(ALICE, 'alice', KEY.subarray(0, 20));
    await redis.command('SET', KEYS.audit, 'no trail');
    const ended = await run(['enrol', 'U0ALICE']);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain('audit trail cannot be written');
    expect(ended.error).toContain('The earlier enrolment still counts.');
    expect(await desk.verify(ALICE, codeAt(KEY.subarray(0, 20), clock.now()))).toEqual({ kind: 'right' });
  });
});

describe('enrol where somebody sits at the terminal', () => {
  /** Types the answers one after the other; a function is given the secret that stands on the screen. */
  async function sit(answers: readonly (string | undefined | ((secret: Buffer) => string))[]) {
    const printed: string[] = [];
    const refused: string[] = [];
    let asked = 0;
    const code = await enrol({
      at: { desk, audit: redisAudit(store, sha256), clock },
      person: ALICE,
      name: 'alice',
      ask: async () => {
        const answer = answers[asked++];
        return typeof answer === 'function' ? answer(bytesOf(secretIn(printed.join('\n')))) : answer;
      },
      print: (line) => void printed.push(line),
      refuse: (line) => refused.push(line),
    });
    return { code, asked, out: printed.join('\n'), error: refused.join('\n') };
  }
  const right = (secret: Buffer): string => codeAt(secret, clock.now());

  test('the first right code enrols, and is used up', async () => {
    const { code, asked, out } = await sit(['nonsense', right]);
    expect([code, asked]).toEqual([0, 2]);
    expect(out).toContain('2 more tries');
    expect(out).toContain('is enrolled');
    const secret = bytesOf(secretIn(out));
    expect(await desk.verify(ALICE, right(secret))).toEqual({ kind: 'used' });
    await clock.advance(30_000);
    expect(await desk.verify(ALICE, right(secret))).toEqual({ kind: 'right' });
    expect(await trail()).toMatchObject([{ kind: 'enrolled' }]);
  });
  test('three wrong ones take it back', async () => {
    const { code, asked, error } = await sit(['nonsense', '', '12345']);
    expect([code, asked]).toEqual([1, 3]);
    expect(error).toContain('taken back. Nobody was enrolled.');
    expect(await desk.list()).toEqual([]);
    expect(await trail()).toEqual([]);
  });
  test('an earlier enrolment outlives a scan that failed', async () => {
    await desk.enrol(ALICE, 'alice', KEY.subarray(0, 20));
    const { code, error } = await sit(['nonsense', '', '12345']);
    expect(code).toBe(1);
    expect(error).toContain('The earlier enrolment still counts.');
    expect(await desk.verify(ALICE, right(KEY.subarray(0, 20)))).toEqual({ kind: 'right' });
  });
  test('whoever leaves enrols nobody', async () => {
    const { code, asked } = await sit([undefined]);
    expect([code, asked]).toEqual([1, 1]);
    expect(await desk.list()).toEqual([]);
  });
  test('without a trail nothing is shown or asked', async () => {
    await redis.command('SET', KEYS.audit, 'no trail');
    const { code, asked, out, error } = await sit([right]);
    expect([code, asked, out]).toEqual([1, 0, '']);
    expect(error).toContain('audit trail cannot be written');
  });
});

describe('list, unlock and remove', () => {
  test('say who is enrolled, open a lock, and end an enrolment, each with its trace', async () => {
    expect((await run(['list'])).out).toContain('Nobody is enrolled');
    await desk.enrol(ALICE, 'alice', KEY.subarray(0, 20));
    await lock(ALICE);
    const locked = await run(['list']);
    expect(locked).toMatchObject({ code: 0, error: '' });
    expect(locked.out).toMatch(
      /^U0ALICE {2}T0HOME {2}alice · enrolled .* UTC · 5 wrong codes in a row · locked until .* UTC$/m,
    );
    expect(await run(['unlock', 'U0ALICE'])).toMatchObject({ code: 0, error: '' });
    expect((await run(['list'])).out).not.toMatch(/locked|wrong/);
    expect(await desk.verify(ALICE, codeAt(KEY.subarray(0, 20), clock.now()))).toEqual({ kind: 'right' });
    expect(await run(['remove', 'U0ALICE'])).toMatchObject({ code: 0, error: '' });
    expect(await desk.isEnrolled(ALICE)).toBe(false);
    expect(await trail()).toMatchObject([
      { kind: 'unlocked', actor: { via: 'terminal' }, person: '/T0HOME/U0ALICE' },
      { kind: 'unenrolled', actor: { via: 'terminal' }, person: '/T0HOME/U0ALICE' },
    ]);
  });
  test('need neither Slack nor the key', async () => {
    await desk.enrol(ALICE, 'alice');
    const without = { KEYWARDEN_SECRET_KEY: '', SLACK_BOT_TOKEN: '', SLACK_API_URL: '' };
    const { out } = await run(['list'], without);
    expect(out).toContain('KEYWARDEN_SECRET_KEY is not set');
    expect(out).not.toContain('does not hold');
    expect(await run(['unlock', 'U0ALICE'], without)).toMatchObject({ code: 0, error: '' });
    expect(await run(['remove', 'U0ALICE'], without)).toMatchObject({ code: 0, error: '' });
  });
  test('tell of a key that is not there', async () => {
    await desk.enrol(ALICE, 'alice');
    const { out } = await run(['list'], { KEYWARDEN_SECRET_KEY: LATER_KEY.toString('base64') });
    expect(out).toContain('encrypted with a key that KEYWARDEN_SECRET_KEY here does not hold');
  });
  test('tell during a rotation who still needs the second key', async () => {
    await desk.enrol(ALICE, 'alice');
    const both = { KEYWARDEN_SECRET_KEY: [LATER_KEY, KEY].map((key) => key.toString('base64')).join(',') };
    const { out } = await run(['list'], both);
    expect(out).toContain('encrypted with the second key');
    expect(out).toContain('1 of 1 still need the second key');
  });
  test.each(['unlock', 'remove'])('%s refuses who is not enrolled', async (command) => {
    const ended = await run([command, 'U0ALICE']);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain('is not enrolled');
    expect(await trail()).toEqual([]);
  });
  test.each(['unlock', 'remove'])('%s does nothing without a trail', async (command) => {
    await desk.enrol(ALICE, 'alice');
    await lock(ALICE);
    await redis.command('SET', KEYS.audit, 'no trail');
    expect((await run([command, 'U0ALICE'])).error).toContain('audit trail cannot be written');
    expect(await desk.list()).toMatchObject([{ person: ALICE, failures: 5 }]);
  });
  test.each([[[]], [['enroll', 'U0ALICE']]])('%j is no command', async (words) => {
    const ended = await run(words);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain('enrol <member id>, list, unlock <member id>, remove <member id>');
  });
});

test.each([['enrol', 'U0ALICE'], ['list'], ['unlock', 'U0ALICE'], ['remove', 'U0ALICE']])(
  'without Redis %s ends within ten seconds, with a sentence',
  async (...words) => {
    const started = performance.now();
    const ended = await run(words, { REDIS_URL: 'redis://someone:canary@127.0.0.1:9' });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.error).toContain('Redis does not answer');
    expect(ended.error).not.toMatch(/canary|\n\s+at /);
  },
);
