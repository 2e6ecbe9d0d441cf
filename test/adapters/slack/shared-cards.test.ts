/** Cards that several keys share, whatever their size and whatever their keys are called: Slack takes them, and nobody is left out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTION_IDS } from '../../../src/adapters/slack/words/controls.ts';
import { drawFamilyCard } from '../../../src/adapters/slack/words/family-card.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import { drawWaveCard } from '../../../src/adapters/slack/words/wave-card.ts';
import { drawWaveReminder } from '../../../src/adapters/slack/words/wave-reminder.ts';
import type { Reminder } from '../../../src/domain/effect.ts';
import { type Errand, type Gathering, newGathering, ROWS_PER_PAGE } from '../../../src/domain/gathering.ts';
import {
  type ChannelId,
  type EffectId,
  type GatheringId,
  type IncidentId,
  type KeyRef,
  parseKeyArn,
} from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { type DeedGroup, intruderOf } from '../../../src/domain/intruder.ts';
import { type FamilyMember, known, unknown } from '../../../src/domain/key.ts';
import type { Progress, WaveRow } from '../../../src/domain/wave-row.ts';
import { DAY, incident, key, snapshot, T0 } from '../../domain/samples.ts';
import { buttonsIn, expectNoStrayMarkup, expectWithinLimits, headerOf, readable, rowsOf, view } from './drawn.ts';

const ID = `g${'1'.repeat(31)}` as GatheringId;
const CHANNEL = 'C0INCIDENT' as ChannelId;
const wave = (more: Partial<Gathering> = {}): Gathering => ({
  ...newGathering(ID, { kind: 'wave', who: 'arn:aws:sts::111122223333:assumed-role/Admins/mallory' }, CHANNEL, T0),
  ...more,
});
const idOf = (index: number): IncidentId => `i${String(index).padStart(8, '0').padEnd(31, 'f')}` as IncidentId;
const row = (index: number, more: Partial<WaveRow> = {}): WaveRow => ({
  incident: idOf(index),
  arn: `arn:aws:kms:us-west-2:111122223333:key/key-${index}` as WaveRow['arn'],
  account: '111122223333' as WaveRow['account'],
  region: 'us-west-2' as WaveRow['region'],
  name: `alias/shard-${index}`,
  state: 'PendingDeletion',
  clock: T0 + 7 * DAY,
  use: 'recent',
  progress: 'open',
  self: false,
  weighty: false,
  own: false,
  placed: true,
  paged: false,
  rescuable: true,
  ...more,
});
const by = { enterprise: '', team: 'T1', user: 'U0ALICE' };
const errand = (more: Partial<Errand> = {}): Errand => ({
  id: 'e1',
  deed: 'rescue',
  by,
  at: T0,
  channel: CHANNEL,
  wanted: 'all',
  ...more,
});
/** Text from outside that would be something else than text, if Slack were let. */
const HOSTILE = [
  '<!channel>',
  '<!here|all>',
  '<@U0BOB>',
  '<https://evil.example|alias/orders>',
  '*bold* _it_ ~gone~ `code`',
  ':white_check_mark: restored',
  '&lt;!channel&gt;',
  'alias/\u202eredro',
  'line\nbreak\r\n> quote',
  '\u0000\u200b',
  '\ud83d',
  '🔴'.repeat(60),
  '&'.repeat(200),
] as const;

