/**
 * The board of open incidents: sorted sets that each save keeps beside the record, so that a page is found without reading the
 * others. It holds exactly the members of `open`, each as its record says; where that is not so (a Redis from before there was a
 * board, or a process of an older version that saves past it), it is put right before it is read.
 */
import { DATELESS, LAST_PLACE, OWN_DATELESS, placeOf, waitsSince } from '../../domain/board.ts';
import type { Duration, IncidentId } from '../../domain/ids.ts';
import { accountOf, type Incident, isOpen } from '../../domain/incident.ts';
import type { Incidents } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';

/**
 * KEYS: incident, open, board, board of its account, board:waiting, board:changes.
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
  local version = redis.call('HGET', KEYS[1], 'version')
  if version then redis.call('HSET', KEYS[1], 'placed', version) end
  return
end
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return end
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
if ARGV[4] == '' then redis.call('ZREM', KEYS[5], ARGV[1]) else redis.call('ZADD', KEYS[5], ARGV[4], ARGV[1]) end
redis.call('HSET', KEYS[1], 'placed', ARGV[2])
redis.call('INCR', KEYS[6])
`;

/** KEYS: incidents. Answers the numbers, from 1, of those that were saved without being placed. */
const MISPLACED = `
local found = {}
for number, key in ipairs(KEYS) do
  local version = redis.call('HGET', key, 'version')
  if version and version ~= redis.call('HGET', key, 'placed') then found[#found + 1] = number end
end
return found
`;

/** Records are some 10 KB: few enough at once that memory stays small however many there are. */
const AT_ONCE = 100;
/** Two fields of each: half a millisecond of Redis. */
const COMPARED_AT_ONCE = 500;
/** How often members are compared. Numbers that differ do not wait for it. */
const COMPARED_EVERY: Duration = 5_000;
/** How often versions are, which costs Redis some 20 ms for ten thousand incidents. Members that differ do not wait for it. */
const VERSIONS_EVERY: Duration = 60_000;

export type Board = Pick<Incidents, 'board' | 'waiting'>;

/** The sorted set of an incident's account; what has no account stands on the whole board alone. */
export function boardKeyOf(incident: Incident): string {
  const account = accountOf(incident.subject);
  return account === undefined ? KEYS.board : KEYS.boardOf(account);
}

/** @param loadMany answers the records that are there and can be read */
export function redisBoard(store: Store, loadMany: Incidents['loadMany']): Board {
  const place = store.script('kwBoardPlace', PLACE);

  const misplaced = store.script('kwBoardMisplaced', MISPLACED);
  /** When each list was last compared, by a clock that nobody sets. */
  const comparedAt = new Map<string, number>();
  let versionsAt = Number.NEGATIVE_INFINITY;

  /** Puts right what is about to be read: now and then, or where the numbers differ. */
  async function lookOver(asked: string): Promise<void> {
    const now = performance.now();
    const isFresh = now - (comparedAt.get(asked) ?? Number.NEGATIVE_INFINITY) < COMPARED_EVERY;
    if (isFresh && (await isComplete())) return;
    await putRight(asked);
    comparedAt.set(asked, now);
  }

  /** A save between the two questions makes them differ for nothing, which costs little. */
  async function isComplete(): Promise<boolean> {
    const [open, onBoard] = await store.run((redis) => Promise.all([redis.scard(KEYS.open), redis.zcard(KEYS.board)]));
    return open === onBoard;
  }

  /** Every open incident on the board as it was saved last, and nothing else there or in the list that is asked for. */
  async function putRight(asked: string): Promise<void> {
    const differing = await store.run((redis) =>
      Promise.all([
        redis.zdiff(2, KEYS.open, KEYS.board),
        ...[...new Set([KEYS.board, KEYS.boardWaiting, asked])].map((list) => redis.zdiff(2, list, KEYS.open)),
      ]),
    );
    const now = performance.now();
    const isDue = differing.flat().length > 0 || now - versionsAt >= VERSIONS_EVERY;
    const ids = [...new Set([...differing.flat(), ...(isDue ? await savedPastIt() : [])])] as IncidentId[];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const known = new Map((await loadMany(some)).map((incident) => [incident.id, incident]));
      await Promise.all(some.map((id) => placed(id, known.get(id), asked)));
    }
    if (isDue) versionsAt = now;
  }

  async function savedPastIt(): Promise<readonly IncidentId[]> {
    const ids = (await store.run((redis) => redis.smembers(KEYS.open))) as IncidentId[];
    const found: IncidentId[] = [];
    for (let from = 0; from < ids.length; from += COMPARED_AT_ONCE) {
      const some = ids.slice(from, from + COMPARED_AT_ONCE);
      const numbers = new Set((await misplaced(some.map(KEYS.incident), [])) as readonly number[]);
      found.push(...some.filter((_id, index) => numbers.has(index + 1)));
    }
    return found;
  }

  /** Of what has no record any more nobody knows the account: it goes from whichever list is asked for. */
  const placed = (id: IncidentId, incident: Incident | undefined, asked: string): Promise<unknown> =>
    place(
      [
        KEYS.incident(id),
        KEYS.open,
        KEYS.board,
        incident === undefined ? asked : boardKeyOf(incident),
        KEYS.boardWaiting,
        KEYS.boardChanges,
      ],
      incident === undefined
        ? [id, '', LAST_PLACE, '']
        : [id, incident.version, placeOf(incident), waitsSince(incident) ?? ''],
    );

  return {
    async board({ account, offset, limit }) {
      const asked = account === undefined ? KEYS.board : KEYS.boardOf(account);
      await lookOver(asked);
      const look = () =>
        store.run((redis) =>
          Promise.all([
            redis.zrange(asked, String(offset), String(offset + limit - 1)),
            redis.zcard(asked),
            redis.zcount(asked, '0', `(${DATELESS}`),
            redis.zcount(asked, '-inf', `(${OWN_DATELESS}`),
          ]),
        );
      let [ids, total, dated, ownDated] = await look();
      let incidents = await loadMany(ids as IncidentId[]);
      if (!incidents.every(isOpen)) {
        await putRight(asked);
        [ids, total, dated, ownDated] = await look();
        incidents = await loadMany(ids as IncidentId[]);
      }
      return { incidents: incidents.filter(isOpen), total, dated: dated + ownDated };
    },

    async waiting(limit) {
      await lookOver(KEYS.boardWaiting);
      const ids = (await store.run((redis) => redis.zrange(KEYS.boardWaiting, '0', String(limit - 1)))) as IncidentId[];
      return (await loadMany(ids)).filter((incident) => waitsSince(incident) !== undefined);
    },
  };
}
