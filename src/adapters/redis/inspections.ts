/** The `Inspections` port: the last inspection, replaced by the next. */
import type { Inspection } from '../../domain/inspection.ts';
import type { Inspections } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, tolerant } from './record.ts';

/** One that cannot be read is told to `onUnreadable` and counts as none. */
export function redisInspections(store: Store, onUnreadable: OnUnreadable): Inspections {
  const tolerate = tolerant(onUnreadable);
  return {
    async last() {
      const text = await store.run((redis) => redis.get(KEYS.inspection));
      if (text === null) return undefined;
      return tolerate(() =>
        parseRecord<Inspection>('the last inspection', text, ['slot', 'endedAt', 'findings', 'told', 'heartbeat']),
      );
    },
    async keep(inspection) {
      await store.run((redis) => redis.set(KEYS.inspection, JSON.stringify(inspection)));
    },
  };
}
