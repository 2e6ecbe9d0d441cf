/**
 * Joining, leaving and the end of a wave lose nothing: whatever the order of openings, joins, saves, endings, reopenings, presses,
 * deletions in Slack and deaths of processes, everybody is shown somewhere, everything owed is told, and nothing stands forgotten.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/adapters/redis/connect.ts';
import { unposted } from '../../src/domain/deadline.ts';
import { shownOn } from '../../src/domain/gathering.ts';
import { isOpen } from '../../src/domain/incident.ts';
import { DAY } from '../domain/samples.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { ALL_KEYS, CHANNEL, openStore, openWorld, type World } from './gathering-world.ts';

let server: TestRedis;
let store: Store;
beforeAll(async () => {
  server = await startTestRedis();
  store = await openStore(server);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

type Move =
  | { readonly kind: 'schedule'; readonly keys: readonly number[]; readonly lives?: number }
  | { readonly kind: 'rescue' | 'look'; readonly keys: readonly number[] }
  | { readonly kind: 'press'; readonly what: 'all' | 'acknowledge' }
  | { readonly kind: 'steps'; readonly count: number }
  | { readonly kind: 'pulse'; readonly lives?: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'deleteCard' | 'lost' | 'refused' | 'rest' };

const lives = fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined });
const some = fc.uniqueArray(fc.nat(ALL_KEYS.length - 1), { minLength: 1, maxLength: ALL_KEYS.length });
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('schedule' as const), keys: some, lives }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('rescue' as const, 'look' as const), keys: some }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('press' as const),
      what: fc.constantFrom('all' as const, 'acknowledge' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('steps' as const), count: fc.integer({ min: 1, max: 80 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pulse' as const), lives }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1_000, 5_000, 13_000, 61_000, 700_000, 4 * DAY + 1_000, 2 * DAY),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'rest' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('deleteCard' as const, 'lost' as const, 'refused' as const) }),
  },
) as fc.Arbitrary<Move>;

async function make(world: World, move: Move, choose: () => number, nonce: string): Promise<void> {
  switch (move.kind) {
    case 'schedule':
      for (const index of move.keys) {
        const key = ALL_KEYS[index];
        if (key !== undefined) await world.schedule(key, move.lives);
      }
      return;
    case 'rescue':
    case 'look':
      for (const index of move.keys) {
        const key = ALL_KEYS[index];
        if (key === undefined) continue;
        if (move.kind === 'rescue') world.rescueByHand(key);
        world.look(key);
      }
      return;
    case 'press':
      return world.press(move.what, nonce);
    case 'steps':
      for (let step = 0; step < move.count; step += 1) await world.step(choose());
      return;
    case 'pulse':
      return world.pulse(move.lives);
    case 'pass':
      return world.clock.advance(move.ms);
    case 'deleteCard':
      return world.deleteCard();
    case 'lost':
      world.mood.lost += 1;
      return;
    case 'refused':
      world.mood.refused += 1;
      return;
    case 'rest':
      await world.rest(choose);
      await expectNothingLost(world);
  }
}

async function expectNothingLost(world: World): Promise<void> {
  for (const key of ALL_KEYS) {
    const incident = await world.load(key);
    if (incident === undefined) continue;
    const shown = shownOn(incident);
    // A card that somebody has deleted since is noticed with the next change of it.
    const known = world.said.some((one) => one.ts === incident.card.ts);
    const about = `${key.keyId} ${key.region} ${JSON.stringify({ shown, card: incident.card, phase: incident.phase })}`;
    if (isOpen(incident)) expect(known, `shown in Slack: ${about}`).toBe(true);
    if (isOpen(incident) && shown.on === 'own')
      expect(incident.card.shownRevision, `up to date: ${about}`).toBe(incident.revision);
    if (isOpen(incident) && shown.on !== 'own') {
      const gathering = await world.loadGathering(shown.gathering);
      expect(gathering?.card.ts, `its shared card is posted: ${about}`).toBeDefined();
      expect(incident.card.ts, `it knows where: ${about}`).toBe(gathering?.card.ts);
      const row = (await world.rows(shown.gathering)).find((one) => one.incident === incident.id);
      expect(row, `it has a row: ${about}`).toMatchObject({ own: shown.on !== 'wave', placed: true });
    }
    if (shown.on === 'wave' && isOpen(incident)) {
      const own = world.said.filter(
        (one) => one.about === incident.id && one.effect === 'card' && one.round === incident.round && !one.deleted,
      );
      expect(own, `no card of its own stands forgotten: ${about}`).toEqual([]);
    }
    const { wave } = incident;
    const row =
      wave === undefined ? undefined : (await world.rows(wave.id)).find((one) => one.incident === incident.id);
    if (wave !== undefined)
      expect(['restored', 'over', 'deleted'].includes(row?.progress ?? ''), `counted as it is: ${about}`).toBe(
        !isOpen(incident),
      );
    const { countdown } = incident;
    // Past the date nothing is said of it any more.
    if (!isOpen(incident) || countdown === undefined || world.clock.now() > countdown.deletionDate) continue;
    expect(unposted(countdown), `every reminder is told: ${about}`).toEqual([]);
    const reminded = incident.timeline.flatMap(({ body }) => (body.kind === 'reminded' ? [body.milestone] : []));
    for (const milestone of reminded)
      expect(
        world.said.some(({ reminds }) => reminds.includes(`${incident.id} ${milestone}`)),
        `Slack has it: ${about}`,
      ).toBe(true);
    // What wakes everybody has woken them: by this key, or by another of its wave.
    const loud = reminded.filter((milestone) => milestone <= DAY);
    for (const milestone of loud)
      expect(
        world.said.some(
          ({ channel, reminds }) => channel !== CHANNEL && reminds.some((one) => one.endsWith(` ${milestone}`)),
        ),
        `somebody was woken: ${about}`,
      ).toBe(true);
  }
  for (const { name, failure } of world.actors) expect(failure, name).toBeUndefined();
}

test('nobody is shown nowhere, and nothing owed is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 4, maxLength: 22 }),
      fc.infiniteStream(fc.nat(40)),
      async (moves, choices) => {
        const world = await openWorld(server, store);
        const choose = (): number => choices.next().value as number;
        for (const [index, one] of moves.entries()) await make(world, one, choose, `nonce-${index}`);
        await world.rest(choose);
        await expectNothingLost(world);
      },
    ),
    { numRuns: 150 },
  );
}, 240_000);
