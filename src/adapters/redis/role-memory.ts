/** When Slack last confirmed each role of a person: what a rescue may lean on while Slack cannot be asked. */
import type { Instant } from '../../domain/ids.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';

/** A person by `personKey`, a grant by a name that is no other grant's. Rejects with `StoreUnavailable`. */
export interface RoleMemory {
  /** Grant → milliseconds since the epoch of its newest confirmation; without those never confirmed. */
  confirmed(person: string, grants: readonly string[]): Promise<ReadonlyMap<string, Instant>>;
  confirm(person: string, grants: readonly string[], at: Instant): Promise<void>;
  forget(person: string, grants: readonly string[]): Promise<void>;
}

export function redisRoleMemory(store: Store): RoleMemory {
  return {
    async confirmed(person, grants) {
      if (grants.length === 0) return new Map();
      const texts = await store.run((redis) => redis.mget(grants.map((grant) => KEYS.role(person, grant))));
      return new Map(
        grants.flatMap((grant, index) => {
          const text = texts[index];
          return text ? [[grant, Number(text)] as const] : [];
        }),
      );
    },
    async confirm(person, grants, at) {
      await store.run((redis) =>
        Promise.all(grants.map((grant) => redis.set(KEYS.role(person, grant), String(at), 'PX', KEPT.role))),
      );
    },
    async forget(person, grants) {
      if (grants.length === 0) return;
      await store.run((redis) => redis.del(grants.map((grant) => KEYS.role(person, grant))));
    },
  };
}
