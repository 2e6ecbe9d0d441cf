import { asObject, asObjects, asText, type JsonObject } from '../slack/json.ts';
import type { WorldEvent } from '../world.ts';
import { drawDate } from './dates.ts';
import { type Drawn, tag } from './html.ts';

const mostShown = 60;

/** Draws what AWS recorded and sent, newest first; each opens to all of it. `names`: of keys, by their ids. */
export function drawEvents(events: readonly WorldEvent[], names: ReadonlyMap<string, string>): Drawn {
  if (events.length === 0) return tag('p', { className: 'empty' }, 'AWS has sent nothing yet.');
  const first = Math.max(0, events.length - mostShown);
  const entries = events.slice(first).map((event, index) => drawEvent(event, first + index, names));
  return tag('ol', { className: 'events' }, entries.reverse());
}

function drawEvent(event: WorldEvent, index: number, names: ReadonlyMap<string, string>): Drawn {
  const rings = event.source === 'pager' && event.detail.state !== 'over';
  const isBad = rings || event.detail.delivered === false || event.detail.errorCode !== undefined;
  return tag(
    'li',
    { key: index, 'data-key': `${event.at} ${asText(event.detail.eventID) ?? asText(event.detail.id) ?? index}` },
    tag(
      'details',
      null,
      tag(
        'summary',
        null,
        drawDate(Date.parse(event.at), '{time_secs}'),
        tag('span', { className: rings ? 'badge alarm' : `badge ${event.source}` }, event.source),
        tag('span', { className: isBad ? 'what bad' : 'what' }, summaryOf(event, names)),
      ),
      tag('pre', null, JSON.stringify(event.detail, null, 2)),
    ),
  );
}

/** One line of an event: what happened, to which key, by whom, and whether the bot took it. */
export function summaryOf({ source, detail }: WorldEvent, names: ReadonlyMap<string, string>): string {
  if (source === 'pager') return `${detail.state === 'over' ? 'over' : 'open'} · ${asText(detail.summary) ?? ''}`;
  // EventBridge wraps the record of CloudTrail; SNS and CloudWatch have words of their own.
  const inside = asObject(detail.detail);
  const record = inside.eventName === undefined ? (detail as JsonObject) : inside;
  const what =
    asText(record.eventName) ??
    asText(record['detail-type']) ??
    asText(record.Subject) ??
    asText(record.Type) ??
    asText(record.AlarmName);
  const who = asText(asObject(record.userIdentity).arn)?.split('/').at(-1);
  const parts = [
    what,
    keyNameOf(record, names),
    who === undefined ? undefined : `by ${who.length > 20 ? `${who.slice(0, 18)}…` : who}`,
    asText(record.errorCode) ?? asText(record.NewStateValue),
    detail.delivered === true ? '→ Keywarden' : undefined,
    detail.delivered === false ? 'not delivered' : undefined,
    asText(detail.error) ?? asText(detail.problem),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function keyNameOf(record: JsonObject, names: ReadonlyMap<string, string>): string | undefined {
  const native = Array.isArray(record.resources) ? asText(record.resources[0]) : undefined;
  const arn = native ?? asObjects(record.resources).map(({ ARN }) => asText(ARN))[0];
  const id = (arn ?? asText(asObject(record.requestParameters).keyId))?.split('/').at(-1);
  return id === undefined ? undefined : (names.get(id) ?? `${id.slice(0, 8)}…`);
}
