import { describe, expect, test } from 'vitest';
import { familyOf, hearingOf, isQuiet } from '../../src/domain/digest.ts';
import { countdownOf } from '../../src/domain/digest-countdown.ts';
import { countingDeeds } from '../../src/domain/digest-deeds.ts';
import { type DigestDraft, draftDigest, dyingKeysOf } from '../../src/domain/digest-draft.ts';
import { foremost } from '../../src/domain/foremost.ts';
import type { ChannelId, Place } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { sweepPatience } from '../../src/domain/sweep-patience.ts';
import { digest, dying, entry, keyNamed, remembered } from './digest-samples.ts';
import { DAY, HOUR, incident, T0 } from './samples.ts';

const person = { enterprise: '', team: 'T1', user: 'U0ALICE' };
const finished = (draft: DigestDraft) =>
  draft.finished({
    timezone: 'UTC',
    dying: draft.dying().map((one) => dyingKeysOf(one, [], () => undefined)),
    names: new Map(),
    incomplete: false,
  });
const namesOf = (rows: readonly { readonly key: { readonly keyId: string } }[]) => rows.map(({ key }) => key.keyId);

describe('the first few of many', () => {
  const gather = (most: number, items: readonly (readonly [string, number])[]) => {
    const all = foremost<readonly [string, number]>(
      most,
      ([, one], [, other]) => one - other,
      ([name]) => name,
    );
    for (const item of items) all.add(item);
    return all.gathered();
  };
  test.each([
    ['nothing', 2, [], [], 0],
    ['fewer than fit', 2, [['a', 1]], ['a'], 1],
    [
      'in order, and counted',
      2,
      [
        ['c', 3],
        ['a', 1],
        ['b', 2],
      ],
      ['a', 'b'],
      3,
    ],
    [
      'of equals the one that came first',
      1,
      [
        ['a', 1],
        ['b', 1],
      ],
      ['a'],
      2,
    ],
    [
      'the same one twice is one row, its first',
      3,
      [
        ['a', 5],
        ['b', 2],
        ['a', 1],
      ],
      ['a', 'b'],
      3,
    ],
    [
      'a later one of the same changes nothing',
      3,
      [
        ['a', 1],
        ['b', 2],
        ['a', 5],
      ],
      ['a', 'b'],
      3,
    ],
    [
      'one that fell out comes back earlier',
      1,
      [
        ['a', 5],
        ['b', 2],
        ['a', 1],
      ],
      ['a'],
      3,
    ],
  ] as const)('%s', (_what, most, items, rows, total) => {
    const found = gather(most, items);
    expect(found.rows.map(([name]) => name)).toEqual(rows);
    expect(found.total).toBe(total);
  });
});

describe('whose matters a channel hears of', () => {
  const place = (account: string): Place => ({ account, region: 'us-west-2' }) as unknown as Place;
  const routes = new Map([['222222222222', 'C0PAY']]);
  const channelOf = (subject: Parameters<Parameters<typeof hearingOf>[1]['channelOf']>[0]) =>
    (subject.kind === 'place' ? (routes.get(subject.place.account) ?? 'C0MAIN') : 'C0MAIN') as ChannelId;
  const hears = (channel: string | undefined, subject: string | undefined, places = ['111111111111', '222222222222']) =>
    hearingOf(
      channel as ChannelId | undefined,
      { channelOf },
      places.map(place),
      'C0MAIN' as ChannelId,
    )(subject === undefined ? undefined : { kind: 'place', place: place(subject) });
  test.each([
    ['a routed channel hears of its accounts', 'C0PAY', '222222222222', true],
    ['and of no others', 'C0PAY', '111111111111', false],
    ['nor of what belongs to none', 'C0PAY', undefined, false],
    ['the default channel hears of those without a route', 'C0MAIN', '111111111111', true],
    ['and of what belongs to none', 'C0MAIN', undefined, true],
    ['not of routed ones', 'C0MAIN', '222222222222', false],
    ['any other channel hears of everything', 'C0BOSS', '222222222222', true],
    ['and of what belongs to none', 'C0BOSS', undefined, true],
    ['so does nobody’s channel', undefined, '222222222222', true],
  ] as const)('%s', (_what, channel, subject, expected) => expect(hears(channel, subject)).toBe(expected));
  test('a default channel that no account is left for still hears of no routed one', () => {
    expect(hears('C0MAIN', '222222222222', ['222222222222'])).toBe(false);
    expect(hears('C0MAIN', undefined, ['222222222222'])).toBe(true);
  });
});

