import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countdownAfter, nextMoment, reminderAt } from '../../src/domain/deadline.ts';
import { DAY, HOUR, MILESTONES, MINUTE, rules, snapshot, T0 } from './samples.ts';

const pending = (deletionDate: number, readAt = T0) => snapshot('PendingDeletion', { deletionDate, readAt });

describe('the countdown', () => {
  test('a milestone at the start of the window is not owed', () => {
    expect(countdownAfter(undefined, pending(T0 + 7 * DAY), rules)?.told).toEqual([14 * DAY, 7 * DAY]);
  });
  test('neither when the key is seen two hours late', () => {
    expect(countdownAfter(undefined, pending(T0 + 7 * DAY - 2 * HOUR), rules)?.told).toEqual([14 * DAY, 7 * DAY]);
  });
  test('nor when our clock is a little behind', () => {
    expect(countdownAfter(undefined, pending(T0 + 7 * DAY + 30_000), rules)?.told).toEqual([14 * DAY, 7 * DAY]);
  });
  test('a window that runs half a day longer than asked keeps its first milestone', () => {
    expect(countdownAfter(undefined, pending(T0 + 7 * DAY + 13 * HOUR), rules)?.told).toEqual([14 * DAY]);
  });
  test('seen shortly before the end, the last milestone stays', () => {
    expect(countdownAfter(undefined, pending(T0 + 65 * MINUTE), rules)?.told).not.toContain(HOUR);
  });
  test('another date is another generation: the old reminders are void', () => {
    const first = countdownAfter(undefined, pending(T0 + 7 * DAY), rules);
    const second = countdownAfter(first, pending(T0 + 30 * DAY, T0 + HOUR), rules);
    expect(second).toMatchObject({ deletionDate: T0 + 30 * DAY, since: T0 + HOUR, told: [] });
    expect(countdownAfter(second, pending(T0 + 30 * DAY, T0 + 2 * HOUR), rules)).toBe(second);
  });
  test('a key that is not pending has none', () =>
    expect(countdownAfter(undefined, snapshot('Disabled'), rules)).toBeUndefined());
  test('a primary that waits for its replicas counts to the last of them', () => {
    const primary = snapshot('PendingReplicaDeletion', { replicasGoneAt: T0 + 20 * DAY });
    const waiting = countdownAfter(undefined, primary, rules);
    expect(waiting).toMatchObject({ deletionDate: T0 + 20 * DAY, replicas: {} });
    const named = { ...primary, pendingWindowInDays: 7 };
    expect(countdownAfter(waiting, named, rules)).toMatchObject({ told: waiting?.told, replicas: { windowDays: 7 } });
    const own = snapshot('PendingDeletion', { deletionDate: T0 + 27 * DAY });
    expect(countdownAfter(waiting, own, rules)).not.toHaveProperty('replicas');
  });
});

describe('reminders', () => {
  const countdown = { deletionDate: T0 + 7 * DAY, since: T0, told: [14 * DAY, 7 * DAY], endTold: false };
  test('nothing before the milestone', () =>
    expect(reminderAt(countdown, rules, T0 + 4 * DAY - 1, MINUTE)).toBeUndefined());
  test('at the milestone, once', () => {
    const first = reminderAt(countdown, rules, T0 + 4 * DAY, MINUTE);
    expect(first?.reminder).toEqual({
      kind: 'milestone',
      milestone: 3 * DAY,
      deletionDate: T0 + 7 * DAY,
      collapsed: 1,
    });
    expect(reminderAt(first?.countdown ?? countdown, rules, T0 + 4 * DAY + 1, MINUTE)).toBeUndefined();
  });
  test('several missed become one, marked late', () => {
    const owed = reminderAt(countdown, rules, T0 + 7 * DAY - 5 * HOUR, MINUTE);
    expect(owed?.reminder).toEqual({
      kind: 'milestone',
      milestone: 6 * HOUR,
      deletionDate: T0 + 7 * DAY,
      collapsed: 3,
      late: HOUR,
    });
    expect(owed?.countdown.told).toEqual([14 * DAY, 7 * DAY, 3 * DAY, DAY, 6 * HOUR]);
  });
  test('none after the end: no false hope', () =>
    expect(reminderAt(countdown, rules, T0 + 7 * DAY + 1, MINUTE)).toBeUndefined());
  test('the next moment is the next milestone, then the end, then nothing', () => {
    expect(nextMoment(countdown, rules, T0)).toBe(T0 + 4 * DAY);
    expect(nextMoment({ ...countdown, told: MILESTONES }, rules, T0)).toBe(T0 + 7 * DAY + 1);
    expect(nextMoment({ ...countdown, endTold: true }, rules, T0)).toBeUndefined();
  });
  test('however the pulse falls, each milestone is told at most once and the last one told is the latest passed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 * DAY }), { minLength: 1, maxLength: 30 }), (gaps) => {
        let now = T0;
        let state = countdown as Parameters<typeof reminderAt>[0];
        let told = 0;
        for (const gap of gaps) {
          now += gap;
          const owed = reminderAt(state, rules, now, MINUTE);
          if (owed === undefined) continue;
          if (owed.reminder.kind === 'milestone') told += owed.reminder.collapsed;
          state = owed.countdown;
        }
        expect(told).toBeLessThanOrEqual(4);
        expect(new Set(state.told).size).toBe(state.told.length);
      }),
    );
  });
});
