/** The clocks of an incident: which come, which counts, and what of it is told. */
import { describe, expect, test } from 'vitest';
import { clocksOf, earliestClock, outOfUseSince, pastLosses, withLosses } from '../../src/domain/clocks.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Service } from '../../src/domain/services.ts';
import type { Sighting } from '../../src/domain/victims.ts';
import { DAY, disabledBefore, enabledBefore, HOUR, incident, read, rules, T0 } from './samples.ts';

const hurt = (...services: readonly Service[]): Pick<Incident, 'knowledge'> => seen('grant', ...services);
const seen = (sighting: Sighting, ...services: readonly Service[]): Pick<Incident, 'knowledge'> => ({
  knowledge: {
    victims: { listed: services.map((service) => ({ service, seen: [sighting] })), more: 0, unread: [] },
  },
});
const off = { read: read('Disabled'), outOfUse: { since: T0 }, prior: enabledBefore } as const;
const dying = { read: read('PendingDeletion'), outOfUse: { since: T0 } } as const;
const WEEK = 7 * DAY;

describe('clocks', () => {
  test.each<[string, Partial<Incident>, readonly (readonly [string, number])[]]>([
    ['nobody known to be hurt', off, []],
    ['RDS', { ...off, ...hurt('rds') }, [['rds', WEEK]]],
    [
      'a global table’s replica goes first, the table later',
      { ...off, ...hurt('dynamodbReplica') },
      [
        ['replica', 20 * HOUR],
        ['dynamodb', WEEK],
      ],
    ],
    ['S3 waits', { ...off, ...hurt('s3', 'ebs', 'lambda') }, []],
    ['what only an alias tells counts, what only a tag tells does not', { ...off, ...seen('tag', 'rds') }, []],
    ['an alias', { ...off, ...seen('alias', 'rds') }, [['rds', WEEK]]],
    ['a key that works loses nobody anything', { read: read('Enabled'), ...hurt('rds') }, []],
    ['a key without material', { ...off, read: read('PendingImport'), ...hurt('rds') }, [['rds', WEEK]]],
    ['a key that was off before has lost it already', { ...off, prior: disabledBefore, ...hurt('rds') }, []],
    [
      'one that we turned off counts all the same',
      { ...off, prior: { kind: 'known', state: 'Disabled', from: 'read', at: T0 }, ...hurt('rds') },
      [['rds', WEEK]],
    ],
    [
      'all of them, soonest first',
      { ...dying, read: read('PendingDeletion', { validTo: T0 + DAY, deletionDate: T0 + 30 * DAY }), ...hurt('rds') },
      [
        ['material', DAY],
        ['rds', WEEK],
        ['deletion', 30 * DAY],
      ],
    ],
    [
      'replicas that hold up their primary',
      { ...dying, read: read('PendingReplicaDeletion', { replicasGoneAt: T0 + 9 * DAY }), ...hurt('rds') },
      [
        ['rds', WEEK],
        ['replicas', 9 * DAY],
      ],
    ],
  ])('%s', (_title, more, wanted) => {
    expect(clocksOf(incident(more)).map(({ kind, at }) => [kind, at - T0])).toEqual(wanted);
  });

  test('unusable since the call that did it, not since our read of it; a use before that ends an older danger', () => {
    const danger = { kind: 'keyDisabled', firstAt: T0 - HOUR, lastAt: T0 - HOUR, count: 1 } as const;
    expect(outOfUseSince(incident({ ...off, dangers: [danger] }))).toBe(T0 - HOUR);
    const worked = { since: T0, usableAt: T0 - HOUR / 2 };
    expect(outOfUseSince(incident({ ...off, outOfUse: worked, dangers: [danger] }))).toBe(T0);
  });

  test('the earliest still to come counts; what is past may be lost already', () => {
    const one = incident({
      ...dying,
      read: read('PendingDeletion', { deletionDate: T0 + 30 * DAY }),
      ...hurt('dynamodbReplica'),
    });
    expect(earliestClock(one, T0 + DAY)).toEqual({ kind: 'dynamodb', at: T0 + WEEK, may: true });
    expect(pastLosses(one, T0 + DAY).map(({ kind }) => kind)).toEqual(['replica']);
  });
});

