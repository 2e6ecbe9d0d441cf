/** When Slack last confirmed a person's role: what a rescue may lean on while Slack cannot be asked. */
import type { Instant } from '../../domain/ids.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';

export interface RoleMemory {
  /** Milliseconds since the epoch of the newest confirmation. Rejects with `StoreUnavailable`. */
  confirmedAt(person: string, role: string): Promise<Instant | undefined>;
  confirm(person: string, role: string, at: Instant): Promise<void>;
  forget(person: string, role: string): Promise<void>;
}

export function redisRoleMemory(store: Store): RoleMemory {
  return {
    async confirmedAt(person, role) {
      const text = await store.run((redis) => redis.get(KEYS.role(person, role)));
      return text === null ? undefined : Number(text);
    },
    async confirm(person, role, at) {
      await store.run((redis) => redis.set(KEYS.role(person, role), String(at), 'PX', KEPT.role));
    },
    async forget(person, role) {
      await store.run((redis) => redis.del(KEYS.role(person, role)));
    },
  };
}
