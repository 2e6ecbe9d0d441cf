/** Step-up codes on a real Redis: each counts once, guessing is locked out, keys rotate, secrets stay secret. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { redisStepUp } from '../../../src/adapters/redis/step-up.ts';
import { createStepUp, type StepUpDesk } from '../../../src/adapters/step-up/step-up.ts';
import { type Person, personKey } from '../../../src/domain/ids.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { codeAt } from '../../../src/sandbox/totp.ts';
import { type MovedClock, movedClock } from '../../clock.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

const [STEP, MINUTE, HOUR] = [30_000, 60_000, 3_600_000];
const T0 = Date.UTC(2026, 2, 14, 9, 0, 0);
const ALICE: Person = { enterprise: '', team: 'T0HOME', user: 'U0ALICE' };
const BOB: Person = { enterprise: 'E0ORG', team: 'T0HOME', user: 'U0BOB' };
const secret = Buffer.from('12345678901234567890');
const key = (byte: number) => Buffer.alloc(32, byte);

let server: TestRedis;
let store: Store;
let other: Store;
let clock: MovedClock;
let stepUp: StepUpDesk;

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  other = connectRedis(server.url);
  await Promise.all([store.whenReady(5_000), other.whenReady(5_000)]);
});
beforeEach(async () => {
  await server.wipe();
  clock = movedClock(T0);
  stepUp = desk([key(1)]);
});
afterAll(async () => {
  await Promise.all([store.close(), other.close()]);
  await server.stop();
});

const desk = (keys: readonly Uint8Array[], connection = store): StepUpDesk =>
  createStepUp({ store: redisStepUp(connection), keys, clock });
const code = (steps = 0): string => codeAt(secret, clock.now() + steps * STEP);
/** Right in no step around here. */
function wrong(): string {
  const near = [-2, -1, 0, 1, 2].map(code);
  const found = ['000000', '111111', '222222', '333333', '444444', '555555'].find((one) => !near.includes(one));
  if (found === undefined) throw new Error('no wrong code is left');
  return found;
}
const guess = (person = ALICE) => stepUp.verify(person, wrong());
async function guessUntilLocked(): Promise<void> {
  for (let n = 0; n < 5; n++) await guess();
}

describe('each code counts once', () => {
  beforeEach(() => stepUp.enrol(ALICE, 'alice', secret));

  test('the same code again is used, the next one is right', async () => {
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'right' });
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'used' });
    await clock.advance(STEP);
    expect(await stepUp.verify(ALICE, code(-1))).toEqual({ kind: 'used' });
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'right' });
  });
  test('after the code of the next step the one of this step is used, too', async () => {
    expect(await stepUp.verify(ALICE, code(1))).toEqual({ kind: 'right' });
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'used' });
    expect(await stepUp.verify(ALICE, code(-1))).toEqual({ kind: 'used' });
  });
  test('two steps away is wrong', async () => {
    expect(await stepUp.verify(ALICE, code(-2))).toEqual({ kind: 'wrong', left: 4 });
    expect(await stepUp.verify(ALICE, code(2))).toEqual({ kind: 'wrong', left: 3 });
  });
  test('a used code is no failure, and does not make up for failures', async () => {
    await stepUp.verify(ALICE, code());
    expect(await guess()).toEqual({ kind: 'wrong', left: 4 });
    for (let n = 0; n < 10; n++) expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'used' });
    expect(await guess()).toEqual({ kind: 'wrong', left: 3 });
  });
  test('of fifty at the same moment, on two connections, one is right', async () => {
    const desks = [stepUp, desk([key(1)], other)];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => desks[n % 2]?.verify(ALICE, code())));
    expect(answers.filter((answer) => answer?.kind === 'right')).toHaveLength(1);
    expect(answers.filter((answer) => answer?.kind === 'used')).toHaveLength(49);
  });
  test('a code is good for nobody else', async () => {
    await stepUp.enrol(BOB, 'bob');
    expect(await stepUp.verify(BOB, code())).toMatchObject({ kind: 'wrong' });
    expect(await stepUp.verify({ ...ALICE, team: 'T0OTHER' }, code())).toEqual({ kind: 'notEnrolled' });
    expect(await stepUp.verify({ ...ALICE, enterprise: 'E0ORG' }, code())).toEqual({ kind: 'notEnrolled' });
  });
});

