/** The `Incidents` port: one record per incident, what is due, and the discrete effects that are not done. */
import { boardMark, placeOf, waitsSince } from '../../domain/board.ts';
import { isKnownEffect, type PendingEffect, PRIORITY } from '../../domain/effect.ts';
import { shownOn } from '../../domain/gathering.ts';
import type { IncidentId, Instant } from '../../domain/ids.ts';
import { type Incident, isOpen } from '../../domain/incident.ts';
import type { Incidents, Save } from '../../ports.ts';
import { boardKeyOf, redisBoard } from './board.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';
import { encodeItem } from './lane-item.ts';
import { type OnUnreadable, parseRecord, RecordUnreadable, tolerant } from './record.ts';
import { SAVE } from './save-script.ts';

/** Rises when the shape of a stored incident changes so that older readers must not touch it. */
const FORMAT = '1';
/** Records are some 10 KB: few enough that a page answers far within the command timeout. */
const PAGE = 100;

/** More keys are not deleted between two digests that anybody reads to the end. */
const MOST_DEATHS = 1_000;

/** KEYS: cardless. ARGV: now, before, limit. Whoever is new to the list, or was put there by a clock ahead of ours, counts from now. */
const CARDLESS = `
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], 0, 0)) do redis.call('ZADD', KEYS[1], ARGV[1], id) end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')) do redis.call('ZADD', KEYS[1], ARGV[1], id) end
return redis.call('ZRANGEBYSCORE', KEYS[1], '(0', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
`;

/**
 * `load` of a record this version cannot read rejects with `RecordUnreadable`; the reads of many tell it to
 * `onUnreadable` (once per record) and answer the others.
 */
export function redisIncidents(store: Store, onUnreadable: OnUnreadable): Incidents {
  const save = store.script('kwSave', SAVE);
  const cardless = store.script('kwCardless', CARDLESS);
  const tolerate = tolerant(onUnreadable);
  const loadMany: Incidents['loadMany'] = async (ids) => {
    const found: Incident[] = [];
    for (let from = 0; from < ids.length; from += PAGE) {
      const page = ids.slice(from, from + PAGE);
      const rows = await store.run((redis) =>
        Promise.all(page.map((id) => redis.hmget(KEYS.incident(id), 'format', 'body'))),
      );
      rows.forEach(([format, body], index) => {
        const incident = tolerate(() => parseIncident(page[index] as IncidentId, format, body));
        if (incident) found.push(incident);
      });
    }
    return found;
  };

  return {
    ...redisBoard(store, loadMany),
    loadMany,

    async load(id) {
      const [format, body] = await store.run((redis) => redis.hmget(KEYS.incident(id), 'format', 'body'));
      return parseIncident(id, format, body);
    },

    async save(wanted) {
      return (await save(keysOfSave(wanted), argsOfSave(wanted))) === 1;
    },

    open: () => store.run(async (redis) => (await redis.smembers(KEYS.open)) as IncidentId[]),

    async due(now, limit) {
      const page = (from: number, most: number): Promise<string[]> =>
        store.run((redis) => redis.zrangebyscore(KEYS.due, '-inf', now, 'WITHSCORES', 'LIMIT', from, most));
      const flat = await page(0, limit);
      if (flat.length === 2 * limit) {
        // Those at the front may fail each time: the others come by turns, by the second.
        const all = await store.run((redis) => redis.zcount(KEYS.due, '-inf', now));
        const half = Math.floor(limit / 2);
        const turns = Math.max(1, Math.ceil((all - half) / half));
        flat.splice(
          2 * half,
          Number.POSITIVE_INFINITY,
          ...(await page(half + (Math.floor(now / 1_000) % turns) * half, half)),
        );
      }
      return pairs(flat).map(([id, dueAt]) => ({ id: id as IncidentId, dueAt: Number(dueAt) }));
    },

    async neverDue(id) {
      await store.run((redis) => redis.zrem(KEYS.due, id));
    },

    async dueAt(ids) {
      if (ids.length === 0) return [];
      const scores = await store.run((redis) => redis.zmscore(KEYS.due, ...ids));
      return scores.map((score) => (score === null ? undefined : Number(score)));
    },

    async cardless(now, before, limit) {
      return (await cardless([KEYS.cardless], [now, before, limit])) as IncidentId[];
    },

    deaths: (since) =>
      store.run(async (redis) => (await redis.zrange(KEYS.deaths, String(since), '+inf', 'BYSCORE')) as IncidentId[]),

    async pending(olderThan, limit) {
      const ids = await store.run((redis) =>
        redis.zrangebyscore(KEYS.pendingSince, '-inf', `(${olderThan}`, 'LIMIT', 0, limit),
      );
      if (ids.length === 0) return [];
      const bodies = await store.run((redis) => redis.hmget(KEYS.pending, ...ids));
      return bodies
        .map((body, index) => (body === null ? undefined : tolerate(() => parseEffect(ids[index] as string, body))))
        .filter((effect) => effect !== undefined);
    },

    async effect(id) {
      const body = await store.run((redis) => redis.hget(KEYS.pending, id));
      return body === null ? undefined : tolerate(() => parseEffect(id, body));
    },

    async forget(id) {
      await store.run((redis) => redis.multi().hdel(KEYS.pending, id).zrem(KEYS.pendingSince, id).exec());
    },
  };
}

