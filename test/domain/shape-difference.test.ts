/** What counts as "not as it was", and what does not. */
import { describe, expect, test } from 'vitest';
import { withKnowledge } from '../../src/domain/blocked.ts';
import { known, type Learned, unknown } from '../../src/domain/key.ts';
import type { Grant, KeyShape } from '../../src/domain/shape.ts';
import {
  baselineOf,
  type Comparison,
  compareShapes,
  isAsBefore,
  isOtherwise,
  MOST_DIFFERENCES,
  nextGood,
  withEarlier,
} from '../../src/domain/shape-difference.ts';
import { filledFrom, grantText, partsNotAsked } from '../../src/domain/shape-parts.ts';
import { incident, T0 } from './samples.ts';

const statement = (sid: string, more: object = {}): object => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: ['kms:Decrypt', 'kms:Encrypt'],
  Resource: '*',
  ...more,
});
const policy = (...statements: readonly object[]): Learned<string> =>
  known(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
const grant = (id: string, more: Partial<Grant> = {}): Grant => ({
  id,
  grantee: 'arn:aws:iam::111122223333:role/orders',
  operations: ['Decrypt'],
  ...more,
});
const grants = (listed: readonly Grant[], more = 0, digest = listed.map(grantText).sort().join()): KeyShape['grants'] =>
  known({ listed: listed.toSorted((a, b) => (grantText(a) < grantText(b) ? -1 : 1)), more, digest });

const good: KeyShape = {
  takenAt: T0 - 1_000,
  state: 'Enabled',
  policy: policy(statement('Root')),
  grants: grants([grant('a')]),
  aliases: known(['alias/orders']),
  tags: known({ team: 'pay' }),
  rotation: known({ enabled: true, periodInDays: 365 }),
};
const now = (more: Partial<KeyShape> = {}): KeyShape => ({ ...good, takenAt: T0, ...more });
const compare = (before: KeyShape, after: KeyShape): Comparison =>
  compareShapes({ shape: before, kind: 'lastGood', standIns: [] }, after);

describe('nothing differs', () => {
  test.each<[string, Partial<KeyShape>]>([
    ['the same', {}],
    [
      'a policy in another order, with lists of one and spaces',
      {
        policy: known(
          JSON.stringify(
            {
              Statement: { ...statement('Root'), Action: ['kms:Encrypt', 'kms:Decrypt'], Resource: ['*'] },
              Version: '2012-10-17',
            },
            null,
            4,
          ),
        ),
      },
    ],
    ['a grant that was made again', { grants: grants([grant('b', { createdAt: T0, name: 'again' })]) }],
    ['the state, while it is in danger: the card speaks of it', { state: 'PendingDeletion' }],
    [
      'rotation, while the deletion is pending: KMS does not tell it',
      { state: 'PendingDeletion', rotation: unknown('pending') },
    ],
  ])('%s', (_name, more) => {
    const comparison = compare(good, now(more));
    expect(comparison).toMatchObject({ differences: [], more: 0, unsure: [] });
    expect(isAsBefore(comparison)).toBe(true);
  });
});

describe('what differs', () => {
  const cases: readonly [string, Partial<KeyShape>, object, 'must be' | 'is only told'][] = [
    ['a statement gone', { policy: policy() }, { part: 'policy', change: 'gone', sid: 'Root' }, 'must be'],
    [
      'a statement new',
      { policy: policy(statement('Root'), statement('Mine')) },
      { part: 'policy', change: 'new', sid: 'Mine' },
      'must be',
    ],
    [
      'a statement changed, by its Sid',
      { policy: policy(statement('Root', { Effect: 'Deny' })) },
      {
        part: 'policy',
        change: 'changed',
        sid: 'Root',
        before: expect.stringContaining('Allow'),
        text: expect.stringContaining('Deny'),
      },
      'must be',
    ],
    [
      'the policy’s version',
      { policy: known(JSON.stringify({ Version: '2008-10-17', Statement: [statement('Root')] })) },
      { part: 'policy', change: 'head' },
      'must be',
    ],
    [
      'a statement twice',
      { policy: policy(statement('Root'), statement('Root')) },
      { part: 'policy', change: 'new' },
      'must be',
    ],
    ['a grant gone', { grants: grants([]) }, { part: 'grants', change: 'gone', grant: grant('a') }, 'must be'],
    [
      'a grant new',
      { grants: grants([grant('a'), grant('b', { grantee: 'arn:aws:iam::999999999999:root' })]) },
      { part: 'grants', change: 'new' },
      'must be',
    ],
    [
      'the same grant twice',
      { grants: grants([grant('a'), grant('b')]) },
      { part: 'grants', change: 'new' },
      'must be',
    ],
    ['an alias gone', { aliases: known([]) }, { part: 'aliases', change: 'gone', alias: 'alias/orders' }, 'must be'],
    [
      'an alias new',
      { aliases: known(['alias/a', 'alias/orders']) },
      { part: 'aliases', change: 'new', alias: 'alias/a' },
      'must be',
    ],
    ['a tag gone', { tags: known({}) }, { part: 'tags', tag: 'team', before: 'pay' }, 'is only told'],
    ['a tag new', { tags: known({ team: 'pay', a: 'b' }) }, { part: 'tags', tag: 'a', now: 'b' }, 'is only told'],
    [
      'a tag changed',
      { tags: known({ team: 'x' }) },
      { part: 'tags', tag: 'team', before: 'pay', now: 'x' },
      'is only told',
    ],
    [
      'rotation off',
      { rotation: known({ enabled: false }) },
      { part: 'rotation', before: { enabled: true, periodInDays: 365 }, now: { enabled: false } },
      'is only told',
    ],
    ['the state', { state: 'Disabled' }, { part: 'state', before: 'Enabled', now: 'Disabled' }, 'is only told'],
  ];
  test.each(cases)('%s', (_name, more, difference, weight) => {
    const comparison = compare(good, now(more));
    expect(comparison.differences).toEqual([expect.objectContaining(difference)]);
    expect(isAsBefore(comparison)).toBe(weight !== 'must be');
    expect(isOtherwise(comparison)).toBe(weight === 'must be');
  });

  test('replicas', () => {
    const family = { role: 'PRIMARY', primary: 'arn:p', replicas: [{ arn: 'arn:r', region: 'eu-west-1' }] } as never;
    const alone = { role: 'PRIMARY', primary: 'arn:p', replicas: [] } as never;
    const comparison = compare({ ...good, multiRegion: family }, now({ multiRegion: alone }));
    expect(comparison.differences).toEqual([{ part: 'multiRegion', before: family, now: alone }]);
    expect(isAsBefore(comparison)).toBe(true);
  });

  test('a tag named like something every object has is a tag like any other', () => {
    const tags = known({ team: 'pay', constructor: 'x' });
    expect(compare(good, now({ tags })).differences).toEqual([{ part: 'tags', tag: 'constructor', now: 'x' }]);
  });

  test('among more grants than are kept: what the lists can tell, else that some are others', () => {
    const listed = Array.from({ length: 3 }, (_, at) => grant(`g${at}`, { retiring: `arn:aws:iam::1:role/${at}` }));
    const before = now({ grants: grants(listed, 40, 'one') });
    expect(compare(before, now({ grants: grants(listed, 40, 'two') })).differences).toEqual([
      { part: 'grants', change: 'some', before: 43, now: 43 },
    ]);
    // The last of a cut list may only have been pushed out of it.
    expect(compare(before, now({ grants: grants(listed.slice(0, 2), 41, 'two') })).differences).toEqual([
      { part: 'grants', change: 'some', before: 43, now: 43 },
    ]);
    expect(compare(before, now({ grants: grants(listed.slice(1), 40, 'two') })).differences).toEqual([
      { part: 'grants', change: 'gone', grant: listed[0] },
    ]);
  });

  test('the list is bounded, what a rescue must bring back stands first, and the others are counted', () => {
    const tags = known(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`t${at}`, 'x'])));
    const comparison = compare(good, now({ tags, aliases: known([]) }));
    expect(comparison.differences).toHaveLength(MOST_DIFFERENCES);
    expect(comparison.differences[0]?.part).toBe('aliases');
    expect(comparison.more).toBe(1 + 51 - MOST_DIFFERENCES);
  });

  test('a long statement is cut', () => {
    const long = policy(statement('Root', { Condition: { StringLike: { 'kms:ViaService': 'x'.repeat(5_000) } } }));
    const [first] = compare(good, now({ policy: long })).differences;
    expect(JSON.stringify(first).length).toBeLessThan(3_000);
  });
});

