import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DigestForm, drawDigest, drawPicture } from '../../../src/adapters/slack/words/digest.ts';
import type { Digest, DyingKeys, RememberedKey } from '../../../src/domain/digest.ts';
import { countingDeeds } from '../../../src/domain/digest-deeds.ts';
import type { Place } from '../../../src/domain/ids.ts';
import { known } from '../../../src/domain/key.ts';
import { digest, dying, entry, keyNamed, remembered } from '../../domain/digest-samples.ts';
import { DAY, HOUR, incident, read, T0 } from '../../domain/samples.ts';
import { expectNoStrayMarkup, expectWithinLimits, readable, view } from './drawn.ts';

const full: DigestForm = { plain: false };
const family = (...keys: readonly RememberedKey[]): DyingKeys => {
  const [first = dying('none', 1), ...others] = keys;
  return { name: first.memory.aliases[0] ?? first.key.keyId, keys: [first, ...others] };
};
const wordsOf = (more: Partial<Digest>, form: DigestForm = full): string =>
  readable(drawDigest(digest(more), view, form).blocks);
const person = { enterprise: '', team: 'T1', user: 'U0ALICE' };

describe('sections', () => {
  test('deadlines are absolute; who has it in hand, and whether it is meant', () => {
    const plan = {
      ticket: 'OPS-1 <!here>',
      by: person,
      at: T0,
      fingerprint: { state: 'PendingDeletion' },
      status: { kind: 'agreed', by: person, at: T0 },
    } as const;
    const attention = { kind: 'acknowledged', by: person, at: T0, until: T0 + HOUR } as const;
    const rows = [
      { ...family(dying('first', 1)), incident: incident({ attention }) },
      { ...family(dying('meant', 2)), incident: incident({ plan }) },
      family(dying('stale', 3, { unreadable: 2 })),
    ];
    const lines = wordsOf({ dying: { rows, total: 9 } }).split('\n');
    expect(lines).toContain('🔴 *Pending deletion*  9 keys, soonest first');
    expect(lines).toContain(
      '•  *alias/first*  ·  payments-prod 111122223333 us-west-2  ·  deleted after 2026-03-15 09:12 UTC  ·  👀 <@U0ALICE>',
    );
    expect(lines).toContain(
      '•  *alias/meant*  ·  payments-prod 111122223333 us-west-2  ·  deleted after 2026-03-16 09:12 UTC  ·  🗓️ planned, OPS-1 &lt;!here&gt;',
    );
    expect(lines.join()).toContain('⚠️ not readable since 2026-03-14 09:12 UTC');
    expect(lines).toContain('and 6 more: `/kms list pending`');
    expect(lines.join()).not.toContain('left');
  });

  test('a family is one row, and counts as many as it has', () => {
    const rows = [
      family(
        dying('mrk-1', 9, { multiRegion: 'REPLICA' }, 'eu-west-1'),
        remembered('mrk-1', { state: 'PendingReplicaDeletion', multiRegion: 'PRIMARY' }),
      ),
    ];
    const words = wordsOf({ dying: { rows, total: 2 } });
    expect(words).toContain(
      '•  *alias/mrk-1*  ·  payments-prod 111122223333  ·  eu-west-1 (replica) deleted after 2026-03-23 09:12 UTC  ·  us-west-2 (primary) waits for its replicas',
    );
    expect(words).not.toContain('more:');
  });

  test('a key links to its card, where that is known', () => {
    const linked = { ...view, cardUrl: () => 'https://x.slack.com/archives/C0/p1' };
    const rows = [{ ...family(dying('linked', 1)), incident: incident() }];
    const unattended = { rows: [incident({ read: read('PendingDeletion') })], total: 1 };
    const text = JSON.stringify(drawDigest(digest({ dying: { rows, total: 1 }, unattended }), linked, full).blocks);
    expect(text).toContain('*<https://x.slack.com/archives/C0/p1|alias/linked>*');
    expect(text).toContain('<https://x.slack.com/archives/C0/p1|🔴 Key scheduled for deletion');
    expect(wordsOf({ unattended })).toContain('since 2026-03-14 09:12 UTC in <#C0INCIDENT>');
  });

  test('a place that was swept too long ago is not known to be fine', () => {
    const unreadPlaces = [{ place: keyNamed('x') as Place, sweptAt: T0 - 3 * DAY }];
    expect(wordsOf({ unreadPlaces })).toContain('us-west-2: last swept 2026-03-11 09:12 UTC, not since');
  });

  test('what KMS has deleted: the newest few, and when that was found', () => {
    const rows = Array.from({ length: 12 }, (_, index) =>
      incident({ id: `i${index}` as never, phase: { kind: 'closed', at: T0 - index * HOUR, outcome: 'deleted' } }),
    );
    const words = drawDigest(digest({ deleted: { rows, total: 30 } }), view, full);
    expect(words.text).toBe('Key digest: 30 deleted since the last one');
    const lines = readable(words.blocks).split('\n');
    expect(lines).toContain('⚫ *Deleted since the last one*  30 keys, newest first');
    const shown = lines.filter((line) => line.includes('found deleted')).length;
    expect(shown).toBeGreaterThanOrEqual(6);
    expect(lines.join()).toContain('111122223333 us-west-2  ·  found deleted 2026-03-14 09:12 UTC');
    expect(lines).toContain(`and ${30 - shown} more: their cards say how each ended`);
  });

  test('how long disabled, as far as is known, and what that costs', () => {
    const rows = [
      remembered('long', { state: 'Disabled', stateSince: { at: T0 - 90 * DAY, exact: false } }),
      remembered('short', { state: 'Disabled', stateSince: { at: T0 - DAY, exact: true } }),
    ];
    const words = wordsOf({ disabled: { rows, total: 2 }, monthlyCost: 2 });
    expect(words).toContain('together at least 2 USD a month');
    expect(words).toContain('disabled at least since 2025-12-14');
    expect(words).toContain('disabled since 2026-03-13');
    const { monthlyCost: _monthlyCost, ...elsewhere } = digest({ disabled: { rows, total: 2 } });
    expect(readable(drawDigest(elsewhere, view, full).blocks)).not.toContain('USD');
  });

  test('what may be lost for want of a disabled key is named, with its moment', () => {
    const off = remembered('orders', { state: 'Disabled', stateSince: { at: T0 - DAY, exact: true } });
    const rows = [{ ...off, losses: { of: ['rds'] as const, deletionDate: T0 + 6 * DAY } }];
    const words = wordsOf({ disabled: { rows, total: 1 }, monthlyCost: 1 });
    expect(words).toContain('1 key, what may be lost first, then longest first');
    expect(words).toContain('us-west-2  ·  ⏳ RDS databases may be lost after 2026-03-20 09:12 UTC  ·  disabled since');
    expect(wordsOf({ disabled: { rows: [off], total: 1 } })).toContain('1 key, longest first');
  });

  test.each([
    ['expires', { state: 'Enabled', validTo: T0 + DAY }, 'expires 2026-03-15 09:12 UTC'],
    ['expired, not yet seen', { state: 'Enabled', validTo: T0 - DAY }, 'expired 2026-03-13 09:12 UTC'],
    ['expired', { state: 'PendingImport', validTo: T0 - DAY }, 'expired 2026-03-13 09:12 UTC'],
    ['deleted before it expired', { state: 'PendingImport', validTo: T0 + DAY }, 'has none, at least since'],
    [
      'never there',
      { state: 'PendingImport', stateSince: { at: T0 - DAY, exact: true } },
      'has none, since 2026-03-13 09:12 UTC',
    ],
  ] as const)('material: %s', (_what, memory, words) =>
    expect(wordsOf({ material: { rows: [remembered('archive', memory)], total: 1 } })).toContain(words),
  );

  test('what was done, and by whom', () => {
    const deeds = countingDeeds(T0 - DAY);
    const by = { via: 'slack', enterprise: '', team: 'T1', user: 'U0BOB' } as const;
    deeds.add([
      entry('ended', { seq: 1, outcome: 'verified' }),
      entry('ended', { seq: 2, what: 'disable', outcome: 'failed', actor: { via: 'terminal', user: 'root <x>' } }),
      entry('requested', { seq: 3, what: 'scheduleDeletion' }),
      entry('rejected', { seq: 4, what: 'scheduleDeletion', actor: by }),
      entry('approved', { seq: 5, what: 'planDecommission', actor: by }),
      entry('refused', { seq: 6 }),
      entry('refused', { seq: 7 }),
      entry('closed', { seq: 8, actor: by, reason: 'our own test <!here>' }),
    ]);
    const lines = wordsOf({
      deeds: deeds.counted(true),
      names: new Map([[keyNamed('acted').arn, 'alias/orders']]),
    }).split('\n');
    expect(lines).toContain('🧾 *Done since* 2026-03-13 09:12 UTC');
    expect(lines).toContain('Rescue: 1 done  ·  Disable: 1 failed');
    expect(lines).toContain('1 request for approval  ·  1 agreed to  ·  1 rejected');
    expect(lines).toContain('1 looked into and closed  ·  2 times somebody was told no');
    expect(lines).toContain('•  2026-03-14 09:12 UTC  Rescue of *alias/orders* by <@U0ALICE>: done');
    expect(lines).toContain('•  2026-03-14 09:12 UTC  Disable of *alias/orders* by root &lt;x&gt; (terminal): failed');
    expect(lines).toContain('•  2026-03-14 09:12 UTC  <@U0BOB> rejected Schedule Deletion of *alias/orders*');
    expect(lines).toContain(
      '•  2026-03-14 09:12 UTC  <@U0BOB> looked into *alias/orders* and closed it: our own test &lt;!here&gt;',
    );
    expect(lines).toContain('•  2026-03-14 09:12 UTC  <@U0BOB> agreed to Planned decommission of *alias/orders*');
    expect(lines.join()).toContain('could not be read to its end');
  });

  test('late, moved, and why there is no picture', () => {
    const more = { late: 2 * HOUR + 60_000, disabled: { rows: [], total: 1 } };
    expect(wordsOf(more)).toContain('Late by 2 h 1 min; gathered 2026-03-14 09:12 UTC.');
    expect(wordsOf(more, { plain: false, movedFrom: 'C0OLD' })).toContain('Posted here because <#C0OLD> refused it.');
    const failed = { kind: 'failed', message: 'no ink <!here>' } as const;
    expect(wordsOf(more, { plain: false, picture: failed })).toContain('no ink &lt;!here&gt;');
    expect(wordsOf(more, { plain: false, picture: { kind: 'inThread' } })).toContain(
      'it follows in the thread if Slack takes it',
    );
  });
});

