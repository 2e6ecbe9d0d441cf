/** The `Seen` port: single-use marks. */
import type { Seen } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';

export function redisSeen(store: Store): Seen {
  return {
    /** Marks live in Redis's own time: `keep` ms of it. */
    async first(mark, keep) {
      return (await store.run((redis) => redis.set(KEYS.seen(mark), '', 'PX', Math.ceil(keep), 'NX'))) === 'OK';
    },
  };
}
