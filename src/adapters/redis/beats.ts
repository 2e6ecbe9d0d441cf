/**
 * The `Beats` port. Clocks of different machines are never compared: a process is silent when its beat did not change while
 * this one was listening, by this one's clock. Where that clock jumps (a machine that slept, a clock that was moved) listening
 * begins anew.
 */
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Beats, SilentProcess } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';

/** Thirty pulses. A gap as long as this in our own beats is a jump. */
const SILENCE: Duration = 30_000;

/** ARGV: process, the beat it was judged by. */
const BURY = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
`;

interface Heard {
  readonly beat: string;
  /** Since when it has not changed, by our clock. */
  readonly since: Instant;
}

/** @param id this process, like no other */
export function redisBeats(store: Store, id: string): Beats {
  const bury = store.script('kwBury', BURY);
  let heard = new Map<string, Heard>();
  let lastAt: Instant | undefined;
  let steadySince: Instant | undefined;
  let left = false;

  return {
    async beat(now) {
      if (left) return [];
      const [beats] = await store.run((redis) =>
        Promise.all([redis.hgetall(KEYS.beats), redis.hset(KEYS.beats, id, String(now))]),
      );
      const jumped = lastAt === undefined || now < lastAt || now - lastAt > SILENCE;
      lastAt = now;
      if (jumped) steadySince = now;
      const before = jumped ? new Map<string, Heard>() : heard;
      heard = new Map(
        Object.entries(beats).map(([process, beat]) => {
          const known = before.get(process);
          return [process, known?.beat === beat ? known : { beat, since: now }];
        }),
      );
      heard.delete(id);
      return [...heard]
        .filter(([, { since }]) => now - since > SILENCE)
        .map(([process, { beat }]): SilentProcess => ({ id: process, lastAt: Number(beat) }));
    },

    bury: async (process) => (await bury([KEYS.beats], [process.id, process.lastAt])) === 1,

    async leave() {
      left = true;
      await store.run((redis) => redis.hdel(KEYS.beats, id));
    },

    steadySince: () => steadySince,
  };
}
