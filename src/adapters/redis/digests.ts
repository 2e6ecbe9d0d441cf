/** The `Digests` port: one hash per digest of the configuration. */
import type { Instant } from '../../domain/ids.ts';
import type { Digests, PostingDigest } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, tolerant } from './record.ts';

/**
 * KEYS: the digest. ARGV: slot, since, the latest slot a right clock can have noted. A job that was overtaken by a later one changes
 * nothing; what a wrong clock noted gives way.
 */
const SENT = `
local last = redis.call('HGET', KEYS[1], 'last')
if last and last >= ARGV[1] and last <= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'last', ARGV[1], 'since', ARGV[2])
redis.call('HDEL', KEYS[1], 'posting')
return 1
`;
/** KEYS: the digest. ARGV: slot, since. Whoever saw it first stays. */
const FIRST_SEEN = `
if redis.call('HEXISTS', KEYS[1], 'last') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'last', ARGV[1], 'since', ARGV[2])
return 1
`;

/** What cannot be read of an attempt is told to `onUnreadable` and counts as none. */
export function redisDigests(store: Store, onUnreadable: OnUnreadable): Digests {
  const sent = store.script('kwDigestSent', SENT);
  const firstSeen = store.script('kwDigestSeen', FIRST_SEEN);
  const tolerate = tolerant(onUnreadable);
  const postingIn = (id: string, text: string | undefined): PostingDigest | undefined =>
    text === undefined
      ? undefined
      : tolerate(() => parseRecord<PostingDigest>(`digest ${id}`, text, ['slot', 'channel', 'at']));

  return {
    async get(id) {
      const { last, since, posting: text } = await store.run((redis) => redis.hgetall(KEYS.digest(id)));
      if (last === undefined || since === undefined) return undefined;
      const posting = postingIn(id, text);
      return { last, since: Number(since) as Instant, ...(posting === undefined ? {} : { posting }) };
    },
    async firstSeen(id, last, since) {
      await firstSeen([KEYS.digest(id)], [last, since]);
    },
    async posting(id, attempt) {
      await store.run((redis) => redis.hset(KEYS.digest(id), 'posting', JSON.stringify(attempt)));
    },
    async sent(id, slot, since, furthest) {
      await sent([KEYS.digest(id)], [slot, since, furthest]);
    },
  };
}
