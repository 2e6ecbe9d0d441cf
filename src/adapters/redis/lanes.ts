/**
 * The `Lanes` port. An item stands in its lane's sorted set, or is leased, or both: put in again while leased, it waits
 * until the lease is over, so that no two runners send the same card at once.
 */
import { type LaneItem, PRIORITY, type Priority } from '../../domain/effect.ts';
import type { ChannelId } from '../../domain/ids.ts';
import type { Lanes } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';
import { decodeItem, encodeItem, ITEM_KINDS, priorityNamed } from './lane-item.ts';
import { DONE, PUT, RENEW, RETRY, TAKE } from './lane-scripts.ts';

type TakeAnswer =
  | readonly ['empty']
  | readonly ['wait', number]
  | readonly ['item', item: string, rank: number, token: string, again: number];

/** The lane is paced under its channel's name: `Pace.pause(channel, …)` holds it back too. */
export function redisLanes(store: Store): Lanes {
  const take = store.script('kwLaneTake', TAKE);
  const done = store.script('kwLaneDone', DONE);
  const retry = store.script('kwLaneRetry', RETRY);
  const renew = store.script('kwLaneRenew', RENEW);
  const put = store.script('kwLanePut', PUT);
  const keysOf = (channel: ChannelId): readonly string[] => [
    KEYS.lane(channel),
    KEYS.leased(channel),
    KEYS.leases(channel),
    KEYS.lanes,
    KEYS.laneSequence,
    KEYS.pace(channel),
    KEYS.again(channel),
  ];

  return {
    async take(channel, now, pace, lease) {
      const answer = (await take(keysOf(channel), [
        channel,
        now,
        pace.every,
        pace.burst,
        lease,
        KEPT.pace,
        ...ITEM_KINDS,
      ])) as TakeAnswer;
      switch (answer[0]) {
        case 'empty':
          return { kind: 'empty' };
        case 'wait':
          return { kind: 'wait', ms: answer[1] };
        case 'item': {
          const item: LaneItem = decodeItem(answer[1]);
          const priority: Priority = priorityNamed(answer[2]);
          return { kind: 'item', item, priority, token: answer[3], again: answer[4] === 1 };
        }
      }
    },

    async done(channel, token, unspent) {
      await done(keysOf(channel), [channel, ...splitToken(token), unspent?.every ?? '']);
    },

    async renew(channel, token, now, lease) {
      return (await renew(keysOf(channel), [channel, ...splitToken(token), now, lease])) === 1;
    },

    async retry(channel, token, notBefore) {
      await retry(keysOf(channel), [channel, ...splitToken(token), Math.ceil(notBefore), KEPT.pace]);
    },

    async put(channel, item, priority) {
      await put(keysOf(channel), [channel, PRIORITY[priority], encodeItem(item)]);
    },

    waiting: () => store.run(async (redis) => (await redis.smembers(KEYS.lanes)) as ChannelId[]),
  };
}

/** A token is `<number of the lease> <item>`. */
function splitToken(token: string): readonly [lease: string, item: string] {
  const space = token.indexOf(' ');
  return [token.slice(0, space), token.slice(space + 1)];
}