describe('the countdown to a loss', () => {
  const losses = (more: Partial<Incident>, now = T0) => withLosses(incident(more), rules, now).losses;

  test('counts to the next loss, and tells its marks from then on', () => {
    expect(losses({ ...off, ...hurt('rds', 'dynamodb') })).toMatchObject({
      deletionDate: T0 + WEEK,
      of: ['rds', 'dynamodb'],
      told: [14 * DAY, 7 * DAY],
    });
  });

  test.each([
    [WEEK, undefined],
    [WEEK + HOUR, undefined],
    [WEEK + HOUR + 1, T0 + WEEK],
    [30 * DAY, T0 + WEEK],
  ])('beside a deletion %i ms away', (left, wanted) => {
    const deletionDate = T0 + left;
    const countdown = { deletionDate, since: T0, told: [], posted: [], endTold: false };
    const more = { ...dying, read: read('PendingDeletion', { deletionDate }), countdown, ...hurt('rds') };
    expect(losses(more)?.deletionDate).toBe(wanted);
  });

  test('first seen when it should be loud already: told at once, loudly', () => {
    const late = incident({ ...off, ...hurt('dynamodbReplica') });
    const verdict = decide(
      late,
      { kind: 'due', read: read('Disabled', { readAt: T0 + 15 * HOUR }), late: 0 },
      { now: T0 + 15 * HOUR, rules },
    );
    expect(verdict).toMatchObject({
      decision: {
        effects: [
          {
            kind: 'remind',
            volume: 'everyone',
            reminder: { kind: 'loss', of: ['replica'], lossAt: T0 + 20 * HOUR, milestone: 6 * HOUR },
          },
          { kind: 'alert' },
        ],
      },
    });
  });

  test('a moment learnt to be earlier keeps what was told; another loss begins anew', () => {
    const before = withLosses(incident({ ...off, ...hurt('rds') }), rules, T0);
    const danger = { kind: 'keyDisabled', firstAt: T0 - HOUR, lastAt: T0, count: 1 } as const;
    const moved = withLosses({ ...before, dangers: [danger] }, rules, T0 + 5).losses;
    expect([moved?.deletionDate, moved?.told, moved?.since]).toEqual([T0 - HOUR + WEEK, [14 * DAY, 7 * DAY], T0]);
    const other = withLosses({ ...before, ...hurt('rds', 'dynamodbReplica') }, rules, T0 + HOUR).losses;
    expect([other?.of, other?.since]).toEqual([['replica'], T0 + HOUR]);
  });

  test('once its moment is over the next loss counts, and after the last none', () => {
    const one = withLosses(incident({ ...off, ...hurt('dynamodbReplica') }), rules, T0);
    const next = withLosses(one, rules, T0 + 20 * HOUR + 1);
    expect(next.losses).toMatchObject({ deletionDate: T0 + WEEK, of: ['dynamodb'] });
    expect(next.revision).toBeGreaterThan(one.revision);
    expect(withLosses(next, rules, T0 + WEEK + 1).losses).toBeUndefined();
  });

  test('whoever said that they know is not quiet past its next loud moment', () => {
    const who = { enterprise: '', team: 'T1', user: 'UALICE' };
    const before = incident({ ...off, attention: { kind: 'acknowledged', by: who, at: T0, until: T0 + 12 * HOUR } });
    const now = T0 + 10 * HOUR;
    const after = withLosses({ ...before, ...hurt('dynamodbReplica') }, rules, now);
    expect(after.attention?.until).toBe(T0 + 12 * HOUR);
    const early = withLosses({ ...before, ...hurt('dynamodbReplica'), outOfUse: { since: T0 - 8 * HOUR } }, rules, T0);
    expect(early.attention?.until).toBe(T0 + 6 * HOUR);
  });
});