test('nothing to report is one line, with its notes', () => {
  const words = drawDigest(digest({ late: HOUR }), view, full);
  expect(words.text).toBe('Key digest: nothing to report');
  expect(words.blocks).toHaveLength(1);
  expect(readable(words.blocks)).toContain('Late by 1 h');
  expect(wordsOf({ keys: 0 })).toContain('There is no key to watch yet.');
});

test('plain: no blocks, and the deadlines in words', () => {
  const words = drawDigest(digest({ dying: { rows: [family(dying('a', 1))], total: 1 } }), view, { plain: true });
  expect(words.blocks).toEqual([]);
  expect(words.text).toContain('alias/a (111122223333 us-west-2): deleted after 2026-03-15 09:12:00 UTC');
  const late = drawDigest(digest({ disabled: { rows: [], total: 1 }, late: HOUR }), view, {
    plain: true,
    movedFrom: 'C0OLD',
    picture: { kind: 'failed', message: 'no ink <!here>' },
  });
  expect(late.text).toContain('Late by 1 h; gathered 2026-03-14 09:12:00 UTC.');
  expect(late.text).toContain('Posted here because C0OLD refused it.');
  expect(late.text).toContain('no ink');
  expect(late.text).not.toMatch(/[<>]/);
});

test('the picture stands on top, and says what it shows', () => {
  const shown = { kind: 'shown', file: 'F0123456789', altText: 'x'.repeat(3_000) } as const;
  const words = drawDigest(digest({ disabled: { rows: [], total: 1 } }), view, { plain: false, picture: shown });
  expect(words.blocks.map(({ type }) => type).slice(0, 2)).toEqual(['header', 'image']);
  expectWithinLimits(words);
  expectWithinLimits(drawPicture('F0123456789', 'what it shows'));
});

