/**
 * Lua of the lanes. KEYS of each: lane, leased, leases, lanes, lanes:sequence, pace, again.
 * A score is `priority * 2^48 + order`: a lower priority first, then who came first. `leases` holds `number score`.
 */
import { SLOTS } from './pace.ts';

const SHARED = `${SLOTS}
local function stand(item, score)
  redis.call('ZADD', KEYS[1], 'LT', score, item)
end
local function release(item, lease)
  local held = redis.call('HGET', KEYS[3], item)
  if not held then return nil end
  local number, score = string.match(held, '^(%S+) (%S+)$')
  if lease and number ~= lease then return nil end
  redis.call('HDEL', KEYS[3], item)
  redis.call('ZREM', KEYS[2], item)
  return score
end
local function give_back(item, lease)
  local score = release(item, lease)
  if not score then return end
  stand(item, score)
  redis.call('SADD', KEYS[7], item)
end
local function forget_if_empty(channel)
  if redis.call('EXISTS', KEYS[1], KEYS[2]) == 0 then redis.call('SREM', KEYS[4], channel) end
end
`;

/**
 * ARGV: channel, now, every, burst, lease, ms to keep the pace, then the kinds of items that this version knows: what another version has
 * put in stays for that one, and holds up nobody. The slot is taken only together with an item.
 */
export const TAKE = `${SHARED}
local now = tonumber(ARGV[2])
for _, item in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
  give_back(item)
end

local known = {}
for i = 7, #ARGV do known[ARGV[i]] = true end
local item, score
local from = 0
while not item do
  local page = redis.call('ZRANGE', KEYS[1], from, from + 15, 'WITHSCORES')
  if #page == 0 then break end
  for i = 1, #page, 2 do
    if known[string.match(page[i], '^%S+')] and redis.call('HEXISTS', KEYS[3], page[i]) == 0 then
      item, score = page[i], page[i + 1]
      break
    end
  end
  from = from + 16
end
if not item then
  forget_if_empty(ARGV[1])
  return { 'empty' }
end

-- Nobody reserves ahead in a lane: what lies far off was stored by a clock ahead of ours, and must not hold us back for as long.
-- A few seconds are borne: whoever is behind would let the others have a burst each time.
local furthest = now + tonumber(ARGV[3]) * tonumber(ARGV[4])
if (tonumber(redis.call('HGET', KEYS[6], 'tat')) or 0) > furthest + 5000 then
  redis.call('HSET', KEYS[6], 'tat', string.format('%.3f', furthest))
end
local slot, tat = slot_of(KEYS[6], now, tonumber(ARGV[3]), tonumber(ARGV[4]))
if slot > now then return { 'wait', math.ceil(slot - now) } end
take_slot(KEYS[6], tat, ARGV[6])
local number = redis.call('INCR', KEYS[5])
local exact = string.format('%.0f', tonumber(score))
redis.call('HSET', KEYS[3], item, number .. ' ' .. exact)
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[5]), item)
redis.call('ZREM', KEYS[1], item)
return { 'item', item, math.floor(tonumber(score) / 2^48), number .. ' ' .. item,
  redis.call('SISMEMBER', KEYS[7], item) }
`;

/**
 * ARGV: channel, lease, item, and ms of its slot where nothing was sent: that is given back. A lease that ran out and went to
 * somebody else is not touched.
 */
export const DONE = `${SHARED}
if release(ARGV[3], ARGV[2]) then
  redis.call('SREM', KEYS[7], ARGV[3])
  local tat = tonumber(redis.call('HGET', KEYS[6], 'tat'))
  if ARGV[4] ~= '' and tat then redis.call('HSET', KEYS[6], 'tat', string.format('%.3f', tat - ARGV[4])) end
end
forget_if_empty(ARGV[1])
return 1
`;

/** ARGV: channel, lease, item, now, lease in ms. 0: it is somebody else's by now, or nobody's. */
export const RENEW = `${SHARED}
local held = redis.call('HGET', KEYS[3], ARGV[3])
if not held or string.match(held, '^(%S+)') ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[2], 'XX', ARGV[4] + ARGV[5], ARGV[3])
return 1
`;

/** ARGV: channel, lease, item, not before, ms to keep the pace. */
export const RETRY = `${SHARED}
pause_until(KEYS[6], tonumber(ARGV[4]), ARGV[5])
give_back(ARGV[3], ARGV[2])
return 1
`;

/** ARGV: channel, priority, item. */
export const PUT = `${SHARED}
local order = redis.call('INCR', KEYS[5])
stand(ARGV[3], string.format('%.0f', ARGV[2] * 2^48 + order))
redis.call('SADD', KEYS[4], ARGV[1])
return 1
`;
