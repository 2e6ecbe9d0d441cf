/**
 * Everything one decision changes, or nothing. The first write is one that Redis refuses when it is full; once a script
 * has written, Redis lets it finish (script.c, `script_oom`), so there is no half of a save.
 *
 * KEYS: incident, open, due, pending, pending:since, inbox, inbox:since, lanes, lanes:sequence, then a lane per item.
 * ARGV: id, version, format, body, 1 when open, ms to keep a closed one, due moment or '',
 *       count of effects to add and (id, since, json) each, count to remove and ids,
 *       count of lane items and (channel, priority, item) each, count of facts and ids.
 */
export const SAVE = `
local stored = redis.call('HGET', KEYS[1], 'version')
if (tonumber(stored) or 0) ~= tonumber(ARGV[2]) - 1 then return 0 end

redis.call('HSET', KEYS[1], 'format', ARGV[3], 'version', ARGV[2], 'body', ARGV[4])
if ARGV[5] == '1' then
  redis.call('PERSIST', KEYS[1])
  redis.call('SADD', KEYS[2], ARGV[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('SREM', KEYS[2], ARGV[1])
end
if ARGV[7] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], ARGV[7], ARGV[1])
end

local at = 8
local function count()
  local n = tonumber(ARGV[at])
  at = at + 1
  return n
end
for _ = 1, count() do
  redis.call('HSET', KEYS[4], ARGV[at], ARGV[at + 2])
  redis.call('ZADD', KEYS[5], ARGV[at + 1], ARGV[at])
  at = at + 3
end
for _ = 1, count() do
  redis.call('HDEL', KEYS[4], ARGV[at])
  redis.call('ZREM', KEYS[5], ARGV[at])
  at = at + 1
end
for i = 1, count() do
  local order = redis.call('INCR', KEYS[9])
  redis.call('ZADD', KEYS[9 + i], 'LT', ARGV[at + 1] * 2^48 + order, ARGV[at + 2])
  redis.call('SADD', KEYS[8], ARGV[at])
  at = at + 3
end
for _ = 1, count() do
  redis.call('HDEL', KEYS[6], ARGV[at])
  redis.call('ZREM', KEYS[7], ARGV[at])
  at = at + 1
end
return 1
`;
