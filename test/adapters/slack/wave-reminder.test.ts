/** One reminder for many keys says how many of them we could still rescue, and which we could not. */
import { describe, expect, test } from 'vitest';
import { drawWaveReminder } from '../../../src/adapters/slack/words/wave-reminder.ts';
import type { Cancelling } from '../../../src/domain/cancelling.ts';
import { type Gathering, newGathering } from '../../../src/domain/gathering.ts';
import type { ChannelId, EffectId, GatheringId } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { known, unknown } from '../../../src/domain/key.ts';
import { DAY, incident, key, read, T0 } from '../../domain/samples.ts';
import { expectWithinLimits, readable, view } from './drawn.ts';

const gathering: Gathering = newGathering('g1' as GatheringId, { kind: 'wave' }, 'C0INCIDENT' as ChannelId, T0);
const dying = (alias: string, answer?: Cancelling['answer'], more: Partial<Incident> = {}): Incident =>
  incident({
    read: read('PendingDeletion'),
    details: { aliases: known([`alias/${alias}`]), tags: known({}), lastUse: unknown('not asked') },
    ...(answer === undefined ? {} : { knowledge: { cancelling: { answer, checkedAt: T0, reasons: [] } } }),
    ...more,
  });
const many = (count: number, answer: Cancelling['answer'], name: string): readonly Incident[] =>
  Array.from({ length: count }, (_, at) => dying(`${name}-${at + 1}`, answer));
const draw = (incidents: readonly Incident[], plain = false, of = gathering) =>
  drawWaveReminder(
    {
      gathering: of,
      reminders: incidents.map((one, at) => ({
        incident: one,
        effect: {
          id: `e${at}` as EffectId,
          since: T0,
          effect: {
            kind: 'remind',
            incident: one.id,
            reminder: { kind: 'milestone', milestone: DAY, deletionDate: T0 + 7 * DAY, collapsed: 1 },
          },
        },
      })),
      volume: 'everyone',
    },
    view,
    { plain },
  );
const line = (incidents: readonly Incident[]): string | undefined =>
  readable(draw(incidents).blocks)
    .split('\n')
    .find((one) => one.startsWith('Can we cancel?'));

describe('can we cancel, of many keys', () => {
  test.each<[string, readonly Incident[], string]>([
    ['all of them', many(3, 'yes', 'a'), 'Can we cancel? yes for 3.'],
    [
      'one not, one not known, named though they are the last of sixty',
      [...many(58, 'yes', 'a'), dying('lake', 'unknown'), dying('orders', 'no')],
      'Can we cancel? yes for 58, no for 1 (alias/orders), unknown for 1 (alias/lake).',
    ],
    ['not judged yet', [dying('young')], 'Can we cancel? unknown for 1 (alias/young).'],
    [
      'more than have room: those that cannot come first',
      [...many(3, 'unknown', 'u'), ...many(12, 'no', 'n')],
      `Can we cancel? no for 12 (${Array.from({ length: 10 }, (_, at) => `alias/n-${at + 1}`).join(', ')}, 2 more), unknown for 3.`,
    ],
    [
      'what is gone is not asked about',
      [dying('a', 'yes'), dying('b', 'no', { read: { kind: 'gone', key, readAt: T0 } })],
      'Can we cancel? yes for 1.',
    ],
  ])('%s', (_name, incidents, wanted) => expect(line(incidents)).toBe(wanted));

  test('of nothing but gone keys nothing is said', () => {
    expect(line([dying('b', 'no', { read: { kind: 'gone', key, readAt: T0 } })])).toBeUndefined();
  });

  test('it stands after the named keys, also in the short form, and within the limits', () => {
    const incidents = [...many(60, 'no', 'x'.repeat(200)), ...many(60, 'unknown', 'y'.repeat(200))];
    const words = draw(incidents);
    expectWithinLimits(words);
    const all = readable(words.blocks);
    expect(all.indexOf('Can we cancel?')).toBeGreaterThan(all.indexOf('and 110 more on the card'));
    expect(draw(incidents, true).text).toContain('Can we cancel? no for 60 (');
  });
});

describe('a reminder for a wave stands for days', () => {
  const at = (readAt: number, alias: string): Incident =>
    dying(alias, 'yes', { read: read('PendingDeletion', { readAt }) });
  const unreadable: Incident['read'] = {
    kind: 'unreadable',
    key,
    readAt: T0,
    why: { kind: 'unreachable', message: 'no answer' },
  };
  test.each<[string, readonly Incident[], string]>([
    ['the oldest of the reads', [at(T0 + 9_000, 'a'), at(T0 + 2_000, 'b')], 'Read 2026-03-14 09:12:02 UTC, or later.'],
    [
      'one not read',
      [at(T0, 'a'), dying('b', 'yes', { read: unreadable })],
      'Read 2026-03-14 09:12:00 UTC, or later. 1 of them could not be read.',
    ],
    ['none read', [dying('b', 'yes', { read: unreadable })], '1 of them could not be read.'],
  ])('when it was read: %s', (_name, incidents, wanted) => {
    for (const plain of [true, false]) {
      const words = draw(incidents, plain);
      const lines = (plain ? words.text : readable(words.blocks))
        .replaceAll(/<!date[^|]*\|([^>]*)>/g, '$1')
        .split('\n');
      expect(lines).toContain(wanted);
      expect(lines.join()).not.toContain('just now');
    }
  });

  test('it names who did it, where the wave has a name', () => {
    const who = 'arn:aws:sts::111122223333:assumed-role/Admins/mallory';
    const by = (what: Gathering['what']) => readable(draw([dying('a', 'yes')], false, { ...gathering, what }).blocks);
    expect(by({ kind: 'wave', who })).toContain('*By*  Admins/mallory');
    expect(by({ kind: 'wave' })).not.toContain('*By*');
  });
});
