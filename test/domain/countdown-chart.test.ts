import { describe, expect, test } from 'vitest';
import { altTextOf, visibleLine } from '../../src/domain/countdown-chart.ts';
import { chartOf, DAY, HOUR, rowIn } from '../adapters/chart/given.ts';

describe('the chart in words', () => {
  test('every key with its moment', () => {
    const rows = [
      rowIn(9 * HOUR + 12 * 60_000 + 59_999),
      rowIn(2 * DAY, { name: 'alias/vault', kind: 'materialExpiry' }),
      rowIn(7 * DAY, { name: 'alias/old', planned: true }),
    ];
    expect(altTextOf(chartOf(rows, { more: 4 }))).toBe(
      'Countdown chart of 3 keys, as of 2026-03-26 08:00 UTC. 4 more end later and are not in it. Soonest: ' +
        'alias/payments-prod (payments · eu-central-1), deleted after 2026-03-26 17:12 UTC; ' +
        'alias/vault (payments · eu-central-1), key material expires 2026-03-28 08:00 UTC; ' +
        'alias/old (payments · eu-central-1), deleted after 2026-04-02 08:00 UTC, planned.',
    );
  });
  test('a family is as many keys as it has', () =>
    expect(altTextOf(chartOf([rowIn(HOUR, { keys: 3 }), rowIn(HOUR)]))).toMatch(/^Countdown chart of 4 keys, as of/));
  test('one key', () => expect(altTextOf(chartOf([rowIn(HOUR)]))).toMatch(/^Countdown chart of 1 key, as of/));
  test('none', () =>
    expect(altTextOf(chartOf([]))).toBe(
      'Countdown chart as of 2026-03-26 08:00 UTC. No key is about to be deleted, and no imported key material is about to expire.',
    ));
  test('whole keys, as many as there is room for', () => {
    const rows = Array.from({ length: 15 }, (_, index) => rowIn(index * DAY));
    const text = altTextOf(chartOf(rows, { more: 9 }));
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(text.length).toBeGreaterThan(850);
    const said = text.match(/deleted after/g)?.length ?? 0;
    expect(text).toMatch(new RegExp(`UTC; ${15 - said} more in the picture\\.$`));
  });
  test.each([
    ['long names', 'x'.repeat(256)],
    ['long names of emoji', '👩‍👩‍👧'.repeat(60)],
    ['halves of signs', '\ud83d'.repeat(256)],
  ])('never longer than Slack takes: %s', (_, name) => {
    const text = altTextOf(chartOf(Array.from({ length: 15 }, () => rowIn(DAY, { name, detail: name }))));
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(text.isWellFormed()).toBe(true);
    expect(text).toContain('deleted after 2026-03-27 08:00 UTC');
  });
  test('a moment that is none is not thrown', () => expect(altTextOf(chartOf([rowIn(Number.NaN)]))).toContain('NaN'));
});

test.each([
  ['a\nb\r\nc\u2028d', 'a b c d'],
  ['alias/\u202egnp\u202c.exe', 'alias/ gnp .exe'],
  ['  a \u0000\u0007 b\ud800 ', 'a b\ufffd'],
  ['مفتاح שלום 日本', 'مفتاح שלום 日本'],
])('one visible line: %j', (text, line) => expect(visibleLine(text)).toBe(line));
