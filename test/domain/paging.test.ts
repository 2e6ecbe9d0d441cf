/** What the pager is owed: each sink once while it lasts, once when it is over, until it has taken it. */
import { describe, expect, test } from 'vitest';
import type { Page } from '../../src/domain/page.ts';
import {
  type Answer,
  answered,
  ended,
  isDue,
  isSettled,
  type KeptPage,
  leased,
  opened,
  type Sink,
  unaware,
} from '../../src/domain/paging.ts';

const page: Page = { id: 'tokenRevoked', kind: 'tokenRevoked', at: 1_000 };
const both: readonly Sink[] = ['sns', 'webhook'];
const told: Answer = { kind: 'told' };
const failed: Answer = { kind: 'again', problem: 'HTTP 500' };
const isOver = (kept: KeptPage, now: number): KeptPage => ended(kept, now) as KeptPage;
const toldBoth = (kept: KeptPage, status: 'open' | 'over'): KeptPage =>
  answered(answered(kept, 'sns', status, told, 0), 'webhook', status, told, 0);

describe('one matter', () => {
  test('is owed to each sink once while it lasts, and once when it is over', () => {
    const open = opened(undefined, page);
    expect(unaware(open, both)).toEqual(['sns', 'webhook']);
    const half = answered(open, 'sns', 'open', told, 2_000);
    expect(unaware(half, both)).toEqual(['webhook']);
    const all = answered(half, 'webhook', 'open', told, 2_000);
    expect(unaware(all, both)).toEqual([]);
    expect(isSettled(all, both)).toBe(false);
    const over = isOver(all, 3_000);
    expect(over).toMatchObject({ status: 'over', since: 3_000 });
    expect(unaware(over, both)).toEqual(['sns', 'webhook']);
    expect(isSettled(toldBoth(over, 'over'), both)).toBe(true);
  });

  test('seen again while it lasts is the same record: nothing is owed twice', () => {
    const open = toldBoth(opened(undefined, page), 'open');
    expect(opened(open, { ...page, at: 9_000 })).toBe(open);
    expect(ended(undefined, 1)).toBeUndefined();
    const over = isOver(open, 2_000);
    expect(ended(over, 3_000)).toBe(over);
  });

  test('a sink that has not heard of the end is told the newest reason for it', () => {
    const open = answered(toldBoth(opened(undefined, page), 'open'), 'webhook', 'open', failed, 1_500);
    const over = ended(open, 2_000, 'acknowledged');
    expect(over).toMatchObject({ status: 'over', since: 2_000, outcome: 'acknowledged' });
    expect(ended(over, 3_000, 'acknowledged')).toBe(over);
    expect(ended(over, 3_000, 'deleted')).toMatchObject({ status: 'over', since: 2_000, outcome: 'deleted' });
    expect(opened(over, { ...page, at: 5_000 })).not.toHaveProperty('outcome');
  });

  test('begun again after its end was told is a new call', () => {
    const over = toldBoth(isOver(toldBoth(opened(undefined, page), 'open'), 2_000), 'over');
    const again = opened(over, { ...page, at: 5_000 });
    expect(again).toMatchObject({ status: 'open', since: 5_000, page: { at: 5_000 } });
    expect(unaware(again, both)).toEqual(['sns', 'webhook']);
  });

  test('a sink that never heard of it need not hear of its end', () => {
    const half = answered(opened(undefined, page), 'sns', 'open', told, 2_000);
    const over = isOver(half, 3_000);
    expect(unaware(over, both)).toEqual(['sns']);
    expect(isSettled(isOver(opened(undefined, page), 3_000), both)).toBe(true);
  });

  test('begun again before its end was told: the sink still believes it, and is not called again', () => {
    const again = opened(isOver(toldBoth(opened(undefined, page), 'open'), 2_000), { ...page, at: 3_000 });
    expect(unaware(again, both)).toEqual([]);
  });

  test('over while the call is under way: its end is owed all the same', () => {
    const calling = leased(opened(undefined, page), 'sns', 2_000);
    const over = isOver(calling, 2_500);
    expect(unaware(over, ['sns'])).toEqual([]);
    const answeredLate = answered(over, 'sns', 'open', told, 3_000);
    expect(unaware(answeredLate, ['sns'])).toEqual(['sns']);
    expect(isDue(answeredLate, 'sns', 3_000)).toBe(true);
    expect(isSettled(answeredLate, ['sns'])).toBe(false);
  });

  test('without any sink it stands for as long as it lasts', () => {
    const open = opened(undefined, page);
    expect(isSettled(open, [])).toBe(false);
    expect(isSettled(isOver(open, 2_000), [])).toBe(true);
  });

  test('a process that stopped is told to the channel, never to a sink, and is over by that', () => {
    const stopped = opened(undefined, { id: 'processStopped:1', kind: 'processStopped', at: 1 });
    expect(unaware(stopped, both)).toEqual(['channel']);
    expect(isSettled(stopped, both)).toBe(false);
    expect(isSettled(answered(stopped, 'channel', 'open', told, 2), both)).toBe(true);
  });
});

describe('a sink that does not take it', () => {
  test('is told again at growing pauses, five minutes at most, without end', () => {
    let kept = opened(undefined, page);
    let now = 10_000;
    const pauses: number[] = [];
    for (let time = 0; time < 9; time += 1) {
      kept = answered(leased(kept, 'webhook', now), 'webhook', 'open', failed, now);
      const { nextAt = 0 } = kept.sinks.webhook ?? {};
      expect(isDue(kept, 'webhook', nextAt - 1)).toBe(false);
      expect(isDue(kept, 'webhook', nextAt)).toBe(true);
      pauses.push((nextAt - now) / 1_000);
      now = nextAt;
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(kept.sinks.webhook).toMatchObject({ failures: 9, problem: 'HTTP 500' });
    expect(answered(kept, 'webhook', 'open', told, now).sinks.webhook).toEqual({ told: 'open', failures: 0 });
  });

  test.each([
    ['refused: a person must look, tried now and then', { kind: 'refused', problem: 'HTTP 401' }, 300_000],
    ['asked for patience', { kind: 'again', problem: 'HTTP 429', after: 60_000 }, 60_000],
    ['asked for too much patience', { kind: 'again', problem: 'HTTP 429', after: 86_400_000 }, 300_000],
    ['asked for less than our own', { kind: 'again', problem: 'HTTP 429', after: 1 }, 5_000],
  ] as const)('%s', (_name, answer, pause) => {
    const kept = answered(opened(undefined, page), 'webhook', 'open', answer, 1_000);
    expect(kept.sinks.webhook?.nextAt).toBe(1_000 + pause);
  });

  test('holds up no other', () => {
    const kept = answered(opened(undefined, page), 'webhook', 'open', failed, 1_000);
    expect(isDue(kept, 'sns', 1_000)).toBe(true);
    expect(isDue(kept, 'webhook', 1_000)).toBe(false);
  });

  test('is leased while somebody tells it, and free again when that somebody died', () => {
    const calling = leased(opened(undefined, page), 'sns', 1_000);
    expect(isDue(calling, 'sns', 1_000)).toBe(false);
    expect(isDue(calling, 'sns', 16_000)).toBe(true);
  });

  test('is not silenced by a clock that is set back', () => {
    const kept = answered(opened(undefined, page), 'sns', 'open', failed, 100 * 86_400_000);
    expect(isDue(kept, 'sns', 5_000)).toBe(true);
  });
});
