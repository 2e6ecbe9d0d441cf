import { asObject, asObjects, asText } from '../slack/json.ts';
import type { WorldEvent } from '../world.ts';
import { drawDate } from './dates.ts';
import { type Drawn, tag } from './html.ts';

const mostShown = 80;

/** Draws what AWS sent and noticed, newest first; each opens to what was really sent. */
export function drawEvents(events: readonly WorldEvent[]): Drawn {
  if (events.length === 0) return tag('p', { className: 'empty' }, 'AWS has sent nothing yet.');
  const first = Math.max(0, events.length - mostShown);
  const entries = events.slice(first).map((event, index) => drawEvent(event, first + index));
  return tag('ol', { className: 'events' }, entries.reverse());
}

function drawEvent(event: WorldEvent, index: number): Drawn {
  // Closed ones carry no body: the list is drawn anew with every event, and CloudTrail records are long.
  return tag(
    'li',
    { key: index, 'data-key': `${index}-${event.at}` },
    tag(
      'details',
      null,
      tag(
        'summary',
        null,
        drawDate(Date.parse(event.at), '{time_secs}'),
        tag('span', { className: 'badge' }, event.source),
        tag('span', { className: 'what' }, summaryOf(event)),
      ),
      tag('pre', null, JSON.stringify(event.detail, null, 2)),
    ),
  );
}

/** One line of an event: what happened, to which key, by whom, and how it ended. */
export function summaryOf({ detail }: WorldEvent): string {
  const record = asObject(asObject(detail.detail).eventName === undefined ? (detail.record ?? detail) : detail.detail);
  const what =
    asText(record.eventName) ?? asText(detail['detail-type']) ?? asText(detail.AlarmName) ?? asText(detail.Type);
  const key = asObjects(record.resources)
    .map(({ ARN }) => asText(ARN)?.split('/').at(-1))
    .find((id) => id !== undefined);
  const who = asText(asObject(record.userIdentity).arn)?.split('/').at(-1);
  const error = asText(record.errorCode) ?? asText(detail.error);
  const status = typeof detail.status === 'number' ? `HTTP ${detail.status}` : undefined;
  const parts = [what, key?.slice(0, 8), who === undefined ? undefined : `by ${who}`, error, status];
  return parts.filter((part) => part !== undefined).join(' · ') || JSON.stringify(detail).slice(0, 80);
}