describe('guessing is locked out', () => {
  beforeEach(() => stepUp.enrol(ALICE, 'alice', secret));

  test('the fifth wrong code locks for 15 minutes, further ones for an hour, then a day each', async () => {
    const answers = [await guess(), await guess(), await guess(), await guess()];
    expect(answers.map((answer) => answer.kind === 'wrong' && answer.left)).toEqual([4, 3, 2, 1]);
    for (const lasts of [15 * MINUTE, HOUR, 24 * HOUR, 24 * HOUR]) {
      const until = clock.now() + lasts;
      expect(await guess()).toEqual({ kind: 'locked', until, fresh: true });
      expect(await guess()).toEqual({ kind: 'locked', until, fresh: false });
      await clock.advance(lasts - 1);
      expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'locked', until, fresh: false });
      await clock.advance(1);
    }
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'right' });
    expect(await guess()).toEqual({ kind: 'wrong', left: 4 });
  });
  test('while it holds a right code is not used up', async () => {
    await guessUntilLocked();
    await clock.advance(15 * MINUTE - 10_000);
    const early = code();
    expect(await stepUp.verify(ALICE, early)).toMatchObject({ kind: 'locked' });
    await clock.advance(10_000);
    expect(await stepUp.verify(ALICE, early)).toEqual({ kind: 'right' });
  });
  test('while it holds nothing is compared: the secret is not even opened', async () => {
    await guessUntilLocked();
    expect(await desk([key(2)]).verify(ALICE, code())).toMatchObject({ kind: 'locked', fresh: false });
    await clock.advance(15 * MINUTE);
    expect(await desk([key(2)]).verify(ALICE, code())).toMatchObject({ kind: 'unavailable' });
  });
  test('a right code in between begins the count anew', async () => {
    for (let n = 0; n < 4; n++) await guess();
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'right' });
    expect(await guess()).toEqual({ kind: 'wrong', left: 4 });
  });
  test('what is no code counts like a wrong one', async () => {
    for (const typed of ['', '12345', 'abcdef', '1234567']) await stepUp.verify(ALICE, typed);
    expect(await stepUp.verify(ALICE, '12 34')).toMatchObject({ kind: 'locked', fresh: true });
  });
  test('a hundred guesses at the same moment get five answers, and one lock', async () => {
    const desks = [stepUp, desk([key(1)], other)];
    const wrongOne = wrong();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => desks[n % 2]?.verify(ALICE, wrongOne)));
    const left = answers.map((answer) => (answer?.kind === 'wrong' ? answer.left : 0)).filter((n) => n > 0);
    expect(left.sort()).toEqual([1, 2, 3, 4]);
    expect(answers.filter((answer) => answer?.kind === 'locked' && answer.fresh)).toHaveLength(1);
    expect(answers.filter((answer) => answer?.kind === 'locked')).toHaveLength(96);
  });
  test('the right one among a hundred guesses does not pass a lock that came first', async () => {
    const wrongOne = wrong();
    const guesses = Array.from({ length: 99 }, () => stepUp.verify(ALICE, wrongOne));
    expect(await stepUp.verify(ALICE, code())).toMatchObject({ kind: 'locked' });
    await Promise.all(guesses);
  });
  test('the operator unlocks; a used code stays used', async () => {
    await stepUp.verify(ALICE, code());
    await guessUntilLocked();
    expect(await stepUp.list()).toMatchObject([{ failures: 5, lockedUntil: T0 + 15 * MINUTE }]);
    expect(await stepUp.unlock(ALICE)).toBe(true);
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'used' });
    expect(await guess()).toEqual({ kind: 'wrong', left: 4 });
    expect(await stepUp.unlock(BOB)).toBe(false);
  });
  test('so does enrolling again, with another secret', async () => {
    await guessUntilLocked();
    const fresh = await stepUp.enrol(ALICE, 'alice');
    expect(fresh).toMatchObject({ kind: 'enrolled' });
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'wrong', left: 4 });
    expect(await stepUp.list()).toMatchObject([{ failures: 1 }]);
  });
  test('one person’s lock is nobody else’s', async () => {
    await stepUp.enrol(BOB, 'bob', secret);
    await guessUntilLocked();
    expect(await stepUp.verify(BOB, code())).toEqual({ kind: 'right' });
  });
  test('an attempt at an earlier secret counts nothing', async () => {
    const memory = redisStepUp(store);
    const before = await memory.get(ALICE);
    await stepUp.enrol(ALICE, 'alice', secret);
    const attempt = { enrolment: before?.id ?? '', now: T0, lockAfter: 1, locks: [HOUR] };
    expect(await memory.settle(ALICE, attempt)).toEqual({ kind: 'changed' });
    expect(await stepUp.list()).toMatchObject([{ failures: 0 }]);
  });
});

