/** The `Gatherings` port: cards that several incidents share, their rows (written by the incidents' own saves), and what belongs together. */
import type { Gathering } from '../../domain/gathering.ts';
import { openErrands } from '../../domain/gathering.ts';
import type { Duration, EffectId, GatheringId, IncidentId } from '../../domain/ids.ts';
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
 * KEYS: openings, wave, and of the line beside it, if any, openings and wave. ARGV: incident, at, from, within, fresh id, most, ms to
 * keep, and of the line beside within and at. News comes late and in any order: what counts is the moment it is about. A wave goes on as
 * long as its line has no pause of `within`. Answers the wave and, where it begins with this opening, all of its line so far, and of the
 * line beside, whose wave it is from then on; or nothing. `named`: it began by another line, and so has a name.
 */
const OPENED = `
local at, within, from = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], at, ARGV[1])
local newest = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', newest - within))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {} end

local stored = redis.call('HMGET', KEYS[2], 'id', 'at')
local last = tonumber(stored[2] or 0)
local wave = stored[1]
if wave and last < at - within then wave = false end
local answer = { wave or ARGV[5] }
local beside = tonumber(ARGV[9])
if not wave then
  if redis.call('ZCARD', KEYS[1]) < from then return {} end
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do table.insert(answer, id) end
  if KEYS[3] then
    local since = beside - tonumber(ARGV[8])
    local running = redis.call('HMGET', KEYS[4], 'id', 'at', 'named')
    if running[1] and tonumber(running[2]) >= since and running[3] ~= '1' then answer[1] = running[1] end
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], string.format('%.0f', since), '+inf')) do
      table.insert(answer, id)
    end
  end
end
if KEYS[3] then
  local other = redis.call('HGET', KEYS[4], 'id') ~= answer[1]
  redis.call('HSET', KEYS[4], 'id', answer[1], 'at', ARGV[9])
  if other then redis.call('HSET', KEYS[4], 'named', '1') end
  redis.call('PEXPIRE', KEYS[4], ARGV[7])
elseif not wave then
  redis.call('HSET', KEYS[2], 'named', '0')
end
redis.call('HSET', KEYS[2], 'id', answer[1], 'at', string.format('%.0f', math.max(at, wave and last or 0)))
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return answer
`;

/** KEYS: owed, owing. ARGV: gathering, effect, since, ms to keep. */
const OWE = `
redis.call('ZADD', KEYS[1], 'NX', ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[1])
return 1
`;

/** KEYS: owed, owing. ARGV: gathering, then effect ids. */
const SETTLE = `
for i = 2, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if first[2] then redis.call('ZADD', KEYS[2], first[2], ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`;

/** KEYS: openings, wave. ARGV: wave that is over or '', then incidents. */
const LEAVE = `
for i = 2, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
if ARGV[1] ~= '' and redis.call('HGET', KEYS[2], 'id') == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
`;

/** More than a wave needs to be recognised by. */
const MOST_LATEST = 50;
/** What EventBridge and CloudTrail tell may be a quarter of an hour old, and much more after an outage. */
const LATE: Duration = 3_600_000;
const PAGE = 500;

export function redisGatherings(store: Store, onUnreadable: OnUnreadable): Gatherings {
  const save = store.script('kwGather', SAVE);
  const opened = store.script('kwOpened', OPENED);
  const settle = store.script('kwSettle', SETTLE);
  const owe = store.script('kwOwe', OWE);
  const leave = store.script('kwLeave', LEAVE);
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
      // All at once: a row that changes its rank while pages are read would be read twice, or never.
      const ids = await store.run((redis) => redis.zrange(KEYS.gatheringRanks(id), '0', '-1'));
      const rows: WaveRow[] = [];
      for (let from = 0; from < ids.length; from += PAGE) {
        const page = ids.slice(from, from + PAGE);
        const bodies = await store.run((redis) => redis.hmget(KEYS.gatheringRows(id), ...page));
        for (const [index, body] of bodies.entries()) {
          const row =
            body === null
              ? undefined
              : tolerate(() => parseRecord<WaveRow>(`row ${page[index]}`, body, ['incident', 'arn', 'state']));
          if (row !== undefined) rows.push(row);
        }
      }
      return rows;
    },

    async opened({ name, incident, at, from, within, fresh, beside }) {
      const answer = (await opened(
        [name, ...(beside === undefined ? [] : [beside.name])].flatMap((line) => [
          KEYS.openings(line),
          KEYS.wave(line),
        ]),
        [incident, at, from, within, fresh, MOST_LATEST, within + LATE, beside?.within ?? '', beside?.at ?? ''],
      )) as string[];
      const [wave, ...latest] = answer;
      return wave === undefined ? undefined : { wave: wave as GatheringId, latest: latest as IncidentId[] };
    },

    async line(name) {
      const [latest, wave] = await store.run((redis) =>
        Promise.all([redis.zrange(KEYS.openings(name), '0', '-1'), redis.hget(KEYS.wave(name), 'id')]),
      );
      return { latest: latest as IncidentId[], ...(wave === null ? {} : { wave: wave as GatheringId }) };
    },

    async leave(name, ids, wave) {
      await leave([KEYS.openings(name), KEYS.wave(name)], [wave ?? '', ...ids]);
    },

    owing: (before) =>
      store.run(async (redis) => (await redis.zrangebyscore(KEYS.gatheringsOwing, '-inf', before)) as GatheringId[]),

    owed: (id, limit) =>
      store.run(async (redis) => (await redis.zrange(KEYS.gatheringOwed(id), '0', String(limit - 1))) as EffectId[]),

    async owe(id, { id: effect, since }) {
      await owe([KEYS.gatheringOwed(id), KEYS.gatheringsOwing], [id, effect, since, KEPT.closedIncident]);
    },

    async settle(id, effects) {
      await settle([KEYS.gatheringOwed(id), KEYS.gatheringsOwing], [id, ...effects]);
    },

    working: () => store.run(async (redis) => (await redis.smembers(KEYS.gatheringsWorking)) as GatheringId[]),
  };
}
