import { expect, test } from 'vitest';
import { codeAt, codesOf } from '../../src/sandbox/totp.ts';

// RFC 6238, appendix B: its eight-digit codes end with the six-digit ones.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at %i seconds the code is %s', (seconds, code) => {
  expect(codeAt(Buffer.from('12345678901234567890'), seconds * 1000)).toBe(code);
});

test('codes asked for at once follow one another, as far as the bot takes them', () => {
  const secret = Buffer.from('12345678901234567890');
  const now = 1_111_111_111_000;
  const at = (steps: number) => codeAt(secret, now + steps * 30_000);
  const next = codesOf(secret);
  expect([next(now), next(now), next(now)]).toEqual([at(0), at(1), at(1)]);
  expect(next(now + 30_000)).toBe(at(2));
  expect(next(now + 300_000)).toBe(at(10));
});
