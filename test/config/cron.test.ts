import { expect, it } from 'vitest';
import { isCron } from '../../src/config/cron.ts';

it.each([
  '* * * * *',
  '0 9 * * 1-5',
  '*/15 0-6,18-23 1,15 jan-mar SUN',
  '5/10 9 * * *',
  '0 9 31 12 7',
  '  0  9 * * *  ',
])('%s is a cron expression', (text) => expect(isCron(text)).toBe(true));

it.each([
  '',
  '0 9 * *',
  '0 0 9 * * *',
  '60 * * * *',
  '0 24 * * *',
  '0 0 0 * *',
  '0 0 * 13 *',
  '0 0 * * 8',
  '0 9 * * 5-1',
  '*/0 * * * *',
  '0 9 * * mo',
  '0,, 9 * * *',
  '@daily',
  'a b c d e',
])('%j is none', (text) => expect(isCron(text)).toBe(false));
