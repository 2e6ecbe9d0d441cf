/** The order of the board: whole numbers that sorted sets keep exactly. */
import { expect, test } from 'vitest';
import { boardMark, DATELESS, LAST_PLACE, OWN_DATELESS, placeOf, waitsSince } from '../../src/domain/board.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { approval } from './proofs.ts';
import { DAY, incident, T0 } from './samples.ts';

const dying = (deletionDate: number): Incident =>
  incident({ countdown: { deletionDate, since: T0, told: [], endTold: false } });
const since = (openedAt: number): Incident => incident({ openedAt });

test('what dies first, then what has no date, newest first', () => {
  const order = [dying(T0 - DAY), dying(T0), dying(T0 + 1), dying(8.64e15), since(T0 + 1), since(T0), since(0)];
  const places = order.map(placeOf);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(places).size).toBe(order.length);
});

test('keys that the bot depends on stand before all others, in the same order among themselves', () => {
  const others = [dying(0), dying(T0), since(T0)];
  const own = [dying(T0), dying(T0 + DAY), since(T0 + 1), since(T0)].map((one): Incident => ({ ...one, self: true }));
  const places = [...own, ...others].map(placeOf);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(own.map((one) => placeOf(one) < OWN_DATELESS)).toEqual([true, true, false, false]);
});

test('each place is a whole number that a double holds, on its own side', () => {
  for (const at of [-1, 0, 0.5, T0, T0 + 0.25, 8.64e15, Number.MAX_SAFE_INTEGER]) {
    expect(Number.isSafeInteger(placeOf(dying(at)))).toBe(true);
    expect(Number.isSafeInteger(placeOf(since(at)))).toBe(true);
    expect(placeOf(dying(at))).toBeLessThan(DATELESS);
    expect(placeOf(dying(at))).toBeGreaterThanOrEqual(0);
    expect(placeOf(since(at))).toBeGreaterThanOrEqual(DATELESS);
    expect(placeOf(since(at))).toBeLessThanOrEqual(LAST_PLACE);
  }
});

test('waits for approvers while it is open and a request is undecided', () => {
  const waiting = incident({ approvals: [approval('disable', { askedAt: T0 + 5 })] });
  expect(waitsSince(waiting)).toBe(T0 + 5);
  expect(waitsSince(incident())).toBeUndefined();
  expect(waitsSince({ ...waiting, phase: { kind: 'closed', at: T0, outcome: 'restored' } })).toBeUndefined();
});

test('a card that is posted or moves is another sight', () => {
  const one = incident();
  const marks = [one, { ...one, revision: 2 }, { ...one, card: { ...one.card, ts: '1.1' as never } }].map(boardMark);
  expect(new Set(marks).size).toBe(3);
  expect(boardMark({ ...one, version: 9, notedSeq: 5 })).toBe(boardMark(one));
});
