/** The old card of a round that is over, in both forms: how it ended, when, and that it goes on elsewhere; never a button. */
import { expect, test } from 'vitest';
import { drawFormerCard } from '../../../src/adapters/slack/words/former-card.ts';
import type { Outcome } from '../../../src/domain/incident.ts';
import { known } from '../../../src/domain/key.ts';
import { HOUR, incident, T0 } from '../../domain/samples.ts';
import { expectWithinLimits, view } from './drawn.ts';

test.each<readonly [Outcome, string]>([
  ['restored', '🟢  Over: the key was brought back'],
  ['recovered', '🟢  Over: the danger passed'],
  ['deleted', '⚫  Over: the key was deleted'],
  ['linked', '⚪  Over: the key behind the alarm was found'],
  ['readableAgain', '🟢  Over: it could be read again'],
  ['alarmOver', '⚪  Over: the alarm ended, and no key was found behind it'],
  ['noDanger', '🟢  Over: no danger was found'],
  ['lookedInto', '⚪  Over: it was looked into and closed'],
])('%s', (outcome, title) => {
  const details = {
    aliases: known([`alias/${'<!channel>'.repeat(30)}`]),
    tags: known({}),
    lastUse: known({ kind: 'neverSeen' as const }),
  };
  const ended = incident({ openedAt: T0 + HOUR, phase: { kind: 'closed', at: T0, outcome }, details });
  for (const plain of [false, true]) {
    const words = drawFormerCard(ended, view, { plain });
    expectWithinLimits(words);
    expect(words.text).toContain(title);
    expect(words.text).not.toContain('<!channel>');
    const shown = JSON.stringify(words.blocks);
    expect(shown).toContain('2026-03-14 09:12:00 UTC');
    expect(shown).toContain('2026-03-14 10:12:00 UTC');
    expect(shown).toContain('a new card');
    expect(shown).not.toContain('"actions"');
  }
});
