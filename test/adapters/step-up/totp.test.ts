/** The codes themselves: the vectors of RFC 6238, the window, and what is no code. */
import { describe, expect, test } from 'vitest';
import { drawSecret, forApp, stepOf } from '../../../src/adapters/step-up/totp.ts';
import { codeAt } from '../../../src/sandbox/totp.ts';

const secret = Buffer.from('12345678901234567890');
const STEP = 30_000;
const NOW = 1_111_111_111_000;
const AT = Math.floor(NOW / STEP);

describe('RFC 6238, appendix B: its eight-digit codes end with the six-digit ones', () => {
  test.each([
    [59, '287082', 0x1],
    [1_111_111_109, '081804', 0x23523ec],
    [1_111_111_111, '050471', 0x23523ed],
    [1_234_567_890, '005924', 0x273ef07],
    [2_000_000_000, '279037', 0x3f940aa],
    [20_000_000_000, '353130', 0x27bc86aa],
  ])('at %i seconds %s is the code of step %i', (seconds, code, step) => {
    expect(stepOf(secret, code, seconds * 1_000)).toBe(step);
  });
});

describe('the window is one step to either side', () => {
  test.each([
    [-2, undefined],
    [-1, AT - 1],
    [0, AT],
    [1, AT + 1],
    [2, undefined],
  ])('%i steps away: %s', (away, step) => {
    expect(stepOf(secret, codeAt(secret, NOW + away * STEP), NOW)).toBe(step);
  });
});

describe('what is typed', () => {
  test.each(['050471', '050 471', ' 050471 ', '0 5 0 4 7 1', '050\u00a0471'])('%j is the code', (typed) => {
    expect(stepOf(secret, typed, NOW)).toBe(AT);
  });
  test.each(['', ' ', '50471', '0050471', '05047l', '05-0471', '+50471', '0x5047', '５０４７１０', '050471\u0000'])(
    '%j is none',
    (typed) => expect(stepOf(secret, typed, NOW)).toBeUndefined(),
  );
});

describe('what an app is given', () => {
  test('issuer, name and 160 bits, with the form left to every app’s usual one', () => {
    const { uri, base32 } = forApp('Alice Ångström: on call', secret);
    expect(base32).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const url = new URL(uri);
    expect(decodeURIComponent(`${url.host}${url.pathname}`)).toBe('totp/Keywarden:Alice Ångström: on call');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'Keywarden',
      secret: base32,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
  test('a new secret each time', () => {
    const drawn = Array.from({ length: 20 }, drawSecret);
    expect(drawn.every((one) => one.length === 20)).toBe(true);
    expect(new Set(drawn.map((one) => Buffer.from(one).toString('hex'))).size).toBe(20);
  });
});
