/** The `Tally` port: what a person asked for within the last hour. */
import { type Duration, personKey } from '../../domain/ids.ts';
import type { Tally } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';

const HOUR: Duration = 3_600_000;

/** ARGV: id, at, an hour, ms to keep. The same wish keeps its first moment; the answer leaves it out. */
const NOTE = `
redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local at = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or ARGV[2])
local others = 0
for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', at - ARGV[3]), string.format('%.0f', at))) do
  if one ~= ARGV[1] then others = others + 1 end
end
return others
`;

export function redisTally(store: Store): Tally {
  const note = store.script('kwTally', NOTE);
  return {
    async note(person, what, id, at) {
      return Number(await note([KEYS.tally(what, personKey(person))], [id, at, HOUR, KEPT.tally]));
    },
    count: (person, what, at) =>
      store.run((redis) => redis.zcount(KEYS.tally(what, personKey(person)), `(${at - HOUR}`, at)),
  };
}