describe('what is not known', () => {
  test.each(['policy', 'grants', 'aliases'] as const)(
    '%s now: never as before, and never known to be otherwise',
    (part) => {
      const comparison = compare(good, now({ [part]: unknown('permission kms:X is missing') }));
      expect(comparison.unsure).toEqual([{ part, why: 'permission kms:X is missing' }]);
      expect(isAsBefore(comparison)).toBe(false);
      expect(isOtherwise(comparison)).toBe(false);
    },
  );
  test('how it was', () => {
    const comparison = compare({ ...good, grants: unknown('no') }, now());
    expect(comparison.unsure).toEqual([{ part: 'grants', why: 'how it was is not known: no' }]);
  });
  test('what a KMS does not offer, no key of it has', () => {
    const none = unknown('this KMS does not offer ListGrants');
    const comparison = compare({ ...good, grants: none }, now({ grants: none }));
    expect(comparison.unsure).toEqual([]);
    expect(isAsBefore(comparison)).toBe(true);
    expect(isAsBefore(compare(good, now({ grants: none })))).toBe(false);
  });
  test('tags alone hold nothing up', () => {
    expect(isAsBefore(compare(good, now({ tags: unknown('no') })))).toBe(true);
  });
});

describe('what a key is held against', () => {
  const opening = now({ state: 'PendingDeletion', aliases: known(['alias/opening']), takenAt: T0 + 5 });
  test('last good; a part it does not know, as it was when the incident opened', () => {
    const partly = { ...good, aliases: unknown('no') };
    expect(baselineOf(partly, opening)).toMatchObject({
      kind: 'lastGood',
      standIns: ['aliases'],
      shape: { takenAt: good.takenAt, aliases: known(['alias/opening']), partsAt: { aliases: T0 + 5 } },
    });
    expect(baselineOf(good, opening)).toMatchObject({ kind: 'lastGood', standIns: [], shape: good });
  });
  test('the opening alone, or nothing', () => {
    expect(baselineOf(undefined, opening)).toEqual({ shape: opening, kind: 'opening', standIns: [] });
    expect(baselineOf(undefined, undefined)).toBeUndefined();
  });
  test('a part keeps its moment however often shapes are filled', () => {
    const first = filledFrom(now({ grants: unknown('no'), takenAt: T0 + 1 }), good);
    expect(first.partsAt).toEqual({ grants: good.takenAt });
    expect(filledFrom(now({ grants: unknown('no'), takenAt: T0 + 2 }), first).partsAt).toEqual({
      grants: good.takenAt,
    });
  });
  test('parts that were not asked for are asked again; refused ones are not', () => {
    const shape = now({ grants: unknown('not asked yet: too many keys at once'), tags: unknown('permission missing') });
    expect(partsNotAsked(shape)).toEqual(['grants']);
  });
});

