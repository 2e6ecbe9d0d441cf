import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, cutMarkdown, cutPlain, foreign, plainForeign } from '../../../src/adapters/slack/words/text.ts';

describe('foreign text is harmless', () => {
  test.each([
    ['<!channel>', '&lt;!channel&gt;'],
    ['<https://evil|console>', '&lt;https://evil|console&gt;'],
    ['@channel now', '＠channel now'],
    ['@here', '＠here'],
    ['bob@example.com', 'bob@example.com'],
    ['`rm -rf`', 'ˋrm -rfˋ'],
    ['*bold* _odd_ ~gone~', '∗bold∗ ˍoddˍ ∼gone∼'],
    ['alias/orders_archive_2', 'alias/orders_archive_2'],
    ['fine :white_check_mark:', 'fine ꞉white_check_mark:'],
    ['arn:aws:kms:us-west-2:111122223333:key/1', 'arn:aws:kms:us-west-2:111122223333:key/1'],
    ['a & b', 'a &amp; b'],
    ['two\nlines\t\u0000of', 'two lines of'],
    ['right\u202eto\u2066left', 'right to left'],
    ['zero\u200bwidth\ufeff', 'zero width'],
  ])('%j becomes %j', (raw, shown) => expect(foreign(raw)).toBe(shown));

  test('never a control sign, a mention, a link or formatting', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'<>&*_~`:@!#|^ abchanel/\n\u202e\u200b'), maxLength: 300 });
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 300 })), (raw) => {
        const shown = foreign(raw);
        expect(shown).not.toMatch(/[<>*~`\p{Cc}\p{Cf}]/u);
        expect(shown.replace(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
        expect(shown).not.toMatch(/@(?:channel|here|everyone)/i);
        expect(shown.isWellFormed()).toBe(true);
      }),
    );
  });
  test('plain text keeps its signs but no emoji name', () => {
    expect(plainForeign('<a> & :tada:')).toBe('‹a› & ꞉tada:');
    expect(clean('\ud800 lone')).toBe('� lone');
  });
});

describe('cutting', () => {
  test('plain text never inside a character', () => {
    expect(cutPlain('abc', 3)).toBe('abc');
    expect(cutPlain('abcd', 3)).toBe('ab…');
    expect(cutPlain('a🔴🔴', 3)).toBe('a…');
  });
  test('mrkdwn never inside an entity or a token', () => {
    expect(cutMarkdown('abc &amp; def', 8)).toBe('abc …');
    expect(cutMarkdown('at <!date^1^{time}|x> ok', 12)).toBe('at …');
    expect(cutMarkdown('a &lt; b', 8)).toBe('a &lt; b');
  });
  test('is never longer than asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 1, max: 300 }), (raw, most) => {
        expect(cutMarkdown(raw, most).length).toBeLessThanOrEqual(most);
        expect(cutPlain(raw, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});
