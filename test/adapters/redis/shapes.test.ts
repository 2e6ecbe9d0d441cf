import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectRedis, type Store } from '../../../src/adapters/redis/connect.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import type { RecordUnreadable } from '../../../src/adapters/redis/record.ts';
import { redisShapes } from '../../../src/adapters/redis/shapes.ts';
import type { IncidentId } from '../../../src/domain/ids.ts';
import { known, unknown } from '../../../src/domain/key.ts';
import { type KeyShape, SHAPE_KEPT } from '../../../src/domain/shape.ts';
import { key } from '../../domain/samples.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';

let server: TestRedis;
let store: Store;
const told: RecordUnreadable[] = [];

beforeAll(async () => {
  server = await startTestRedis();
  store = connectRedis(server.url);
  await store.whenReady(5_000);
});
beforeEach(async () => {
  await server.wipe();
  told.length = 0;
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

const shapes = () => redisShapes(store, (error) => told.push(error));
const ID = 'i0123456789abcdef' as IncidentId;
const shape: KeyShape = {
  takenAt: 1_000,
  state: 'Enabled',
  policy: known('{"Version":"2012-10-17"}'),
  grants: unknown('permission kms:ListGrants is missing: no'),
  aliases: known(['alias/käse']),
  tags: known({ team: 'pay' }),
  rotation: known({ enabled: true, periodInDays: 365 }),
};

describe('shapes', () => {
  test('last good: as it was put, and the next one replaces it', async () => {
    expect(await shapes().good(key)).toBeUndefined();
    await shapes().putGood(key, shape);
    expect(await shapes().good(key)).toEqual(shape);
    await shapes().putGood(key, { ...shape, takenAt: 2_000 });
    expect((await shapes().good(key))?.takenAt).toBe(2_000);
  });

  test('of an incident: one per round', async () => {
    await shapes().putOpening(ID, 1, shape);
    await shapes().putOpening(ID, 2, { ...shape, state: 'PendingDeletion' });
    expect((await shapes().opening(ID, 1))?.state).toBe('Enabled');
    expect((await shapes().opening(ID, 2))?.state).toBe('PendingDeletion');
    expect(await shapes().opening(ID, 3)).toBeUndefined();
  });

  test('kept for longer than any window, and not for ever', async () => {
    await shapes().putGood(key, shape);
    await shapes().putOpening(ID, 1, shape);
    for (const name of [KEYS.shapeOf(key.arn), KEYS.shapeAt(ID, 1)]) {
      const left = Number(await server.command('PTTL', name));
      expect(left).toBeGreaterThan(SHAPE_KEPT - 60_000);
      expect(left).toBeLessThanOrEqual(SHAPE_KEPT);
    }
  });

  test.each(['', 'not JSON', '{}', JSON.stringify({ ...shape, state: 'Sleeping' })])(
    'what cannot be read is told, and counts as none: %j',
    async (text) => {
      await server.command('SET', KEYS.shapeOf(key.arn), text);
      expect(await shapes().good(key)).toBeUndefined();
      expect(told).toHaveLength(1);
    },
  );

  test('how far the survey of a place is', async () => {
    expect(await shapes().surveyed(key)).toBeUndefined();
    await shapes().putSurveyed(key, 1_234);
    expect(await shapes().surveyed(key)).toBe(1_234);
  });
});