describe('who is enrolled', () => {
  test('nobody, then some, then one less', async () => {
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'notEnrolled' });
    expect(await stepUp.isEnrolled(ALICE)).toBe(false);
    const enrolled = await stepUp.enrol(ALICE, 'alice', secret);
    expect(enrolled).toMatchObject({ kind: 'enrolled', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' });
    await clock.advance(HOUR);
    await stepUp.enrol(BOB, 'bob');
    expect(await stepUp.list()).toEqual([
      { person: ALICE, name: 'alice', enrolledAt: T0, failures: 0, sealedBy: 'firstKey' },
      { person: BOB, name: 'bob', enrolledAt: T0 + HOUR, failures: 0, sealedBy: 'firstKey' },
    ]);
    expect(await stepUp.isEnrolled(ALICE)).toBe(true);
    expect([await stepUp.unenrol(ALICE), await stepUp.unenrol(ALICE)]).toEqual([true, false]);
    expect(await stepUp.verify(ALICE, code())).toEqual({ kind: 'notEnrolled' });
    expect(await stepUp.list()).toMatchObject([{ person: BOB }]);
  });
  test('an enrolment does not expire', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    await guessUntilLocked();
    expect(await server.command('PTTL', KEYS.stepUp(personKey(ALICE)))).toBe(-1);
    expect(await server.command('PTTL', KEYS.stepUpPeople)).toBe(-1);
  });
});

describe('the key', () => {
  test('missing: nothing is enrolled or checked, and it says what to do', async () => {
    const keyless = desk([]);
    const message = expect.stringMatching(/KEYWARDEN_SECRET_KEY is not set.*openssl rand/) as string;
    expect(await keyless.enrol(ALICE, 'alice')).toEqual({ kind: 'unavailable', message });
    expect(await keyless.verify(ALICE, '000000')).toEqual({ kind: 'unavailable', message });
    await stepUp.enrol(ALICE, 'alice', secret);
    expect(await keyless.isEnrolled(ALICE)).toBe(true);
    expect(await keyless.list()).toMatchObject([{ person: ALICE, sealedBy: 'missingKey' }]);
  });
  test('rotated: the next code re-encrypts, then the old one may go', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    await guess();
    const during = desk([key(2), key(1)]);
    expect(await during.list()).toMatchObject([{ sealedBy: 'oldKey' }]);
    expect(await desk([key(2)]).verify(ALICE, code())).toEqual({
      kind: 'unavailable',
      message: expect.stringMatching(/another key .*separated by a comma.*mfa enrol U0ALICE/) as string,
    });
    expect(await during.verify(ALICE, wrong())).toEqual({ kind: 'wrong', left: 3 });
    expect(await during.list()).toMatchObject([{ sealedBy: 'firstKey', enrolledAt: T0, failures: 2 }]);
    expect(await desk([key(2)]).verify(ALICE, code())).toEqual({ kind: 'right' });
    expect(await stepUp.verify(ALICE, code())).toMatchObject({ kind: 'unavailable' });
  });
  test('rotated under a crowd: still one right code, and one secret', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    const desks = [desk([key(2), key(1)]), desk([key(2), key(1)], other)];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => desks[n % 2]?.verify(ALICE, code())));
    expect(answers.filter((answer) => answer?.kind === 'right')).toHaveLength(1);
    expect(answers.filter((answer) => answer?.kind === 'used')).toHaveLength(49);
    await clock.advance(STEP);
    expect(await desk([key(2)]).verify(ALICE, code())).toEqual({ kind: 'right' });
  });
  test('an attempt that cannot be compared is not counted', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    for (let n = 0; n < 6; n++) await desk([key(2)]).verify(ALICE, wrong());
    expect(await stepUp.list()).toMatchObject([{ failures: 0 }]);
  });
});

