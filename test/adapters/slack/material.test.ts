/** The story of imported material that expired, and of what KMS does of itself: told once, and by nobody else. */
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import { dangerLines, factWords } from '../../../src/adapters/slack/words/story.ts';
import type { Call, Fact, FactBody } from '../../../src/domain/fact.ts';
import type { DangerKind, Incident } from '../../../src/domain/incident.ts';
import { noted, withDanger } from '../../../src/domain/record.ts';
import { by, DAY, fact, imported, incident, key, read, T0 } from '../../domain/samples.ts';
import { readable, view } from './drawn.ts';

const itself = (operation: string): Call => ({
  operation,
  eventId: 'event-9',
  actor: { type: 'unknown', invokedBy: 'AWS Internal', sourceAddress: 'AWS Internal', userAgent: 'AWS Internal' },
});
const expired = fact({ kind: 'materialExpired', key, call: itself('DeleteExpiredKeyMaterial') });
const native = fact({ kind: 'materialExpired', key, materialId: 'aa'.repeat(32) }, { id: 'native' });
const deleted = fact({ kind: 'keyDeleted', key, call: itself('DeleteKey') });
const byMallory = fact({ kind: 'materialDeleted', key, call: by('DeleteImportedKeyMaterial') });
const withFacts = (...dangers: readonly (readonly [DangerKind, Fact | undefined])[]): Incident =>
  dangers.reduce<Incident>(
    (about, [kind, one]) => withDanger(about, kind, T0, one),
    incident({ read: read('PendingImport', imported) }),
  );
const readableText = (text: string): string => readable([{ text }]);

describe('the dangers of a card', () => {
  test('an expiry told by two events and seen by reading is one line, and nobody deleted anything', () => {
    const about = withFacts(['materialExpired', expired], ['materialExpired', native], ['materialDeleted', undefined]);
    const lines = dangerLines(about).map(readableText);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\*Material expired\* {2}2026-03-14 09:12:00 UTC, seen /);
    expect(lines[0]).not.toMatch(/times|AWS Internal|console/);
    expect(readable(drawCard(about, view, { plain: false }).blocks)).not.toContain('deleted by');
  });
  test('somebody who deleted it is named, whatever else is known', () => {
    const lines = dangerLines(withFacts(['materialExpired', undefined], ['materialDeleted', byMallory])).join();
    expect(lines).toContain('*Material deleted by*  Admins/mallory');
  });
  test('material that is gone, nobody knows how', () => {
    expect(dangerLines(withFacts(['materialDeleted', undefined])).join()).toContain('*Material deleted by*  seen');
  });
  test.each<[string, Fact]>([
    ['told by CloudTrail', deleted],
    ['told by KMS', fact({ kind: 'keyDeleted', key })],
  ])('deleted, %s: by KMS, at the end of the window', (_how, one) => {
    const [line = ''] = dangerLines(withFacts(['keyDeleted', one])).map(readableText);
    expect(line).toMatch(/^\*Deleted\* {2}by KMS, at the end of the window; 2026-03-14 09:12:00 UTC, seen /);
    expect(line).not.toMatch(/AWS Internal|console/);
  });
});

test.each<[FactBody, string]>([
  [expired.body, 'Key material expired: 2026-03-14 09:12:00 UTC'],
  [native.body, 'Key material expired: 2026-03-14 09:12:00 UTC'],
  [deleted.body, 'Key deleted by KMS, at the end of the window; 2026-03-14 09:12:00 UTC'],
])('the thread %#: KMS itself has no address and no console', (body, words) => {
  const about = noted(incident(), T0, { kind: 'fact', fact: fact(body) });
  const all = readable(drawNote(about, 0, { plain: false }).blocks);
  expect(all).toContain(words);
  expect(all).not.toMatch(/AWS Internal|console/);
});

test('a person in the console stays one, also where the program calls itself AWS Internal', () => {
  const { actor } = by('DisableKey');
  const call = { ...by('DisableKey'), actor: { ...actor, sourceAddress: '192.0.2.7', userAgent: 'AWS Internal' } };
  expect(factWords(fact({ kind: 'keyDisabled', key, call }))).toContain('Admins/mallory from 192.0.2.7, console');
});

test('what has become worse is that it expired, and what was reminded of is its expiry', () => {
  const about = withFacts(['materialExpired', native]);
  const reminder = { kind: 'worse', change: 'material' } as const;
  const all = readable(drawReminder(about, { reminder }, view, { plain: false }).blocks);
  expect(all).toContain('has become worse: its key material has expired');
  const reminded = noted(about, T0, { kind: 'reminded', milestone: DAY, of: ['material'] });
  expect(readable(drawNote(reminded, 0, { plain: false }).blocks)).toContain(
    'Reminded 1 d before the imported key material expires',
  );
});