const HARMFUL = ['<!channel>', '&', '*_~`', '<https://evil|console>', '🔴', '\u202e', ':tada:', '\ud83d', '\n'];
const foreign = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...HARMFUL), fc.string({ maxLength: 20 })), { maxLength: 40 })
    .map((parts) => parts.join('')),
  fc.integer({ min: 1, max: 400 }).map((length) => '&<>x'.repeat(length)),
);

/** Everything at once, and more of it than anybody reads. */
function crowded(text: string): Digest {
  const many = <T>(make: (index: number) => T): readonly T[] => Array.from({ length: 15 }, (_, index) => make(index));
  const key = (index: number, more: Partial<RememberedKey['memory']>) =>
    remembered(`k${index}`, { aliases: [text], unreadable: 1, ...more });
  const deeds = countingDeeds(0);
  deeds.add(
    many((seq) =>
      entry(seq % 2 === 0 ? 'ended' : 'rejected', {
        seq,
        what: text,
        outcome: text,
        actor: { via: 'terminal', user: text },
        key: text as never,
      }),
    ),
  );
  return digest({
    late: HOUR,
    dying: {
      rows: many((index) => ({
        ...family(key(index, { state: 'PendingDeletion', deletionDate: T0 + index }), dying('b', 3, {}, 'eu-west-1')),
        name: text,
        incident: incident({
          details: { aliases: known([text]), tags: known({}), lastUse: { kind: 'unknown', why: text } },
        }),
      })),
      total: 4_000,
    },
    unattended: { rows: many(() => incident({ details: { aliases: known([text]) } as never })), total: 400 },
    deleted: {
      rows: many((index) =>
        incident({
          details: { aliases: known([text]), tags: known({}), lastUse: { kind: 'unknown', why: text } },
          phase: { kind: 'closed', at: T0 - index, outcome: 'deleted' },
        }),
      ),
      total: 600,
    },
    disabled: { rows: many((index) => key(index, { state: 'Disabled' })), total: 50_000 },
    monthlyCost: 50_000,
    material: { rows: many((index) => key(index, { validTo: T0 + index })), total: 77 },
    unreadPlaces: many(() => ({ place: keyNamed('x') as Place, problem: text })),
    unreadKeys: { rows: many((index) => key(index, {})), total: 30 },
    deeds: deeds.counted(true),
  });
}

test('whatever the names are: Slack takes it, no section is lost, nothing becomes a mention', () =>
  fc.assert(
    fc.property(foreign, foreign, (text, altText) => {
      const picture = { kind: 'shown', file: 'F0123456789', altText: altText === '' ? '-' : altText } as const;
      const words = drawDigest(crowded(text), view, { plain: false, picture, movedFrom: 'C0OLD' });
      expectWithinLimits(words);
      expectNoStrayMarkup(words.blocks);
      const told = readable(words.blocks);
      for (const title of [
        'Pending deletion',
        'Acknowledged by nobody',
        'Could not be read',
        'Imported material',
        'Disabled',
        'Deleted since',
        'Done since',
        'Posted here because',
      ])
        expect(told).toContain(title);
      for (const form of [{ plain: true }, { plain: false, picture: { kind: 'failed', message: text } }] as const) {
        const other = drawDigest(crowded(text), view, form);
        expectNoStrayMarkup(other.blocks);
        expect(other.text.length).toBeLessThanOrEqual(3_900);
      }
    }),
    { numRuns: 300 },
  ));
