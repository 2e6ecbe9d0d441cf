import { asText } from '../slack/json.ts';
import type { WorldEvent } from '../world.ts';
import { drawDate } from './dates.ts';
import { type Drawn, tag } from './html.ts';

/** One matter the pager was told of, with when it began and when it was over. */
interface Page {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly since: string;
  readonly over?: string;
  /** What was said of its end. */
  readonly end?: string;
  /** Over because the key is gone. */
  readonly lost?: true;
}

/** What the pager was told, the newest matter last. The same matter may come back: then it is another page. */
export function pagesIn(events: readonly WorldEvent[]): readonly Page[] {
  const pages: Page[] = [];
  for (const { source, detail, at } of events) {
    if (source !== 'pager') continue;
    const id = asText(detail.id) ?? '';
    const open = pages.findLastIndex((page) => page.id === id && page.over === undefined);
    const told = { id, kind: asText(detail.kind) ?? '', summary: asText(detail.summary) ?? '' };
    const known = pages[open];
    if (detail.state !== 'over') {
      if (known === undefined) pages.push({ ...told, since: at });
      else pages[open] = { ...told, since: known.since };
    } else {
      const lost = asText(detail.outcome) === 'deleted' ? ({ lost: true } as const) : {};
      if (known === undefined) pages.push({ ...told, since: at, over: at, ...lost });
      else pages[open] = { ...known, over: at, end: told.summary, ...lost };
    }
  }
  return pages;
}

/** How many matters a pager would still ring for. */
export const ringing = (pages: readonly Page[]): number => pages.filter(({ over }) => over === undefined).length;

/** Draws what the pager was told: what is open first, each the newest first. */
export function drawPager(pages: readonly Page[]): Drawn {
  if (pages.length === 0)
    return tag(
      'p',
      { className: 'empty' },
      'Nobody was paged. That happens when Slack is silent, or nobody in it answers.',
    );
  const newest = [...pages].reverse();
  const sorted = [
    ...newest.filter(({ over }) => over === undefined),
    ...newest.filter(({ over }) => over !== undefined),
  ];
  return tag('ol', { className: 'pages' }, sorted.map(drawPage));
}

function drawPage({ id, kind, summary, since, over, end, lost }: Page): Drawn {
  const key = `${id} ${since}`;
  const badge = over === undefined ? 'open' : lost ? 'lost' : 'over';
  return tag(
    'li',
    { key, 'data-key': key, className: over === undefined ? 'page open' : 'page', 'data-page': id },
    tag('span', { className: badge === 'over' ? 'badge' : 'badge alarm' }, badge),
    tag('b', null, end ?? summary),
    end === undefined ? null : tag('p', { className: 'quiet' }, `was: ${summary}`),
    tag(
      'p',
      { className: 'quiet' },
      `${kind} · since `,
      drawDate(Date.parse(since), '{time_secs}'),
      over === undefined
        ? null
        : [' · over at ', tag('span', { key: 'over' }, drawDate(Date.parse(over), '{time_secs}'))],
    ),
  );
}
