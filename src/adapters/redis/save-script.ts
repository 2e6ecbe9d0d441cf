/**
 * Everything one decision changes, or nothing. The first write is one that Redis refuses when it is full; once a script
 * has written, Redis lets it finish (script.c, `script_oom`), so there is no half of a save.
 *
 * KEYS: incident, open, due, cardless, pending, pending:since, inbox, inbox:since, lanes, lanes:sequence, board,
 *       board of its account, board:waiting, board:changes, deaths, then a lane per item, ranks, rows and record per gathering's row, and
 *       per reminder that is said together what its gathering owes and who owes at all.
 * ARGV: id, version, format, body, 1 when open, ms to keep a closed one, due moment or '', 1 while it waits for its card,
 *       place on the board, since when a request waits or '', mark of what the board shows,
 *       when its key was found deleted or '', since when and how many of those are kept,
 *       count of effects to add and (id, since, json) each, count to remove and ids,
 *       count of lane items and (channel, priority, item) each, count of facts and ids,
 *       count of rows and (rank, row) each, count of reminders that are said together and (effect, since, gathering) each.
 */
export const SAVE = `
local stored = redis.call('HMGET', KEYS[1], 'version', 'mark')
if (tonumber(stored[1]) or 0) ~= tonumber(ARGV[2]) - 1 then return 0 end

redis.call('HSET', KEYS[1], 'format', ARGV[3], 'version', ARGV[2], 'body', ARGV[4], 'mark', ARGV[11],
  'placed', ARGV[2])
if ARGV[5] == '1' then
  redis.call('PERSIST', KEYS[1])
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('ZADD', KEYS[11], ARGV[9], ARGV[1])
  redis.call('ZADD', KEYS[12], ARGV[9], ARGV[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('SREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[11], ARGV[1])
  redis.call('ZREM', KEYS[12], ARGV[1])
end
if ARGV[10] == '' then
  redis.call('ZREM', KEYS[13], ARGV[1])
else
  redis.call('ZADD', KEYS[13], ARGV[10], ARGV[1])
end
-- Most saves only note what Slack has shown.
if stored[2] ~= ARGV[11] then redis.call('INCR', KEYS[14]) end
if ARGV[7] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], ARGV[7], ARGV[1])
end

if ARGV[8] == '1' then
  redis.call('ZADD', KEYS[4], 'NX', 0, ARGV[1])
else
  redis.call('ZREM', KEYS[4], ARGV[1])
end

if ARGV[12] == '' then
  redis.call('ZREM', KEYS[15], ARGV[1])
else
  redis.call('ZADD', KEYS[15], ARGV[12], ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[15], '-inf', '(' .. ARGV[13])
  redis.call('ZREMRANGEBYRANK', KEYS[15], 0, -1 - ARGV[14])
end

local at = 15
local function count()
  local n = tonumber(ARGV[at])
  at = at + 1
  return n
end
for _ = 1, count() do
  redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 2])
  redis.call('ZADD', KEYS[6], ARGV[at + 1], ARGV[at])
  at = at + 3
end
for _ = 1, count() do
  redis.call('HDEL', KEYS[5], ARGV[at])
  redis.call('ZREM', KEYS[6], ARGV[at])
  at = at + 1
end
local key = 15
for _ = 1, count() do
  local order = redis.call('INCR', KEYS[10])
  key = key + 1
  redis.call('ZADD', KEYS[key], 'LT', ARGV[at + 1] * 2^48 + order, ARGV[at + 2])
  redis.call('SADD', KEYS[9], ARGV[at])
  at = at + 3
end
for _ = 1, count() do
  redis.call('HDEL', KEYS[7], ARGV[at])
  redis.call('ZREM', KEYS[8], ARGV[at])
  at = at + 1
end
for _ = 1, count() do
  redis.call('ZADD', KEYS[key + 1], ARGV[at], ARGV[1])
  redis.call('HSET', KEYS[key + 2], ARGV[1], ARGV[at + 1])
  redis.call('PEXPIRE', KEYS[key + 1], ARGV[6])
  redis.call('PEXPIRE', KEYS[key + 2], ARGV[6])
  -- As long as anything in it changes, also where its card has stood unchanged for months.
  redis.call('PEXPIRE', KEYS[key + 3], ARGV[6])
  key = key + 3
  at = at + 2
end
for _ = 1, count() do
  redis.call('ZADD', KEYS[key + 1], ARGV[at + 1], ARGV[at])
  redis.call('PEXPIRE', KEYS[key + 1], ARGV[6])
  redis.call('ZADD', KEYS[key + 2], 'NX', ARGV[at + 1], ARGV[at + 2])
  key = key + 2
  at = at + 3
end
return 1
`;