function keysOfSave(wanted: Save): readonly string[] {
  return [
    KEYS.incident(wanted.incident.id),
    KEYS.open,
    KEYS.due,
    KEYS.cardless,
    KEYS.pending,
    KEYS.pendingSince,
    KEYS.inbox,
    KEYS.inboxSince,
    KEYS.lanes,
    KEYS.laneSequence,
    KEYS.board,
    boardKeyOf(wanted.incident),
    KEYS.boardWaiting,
    KEYS.boardChanges,
    KEYS.deaths,
    ...wanted.lanes.map((lane) => KEYS.lane(lane.channel)),
    ...(wanted.rows ?? []).flatMap(({ gathering }) => [
      KEYS.gatheringRanks(gathering),
      KEYS.gatheringRows(gathering),
      KEYS.gathering(gathering),
    ]),
    ...(wanted.together ?? []).flatMap(({ gathering }) => [KEYS.gatheringOwed(gathering), KEYS.gatheringsOwing]),
  ];
}

function argsOfSave({
  incident,
  dueAt,
  add,
  remove,
  lanes,
  facts,
  rows = [],
  together = [],
}: Save): readonly (string | number)[] {
  return [
    incident.id,
    incident.version,
    FORMAT,
    JSON.stringify(incident),
    isOpen(incident) ? 1 : 0,
    KEPT.closedIncident,
    dueAt ?? '',
    waitsForCard(incident) ? 1 : 0,
    placeOf(incident),
    waitsSince(incident) ?? '',
    boardMark(incident),
    diedAt(incident) ?? '',
    (diedAt(incident) ?? 0) - KEPT.closedIncident,
    MOST_DEATHS,
    add.length,
    ...add.flatMap((effect) => [effect.id, effect.since, JSON.stringify(effect)]),
    remove.length,
    ...remove,
    lanes.length,
    ...lanes.flatMap((lane) => [lane.channel, PRIORITY[lane.priority], encodeItem(lane.item)]),
    facts.length,
    ...facts,
    rows.length,
    ...rows.flatMap(({ rank, row }) => [rank, JSON.stringify(row)]),
    together.length,
    ...together.flatMap(({ effect, since, gathering }) => [effect, since, gathering]),
  ];
}

const diedAt = ({ phase }: Incident): Instant | undefined =>
  phase.kind === 'closed' && phase.outcome === 'deleted' ? phase.at : undefined;

/** Also a card that Slack refused in every form: nobody sees it; and one that is shown on another's, until that is posted. */
const waitsForCard = (incident: Incident): boolean =>
  isOpen(incident) &&
  incident.card.ts === undefined &&
  (incident.revision > incident.card.shownRevision || shownOn(incident).on !== 'own');

function parseIncident(
  id: IncidentId,
  format: string | null | undefined,
  body: string | null | undefined,
): Incident | undefined {
  if (body === null || body === undefined) return undefined;
  const record = `incident ${id}`;
  if (format !== FORMAT) throw new RecordUnreadable(record, `its format is ${format}, not ${FORMAT}`);
  const known = ['id', 'version', 'subject', 'phase', 'card', 'actions', 'timeline'] as const;
  // Records from before there were approvals have none.
  const incident = parseRecord<Incident>(record, body, known);
  return { ...incident, approvals: incident.approvals ?? [] };
}

/** One of a version that knows more is left alone: it is neither done nor lost. */
function parseEffect(id: string, body: string): PendingEffect {
  const pending = parseRecord<PendingEffect>(`effect ${id}`, body, ['id', 'effect', 'since']);
  if (!isKnownEffect(pending.effect)) throw new RecordUnreadable(`effect ${id}`, 'this version does not know its kind');
  return pending;
}

function pairs(flat: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from(
    { length: flat.length / 2 },
    (_, index) => [flat[2 * index], flat[2 * index + 1]] as [string, string],
  );
}