describe('a wave', () => {
  const tellsOfAll = (progresses: readonly Progress[], wanted: Errand['wanted'] = 'all'): string => {
    const rows = progresses.map((progress, index) => row(index, { progress }));
    const errands = [errand({ wanted, ended: { at: T0, asked: 2, refused: 0 } })];
    const words = drawWaveCard({ kind: 'wave', gathering: wave({ errands }), rows }, view, { plain: false });
    return readable(words.blocks)
      .split('\n')
      .filter((line) => line.includes('asked for by'))
      .join();
  };
  test.each<[string, readonly Progress[], Errand['wanted'], string]>([
    ['all restored', ['restored', 'over'], 'all', '2 done'],
    ['one still under way', ['restored', 'running'], 'all', '2 begun'],
    ['one deleted', ['restored', 'deleted'], 'all', '2 begun'],
    ['what was ticked is restored, another is not', ['restored', 'open'], [idOf(0)], '2 done'],
    ['what was ticked is not, another is', ['restored', 'amber'], [idOf(1)], '2 begun'],
  ])('a rescue that was asked for, %s', (_what, progresses, wanted, words) => {
    expect(tellsOfAll(progresses, wanted)).toContain(words);
  });

  const DEED = { refused: 0, errors: [], readOnly: false, lastAt: T0, keys: [] } as const;
  const schedules = (rows: readonly WaveRow[], more: Partial<DeedGroup> = {}): DeedGroup => ({
    ...DEED,
    operation: 'ScheduleKeyDeletion',
    count: rows.length,
    keys: rows.map(({ arn }) => arn).slice(0, 20),
    keyCount: rows.length,
    ...more,
  });
  const own = Array.from({ length: 20 }, (_none, index) => row(index));
  const elsewhere = [row(90), row(91)];
  test.each<[string, readonly WaveRow[], readonly DeedGroup[], string]>([
    ['nothing but the wave', own, [schedules(own)], 'nothing else seen so far'],
    [
      'more of them than are named',
      [...own, row(20), row(21)],
      [schedules([...own, row(20), row(21)])],
      'nothing else',
    ],
    ['other keys as well', own, [schedules([...own.slice(0, 5), ...elsewhere])], 'ScheduleKeyDeletion ×2 on 2 keys'],
    ['refused tries', own, [schedules(own, { count: 23, refused: 3 })], 'ScheduleKeyDeletion ×3, refused'],
    ['something else on the same keys', own, [schedules(own, { operation: 'PutKeyPolicy' })], 'PutKeyPolicy ×20 on 20'],
  ])('what else they did, without what the wave is: %s', (_what, rows, groups, words) => {
    const actor = { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/Admins/mallory' };
    const look = { from: T0, at: T0 };
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    const searches = [{ kind: 'searched', place: key, deeds: [], complete: true }] as const;
    const intruder = { ...intruderOf(actor, searches, new Set(), look), groups, count };
    const lead = incident({ knowledge: { intruder } });
    const drawn = drawWaveCard({ kind: 'wave', gathering: wave(), rows, lead }, view, { plain: false });
    expect(readable(drawn.blocks)).toContain(`What else did they do*  Admins/mallory: ${words}`);
  });

  test('of two thousand keys: Slack takes each page of it, plain or not', () => {
    const progresses: readonly Progress[] = ['open', 'running', 'restored', 'amber', 'failed', 'over', 'deleted'];
    const rows = Array.from({ length: 2_000 }, (_none, index) =>
      row(index, {
        name: `alias/${'long-name-'.repeat(8)}`.slice(0, 80),
        self: index < 3,
        own: index % 3 === 0,
        progress: progresses[index % progresses.length] ?? 'open',
        region: 'ap-southeast-3' as WaveRow['region'],
      }),
    );
    const errands = Array.from({ length: 20 }, (_none, index) =>
      errand({ id: `e${index}`, ended: { at: T0, asked: 1_999, refused: 1 } }),
    );
    for (const page of [0, 1, 99, 199, 200, 999_999])
      for (const plain of [true, false]) {
        const words = drawWaveCard({ kind: 'wave', gathering: wave({ page, errands }), rows }, view, { plain });
        expectWithinLimits(words);
        expect(readable(words.blocks)).toContain(`page ${Math.min(page, 199) + 1} of 200`);
        expect(readable(words.blocks)).toContain('2000 keys');
      }
  });

  test.each(HOSTILE)('of keys called %j: a name is a name, and every key keeps its line', (name) => {
    const rows = Array.from({ length: ROWS_PER_PAGE }, (_none, index) =>
      row(index, { name, self: true, own: true, held: true, cancelling: 'no' }),
    );
    for (const plain of [true, false]) {
      const words = drawWaveCard(
        { kind: 'wave', gathering: wave(), rows },
        { ...view, accountName: () => name },
        { plain },
      );
      expectWithinLimits(words);
      expectNoStrayMarkup(words.blocks);
      for (const sign of ['\u0000', '\u202e', '\u200b', ':white_check_mark:'])
        expect(readable(words.blocks)).not.toContain(sign);
      const lines = readable(words.blocks).split('\n');
      expect(lines.filter((line) => line.includes('PendingDeletion'))).toHaveLength(10);
    }
  });

  test('whatever its keys are called', () => {
    const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 80 }));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), text, fc.boolean(), (names, who, plain) => {
        const rows = names.map((name, index) => row(index, { name }));
        const what = { kind: 'wave', who, account: '111122223333' } as const;
        const words = drawWaveCard({ kind: 'wave', gathering: wave({ what }), rows }, view, { plain });
        expectWithinLimits(words);
        expectNoStrayMarkup(words.blocks);
      }),
      { numRuns: 200 },
    );
  });

  test('one place is named once, several at each key; who cannot be rescued is counted and named, a hold is said', () => {
    const draw = (rows: readonly WaveRow[]) =>
      readable(drawWaveCard({ kind: 'wave', gathering: wave(), rows }, view, { plain: false }).blocks);
    const same = draw([
      row(1, { cancelling: 'no' }),
      row(2, { cancelling: 'yes', held: true }),
      row(3, { cancelling: 'yes' }),
    ]);
    expect(same.match(/us-west-2/g)).toHaveLength(4);
    expect(same).toContain('Can we cancel? no for 1 (alias/shard-1), yes for 2');
    expect(same).toContain('on hold');
    const apart = draw([row(1), row(2, { region: 'eu-west-1' as WaveRow['region'] })]);
    expect(apart.match(/us-west-2/g)).toHaveLength(2);
    expect(apart).not.toContain('Can we cancel?');
  });

  test('ticks name what they are for, each once, and another page has another block', () => {
    const rows = Array.from({ length: 25 }, (_none, index) =>
      row(index, { name: 'alias/same', region: (index % 2 === 0 ? 'us-west-2' : 'eu-west-1') as WaveRow['region'] }),
    );
    const ticks = [0, 1].map((page) => {
      const { blocks } = drawWaveCard({ kind: 'wave', gathering: wave({ page }), rows }, view, { plain: false });
      const found = blocks.find((block) => block.type === 'actions' && block.elements[0]?.type === 'checkboxes');
      if (found?.type !== 'actions' || found.elements[0]?.type !== 'checkboxes') throw new Error('no ticks');
      return { block: found.block_id, options: found.elements[0].options };
    });
    expect(ticks[0]?.options.slice(0, 2).map(({ text }) => text.text)).toEqual([
      'alias/same · us-west-2',
      'alias/same · eu-west-1',
    ]);
    expect(new Set(ticks[0]?.options.map(({ value }) => value)).size).toBe(10);
    expect(ticks[0]?.block).not.toBe(ticks[1]?.block);
    expect((ticks[0]?.block ?? '').length).toBeLessThanOrEqual(255);
  });

  test.each<readonly [string, Partial<Errand>, string, string | undefined]>([
    ['under way', {}, 'under way', '👀'],
    ['taken', { ended: { at: T0, asked: 7, refused: 0 } }, '👀 *Acknowledged*  by <@U0ALICE>', undefined],
    ['taken in part', { ended: { at: T0, asked: 7, refused: 3 } }, '7 keys, 3 not theirs to acknowledge', undefined],
    ['refused', { ended: { at: T0, asked: 0, refused: 10 } }, 'none, 10 not theirs to acknowledge', '👀'],
  ])('an acknowledgement that was %s', (_what, more, says, never) => {
    const errands = [errand({ deed: 'acknowledge', ...more })];
    const words = readable(
      drawWaveCard({ kind: 'wave', gathering: wave({ errands }), rows: [row(1)] }, view, { plain: false }).blocks,
    );
    expect(words).toContain(says);
    if (never !== undefined) expect(words).not.toContain(never);
  });

  test.each<readonly [string, readonly WaveRow[], string]>([
    ['all in danger', [row(1), row(2)], '🔴  Wave: 2 keys in danger'],
    ['some', [row(1), row(2, { progress: 'restored' })], '🔴  Wave: 1 of 2 keys still in danger'],
    ['two of our own', [row(1, { self: true }), row(2, { self: true })], 'Keywarden depends on 2 of them'],
    ['over', [row(1, { progress: 'restored' }), row(2, { progress: 'over' })], '🟢  Wave over: 2 keys out of danger'],
    [
      'over, one of them on a person’s word',
      [row(1, { progress: 'restored' }), row(2, { progress: 'lookedInto' })],
      '⚪  Wave over: 2 keys, 1 of them looked into and closed',
    ],
    [
      'over, with a loss',
      [row(1, { progress: 'restored' }), row(2, { progress: 'deleted' })],
      '⚫  Wave over: 2 keys, 1 deleted',
    ],
  ])('its title, %s', (_what, rows, title) => {
    expect(headerOf(drawWaveCard({ kind: 'wave', gathering: wave(), rows }, view, { plain: false }))).toContain(title);
  });

  test('over, it offers nothing any more; where no role is configured, no rescue', () => {
    const done = [row(1, { progress: 'restored', rescuable: false })];
    expect(rowsOf(drawWaveCard({ kind: 'wave', gathering: wave(), rows: done }, view, { plain: false }))).toEqual([]);
    const words = drawWaveCard(
      { kind: 'wave', gathering: wave(), rows: [row(1)] },
      { ...view, can: () => false },
      { plain: false },
    );
    expect(rowsOf(words)).toEqual([['Acknowledge']]);
  });

  test('its reminder: the worst by name, the others counted, whatever they are called', () => {
    for (const name of HOSTILE) {
      const about = incident({ details: { aliases: known([name]), tags: known({}), lastUse: unknown('not asked') } });
      const reminder: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 1 };
      const effect = {
        id: 'e1' as EffectId,
        since: T0,
        effect: { kind: 'remind', incident: about.id, reminder },
      } as const;
      const reminders = Array.from({ length: 400 }, () => ({ incident: about, effect }));
      for (const plain of [true, false]) {
        const words = drawWaveReminder({ gathering: wave(), reminders, volume: 'everyone' }, view, { plain });
        expectWithinLimits(words);
        expectNoStrayMarkup(words.blocks);
        expect(words.text).toContain('Reminder for 400 keys');
      }
    }
  });

  test('its end, where people were woken', () => {
    const end = (deleted: number): string => {
      const reminder: Reminder = { kind: 'over', outcome: 'recovered', wave: { keys: 60, deleted } };
      const words = drawReminder(incident(), { reminder, volume: 'everyone', to: 'U0BOB' as ChannelId }, view, {
        plain: false,
      });
      expectWithinLimits(words);
      return readable(words.blocks);
    };
    expect(end(0)).toContain('🟢 Over: the wave of 60 keys is out of danger');
    expect(end(2)).toContain('KMS has deleted 2');
    expect(end(0)).not.toContain('rescues all of them');
  });
});

