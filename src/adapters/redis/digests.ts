/** The `Digests` port: one hash per digest of the configuration. */
import type { AuditHead } from '../../domain/audit.ts';
import type { Instant } from '../../domain/ids.ts';
import type { Digests, PostingDigest } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, tolerant } from './record.ts';

/**
 * KEYS: the digest. ARGV: slot, since, the latest slot a right clock can have noted, told (JSON) or ''. A job that was overtaken by a later one changes
 * nothing; what a wrong clock noted gives way.
 */
const SENT = `
local last = redis.call('HGET', KEYS[1], 'last')
if last and last >= ARGV[1] and last <= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'last', ARGV[1], 'since', ARGV[2])
redis.call('HDEL', KEYS[1], 'posting', 'told')
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'told', ARGV[4]) end
return 1
`;
/** KEYS: the digest. ARGV: slot, since. Whoever saw it first stays. */
const FIRST_SEEN = `
if redis.call('HEXISTS', KEYS[1], 'last') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'last', ARGV[1], 'since', ARGV[2])
return 1
`;

/** What cannot be read of an attempt or a mark is told to `onUnreadable` and counts as none. */
export function redisDigests(store: Store, onUnreadable: OnUnreadable): Digests {
  const sent = store.script('kwDigestSent', SENT);
  const firstSeen = store.script('kwDigestSeen', FIRST_SEEN);
  const tolerate = tolerant(onUnreadable);
  const postingIn = (id: string, text: string | undefined): PostingDigest | undefined =>
    text === undefined
      ? undefined
      : tolerate(() => parseRecord<PostingDigest>(`digest ${id}`, text, ['slot', 'channel', 'at']));

  const toldIn = (id: string, text: string | undefined): AuditHead | undefined =>
    text === undefined ? undefined : tolerate(() => parseRecord<AuditHead>(`digest ${id}`, text, ['seq', 'hash']));

  return {
    async get(id) {
      const { last, since, posting: text, told: head } = await store.run((redis) => redis.hgetall(KEYS.digest(id)));
      if (last === undefined || since === undefined) return undefined;
      const posting = postingIn(id, text);
      const told = toldIn(id, head);
      return {
        last,
        since: Number(since) as Instant,
        ...(told === undefined ? {} : { told }),
        ...(posting === undefined ? {} : { posting }),
      };
    },
    async firstSeen(id, last, since) {
      await firstSeen([KEYS.digest(id)], [last, since]);
    },
    async posting(id, attempt) {
      await store.run((redis) => redis.hset(KEYS.digest(id), 'posting', JSON.stringify(attempt)));
    },
    async sent(id, slot, { since, told }, furthest) {
      await sent([KEYS.digest(id)], [slot, since, furthest, told === undefined ? '' : JSON.stringify(told)]);
    },
  };
}
