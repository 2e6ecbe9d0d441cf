/** A wish about a key that was so already: nothing was sent, and nothing is called a rescue. */
import { expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import type { Ending } from '../../../src/domain/action.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { noted } from '../../../src/domain/record.ts';
import { action, call, incident, read, T0 } from '../../domain/samples.ts';
import { headerOf, readable, view } from './drawn.ts';

const ending: Ending = { kind: 'verified', state: 'Enabled', confirmedByRead: false };
const sent = [call('EnableKey', { kind: 'succeeded', requestId: 'req-1' })];
const closed = (more: Partial<Incident>, calls: Parameters<typeof action>[1] = []): Incident =>
  noted(
    incident({
      phase: { kind: 'closed', at: T0, outcome: 'restored' },
      read: read('Enabled'),
      dangers: [{ kind: 'action', firstAt: T0, lastAt: T0, count: 1 }],
      actions: [action('enable', calls, { round: 1, ending: { ...ending, at: T0 } })],
      ...more,
    }),
    T0,
    { kind: 'closed', outcome: 'restored' },
  );

test('enabling what is enabled: it was so already, and nothing was sent', () => {
  const about = closed({});
  const words = drawCard(about, view, { plain: false });
  expect(headerOf(words)).toContain('🟢  Nothing was to be done');
  const all = readable([...words.blocks, ...drawNote(about, 0, { plain: false }).blocks]);
  expect(all).toContain('KMS reads the key as Enabled: it was so already, and nothing was sent');
  expect(all).not.toMatch(/restored|Callers that failed/);
});

test.each<[string, Incident]>([
  ['a call was sent', closed({}, sent)],
  ['somebody had disabled it', closed({ dangers: [{ kind: 'keyDisabled', firstAt: T0, lastAt: T0, count: 1 }] })],
])('%s: it was restored', (_why, about) => {
  expect(headerOf(drawCard(about, view, { plain: false }))).toContain('Key restored and verified');
});
