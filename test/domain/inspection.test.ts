/** What the auditor holds a record against, and the reminder it puts in a lost one's place. */
import { describe, expect, test } from 'vitest';
import type { PendingEffect, Reminder } from '../../src/domain/effect.ts';
import type { ChannelId, EffectId } from '../../src/domain/ids.ts';
import type { Countdown, Incident } from '../../src/domain/incident.ts';
import { isDueKept, lostReminder, mayBeLost, standingReminders } from '../../src/domain/inspection.ts';
import { pageOf } from '../../src/domain/page.ts';
import { DAY, fact, HOUR, incident, incidentId, key, read, rules, T0 } from './samples.ts';

const DATE = T0 + 7 * DAY;
const counting = (more: Partial<Countdown> = {}): Incident =>
  incident({
    read: read('PendingDeletion'),
    sawDanger: true,
    countdown: {
      deletionDate: DATE,
      since: T0,
      told: [14 * DAY, 7 * DAY],
      posted: [14 * DAY, 7 * DAY],
      endTold: false,
      ...more,
    },
  });
const milestone = (before: number, deletionDate = DATE): Reminder => ({
  kind: 'milestone',
  milestone: before,
  deletionDate,
  collapsed: 1,
});
const standing = (reminder: Reminder, to?: string): PendingEffect => ({
  id: `e${'1'.repeat(63)}` as EffectId,
  since: T0,
  effect: { kind: 'remind', incident: incidentId, reminder, ...(to === undefined ? {} : { to: to as ChannelId }) },
});

describe('the due entry', () => {
  const wanted = DATE - 3 * DAY;
  test.each([
    ['at the next milestone', wanted, true],
    ['earlier', T0 + 1, true],
    ['a moment later', wanted + 1, false],
    ['missing', undefined, false],
  ])('%s', (_name, dueAt, kept) => {
    expect(isDueKept(counting(), dueAt, { ...rules, milestones: rules.milestones }, T0 + HOUR)).toBe(kept);
  });
  test('a closed incident wants none', () => {
    const over: Incident = { ...counting(), phase: { kind: 'closed', at: T0, outcome: 'restored' } };
    expect(isDueKept(over, undefined, rules, T0)).toBe(true);
  });
});

describe('a reminder', () => {
  const told = counting({ told: [14 * DAY, 7 * DAY, 3 * DAY] });
  const now = DATE - 3 * DAY + HOUR;
  const nothing = standingReminders([]);

  test('that is told and was never posted, and stands nowhere, is lost', () => {
    expect(mayBeLost(told, now)).toBe(true);
    const lost = lostReminder(told, nothing, rules, now);
    expect(lost?.effect).toMatchObject({
      kind: 'remind',
      incident: incidentId,
      reminder: { kind: 'milestone', milestone: 3 * DAY, deletionDate: DATE, late: HOUR, collapsed: 1 },
      volume: 'mention',
    });
    expect(lost?.incident.timeline.at(-1)?.body).toEqual({ kind: 'repaired', what: 'reminder' });
    // It is posted when Slack has taken it, not before.
    expect(lost?.incident.countdown?.posted).not.toContain(3 * DAY);
  });

  test.each([
    ['for this date and milestone, in the thread', standing(milestone(3 * DAY)), undefined],
    ['for another milestone', standing(milestone(DAY)), 'lost'],
    ['for another date', standing(milestone(3 * DAY, DATE + 1)), 'lost'],
    ['elsewhere than in the thread', standing(milestone(3 * DAY), 'C0OPS'), 'lost'],
  ])('that stands %s', (_name, effect, expected) => {
    expect(lostReminder(told, standingReminders([effect]), rules, now) === undefined).toBe(expected === undefined);
  });

  test('several lost ones become one, named after the latest, as loud as it is by now', () => {
    const both = counting({ told: [14 * DAY, 7 * DAY, 3 * DAY, DAY] });
    const lost = lostReminder(both, nothing, rules, DATE - DAY + HOUR);
    expect(lost?.effect).toMatchObject({ reminder: { milestone: DAY, collapsed: 2 }, volume: 'everyone' });
    expect(lost?.incident.countdown?.posted).toEqual([14 * DAY, 7 * DAY, 3 * DAY]);
  });

  test('is nobody’s business after the date, after the end, or where it was never kept what was posted', () => {
    expect(mayBeLost(told, DATE + 1)).toBe(false);
    expect(lostReminder(told, nothing, rules, DATE + 1)).toBeUndefined();
    const over: Incident = { ...told, phase: { kind: 'closed', at: T0, outcome: 'restored' } };
    expect(lostReminder(over, nothing, rules, now)).toBeUndefined();
    const { posted: _posted, ...old } = told.countdown as Countdown;
    expect(mayBeLost({ ...told, countdown: old }, now)).toBe(false);
    expect(lostReminder({ ...told, countdown: old }, nothing, rules, now)).toBeUndefined();
  });
});

describe('a page about an incident', () => {
  test('names the key, its date and place', () => {
    expect(pageOf(counting(), 'lastDay', T0)).toEqual({
      id: `lastDay:${incidentId}`,
      kind: 'lastDay',
      at: T0,
      incident: incidentId,
      key: key.arn,
      account: key.account,
      region: key.region,
      deletionDate: DATE,
    });
  });
  test('about our own role: which call, under which role', () => {
    const role = 'arn:aws:iam::111122223333:role/KeywardenDisable';
    const call = {
      operation: 'DisableKey',
      eventId: 'event-1',
      actor: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/KeywardenDisable/x', issuerArn: role },
    };
    const misused = fact({ kind: 'keyDisabled', key, call } as never);
    const dangers = [{ kind: 'ownRoleMisused', firstAt: T0, lastAt: T0, count: 1, fact: misused }] as const;
    expect(pageOf(incident({ dangers }), 'ownRole', T0).detail).toBe(`DisableKey under ${role}`);
  });
});
