/**
 * The `Inbox` port. Keeping a fact and marking it as seen is one script: two instances that get the same message at the
 * same moment keep it once, and a fact whose mark stands is in the inbox or was worked off.
 */
import type { Fact } from '../../domain/fact.ts';
import { StoreUnavailable } from '../../domain/lost.ts';
import type { Inbox } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';
import { parseRecord } from './record.ts';

/** Some 300 MB of facts. Beyond it the senders are asked to come again: SNS and EventBridge keep what they hold. */
export const MOST_FACTS = 200_000;

/** KEYS: mark, inbox, inbox:since. ARGV: fact id, json, seen at, ms to keep the mark, most facts. */
const ACCEPT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[5]) then return -1 end
redis.call('SET', KEYS[1], '', 'PX', ARGV[4])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
return 1
`;

/** `get` of a fact this version cannot read rejects with `RecordUnreadable`; it stays in the inbox. */
export function redisInbox(store: Store, options: { readonly mostFacts?: number } = {}): Inbox {
  const accept = store.script('kwAccept', ACCEPT);
  const most = options.mostFacts ?? MOST_FACTS;

  return {
    async accept(fact) {
      const answer = await accept(
        [KEYS.factMark(fact.id), KEYS.inbox, KEYS.inboxSince],
        [fact.id, JSON.stringify(fact), fact.seenAt, KEPT.factMark, most],
      );
      if (answer === -1) throw new StoreUnavailable(`${most} facts are waiting already`);
      return answer === 1 ? 'kept' : 'duplicate';
    },

    async get(factId) {
      const body = await store.run((redis) => redis.hget(KEYS.inbox, factId));
      return body === null ? undefined : parseRecord<Fact>(`fact ${factId}`, body, ['id', 'source', 'at', 'body']);
    },

    async done(factId) {
      await store.run((redis) => redis.multi().hdel(KEYS.inbox, factId).zrem(KEYS.inboxSince, factId).exec());
    },

    left: (olderThan, limit) =>
      store.run((redis) => redis.zrangebyscore(KEYS.inboxSince, '-inf', `(${olderThan}`, 'LIMIT', 0, limit)),
  };
}