describe('keys', () => {
  test('a hundred thousand: the first few by deadline and age, all counted, in bounded memory', () => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    const many = 100_000;
    for (let from = 0; from < many; from += 500)
      draft.keys(
        Array.from({ length: 500 }, (_, index) => {
          // Neither in order nor in reverse.
          const number = ((from + index) * 7_919) % many;
          const name = `key-${number}`;
          if (number % 2 === 0) return dying(name, 7 + number / many);
          return remembered(name, { state: 'Disabled', stateSince: { at: T0 - number * 1_000, exact: true } });
        }),
      );
    const found = finished(draft);
    expect(found.keys).toBe(many);
    expect(found.dying.total).toBe(many / 2);
    expect(found.dying.rows.map(({ keys: [{ key }] }) => key.keyId)).toEqual(
      Array.from({ length: 15 }, (_, index) => `key-${index * 2}`),
    );
    expect(found.disabled.total).toBe(many / 2);
    expect(namesOf(found.disabled.rows).slice(0, 3)).toEqual(['key-99999', 'key-99997', 'key-99995']);
    expect(found.monthlyCost).toBe(many / 2);
    expect(JSON.stringify(found).length).toBeLessThan(20_000);
  });

  test('AWS’s own are nobody’s to look after', () => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    draft.keys([remembered('aws', { manager: 'AWS', state: 'Disabled', unreadable: 3 })]);
    expect(finished(draft)).toMatchObject({ keys: 0, disabled: { total: 0 }, unreadKeys: { total: 0 } });
  });

  test('the price of disabled keys is told in dollars or not at all', () => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    const one = remembered('one', { state: 'Disabled' });
    draft.keys([{ ...one, key: { ...one.key, partition: 'aws-cn' } }]);
    expect(finished(draft)).not.toHaveProperty('monthlyCost');
  });

  test('a memory from before ages were kept counts from its last read', () => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    draft.keys([
      remembered('new', { state: 'Disabled', readAt: T0, stateSince: { at: T0 - HOUR, exact: true } }),
      remembered('old', { state: 'Disabled', readAt: T0 - 2 * HOUR }),
    ]);
    expect(namesOf(finished(draft).disabled.rows)).toEqual(['old', 'new']);
  });

  test('families: one row for all Regions of an account, sorted by their soonest', () => {
    const mrk = `mrk-${'0'.repeat(32)}`;
    expect(familyOf(keyNamed(mrk, 'us-west-2'))).toBe(familyOf(keyNamed(mrk, 'eu-west-1')));
    expect(familyOf(keyNamed(mrk, 'us-west-2', '444455556666'))).not.toBe(familyOf(keyNamed(mrk)));
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    const primary = remembered(mrk, { state: 'PendingReplicaDeletion', multiRegion: 'PRIMARY' });
    const replica = dying(mrk, 9, { multiRegion: 'REPLICA' }, 'eu-west-1');
    const enabled = remembered(mrk, { multiRegion: 'REPLICA' }, 'ap-southeast-2');
    draft.keys([primary, dying('sooner', 7)]);
    draft.keys([dying('later', 12), replica]);
    expect(draft.dying().map(({ key }) => key.region + key.keyId)).toEqual([
      'us-west-2sooner',
      `eu-west-1${mrk}`,
      'us-west-2later',
    ]);
    const open = incident({ subject: { kind: 'key', key: primary.key } });
    const family = dyingKeysOf(replica, [primary, replica, enabled], ({ key }) =>
      key.arn === primary.key.arn ? open : undefined,
    );
    expect(family.keys.map(({ key }) => key.region)).toEqual(['eu-west-1', 'us-west-2']);
    expect(family.incident).toBe(open);
    expect(family.name).toBe(`alias/${mrk}`);
  });

  describe('what may be lost before the key is', () => {
    const losing = (name: string, at: number, more: Partial<Incident> = {}, region = 'us-west-2') =>
      incident({
        id: `i-${name}-${region}` as Incident['id'],
        subject: { kind: 'key', key: keyNamed(name, region) },
        losses: { deletionDate: at, of: ['rds'], since: T0, told: [], endTold: false },
        ...more,
      });

    test('dying keys stand by their earliest clock, also one that the dates alone would leave out', () => {
      const draft = draftDigest(T0, T0 - DAY, HOUR);
      draft.incidents([
        losing('month', T0 + 2 * DAY),
        losing('past', T0 - 1),
        losing('over', T0 + HOUR, { phase: { kind: 'closed', at: T0, outcome: 'restored' } }),
      ]);
      draft.keys(Array.from({ length: 20 }, (_, at) => dying(`key-${String(at).padStart(2, '0')}`, 3 + at)));
      draft.keys([dying('month', 30), dying('past', 29), dying('over', 28), dying('first', 1)]);
      const { dying: found } = finished(draft);
      expect(found.rows.map(({ name }) => name).slice(0, 3)).toEqual(['alias/first', 'alias/month', 'alias/key-00']);
      expect(found.rows).toHaveLength(15);
      expect(found.total).toBe(24);
    });

    test('a family stands by the earliest clock of any of its Regions, and tells of that', () => {
      const mrk = `mrk-${'0'.repeat(32)}`;
      const [primary, replica] = [dying(mrk, 8), dying(mrk, 20, {}, 'eu-west-1')];
      const incidents = [
        losing(mrk, T0 + 2 * DAY, {}, 'eu-west-1'),
        incident({ subject: { kind: 'key', key: primary.key } }),
      ];
      const draft = draftDigest(T0, T0 - DAY, HOUR);
      draft.incidents(incidents);
      draft.keys([dying('sooner', 3), primary, replica]);
      const rows = draft
        .dying()
        .map((one) =>
          dyingKeysOf(one, one.key.keyId === mrk ? [primary, replica] : [], ({ key }) =>
            incidents.find(({ subject }) => subject.kind === 'key' && subject.key.arn === key.arn),
          ),
        );
      const { dying: found } = draft.finished({ timezone: 'UTC', dying: rows, names: new Map(), incomplete: false });
      expect(found.rows.map(({ name }) => name)).toEqual([`alias/${mrk}`, 'alias/sooner']);
      expect(found.rows[0]?.keys.map(({ key }) => key.region)).toEqual(['us-west-2', 'eu-west-1']);
      expect(found.rows[0]?.incident?.losses?.deletionDate).toBe(T0 + 2 * DAY);
    });

    test('a disabled key has its clock, and stands before those that were forgotten for longer', () => {
      const draft = draftDigest(T0, T0 - DAY, HOUR);
      draft.incidents([losing('later', T0 + 3 * DAY), losing('soon', T0 + DAY)]);
      const off = (name: string, days: number) =>
        remembered(name, { state: 'Disabled', stateSince: { at: T0 - days * DAY, exact: true } });
      draft.keys([
        off('later', 4),
        off('soon', 6),
        ...Array.from({ length: 20 }, (_, at) => off(`old-${at}`, 100 + at)),
      ]);
      const { disabled } = finished(draft);
      expect(namesOf(disabled.rows).slice(0, 3)).toEqual(['soon', 'later', 'old-19']);
      expect(disabled.rows[0]?.losses).toEqual({ of: ['rds'], deletionDate: T0 + DAY });
      expect(disabled.rows[2]).not.toHaveProperty('losses');
      expect(disabled.total).toBe(22);
    });
  });

  test('imported material: gone, about to go, or not told', () => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    const external = { origin: 'EXTERNAL' } as const;
    draft.keys([
      remembered('in-29-d', { ...external, validTo: T0 + 29 * DAY }),
      remembered('in-30-d', { ...external, validTo: T0 + 30 * DAY }),
      remembered('in-1-d', { ...external, validTo: T0 + DAY, state: 'Disabled' }),
      remembered('over', { ...external, validTo: T0 - DAY }),
      remembered('gone', { ...external, state: 'PendingImport', stateSince: { at: T0 - 2 * DAY, exact: true } }),
      remembered('dying', { ...external, state: 'PendingDeletion', validTo: T0 + DAY, deletionDate: T0 + 9 * DAY }),
      remembered('for-ever', external),
      remembered('of-KMS', { validTo: T0 + DAY }),
    ]);
    const { material } = finished(draft);
    expect(material.rows.map(({ memory }) => memory.aliases[0])).toEqual([
      'alias/gone',
      'alias/over',
      'alias/in-1-d',
      'alias/in-29-d',
    ]);
    expect(material.total).toBe(4);
  });
});

