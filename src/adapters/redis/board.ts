/**
 * The board of open incidents: sorted sets that each save keeps beside the record, so that a page is found without reading the
 * others. It holds exactly the members of `open`; where that is not so (a Redis from before there was a board, or a process of
 * an older version that saves past it), it is put right before it is read.
 */
import { DATELESS, LAST_PLACE, placeOf, waitsSince } from '../../domain/board.ts';
import type { IncidentId } from '../../domain/ids.ts';
import { accountOf, type Incident, isOpen } from '../../domain/incident.ts';
import type { Incidents } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';

/**
 * KEYS: incident, open, board, board of its account, board:waiting.
 * ARGV: id, the version it was read in or '', place, since when a request waits or ''.
 * What was saved meanwhile was placed by that save. What nobody can read stands last, and nowhere else.
 */
const PLACE = `
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
  redis.call('ZREM', KEYS[5], ARGV[1])
  return
end
if ARGV[2] == '' then
  redis.call('ZADD', KEYS[3], 'NX', ARGV[3], ARGV[1])
  return
end
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return end
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[5], ARGV[4], ARGV[1]) end
`;

/** Records are some 10 KB: few enough at once that memory stays small however many there are. */
const AT_ONCE = 100;

export type Board = Pick<Incidents, 'board' | 'waiting'>;

/** The sorted set of an incident's account; what has no account stands on the whole board alone. */
export function boardKeyOf(incident: Incident): string {
  const account = accountOf(incident.subject);
  return account === undefined ? KEYS.board : KEYS.boardOf(account);
}

/** @param loadMany answers the records that are there and can be read */
export function redisBoard(store: Store, loadMany: Incidents['loadMany']): Board {
  const place = store.script('kwBoardPlace', PLACE);

  /** A save between the two questions makes them differ for nothing, which costs little. */
  async function isWhole(): Promise<boolean> {
    const [open, onBoard] = await store.run((redis) => Promise.all([redis.scard(KEYS.open), redis.zcard(KEYS.board)]));
    return open === onBoard;
  }

  /** Every open incident on the board, and nothing else. */
  async function putRight(): Promise<void> {
    const [missing, over] = await store.run((redis) =>
      Promise.all([redis.zdiff(2, KEYS.open, KEYS.board), redis.zdiff(2, KEYS.board, KEYS.open)]),
    );
    const ids = [...missing, ...over] as IncidentId[];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const known = new Map((await loadMany(some)).map((incident) => [incident.id, incident]));
      await Promise.all(some.map((id) => placed(id, known.get(id))));
    }
  }

  const placed = (id: IncidentId, incident: Incident | undefined): Promise<unknown> =>
    place(
      [
        KEYS.incident(id),
        KEYS.open,
        KEYS.board,
        incident === undefined ? KEYS.board : boardKeyOf(incident),
        KEYS.boardWaiting,
      ],
      incident === undefined
        ? [id, '', LAST_PLACE, '']
        : [id, incident.version, placeOf(incident), waitsSince(incident) ?? ''],
    );

  return {
    async board({ account, offset, limit }) {
      if (!(await isWhole())) await putRight();
      const asked = account === undefined ? KEYS.board : KEYS.boardOf(account);
      const look = () =>
        store.run((redis) =>
          Promise.all([
            redis.zrange(asked, String(offset), String(offset + limit - 1)),
            redis.zcard(asked),
            redis.zcount(asked, '-inf', `(${DATELESS}`),
          ]),
        );
      let [ids, total, dated] = await look();
      let incidents = await loadMany(ids as IncidentId[]);
      if (!incidents.every(isOpen)) {
        await putRight();
        [ids, total, dated] = await look();
        incidents = await loadMany(ids as IncidentId[]);
      }
      return { incidents: incidents.filter(isOpen), total, dated };
    },

    async waiting(limit) {
      if (!(await isWhole())) await putRight();
      const ids = (await store.run((redis) => redis.zrange(KEYS.boardWaiting, '0', String(limit - 1)))) as IncidentId[];
      return (await loadMany(ids)).filter((incident) => waitsSince(incident) !== undefined);
    },
  };
}
