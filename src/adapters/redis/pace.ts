/**
 * The `Pace` port: slots `every` ms, of which `burst` may be taken at once (GCRA, the virtual scheduling of ITU-T I.371).
 * `tat` is the moment at which the lane would be empty again. A pause counts as "used up until then": after it slots
 * come one by one, because whoever asked for patience should not be answered with a burst.
 */
import type { Pace } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';

/**
 * Lua of the next slot: `slot_of(key, now, every, burst)` answers its moment and the `tat` after taking it;
 * `take_slot(key, tat, keep)` takes it. Shared with the lanes, which take a slot only together with an item.
 */
export const SLOTS = `
local function slot_of(key, now, every, burst)
  local stored = redis.call('HMGET', key, 'tat', 'until')
  local slack = (burst - 1) * every
  local tat = math.max(tonumber(stored[1]) or 0, now)
  local paused = tonumber(stored[2])
  if paused then tat = math.max(tat, paused + slack) end
  return math.max(now, tat - slack), tat + every
end
local function take_slot(key, tat, keep)
  redis.call('HSET', key, 'tat', string.format('%.3f', tat))
  redis.call('HDEL', key, 'until')
  redis.call('PEXPIRE', key, keep)
end
local function pause_until(key, moment, keep)
  local stored = tonumber(redis.call('HGET', key, 'until')) or 0
  redis.call('HSET', key, 'until', string.format('%.3f', math.max(stored, moment)))
  redis.call('PEXPIRE', key, keep)
end
`;

/**
 * What all processes share has one clock, Redis's own: by their clocks, one that is a minute ahead would leave the others no slot for
 * that minute.
 */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`;

/** ARGV: every, burst, keep, longest or -1. Answers the wait in whole ms, rounded up; -1: none was taken. */
const RESERVE = `${SLOTS}${NOW}
local slot, tat = slot_of(KEYS[1], now, tonumber(ARGV[1]), tonumber(ARGV[2]))
local longest = tonumber(ARGV[4])
if longest >= 0 and slot - now > longest then return -1 end
take_slot(KEYS[1], tat, ARGV[3])
return math.ceil(slot - now)
`;

/** ARGV: ms, keep. */
const PAUSE = `${SLOTS}${NOW}
pause_until(KEYS[1], now + ARGV[1], ARGV[2])
return 1
`;

/** A reserved slot stays taken whether or not its caller waits for it. */
export function redisPace(store: Store): Pace {
  const reserve = store.script('kwReserve', RESERVE);
  const pause = store.script('kwPause', PAUSE);
  return {
    async reserve(lane, every, burst) {
      return Number(await reserve([KEYS.pace(lane)], [every, burst, KEPT.pace, -1]));
    },
    async reserveWithin(lane, every, burst, longest) {
      const wait = Number(await reserve([KEYS.pace(lane)], [every, burst, KEPT.pace, longest]));
      return wait < 0 ? undefined : wait;
    },
    async pause(lane, duration) {
      await pause([KEYS.pace(lane)], [Math.ceil(duration), KEPT.pace]);
    },
  };
}