test('places: the least recent sweep, and those that could not be read', () => {
  const draft = draftDigest(T0, T0 - DAY, HOUR);
  const place = (region: string) => ({ account: '111122223333', region }) as unknown as Place;
  draft.place(place('us-west-2'), { completedAt: T0 - HOUR, failures: 0 });
  draft.place(place('eu-west-1'), { completedAt: T0 - HOUR - 1, failures: 0 });
  draft.place(place('us-east-1'), { completedAt: T0 - 3 * HOUR, failures: 2, problem: 'kms:ListKeys: denied' });
  draft.place(place('us-east-2'), undefined);
  draft.place(place('us-west-1'), { failures: 0 });
  const { sweptAt, unreadPlaces } = finished(draft);
  expect(sweptAt).toBe(T0 - HOUR - 1);
  expect(unreadPlaces.map((one) => [one.place.region, one.problem, one.sweptAt])).toEqual([
    // Too long ago to say how its keys are now.
    ['eu-west-1', undefined, T0 - HOUR - 1],
    ['us-east-1', 'kms:ListKeys: denied', undefined],
    ['us-east-2', undefined, undefined],
    ['us-west-1', undefined, undefined],
  ]);
});

test.each([
  [1_000, 120_000],
  [40_000, 120_000],
  [900_000, 2_700_000],
])('swept every %i ms, a place is known for %i ms', (every, patience) => expect(sweepPatience(every)).toBe(patience));