describe('a family', () => {
  const REGIONS = Array.from({ length: 41 }, (_none, index) => `ap-southeast-${index}`);
  const keyIn = (region: string): KeyRef =>
    parseKeyArn(`arn:aws:kms:${region}:111122223333:key/mrk-1234abcd`) as KeyRef;
  const [home = '', ...elsewhere] = REGIONS;
  const member = (region: string, read: FamilyMember['read']): FamilyMember => ({
    key: keyIn(region),
    role: region === home ? 'PRIMARY' : 'REPLICA',
    read,
  });
  function primary(read: (index: number) => FamilyMember['read'], more: Partial<Incident> = {}): Incident {
    const key = keyIn(home);
    const family = elsewhere.map((region, index) => member(region, read(index)));
    const multiRegion = { role: 'PRIMARY' as const, primary: key, replicas: elsewhere.map(keyIn) };
    return incident({
      subject: { kind: 'key', key },
      family: ID,
      read: {
        kind: 'read',
        snapshot: {
          ...snapshot('PendingReplicaDeletion'),
          key,
          multiRegion,
          family,
          replicasGoneAt: T0 + 30 * DAY,
          pendingWindowInDays: 7,
        },
      },
      details: { aliases: known(['alias/ledger']), tags: known({}), lastUse: unknown('not asked') },
      ...more,
    });
  }
  const pending = (index: number): FamilyMember['read'] => ({
    kind: 'read',
    state: 'PendingDeletion',
    readAt: T0,
    deletionDate: T0 + (7 + index) * DAY,
  });
  const drawn = (members: readonly Incident[], plain = false) =>
    drawFamilyCard(
      {
        kind: 'family',
        gathering: newGathering(ID, { kind: 'family', account: '111122223333' as never, keyId: 'mrk-1' }, CHANNEL, T0),
        members,
      },
      () => view,
      { plain },
    );

  test.each<readonly [string, (index: number) => FamilyMember['read']]>([
    ['all pending', pending],
    ['none watched', () => ({ kind: 'unwatched' })],
    ['none readable', () => ({ kind: 'unreadable', readAt: T0 })],
    [
      'of every kind',
      (index) =>
        (
          [
            pending(index),
            { kind: 'unwatched' },
            { kind: 'gone', readAt: T0 },
            { kind: 'unreadable', readAt: T0 },
          ] as const
        )[index % 4] as FamilyMember['read'],
    ],
  ])('of forty Regions, %s: Slack takes it, and every Region is named', (_what, read) => {
    for (const plain of [true, false])
      for (const more of [{}, { phase: { kind: 'closed', at: T0, outcome: 'restored' } }] as const) {
        const words = drawn([primary(read, more)], plain);
        expectWithinLimits(words);
        expectNoStrayMarkup(words.blocks);
        for (const region of REGIONS) expect(readable(words.blocks)).toMatch(new RegExp(`${region}\\b`));
      }
    if (read(0).kind === 'unwatched') expect(readable(drawn([primary(read)]).blocks)).toContain('nobody watches');
  });

  test.each(HOSTILE)('called %j', (name) => {
    const details = { aliases: known([name]), tags: known({}), lastUse: unknown('not asked') } as const;
    for (const plain of [true, false]) {
      const words = drawn([primary(pending, { details })], plain);
      expectWithinLimits(words);
      expectNoStrayMarkup(words.blocks);
    }
  });

  test('every Rescue on it is for all of the family, in the plain form too', () => {
    for (const plain of [true, false]) {
      const rescues = buttonsIn(drawn([primary(pending)], plain).blocks).filter(({ id }) => id === ACTION_IDS.rescue);
      expect(rescues.map(({ value }) => value)).toEqual([ID]);
    }
  });

  test('a member that can be rescued is offered, though the one that stands worst cannot', () => {
    const running = {
      id: 'a1' as never,
      kind: 'rescue',
      by: { via: 'terminal', user: 'ops' },
      askedAt: T0,
      calls: [],
      round: 1,
    } as const;
    const worst = primary(pending, { actions: [running] });
    const key = keyIn('ap-southeast-1');
    const other = incident({
      id: idOf(2),
      subject: { kind: 'key', key },
      family: ID,
      read: { kind: 'read', snapshot: { ...snapshot('PendingDeletion'), key, deletionDate: T0 + 60 * DAY } },
    });
    const rescues = (members: readonly Incident[]) =>
      buttonsIn(drawn(members).blocks).filter(({ id }) => id === ACTION_IDS.rescue);
    expect(rescues([worst])).toEqual([]);
    expect(rescues([worst, other]).map(({ value }) => value)).toEqual([ID]);
  });

  test('its end is not green while a Region is not known, and says which', () => {
    const over = { phase: { kind: 'closed', at: T0, outcome: 'restored' } } as const;
    const title = headerOf(drawn([primary(() => ({ kind: 'unwatched' }), over)]));
    expect(title).toMatch(/^🔴 {2}Still pending in ap-southeast-0|^🟡/);
    expect(title).not.toContain('🟢');
    expect(title.length).toBeLessThanOrEqual(150);
    expect(title).toContain('alias/ledger');
  });
});
