/** The order of the board: whole numbers that sorted sets keep exactly. */
import { expect, test } from 'vitest';
import { boardMark, DATELESS, LAST_PLACE, placeOf, waitsSince } from '../../src/domain/board.ts';
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