describe('whoever can write to Redis', () => {
  const field = (person: Person, name: string) => server.command('HGET', KEYS.stepUp(personKey(person)), name);

  test('cannot put one person’s secret under another’s name', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    await stepUp.enrol(BOB, 'bob');
    await server.command('HSET', KEYS.stepUp(personKey(BOB)), 'sealed', String(await field(ALICE, 'sealed')));
    expect(await stepUp.verify(BOB, code())).toEqual({
      kind: 'unavailable',
      message: expect.stringMatching(/does not open.*mfa enrol U0BOB/) as string,
    });
  });
  test('nor rename the whole enrolment', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    await server.command('RENAME', KEYS.stepUp(personKey(ALICE)), KEYS.stepUp(personKey(BOB)));
    expect(await stepUp.verify(BOB, code())).toMatchObject({ kind: 'unavailable' });
  });
  test('nor change a bit of it', async () => {
    await stepUp.enrol(ALICE, 'alice', secret);
    const sealed = String(await field(ALICE, 'sealed'));
    const middle = Math.floor(sealed.length / 2);
    const changed = `${sealed.slice(0, middle)}${sealed[middle] === 'A' ? 'B' : 'A'}${sealed.slice(middle + 1)}`;
    await server.command('HSET', KEYS.stepUp(personKey(ALICE)), 'sealed', changed);
    expect(await stepUp.verify(ALICE, code())).toMatchObject({ kind: 'unavailable' });
  });
  test('never sees a secret, a key or a code: not in a value, not in what was written to disk', async () => {
    const enrolled = await stepUp.enrol(ALICE, 'alice');
    if (enrolled.kind !== 'enrolled') throw new Error('not enrolled');
    await stepUp.enrol(BOB, 'bob', secret);
    await stepUp.verify(BOB, code());
    await stepUp.verify(BOB, wrong());
    await desk([key(2), key(1)]).verify(BOB, code(1));
    const files = await readdir(server.directory, { recursive: true, withFileTypes: true });
    const written = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
    );
    const all = written.join('\n');
    expect(all).toContain(KEYS.stepUp(personKey(BOB)));
    const texts = (bytes: Buffer) =>
      (['latin1', 'hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding));
    const hidden = [...texts(secret), ...texts(key(1)), ...texts(key(2)), enrolled.secret, 'GEZDGNBVGY3TQOJQ'];
    for (const text of hidden) expect(all.toLowerCase()).not.toContain(text.toLowerCase());
    // As words of their own: a random id may hold any six digits.
    for (const typed of [code(), wrong(), code(1)]) expect(all).not.toMatch(new RegExp(`\\b${typed}\\b`));
  });
});

test('without Redis it is a lost dependency', async () => {
  const lonely = connectRedis('redis://127.0.0.1:9');
  try {
    const away = desk([key(1)], lonely);
    await expect(away.verify(ALICE, code())).rejects.toThrow(StoreUnavailable);
    await expect(away.enrol(ALICE, 'alice')).rejects.toThrow(StoreUnavailable);
    await expect(away.list()).rejects.toThrow(StoreUnavailable);
  } finally {
    await lonely.close();
  }
});
