/** The `KeyIndex` port: what the sweep remembers of each key, one hash per account and Region. */
import { type KeyRef, keyRefOf, type Place, placeName } from '../../domain/ids.ts';
import type { KeyIndex, KeyMemory, SweepState } from '../../ports.ts';
import type { Store } from './connect.ts';
import { decodeMemory, encodeMemory } from './key-memory.ts';
import { KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, RecordUnreadable, tolerant } from './record.ts';

/** Keys per command: some 100 KB, far within the command timeout. */
const PAGE = 500;

/** Far more keys than KMS gives one account in a Region (100,000 unless raised); beyond, one may come twice. */
const MOST_SEEN = 200_000;

/** A memory that cannot be read is told to `onUnreadable` and counts as none: the sweep reads that key anew. */
export function redisKeyIndex(store: Store, onUnreadable: OnUnreadable): KeyIndex {
  const tolerate = tolerant(onUnreadable);
  const memoryOf = (name: string, text: string | null | undefined) =>
    typeof text === 'string' ? tolerate(() => decodeMemory(name, text)) : undefined;

  const getMany = async (keys: readonly KeyRef[]): Promise<readonly (KeyMemory | undefined)[]> => {
    const found = new Map<string, KeyMemory>();
    for (const [place, page] of pagesByPlace(keys, (key) => key)) {
      const rows = await store.run((redis) => redis.hmget(KEYS.keysOf(place), ...page.map((key) => key.keyId)));
      page.forEach((key, index) => {
        const memory = memoryOf(key.arn, rows[index])?.memory;
        if (memory) found.set(key.arn, memory);
      });
    }
    return keys.map((key) => found.get(key.arn));
  };

  const stateOf = (place: Place, text: string | null | undefined): SweepState | undefined =>
    typeof text === 'string'
      ? tolerate(() => parseRecord<SweepState>(`sweep of ${placeName(place)}`, text, ['slot', 'startedAt', 'failures']))
      : undefined;

  return {
    getMany,
    get: async (key) => (await getMany([key]))[0],

    async put(entries) {
      for (const [place, page] of pagesByPlace(entries, (entry) => entry.key)) {
        const fields = page.flatMap(({ key, memory }) => [key.keyId, encodeMemory(key.partition, memory)]);
        await store.run((redis) => redis.hset(KEYS.keysOf(place), ...fields));
      }
    },

    async remove(keys) {
      for (const [place, page] of pagesByPlace(keys, (key) => key)) {
        await store.run((redis) => redis.hdel(KEYS.keysOf(place), ...page.map((key) => key.keyId)));
      }
    },

    /** One that stands throughout comes; once, though HSCAN repeats keys while the hash is resized. */
    async *scan(place) {
      const seen = new Set<string>();
      let cursor = '0';
      do {
        const [next, flat] = await store.run((redis) => redis.hscan(KEYS.keysOf(place), cursor, 'COUNT', PAGE));
        const page = [];
        for (let at = 0; at < flat.length; at += 2) {
          const keyId = flat[at] as string;
          if (seen.has(keyId)) continue;
          if (seen.size < MOST_SEEN) seen.add(keyId);
          const entry = memoryOf(`${placeName(place)}/${keyId}`, flat[at + 1]);
          const key = entry && keyRefOf(entry.partition, place, keyId);
          if (key) page.push({ key, memory: entry.memory });
          else if (entry) onUnreadable(new RecordUnreadable(`${placeName(place)}/${keyId}`, 'not a key id'));
        }
        if (page.length > 0) yield page;
        cursor = next;
      } while (cursor !== '0');
    },

    async sweepState(place) {
      return stateOf(place, await store.run((redis) => redis.hget(KEYS.sweeps, placeName(place))));
    },

    async sweepStates(places) {
      if (places.length === 0) return [];
      const texts = await store.run((redis) => redis.hmget(KEYS.sweeps, ...places.map(placeName)));
      return places.map((place, index) => stateOf(place, texts[index]));
    },

    async putSweepState(place, state) {
      await store.run((redis) => redis.hset(KEYS.sweeps, placeName(place), JSON.stringify(state)));
    },
  };
}

/** Grouped by place, in pages that fit one command. */
function pagesByPlace<T>(all: readonly T[], keyOf: (entry: T) => KeyRef): readonly (readonly [Place, readonly T[]])[] {
  const byPlace = Map.groupBy(all, (entry) => placeName(keyOf(entry)));
  return [...byPlace.values()].flatMap((entries) => {
    const place = keyOf(entries[0] as T);
    return Array.from(
      { length: Math.ceil(entries.length / PAGE) },
      (_, page) => [place, entries.slice(page * PAGE, (page + 1) * PAGE)] as const,
    );
  });
}
