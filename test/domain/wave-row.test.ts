/** Which key of a wave stands first: our own, what is in use, what is tagged as weighty, then by the clock; what is over stands last. */
import { describe, expect, test } from 'vitest';
import { newGathering } from '../../src/domain/gathering.ts';
import type { ChannelId, GatheringId } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { type KeyDetails, known, type LastUse, unknown } from '../../src/domain/key.ts';
import { isDoneRow, rankOf, rowOf, type WaveRow } from '../../src/domain/wave-row.ts';
import { action, DAY, disabledBefore, HOUR, incident, key, read, T0 } from './samples.ts';

const details = (more: Partial<KeyDetails> = {}): KeyDetails => ({
  aliases: known(['alias/orders']),
  tags: known({}),
  lastUse: unknown('not asked'),
  ...more,
});
const used = (at: number): Partial<KeyDetails> => ({
  lastUse: known<LastUse>({ kind: 'used', usage: { operation: 'Decrypt', at } }),
});
const dying = (more: Partial<Incident> = {}): Incident =>
  incident({ read: read('PendingDeletion'), details: details(), ...more });
const row = (
  about: Incident,
  { self = false, clock }: { readonly self?: boolean; readonly clock?: number } = {},
): WaveRow => {
  const made = rowOf(about, { self, clock });
  if (made === undefined) throw new Error('no row');
  return made;
};
const refusedUse = { refused: { count: 1, lastAt: T0, by: [] } };

describe('worst first', () => {
  /** From the worst on; each stands before every one below it, whatever its clock. */
  const order: readonly (readonly [what: string, row: (clock: number) => WaveRow])[] = [
    ['one of our own, though nobody uses it', (clock) => row(dying(), { self: true, clock })],
    ['refused since', (clock) => row(dying(refusedUse), { clock })],
    ['in use until shortly before', (clock) => row(dying({ details: details(used(T0 - HOUR)) }), { clock })],
    ['tagged as production', (clock) => row(dying({ details: details({ tags: known({ Env: 'PROD' }) }) }), { clock })],
    ['use not known', (clock) => row(dying(), { clock })],
    [
      'no use seen',
      (clock) => row(dying({ details: details({ lastUse: known<LastUse>({ kind: 'neverSeen' }) }) }), { clock }),
    ],
    ['usable', (clock) => row(dying({ read: read('Enabled') }), { clock })],
    [
      'over, though it is our own',
      (clock) => row(dying({ phase: { kind: 'closed', at: T0, outcome: 'restored' } }), { self: true, clock }),
    ],
  ];

  test.each(order.slice(1).map(([what], index) => [order[index]?.[0] ?? '', what, index] as const))(
    '%s stands before %s',
    (_worse, _better, index) => {
      const [worse, better] = [order[index]?.[1](T0 + 30 * DAY), order[index + 1]?.[1](T0 + HOUR)];
      if (worse === undefined || better === undefined) throw new Error('no such rows');
      expect(rankOf(worse)).toBeLessThan(rankOf(better));
    },
  );

  test('of the like, what dies first; what has no date stands behind', () => {
    const clocks = [T0 + HOUR, T0 + DAY, T0 + 30 * DAY, undefined];
    const ranks = clocks.map((clock) => rankOf(row(dying(), clock === undefined ? {} : { clock })));
    expect([...ranks].sort((one, other) => one - other)).toEqual(ranks);
    expect(new Set(ranks).size).toBe(clocks.length);
  });

  test('a rank is a number that Redis holds exactly', () => {
    for (const [, made] of order) expect(Number.isSafeInteger(rankOf(made(T0 + DAY)))).toBe(true);
  });

  test.each([
    [{ environment: 'production' }, true],
    [{ STAGE: 'Live' }, true],
    [{ criticality: 'high' }, true],
    [{ tier: '0' }, true],
    [{ environment: 'staging' }, false],
    [{ owner: 'prod' }, false],
    [{ constructor: 'prod' }, false],
  ])('tags %j: weighty %s', (tags, weighty) => {
    expect(row(dying({ details: details({ tags: known(tags as Record<string, string>) }) })).weighty).toBe(weighty);
  });

  test('a use a day before the danger is not recent', () => {
    expect(row(dying({ details: details(used(T0 - DAY)) })).use).toBe('seen');
    expect(row(dying({ details: details(used(T0 - DAY + 1)) })).use).toBe('recent');
  });
});

