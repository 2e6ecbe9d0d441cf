/** The `Shapes` port: the last good shape of each key, and the one of each incident's round. Bounded by `domain/shape.ts`. */
import { placeName } from '../../domain/ids.ts';
import { KEY_STATES } from '../../domain/key.ts';
import type { KeyShape } from '../../domain/shape.ts';
import type { Shapes } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, RecordUnreadable, tolerant } from './record.ts';

const FIELDS = ['takenAt', 'state', 'policy', 'grants', 'aliases', 'tags'] as const;

/** A shape that cannot be read is told to `onUnreadable` and counts as none. */
export function redisShapes(store: Store, onUnreadable: OnUnreadable): Shapes {
  const tolerate = tolerant(onUnreadable);
  const get = async (name: string): Promise<KeyShape | undefined> => {
    const text = await store.run((redis) => redis.get(name));
    return text === null ? undefined : tolerate(() => decode(name, text));
  };
  return {
    good: (key) => get(KEYS.shapeOf(key.arn)),
    async putGood(key, shape) {
      await store.run((redis) => redis.set(KEYS.shapeOf(key.arn), JSON.stringify(shape), 'PX', KEPT.shape));
    },
    opening: (id, round) => get(KEYS.shapeAt(id, round)),
    async putOpening(id, round, shape) {
      await store.run((redis) => redis.set(KEYS.shapeAt(id, round), JSON.stringify(shape), 'PX', KEPT.shape));
    },
    async surveyed(place) {
      const at = Number(await store.run((redis) => redis.hget(KEYS.surveys, placeName(place))));
      return at > 0 ? at : undefined;
    },
    async putSurveyed(place, sweptAt) {
      await store.run((redis) => redis.hset(KEYS.surveys, placeName(place), String(sweptAt)));
    },
  };
}

/** Throws `RecordUnreadable`, also for a state this version does not know. */
function decode(name: string, text: string): KeyShape {
  const shape = parseRecord<KeyShape>(name, text, FIELDS);
  if (!KEY_STATES.includes(shape.state)) throw new RecordUnreadable(name, 'unknown key state');
  return shape;
}