test('keys that KMS has deleted since the last one, newest first; what ended meanwhile is for the next', () => {
  const draft = draftDigest(T0, T0 - DAY, HOUR);
  const ended = (id: string, at: number, outcome: 'deleted' | 'restored' = 'deleted') =>
    incident({ id: id as Incident['id'], phase: { kind: 'closed', at, outcome } });
  draft.deaths([ended('early', T0 - DAY - 1), ended('first', T0 - DAY), ended('saved', T0 - HOUR, 'restored')]);
  draft.deaths([ended('last', T0 - 1), ended('meanwhile', T0), incident({ id: 'open' as Incident['id'] })]);
  const { deleted } = finished(draft);
  expect(deleted.rows.map(({ id }) => id)).toEqual(['last', 'first']);
  expect(deleted.total).toBe(2);
});

describe('incidents that nobody has in hand', () => {
  const named = (id: string, more: Partial<Incident> = {}) => incident({ id: id as Incident['id'], ...more });
  const attention = { kind: 'acknowledged', by: person, at: T0 - HOUR, until: T0 + HOUR } as const;
  const plan = {
    ticket: 'OPS-1',
    by: person,
    at: T0,
    fingerprint: { state: 'PendingDeletion' },
    status: { kind: 'agreed', by: person, at: T0 },
  } as const;
  test.each([
    ['open', {}, 1],
    ['closed', { phase: { kind: 'closed', at: T0, outcome: 'restored' } }, 0],
    ['acknowledged', { attention }, 0],
    ['acknowledged, and that ran out', { attention: { ...attention, until: T0 } }, 1],
    ['only snoozed', { attention: { ...attention, kind: 'snoozed' } }, 1],
    ['planned', { plan }, 0],
    ['plan not agreed yet', { plan: { ...plan, status: { kind: 'proposed' } } }, 1],
  ] as const)('%s', (_what, more, total) => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    draft.incidents([named('i1', more)]);
    expect(finished(draft).unattended.total).toBe(total);
  });
  test('oldest first', () => {
    const draft = draftDigest(T0, T0 - DAY, HOUR);
    draft.incidents([named('i2', { openedAt: 2 }), named('i3', { openedAt: 3 })]);
    draft.incidents([named('i1', { openedAt: 1 })]);
    expect(finished(draft).unattended.rows.map(({ id }) => id)).toEqual(['i1', 'i2', 'i3']);
  });
});

