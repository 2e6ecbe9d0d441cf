/** The `Gatherings` port: cards that several incidents share, their rows (written by the incidents' own saves), and what belongs together. */
import type { Gathering } from '../../domain/gathering.ts';
import { openErrands } from '../../domain/gathering.ts';
import type { EffectId, GatheringId, IncidentId } from '../../domain/ids.ts';
import type { WaveRow } from '../../domain/wave-row.ts';
import type { Gatherings } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, tolerant } from './record.ts';

/** KEYS: gathering, working. ARGV: version, body, ms to keep, id, 1 while an errand is open. */
const SAVE = `
local stored = redis.call('HGET', KEYS[1], 'version')
if (tonumber(stored) or 0) ~= tonumber(ARGV[1]) - 1 then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'body', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if ARGV[5] == '1' then redis.call('SADD', KEYS[2], ARGV[4]) else redis.call('SREM', KEYS[2], ARGV[4]) end
return 1
`;

/**
 * KEYS: openings, wave, and of the line beside it, if any, openings and wave. ARGV: incident, at, from, within, fresh id, most. A wave goes
 * on as long as its line has no pause of `within`. Answers the wave and, where it begins with this opening, all of its line so far, and
 * of the line beside, whose wave it is from then on; or nothing.
 */
const OPENED = `
local oldest = tonumber(ARGV[2]) - tonumber(ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', oldest))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local stored = redis.call('HMGET', KEYS[2], 'id', 'at')
local wave = stored[1]
if wave and tonumber(stored[2]) < oldest then wave = false end
local answer = { wave or ARGV[5] }
if not wave then
  if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then return {} end
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do table.insert(answer, id) end
  if KEYS[3] then
    local since = tonumber(ARGV[2]) - tonumber(ARGV[7])
    local running = redis.call('HMGET', KEYS[4], 'id', 'at')
    if running[1] and tonumber(running[2]) >= since then answer[1] = running[1] end
    local beside = redis.call('ZRANGEBYSCORE', KEYS[3], string.format('%.0f', since), '+inf')
    for _, id in ipairs(beside) do table.insert(answer, id) end
  end
end
if KEYS[3] then
  redis.call('HSET', KEYS[4], 'id', answer[1], 'at', ARGV[2])
  redis.call('PEXPIRE', KEYS[4], ARGV[7])
end
redis.call('HSET', KEYS[2], 'id', answer[1], 'at', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return answer
`;

/** KEYS: owed, owing. ARGV: gathering, then effect ids. */
const SETTLE = `
for i = 2, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if first[2] then redis.call('ZADD', KEYS[2], first[2], ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`;

/** More than a wave needs to be recognised by. */
const MOST_LATEST = 50;
const PAGE = 500;

export function redisGatherings(store: Store, onUnreadable: OnUnreadable): Gatherings {
  const save = store.script('kwGather', SAVE);
  const opened = store.script('kwOpened', OPENED);
  const settle = store.script('kwSettle', SETTLE);
  const tolerate = tolerant(onUnreadable);
  const members: Gatherings['members'] = (id, from, limit) =>
    store.run(
      async (redis) =>
        (await redis.zrange(KEYS.gatheringRanks(id), String(from), String(from + limit - 1))) as IncidentId[],
    );
  return {
    members,

    async load(id) {
      const body = await store.run((redis) => redis.hget(KEYS.gathering(id), 'body'));
      return body === null
        ? undefined
        : parseRecord<Gathering>(`gathering ${id}`, body, ['id', 'version', 'what', 'card', 'errands']);
    },

    async save(gathering) {
      const { id, version } = gathering;
      const working = openErrands(gathering).length > 0 ? 1 : 0;
      const keys = [KEYS.gathering(id), KEYS.gatheringsWorking];
      return (await save(keys, [version, JSON.stringify(gathering), KEPT.closedIncident, id, working])) === 1;
    },

    async rows(id) {
      const rows: WaveRow[] = [];
      for (let from = 0; ; from += PAGE) {
        const ids = await members(id, from, PAGE);
        if (ids.length === 0) return rows;
        const bodies = await store.run((redis) => redis.hmget(KEYS.gatheringRows(id), ...ids));
        for (const [index, body] of bodies.entries()) {
          const row =
            body === null
              ? undefined
              : tolerate(() => parseRecord<WaveRow>(`row ${ids[index]}`, body, ['incident', 'arn', 'state']));
          if (row !== undefined) rows.push(row);
        }
      }
    },

    async opened({ name, incident, at, from, within, fresh, beside }) {
      const answer = (await opened(
        [name, ...(beside === undefined ? [] : [beside.name])].flatMap((line) => [
          KEYS.openings(line),
          KEYS.wave(line),
        ]),
        [incident, at, from, within, fresh, MOST_LATEST, beside?.within ?? ''],
      )) as string[];
      const [wave, ...latest] = answer;
      return wave === undefined ? undefined : { wave: wave as GatheringId, latest: latest as IncidentId[] };
    },

    owing: (before) =>
      store.run(async (redis) => (await redis.zrangebyscore(KEYS.gatheringsOwing, '-inf', before)) as GatheringId[]),

    owed: (id, limit) =>
      store.run(async (redis) => (await redis.zrange(KEYS.gatheringOwed(id), '0', String(limit - 1))) as EffectId[]),

    async settle(id, effects) {
      await settle([KEYS.gatheringOwed(id), KEYS.gatheringsOwing], [id, ...effects]);
    },

    working: () => store.run(async (redis) => (await redis.smembers(KEYS.gatheringsWorking)) as GatheringId[]),
  };
}