test('a policy nested deeper than anything is differs from every other', () => {
  const deep = known(`{"Statement":${'['.repeat(15_000)}${']'.repeat(15_000)}}`);
  expect(compare(good, now({ policy: deep })).differences).toMatchObject([
    { part: 'policy', change: 'head' },
    { part: 'policy', change: 'gone', sid: 'Root' },
    { part: 'policy', change: 'new' },
  ]);
});

describe('what a survey keeps', () => {
  const DAY = 86_400_000;
  test('the same, for the first time or again', () => {
    expect(nextGood(good, undefined)).toEqual(good);
    expect(nextGood(now(), good)).toEqual(now());
    expect(nextGood(now({ state: 'Disabled' }), good).changedAt).toBeUndefined();
  });
  test('of what is not as before, since when; and the next comparisons say so for a week', () => {
    const changed = nextGood(now({ policy: policy(statement('Mine')), tags: known({}) }), good);
    expect(changed.changedAt).toEqual({ policy: T0, tags: T0 });
    const later = nextGood({ ...changed, takenAt: T0 + DAY, grants: grants([]) }, changed);
    expect(later.changedAt).toEqual({ policy: T0, tags: T0, grants: T0 + DAY });
    const at = (takenAt: number) => compare(later, { ...later, takenAt });
    expect(at(T0 + 2 * DAY)).toMatchObject({
      differences: [],
      against: { changedAt: { policy: T0, grants: T0 + DAY } },
    });
    expect(at(T0 + 7.5 * DAY).against.changedAt).toEqual({ grants: T0 + DAY });
    expect(at(T0 + 9 * DAY).against).toEqual({ kind: 'lastGood', takenAt: T0 + DAY });
  });
  test('a part that cannot be read is no change, and keeps when it changed before', () => {
    const changed = nextGood(now({ grants: grants([]) }), good);
    const unread = nextGood(now({ grants: unknown('no'), takenAt: T0 + 5 }), changed);
    expect([unread.grants, unread.changedAt]).toEqual([changed.grants, { grants: T0 }]);
  });
});

describe('compared again', () => {
  const differs = compare(good, now({ grants: grants([]) }));
  test('what was found before keeps its first moment', () => {
    const again = { ...differs, comparedAt: T0 + 60, checkedAt: T0 + 60 };
    expect(withEarlier(again, differs)).toMatchObject({ comparedAt: differs.comparedAt, checkedAt: T0 + 60 });
    const other = compare(good, now({ aliases: known([]), takenAt: T0 + 60 }));
    expect(withEarlier(other, differs).comparedAt).toBe(T0 + 60);
  });
  const accepted = { ...differs, accepted: { by: { enterprise: '', team: 'T', user: 'U' }, at: T0 } };
  const later = { takenAt: T0 + 60 };
  test.each<[string, Comparison, boolean]>([
    ['nothing differs from what is good now', compare(good, now(later)), true],
    ['a part cannot be read', compare(good, now({ ...later, grants: unknown('no') })), true],
    ['a tag differs', compare(good, now({ ...later, tags: known({}) })), true],
    ['the same differs from what was good before', compare(good, now({ ...later, grants: grants([]) })), true],
    ['something else differs', compare(good, now({ ...later, aliases: known([]) })), false],
    ['something else differs as well', compare(good, now({ ...later, grants: grants([]), aliases: known([]) })), false],
    ['more differs than is listed', { ...differs, comparedAt: T0 + 60, more: 1 }, false],
  ])('accepted stays accepted until something else differs: %s', (_name, comparison, stays) => {
    // As a look judged it that had not heard of it.
    const { knowledge } = withKnowledge(incident({ knowledge: { comparison: accepted } }), { comparison }, T0 + 90);
    expect(isAsBefore(accepted)).toBe(true);
    expect(knowledge?.comparison).toEqual(
      stays ? { ...comparison, comparedAt: T0, accepted: accepted.accepted } : comparison,
    );
  });
});
