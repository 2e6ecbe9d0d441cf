import { expect, test } from 'vitest';
import { codeAt } from '../../src/sandbox/totp.ts';

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