describe('a row', () => {
  const running = action('rescue', [], { round: 1 });
  test.each<readonly [string, Partial<Incident>, WaveRow['progress'], boolean]>([
    ['nothing done', {}, 'open', true],
    ['a rescue under way', { actions: [running] }, 'running', false],
    [
      'a rescue that failed',
      { actions: [{ ...running, ending: { kind: 'failed', why: { kind: 'throttled' } as never, at: T0 } }] },
      'failed',
      true,
    ],
    [
      'a rescue that left it disabled',
      {
        read: read('Disabled'),
        actions: [{ ...running, ending: { kind: 'amber', state: 'Disabled', why: 'stillDisabled', at: T0 } }],
      },
      'amber',
      true,
    ],
    ['restored by us', { phase: { kind: 'closed', at: T0, outcome: 'restored' } }, 'restored', false],
    ['rescued by somebody else', { phase: { kind: 'closed', at: T0, outcome: 'recovered' } }, 'over', false],
    [
      'looked into',
      { read: read('Enabled'), phase: { kind: 'closed', at: T0, outcome: 'lookedInto' } },
      'lookedInto',
      false,
    ],
    ['deleted', { phase: { kind: 'closed', at: T0, outcome: 'deleted' } }, 'deleted', false],
    ['an action of an earlier round', { round: 2, actions: [running] }, 'running', false],
    ['disabled before', { read: read('Disabled'), prior: disabledBefore }, 'open', false],
    ['an AWS managed key', { read: read('PendingDeletion', { manager: 'AWS' }) }, 'open', false],
    [
      'not readable, its deletion scheduled',
      {
        read: {
          kind: 'unreadable',
          key,
          readAt: T0,
          why: { kind: 'unreachable', message: 'no answer' },
        },
        dangers: [{ kind: 'deletionScheduled', firstAt: T0, lastAt: T0, count: 1 }],
      },
      'open',
      true,
    ],
  ])('of %s', (_what, more, progress, rescuable) => {
    const made = row(dying(more));
    expect([made.progress, made.rescuable]).toEqual([progress, rescuable]);
    expect(isDoneRow(made)).toBe(['restored', 'over', 'lookedInto', 'deleted'].includes(progress));
  });

  test('names the key by its alias, else by its id, and holds no more of it than a line', () => {
    expect(row(dying()).name).toBe('alias/orders');
    const { details: _details, ...unnamed } = dying();
    expect(row(unnamed).name).toMatch(/^1234abcd/);
    expect(row(dying({ details: details({ aliases: known([`alias/${'x'.repeat(300)}`]) }) })).name.length).toBe(80);
  });

  test('says whether it is shown elsewhere, too, and whether it knows where', () => {
    const wave = newGathering(`g${'1'.repeat(31)}` as GatheringId, { kind: 'wave' }, 'C1' as ChannelId, T0).id;
    expect(row(dying())).toMatchObject({ own: true, placed: false });
    expect(row(dying({ wave: { id: wave, own: false } }))).toMatchObject({ own: false, placed: false });
    expect(row(dying({ wave: { id: wave, own: true }, card: { ...dying().card, ts: '1.0' as never } }))).toMatchObject({
      own: true,
      placed: true,
    });
  });

  test('of what is no key there is none', () => {
    const topic = incident({ subject: { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:111122223333:t' } });
    expect(rowOf(topic, { self: false, clock: undefined })).toBeUndefined();
  });
});