describe('deeds', () => {
  const counted = (...entries: readonly ReturnType<typeof entry>[]) => {
    const deeds = countingDeeds(T0 - HOUR);
    deeds.add(entries);
    return deeds.counted(false);
  };
  test('by outcome, whenever they happened', () => {
    const deeds = counted(
      entry('asked', { seq: 1 }),
      entry('intent', { seq: 2 }),
      entry('ended', { seq: 3, outcome: 'verified' }),
      entry('ended', { seq: 4, outcome: 'verified' }),
      entry('ended', { seq: 5, outcome: 'amber' }),
      // Happened before the last digest, and was written down after it.
      entry('ended', { seq: 6, what: 'disable', outcome: 'failed', at: T0 - 2 * HOUR }),
      entry('ended', { seq: 9, what: 'nothing known', outcome: 'verified' }),
      entry('requested', { seq: 10, what: 'scheduleDeletion' }),
      entry('refused', { seq: 11 }),
      entry('refused', { seq: 12 }),
    );
    expect(deeds.ended).toEqual([
      { what: 'rescue', outcome: 'verified', count: 2 },
      { what: 'rescue', outcome: 'amber', count: 1 },
      { what: 'disable', outcome: 'failed', count: 1 },
    ]);
    expect(deeds.counts).toEqual({ requested: 1, refused: 2 });
    expect(deeds.total).toBe(7);
  });
  test('the newest few that say how something went, newest first', () => {
    const deeds = counted(
      ...Array.from({ length: 40 }, (_, index) =>
        entry(index % 2 === 0 ? 'ended' : 'intent', { seq: index, at: T0 + index, outcome: 'verified' }),
      ),
    );
    expect(deeds.newest.map(({ seq }) => seq)).toEqual([38, 36, 34, 32, 30]);
  });
});

test.each([
  ['nothing', {}, true],
  ['a dying key', { dying: { rows: [], total: 1 } }, false],
  ['a disabled key', { disabled: { rows: [], total: 1 } }, false],
  ['material', { material: { rows: [], total: 1 } }, false],
  ['a death', { deleted: { rows: [], total: 1 } }, false],
  ['an incident', { unattended: { rows: [], total: 1 } }, false],
  ['a place', { unreadPlaces: [{ place: keyNamed('x') }] }, false],
  ['a key not read', { unreadKeys: { rows: [], total: 1 } }, false],
  ['a trail not read', { deeds: countingDeeds(0).counted(true) }, false],
] as const)('%s: is it quiet?', (_what, more, quiet) => expect(isQuiet(digest(more))).toBe(quiet));

describe('the picture', () => {
  const accountName = () => 'payments-prod';
  const row = (...keys: readonly ReturnType<typeof dying>[]) => {
    const [first = dying('none', 1), ...others] = keys;
    return { name: first.memory.aliases[0] ?? '', keys: [first, ...others] as const };
  };
  test('nothing ends: none', () => {
    expect(countdownOf(digest(), accountName)).toBeUndefined();
    const waiting = row(remembered('p', { state: 'PendingReplicaDeletion' }));
    expect(countdownOf(digest({ dying: { rows: [waiting], total: 1 } }), accountName)).toBeUndefined();
  });
  test('deletions and expiries together, soonest first, the rest counted', () => {
    const chart = countdownOf(
      digest({
        dying: { rows: [row(dying('b', 2), dying('b', 3, {}, 'eu-west-1')), row(dying('d', 9))], total: 10 },
        material: {
          rows: [
            remembered('gone', { state: 'PendingImport', validTo: T0 - DAY }),
            remembered('c', { origin: 'EXTERNAL', validTo: T0 + 5 * DAY }),
          ],
          total: 3,
        },
      }),
      accountName,
    );
    expect(chart?.rows.map(({ name, detail, kind }) => [name, detail, kind])).toEqual([
      ['alias/b', 'payments-prod us-west-2, eu-west-1', 'deletion'],
      ['alias/c', 'payments-prod us-west-2', 'materialExpiry'],
      ['alias/d', 'payments-prod us-west-2', 'deletion'],
    ]);
    // Seven pending keys and one that loses its material are in no row.
    expect(chart?.more).toBe(8);
    expect(chart?.rows.map(({ keys }) => keys)).toEqual([2, 1, 1]);
  });
  test('never more rows than fit', () => {
    const rows = Array.from({ length: 15 }, (_, index) => row(dying(`k${index}`, index + 1)));
    const material = Array.from({ length: 15 }, (_, index) =>
      remembered(`m${index}`, { validTo: T0 + index * DAY + 1 }),
    );
    const chart = countdownOf(
      digest({ dying: { rows, total: 15 }, material: { rows: material, total: 15 } }),
      accountName,
    );
    expect(chart?.rows).toHaveLength(15);
    expect(chart?.more).toBe(15);
  });
});
