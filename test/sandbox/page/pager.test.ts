import { describe, expect, test } from 'vitest';
import { drawEvents } from '../../../src/sandbox/page/events.ts';
import { print } from '../../../src/sandbox/page/html.ts';
import { drawPager, pagesIn, ringing } from '../../../src/sandbox/page/pager.ts';
import type { WorldEvent } from '../../../src/sandbox/world.ts';

const at = (minute: number) => `2026-01-02T09:0${minute}:00.000Z`;
const told = (minute: number, id: string, state: 'open' | 'over', summary = `about ${id}`): WorldEvent => ({
  at: at(minute),
  source: 'pager',
  detail: { id, state, kind: 'unposted', summary, at: at(minute) },
});
const other: WorldEvent = { at: at(0), source: 'cloudtrail', detail: { eventName: 'DisableKey', id: 'a' } };

describe('what the pager was told', () => {
  test('each matter once, with its newest words, from when to when', () => {
    const pages = pagesIn([
      other,
      told(1, 'a', 'open'),
      told(2, 'b', 'open'),
      told(3, 'a', 'open', 'still a'),
      told(4, 'b', 'over'),
    ]);
    expect(pages).toEqual([
      { id: 'a', kind: 'unposted', summary: 'still a', since: at(1) },
      { id: 'b', kind: 'unposted', summary: 'about b', since: at(2), over: at(4), end: 'about b' },
    ]);
    expect(ringing(pages)).toBe(1);
  });
  test('a matter that comes back rings again', () => {
    const pages = pagesIn([told(1, 'a', 'open'), told(2, 'a', 'over'), told(3, 'a', 'open')]);
    expect(pages).toMatchObject([{ since: at(1), over: at(2) }, { since: at(3) }]);
    expect(ringing(pages)).toBe(1);
  });
  test('an end whose beginning was forgotten is shown as one', () => {
    expect(pagesIn([told(1, 'a', 'over')])).toMatchObject([{ id: 'a', since: at(1), over: at(1) }]);
  });
});

describe('the panel', () => {
  test('what is open stands first, each the newest first', () => {
    const html = print(
      drawPager(
        pagesIn([
          told(1, 'a', 'open'),
          told(2, 'b', 'open'),
          told(3, 'c', 'open'),
          told(4, 'b', 'over'),
          told(5, 'd', 'open'),
          told(6, 'd', 'over'),
        ]),
      ),
    );
    expect([...html.matchAll(/data-page="(\w)"/g)].map(([, id]) => id)).toEqual(['c', 'a', 'd', 'b']);
    expect(html.match(/>open</g)).toHaveLength(2);
    expect(html.match(/>over</g)).toHaveLength(2);
  });
  test('a deleted key does not look fine: what was said of the end, and an alarm', () => {
    const over = told(2, 'a', 'over', 'LOST, KMS has deleted the key');
    const events = [told(1, 'a', 'open'), { ...over, detail: { ...over.detail, outcome: 'deleted' } }];
    const html = print(drawPager(pagesIn(events)));
    expect(html).toContain('badge alarm">lost<');
    expect(html).toContain('<b>LOST, KMS has deleted the key</b>');
    expect(html).toContain('was: about a');
    expect(html).not.toContain('>over<');
    expect(ringing(pagesIn(events))).toBe(0);
  });
  test('says that nobody was paged', () => expect(print(drawPager([]))).toContain('Nobody was paged'));
  test('what it was told stays text', () => {
    const hostile = '<script>alert(1)</script>';
    expect(print(drawPager(pagesIn([told(1, hostile, 'open', hostile)])))).not.toContain('<script');
  });
});

test('among the events a page stands out, and its end does not', () => {
  const html = print(drawEvents([told(1, 'a', 'open'), told(2, 'a', 'over')], new Map()));
  expect(html).toMatch(/badge alarm">pager<\/span><span class="what bad">open · about a</);
  expect(html).toMatch(/badge pager">pager<\/span><span class="what">over · about a</);
});
